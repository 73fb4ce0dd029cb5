/* cache-arc: arc.c as a plugin. */
#include "arc.h"

#include <stdlib.h>

static size_t arc_footprint(uint32_t nslots,
                            const union lio_value *params LIO_UNUSED)
{
    return lio_arc_bytes(nslots);
}

static int arc_open(const struct lio_cache_setup *setup, void **ret_policy,
                    struct lio_error *err)
{
    struct lio_arc *arc = malloc(lio_arc_bytes(setup->nslots));

    if (!arc)
        return lio_error_set(err, LIO_ENOMEM,
                             "cache-arc: no memory for %u slots",
                             setup->nslots);
    lio_arc_init(arc, setup);
    *ret_policy = arc;
    return 0;
}

static void arc_insert(void *policy, uint32_t slot, uint64_t key)
{
    lio_arc_insert(policy, slot, key);
}

static void arc_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    lio_arc_hit(policy, slot);
}

static uint32_t arc_evict(void *policy, uint64_t key)
{
    return lio_arc_evict(policy, key);
}

static void arc_remove(void *policy, uint32_t slot)
{
    lio_arc_remove(policy, slot);
}

static const struct lio_cache_ops arc_ops = {
    .open = arc_open,
    .close = free,
    .insert = arc_insert,
    .hit = arc_hit,
    .evict = arc_evict,
    .remove = arc_remove,
    .footprint = arc_footprint,
};

LIO_CACHE_PLUGIN("cache-arc", "1.0.0",
                 "ARC: adapts between recency and frequency", NULL, 0, arc_ops)
