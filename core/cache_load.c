/*
 * Loads that somebody waits for, and loads that failed: what their end needs
 * the shard's lock for.
 *
 *     claim of sectors that are loading ──► a join in the slot's ring
 *     the load has ended ──► each join that lacks nothing now, or has lost
 *                            something, goes back to its owner
 */
#include "core/cache_parts.h"

#include <assert.h>

static struct lio_slot_rest *rest_of(const struct lio_cache *cache,
                                     const struct lio_slot *slot)
{
    return &cache->rest[lio_slot_number(cache, slot)];
}

/* -- joins --------------------------------------------------------------- */

/* Lists are rings named by their last member, so that arrival order costs no
 * second pointer. */
static void append_join(struct lio_cache_join **last,
                        struct lio_cache_join *join)
{
    if (*last) {
        join->next = (*last)->next;
        (*last)->next = join;
    } else {
        join->next = join;
    }
    *last = join;
}

/* Cut a ring open: the first member of a list that ends with NULL. */
static struct lio_cache_join *open_ring(struct lio_cache_join *last)
{
    struct lio_cache_join *first;

    if (!last)
        return NULL;
    first = last->next;
    last->next = NULL;
    return first;
}

/* Tell the slot's joins that the load of `sectors` has ended, and return those
 * that need not wait any longer. */
static struct lio_cache_join *settle_joins(struct lio_cache_join **last_join,
                                           uint16_t sectors, bool ok)
{
    struct lio_cache_join *join = open_ring(*last_join), *next;
    struct lio_cache_join *settled = NULL;

    *last_join = NULL;
    for (; join; join = next) {
        next = join->next;
        if (!ok && (join->waiting & sectors))
            join->failed = true;
        join->waiting &= (uint16_t)~sectors;
        append_join(join->failed || join->waiting == 0 ? &settled : last_join,
                    join);
    }
    return open_ring(settled);
}

void lio_slot_join(struct lio_cache *cache, struct lio_slot *slot,
                   const struct lio_cache_claim *claim,
                   struct lio_cache_join *join)
{
    join->slot = claim->slot;
    join->sectors = claim->join;
    join->waiting = claim->join;
    join->failed = false;
    append_join(&rest_of(cache, slot)->last_join, join);
}

/* -- loads --------------------------------------------------------------- */

struct lio_cache_join *lio_slot_end_load(struct lio_cache *cache,
                                         struct lio_slot *slot,
                                         uint16_t sectors, bool ok)
{
    struct lio_shard *shard = lio_shard_of_slot(cache, slot);
    struct lio_cache_join **joins = &rest_of(cache, slot)->last_join;
    struct lio_cache_join *settled;
    uint64_t before LIO_UNUSED;

    pthread_mutex_lock(&shard->lock);
    /* Both masks in one step: loading bits go out, valid ones come on. */
    before = atomic_fetch_xor_explicit(&slot->state,
                                       LIO_SLOT_LOADING(sectors) |
                                           LIO_SLOT_VALID(ok ? sectors : 0),
                                       memory_order_release);
    assert((lio_slot_loading(before) & sectors) == sectors);
    assert(lio_slot_pins(before) > 0);
    if (!ok)
        shard->cancelled += lio_slot_lose_ahead(cache, slot, sectors);
    settled = settle_joins(joins, sectors, ok);
    if (!*joins)
        atomic_fetch_and_explicit(&slot->state, ~LIO_SLOT_JOINED,
                                  memory_order_relaxed);
    pthread_mutex_unlock(&shard->lock);
    return settled;
}

void lio_cache_set_loader(struct lio_cache *cache, uint32_t slot, uint64_t id)
{
    /* Release: what stands behind the id is as it was made. */
    atomic_store_explicit(&cache->rest[slot].loader, id, memory_order_release);
}

uint64_t lio_cache_loader(const struct lio_cache *cache, uint32_t slot)
{
    return atomic_load_explicit(&cache->rest[slot].loader,
                                memory_order_acquire);
}
