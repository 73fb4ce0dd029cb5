/*
 * Hits: the way through the cache that takes no lock.
 *
 *     look up ──► pin, if all that is wanted is valid ──► is it still the key?
 *        │                  │                                   │ no: unpin
 *        └── not found ─────┴── something else ───────► false: claim it
 *
 * The look-up may be led astray by a slot that changes chains under it, so it
 * counts its steps, and its answer is checked after the pin.  The pin is a
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

        if (slot->used && lio_slot_key(slot) == log->keys[i])
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

static struct lio_slot *find(const struct lio_shard *shard, uint64_t hash,
                             uint64_t key)
{
    uint32_t local = atomic_load_explicit(
        &shard->buckets[hash & shard->bucket_mask], memory_order_relaxed);

    for (uint32_t steps = 0; steps < MAX_STEPS && local != LIO_NO_SLOT;
         steps++) {
        struct lio_slot *slot = &shard->slots[local];

        if (lio_slot_key(slot) == key)
            return slot;
        local = atomic_load_explicit(&slot->next, memory_order_relaxed);
    }
    return NULL;
}

static bool pin_if_valid(struct lio_slot *slot, uint16_t want)
{
    uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);

    do {
        if ((lio_slot_valid(state) & want) != want)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->state, &state, state + LIO_SLOT_PIN, memory_order_acquire,
        memory_order_relaxed));
    return true;
}

bool lio_cache_hit(struct lio_cache *cache, const struct lio_cache_want *want,
                   struct lio_cache_claim *ret_claim)
{
    uint64_t hash = lio_cache_hash(want->key);
    uint32_t number = lio_shard_number(cache, hash);
    struct lio_shard *shard = &cache->shards[number];
    struct lio_hit_log *log = lio_hit_log_of(cache, want->seat, number);
    struct lio_slot *slot = find(shard, hash, want->key);
    struct lio_cache_claim claim = { .hit = want->sectors };
    bool again;

    assert(want->sectors != 0);
    if (!slot || !pin_if_valid(slot, want->sectors))
        return false;
    claim.slot = (uint32_t)(slot - cache->slots);
    if (lio_slot_key(slot) != want->key) {
        lio_cache_unpin(cache, claim.slot);
        return false;
    }
    claim.ahead = lio_slot_end_ahead(cache, slot, want->sectors);
    again = lio_slot_sweep(slot, want->from, want->until);
    if (again && claim.ahead != claim.hit && log->last_key != want->key)
        log_hit(cache, shard, log, (uint32_t)(slot - shard->slots), want->key);
    log->last_key = want->key;
    *ret_claim = claim;
    return true;
}
