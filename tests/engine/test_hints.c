/*
 * What a caller says about the blocks that it reads: hints, and pins.
 *
 * The files are holes: what counts here is where bytes come from, not which.
 */
#include "fixture.h"

#include <fcntl.h>
#include <unistd.h>

#define BLOCK  (64 * KIB)
#define SECTOR 4096u
#define PIECE  (16 * KIB) /* of a scan */

/* A cache of one shard with some 250 slots. */
#define SLOTS 250u
#define HOT   125u /* blocks that are read again and again */
#define FLOOD 600u /* blocks that are read once */
#define READS 2u   /* of hot blocks for each of those */

struct rig {
    struct fixture *f;
    struct lio_file *file;
    char *buf;
    uint64_t seed;
};

static struct rig rig_open(const char *override)
{
    const char *const overrides[] = {
        "cache.size=16M",
        "cache.shards=1",
        "prefetch.max_bytes=0",
        override,
        NULL,
    };
    struct rig rig = {
        .f = fixture_open(overrides),
        .buf = grab(BLOCK),
        .seed = 88172645463325252,
    };

    fixture_make(rig.f, 1, 0);
    assert_int_equal(
        truncate(fixture_path(rig.f, 1), (off_t)(HOT + 2 * FLOOD) * BLOCK), 0);
    rig.file = fixture_file(rig.f, 1, LIO_READ | LIO_WRITE);
    return rig;
}

static void rig_close(struct rig *rig)
{
    lio_file_close(rig->file);
    free(rig->buf);
    fixture_release(rig->f);
}

static void read_at(struct rig *rig, uint64_t at, size_t len, uint32_t flags)
{
    size_t got;

    if (lio_read(rig->file, rig->buf, len, at, flags, &got, &rig->f->err) < 0)
        fail_msg("%s", rig->f->err.msg);
    assert_int_equal(got, len);
}

static void read_blocks(struct rig *rig, uint32_t first, uint32_t n,
                        uint32_t flags)
{
    for (uint32_t block = first; block < first + n; block++)
        read_at(rig, (uint64_t)block * BLOCK, BLOCK, flags);
}

static uint64_t misses(struct rig *rig)
{
    return fixture_stats(rig->f).cache_misses;
}

/* -- pins ---------------------------------------------------------------- */

static void hot_blocks_outlast_a_flood(void **state)
{
    struct rig rig = rig_open(NULL);
    uint64_t before;

    (void)state;
    read_blocks(&rig, 0, 20, LIO_HOT);
    assert_int_equal(fixture_stats(rig.f).hot_blocks,
                     fixture_cached() ? 20 : 0);
    read_blocks(&rig, HOT, FLOOD, 0);
    before = misses(&rig);
    read_blocks(&rig, 0, 20, 0);
    assert_int_equal(misses(&rig), before);
    rig_close(&rig);
}

static void no_more_is_pinned_than_pin_max_allows(void **state)
{
    struct rig rig = rig_open("cache.pin_max=10");
    struct lio_engine_stats stats;

    (void)state;
    read_blocks(&rig, 0, 100, LIO_HOT);
    stats = fixture_stats(rig.f);
    if (fixture_cached()) {
        assert_in_range(stats.hot_blocks, SLOTS / 10 - 2, SLOTS / 10 + 1);
        assert_true(stats.hot_blocks * BLOCK <= (16 * MIB) / 10);
        assert_int_equal(stats.hot_refused, 100 - stats.hot_blocks);
    }
    /* What was not pinned is cached all the same. */
    read_blocks(&rig, 0, 100, 0);
    assert_int_equal(misses(&rig), stats.cache_misses);
    rig_close(&rig);
}

static void unpinned_blocks_are_blocks_like_others(void **state)
{
    struct rig rig = rig_open(NULL);
    uint64_t before;

    (void)state;
    read_blocks(&rig, 0, 20, LIO_HOT);
    assert_int_equal(lio_file_unpin(rig.file, 5 * BLOCK + 1, BLOCK),
                     fixture_cached() ? 2 * BLOCK : 0);
    assert_int_equal(lio_file_unpin(rig.file, 0, UINT64_MAX),
                     fixture_cached() ? 18 * BLOCK : 0);
    assert_int_equal(lio_file_unpin(rig.file, 0, 0), 0);
    assert_int_equal(fixture_stats(rig.f).hot_blocks, 0);
    before = misses(&rig);
    read_blocks(&rig, 0, 20, 0);
    assert_int_equal(misses(&rig), before);
    read_blocks(&rig, HOT, FLOOD, 0);
    before = misses(&rig);
    read_blocks(&rig, 0, 20, 0);
    assert_true(!fixture_cached() || misses(&rig) > before);
    rig_close(&rig);
}

static void a_change_of_the_file_ends_pins(void **state)
{
    struct rig rig = rig_open(NULL);

    (void)state;
    read_blocks(&rig, 0, 20, LIO_HOT);
    if (lio_write(rig.file, "new", 3, 0, &rig.f->err) < 0)
        fail_msg("%s", rig.f->err.msg);
    assert_int_equal(fixture_stats(rig.f).hot_blocks, 0);
    rig_close(&rig);
}

static void the_last_close_ends_pins(void **state)
{
    struct rig rig = rig_open(NULL);
    struct lio_file *other = fixture_file(rig.f, 1, LIO_READ | LIO_WRITE);

    (void)state;
    read_blocks(&rig, 0, 20, LIO_HOT);
    lio_file_close(other);
    assert_int_equal(fixture_stats(rig.f).hot_blocks,
                     fixture_cached() ? 20 : 0);
    lio_file_close(rig.file);
    rig.file = NULL;
    assert_int_equal(fixture_stats(rig.f).hot_blocks, 0);
    rig_close(&rig);
}

static void metadata_is_pinned_where_the_configuration_says_so(void **state)
{
    struct rig rig = rig_open("cache.pin=none");

    (void)state;
    read_blocks(&rig, 0, 3, LIO_METADATA);
    assert_int_equal(fixture_stats(rig.f).hot_blocks, 0);
    rig_close(&rig);

    rig = rig_open("cache.pin=metadata");
    read_blocks(&rig, 0, 3, LIO_METADATA);
    read_blocks(&rig, 3, 3, 0);
    assert_int_equal(fixture_stats(rig.f).hot_blocks, fixture_cached() ? 3 : 0);
    rig_close(&rig);
}

static void a_read_has_one_hint_at_most(void **state)
{
    struct rig rig = rig_open(NULL);
    size_t got;

    (void)state;
    assert_int_equal(lio_read(rig.file, rig.buf, 1, 0, LIO_SCAN | LIO_HOT, &got,
                              &rig.f->err),
                     LIO_EINVAL);
    rig_close(&rig);
}

/* -- scans --------------------------------------------------------------- */

static uint32_t draw(struct rig *rig, uint32_t below)
{
    rig->seed ^= rig->seed >> 12;
    rig->seed ^= rig->seed << 25;
    rig->seed ^= rig->seed >> 27;
    return (uint32_t)((rig->seed * UINT64_C(2685821657736338717)) >> 33) %
           below;
}

/*
 * Blocks of a hot set are read at random, and after every other a block of a
 * scan, in pieces.  Returns the share of the hot reads' sectors that were
 * found.
 */
static double hit_ratio_under_scan(struct rig *rig, uint32_t first,
                                   uint32_t flags)
{
    uint64_t before = misses(rig);
    uint64_t sectors = (uint64_t)FLOOD * (BLOCK / SECTOR);

    for (uint32_t block = first; block < first + FLOOD; block++) {
        for (uint32_t i = 0; i < READS; i++)
            read_at(rig, (uint64_t)draw(rig, HOT) * BLOCK, BLOCK, 0);
        for (uint32_t at = 0; at < BLOCK; at += PIECE)
            read_at(rig, (uint64_t)block * BLOCK + at, PIECE, flags);
    }
    /* Of the scan all is missed, once. */
    return 1 -
           (double)(misses(rig) - before - sectors) / (double)(READS * sectors);
}

static double hit_ratio_of(const char *policy, uint32_t flags)
{
    struct rig rig = rig_open(policy);
    double ratio;

    for (int round = 0; round < 3; round++)
        read_blocks(&rig, 0, HOT, 0);
    (void)hit_ratio_under_scan(&rig, HOT, flags);
    ratio = hit_ratio_under_scan(&rig, HOT + FLOOD, flags);
    rig_close(&rig);
    return ratio;
}

/* Without a scan the hot set fits, and all of it is found. */
#define MOST_LOST 0.05

static void policies_keep_a_hot_set_under_a_scan(void **state)
{
    static const char *const policies[] = {
        "cache.plugin=cache-2q",
        "cache.plugin=cache-arc",
        "cache.plugin=cache-s3fifo",
    };

    (void)state;
    if (!fixture_cached())
        skip();
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        double ratio = hit_ratio_of(policies[i], 0);

        if (ratio < 1 - MOST_LOST)
            fail_msg("%s: %.3f found", policies[i], ratio);
    }
}

static void the_hint_keeps_it_with_any_policy(void **state)
{
    static const char *const policies[] = {
        "cache.plugin=cache-lru",    "cache.plugin=cache-lfu",
        "cache.plugin=cache-2q",     "cache.plugin=cache-arc",
        "cache.plugin=cache-s3fifo",
    };

    (void)state;
    if (!fixture_cached())
        skip();
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        double ratio = hit_ratio_of(policies[i], LIO_SCAN);

        if (ratio < 1 - MOST_LOST)
            fail_msg("%s: %.3f found", policies[i], ratio);
        ratio = hit_ratio_of(policies[i], LIO_ONCE);
        if (ratio < 1 - MOST_LOST)
            fail_msg("%s, once: %.3f found", policies[i], ratio);
    }
    /* Which LRU would not by itself. */
    assert_true(hit_ratio_of("cache.plugin=cache-lru", 0) < 1 - MOST_LOST);
}

static void a_scan_that_fits_is_cached(void **state)
{
    struct rig rig = rig_open(NULL);
    uint64_t before;

    (void)state;
    read_blocks(&rig, 0, 200, LIO_SCAN);
    before = misses(&rig);
    read_blocks(&rig, 0, 200, LIO_SCAN);
    assert_int_equal(misses(&rig), before);
    rig_close(&rig);
}

static void what_a_scan_brought_and_others_use_stays(void **state)
{
    struct rig rig = rig_open(NULL);
    uint64_t before;

    (void)state;
    read_blocks(&rig, 0, 50, LIO_SCAN);
    read_blocks(&rig, 0, 50, 0);
    read_blocks(&rig, HOT, FLOOD, LIO_SCAN);
    before = misses(&rig);
    read_blocks(&rig, 0, 50, 0);
    assert_int_equal(misses(&rig), before);
    rig_close(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hot_blocks_outlast_a_flood),
        cmocka_unit_test(no_more_is_pinned_than_pin_max_allows),
        cmocka_unit_test(unpinned_blocks_are_blocks_like_others),
        cmocka_unit_test(a_change_of_the_file_ends_pins),
        cmocka_unit_test(the_last_close_ends_pins),
        cmocka_unit_test(metadata_is_pinned_where_the_configuration_says_so),
        cmocka_unit_test(a_read_has_one_hint_at_most),
        cmocka_unit_test(policies_keep_a_hot_set_under_a_scan),
        cmocka_unit_test(the_hint_keeps_it_with_any_policy),
        cmocka_unit_test(a_scan_that_fits_is_cached),
        cmocka_unit_test(what_a_scan_brought_and_others_use_stays),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
