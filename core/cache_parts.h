/*
 * What the block cache is made of; for the files core/cache_*.c alone.
 *
 *     cache.c        open and close; figures
 *     cache_size.c   how many shards and slots fit below the ceiling
 *     cache_frames.c the memory of the blocks
 *     cache_hit.c    what takes no lock, and the logs that tell the policy
 *     cache_claim.c  who wants what of a block, and who loads it
 *     cache_load.c   loads that have ended, and who waited for them
 *     cache_slot.c   a slot's way from free to used and back: victims
 *     cache_hint.c   blocks that are not the policy's: pinned ones, scans'
 *
 * A slot's pins and masks share one word that changes by single atomic
 * operations:
 *
 *     63   62  61    60    59     58       32 31          16 15           0
 *     |used|hot|loose|noted|joined|   pins   |   loading   |     valid     |
 *
 *     lock held     all else: first pins, loads, joins, failures, goodbyes
 *     no lock       a pin more on a block with valid sectors, or the mark that
 *                   it is noted; any unpin; from loading to valid, if nobody
 *                   has joined
 *
 * So a pin may come to a slot that has none, and vanish, at any time; what
 * cannot come without the lock is a pin on a slot with nothing valid.
 *
 * A reader that will be done shortly with a block that others read as well does
 * not pin: it notes the slot in its seat, so that readers of one block write to
 * no memory that they share.  A note counts if the slot is seen to be valid,
 * and marked as noted, after it was written.
 *
 * Whoever gives a slot to another key first closes it: swaps a word without
 * pins and loads for 0, and then, if the word was marked, looks for notes.  It
 * leaves the slot as it was if the word has changed, or if there is one.
 *
 * Key, `next` and buckets are read without the lock, too, as hints: what they
 * lead to is looked at again once it is held, since the key of a slot that is
 * held stays.
 */
#ifndef LIO_CORE_CACHE_PARTS_H
#define LIO_CORE_CACHE_PARTS_H

#include "core/cache.h"

#include "common/slotlist.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#define LIO_CACHE_LINE 64u

#define LIO_SLOT_USED          (UINT64_C(1) << 63)
#define LIO_SLOT_HOT           (UINT64_C(1) << 62)
#define LIO_SLOT_LOOSE         (UINT64_C(1) << 61)
#define LIO_SLOT_NOTED         (UINT64_C(1) << 60)
#define LIO_SLOT_JOINED        (UINT64_C(1) << 59)
#define LIO_SLOT_PIN           (UINT64_C(1) << 32)
#define LIO_SLOT_PINS          (LIO_SLOT_PIN * 0x07ffffff)
#define LIO_SLOT_LOADING(mask) ((uint64_t)(mask) << 16)
#define LIO_SLOT_VALID(mask)   ((uint64_t)(mask))

static inline uint64_t lio_slot_pins(uint64_t state)
{
    return (state & LIO_SLOT_PINS) / LIO_SLOT_PIN;
}

/* Nobody uses it, and there is nothing in it, whatever it is worth. */
static inline bool lio_slot_is_empty(uint64_t state)
{
    return (state & ~(LIO_SLOT_HOT | LIO_SLOT_LOOSE | LIO_SLOT_NOTED)) ==
           LIO_SLOT_USED;
}

/* Is there room for more pins, by as many threads as there may be? */
static inline bool lio_slot_has_room(uint64_t state)
{
    return lio_slot_pins(state) < LIO_SLOT_PINS / LIO_SLOT_PIN / 2;
}

static inline uint16_t lio_slot_loading(uint64_t state)
{
    return (uint16_t)(state >> 16);
}

static inline uint16_t lio_slot_valid(uint64_t state)
{
    return (uint16_t)state;
}

/* May it be given up?  Nobody reads it, nothing is on its way into it. */
static inline bool lio_slot_can_go(uint64_t state)
{
    return (state & LIO_SLOT_USED) && !(state & LIO_SLOT_HOT) &&
           lio_slot_pins(state) == 0 && lio_slot_loading(state) == 0;
}

/* Where a slot that is used stands: with the policy, or in a list of ours. */
enum lio_slot_place {
    LIO_PLACE_POLICY,
    LIO_PLACE_HOT,   /* pinned: stays until it is let go */
    LIO_PLACE_LOOSE, /* a scan's: goes first, but for the newest few */
    LIO_PLACE_SPENT  /* read once, for the last time: goes before all others */
};
#define LIO_NLISTS 3u

/* Two to a cache line, so that many stay in the processor's cache. */
struct lio_slot {
    alignas(32) _Atomic uint64_t key; /* while used */
    _Atomic uint64_t state;           /* 0 if free */
    _Atomic uint32_t next;            /* in its chain, or of the free ones */
    _Atomic uint32_t told;  /* the shard's insertions when the policy was last
                               told of it */
    _Atomic uint16_t swept; /* where the last access ended: lio_slot_is_use() */
    _Atomic uint16_t ahead; /* sectors nobody has wanted yet */
    /* Under the lock: */
    uint32_t place : 2;    /* enum lio_slot_place */
    uint32_t offered : 30; /* lio_shard_search() when the policy was last told
                              that it may go */
};

/* What of a slot only loads and joins look at. */
struct lio_slot_rest {
    struct lio_cache_join *last_join; /* a ring: its next came first */
    _Atomic uint64_t loader;          /* the engine's */
};

/*
 * The lock guards all of the shard, its slots and chains, and is held while its
 * policy runs; no other lock is taken under it.  All that a look-up touches of
 * it lies in its first cache line.
 */
struct lio_shard {
    alignas(4 * LIO_CACHE_LINE) pthread_mutex_t lock;
    void *policy;
    _Atomic uint64_t insertions; /* ever: blocks that were given a slot */
    uint32_t first_free; /* slot's number in the cache, or LIO_NO_SLOT */
    uint32_t ngoing;     /* slots in the lists that go before others */

    struct lio_slot *slots; /* nslots of them */
    uint32_t nslots;
    uint32_t hand; /* where the search that overrules a policy goes on */
    struct lio_slotlist lists[LIO_NLISTS]; /* by place, without the policy */

    uint64_t forgotten; /* slots that were freed for no other key */
    uint64_t hot_refused;
    uint64_t refused;
    uint64_t wrong_victims;
    uint64_t lost_victims;      /* pinned while they were given up */
    uint64_t wasted, cancelled; /* sectors that were ahead */
};

/*
 * Hits of one seat in one shard that the policy has not been told of yet, in
 * order.  Only the seat writes here; it empties the log under the shard's lock,
 * at the latest when the log is full, and before it inserts a block.
 */
#define LIO_LOG_HITS 15u /* when full, wait for the lock */
#define LIO_LOG_TRY  8u  /* from here on take the lock if it is to be had */

struct lio_hit_log {
    alignas(LIO_CACHE_LINE) uint32_t nhits;
    struct {
        uint64_t key;  /* that was hit there */
        uint32_t slot; /* in the cache */
    } hits[LIO_LOG_HITS];
};

/* Slots that the threads of a seat are reading from, or LIO_NO_SLOT. */
#define LIO_SEAT_NOTES 4u

struct lio_seat {
    alignas(LIO_CACHE_LINE) _Atomic uint32_t notes[LIO_SEAT_NOTES];
};

/* What a cache of so many shards and slots takes. */
struct lio_cache_layout {
    uint32_t nshards;     /* a power of two */
    uint32_t shard_slots; /* in each */
    uint32_t nbuckets;    /* in each: a power of two, >= 2 * shard_slots */
    uint32_t nseats;
    uint64_t table_bytes; /* of all but frames and policies */
    uint64_t bytes;       /* of everything */
};

/* What a look-up reads comes first, in one cache line. */
struct lio_cache {
    alignas(LIO_CACHE_LINE) struct lio_slot *slots; /* of all shards */
    _Atomic uint32_t *buckets;                      /* heads of chains */
    struct lio_shard *shards;
    struct lio_seat *seats;
    struct lio_hit_log *logs;   /* by shard and seat */
    struct lio_slot_rest *rest; /* by slot */
    unsigned shard_bits;        /* of a hash */
    unsigned bucket_bits;       /* of a hash: those, and more */
    uint32_t shard_slots;       /* as in the layout */
    uint32_t recent;            /* see lio_slot_is_recent() */

    struct lio_cache_ops ops;
    struct lio_cache_layout layout;
    unsigned char *frames;
    size_t small_bytes;        /* of the frames that begin on small pages */
    _Atomic bool frames_grown; /* past those */
    void *tables;              /* all that is above: the shards come first */
    uint32_t nopen;            /* shards that are initialised */
    uint32_t shard_hot;        /* slots that may be hot, in each shard */

    alignas(LIO_CACHE_LINE) _Atomic uint64_t nahead; /* sectors that are ahead,
                                                        in all slots */
    _Atomic uint64_t nhot;                           /* slots, in all shards */
};

/* -- cache_size.c -------------------------------------------------------- */

/* The largest layout below the configured ceiling; LIO_ECONFIG. */
int lio_cache_choose_layout(const struct lio_cache_config *config,
                            struct lio_cache_layout *ret_layout,
                            struct lio_error *err);

/* -- cache_frames.c ------------------------------------------------------ */

/* LIO_ENOMEM; needs the layout. */
int lio_frames_map(struct lio_cache *cache, struct lio_error *err);
void lio_frames_unmap(struct lio_cache *cache);

/* A slot is about to be filled that may never have been before. */
void lio_frames_used(struct lio_cache *cache, uint32_t slot);

/* -- cache_hit.c --------------------------------------------------------- */

/* Tell the policy what the seat's log for this shard holds.  Under the shard's
 * lock. */
void lio_hit_log_replay(struct lio_cache *cache, struct lio_shard *shard,
                        struct lio_hit_log *log);

/* -- cache_load.c -------------------------------------------------------- */

/* Whoever made the claim waits for what others are loading.  Under the shard's
 * lock. */
void lio_slot_join(struct lio_cache *cache, struct lio_slot *slot,
                   const struct lio_cache_claim *claim,
                   struct lio_cache_join *join);

/* lio_cache_publish(), with the shard's lock. */
struct lio_cache_join *lio_slot_end_load(struct lio_cache *cache,
                                         struct lio_slot *slot,
                                         uint16_t sectors, bool ok);

/* -- cache_slot.c: under the shard's lock -------------------------------- */

/* All slots of a new shard are free. */
void lio_shard_free_slots(struct lio_cache *cache, struct lio_shard *shard);

/* Asked by the policy.  Yes is no promise: a reader may pin the slot before it
 * is closed. */
bool lio_shard_evictable(void *host, uint32_t local);

/* The slot of `key`, or NULL. */
struct lio_slot *lio_slot_find(const struct lio_cache *cache, uint64_t key);

/* A slot for `key`, pinned and about to be loaded with `sectors`, for which
 * another may have to go; NULL if all are pinned. */
struct lio_slot *lio_slot_make(struct lio_cache *cache, struct lio_shard *shard,
                               uint64_t key, uint16_t sectors);

/* Forget what a slot holds, unless somebody is using it. */
void lio_slot_forget(struct lio_cache *cache, struct lio_shard *shard,
                     struct lio_slot *slot);

/* The same for one that was left empty, if nobody has come back to it; takes
 * the lock itself. */
void lio_slot_reclaim(struct lio_cache *cache, struct lio_slot *slot);

/* -- cache_hint.c -------------------------------------------------------- */

void lio_lists_init(struct lio_shard *shard, struct lio_slotlink *links);

/* Has nobody used what the slot holds? */
bool lio_slot_is_fresh(const struct lio_slot *slot);

/* A claim with these hints has come; `fresh`: the first one.  Puts the slot
 * where it belongs.  Returns whether the policy is to be told of the use. */
bool lio_slot_hinted(struct lio_cache *cache, struct lio_shard *shard,
                     struct lio_slot *slot, uint32_t hints, bool fresh);

/* Back to the policy, from wherever it stands. */
void lio_slot_let_go(struct lio_cache *cache, struct lio_shard *shard,
                     struct lio_slot *slot);

/* Take a slot that is closed, or about to be freed, from policy or list. */
void lio_slot_leave(struct lio_cache *cache, struct lio_shard *shard,
                    uint32_t local);

/* A slot of the lists that may well go before others, or, if there is no
 * `other` way, any of them; LIO_NO_SLOT if there is none.  Not closed yet. */
uint32_t lio_lists_victim(struct lio_shard *shard, bool other);

/* The same without a call, for most: the policy's blocks, without a hint. */
static inline bool lio_slot_is_told(struct lio_cache *cache,
                                    struct lio_shard *shard,
                                    struct lio_slot *slot, uint32_t hints,
                                    bool fresh)
{
    return (!hints && slot->place == LIO_PLACE_POLICY) ||
           lio_slot_hinted(cache, shard, slot, hints, fresh);
}

/* -- shared by all ------------------------------------------------------- */

/*
 * The upper bits of a product with the golden ratio (common/hash.h) pick the
 * bucket, and the first of these the shard: so the buckets of a shard lie
 * together.
 *
 *     63                                 0
 *     | shard_bits |       |   not used  |
 *     |    bucket_bits     |
 */
static inline uint64_t lio_cache_hash(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

static inline struct lio_shard *lio_shard_of(const struct lio_cache *cache,
                                             uint64_t hash)
{
    /* In two steps: with one shard all 64 bits go, and no shift does that. */
    return &cache->shards[hash >> 1 >> (63 - cache->shard_bits)];
}

static inline _Atomic uint32_t *lio_bucket_of(const struct lio_cache *cache,
                                              uint64_t hash)
{
    return &cache->buckets[hash >> (64 - cache->bucket_bits)];
}

static inline uint32_t lio_slot_number(const struct lio_cache *cache,
                                       const struct lio_slot *slot)
{
    return (uint32_t)(slot - cache->slots);
}

static inline struct lio_shard *lio_shard_of_slot(const struct lio_cache *cache,
                                                  const struct lio_slot *slot)
{
    return &cache->shards[lio_slot_number(cache, slot) / cache->shard_slots];
}

/* A slot's number in its shard, as the policy knows it. */
static inline uint32_t lio_slot_local(const struct lio_cache *cache,
                                      const struct lio_shard *shard,
                                      const struct lio_slot *slot)
{
    return lio_slot_number(cache, slot) -
           (uint32_t)(shard - cache->shards) * cache->shard_slots;
}

static inline struct lio_hit_log *lio_log_of(const struct lio_cache *cache,
                                             const struct lio_shard *shard,
                                             uint32_t seat)
{
    size_t first = (size_t)(shard - cache->shards) * cache->layout.nseats;

    return &cache->logs[first + seat];
}

static inline uint64_t lio_slot_key(const struct lio_slot *slot)
{
    return atomic_load_explicit(&slot->key, memory_order_relaxed);
}

/* Take `sectors` out of those that are ahead; returns the ones that were.
 * Under the lock, or with a pin on the slot. */
static inline uint16_t lio_slot_end_ahead(struct lio_cache *cache,
                                          struct lio_slot *slot,
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

/* The same for those that end unused; returns how many. */
static inline uint64_t lio_slot_lose_ahead(struct lio_cache *cache,
                                           struct lio_slot *slot,
                                           uint16_t sectors)
{
    return (uint64_t)__builtin_popcount(
        lio_slot_end_ahead(cache, slot, sectors));
}

static inline uint64_t lio_slot_state(const struct lio_slot *slot)
{
    return atomic_load_explicit(&slot->state, memory_order_relaxed);
}

static inline void lio_slot_set_swept(struct lio_slot *slot, uint32_t until)
{
    atomic_store_explicit(&slot->swept, (uint16_t)(until / 2),
                          memory_order_relaxed);
}

/* Blocks that the shard has been given, ever: enough to tell how many came
 * since another time. */
static inline uint32_t lio_shard_now(const struct lio_shard *shard)
{
    return (uint32_t)atomic_load_explicit(&shard->insertions,
                                          memory_order_relaxed);
}

/* The search for a victim that is under way, by the block it is for. */
static inline uint32_t lio_shard_search(const struct lio_shard *shard)
{
    return lio_shard_now(shard) & ((UINT32_C(1) << 30) - 1);
}

/* Has so little of the shard been replaced since the policy was told of the
 * slot, less than a 64th of its blocks, that its order is as good as before? */
static inline bool lio_slot_is_recent(const struct lio_cache *cache,
                                      const struct lio_shard *shard,
                                      const struct lio_slot *slot)
{
    return lio_shard_now(shard) -
               atomic_load_explicit(&slot->told, memory_order_relaxed) <
           cache->recent;
}

/*
 * Which accesses to a block, of bytes [from, until), are uses that the policy
 * must know of?
 *
 * Not the first of what was loaded ahead: that was for this one.
 *
 * Nor one that follows soon after another that it was told of.  So, while all
 * that is wanted is in the cache, it is told nothing at all, and readers do not
 * write to memory that they share.
 *
 * Nor one that begins where, or after, the one before it ended: then both are
 * of one sweep over the block, by a scan that reads it in pieces.  Counted in
 * pairs of bytes, because the end of a block is one too much for 16 bits.
 */
static inline bool lio_slot_is_use(const struct lio_cache *cache,
                                   const struct lio_shard *shard,
                                   struct lio_slot *slot,
                                   const struct lio_cache_want *want,
                                   uint16_t ahead)
{
    uint32_t swept;

    if (!ahead && lio_slot_is_recent(cache, shard, slot))
        return false;
    swept = atomic_load_explicit(&slot->swept, memory_order_relaxed);
    lio_slot_set_swept(slot, want->until);
    if (ahead || want->from >= swept * 2)
        return false;
    atomic_store_explicit(&slot->told, lio_shard_now(shard),
                          memory_order_relaxed);
    return true;
}

#endif
