/*
 * cache-lru: least recently used replacement, exactly.
 *
 * One line of slots: what has just been used comes first, and the last one
 * goes. 8 bytes a slot; a hit writes to six links at most.
 */
#include <lanceio/plugin.h>

#include "common/slotlist.h"

#include <stdlib.h>

struct lru_policy {
    bool (*evictable)(void *host, uint32_t slot);
    void *host;
    uint32_t ends;               /* of the line: its number in the links */
    struct lio_slotlink links[]; /* by slot, and the ends */
};

static size_t lru_footprint(uint32_t nslots,
                            const union lio_value *params LIO_UNUSED)
{
    return sizeof(struct lru_policy) +
           ((size_t)nslots + 1) * sizeof(struct lio_slotlink);
}

static int lru_open(const struct lio_cache_setup *setup, void **ret_policy,
                    struct lio_error *err)
{
    struct lru_policy *lru =
        malloc(lru_footprint(setup->nslots, setup->params));

    if (!lru)
        return lio_error_set(err, LIO_ENOMEM,
                             "cache-lru: no memory for %u slots",
                             setup->nslots);
    lru->evictable = setup->evictable;
    lru->host = setup->host;
    lru->ends = setup->nslots;
    lio_slotlink_init(lru->links, lru->ends);
    *ret_policy = lru;
    return 0;
}

static void lru_insert(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    struct lru_policy *lru = policy;

    lio_slotlink_put(lru->links, lru->ends, slot);
}

static void lru_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    struct lru_policy *lru = policy;

    lio_slotlink_take(lru->links, slot);
    lio_slotlink_put(lru->links, lru->ends, slot);
}

static void lru_remove(void *policy, uint32_t slot)
{
    struct lru_policy *lru = policy;

    lio_slotlink_take(lru->links, slot);
}

static uint32_t lru_evict(void *policy, uint64_t key LIO_UNUSED)
{
    struct lru_policy *lru = policy;
    uint32_t slot =
        lio_slotlink_oldest(lru->links, lru->ends, lru->evictable, lru->host);

    if (slot != LIO_NO_SLOT)
        lio_slotlink_take(lru->links, slot);
    return slot;
}

static const struct lio_cache_ops lru_ops = {
    .open = lru_open,
    .close = free,
    .insert = lru_insert,
    .hit = lru_hit,
    .evict = lru_evict,
    .remove = lru_remove,
    .footprint = lru_footprint,
};

LIO_CACHE_PLUGIN("cache-lru", "1.0.0", "evicts the least recently used block",
                 NULL, 0, lru_ops)
