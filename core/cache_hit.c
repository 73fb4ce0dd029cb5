/*
 * Hits, and what else takes no lock: pins, and loads that have ended.
 *
 *     look up ──► hold, if all that is wanted is valid ──► is it still the key?
 *        │                  │                                  │ no: let go
 *        └── not found ─────┴── something else ──────► false: claim it
 *
 *     publish ──► loading bits become valid ones, if nobody has joined
 *                                       └── else, or if it failed: the lock
 *
 * The look-up may be led astray by a slot that changes chains under it, so it
 * counts its steps, and its answer is checked once the slot is held.
 *
 * To hold is to note the slot, for a moment, if it is one that is used again
 * and again, or else to pin it.  The pin is a
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

/* A chain has half a slot on average; who has seen so many is astray. */
#define MAX_STEPS 16u

/* -- telling the policy -------------------------------------------------- */

void lio_hit_log_replay(struct lio_cache *cache, struct lio_shard *shard,
                        struct lio_hit_log *log)
{
    for (uint32_t i = 0; i < log->nhits; i++) {
        uint64_t key = log->hits[i].key;
        struct lio_slot *slot = &cache->slots[log->hits[i].slot];

        if (lio_slot_state(slot) & LIO_SLOT_USED &&
            slot->place == LIO_PLACE_POLICY && lio_slot_key(slot) == key)
            cache->ops.hit(shard->policy, lio_slot_local(cache, shard, slot),
                           key);
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
    log->hits[log->nhits].slot = slot;
    log->hits[log->nhits++].key = key;
    if (log->nhits >= LIO_LOG_TRY)
        empty_log(cache, shard, log);
}

/* -- hits ---------------------------------------------------------------- */

static struct lio_slot *find(const struct lio_cache *cache, uint64_t hash,
                             uint64_t key)
{
    uint32_t number =
        atomic_load_explicit(lio_bucket_of(cache, hash), memory_order_relaxed);

    for (uint32_t steps = 0; steps < MAX_STEPS && number != LIO_NO_SLOT;
         steps++) {
        struct lio_slot *slot = &cache->slots[number];

        if (lio_slot_key(slot) == key)
            return slot;
        number = atomic_load_explicit(&slot->next, memory_order_relaxed);
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

/* See close_slot() in cache_slot.c for the other side. */
static bool note_if_valid(_Atomic uint32_t *note, uint32_t number,
                          struct lio_slot *slot, uint16_t want)
{
    uint64_t state;

    atomic_store(note, number);
    state = atomic_load(&slot->state);
    if (state & LIO_SLOT_NOTED && has(state, want))
        return true;
    atomic_store_explicit(note, LIO_NO_SLOT, memory_order_release);
    return false;
}

/*
 * Is a note better than a pin?  That it is for a block that is used again and
 * again: then a pin is taken from one processor to the next each time.  The
 * slot is marked once, and whoever gives up a block that was not looks at no
 * notes, which readers are writing all the time.
 */
static bool takes_notes(const struct lio_cache *cache,
                        const struct lio_shard *shard, struct lio_slot *slot,
                        uint64_t state)
{
    if (state & LIO_SLOT_NOTED)
        return true;
    return lio_slot_is_recent(cache, shard, slot) &&
           atomic_compare_exchange_strong_explicit(
               &slot->state, &state, state | LIO_SLOT_NOTED,
               memory_order_relaxed, memory_order_relaxed);
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

/* Hold the slot, if all that is wanted is valid: by a note, or, without one, by
 * a pin. */
static bool hold(struct lio_cache *cache, const struct lio_shard *shard,
                 struct lio_slot *slot, const struct lio_cache_want *want,
                 _Atomic uint32_t **ret_note)
{
    uint64_t state = lio_slot_state(slot);
    _Atomic uint32_t *note = NULL;

    if (!has(state, want->sectors) || must_move(slot, state, want))
        return false;
    if (want->brief && takes_notes(cache, shard, slot, state))
        note = free_note(&cache->seats[want->seat]);
    *ret_note = note;
    return note ? note_if_valid(note, lio_slot_number(cache, slot), slot,
                                want->sectors)
                : pin_if_valid(slot, want->sectors);
}

static void let_go(struct lio_cache *cache, uint32_t slot,
                   _Atomic uint32_t *note)
{
    /* Release: what the reader has read, it has read before the slot goes. */
    if (note)
        atomic_store_explicit(note, LIO_NO_SLOT, memory_order_release);
    else
        lio_cache_unpin(cache, slot);
}

bool lio_cache_hit(struct lio_cache *cache, const struct lio_cache_want *want,
                   struct lio_cache_claim *ret_claim)
{
    uint64_t hash = lio_cache_hash(want->key);
    struct lio_shard *shard = lio_shard_of(cache, hash);
    struct lio_slot *slot = find(cache, hash, want->key);
    _Atomic uint32_t *note;
    uint16_t ahead;

    assert(want->sectors != 0);
    if (!slot || !hold(cache, shard, slot, want, &note))
        return false;
    if (lio_slot_key(slot) != want->key) {
        let_go(cache, lio_slot_number(cache, slot), note);
        return false;
    }
    ahead = lio_slot_end_ahead(cache, slot, want->sectors);
    if (lio_slot_is_use(cache, shard, slot, want, ahead) && !want->hints)
        log_hit(cache, shard, lio_log_of(cache, shard, want->seat),
                lio_slot_number(cache, slot), want->key);
    *ret_claim = (struct lio_cache_claim){
        .note = note,
        .slot = lio_slot_number(cache, slot),
        .hit = want->sectors,
        .ahead = ahead,
    };
    return true;
}

/* What is loading becomes valid: no lock, unless somebody has joined.  Release:
 * the bytes, for whoever finds them valid. */
static bool publish_alone(struct lio_slot *slot, uint16_t sectors)
{
    uint64_t state = lio_slot_state(slot);

    do {
        assert((lio_slot_loading(state) & sectors) == sectors);
        assert(lio_slot_pins(state) > 0);
        if (state & LIO_SLOT_JOINED)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->state, &state,
        state ^ (LIO_SLOT_LOADING(sectors) | LIO_SLOT_VALID(sectors)),
        memory_order_release, memory_order_relaxed));
    return true;
}

struct lio_cache_join *lio_cache_publish(struct lio_cache *cache, uint32_t slot,
                                         uint16_t sectors, bool ok)
{
    if (ok && publish_alone(&cache->slots[slot], sectors))
        return NULL;
    return lio_slot_end_load(cache, &cache->slots[slot], sectors, ok);
}

void lio_cache_pin(struct lio_cache *cache, uint32_t slot)
{
    uint64_t before LIO_UNUSED = atomic_fetch_add_explicit(
        &cache->slots[slot].state, LIO_SLOT_PIN, memory_order_relaxed);

    assert(lio_slot_pins(before) > 0);
}

void lio_cache_unpin(struct lio_cache *cache, uint32_t slot)
{
    struct lio_slot *left = &cache->slots[slot];
    /* Release: what the reader has read, it has read before the slot goes. */
    uint64_t before = atomic_fetch_sub_explicit(&left->state, LIO_SLOT_PIN,
                                                memory_order_release);

    assert(lio_slot_pins(before) > 0);
    if (lio_slot_is_empty(before - LIO_SLOT_PIN))
        lio_slot_reclaim(cache, left);
}

void lio_cache_release(struct lio_cache *cache,
                       const struct lio_cache_claim *claim)
{
    let_go(cache, claim->slot, claim->note);
}
