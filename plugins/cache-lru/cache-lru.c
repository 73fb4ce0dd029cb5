/*
 * cache-lru: least recently used replacement, exactly.
 *
 * A ring of links, one a slot and one more that stands between its ends; what
 * has just been used comes behind that, so what nobody wants lies before it:
 *
 *     ends ──► newest ──► ... ──► oldest ──┐
 *       ▲──────────────────────────────────┘
 *
 * Links are slot numbers in one array, 8 bytes a slot: a hit writes to six of
 * them at most, and the ends are no special case.
 */
#include <lanceio/plugin.h>

#include <stdlib.h>

struct link {
    uint32_t newer;
    uint32_t older;
};

struct lru_policy {
    bool (*evictable)(void *host, uint32_t slot);
    void *host;
    uint32_t ends;       /* the extra link: links[nslots] */
    struct link links[]; /* by slot */
};

static size_t lru_footprint(uint32_t nslots,
                            const union lio_value *params LIO_UNUSED)
{
    return sizeof(struct lru_policy) +
           ((size_t)nslots + 1) * sizeof(struct link);
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
    lru->links[lru->ends].newer = lru->ends;
    lru->links[lru->ends].older = lru->ends;
    *ret_policy = lru;
    return 0;
}

static void push_newest(struct lru_policy *lru, uint32_t slot)
{
    uint32_t second = lru->links[lru->ends].older;

    lru->links[slot].newer = lru->ends;
    lru->links[slot].older = second;
    lru->links[lru->ends].older = slot;
    lru->links[second].newer = slot;
}

static void take_out(struct lru_policy *lru, uint32_t slot)
{
    struct link link = lru->links[slot];

    lru->links[link.newer].older = link.older;
    lru->links[link.older].newer = link.newer;
}

static void lru_insert(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    push_newest(policy, slot);
}

static void lru_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    take_out(policy, slot);
    push_newest(policy, slot);
}

static void lru_remove(void *policy, uint32_t slot)
{
    take_out(policy, slot);
}

static uint32_t lru_evict(void *policy, uint64_t key LIO_UNUSED)
{
    struct lru_policy *lru = policy;
    uint32_t slot = lru->links[lru->ends].newer;

    while (slot != lru->ends && !lru->evictable(lru->host, slot))
        slot = lru->links[slot].newer;
    if (slot == lru->ends)
        return LIO_NO_SLOT;
    take_out(lru, slot);
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

LIO_CACHE_PLUGIN("cache-lru", "1.0.0", "least recently used block goes first",
                 NULL, 0, lru_ops)
