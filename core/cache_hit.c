/*
 * Hits: the way through the cache that takes no lock.
 *
 *     look up ──► hold, if all that is wanted is valid ──► is it still the key?
 *        │                  │                                  │ no: let go
 *        └── not found ─────┴── something else ──────► false: claim it
 *
 * The look-up may be led astray by a slot that changes chains under it, so it
 * counts its steps, and its answer is checked once the slot is held.
 *
 * To hold is to note the slot, for a moment, or to pin it.  The pin is a
 * compare-and-swap of a word with valid sectors.  That the word may have gone
 * and come back for another key meanwhile does no harm: the pin is then one on
 * that other block, like any reader's, and is given back.  Acquire pairs with
 * the release of each publication, all of which are read-modify-writes of this
 * word, so the reader sees the bytes of every sector that it finds valid, and
 * the key they were loaded for.
 *
 * What the policy must know of a hit goes to the seat's log of the shard.
 */
#include "core/cache_parts.h"

#include <assert.h>

/* A chain has one slot on average; who has seen so many is astray. */
#define MAX_STEPS 16u

/* -- telling the policy -------------------------------------------------- */

void lio_hit_log_replay(struct lio_cache *cache, struct lio_shard *shard,
                        struct lio_hit_log *log)
{
    for (uint32_t i = 0; i < log->nhits; i++) {
        struct lio_slot *slot = &shard->slots[log->slots[i]];

        if (lio_slot_state(slot) & LIO_SLOT_USED &&
            shard->rest[log->slots[i]].place == LIO_PLACE_POLICY &&
            lio_slot_key(slot) == log->keys[i])
            cache->ops.hit(shard->policy, log->slots[i], log->keys[i]);
    }
    log->nhits = 0;
}

/* A full log is worth waiting for the lock; before that, only if nobody has
 * it. */
static void empty_log(struct lio_cache *cache, struct lio_shard *shard,
                      struct lio_hit_log *log)
{
    if (log->nhits == LIO_LOG_HITS)
        pthread_mutex_lock(&shard->lock);
    else if (pthread_mutex_trylock(&shard->lock) != 0)
        return;
    lio_hit_log_replay(cache, shard, log);
    pthread_mutex_unlock(&shard->lock);
}

static void log_hit(struct lio_cache *cache, struct lio_shard *shard,
                    struct lio_hit_log *log, uint32_t slot, uint64_t key)
{
    log->slots[log->nhits] = slot;
    log->keys[log->nhits++] = key;
    if (log->nhits >= LIO_LOG_TRY)
        empty_log(cache, shard, log);
}

/* -- hits ---------------------------------------------------------------- */

static struct lio_slot *find(const struct lio_cache *cache,
                             const struct lio_shard *shard, uint64_t hash,
                             uint64_t key)
{
    uint32_t local = atomic_load_explicit(lio_bucket_of(cache, shard, hash),
                                          memory_order_relaxed);

    for (uint32_t steps = 0; steps < MAX_STEPS && local != LIO_NO_SLOT;
         steps++) {
        struct lio_slot *slot = &shard->slots[local];

        if (lio_slot_key(slot) == key)
            return slot;
        local = atomic_load_explicit(&slot->next, memory_order_relaxed);
    }
    return NULL;
}

static bool has(uint64_t state, uint16_t want)
{
    return (lio_slot_valid(state) & want) == want;
}

static bool pin_if_valid(struct lio_slot *slot, uint16_t want)
{
    uint64_t state = lio_slot_state(slot);

    do {
        if (!has(state, want) || !lio_slot_has_room(state))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->state, &state, state + LIO_SLOT_PIN, memory_order_acquire,
        memory_order_relaxed));
    return true;
}

/* The seat's first note that is free: acquires what its last user has read. */
static _Atomic uint32_t *free_note(struct lio_seat *seat)
{
    for (uint32_t i = 0; i < LIO_SEAT_NOTES; i++)
        if (atomic_load_explicit(&seat->notes[i], memory_order_acquire) ==
            LIO_NO_SLOT)
            return &seat->notes[i];
    return NULL;
}

/* See close_slot() in cache.c for the other side. */
static bool note_if_valid(_Atomic uint32_t *note, uint32_t number,
                          struct lio_slot *slot, uint16_t want)
{
    atomic_store(note, number);
    if (has(atomic_load(&slot->state), want))
        return true;
    atomic_store_explicit(note, LIO_NO_SLOT, memory_order_release);
    return false;
}

/* Would the slot have to change its place? */
static bool must_move(const struct lio_slot *slot, uint64_t state,
                      const struct lio_cache_want *want)
{
    bool sinks = want->hints & (LIO_CACHE_SCAN | LIO_CACHE_ONCE);

    if (state & LIO_SLOT_LOOSE)
        return !sinks;
    if (state & LIO_SLOT_HOT || !want->hints)
        return false;
    return want->hints & LIO_CACHE_HOT ||
           atomic_load_explicit(&slot->ahead, memory_order_relaxed);
}

/* Hold the slot, if all that is wanted is valid. */
static bool hold(struct lio_cache *cache, struct lio_slot *slot,
                 const struct lio_cache_want *want,
                 struct lio_cache_claim *claim)
{
    uint64_t state = lio_slot_state(slot);

    if (!has(state, want->sectors) || must_move(slot, state, want))
        return false;
    claim->slot = (uint32_t)(slot - cache->slots);
    claim->note = want->brief ? free_note(&cache->seats[want->seat]) : NULL;
    return claim->note
               ? note_if_valid(claim->note, claim->slot, slot, want->sectors)
               : pin_if_valid(slot, want->sectors);
}

bool lio_cache_hit(struct lio_cache *cache, const struct lio_cache_want *want,
                   struct lio_cache_claim *ret_claim)
{
    uint64_t key = want->key, hash = lio_cache_hash(key);
    struct lio_shard *shard = lio_shard_of(cache, hash);
    struct lio_slot *slot = find(cache, shard, hash, key);
    struct lio_cache_claim claim = { .hit = want->sectors };

    assert(want->sectors != 0);
    if (!slot || !hold(cache, slot, want, &claim))
        return false;
    if (lio_slot_key(slot) != key) {
        lio_cache_release(cache, &claim);
        return false;
    }
    claim.ahead = lio_slot_end_ahead(cache, slot, claim.hit);
    if (lio_slot_is_use(shard, slot, want, claim.ahead) && !want->hints)
        log_hit(cache, shard, &shard->logs[want->seat],
                (uint32_t)(slot - shard->slots), key);
    *ret_claim = claim;
    return true;
}

void lio_cache_release(struct lio_cache *cache,
                       const struct lio_cache_claim *claim)
{
    /* Release: what the reader has read, it has read before the slot goes. */
    if (claim->note)
        atomic_store_explicit(claim->note, LIO_NO_SLOT, memory_order_release);
    else
        lio_cache_unpin(cache, claim->slot);
}
