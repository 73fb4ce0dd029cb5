/*
 * Claims: who wants which sectors of a block, and who loads them.
 *
 *     wanted  ....xxxxxxxx....      valid    -> hit
 *     valid   xxxxxx..........      loading  -> join, for another's load
 *     loading ......xx........      neither  -> load, for the claim's own
 *     claim       hhjjllll
 *
 * A block that nobody has claimed before gets a slot of its own first
 * (cache_slot.c).  Hits alone need none of this (cache_hit.c).
 */
#include "core/cache_parts.h"

#include <assert.h>

/* Sectors that are neither valid nor loading. */
static uint16_t unread_of(const struct lio_slot *slot)
{
    uint64_t state = lio_slot_state(slot);

    return (uint16_t) ~(lio_slot_valid(state) | lio_slot_loading(state));
}

/* Split `want` by what the slot's word says.  A publication may turn what is
 * loading valid meanwhile, unless the word says that somebody has joined. */
static struct lio_cache_claim split_claim(struct lio_cache *cache,
                                          struct lio_slot *slot, uint16_t want)
{
    uint64_t state = lio_slot_state(slot), claimed;
    struct lio_cache_claim claim = { .slot = lio_slot_number(cache, slot) };

    do {
        claim.hit = want & lio_slot_valid(state);
        claim.join = want & lio_slot_loading(state);
        claim.load = want & (uint16_t) ~(claim.hit | claim.join);
        claimed = state + LIO_SLOT_PIN + LIO_SLOT_LOADING(claim.load);
        if (claim.join)
            claimed = (claimed + LIO_SLOT_PIN) | LIO_SLOT_JOINED;
        /* Acquire: the bytes of what is valid. */
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->state, &state, claimed, memory_order_acquire,
        memory_order_relaxed));
    claim.ahead = lio_slot_end_ahead(cache, slot, claim.hit | claim.join);
    return claim;
}

/* The shard of `key`, and its slot or NULL; locked. */
static struct lio_slot *look_up(struct lio_cache *cache, uint64_t key,
                                struct lio_shard **ret_shard)
{
    struct lio_shard *shard = lio_shard_of(cache, lio_cache_hash(key));

    pthread_mutex_lock(&shard->lock);
    *ret_shard = shard;
    return lio_slot_find(cache, key);
}

/* The shard of what is wanted, locked, with its policy told of all that the
 * seat has done so far. */
static struct lio_shard *enter_shard(struct lio_cache *cache,
                                     const struct lio_cache_want *want)
{
    struct lio_shard *shard = lio_shard_of(cache, lio_cache_hash(want->key));

    pthread_mutex_lock(&shard->lock);
    lio_hit_log_replay(cache, shard, lio_log_of(cache, shard, want->seat));
    return shard;
}

/* A block that nobody has claimed before; NULL if all slots are pinned. */
static struct lio_slot *claim_new(struct lio_cache *cache,
                                  struct lio_shard *shard,
                                  const struct lio_cache_want *want,
                                  struct lio_cache_claim *ret_claim)
{
    struct lio_slot *slot =
        lio_slot_make(cache, shard, want->key, want->sectors);

    if (slot)
        *ret_claim = (struct lio_cache_claim){
            .slot = lio_slot_number(cache, slot),
            .load = want->sectors,
        };
    return slot;
}

/* False if it has all the pins that it can have. */
static bool claim_known(struct lio_cache *cache, struct lio_shard *shard,
                        struct lio_slot *slot,
                        const struct lio_cache_want *want,
                        struct lio_cache_join *join,
                        struct lio_cache_claim *ret_claim)
{
    struct lio_cache_claim claim;
    bool tell;

    if (!lio_slot_has_room(lio_slot_state(slot)))
        return false;
    tell = lio_slot_is_told(cache, shard, slot, want->hints,
                            lio_slot_is_fresh(slot));
    claim = split_claim(cache, slot, want->sectors);
    if (claim.join)
        lio_slot_join(cache, slot, &claim, join);
    if (lio_slot_is_use(cache, shard, slot, want, claim.ahead) && tell &&
        claim.hit | claim.join)
        cache->ops.hit(shard->policy, lio_slot_local(cache, shard, slot),
                       want->key);
    *ret_claim = claim;
    return true;
}

int lio_cache_claim(struct lio_cache *cache, const struct lio_cache_want *want,
                    struct lio_cache_join *join,
                    struct lio_cache_claim *ret_claim)
{
    struct lio_shard *shard = enter_shard(cache, want);
    struct lio_slot *slot = lio_slot_find(cache, want->key);
    bool claimed;

    assert(want->sectors != 0);
    if (slot) {
        claimed = claim_known(cache, shard, slot, want, join, ret_claim);
    } else {
        slot = claim_new(cache, shard, want, ret_claim);
        claimed = slot != NULL;
        if (claimed) {
            (void)lio_slot_is_told(cache, shard, slot, want->hints, true);
            lio_slot_set_swept(slot, want->until);
        }
    }
    shard->refused += !claimed;
    pthread_mutex_unlock(&shard->lock);
    return claimed ? 0 : LIO_EAGAIN;
}

int lio_cache_claim_ahead(struct lio_cache *cache,
                          const struct lio_cache_want *want,
                          struct lio_cache_claim *ret_claim)
{
    struct lio_shard *shard = enter_shard(cache, want);
    struct lio_slot *slot = lio_slot_find(cache, want->key);
    uint16_t load = want->sectors;

    assert(load != 0);
    if (!slot)
        slot = claim_new(cache, shard, want, ret_claim);
    else if ((load &= unread_of(slot)) != 0)
        *ret_claim = split_claim(cache, slot, load);
    if (!slot || !load) {
        pthread_mutex_unlock(&shard->lock);
        return LIO_EAGAIN;
    }
    atomic_fetch_or_explicit(&slot->ahead, load, memory_order_relaxed);
    atomic_fetch_add_explicit(&cache->nahead,
                              (uint64_t)__builtin_popcount(load),
                              memory_order_relaxed);
    pthread_mutex_unlock(&shard->lock);
    return 0;
}

/* The lowest run of set bits. */
static uint16_t first_run(uint16_t mask)
{
    uint16_t past = (uint16_t)(mask + (mask & -mask)); /* carries over it */

    return mask & (uint16_t)~past;
}

int lio_cache_claim_gap(struct lio_cache *cache, uint64_t key, uint16_t want,
                        struct lio_cache_claim *ret_claim)
{
    struct lio_shard *shard;
    struct lio_slot *slot = look_up(cache, key, &shard);
    struct lio_cache_want wanted = { .key = key };

    wanted.sectors = first_run(slot ? want & unread_of(slot) : want);
    if (slot && wanted.sectors)
        *ret_claim = split_claim(cache, slot, wanted.sectors);
    else if (!slot && shard->first_free != LIO_NO_SLOT)
        slot = claim_new(cache, shard, &wanted, ret_claim);
    pthread_mutex_unlock(&shard->lock);
    return slot && wanted.sectors ? 0 : LIO_EAGAIN;
}

/* -- ahead --------------------------------------------------------------- */

uint64_t lio_cache_ahead_bytes(const struct lio_cache *cache)
{
    return atomic_load_explicit(&cache->nahead, memory_order_relaxed) *
           LIO_SECTOR_BYTES;
}

void lio_cache_drop_ahead(struct lio_cache *cache, uint64_t key)
{
    struct lio_shard *shard;
    struct lio_slot *slot = look_up(cache, key, &shard);

    if (slot && atomic_load_explicit(&slot->ahead, memory_order_relaxed))
        lio_slot_forget(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_settle_ahead(struct lio_cache *cache)
{
    for (uint32_t i = 0; i < cache->layout.nshards; i++) {
        struct lio_shard *shard = &cache->shards[i];

        pthread_mutex_lock(&shard->lock);
        for (uint32_t local = 0; local < shard->nslots; local++)
            shard->wasted +=
                lio_slot_lose_ahead(cache, &shard->slots[local], UINT16_MAX);
        pthread_mutex_unlock(&shard->lock);
    }
}
