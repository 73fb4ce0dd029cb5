/*
 * The table of what is tried again, row by row.
 */
#include "core/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW 1000000000ull

struct fixture {
    struct lio_retry_bucket bucket;
    struct lio_handle handle;
    struct lio_io io;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    lio_retry_init(&fixture.bucket);
    fixture.io.handle = &fixture.handle;
    fixture.io.op.kind = LIO_OP_READ;
    *state = &fixture;
    return 0;
}

static enum lio_verdict judge(struct fixture *f, int os_errno)
{
    uint64_t due = 0;
    enum lio_verdict verdict =
        lio_retry_judge(&f->bucket, &f->io, os_errno, NOW, &due);

    if (verdict == LIO_TRY_LATER)
        assert_true(due > NOW);
    return verdict;
}

static void passing_errors_are_tried_at_once(void **state)
{
    static const int passing[] = { EINTR, EAGAIN, EBUSY, ENOMEM, ECANCELED };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(passing); i++)
        assert_int_equal(judge(f, passing[i]), LIO_TRY_NOW);
    f->io.tries = 100; /* but not for ever */
    for (size_t i = 0; i < LIO_COUNT(passing); i++)
        assert_int_equal(judge(f, passing[i]), LIO_GIVE_UP);
}

static void a_read_error_is_tried_twice_more(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(judge(f, EIO), LIO_TRY_LATER);
    assert_int_equal(judge(f, EIO), LIO_TRY_LATER);
    assert_int_equal(judge(f, EIO), LIO_GIVE_UP);
}

static void a_network_error_is_tried_five_times_more(void **state)
{
    static const int network[] = { ETIMEDOUT, ECONNRESET, ENETDOWN, ESTALE };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(network); i++) {
        f->io.failures = 0;
        for (int n = 0; n < 5; n++)
            assert_int_equal(judge(f, network[i]), LIO_TRY_LATER);
        assert_int_equal(judge(f, network[i]), LIO_GIVE_UP);
    }
}

static void pauses_grow(void **state)
{
    struct fixture *f = *state;
    uint64_t due, longest = 0;

    for (int n = 0; n < 5; n++) {
        assert_int_equal(
            lio_retry_judge(&f->bucket, &f->io, ETIMEDOUT, NOW, &due),
            LIO_TRY_LATER);
        /* Between half and all of 10 ms << n. */
        assert_in_range(due - NOW, 5000000ull << n, 10000000ull << n);
        assert_true(due - NOW > longest / 2);
        longest = due - NOW;
    }
}

/* Of a thread that has exited, or really a bad address: only trying tells. */
static void a_bad_address_is_tried_a_few_times(void **state)
{
    struct fixture *f = *state;

    for (f->io.tries = 1; f->io.tries < 4; f->io.tries++)
        assert_int_equal(judge(f, EFAULT), LIO_TRY_NOW);
    assert_int_equal(judge(f, EFAULT), LIO_GIVE_UP);
}

static void a_write_error_is_final(void **state)
{
    struct fixture *f = *state;

    f->io.op.kind = LIO_OP_WRITE;
    assert_int_equal(judge(f, EIO), LIO_GIVE_UP);
    assert_int_equal(judge(f, EINTR), LIO_TRY_NOW); /* nothing was written */
}

static void a_sync_is_never_repeated(void **state)
{
    struct fixture *f = *state;

    f->io.op.kind = LIO_OP_SYNC;
    assert_int_equal(judge(f, EIO), LIO_GIVE_UP);
    assert_int_equal(judge(f, EINTR), LIO_GIVE_UP);
    assert_int_equal(judge(f, ETIMEDOUT), LIO_GIVE_UP);
}

static void direct_reads_fall_back_to_the_page_cache(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(judge(f, EINVAL), LIO_GIVE_UP);
    atomic_store(&f->handle.direct, 1);
    assert_int_equal(judge(f, EINVAL), LIO_TRY_BUFFERED);
}

static void other_errors_are_final(void **state)
{
    static const int final[] = { ENOSPC, EDQUOT, EACCES, ENOENT, EROFS, EBADF };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(final); i++)
        assert_int_equal(judge(f, final[i]), LIO_GIVE_UP);
}

static void nothing_is_tried_past_its_deadline(void **state)
{
    struct fixture *f = *state;

    f->io.deadline_ns = NOW + 1000;
    assert_int_equal(judge(f, ETIMEDOUT), LIO_GIVE_UP);
    f->io.deadline_ns = NOW + 1000000000ull;
    assert_int_equal(judge(f, ETIMEDOUT), LIO_TRY_LATER);
}

static void what_is_cancelled_is_not_tried_again(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->io.cancelled, LIO_ECANCELED);
    assert_int_equal(judge(f, EINTR), LIO_GIVE_UP);
    assert_int_equal(judge(f, ETIMEDOUT), LIO_GIVE_UP);
}

static void an_empty_bucket_stops_a_storm(void **state)
{
    struct fixture *f = *state;
    uint32_t later = 0;

    for (int i = 0; i < 1000; i++) {
        f->io.failures = 0;
        later += judge(f, ETIMEDOUT) == LIO_TRY_LATER;
    }
    assert_int_equal(later, 50);
    for (int i = 0; i < 10; i++) {
        f->io.failures = 0;
        assert_int_equal(judge(f, ETIMEDOUT), LIO_GIVE_UP);
        lio_retry_success(&f->bucket);
    }
    assert_int_equal(judge(f, ETIMEDOUT), LIO_TRY_LATER);
    for (int i = 0; i < 2000; i++)
        lio_retry_success(&f->bucket);
    assert_int_equal(atomic_load(&f->bucket.tokens), 500); /* never more */
}

#define retry_test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        retry_test(passing_errors_are_tried_at_once),
        retry_test(a_read_error_is_tried_twice_more),
        retry_test(a_network_error_is_tried_five_times_more),
        retry_test(pauses_grow),
        retry_test(a_bad_address_is_tried_a_few_times),
        retry_test(a_write_error_is_final),
        retry_test(a_sync_is_never_repeated),
        retry_test(direct_reads_fall_back_to_the_page_cache),
        retry_test(other_errors_are_final),
        retry_test(nothing_is_tried_past_its_deadline),
        retry_test(what_is_cancelled_is_not_tried_again),
        retry_test(an_empty_bucket_stops_a_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
