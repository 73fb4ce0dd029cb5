/*
 * The block cache: frames, slots and shards.
 *
 *     logs     | seat 0, seat 1, ... | ...                 hits to be told of
 *     slots    |  key, state, joins  |  ...                one for each frame
 *     buckets  |    chain, chain     |  ...                as many a shard
 *              '----- shard 0 -------'------ shard 1 ----
 *     frames   | 64 KiB | 64 KiB | 64 KiB | 64 KiB | ...   one mapping, dealt
 *                shard 0  shard 1   ...     shard 0        out to the shards
 *
 * A key's hash picks shard and chain.  Chains and the list of free slots are
 * threaded through the slots, so nothing is allocated after open and the size
 * is known before.  Frames are dealt out in turn, so that a cache that is not
 * full yet has touched no more memory than it needs (cache_frames.c).
 *
 * The policy is asked, never believed: a victim out of range or in use is
 * counted and overruled.  So is one that a hit has pinned since.
 */
#include "core/cache_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* -- chains -------------------------------------------------------------- */

static struct lio_shard *shard_of_slot(const struct lio_cache *cache,
                                       uint32_t slot)
{
    return &cache->shards[slot / cache->layout.shard_slots];
}

static struct lio_slot_rest *rest_of(const struct lio_cache *cache,
                                     const struct lio_slot *slot)
{
    return &cache->rest[lio_slot_number(cache, slot)];
}

static uint32_t read_link(const _Atomic uint32_t *link)
{
    return atomic_load_explicit(link, memory_order_relaxed);
}

static void write_link(_Atomic uint32_t *link, uint32_t number)
{
    atomic_store_explicit(link, number, memory_order_relaxed);
}

static struct lio_slot *find_slot(const struct lio_cache *cache, uint64_t key)
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

/* -- loaded ahead -------------------------------------------------------- */

static uint64_t count_ended(struct lio_cache *cache, struct lio_slot *slot,
                            uint16_t sectors)
{
    return (uint64_t)__builtin_popcount(
        lio_slot_end_ahead(cache, slot, sectors));
}

/* -- from free to used and back ------------------------------------------ */

static bool is_used(const struct lio_slot *slot)
{
    return lio_slot_state(slot) & LIO_SLOT_USED;
}

/* Asked by the policy.  Yes is no promise: a reader may pin the slot before it
 * is closed. */
static bool shard_evictable(void *host, uint32_t local)
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
    shard->wasted += count_ended(cache, slot, UINT16_MAX);
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

/* Forget what a slot holds, unless somebody is using it. */
static void forget_slot(struct lio_cache *cache, struct lio_shard *shard,
                        struct lio_slot *slot)
{
    if (!close_slot(cache, slot))
        return;
    lio_slot_leave(cache, shard, lio_slot_local(cache, shard, slot));
    free_slot(cache, shard, slot);
    shard->forgotten++;
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

/* A slot for `key`, as use_slot() makes it; NULL if all are pinned. */
static struct lio_slot *make_slot(struct lio_cache *cache,
                                  struct lio_shard *shard, uint64_t key,
                                  uint16_t sectors)
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

/* -- the four calls of a read -------------------------------------------- */

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

static void add_join(struct lio_cache *cache, struct lio_slot *slot,
                     const struct lio_cache_claim *claim,
                     struct lio_cache_join *join)
{
    join->slot = claim->slot;
    join->sectors = claim->join;
    join->waiting = claim->join;
    join->failed = false;
    append_join(&rest_of(cache, slot)->last_join, join);
}

/* The shard of `key`, and its slot or NULL; locked. */
static struct lio_slot *look_up(struct lio_cache *cache, uint64_t key,
                                struct lio_shard **ret_shard)
{
    struct lio_shard *shard = lio_shard_of(cache, lio_cache_hash(key));

    pthread_mutex_lock(&shard->lock);
    *ret_shard = shard;
    return find_slot(cache, key);
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
    struct lio_slot *slot = make_slot(cache, shard, want->key, want->sectors);

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
        add_join(cache, slot, &claim, join);
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
    struct lio_slot *slot = find_slot(cache, want->key);
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
    struct lio_slot *slot = find_slot(cache, want->key);
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

uint64_t lio_cache_ahead_bytes(const struct lio_cache *cache)
{
    return atomic_load_explicit(&cache->nahead, memory_order_relaxed) *
           LIO_SECTOR_BYTES;
}

struct lio_cache_join *lio_slot_end_load(struct lio_cache *cache,
                                         struct lio_slot *slot,
                                         uint16_t sectors, bool ok)
{
    struct lio_shard *shard =
        shard_of_slot(cache, lio_slot_number(cache, slot));
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
        shard->cancelled += count_ended(cache, slot, sectors);
    settled = settle_joins(joins, sectors, ok);
    if (!*joins)
        atomic_fetch_and_explicit(&slot->state, ~LIO_SLOT_JOINED,
                                  memory_order_relaxed);
    pthread_mutex_unlock(&shard->lock);
    return settled;
}

void lio_slot_reclaim(struct lio_cache *cache, struct lio_slot *slot)
{
    struct lio_shard *shard =
        shard_of_slot(cache, lio_slot_number(cache, slot));

    pthread_mutex_lock(&shard->lock);
    if (lio_slot_is_empty(lio_slot_state(slot))) {
        lio_slot_let_go(cache, shard, slot);
        forget_slot(cache, shard, slot);
    }
    pthread_mutex_unlock(&shard->lock);
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

void lio_cache_drop(struct lio_cache *cache, uint64_t key)
{
    struct lio_shard *shard;
    struct lio_slot *slot = look_up(cache, key, &shard);

    if (slot)
        forget_slot(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_drop_ahead(struct lio_cache *cache, uint64_t key)
{
    struct lio_shard *shard;
    struct lio_slot *slot = look_up(cache, key, &shard);

    if (slot && atomic_load_explicit(&slot->ahead, memory_order_relaxed))
        forget_slot(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_settle_ahead(struct lio_cache *cache)
{
    for (uint32_t i = 0; i < cache->layout.nshards; i++) {
        struct lio_shard *shard = &cache->shards[i];

        pthread_mutex_lock(&shard->lock);
        for (uint32_t local = 0; local < shard->nslots; local++)
            shard->wasted +=
                count_ended(cache, &shard->slots[local], UINT16_MAX);
        pthread_mutex_unlock(&shard->lock);
    }
}

/* -- statistics ---------------------------------------------------------- */

static void count_slots(const struct lio_shard *shard,
                        struct lio_cache_stats *stats)
{
    for (uint32_t local = 0; local < shard->nslots; local++) {
        uint64_t state = lio_slot_state(&shard->slots[local]);

        stats->used_slots += (state & LIO_SLOT_USED) != 0;
        stats->pinned_slots += lio_slot_pins(state) > 0;
    }
}

static void count_shard(struct lio_shard *shard, struct lio_cache_stats *stats)
{
    uint64_t used_before = stats->used_slots;

    pthread_mutex_lock(&shard->lock);
    count_slots(shard, stats);
    /* What came in and is no longer here was given up, or forgotten. */
    stats->evictions +=
        atomic_load_explicit(&shard->insertions, memory_order_relaxed) -
        shard->forgotten - (stats->used_slots - used_before);
    stats->refused += shard->refused;
    stats->wrong_victims += shard->wrong_victims;
    stats->lost_victims += shard->lost_victims;
    stats->hot_slots += shard->lists[LIO_PLACE_HOT - 1].count;
    stats->hot_refused += shard->hot_refused;
    stats->wasted_bytes += shard->wasted * LIO_SECTOR_BYTES;
    stats->cancelled_bytes += shard->cancelled * LIO_SECTOR_BYTES;
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_stats(struct lio_cache *cache, struct lio_cache_stats *ret_stats)
{
    struct lio_cache_stats stats = {
        .nslots = (uint64_t)cache->layout.nshards * cache->layout.shard_slots,
        .bytes = cache->layout.bytes,
        .shards = cache->layout.nshards,
    };

    for (uint32_t i = 0; i < cache->layout.nshards; i++)
        count_shard(&cache->shards[i], &stats);
    stats.ahead_bytes = lio_cache_ahead_bytes(cache);
    *ret_stats = stats;
}

/* -- lifetime ------------------------------------------------------------ */

static void make_shard(struct lio_cache *cache, struct lio_shard *shard)
{
    struct lio_slot *end = shard->slots + shard->nslots;

    shard->first_free = lio_slot_number(cache, shard->slots);
    for (struct lio_slot *slot = shard->slots; slot < end; slot++)
        write_link(&slot->next, slot + 1 < end
                                    ? lio_slot_number(cache, slot + 1)
                                    : LIO_NO_SLOT);
}

static int make_tables(struct lio_cache *cache, struct lio_error *err)
{
    const struct lio_cache_layout *layout = &cache->layout;
    size_t nslots = (size_t)layout->nshards * layout->shard_slots;
    size_t nlogs = (size_t)layout->nshards * layout->nseats;
    size_t nbuckets = (size_t)layout->nshards * layout->nbuckets;
    struct lio_slotlink *links;

    cache->tables =
        aligned_alloc(alignof(struct lio_shard), layout->table_bytes);
    if (!cache->tables)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for the tables of a cache with %zu "
                             "blocks: lower [cache] size",
                             nslots);
    memset(cache->tables, 0, layout->table_bytes);
    cache->shards = cache->tables;
    cache->seats = (struct lio_seat *)(cache->shards + layout->nshards);
    cache->logs = (struct lio_hit_log *)(cache->seats + layout->nseats);
    cache->slots = (struct lio_slot *)(cache->logs + nlogs);
    cache->rest = (struct lio_slot_rest *)(cache->slots + nslots);
    links = (struct lio_slotlink *)(cache->rest + nslots);
    cache->buckets = (_Atomic uint32_t *)(links + nslots +
                                          (size_t)layout->nshards * LIO_NLISTS);
    /* All bits set: LIO_NO_SLOT. */
    memset(cache->seats, 0xff, layout->nseats * sizeof(*cache->seats));
    memset(cache->buckets, 0xff, nbuckets * sizeof(*cache->buckets));
    cache->shard_bits = (unsigned)__builtin_ctz(layout->nshards);
    cache->bucket_bits = (unsigned)__builtin_ctzll(nbuckets);
    cache->shard_slots = layout->shard_slots;
    cache->recent = layout->shard_slots < 128 ? 1 : layout->shard_slots / 64;

    for (uint32_t i = 0; i < layout->nshards; i++) {
        struct lio_shard *shard = &cache->shards[i];

        shard->slots = cache->slots + (size_t)i * layout->shard_slots;
        shard->nslots = layout->shard_slots;
        lio_lists_init(shard, links);
        links += shard->nslots + LIO_NLISTS;
        make_shard(cache, shard);
    }
    return 0;
}

static int open_shard(struct lio_cache *cache, struct lio_shard *shard,
                      const union lio_value *params, struct lio_error *err)
{
    struct lio_cache_setup setup = {
        .params = params,
        .nslots = shard->nslots,
        .evictable = shard_evictable,
        .host = shard,
    };
    int rc = pthread_mutex_init(&shard->lock, NULL);

    if (rc != 0)
        return lio_error_set(err, LIO_ENOMEM, "no mutex for the cache: %s",
                             strerror(rc));
    rc = cache->ops.open(&setup, &shard->policy, err);
    if (rc > 0)
        rc = lio_error_set(err, LIO_EPLUGIN,
                           "the cache plugin's open() returned %d, which is "
                           "neither success nor an error: mend the plugin",
                           rc);
    if (rc < 0)
        pthread_mutex_destroy(&shard->lock);
    return rc;
}

int lio_cache_open(const struct lio_cache_config *config,
                   struct lio_cache **ret_cache, struct lio_error *err)
{
    struct lio_cache *cache = aligned_alloc(LIO_CACHE_LINE, sizeof(*cache));
    int rc;

    if (!cache)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a cache");
    memset(cache, 0, sizeof(*cache));
    cache->ops = *config->ops;
    rc = lio_cache_choose_layout(config, &cache->layout, err);
    cache->shard_hot = (uint32_t)((uint64_t)cache->layout.shard_slots *
                                  config->hot_percent / 100);
    if (rc == 0)
        rc = lio_frames_map(cache, err);
    if (rc == 0)
        rc = make_tables(cache, err);
    while (rc == 0 && cache->nopen < cache->layout.nshards) {
        rc = open_shard(cache, &cache->shards[cache->nopen], config->params,
                        err);
        if (rc == 0)
            cache->nopen++;
    }
    if (rc < 0) {
        lio_cache_close(cache);
        return rc;
    }
    *ret_cache = cache;
    return 0;
}

void lio_cache_close(struct lio_cache *cache)
{
    if (!cache)
        return;
    for (uint32_t i = 0; i < cache->nopen; i++) {
        cache->ops.close(cache->shards[i].policy);
        pthread_mutex_destroy(&cache->shards[i].lock);
    }
    free(cache->tables);
    lio_frames_unmap(cache);
    free(cache);
}
