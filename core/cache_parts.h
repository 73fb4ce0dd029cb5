/*
 * What the block cache is made of; for the files core/cache_*.c alone.
 *
 *     cache.c        claims, publications, victims; open and close
 *     cache_hit.c    hits without a lock, and the logs that tell the policy
 *     cache_size.c   how many shards and slots fit below the ceiling
 *
 * A slot's pins and masks share one word that changes by single atomic
 * operations:
 *
 *     63           32 31          16 15           0
 *     |     pins     |   loading   |     valid     |
 *
 *     lock held     loading and valid bits, first pins, last goodbyes
 *     no lock       a pin more on a block with valid sectors; any unpin
 *
 * So a pin may come to a slot that has none, and vanish, at any time; what
 * cannot come without the lock is a pin on a slot with nothing valid.  Whoever
 * gives a slot to another key first closes it: swaps a word without pins and
 * loads for 0, and leaves the slot alone if that word has changed.
 *
 * Key, `next` and buckets are read without the lock, too, as hints: what they
 * lead to is looked at again once it is pinned, since the key of a pinned slot
 * stays.
 */
#ifndef LIO_CORE_CACHE_PARTS_H
#define LIO_CORE_CACHE_PARTS_H

#include "core/cache.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

#define LIO_CACHE_LINE 64u

#define LIO_SLOT_PIN           (UINT64_C(1) << 32)
#define LIO_SLOT_LOADING(mask) ((uint64_t)(mask) << 16)
#define LIO_SLOT_VALID(mask)   ((uint64_t)(mask))

static inline uint64_t lio_slot_pins(uint64_t state)
{
    return state / LIO_SLOT_PIN;
}

static inline uint16_t lio_slot_loading(uint64_t state)
{
    return (uint16_t)(state >> 16);
}

static inline uint16_t lio_slot_valid(uint64_t state)
{
    return (uint16_t)state;
}

/* A cache line each: what one thread pins is not its neighbour's. */
struct lio_slot {
    alignas(LIO_CACHE_LINE) _Atomic uint64_t key; /* while used */
    _Atomic uint64_t state;                       /* 0 if free */
    struct lio_cache_join *last_join; /* a ring: its next came first */
    _Atomic uint64_t loader;          /* the engine's */
    _Atomic uint32_t next;            /* in its chain, or of the free ones */
    _Atomic uint32_t swept; /* byte where the last access to it ended */
    _Atomic uint16_t ahead; /* sectors nobody has wanted yet */
    bool used;              /* in a chain, and known to the policy */
    uint32_t offered; /* the last search for a victim that was told it may go */
};

/* What hits read lies apart from what changes.  The lock guards all of the
 * shard, its slots and chains, and is held while its policy runs; no other lock
 * is taken under it. */
struct lio_shard {
    alignas(LIO_CACHE_LINE) struct lio_slot *slots; /* nslots of them */
    _Atomic uint32_t *buckets;                      /* heads of chains */
    void *policy;
    uint32_t nslots;
    uint32_t bucket_mask;

    alignas(LIO_CACHE_LINE) pthread_mutex_t lock;
    uint32_t first_free; /* or LIO_NO_SLOT */
    uint32_t nused;
    uint32_t hand;   /* where the search that overrules a policy goes on */
    uint32_t search; /* for a victim, by the policy: its number */
    uint64_t evictions;
    uint64_t refused;
    uint64_t wrong_victims;
    uint64_t lost_victims;      /* pinned while they were given up */
    uint64_t wasted, cancelled; /* sectors that were ahead */
};

/*
 * Hits of one seat in one shard that the policy has not been told of yet, in
 * order.  Only the seat writes here; it empties the log under the shard's lock,
 * at the latest when the log is full, and before it inserts a block, so that
 * what a single thread does is told in the order in which it happened.
 */
#define LIO_LOG_HITS 32u /* when full, wait for the lock */
#define LIO_LOG_TRY  16u /* from here on take the lock if it is to be had */

struct lio_hit_log {
    alignas(LIO_CACHE_LINE) uint64_t last_key; /* of the last access */
    uint32_t nhits;
    uint32_t slots[LIO_LOG_HITS]; /* in the shard */
    uint64_t keys[LIO_LOG_HITS];  /* that were hit there */
};

/* What a cache of so many shards and slots takes. */
struct lio_cache_layout {
    uint32_t nshards;     /* a power of two */
    uint32_t shard_slots; /* in each */
    uint32_t nbuckets;    /* in each: a power of two, >= shard_slots */
    uint32_t nseats;
    uint64_t table_bytes; /* of shards, slots, logs and buckets */
    uint64_t bytes;       /* of everything */
};

struct lio_cache {
    struct lio_cache_ops ops;
    struct lio_cache_layout layout;
    unsigned char *frames;
    struct lio_shard *shards; /* the rest follows in the same memory */
    struct lio_slot *slots;   /* of all shards */
    struct lio_hit_log *logs; /* nshards for each seat */
    uint32_t nopen;           /* shards that are initialised */
    alignas(LIO_CACHE_LINE) _Atomic uint64_t nahead; /* sectors that are ahead,
                                                        in all slots */
};

/* -- cache_size.c -------------------------------------------------------- */

/* The largest layout below the configured ceiling; LIO_ECONFIG. */
int lio_cache_choose_layout(const struct lio_cache_config *config,
                            struct lio_cache_layout *ret_layout,
                            struct lio_error *err);

/* -- cache_hit.c --------------------------------------------------------- */

/* Tell the policy what the seat's log for this shard holds.  Under the shard's
 * lock. */
void lio_hit_log_replay(struct lio_cache *cache, struct lio_shard *shard,
                        struct lio_hit_log *log);

/* -- shared by all ------------------------------------------------------- */

/* The finalizer of MurmurHash3: every bit of the key moves every bit.  The
 * upper half picks the shard, the lower half the bucket. */
static inline uint64_t lio_cache_hash(uint64_t key)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    key ^= key >> 33;
    return key;
}

static inline uint32_t lio_shard_number(const struct lio_cache *cache,
                                        uint64_t hash)
{
    return (uint32_t)(hash >> 32) & (cache->layout.nshards - 1);
}

static inline struct lio_hit_log *lio_hit_log_of(const struct lio_cache *cache,
                                                 uint32_t seat,
                                                 uint32_t shard_number)
{
    return &cache->logs[(size_t)seat * cache->layout.nshards + shard_number];
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

/*
 * An access to bytes [from, until) of a block: does it use the block anew?  Not
 * if it begins where, or after, the one before it ended: then both are of one
 * sweep over the block, by a scan that reads it in pieces.
 */
static inline bool lio_slot_sweep(struct lio_slot *slot, uint32_t from,
                                  uint32_t until)
{
    bool again =
        from < atomic_load_explicit(&slot->swept, memory_order_relaxed);

    atomic_store_explicit(&slot->swept, until, memory_order_relaxed);
    return again;
}

#endif
