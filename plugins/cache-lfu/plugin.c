/* cache-lfu: lfu.c as a plugin. */
#include "lfu.h"

#include <stdlib.h>

static size_t lfu_footprint(uint32_t nslots,
                            const union lio_value *params LIO_UNUSED)
{
    return lio_lfu_bytes(nslots);
}

static int lfu_open(const struct lio_cache_setup *setup, void **ret_policy,
                    struct lio_error *err)
{
    struct lio_lfu *lfu = malloc(lio_lfu_bytes(setup->nslots));

    if (!lfu)
        return lio_error_set(err, LIO_ENOMEM,
                             "cache-lfu: no memory for %u slots",
                             setup->nslots);
    lio_lfu_init(lfu, setup);
    *ret_policy = lfu;
    return 0;
}

static void lfu_insert(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    lio_lfu_insert(policy, slot);
}

static void lfu_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    lio_lfu_hit(policy, slot);
}

static uint32_t lfu_evict(void *policy, uint64_t key LIO_UNUSED)
{
    return lio_lfu_evict(policy);
}

static void lfu_remove(void *policy, uint32_t slot)
{
    lio_lfu_remove(policy, slot);
}

static const struct lio_cache_ops lfu_ops = {
    .open = lfu_open,
    .close = free,
    .insert = lfu_insert,
    .hit = lfu_hit,
    .evict = lfu_evict,
    .remove = lfu_remove,
    .footprint = lfu_footprint,
};

LIO_CACHE_PLUGIN("cache-lfu", "1.0.0", "evicts the least frequently used block",
                 NULL, 0, lfu_ops)
