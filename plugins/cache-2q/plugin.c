/* cache-2q: twoq.c as a plugin, with its parameters. */
#include "twoq.h"

#include <stdlib.h>

enum { KIN, KOUT }; /* indexes the values, in the order of twoq_params */

static const struct lio_param twoq_params[] = {
    { "kin", LIO_PARAM_UINT, .min = 1, .max = 100, .preset = 25,
      .help = "percent of the blocks for those used once" },
    { "kout", LIO_PARAM_UINT, .min = 1, .max = 100, .preset = 50,
      .help = "keys of evicted blocks to remember, in percent of the blocks" },
};

static uint32_t share(uint32_t nslots, uint64_t percent)
{
    return (uint32_t)(nslots * percent / 100);
}

static size_t twoq_footprint(uint32_t nslots, const union lio_value *params)
{
    return lio_twoq_bytes(nslots, share(nslots, params[KOUT].u));
}

static int twoq_open(const struct lio_cache_setup *setup, void **ret_policy,
                     struct lio_error *err)
{
    struct lio_twoq *twoq =
        malloc(twoq_footprint(setup->nslots, setup->params));

    if (!twoq)
        return lio_error_set(err, LIO_ENOMEM,
                             "cache-2q: no memory for %u slots", setup->nslots);
    lio_twoq_init(twoq, setup, share(setup->nslots, setup->params[KIN].u),
                  share(setup->nslots, setup->params[KOUT].u));
    *ret_policy = twoq;
    return 0;
}

static void twoq_insert(void *policy, uint32_t slot, uint64_t key)
{
    lio_twoq_insert(policy, slot, key);
}

static void twoq_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    lio_twoq_hit(policy, slot);
}

static uint32_t twoq_evict(void *policy, uint64_t key)
{
    return lio_twoq_evict(policy, key);
}

static void twoq_remove(void *policy, uint32_t slot)
{
    lio_twoq_remove(policy, slot);
}

static const struct lio_cache_ops twoq_ops = {
    .open = twoq_open,
    .close = free,
    .insert = twoq_insert,
    .hit = twoq_hit,
    .evict = twoq_evict,
    .remove = twoq_remove,
    .footprint = twoq_footprint,
};

LIO_CACHE_PLUGIN("cache-2q", "1.0.0",
                 "2Q: a block is kept for long only if it is used again",
                 twoq_params, LIO_COUNT(twoq_params), twoq_ops)
