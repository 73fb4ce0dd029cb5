/*
 * A slot's way from free to used and back, under its shard's lock.
 *
 *     free ──make──► used ──► closed ──► free      evicted, to make another
 *                      └────► closed ──► free      forgotten
 *
 * A key's hash picks shard and chain.  Chains and the list of free slots are
 * threaded through the slots.
 *
 * The policy is asked for a victim, never believed: one out of range or in use
 * is counted and overruled.  So is one that a hit has pinned since.
 */
#include "core/cache_parts.h"

/* -- chains -------------------------------------------------------------- */

static uint32_t read_link(const _Atomic uint32_t *link)
{
    return atomic_load_explicit(link, memory_order_relaxed);
}

static void write_link(_Atomic uint32_t *link, uint32_t number)
{
    atomic_store_explicit(link, number, memory_order_relaxed);
}

struct lio_slot *lio_slot_find(const struct lio_cache *cache, uint64_t key)
{
    uint32_t number = read_link(lio_bucket_of(cache, lio_cache_hash(key)));

    while (number != LIO_NO_SLOT && lio_slot_key(&cache->slots[number]) != key)
        number = read_link(&cache->slots[number].next);
    return number == LIO_NO_SLOT ? NULL : &cache->slots[number];
}

static void link_slot(const struct lio_cache *cache, struct lio_slot *slot,
                      uint64_t key)
{
    _Atomic uint32_t *bucket = lio_bucket_of(cache, lio_cache_hash(key));

    write_link(&slot->next, read_link(bucket));
    write_link(bucket, lio_slot_number(cache, slot));
}

static void unlink_slot(const struct lio_cache *cache,
                        const struct lio_slot *slot)
{
    uint64_t hash = lio_cache_hash(lio_slot_key(slot));
    _Atomic uint32_t *link = lio_bucket_of(cache, hash);
    uint32_t number = lio_slot_number(cache, slot);

    while (read_link(link) != number)
        link = &cache->slots[read_link(link)].next;
    write_link(link, read_link(&slot->next));
}

/* -- from free to used and back ------------------------------------------ */

void lio_shard_free_slots(struct lio_cache *cache, struct lio_shard *shard)
{
    struct lio_slot *end = shard->slots + shard->nslots;

    shard->first_free = lio_slot_number(cache, shard->slots);
    for (struct lio_slot *slot = shard->slots; slot < end; slot++)
        write_link(&slot->next, slot + 1 < end
                                    ? lio_slot_number(cache, slot + 1)
                                    : LIO_NO_SLOT);
}

static bool is_noted(const struct lio_cache *cache, const struct lio_slot *slot)
{
    uint32_t number = lio_slot_number(cache, slot);

    for (uint32_t seat = 0; seat < cache->layout.nseats; seat++)
        for (uint32_t i = 0; i < LIO_SEAT_NOTES; i++)
            if (atomic_load(&cache->seats[seat].notes[i]) == number)
                return true;
    return false;
}

/*
 * From now on nobody can hold the slot without the lock.  False if somebody is
 * using it.  Readers write a note and then look at the word, we the other way
 * round, all in the one order of sequential consistency: so one of us sees the
 * other, or the reader a word without the mark.  Who was here before has read
 * before we write: the swap acquires from every unpin, and each look from the
 * note's removal.
 */
static bool close_slot(const struct lio_cache *cache, struct lio_slot *slot)
{
    uint64_t state = lio_slot_state(slot);

    if (!lio_slot_can_go(state) ||
        !atomic_compare_exchange_strong(&slot->state, &state, 0))
        return false;
    if (!(state & LIO_SLOT_NOTED) || !is_noted(cache, slot))
        return true;
    /* Release: it is as if published again. */
    atomic_store_explicit(&slot->state, state, memory_order_release);
    return false;
}

/* The slot is closed, and stands nowhere. */
static void free_slot(struct lio_cache *cache, struct lio_shard *shard,
                      struct lio_slot *slot)
{
    shard->wasted += lio_slot_lose_ahead(cache, slot, UINT16_MAX);
    unlink_slot(cache, slot);
    write_link(&slot->next, shard->first_free);
    shard->first_free = lio_slot_number(cache, slot);
}

/*
 * The first free slot becomes the one of `key`, pinned and about to be loaded
 * with `sectors`.  Its word needs no atomic step: nobody else changes that of a
 * slot without valid sectors and without pins.
 */
static struct lio_slot *use_slot(struct lio_cache *cache,
                                 struct lio_shard *shard, uint64_t key,
                                 uint16_t sectors)
{
    struct lio_slot *slot = &cache->slots[shard->first_free];
    uint64_t now =
        atomic_load_explicit(&shard->insertions, memory_order_relaxed) + 1;

    shard->first_free = read_link(&slot->next);
    atomic_store_explicit(&shard->insertions, now, memory_order_relaxed);
    atomic_store_explicit(&slot->key, key, memory_order_relaxed);
    atomic_store_explicit(&slot->swept, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->told, (uint32_t)now, memory_order_relaxed);
    atomic_store_explicit(
        &slot->state, LIO_SLOT_USED | LIO_SLOT_PIN | LIO_SLOT_LOADING(sectors),
        memory_order_relaxed);
    link_slot(cache, slot, key);
    return slot;
}

void lio_slot_forget(struct lio_cache *cache, struct lio_shard *shard,
                     struct lio_slot *slot)
{
    if (!close_slot(cache, slot))
        return;
    lio_slot_leave(cache, shard, lio_slot_local(cache, shard, slot));
    free_slot(cache, shard, slot);
    shard->forgotten++;
}

void lio_slot_reclaim(struct lio_cache *cache, struct lio_slot *slot)
{
    struct lio_shard *shard = lio_shard_of_slot(cache, slot);

    pthread_mutex_lock(&shard->lock);
    if (lio_slot_is_empty(lio_slot_state(slot))) {
        lio_slot_let_go(cache, shard, slot);
        lio_slot_forget(cache, shard, slot);
    }
    pthread_mutex_unlock(&shard->lock);
}

/* -- victims ------------------------------------------------------------- */

bool lio_shard_evictable(void *host, uint32_t local)
{
    const struct lio_shard *shard = host;
    struct lio_slot *slot;

    if (local >= shard->nslots)
        return false;
    slot = &shard->slots[local];
    if (slot->place != LIO_PLACE_POLICY ||
        !lio_slot_can_go(lio_slot_state(slot)))
        return false;
    slot->offered = lio_shard_search(shard);
    return true;
}

static bool is_used(const struct lio_slot *slot)
{
    return lio_slot_state(slot) & LIO_SLOT_USED;
}

/* The policy gave up `local`, which cannot go: because a reader came just after
 * it was offered, or by a mistake of the policy. */
static void count_mistake(struct lio_shard *shard, uint32_t local)
{
    if (local < shard->nslots && is_used(&shard->slots[local]) &&
        shard->slots[local].offered == lio_shard_search(shard))
        shard->lost_victims++;
    else
        shard->wrong_victims++;
}

/*
 * Any slot that can go will do instead of `wrong`; and the policy, for which
 * `wrong` is free now and the other is not, is put right about both.
 */
static uint32_t overrule_policy(struct lio_cache *cache,
                                struct lio_shard *shard, uint32_t wrong)
{
    count_mistake(shard, wrong);
    if (wrong < shard->nslots && shard->slots[wrong].place == LIO_PLACE_POLICY)
        cache->ops.insert(shard->policy, wrong,
                          lio_slot_key(&shard->slots[wrong]));

    for (uint32_t looked = 0; looked < shard->nslots; looked++) {
        uint32_t local = shard->hand;

        shard->hand = local + 1 < shard->nslots ? local + 1 : 0;
        if (close_slot(cache, &shard->slots[local])) {
            lio_slot_leave(cache, shard, local);
            return local;
        }
    }
    return LIO_NO_SLOT;
}

/* The policy's victim, closed, or another in its place. */
static uint32_t evict_of_policy(struct lio_cache *cache,
                                struct lio_shard *shard, uint64_t key)
{
    uint32_t local = cache->ops.evict(shard->policy, key);

    if (local == LIO_NO_SLOT ||
        (local < shard->nslots && close_slot(cache, &shard->slots[local])))
        return local;
    return overrule_policy(cache, shard, local);
}

/* A victim of the lists, closed; see lio_lists_victim(). */
static uint32_t evict_of_lists(struct lio_cache *cache, struct lio_shard *shard,
                               bool other)
{
    uint32_t local = lio_lists_victim(shard, other);

    if (local == LIO_NO_SLOT || !close_slot(cache, &shard->slots[local]))
        return LIO_NO_SLOT;
    lio_slot_leave(cache, shard, local);
    return local;
}

/* Make one slot free, so that `key` can have it, if any can be given up. */
static void evict_one(struct lio_cache *cache, struct lio_shard *shard,
                      uint64_t key)
{
    bool listed = shard->ngoing > 0;
    uint32_t local = LIO_NO_SLOT;

    if (listed)
        local = evict_of_lists(cache, shard, true);
    if (local == LIO_NO_SLOT)
        local = evict_of_policy(cache, shard, key);
    if (local == LIO_NO_SLOT && listed)
        local = evict_of_lists(cache, shard, false);
    if (local != LIO_NO_SLOT)
        free_slot(cache, shard, &shard->slots[local]);
}

struct lio_slot *lio_slot_make(struct lio_cache *cache, struct lio_shard *shard,
                               uint64_t key, uint16_t sectors)
{
    struct lio_slot *slot;

    if (shard->first_free != LIO_NO_SLOT)
        lio_frames_used(cache, shard->first_free);
    else
        evict_one(cache, shard, key);
    if (shard->first_free == LIO_NO_SLOT)
        return NULL;
    slot = use_slot(cache, shard, key, sectors);
    cache->ops.insert(shard->policy, lio_slot_local(cache, shard, slot), key);
    return slot;
}
