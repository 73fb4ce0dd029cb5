/*
 * The block cache: which bytes of which files are in memory.
 *
 *     key ──hash──► slot ──► frame of 64 KiB, 16 sectors of 4 KiB
 *                    │         valid    xxxx....xx......   may be read
 *                    │         loading  ....xx..........   a fill is under way
 *                    └ pins, joins (who waits for which loading sectors)
 *
 * The cache owns table, frames, pins and masks; a policy plugin says which
 * unpinned slot to give up; the engine does the I/O.  Slots are split into
 * shards by key, each with a lock, a hash table and a policy of its own.  No
 * lock is held over I/O, and no function here waits for anything but a shard's
 * lock.
 *
 * A read of a block goes:
 *
 *     hit    all of it is valid, no lock: copy from the frame ──► release
 *       │ no
 *     claim ─┬─ hit:  copy from the frame ─────────────────────► unpin
 *            ├─ load: read the sectors into the frame ► publish ► unpin
 *            └─ join: wait until the join comes back ──────────► unpin
 *
 * and all three may happen for different sectors of one claim.
 *
 * Sectors that were loaded before anybody wanted them are `ahead` until their
 * first use.  Each ends in one of four ways, and the four add up: used or late
 * (a claim says so), wasted (given up unused), cancelled (never came).
 */
#ifndef LIO_CORE_CACHE_H
#define LIO_CORE_CACHE_H

#include <lanceio/plugin.h>

#include <stdatomic.h>

#define LIO_BLOCK_BYTES   65536u
#define LIO_SECTOR_BYTES  4096u
#define LIO_BLOCK_SECTORS 16u

struct lio_cache;

struct lio_cache_config {
    uint64_t size_bytes;  /* ceiling: frames, tables, policy and ghosts */
    uint32_t shards;      /* 0 = automatic, else a power of two */
    uint32_t nseats;      /* see struct lio_cache_want; 0 = one */
    uint32_t hot_percent; /* of the slots of each shard that may be hot */
    const struct lio_cache_ops *ops;
    const union lio_value *params;
};

/* LIO_ECONFIG if size_bytes cannot hold one block a shard, or shards is no
 * power of two.  All memory is reserved here (frames lazily touched). */
int lio_cache_open(const struct lio_cache_config *config,
                   struct lio_cache **ret_cache, struct lio_error *err);

/* Nobody may use the cache or its frames any more.  Accepts NULL. */
void lio_cache_close(struct lio_cache *cache);

/*
 * Somebody who waits for sectors that another request is loading.  The memory
 * is the engine's and must stay until the join has come back from
 * lio_cache_publish().
 */
struct lio_cache_join {
    struct lio_cache_join *next; /* in the slot's list, or in a returned list */
    void *owner;                 /* the engine's */
    uint32_t slot;
    uint16_t sectors; /* asked for; all are valid when it comes back unfailed */
    uint16_t waiting; /* of these, still loading */
    bool failed;      /* a fill failed: try again on your own authority */
};

struct lio_cache_claim {
    _Atomic uint32_t *note; /* holds the slot instead of a pin; or NULL */
    uint32_t slot;          /* pinned: once, and once more if `join` is not 0 */
    uint16_t hit;           /* wanted sectors that are valid */
    uint16_t load;          /* that the caller must now load and publish */
    uint16_t join;  /* that another request is loading: `join` is registered */
    uint16_t ahead; /* of hit and join: loaded ahead, and this is their first
                       use; later claims will not say so again */
};

/* What a block is worth, in the caller's opinion. */
enum lio_cache_hints {
    LIO_CACHE_SCAN = 1u << 0, /* a scan's: to go before what others use */
    LIO_CACHE_ONCE = 1u << 1, /* nobody will read it again: to go first */
    LIO_CACHE_HOT = 1u << 2   /* to stay until it is let go, if there is room */
};

/*
 * What is wanted of a block.
 *
 * A seat (0 .. nseats-1) is where hits are noted: the calls that name one seat
 * must not overlap.  What they return may be given back at any time.
 *
 * The policy is told of uses, not of accesses.  One that wants bytes behind
 * those of the one before is of the same use: a scan in pieces, however small,
 * sweeps over a block once.  So is one that comes soon, before a 64th of the
 * shard has been replaced.
 */
struct lio_cache_want {
    uint64_t key;
    uint16_t sectors;     /* not 0 */
    bool brief;           /* a hit is given back as soon as it is copied */
    uint32_t seat;        /* the caller's */
    uint32_t hints;       /* enum lio_cache_hints: one at most */
    uint32_t from, until; /* bytes of the block */
};

/*
 * Hold the block, if all sectors that are wanted are valid; takes no lock.  All
 * are the claim's `hit`.  False, with nothing held, if they are not, or if that
 * cannot be seen without the lock: then claim them.
 *
 * The slot is pinned, or, if it is wanted briefly, noted: which of them
 * lio_cache_release() knows.
 */
bool lio_cache_hit(struct lio_cache *cache, const struct lio_cache_want *want,
                   struct lio_cache_claim *ret_claim);

/*
 * Find or make the slot of the block, pin it for the caller, and split what is
 * wanted into hit, load and join.  With sectors to join, `join` is linked in
 * and filled (owner is kept), and the slot is pinned a second time, for the
 * join: so caller and join each unpin once, the caller when it is done with hit
 * and load, the join's owner when it has come back and been read.  Without,
 * `join` is left alone and may be NULL.
 *
 * The policy sees a hit when any wanted sector was there or on its way, unless
 * some of it was loaded ahead and this is its first use.
 *
 * Returns 0, or LIO_EAGAIN if every slot of the shard is pinned: the caller
 * then reads past the cache.
 */
int lio_cache_claim(struct lio_cache *cache, const struct lio_cache_want *want,
                    struct lio_cache_join *join,
                    struct lio_cache_claim *ret_claim);

/*
 * Ask for those of the wanted sectors that are neither valid nor loading,
 * before anybody needs them; `from` and `until` do not matter.  They are the
 * claim's `load`, pinned once, to be published and unpinned like others.
 * LIO_EAGAIN if there are none or every slot is pinned: then nothing is held.
 */
int lio_cache_claim_ahead(struct lio_cache *cache,
                          const struct lio_cache_want *want,
                          struct lio_cache_claim *ret_claim);

/*
 * Nobody needs the sectors `want` of block `key`, but they are about to be read
 * all the same.  The first of them that are neither valid nor loading, up to
 * one that is, become the claim's `load`, pinned once, to be published and
 * unpinned like others.  LIO_EAGAIN if there are none, or if the block is not
 * here and no slot is free: none is given up for this.
 */
int lio_cache_claim_gap(struct lio_cache *cache, uint64_t key, uint16_t want,
                        struct lio_cache_claim *ret_claim);

/* Forget a block that was loaded ahead and not used, unless it is pinned. */
void lio_cache_drop_ahead(struct lio_cache *cache, uint64_t key);

/* Nobody will use what was loaded ahead: all of it is wasted. */
void lio_cache_settle_ahead(struct lio_cache *cache);

/* Bytes that are ahead now. */
uint64_t lio_cache_ahead_bytes(const struct lio_cache *cache);

/*
 * The load of `sectors` has ended; a claim's sectors may be published at once
 * or in parts, while its pin is still held.  On success they become valid; if
 * not `ok` they are as if never asked for.  Returns the joins that need not
 * wait any longer, as a list in order of arrival; each still holds its pin.
 * Takes no lock if nobody has joined.
 */
struct lio_cache_join *lio_cache_publish(struct lio_cache *cache, uint32_t slot,
                                         uint16_t sectors, bool ok);

/* One more pin on a slot that is pinned already; takes no lock. */
void lio_cache_pin(struct lio_cache *cache, uint32_t slot);

/* Give one pin back; takes no lock.  A block left with no valid sector, because
 * its loads failed, is forgotten with its last pin. */
void lio_cache_unpin(struct lio_cache *cache, uint32_t slot);

/*
 * Who loads sectors of a pinned slot: an id of the engine's, which the cache
 * keeps and does not look at.  Of several loads under way the one named last;
 * of none, one that is over.
 */
void lio_cache_set_loader(struct lio_cache *cache, uint32_t slot, uint64_t id);
uint64_t lio_cache_loader(const struct lio_cache *cache, uint32_t slot);

/* Give back what a claim holds for the caller: its note, or one pin. */
void lio_cache_release(struct lio_cache *cache,
                       const struct lio_cache_claim *claim);

/* The 64 KiB of a pinned slot, aligned to LIO_BLOCK_BYTES. */
void *lio_cache_frame(const struct lio_cache *cache, uint32_t slot);

/* Hot blocks with keys first .. last become ordinary ones; returns how many. */
uint64_t lio_cache_let_go(struct lio_cache *cache, uint64_t first_key,
                          uint64_t last_key);

/* Nobody will ask for blocks with these keys again: hot ones are the first to
 * go. */
void lio_cache_outdate(struct lio_cache *cache, uint64_t first_key,
                       uint64_t last_key);

struct lio_cache_stats {
    uint64_t nslots, used_slots;
    uint64_t pinned_slots; /* now */
    uint64_t evictions;
    uint64_t refused;       /* claims that found every slot pinned */
    uint64_t wrong_victims; /* slots the policy gave up and could not */
    uint64_t lost_victims;  /* that could go, until a hit came between */
    uint64_t hot_slots;     /* now */
    uint64_t hot_refused;   /* claims that found no room for another */
    uint64_t ahead_bytes;   /* now: loaded or loading ahead, not used */
    uint64_t wasted_bytes, cancelled_bytes; /* of what was loaded ahead */
    uint64_t bytes; /* of all memory, the ceiling kept */
    uint32_t shards;
};

void lio_cache_stats(struct lio_cache *cache,
                     struct lio_cache_stats *ret_stats);

#endif
