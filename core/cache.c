/*
 * The block cache: frames, slots and shards.
 *
 *     slots    |  key, state, joins  |  ...                one for each frame
 *              '----- shard 0 -------'------ shard 1 ----  equal runs of slots
 *     buckets  | chain | chain | ...                       as many a shard
 *     frames   | 64 KiB | 64 KiB | 64 KiB | 64 KiB | ...   one mapping, dealt
 *                shard 0  shard 1   ...     shard 0        out to the shards
 *
 * A key's hash picks the shard with its upper half and the chain with its lower
 * half.  Chains and the list of free slots are threaded through the slots, so
 * nothing is allocated after open and the size is known before.  Frames are
 * dealt out in turn, so that a cache that is not full yet has touched no more
 * large pages than it needs.
 *
 * A slot's pins and masks share one word that changes by single atomic
 * operations.  Claims and publications make theirs under the shard's lock; an
 * unpin is a lone subtraction, so that a reader leaves without a lock.  Hence
 * under the lock a pin may vanish, but none comes to a slot that has none.  The
 * word holds all that a hit needs, so that hits can do without the lock as well
 * if it should ever be contended.
 *
 * The policy is asked, never believed: a victim out of range or in use is
 * counted and overruled.
 */
#include "core/cache.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CACHE_LINE 64u
#define LARGE_PAGE ((size_t)2 << 20)

/* 128 TiB of blocks: numbers of slots and buckets still fit into 32 bits. */
#define MAX_SLOTS (UINT32_C(1) << 31)

/* A shard of fewer slots would fill up by accident of hashing while others
 * still have room; with so many, on Zipf 0.99, it misses 0.2 % more than one
 * shard of all would. */
#define AUTO_SHARD_SLOTS 64u
/* With four shards a processor two threads seldom meet in one. */
#define AUTO_SHARDS_PER_CPU 4u

/* A slot's state: who reads it, what is being read into it, what is there.
 *
 *     63           32 31          16 15           0
 *     |     pins     |   loading    |    valid    |
 */
#define PIN           (UINT64_C(1) << 32)
#define LOADING(mask) ((uint64_t)(mask) << 16)
#define VALID(mask)   ((uint64_t)(mask))

static uint64_t pins_of(uint64_t state)
{
    return state / PIN;
}

static uint16_t loading_of(uint64_t state)
{
    return (uint16_t)(state >> 16);
}

static uint16_t valid_of(uint64_t state)
{
    return (uint16_t)state;
}

struct slot {
    uint64_t key;                     /* while used */
    _Atomic uint64_t state;           /* 0 if free */
    struct lio_cache_join *last_join; /* a ring: its next came first */
    uint32_t next;                    /* in its chain, or of the free ones */
    _Atomic uint16_t ahead;           /* sectors nobody has wanted yet */
    bool used;                        /* in a chain, and known to the policy */
};

/* The lock guards all of the shard, its slots and chains, and is held while its
 * policy runs; no other lock is taken under it. */
struct shard {
    alignas(CACHE_LINE) pthread_mutex_t lock;
    struct slot *slots; /* nslots of them */
    uint32_t *buckets;  /* heads of chains */
    void *policy;
    uint32_t nslots;
    uint32_t bucket_mask;
    uint32_t first_free; /* or LIO_NO_SLOT */
    uint32_t nused;
    uint32_t hand; /* where the search that overrules a policy goes on */
    uint64_t evictions;
    uint64_t refused;
    uint64_t wrong_victims;
    uint64_t wasted, cancelled; /* sectors that were ahead */
};

/* What a cache of so many shards and slots takes. */
struct layout {
    uint32_t nshards;     /* a power of two */
    uint32_t shard_slots; /* in each */
    uint32_t nbuckets;    /* in each: a power of two, >= shard_slots */
    uint64_t table_bytes; /* of shards, slots and buckets */
    uint64_t bytes;       /* of everything */
};

struct lio_cache {
    struct lio_cache_ops ops;
    struct layout layout;
    unsigned char *frames;
    struct shard *shards;    /* slots and buckets follow in the same memory */
    struct slot *slots;      /* of all shards */
    uint32_t nopen;          /* shards that are initialised */
    _Atomic uint64_t nahead; /* sectors that are ahead, in all slots */
};

/* -- size ---------------------------------------------------------------- */

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static uint64_t power_of_two_from(uint64_t n)
{
    uint64_t power = 1;

    while (power < n)
        power *= 2;
    return power;
}

/* Slots a shard could have if blocks were all it held. */
static uint32_t most_slots(uint64_t size_bytes, uint32_t nshards)
{
    uint64_t blocks = size_bytes / LIO_BLOCK_BYTES;

    if (blocks > MAX_SLOTS)
        blocks = MAX_SLOTS;
    return (uint32_t)(blocks / nshards);
}

/* bytes is UINT64_MAX if the policy's footprint exceeds all reason. */
static struct layout layout_of(const struct lio_cache_config *config,
                               uint32_t nshards, uint32_t shard_slots)
{
    struct layout layout = { .nshards = nshards, .shard_slots = shard_slots };
    uint64_t nslots = (uint64_t)nshards * shard_slots;
    uint64_t policy_bytes = 0;

    layout.nbuckets = (uint32_t)power_of_two_from(shard_slots);
    layout.table_bytes =
        round_up(nshards * sizeof(struct shard) + nslots * sizeof(struct slot) +
                     (uint64_t)nshards * layout.nbuckets * sizeof(uint32_t),
                 CACHE_LINE);
    if (config->ops->footprint)
        policy_bytes = config->ops->footprint(shard_slots, config->params);
    if (policy_bytes > (UINT64_MAX >> 2) / nshards) {
        layout.bytes = UINT64_MAX;
        return layout;
    }
    layout.bytes = sizeof(struct lio_cache) + layout.table_bytes +
                   nslots * LIO_BLOCK_BYTES + nshards * policy_bytes;
    return layout;
}

/* The most slots that stay below the ceiling; shard_slots is 0 if none do. */
static struct layout largest_layout(const struct lio_cache_config *config,
                                    uint32_t nshards)
{
    struct layout best = { .nshards = nshards };
    uint32_t fits = 0, past = most_slots(config->size_bytes, nshards) + 1;

    while (past - fits > 1) {
        uint32_t middle = fits + (past - fits) / 2;
        struct layout layout = layout_of(config, nshards, middle);

        if (layout.bytes <= config->size_bytes) {
            fits = middle;
            best = layout;
        } else {
            past = middle;
        }
    }
    return best;
}

static struct layout automatic_layout(const struct lio_cache_config *config)
{
    long ncpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t nshards = (uint32_t)power_of_two_from(
        AUTO_SHARDS_PER_CPU * (uint64_t)(ncpus > 0 ? ncpus : 1));
    struct layout layout = largest_layout(config, nshards);

    while (nshards > 1 && layout.shard_slots < AUTO_SHARD_SLOTS) {
        nshards /= 2;
        layout = largest_layout(config, nshards);
    }
    return layout;
}

static int choose_layout(const struct lio_cache_config *config,
                         struct layout *ret_layout, struct lio_error *err)
{
    uint32_t nshards = config->shards;
    struct layout layout;

    if (nshards & (nshards - 1))
        return lio_error_set(err, LIO_ECONFIG,
                             "[cache] shards = %" PRIu32
                             " is not a power of two: set one, or 0 for "
                             "automatic",
                             nshards);

    layout =
        nshards ? largest_layout(config, nshards) : automatic_layout(config);
    if (layout.shard_slots == 0)
        return lio_error_set(err, LIO_ECONFIG,
                             "[cache] size = %" PRIu64
                             " bytes is too small: one block in each shard "
                             "takes %" PRIu64 " bytes (shards = %" PRIu32 ")",
                             config->size_bytes,
                             layout_of(config, layout.nshards, 1).bytes,
                             layout.nshards);

    *ret_layout = layout;
    return 0;
}

/* -- chains -------------------------------------------------------------- */

/* The finalizer of MurmurHash3: every bit of the key moves every bit. */
static uint64_t hash_of(uint64_t key)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    key ^= key >> 33;
    return key;
}

static struct shard *shard_of_key(const struct lio_cache *cache, uint64_t key)
{
    return &cache->shards[(hash_of(key) >> 32) & (cache->layout.nshards - 1)];
}

static struct shard *shard_of_slot(const struct lio_cache *cache, uint32_t slot)
{
    return &cache->shards[slot / cache->layout.shard_slots];
}

/* A slot's number in its shard, as the policy knows it. */
static uint32_t local_of(const struct shard *shard, const struct slot *slot)
{
    return (uint32_t)(slot - shard->slots);
}

/* The link that names the slot of `key`, or else the one that ends its chain
 * with LIO_NO_SLOT. */
static uint32_t *find_link(struct shard *shard, uint64_t key)
{
    uint32_t *link = &shard->buckets[hash_of(key) & shard->bucket_mask];

    while (*link != LIO_NO_SLOT && shard->slots[*link].key != key)
        link = &shard->slots[*link].next;
    return link;
}

static struct slot *find_slot(struct shard *shard, uint64_t key)
{
    uint32_t local = *find_link(shard, key);

    return local == LIO_NO_SLOT ? NULL : &shard->slots[local];
}

/* -- loaded ahead -------------------------------------------------------- */

/* Take `sectors` out of those that are ahead; returns the ones that were. */
static uint16_t end_ahead(struct lio_cache *cache, struct slot *slot,
                          uint16_t sectors)
{
    uint16_t ended =
        sectors & atomic_load_explicit(&slot->ahead, memory_order_relaxed);

    if (!ended)
        return 0;
    ended &= atomic_fetch_and_explicit(&slot->ahead, (uint16_t)~ended,
                                       memory_order_relaxed);
    atomic_fetch_sub_explicit(&cache->nahead,
                              (uint64_t)__builtin_popcount(ended),
                              memory_order_relaxed);
    return ended;
}

static uint64_t count_ended(struct lio_cache *cache, struct slot *slot,
                            uint16_t sectors)
{
    return (uint64_t)__builtin_popcount(end_ahead(cache, slot, sectors));
}

/* -- from free to used and back ------------------------------------------ */

static bool shard_evictable(void *host, uint32_t local)
{
    const struct shard *shard = host;
    uint64_t state;

    if (local >= shard->nslots || !shard->slots[local].used)
        return false;
    /* Acquire: the last reader has read before others write. */
    state =
        atomic_load_explicit(&shard->slots[local].state, memory_order_acquire);
    return pins_of(state) == 0 && loading_of(state) == 0;
}

static void free_slot(struct lio_cache *cache, struct shard *shard,
                      struct slot *slot)
{
    shard->wasted += count_ended(cache, slot, UINT16_MAX);
    *find_link(shard, slot->key) = slot->next;
    atomic_store_explicit(&slot->state, 0, memory_order_relaxed);
    slot->used = false;
    slot->next = shard->first_free;
    shard->first_free = local_of(shard, slot);
    shard->nused--;
}

static void use_slot(struct shard *shard, struct slot *slot, uint64_t key)
{
    shard->first_free = slot->next;
    slot->key = key;
    slot->used = true;
    slot->next = LIO_NO_SLOT;
    *find_link(shard, key) = local_of(shard, slot);
    shard->nused++;
}

static void forget_slot(struct lio_cache *cache, struct shard *shard,
                        struct slot *slot)
{
    cache->ops.remove(shard->policy, local_of(shard, slot));
    free_slot(cache, shard, slot);
}

/*
 * The policy gave up `wrong`, which is none of its slots or in use.  Any slot
 * that can go will do instead; and the policy, for which `wrong` is free now
 * and the other is not, is put right about both.
 */
static uint32_t overrule_policy(struct lio_cache *cache, struct shard *shard,
                                uint32_t wrong)
{
    shard->wrong_victims++;
    if (wrong < shard->nslots)
        cache->ops.insert(shard->policy, wrong, shard->slots[wrong].key);

    for (uint32_t looked = 0; looked < shard->nslots; looked++) {
        uint32_t local = shard->hand;

        shard->hand = local + 1 < shard->nslots ? local + 1 : 0;
        if (shard_evictable(shard, local)) {
            cache->ops.remove(shard->policy, local);
            return local;
        }
    }
    return LIO_NO_SLOT;
}

/* Make one slot free, so that `key` can have it, if any can be given up. */
static void evict_one(struct lio_cache *cache, struct shard *shard,
                      uint64_t key)
{
    uint32_t local = cache->ops.evict(shard->policy, key);

    if (local != LIO_NO_SLOT && !shard_evictable(shard, local))
        local = overrule_policy(cache, shard, local);
    if (local == LIO_NO_SLOT)
        return;
    free_slot(cache, shard, &shard->slots[local]);
    shard->evictions++;
}

/* A slot for `key`, empty; NULL if all are pinned. */
static struct slot *make_slot(struct lio_cache *cache, struct shard *shard,
                              uint64_t key)
{
    struct slot *slot;

    if (shard->first_free == LIO_NO_SLOT)
        evict_one(cache, shard, key);
    if (shard->first_free == LIO_NO_SLOT)
        return NULL;
    slot = &shard->slots[shard->first_free];
    use_slot(shard, slot, key);
    cache->ops.insert(shard->policy, local_of(shard, slot), key);
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
static struct lio_cache_join *settle_joins(struct slot *slot, uint16_t sectors,
                                           bool ok)
{
    struct lio_cache_join *join = open_ring(slot->last_join), *next;
    struct lio_cache_join *settled = NULL;

    slot->last_join = NULL;
    for (; join; join = next) {
        next = join->next;
        if (!ok && (join->waiting & sectors))
            join->failed = true;
        join->waiting &= (uint16_t)~sectors;
        append_join(join->failed || join->waiting == 0 ? &settled
                                                       : &slot->last_join,
                    join);
    }
    return open_ring(settled);
}

/* -- the four calls of a read -------------------------------------------- */

/* Split `want` by the slot's state, and change that to match. */
static struct lio_cache_claim split_claim(struct lio_cache *cache,
                                          struct slot *slot, uint16_t want,
                                          struct lio_cache_join *join)
{
    uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);
    struct lio_cache_claim claim = {
        .slot = (uint32_t)(slot - cache->slots),
        .hit = want & valid_of(state),
        .join = want & loading_of(state),
    };
    uint64_t pins = claim.join ? 2 * PIN : PIN;

    claim.load = want & (uint16_t) ~(claim.hit | claim.join);
    claim.ahead = end_ahead(cache, slot, claim.hit | claim.join);
    /* An addition sets the bits, which are not set yet. */
    atomic_fetch_add_explicit(&slot->state, pins + LOADING(claim.load),
                              memory_order_relaxed);
    if (claim.join) {
        join->slot = claim.slot;
        join->sectors = claim.join;
        join->waiting = claim.join;
        join->failed = false;
        append_join(&slot->last_join, join);
    }
    return claim;
}

int lio_cache_claim(struct lio_cache *cache, uint64_t key, uint16_t want,
                    struct lio_cache_join *join,
                    struct lio_cache_claim *ret_claim)
{
    struct shard *shard = shard_of_key(cache, key);
    struct lio_cache_claim claim;
    struct slot *slot;
    bool found;

    assert(want != 0);
    pthread_mutex_lock(&shard->lock);
    slot = find_slot(shard, key);
    found = slot != NULL;
    if (!found)
        slot = make_slot(cache, shard, key);
    if (!slot) {
        shard->refused++;
        pthread_mutex_unlock(&shard->lock);
        return LIO_EAGAIN;
    }
    claim = split_claim(cache, slot, want, join);
    if (found && (claim.hit | claim.join) & ~claim.ahead)
        cache->ops.hit(shard->policy, local_of(shard, slot), key);
    pthread_mutex_unlock(&shard->lock);

    *ret_claim = claim;
    return 0;
}

int lio_cache_claim_ahead(struct lio_cache *cache, uint64_t key, uint16_t want,
                          struct lio_cache_claim *ret_claim)
{
    struct shard *shard = shard_of_key(cache, key);
    struct slot *slot;

    assert(want != 0);
    pthread_mutex_lock(&shard->lock);
    slot = find_slot(shard, key);
    if (slot) {
        uint64_t state =
            atomic_load_explicit(&slot->state, memory_order_relaxed);

        want &= (uint16_t) ~(valid_of(state) | loading_of(state));
    } else {
        slot = make_slot(cache, shard, key);
    }
    if (!slot || !want) {
        pthread_mutex_unlock(&shard->lock);
        return LIO_EAGAIN;
    }
    *ret_claim = split_claim(cache, slot, want, NULL);
    atomic_fetch_or_explicit(&slot->ahead, want, memory_order_relaxed);
    atomic_fetch_add_explicit(&cache->nahead,
                              (uint64_t)__builtin_popcount(want),
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
    struct shard *shard = shard_of_key(cache, key);
    struct slot *slot;

    pthread_mutex_lock(&shard->lock);
    slot = find_slot(shard, key);
    if (!slot && shard->first_free != LIO_NO_SLOT)
        slot = make_slot(cache, shard, key);
    if (slot) {
        uint64_t state =
            atomic_load_explicit(&slot->state, memory_order_relaxed);

        want =
            first_run(want & (uint16_t) ~(valid_of(state) | loading_of(state)));
        if (want)
            *ret_claim = split_claim(cache, slot, want, NULL);
    }
    pthread_mutex_unlock(&shard->lock);
    return slot && want ? 0 : LIO_EAGAIN;
}

uint64_t lio_cache_ahead_bytes(const struct lio_cache *cache)
{
    return atomic_load_explicit(&cache->nahead, memory_order_relaxed) *
           LIO_SECTOR_BYTES;
}

struct lio_cache_join *lio_cache_publish(struct lio_cache *cache, uint32_t slot,
                                         uint16_t sectors, bool ok)
{
    struct shard *shard = shard_of_slot(cache, slot);
    struct slot *loaded = &cache->slots[slot];
    struct lio_cache_join *settled;
    uint64_t before LIO_UNUSED;

    pthread_mutex_lock(&shard->lock);
    /* Both masks in one step: loading bits go out, valid ones come on. */
    before = atomic_fetch_xor_explicit(
        &loaded->state, LOADING(sectors) | VALID(ok ? sectors : 0),
        memory_order_release);
    assert((loading_of(before) & sectors) == sectors);
    assert(pins_of(before) > 0);
    if (!ok)
        shard->cancelled += count_ended(cache, loaded, sectors);
    settled = settle_joins(loaded, sectors, ok);
    pthread_mutex_unlock(&shard->lock);
    return settled;
}

/* Forget a slot that was left empty, if nobody has come back to it. */
static void reclaim_slot(struct lio_cache *cache, struct slot *slot)
{
    struct shard *shard = shard_of_slot(cache, (uint32_t)(slot - cache->slots));

    pthread_mutex_lock(&shard->lock);
    if (slot->used &&
        atomic_load_explicit(&slot->state, memory_order_acquire) == 0)
        forget_slot(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_pin(struct lio_cache *cache, uint32_t slot)
{
    uint64_t before LIO_UNUSED = atomic_fetch_add_explicit(
        &cache->slots[slot].state, PIN, memory_order_relaxed);

    assert(pins_of(before) > 0);
}

void lio_cache_unpin(struct lio_cache *cache, uint32_t slot)
{
    struct slot *left = &cache->slots[slot];
    /* Release: what the reader has read, it has read before the slot goes. */
    uint64_t before =
        atomic_fetch_sub_explicit(&left->state, PIN, memory_order_release);

    assert(pins_of(before) > 0);
    if (before == PIN)
        reclaim_slot(cache, left);
}

void *lio_cache_frame(const struct lio_cache *cache, uint32_t slot)
{
    const struct layout *layout = &cache->layout;
    size_t frame = (size_t)(slot % layout->shard_slots) * layout->nshards +
                   slot / layout->shard_slots;

    return cache->frames + frame * LIO_BLOCK_BYTES;
}

void lio_cache_drop(struct lio_cache *cache, uint64_t key)
{
    struct shard *shard = shard_of_key(cache, key);
    struct slot *slot;

    pthread_mutex_lock(&shard->lock);
    slot = find_slot(shard, key);
    if (slot && shard_evictable(shard, local_of(shard, slot)))
        forget_slot(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_drop_ahead(struct lio_cache *cache, uint64_t key)
{
    struct shard *shard = shard_of_key(cache, key);
    struct slot *slot;

    pthread_mutex_lock(&shard->lock);
    slot = find_slot(shard, key);
    if (slot && atomic_load_explicit(&slot->ahead, memory_order_relaxed) &&
        shard_evictable(shard, local_of(shard, slot)))
        forget_slot(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_settle_ahead(struct lio_cache *cache)
{
    for (uint32_t i = 0; i < cache->layout.nshards; i++) {
        struct shard *shard = &cache->shards[i];

        pthread_mutex_lock(&shard->lock);
        for (uint32_t local = 0; local < shard->nslots; local++)
            shard->wasted +=
                count_ended(cache, &shard->slots[local], UINT16_MAX);
        pthread_mutex_unlock(&shard->lock);
    }
}

/* -- statistics ---------------------------------------------------------- */

static uint64_t count_pinned(const struct shard *shard)
{
    uint64_t npinned = 0;

    for (uint32_t local = 0; local < shard->nslots; local++)
        npinned += pins_of(atomic_load_explicit(&shard->slots[local].state,
                                                memory_order_relaxed)) > 0;
    return npinned;
}

void lio_cache_stats(struct lio_cache *cache, struct lio_cache_stats *ret_stats)
{
    struct lio_cache_stats stats = {
        .nslots = (uint64_t)cache->layout.nshards * cache->layout.shard_slots,
        .bytes = cache->layout.bytes,
        .shards = cache->layout.nshards,
    };

    for (uint32_t i = 0; i < cache->layout.nshards; i++) {
        struct shard *shard = &cache->shards[i];

        pthread_mutex_lock(&shard->lock);
        stats.used_slots += shard->nused;
        stats.evictions += shard->evictions;
        stats.refused += shard->refused;
        stats.wrong_victims += shard->wrong_victims;
        stats.wasted_bytes += shard->wasted * LIO_SECTOR_BYTES;
        stats.cancelled_bytes += shard->cancelled * LIO_SECTOR_BYTES;
        pthread_mutex_unlock(&shard->lock);
        stats.pinned_slots += count_pinned(shard);
    }
    stats.ahead_bytes = lio_cache_ahead_bytes(cache);
    *ret_stats = stats;
}

/* -- lifetime ------------------------------------------------------------ */

static size_t frames_bytes(const struct layout *layout)
{
    return (size_t)layout->nshards * layout->shard_slots * LIO_BLOCK_BYTES;
}

/*
 * In large pages, if the system has them to give: a device moves 256 KiB that
 * lie in one piece about twice as fast as 64 scattered pages, and the first
 * touch costs a fault for 2 MiB instead of one for 4 KiB.
 *
 * The kernel aligns to small pages only: reserve more, and give back what lies
 * before and behind the aligned part.
 */
static int map_frames(struct lio_cache *cache, struct lio_error *err)
{
    size_t bytes = frames_bytes(&cache->layout), lead;
    size_t align = bytes < LARGE_PAGE ? LIO_BLOCK_BYTES : LARGE_PAGE;
    unsigned char *mapped = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (mapped == MAP_FAILED)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for a cache of %zu bytes: lower "
                             "[cache] size",
                             bytes);

    lead = -(uintptr_t)mapped % align;
    cache->frames = mapped + lead;
    /* To unmap a part at either end of a mapping cannot fail. */
    if (lead)
        (void)munmap(mapped, lead);
    if (lead < align)
        (void)munmap(cache->frames + bytes, align - lead);
    /* Without large pages it works as well. */
    (void)madvise(cache->frames, bytes, MADV_HUGEPAGE);
    return 0;
}

static int make_tables(struct lio_cache *cache, struct lio_error *err)
{
    const struct layout *layout = &cache->layout;
    size_t nslots = (size_t)layout->nshards * layout->shard_slots;
    uint32_t *buckets;

    cache->shards = aligned_alloc(CACHE_LINE, layout->table_bytes);
    if (!cache->shards)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for the tables of a cache with %zu "
                             "blocks: lower [cache] size",
                             nslots);
    memset(cache->shards, 0, layout->table_bytes);
    cache->slots = (struct slot *)(cache->shards + layout->nshards);
    buckets = (uint32_t *)(cache->slots + nslots);
    memset(buckets, 0xff,
           (size_t)layout->nshards * layout->nbuckets * sizeof(*buckets));

    for (uint32_t i = 0; i < layout->nshards; i++) {
        struct shard *shard = &cache->shards[i];

        shard->slots = cache->slots + (size_t)i * layout->shard_slots;
        shard->buckets = buckets + (size_t)i * layout->nbuckets;
        shard->nslots = layout->shard_slots;
        shard->bucket_mask = layout->nbuckets - 1;
        for (uint32_t local = 0; local < shard->nslots; local++)
            shard->slots[local].next =
                local + 1 < shard->nslots ? local + 1 : LIO_NO_SLOT;
    }
    return 0;
}

static int open_shard(struct lio_cache *cache, struct shard *shard,
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
    struct lio_cache *cache = calloc(1, sizeof(*cache));
    int rc;

    if (!cache)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a cache");
    cache->ops = *config->ops;
    rc = choose_layout(config, &cache->layout, err);
    if (rc == 0)
        rc = map_frames(cache, err);
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
    free(cache->shards);
    if (cache->frames)
        (void)munmap(cache->frames, frames_bytes(&cache->layout));
    free(cache);
}
