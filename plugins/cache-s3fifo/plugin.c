/* cache-s3fifo: s3fifo.c as a plugin, with its parameters. */
#include "s3fifo.h"

#include <stdlib.h>

/* Indexes the values, in the order of s3fifo_params. */
enum { SMALL, GHOST, PROMOTE };

static const struct lio_param s3fifo_params[] = {
    { "small", LIO_PARAM_UINT, .min = 1, .max = 99, .preset = 10,
      .help = "percent of the blocks for those used once" },
    { "ghost", LIO_PARAM_UINT, .min = 1, .max = 100, .preset = 90,
      .help = "keys of evicted blocks to remember, in percent of the blocks" },
    { "promote", LIO_PARAM_UINT, .min = 1, .max = 3, .preset = 2,
      .help = "uses after which a new block moves to the main queue" },
};

static uint32_t share(uint32_t nslots, uint64_t percent)
{
    return (uint32_t)(nslots * percent / 100);
}

static struct lio_s3fifo_sizes sizes_for(uint32_t nslots,
                                         const union lio_value *params)
{
    struct lio_s3fifo_sizes sizes = {
        .nslots = nslots,
        .nsmall = share(nslots, params[SMALL].u),
        .nghosts = share(nslots, params[GHOST].u),
        .promote = (uint32_t)params[PROMOTE].u,
    };

    /* New blocks need a place, however small the cache. */
    if (sizes.nsmall == 0)
        sizes.nsmall = 1;
    return sizes;
}

static size_t s3fifo_footprint(uint32_t nslots, const union lio_value *params)
{
    struct lio_s3fifo_sizes sizes = sizes_for(nslots, params);

    return lio_s3fifo_bytes(&sizes);
}

static int s3fifo_open(const struct lio_cache_setup *setup, void **ret_policy,
                       struct lio_error *err)
{
    struct lio_s3fifo_sizes sizes = sizes_for(setup->nslots, setup->params);
    struct lio_s3fifo *s3 = malloc(lio_s3fifo_bytes(&sizes));

    if (!s3)
        return lio_error_set(err, LIO_ENOMEM,
                             "cache-s3fifo: no memory for %u slots",
                             setup->nslots);
    lio_s3fifo_init(s3, setup, &sizes);
    *ret_policy = s3;
    return 0;
}

static void s3fifo_insert(void *policy, uint32_t slot, uint64_t key)
{
    lio_s3fifo_insert(policy, slot, key);
}

static void s3fifo_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    lio_s3fifo_hit(policy, slot);
}

static uint32_t s3fifo_evict(void *policy, uint64_t key)
{
    return lio_s3fifo_evict(policy, key);
}

static void s3fifo_remove(void *policy, uint32_t slot)
{
    lio_s3fifo_remove(policy, slot);
}

static const struct lio_cache_ops s3fifo_ops = {
    .open = s3fifo_open,
    .close = free,
    .insert = s3fifo_insert,
    .hit = s3fifo_hit,
    .evict = s3fifo_evict,
    .remove = s3fifo_remove,
    .footprint = s3fifo_footprint,
};

LIO_CACHE_PLUGIN("cache-s3fifo", "1.0.0",
                 "S3-FIFO: three queues; blocks used once leave quickly",
                 s3fifo_params, LIO_COUNT(s3fifo_params), s3fifo_ops)
