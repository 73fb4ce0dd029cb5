/*
 * A bad sector inside a merged read: its owner gets the error, the others get
 * their bytes.
 *
 *     plug       ■■■                              another file, takes its time
 *     members       ■■■■■■■■■■■■■■■■■■■■■■■■■■    queued behind it, go as one
 *     bad                     ×
 *
 * One operation is in flight at a time, so that what is submitted behind the
 * plug is merged.
 */
#include "fixture.h"

#include <errno.h>

#define N         64u /* members */
#define MEMBER    (16 * KIB)
#define BAD_AT    (512 * KIB)
#define BAD_BYTES 4096u
#define BAD                                                                    \
    "filter-fault.rules=read:file=*-2:delay=20ms;"                             \
    "read:file=*-1:range=524288-528383:errno=EIO"

/* An engine, file 1 with the bad sector, file 2 for the plug. */
struct rig {
    struct fixture *f;
    struct lio_file *bad, *plug;
    char byte;
    uint64_t plug_id;
};

static struct rig rig_open(void)
{
    static const char *const overrides[] = {
        "engine.lanes=1",
        "engine.queue_depth=1",
        "prefetch.plugin=none",
        "coalesce.plugin=coalesce-tiered",
        "coalesce-tiered.gap=64K",
        "backend.filters=filter-fault",
        BAD,
        NULL,
    };
    struct rig rig = { .f = fixture_open(overrides) };

    fixture_make(rig.f, 1, N * MEMBER);
    fixture_make(rig.f, 2, 4096);
    rig.bad = fixture_file(rig.f, 1, LIO_READ);
    rig.plug = fixture_file(rig.f, 2, LIO_READ);
    return rig;
}

static void rig_close(struct rig *rig)
{
    lio_file_close(rig->bad);
    lio_file_close(rig->plug);
    fixture_release(rig->f);
}

/* Submit behind the plug. */
static void submit_behind(struct rig *rig, const struct lio_request *requests,
                          uint32_t n, uint64_t *ret_ids)
{
    struct lio_request plug = read_request(rig->plug, &rig->byte, 1, 0);

    rig->plug_id = submit_one(rig->f, &plug);
    submit_all(rig->f, requests, n, ret_ids);
}

static bool touches_bad(const struct lio_request *request)
{
    return request->offset < BAD_AT + BAD_BYTES &&
           request->offset + request->length > BAD_AT;
}

/* The error of the one that owns the bad bytes. */
static void check_error(struct rig *rig, const struct lio_result *result,
                        const struct lio_request *request)
{
    struct lio_error err;

    assert_int_equal(result->code, LIO_EIO);
    assert_int_equal(result->os_errno, EIO);
    assert_int_equal(result->offset, request->offset);
    assert_int_equal(result->length, request->length);
    assert_ptr_equal(result->file, rig->bad);
    assert_int_equal(lio_result_error(result, &err), LIO_EIO);
    assert_int_equal(err.os_errno, EIO);
    assert_int_equal(err.offset, request->offset);
    assert_int_equal(err.length, request->length);
    assert_string_equal(err.file, lio_file_name(rig->bad));
    assert_non_null(strstr(err.msg, lio_file_name(rig->bad)));
}

/* Read them all; returns how many fail, which must be those that ask for bad
 * bytes. */
static uint32_t read_all(struct rig *rig, const struct lio_request *requests,
                         uint32_t n)
{
    uint64_t ids[N];
    uint32_t failed = 0;

    assert_true(n <= N);
    submit_behind(rig, requests, n, ids);
    for (uint32_t i = 0; i < n; i++) {
        if (touches_bad(&requests[i])) {
            struct lio_result result = wait_for(rig->f, ids[i]);

            check_error(rig, &result, &requests[i]);
            failed++;
        } else {
            wait_for_read(rig->f, ids[i], 1);
        }
    }
    assert_int_equal(wait_for(rig->f, rig->plug_id).code, 0);
    return failed;
}

static void only_the_owner_of_the_bad_range_fails(void **state)
{
    struct rig rig = rig_open();
    struct lio_request requests[N];
    struct lio_engine_stats stats;
    char *buf = grab(N * MEMBER);

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        requests[i] = read_request(rig.bad, buf + i * MEMBER, MEMBER,
                                   (uint64_t)i * MEMBER);
    assert_int_equal(read_all(&rig, requests, N), 1);
    stats = fixture_stats(rig.f);
    /* The plug, all as one, each by itself, and the bad one twice more. */
    assert_int_equal(stats.device_reads, 1 + 1 + N + 2);
    assert_int_equal(stats.device_errors, 1 + 3);
    assert_int_equal(stats.retries, 2);
    assert_int_equal(stats.failed, 1);
    free(buf);
    rig_close(&rig);
}

/* Members that overlap go through memory of the engine. */
static void all_owners_of_the_bad_range_fail(void **state)
{
    struct rig rig = rig_open();
    struct lio_request requests[N];
    uint64_t seed = 3;
    char *buf = grab(N * 9000);
    uint32_t owners = 0;

    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        uint64_t at = BAD_AT - 32 * KIB + lio_test_random(&seed) % (64 * KIB);

        requests[i] = read_request(rig.bad, buf + i * 9000,
                                   1 + lio_test_random(&seed) % 8999, at);
        owners += touches_bad(&requests[i]);
    }
    assert_in_range(owners, 2, N - 2); /* fixed by the seed */
    assert_int_equal(read_all(&rig, requests, N), owners);
    free(buf);
    rig_close(&rig);
}

/* A merged read takes what lies between its members along. */
static void a_bad_gap_fails_nobody(void **state)
{
    struct rig rig = rig_open();
    struct lio_request requests[8];
    char *buf = grab(8 * 4096);

    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        requests[i] = read_request(rig.bad, buf + i * 4096, 4096,
                                   BAD_AT - 12 * KIB + i * 8192ull);
    assert_int_equal(read_all(&rig, requests, 8), 0);
    assert_int_equal(fixture_stats(rig.f).device_reads, 1 + 1 + 8);
    assert_int_equal(fixture_stats(rig.f).device_errors, 1);
    assert_int_equal(fixture_stats(rig.f).retries, 0);
    free(buf);
    rig_close(&rig);
}

static void views_get_their_bytes_too(void **state)
{
    struct rig rig = rig_open();
    struct lio_request requests[N];
    uint64_t ids[N];

    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        requests[i] = read_request(rig.bad, NULL, MEMBER, (uint64_t)i * MEMBER);
        requests[i].flags = LIO_VIEW;
    }
    submit_behind(&rig, requests, N, ids);
    for (uint32_t i = 0; i < N; i++) {
        struct lio_result result = wait_for(rig.f, ids[i]);

        if (touches_bad(&requests[i])) {
            check_error(&rig, &result, &requests[i]);
            assert_null(result.view);
            continue;
        }
        assert_int_equal(result.code, 0);
        check_view(result.view, 1, MEMBER, requests[i].offset);
        lio_view_put(result.view);
    }
    assert_int_equal(wait_for(rig.f, rig.plug_id).code, 0);
    rig_close(&rig);
}

/*
 * Through the cache the first loads 64 KiB with the bad sector in the middle,
 * and the others join: the sectors they want are good.
 */
static void who_joins_a_read_that_fails_succeeds_alone(void **state)
{
    struct rig rig = rig_open();
    struct lio_request requests[9];
    char *buf = grab(64 * KIB + 8 * 4096);

    (void)state;
    requests[0] = read_request(rig.bad, buf, 64 * KIB, BAD_AT);
    for (uint32_t i = 1; i < 9; i++)
        requests[i] = read_request(rig.bad, buf + 64 * KIB + (i - 1) * 4096,
                                   4096, BAD_AT + i * 4096ull);
    assert_int_equal(read_all(&rig, requests, 9), 1);
    assert_int_equal(fixture_stats(rig.f).cache_joins,
                     fixture_cached() ? 8 : 0);
    free(buf);
    rig_close(&rig);
}

/* What was read before stays: only the bad sector is asked for again. */
static void good_sectors_are_kept(void **state)
{
    struct rig rig = rig_open();
    struct lio_engine_stats before, after;

    (void)state;
    check_read(rig.bad, 1, BAD_AT, 0);
    before = fixture_stats(rig.f);
    check_read(rig.bad, 1, BAD_AT, 0);
    after = fixture_stats(rig.f);
    if (fixture_cached())
        assert_int_equal(after.device_reads, before.device_reads);
    assert_int_equal(after.failed, 0);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_owner_of_the_bad_range_fails),
        cmocka_unit_test(all_owners_of_the_bad_range_fail),
        cmocka_unit_test(a_bad_gap_fails_nobody),
        cmocka_unit_test(views_get_their_bytes_too),
        cmocka_unit_test(who_joins_a_read_that_fails_succeeds_alone),
        cmocka_unit_test(good_sectors_are_kept),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
