/*
 * Blocks that are not the policy's to judge, because a caller has said what
 * they are worth.
 *
 *     hot                      stays: pinned until it is let go
 *     loose  new ► ... ► old   a scan's: goes before what others use
 *     spent  new ► ... ► old   read for the last time: goes before all
 *
 * They stand in lists of the shard, and the policy does not know them: so a
 * scan neither moves its order nor leaves ghosts, and it has not to step over
 * hot blocks each time it looks for a victim.  A block joins one of the lists
 * only if the claim that says so is its first, for what others use is not the
 * scan's to give up; and it comes back to the policy, as new, with the first
 * claim that says nothing.
 *
 * Of loose blocks a shard keeps a few: those that a scan in pieces is reading,
 * column by column.
 */
#include "core/cache_parts.h"

/* Loose blocks are left alone while there are no more than these. */
#define LOOSE_SHARE 32u /* part of the shard */
#define LOOSE_LEAST 2u

void lio_lists_init(struct lio_shard *shard, struct lio_slotlink *links)
{
    for (uint32_t i = 0; i < LIO_NLISTS; i++)
        lio_slotlist_init(&shard->lists[i], links, shard->nslots + i);
}

static struct lio_slotlist *list_of(struct lio_shard *shard, uint32_t place)
{
    return &shard->lists[place - 1];
}

static uint64_t flag_of(uint32_t place)
{
    switch (place) {
    case LIO_PLACE_POLICY:
        return 0;
    case LIO_PLACE_HOT:
        return LIO_SLOT_HOT;
    default:
        return LIO_SLOT_LOOSE;
    }
}

/* One more slot at `place`, or, with -1, one less. */
static void count(struct lio_cache *cache, struct lio_shard *shard,
                  uint32_t place, int change)
{
    if (place == LIO_PLACE_HOT)
        atomic_fetch_add_explicit(&cache->nhot, (uint64_t)change,
                                  memory_order_relaxed);
    else if (place != LIO_PLACE_POLICY)
        shard->ngoing += (uint32_t)change;
}

/* Out of where it stands. */
static void leave(struct lio_cache *cache, struct lio_shard *shard,
                  uint32_t local)
{
    uint8_t place = shard->slots[local].place;

    if (place == LIO_PLACE_POLICY)
        cache->ops.remove(shard->policy, local);
    else
        lio_slotlist_take(list_of(shard, place), local);
    count(cache, shard, place, -1);
}

void lio_slot_leave(struct lio_cache *cache, struct lio_shard *shard,
                    uint32_t local)
{
    leave(cache, shard, local);
    shard->slots[local].place = LIO_PLACE_POLICY;
}

static void move(struct lio_cache *cache, struct lio_shard *shard,
                 uint32_t local, uint8_t place)
{
    struct lio_slot *slot = &shard->slots[local];
    uint8_t before = shard->slots[local].place;

    if (before == place)
        return;
    leave(cache, shard, local);
    shard->slots[local].place = place;
    atomic_fetch_xor_explicit(&slot->state, flag_of(before) ^ flag_of(place),
                              memory_order_relaxed);
    if (place == LIO_PLACE_POLICY)
        cache->ops.insert(shard->policy, local, lio_slot_key(slot));
    else
        lio_slotlist_push(list_of(shard, place), local);
    count(cache, shard, place, 1);
}

void lio_slot_let_go(struct lio_cache *cache, struct lio_shard *shard,
                     struct lio_slot *slot)
{
    move(cache, shard, (uint32_t)(slot - shard->slots), LIO_PLACE_POLICY);
}

bool lio_slot_is_fresh(const struct lio_slot *slot)
{
    uint64_t state = lio_slot_state(slot);
    uint16_t ahead = atomic_load_explicit(&slot->ahead, memory_order_relaxed);

    return !((lio_slot_valid(state) | lio_slot_loading(state)) & ~ahead);
}

/* Where a claim with these hints leaves a slot that is not hot. */
static uint8_t place_after(const struct lio_cache *cache,
                           struct lio_shard *shard, uint8_t before,
                           uint32_t hints, bool fresh)
{
    bool may_sink = fresh || before != LIO_PLACE_POLICY;

    if (hints & LIO_CACHE_HOT) {
        if (list_of(shard, LIO_PLACE_HOT)->count < cache->shard_hot)
            return LIO_PLACE_HOT;
        shard->hot_refused++;
        return LIO_PLACE_POLICY;
    }
    if (hints & LIO_CACHE_ONCE && may_sink)
        return LIO_PLACE_SPENT;
    if (hints & LIO_CACHE_SCAN && may_sink)
        return before == LIO_PLACE_SPENT ? before : LIO_PLACE_LOOSE;
    return LIO_PLACE_POLICY;
}

bool lio_slot_hinted(struct lio_cache *cache, struct lio_shard *shard,
                     struct lio_slot *slot, uint32_t hints, bool fresh)
{
    uint32_t local = (uint32_t)(slot - shard->slots);
    uint8_t before = shard->slots[local].place, after;

    if (before == LIO_PLACE_HOT)
        return false;
    after = place_after(cache, shard, before, hints, fresh);
    move(cache, shard, local, after);
    return before == LIO_PLACE_POLICY && after == LIO_PLACE_POLICY &&
           !(hints & (LIO_CACHE_SCAN | LIO_CACHE_ONCE));
}

/* -- victims ------------------------------------------------------------- */

static bool can_go(void *host, uint32_t local)
{
    const struct lio_shard *shard = host;

    return lio_slot_can_go(lio_slot_state(&shard->slots[local]));
}

uint32_t lio_lists_victim(struct lio_shard *shard, bool other)
{
    const struct lio_slotlist *loose = list_of(shard, LIO_PLACE_LOOSE);
    uint32_t share = shard->nslots / LOOSE_SHARE, local;

    if (share < LOOSE_LEAST)
        share = LOOSE_LEAST;
    local = lio_slotlist_oldest(list_of(shard, LIO_PLACE_SPENT), can_go, shard);
    if (local == LIO_NO_SLOT && (loose->count > share || !other))
        local = lio_slotlist_oldest(loose, can_go, shard);
    return local;
}

/* -- letting go ---------------------------------------------------------- */

/* Hot blocks of a shard with keys first .. last go to another place. */
static uint64_t let_go(struct lio_cache *cache, struct lio_shard *shard,
                       uint64_t first, uint64_t last, uint8_t place)
{
    const struct lio_slotlist *hot = list_of(shard, LIO_PLACE_HOT);
    uint32_t local = hot->links[hot->ends].newer, newer;
    uint64_t n = 0;

    for (; local != hot->ends; local = newer) {
        uint64_t key = lio_slot_key(&shard->slots[local]);

        newer = hot->links[local].newer;
        if (key < first || key > last)
            continue;
        move(cache, shard, local, place);
        n++;
    }
    return n;
}

static uint64_t let_all_go(struct lio_cache *cache, uint64_t first,
                           uint64_t last, uint8_t place)
{
    uint64_t n = 0;

    if (atomic_load_explicit(&cache->nhot, memory_order_relaxed) == 0)
        return 0;
    for (uint32_t i = 0; i < cache->layout.nshards; i++) {
        struct lio_shard *shard = &cache->shards[i];

        pthread_mutex_lock(&shard->lock);
        n += let_go(cache, shard, first, last, place);
        pthread_mutex_unlock(&shard->lock);
    }
    return n;
}

uint64_t lio_cache_let_go(struct lio_cache *cache, uint64_t first_key,
                          uint64_t last_key)
{
    return let_all_go(cache, first_key, last_key, LIO_PLACE_POLICY);
}

void lio_cache_outdate(struct lio_cache *cache, uint64_t first_key,
                       uint64_t last_key)
{
    (void)let_all_go(cache, first_key, last_key, LIO_PLACE_SPENT);
}
