/*
 * What becomes of an operation that fails, row by row of core/retry.h, with
 * errors injected by filter-fault: the outcome, and every counter.
 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>

#include "common/clock.h"

#define FILE_BYTES 16384u
#define MS         UINT64_C(1000000)
#define HOUR_NS    (3600 * UINT64_C(1000000000))

/* One request of 4 KiB under a rule, and what must come of it. */
struct row {
    const char *rules;
    uint32_t kind;
    uint64_t retries, errors; /* counters */
    int code, os_errno;       /* of the result */
};

#define READ  LIO_REQUEST_READ
#define WRITE LIO_REQUEST_WRITE
#define SYNC  LIO_REQUEST_SYNC
#define RULE  "filter-fault.rules="

static const struct row rows[] = {
    /* again at once, until it works or after 100 times */
    { RULE "read:max=3:errno=EINTR", READ, 3, 3, 0, 0 },
    { RULE "read:max=3:errno=EAGAIN", READ, 3, 3, 0, 0 },
    { RULE "read:max=3:errno=EBUSY", READ, 3, 3, 0, 0 },
    { RULE "read:max=3:errno=ENOMEM", READ, 3, 3, 0, 0 },
    { RULE "read:errno=EINTR", READ, 99, 100, LIO_EIO, EINTR },
    { RULE "read:errno=EAGAIN", READ, 99, 100, LIO_EIO, EAGAIN },
    { RULE "write:max=3:errno=EINTR", WRITE, 3, 3, 0, 0 },
    { RULE "write:max=3:errno=EAGAIN", WRITE, 3, 3, 0, 0 },
    /* a foreign cancellation, or what uring makes of a thread that exits */
    { RULE "read:max=2:errno=ECANCELED", READ, 2, 2, 0, 0 },
    { RULE "read:max=2:errno=EFAULT", READ, 2, 2, 0, 0 },
    { RULE "read:errno=EFAULT", READ, 3, 4, LIO_EIO, EFAULT },
    /* a device that fails: two more tries */
    { RULE "read:max=1:errno=EIO", READ, 1, 1, 0, 0 },
    { RULE "read:max=2:errno=EIO", READ, 2, 2, 0, 0 },
    { RULE "read:errno=EIO", READ, 2, 3, LIO_EIO, EIO },
    /* a network: five more */
    { RULE "read:max=5:errno=ETIMEDOUT", READ, 5, 5, 0, 0 },
    { RULE "read:errno=ETIMEDOUT", READ, 5, 6, LIO_ETIMEDOUT, ETIMEDOUT },
    { RULE "read:max=5:errno=ECONNRESET", READ, 5, 5, 0, 0 },
    { RULE "read:errno=ECONNRESET", READ, 5, 6, LIO_EIO, ECONNRESET },
    { RULE "read:max=1:errno=ENETDOWN", READ, 1, 1, 0, 0 },
    { RULE "read:max=1:errno=ESTALE", READ, 1, 1, 0, 0 },
    { RULE "write:max=1:errno=ECONNRESET", WRITE, 1, 1, 0, 0 },
    /* a write or a sync that failed is not done again */
    { RULE "write:errno=EIO", WRITE, 0, 1, LIO_EIO, EIO },
    { RULE "write:max=1:errno=EIO", WRITE, 0, 1, LIO_EIO, EIO },
    { RULE "sync:max=1:errno=EIO", SYNC, 0, 1, LIO_EIO, EIO },
    { RULE "sync:max=2:errno=ECANCELED", SYNC, 2, 2, 0, 0 }, /* not begun */
    { RULE "sync:max=1:errno=EINTR", SYNC, 0, 1, LIO_EIO, EINTR },
    /* nothing will change by waiting */
    { RULE "write:max=1:errno=ENOSPC", WRITE, 0, 1, LIO_ENOSPC, ENOSPC },
    { RULE "write:max=1:errno=EDQUOT", WRITE, 0, 1, LIO_ENOSPC, EDQUOT },
    { RULE "write:max=1:errno=EROFS", WRITE, 0, 1, LIO_EACCES, EROFS },
    { RULE "read:max=1:errno=EACCES", READ, 0, 1, LIO_EACCES, EACCES },
    { RULE "read:max=1:errno=ENOENT", READ, 0, 1, LIO_ENOTFOUND, ENOENT },
    { RULE "read:max=1:errno=EBADF", READ, 0, 1, LIO_EINVAL, EBADF },
    { RULE "read:max=1:errno=EINVAL", READ, 0, 1, LIO_EINVAL, EINVAL },
    /* no error at all */
    { RULE "read:short=1000", READ, 0, 0, 0, 0 },
    { RULE "write:short=1000", WRITE, 0, 0, 0, 0 },
};

static struct fixture *open_with(const char *rules, const char *more)
{
    const char *overrides[] = { "engine.lanes=1",
                                "prefetch.plugin=none",
                                "backend.filters=filter-fault",
                                rules,
                                more,
                                NULL };
    struct fixture *f = fixture_open(overrides);

    fixture_make(f, 1, FILE_BYTES);
    return f;
}

static struct lio_result run(struct fixture *f, struct lio_file *file,
                             uint32_t kind, uint32_t flags, void *buf,
                             uint64_t deadline_ns)
{
    struct lio_request request = read_request(file, buf, 4096, 4096);

    request.kind = kind;
    request.flags = flags;
    request.deadline_ns = deadline_ns;
    return wait_for(f, submit_one(f, &request));
}

/* 4096 bytes in pieces of 1000; or the tries that failed, and one that did
 * not. */
static uint32_t tries_of(const struct row *row)
{
    if (row->errors == 0)
        return 5;
    return (uint32_t)row->errors + (row->code == 0);
}

static void check_row(const struct row *row)
{
    struct fixture *f = open_with(row->rules, NULL);
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    struct lio_engine_stats stats;
    struct lio_result result;
    char buf[4096];

    lio_test_fill(buf, sizeof(buf), row->kind == WRITE ? 2 : 3, 4096);
    result = run(f, file, row->kind, 0, buf, 0);
    stats = fixture_stats(f);
    printf("%-36s code %3d errno %3d tries %3u retries %2llu errors %3llu\n",
           row->rules + sizeof(RULE) - 1, result.code, result.os_errno,
           result.tries, (unsigned long long)stats.retries,
           (unsigned long long)stats.device_errors);
    assert_int_equal(result.code, row->code);
    assert_int_equal(result.os_errno, row->os_errno);
    assert_int_equal(result.tries, tries_of(row));
    assert_int_equal(stats.retries, row->retries);
    assert_int_equal(stats.device_errors, row->errors);
    assert_int_equal(stats.failed, row->code ? 1 : 0);
    assert_int_equal(stats.timeouts, 0); /* no deadline was set */
    if (row->code == 0 && row->kind == READ)
        check_bytes(buf, sizeof(buf), 1, 4096);
    if (row->code == 0 && row->kind == WRITE)
        check_read(file, 2, sizeof(buf), 4096);
    lio_file_close(file);
    fixture_release(f);
}

static void every_error_has_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i]);
}

/* -- what the table does not show ----------------------------------------- */

/* That it is opened again shows when there is another file under its name. */
static void after_estale_the_file_is_opened_again(void **state)
{
    struct fixture *f = open_with(RULE "read:nth=2:errno=ESTALE", NULL);
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    char *old = strdup(fixture_path(f, 1));
    struct lio_result result;
    char buf[4096];

    (void)state;
    assert_non_null(old);
    assert_int_equal(run(f, file, READ, LIO_NOCACHE, buf, 0).code, 0);
    check_bytes(buf, sizeof(buf), 1, 4096);
    fixture_make(f, 2, FILE_BYTES);
    assert_int_equal(rename(fixture_path(f, 2), old), 0);
    result = run(f, file, READ, LIO_NOCACHE, buf, 0);
    assert_int_equal(result.code, LIO_EIO);
    assert_int_equal(result.os_errno, ESTALE);
    assert_int_equal(fixture_stats(f).retries, 1);
    assert_int_equal(fixture_stats(f).device_reads, 2);
    free(old);
    lio_file_close(file);
    fixture_release(f);
}

/* A cancelled sync was never begun: that is no failure to remember. */
static void a_sync_may_follow_one_that_was_cancelled(void **state)
{
    struct fixture *f = open_with(RULE "sync:max=1:delay=3600s", NULL);
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    struct lio_request request = { .file = file, .kind = SYNC };
    uint64_t id = submit_one(f, &request);

    (void)state;
    assert_int_equal(lio_cancel(f->engine, id), 0);
    assert_int_equal(wait_for(f, id).code, LIO_ECANCELED);
    assert_int_equal(lio_sync(file, &f->err), 0);
    lio_file_close(file);
    fixture_release(f);
}

static void a_sync_is_not_believed_after_one_has_failed(void **state)
{
    struct fixture *f = open_with(RULE "sync:max=1:errno=ENOSPC", NULL);
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);

    (void)state;
    assert_int_equal(lio_sync(file, &f->err), LIO_ENOSPC);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lio_sync(file, &f->err), LIO_ENOSPC);
        assert_int_equal(f->err.os_errno, ENOSPC);
    }
    assert_int_equal(fixture_stats(f).device_syncs, 1);
    lio_file_close(file);
    fixture_release(f);
}

/* -- deadlines ------------------------------------------------------------ */

/*
 * The first pause is 5 ms at least, the deadline 2 ms away: so there is none,
 * and the error is final; or the deadline was there even before the error.
 */
static void check_no_retry(struct fixture *f, uint64_t deadline_ns)
{
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct lio_result result;
    char buf[4096];

    result = run(f, file, READ, 0, buf, deadline_ns);
    assert_true(result.code == LIO_EIO || result.code == LIO_ETIMEDOUT);
    assert_int_equal(result.os_errno,
                     result.code == LIO_EIO ? ECONNRESET : ETIMEDOUT);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).retries, 0);
    fixture_release(f);
}

static void nothing_is_retried_past_its_deadline(void **state)
{
    struct fixture *f = open_with(RULE "read:errno=ECONNRESET", NULL);

    (void)state;
    check_no_retry(f, lio_clock_ns() + 2 * MS);
}

static void nothing_is_retried_past_the_configured_time(void **state)
{
    struct fixture *f =
        open_with(RULE "read:errno=ECONNRESET", "engine.timeout=2ms");

    (void)state;
    check_no_retry(f, 0);
}

/* Past the cache: a read into the cache goes on, for whoever joins it, when the
 * request that began it is over. */
static void check_timeout(struct fixture *f, uint64_t deadline_ns)
{
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct lio_engine_stats stats;
    struct lio_result result;
    char buf[4096];

    result = run(f, file, READ, LIO_NOCACHE, buf, deadline_ns);
    assert_int_equal(result.code, LIO_ETIMEDOUT);
    assert_int_equal(result.os_errno, ETIMEDOUT);
    lio_file_close(file);
    stats = fixture_stats(f);
    assert_int_equal(stats.timeouts, 1);
    assert_int_equal(stats.retries, 0);
    assert_int_equal(stats.failed, 0);
    fixture_release(f);
}

static void a_read_that_hangs_ends_at_its_deadline(void **state)
{
    struct fixture *f = open_with(RULE "read:delay=3600s", NULL);

    (void)state;
    check_timeout(f, lio_clock_ns() + 2 * MS);
}

static void a_read_that_hangs_ends_at_the_configured_time(void **state)
{
    struct fixture *f =
        open_with(RULE "read:delay=3600s", "engine.timeout=2ms");

    (void)state;
    check_timeout(f, 0);
}

static void a_deadline_of_its_own_overrules_the_configured_time(void **state)
{
    struct fixture *f = open_with(RULE "read:delay=20ms", "engine.timeout=1ms");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    char buf[4096];

    (void)state;
    assert_int_equal(run(f, file, READ, 0, buf, lio_clock_ns() + HOUR_NS).code,
                     0);
    check_bytes(buf, sizeof(buf), 1, 4096);
    assert_int_equal(fixture_stats(f).timeouts, 0);
    lio_file_close(file);
    fixture_release(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_outcome),
        cmocka_unit_test(after_estale_the_file_is_opened_again),
        cmocka_unit_test(a_sync_may_follow_one_that_was_cancelled),
        cmocka_unit_test(a_sync_is_not_believed_after_one_has_failed),
        cmocka_unit_test(nothing_is_retried_past_its_deadline),
        cmocka_unit_test(nothing_is_retried_past_the_configured_time),
        cmocka_unit_test(a_read_that_hangs_ends_at_its_deadline),
        cmocka_unit_test(a_read_that_hangs_ends_at_the_configured_time),
        cmocka_unit_test(a_deadline_of_its_own_overrules_the_configured_time),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
