/*
 * What lies between reads that were merged stays in the cache.
 *
 *     plug       ■■                         another file, takes its time
 *     members       ■ ■ ■ ■ ■ ■ ■ ■         queued behind it, go as one
 *     gaps           □ □ □ □ □ □ □          read with them
 *
 * One operation is in flight at a time, so that what is submitted behind the
 * plug is merged.
 */
#include "fixture.h"

#include <errno.h>

#define N    8u
#define STEP (2 * SECTOR)

#define SECTOR 4096u
#define BLOCK  (64 * KIB)

struct rig {
    struct fixture *f;
    struct lio_file *file, *plug;
    char *buf;
    char byte;
};

static struct rig rig_open(const char *rules, const char *cache_size)
{
    const char *const overrides[] = {
        "engine.lanes=1",
        "engine.queue_depth=1",
        "prefetch.plugin=none",
        "coalesce.plugin=coalesce-tiered",
        "coalesce-tiered.gap=256K",
        "coalesce-tiered.waste=99",
        "backend.filters=filter-fault",
        "cache.shards=1",
        rules,
        cache_size,
        NULL,
    };
    struct rig rig = { .f = fixture_open(overrides), .buf = grab(N * BLOCK) };

    fixture_make(rig.f, 1, 4 * MIB);
    fixture_make(rig.f, 2, SECTOR);
    rig.file = fixture_file(rig.f, 1, LIO_READ);
    rig.plug = fixture_file(rig.f, 2, LIO_READ);
    return rig;
}

#define SLOW_PLUG "filter-fault.rules=read:file=*-2:delay=20ms"

static void rig_close(struct rig *rig)
{
    lio_file_close(rig->file);
    lio_file_close(rig->plug);
    free(rig->buf);
    fixture_release(rig->f);
}

/* Submit `n` reads of a sector each, `step` apart, and wait until the plug, and
 * so the first thing before them, is done. */
static void submit_members(struct rig *rig, uint32_t n, uint64_t step,
                           uint32_t flags, uint64_t *ret_ids)
{
    struct lio_request plug = read_request(rig->plug, &rig->byte, 1, 0);
    struct lio_request requests[N];
    uint64_t plug_id = submit_one(rig->f, &plug);

    assert_true(n <= N);
    for (uint32_t i = 0; i < n; i++) {
        requests[i] =
            read_request(rig->file, rig->buf + i * SECTOR, SECTOR, i * step);
        requests[i].flags = flags;
    }
    submit_all(rig->f, requests, n, ret_ids);
    wait_for_read(rig->f, plug_id, 2);
}

static void read_merged(struct rig *rig, uint32_t n, uint64_t step,
                        uint32_t flags)
{
    uint64_t ids[N];

    submit_members(rig, n, step, flags, ids);
    for (uint32_t i = 0; i < n; i++)
        wait_for_read(rig->f, ids[i], 1);
}

static uint64_t device_reads(struct rig *rig)
{
    return fixture_stats(rig->f).device_reads;
}

static void a_gap_is_read_once(void **state)
{
    struct rig rig = rig_open(SLOW_PLUG, "cache.size=16M");

    (void)state;
    read_merged(&rig, N, STEP, 0);
    assert_int_equal(device_reads(&rig), 1 + 1);
    for (uint32_t i = 0; i + 1 < N; i++)
        check_read(rig.file, 1, SECTOR, i * STEP + SECTOR);
    assert_int_equal(device_reads(&rig),
                     fixture_cached() ? 1 + 1 : 1 + 1 + (N - 1));
    rig_close(&rig);
}

/* Blocks that nobody wants any part of go into free slots, and partly read
 * ones keep what they have. */
static void a_gap_spans_blocks(void **state)
{
    struct rig rig = rig_open(SLOW_PLUG, "cache.size=16M");
    uint64_t before;

    (void)state;
    check_read(rig.file, 1, SECTOR, BLOCK + 5 * SECTOR);
    before = device_reads(&rig);
    read_merged(&rig, 2, 3 * BLOCK + SECTOR, 0);
    assert_int_equal(device_reads(&rig), before + 2);
    check_read(rig.file, 1, 3 * BLOCK + 2 * SECTOR, 0);
    assert_int_equal(device_reads(&rig), before + (fixture_cached() ? 2 : 3));
    rig_close(&rig);
}

/* The cache holds eight blocks and is full of them. */
static void a_gap_gives_up_no_block(void **state)
{
    struct rig rig = rig_open(SLOW_PLUG, "cache.size=600K");
    uint64_t evictions;

    (void)state;
    check_read(rig.file, 1, 16 * BLOCK, 1 * MIB);
    evictions = fixture_stats(rig.f).cache_evictions;
    read_merged(&rig, 2, 4 * BLOCK, 0);
    /* For the plug's and the two members'. */
    if (fixture_cached())
        assert_int_equal(fixture_stats(rig.f).cache_evictions, evictions + 3);
    rig_close(&rig);
}

static void reads_past_the_cache_keep_nothing(void **state)
{
    struct rig rig = rig_open(SLOW_PLUG, "cache.size=16M");

    (void)state;
    read_merged(&rig, N, STEP, LIO_NOCACHE);
    assert_int_equal(device_reads(&rig), 1 + 1);
    check_read(rig.file, 1, SECTOR, SECTOR);
    assert_int_equal(device_reads(&rig), 1 + 1 + 1);
    rig_close(&rig);
}

static void a_gap_on_its_way_is_joined(void **state)
{
    struct rig rig =
        rig_open("filter-fault.rules=read:delay=20ms", "cache.size=16M");
    struct lio_request gap =
        read_request(rig.file, rig.buf + N * SECTOR, SECTOR, SECTOR);
    uint64_t ids[N], id;

    (void)state;
    submit_members(&rig, N, STEP, 0, ids);
    id = submit_one(rig.f, &gap);
    wait_for_read(rig.f, id, 1);
    for (uint32_t i = 0; i < N; i++)
        wait_for_read(rig.f, ids[i], 1);
    if (fixture_cached()) {
        assert_int_equal(device_reads(&rig), 1 + 1);
        assert_int_equal(fixture_stats(rig.f).cache_joins, 1);
    }
    rig_close(&rig);
}

/* The first read of all of them fails; the members are read again, the gaps
 * are not, and who had joined one reads it himself. */
static void a_gap_that_fails_is_forgotten(void **state)
{
    struct rig rig = rig_open("filter-fault.rules=read:file=*-2:delay=20ms;"
                              "read:file=*-1:nth=1:errno=EIO",
                              "cache.size=16M");
    uint64_t before;

    (void)state;
    read_merged(&rig, N, STEP, 0);
    assert_int_equal(fixture_stats(rig.f).device_errors, 1);
    assert_int_equal(device_reads(&rig), 1 + 1 + N);
    before = device_reads(&rig);
    check_read(rig.file, 1, SECTOR, SECTOR);
    assert_int_equal(device_reads(&rig), before + 1);
    assert_int_equal(fixture_stats(rig.f).failed, 0);
    rig_close(&rig);
}

/* A merged read that stops in the middle of a gap keeps what came of it. */
static void a_gap_read_in_part_is_kept_in_part(void **state)
{
    struct rig rig = rig_open("filter-fault.rules=read:file=*-2:delay=20ms;"
                              "read:file=*-1:nth=1:short=10000",
                              "cache.size=16M");
    uint64_t before;

    (void)state;
    read_merged(&rig, 2, 8 * SECTOR, 0);
    before = device_reads(&rig);
    check_read(rig.file, 1, SECTOR, SECTOR);
    assert_int_equal(device_reads(&rig), before + (fixture_cached() ? 0 : 1));
    check_read(rig.file, 1, 5 * SECTOR, 3 * SECTOR);
    assert_int_equal(device_reads(&rig), before + (fixture_cached() ? 1 : 2));
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_read_once),
        cmocka_unit_test(a_gap_spans_blocks),
        cmocka_unit_test(a_gap_gives_up_no_block),
        cmocka_unit_test(reads_past_the_cache_keep_nothing),
        cmocka_unit_test(a_gap_on_its_way_is_joined),
        cmocka_unit_test(a_gap_that_fails_is_forgotten),
        cmocka_unit_test(a_gap_read_in_part_is_kept_in_part),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
