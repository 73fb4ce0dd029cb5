/*
 * [cache] size is a ceiling: what the process holds in memory, once every frame
 * has been written to and the policy has all the ghosts it wants, is within 2 %
 * of it; and nothing is allocated after open.
 *
 *     argv[1]   the policy's plugin
 */
#include "core/cache.h"

#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE  (UINT64_C(48) << 20)
#define SEATS 4u

static const struct lio_plugin *plugin;

/* Of the pages themselves: statm may be off by some dozens for each processor.
 */
static uint64_t resident_bytes(void)
{
    FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
    unsigned long long kib = 0;
    char line[256];

    assert_non_null(rollup);
    while (fgets(line, sizeof(line), rollup) &&
           sscanf(line, "Rss: %llu kB", &kib) != 1)
        ;
    (void)fclose(rollup);
    assert_true(kib > 0);
    return kib * 1024;
}

static struct lio_cache *open_cache(union lio_value *values)
{
    struct lio_cache_config config = {
        .size_bytes = SIZE,
        .nseats = SEATS,
        .hot_percent = 25,
        .ops = plugin->ops,
        .params = values,
    };
    struct lio_cache *cache;
    struct lio_error err;

    for (uint32_t i = 0; i < plugin->nparams; i++)
        values[i].u = plugin->params[i].preset;
    if (lio_cache_open(&config, &cache, &err) < 0)
        fail_msg("%s", err.msg);
    return cache;
}

/* Load or hit a block, in a way of its own for each number. */
static void use(struct lio_cache *cache, uint64_t key, uint32_t number)
{
    static const uint32_t hints[] = { 0, 0, 0, 0, 0, LIO_CACHE_SCAN,
                                      0, 0, 0, 0, 0, LIO_CACHE_HOT };
    struct lio_cache_want want = {
        .key = key,
        .sectors = UINT16_MAX,
        .seat = number % SEATS,
        .hints = hints[number % (sizeof(hints) / sizeof(hints[0]))],
        .until = LIO_BLOCK_BYTES,
    };
    struct lio_cache_claim claim;

    if (!lio_cache_hit(cache, &want, &claim)) {
        assert_int_equal(lio_cache_claim(cache, &want, NULL, &claim), 0);
        memset(lio_cache_frame(cache, claim.slot), (int)key, LIO_BLOCK_BYTES);
        if (claim.load)
            assert_null(lio_cache_publish(cache, claim.slot, claim.load, true));
    }
    lio_cache_release(cache, &claim);
}

static void all_it_holds_is_below_the_ceiling(void **state)
{
    union lio_value *values =
        calloc(plugin->nparams + 1, sizeof(union lio_value));
    uint64_t before, most = 0, now, seed = 42;
    struct lio_cache_stats stats;
    struct lio_cache *cache;
    struct mallinfo2 opened, used;

    (void)state;
    assert_non_null(values);
    (void)resident_bytes(); /* what stdio takes is not the cache's */
    before = resident_bytes();
    cache = open_cache(values);
    opened = mallinfo2();
    for (uint32_t i = 0; i < 6000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        /* Some keys come back, from the ghosts too. */
        use(cache, (seed >> 33) % (1u << (8 + seed % 5)), i);
        if (i % 500 == 499) {
            now = resident_bytes();
            most = now > most ? now : most;
        }
    }
    used = mallinfo2();
    lio_cache_stats(cache, &stats);
    assert_true(stats.evictions > 1000);
    assert_true(stats.hot_slots > 10);
    assert_true(stats.hot_slots * 4 <= stats.nslots);
    assert_int_equal(stats.used_slots, stats.nslots);
    assert_int_equal(used.uordblks, opened.uordblks);
    assert_int_equal(used.hblkhd, opened.hblkhd);
    /* Neither more than the ceiling, nor so much less that frames were not
     * counted. */
    print_message("%.2f %% of the ceiling resident, %.2f %% planned\n",
                  100.0 * (double)(most - before) / (double)SIZE,
                  100.0 * (double)stats.bytes / (double)SIZE);
    assert_true(most - before <= SIZE + SIZE / 50);
    assert_true(most - before >= SIZE - SIZE / 20);
    lio_cache_close(cache);
    free(values);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_it_holds_is_below_the_ceiling),
    };
    const struct lio_plugin *(*entry)(void);
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;

    if (!library) {
        fprintf(stderr, "usage: test_cache_memory PLUGIN\n");
        return 2;
    }
    *(void **)&entry = dlsym(library, "lio_plugin_entry");
    assert_non_null(entry);
    plugin = entry();
    return cmocka_run_group_tests_name("cache_memory", tests, NULL, NULL);
}
