/*
 * Which frames are to have large pages, as the kernel has been told: "hg" among
 * the flags of their mapping.
 */
#include "core/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

const struct lio_plugin *lio_plugin_entry(void); /* cache-lru's */

#define MIB (UINT64_C(1) << 20)

static struct lio_cache *open_cache(uint64_t bytes)
{
    const struct lio_plugin *plugin = lio_plugin_entry();
    struct lio_cache_config config = { .size_bytes = bytes,
                                       .nseats = 1,
                                       .ops = plugin->ops };
    struct lio_cache *cache;
    struct lio_error err;

    if (lio_cache_open(&config, &cache, &err) < 0)
        fail_msg("%s", err.msg);
    return cache;
}

/* Have a block in the cache; returns its frame. */
static uintptr_t load(struct lio_cache *cache, uint64_t key)
{
    struct lio_cache_want want = { .key = key,
                                   .sectors = UINT16_MAX,
                                   .until = LIO_BLOCK_BYTES };
    struct lio_cache_claim claim;
    uintptr_t frame;

    assert_int_equal(lio_cache_claim(cache, &want, NULL, &claim), 0);
    frame = (uintptr_t)lio_cache_frame(cache, claim.slot);
    assert_null(lio_cache_publish(cache, claim.slot, claim.load, true));
    lio_cache_release(cache, &claim);
    return frame;
}

/* May the mapping that holds an address have large pages? */
static bool may_be_large(uintptr_t at)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    bool within = false, large = false;
    unsigned long from, to;
    char line[512];

    assert_non_null(smaps);
    while (fgets(line, sizeof(line), smaps)) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            within = from <= at && at < to;
        if (within && strncmp(line, "VmFlags:", 8) == 0)
            large = strstr(line, " hg") != NULL;
    }
    (void)fclose(smaps);
    return large;
}

static bool system_has_large_pages(void)
{
    const size_t bytes = 4 * MIB;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool has;

    assert_true(at != MAP_FAILED);
    has = madvise(at, bytes, MADV_HUGEPAGE) == 0;
    assert_int_equal(munmap(at, bytes), 0);
    return has;
}

/* The blocks of a small scan clear no 2 MiB each. */
static void first_blocks_are_on_small_pages(void **state)
{
    struct lio_cache *cache;

    (void)state;
    if (!system_has_large_pages())
        skip();
    cache = open_cache(64 * MIB);
    for (uint64_t key = 1; key <= 16; key++)
        assert_false(may_be_large(load(cache, key)));
    lio_cache_close(cache);
}

static void a_cache_that_has_grown_is_on_large_pages(void **state)
{
    struct lio_cache *cache;
    uintptr_t first, last = 0;

    (void)state;
    if (!system_has_large_pages())
        skip();
    cache = open_cache(64 * MIB);
    first = load(cache, 1);
    for (uint64_t key = 2; key <= 500; key++)
        last = load(cache, key);
    assert_true(may_be_large(first));
    assert_true(may_be_large(last));
    lio_cache_close(cache);
}

static void a_small_cache_stays_on_small_pages(void **state)
{
    struct lio_cache *cache;
    uintptr_t first;

    (void)state;
    cache = open_cache(4 * MIB);
    first = load(cache, 1);
    for (uint64_t key = 2; key <= 100; key++)
        assert_false(may_be_large(load(cache, key)));
    assert_false(may_be_large(first));
    lio_cache_close(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_blocks_are_on_small_pages),
        cmocka_unit_test(a_cache_that_has_grown_is_on_large_pages),
        cmocka_unit_test(a_small_cache_stays_on_small_pages),
    };

    return cmocka_run_group_tests_name("cache_frames", tests, NULL, NULL);
}
