/*
 * One I/O, from birth to completion.
 *
 * A struct lio_io is either a caller's request, or a part of one: an operation
 * the engine does on its behalf.  A request that needs no parts (a read past
 * the cache, say) is its own operation, so the plain case takes one object.
 *
 *                      ┌─────────── retried ───────────┐
 *                      ▼      ┌─► DELAYED ──┐          │
 *     FREE ─► NEW ─► QUEUED ─┬┴► ISSUED ────┴──────────┤ (the backend has it)
 *      ▲       │             │                         ▼
 *      │       │             └─ cancelled ─► ENDING ─► DONE ─► taken
 *      │       └─► PLANNED (its parts are under way) ──▲        │
 *      └────────────────────────────────────────────────────────┘
 *
 * The state shares a 64-bit word with a generation, and lio_io_move() changes
 * it by compare-and-swap and nothing else does: whoever wins an edge does what
 * belongs to it, once.
 *
 * id = generation << 32 | lane << 24 | slot.  It is the caller's request id; a
 * stale id has an old generation.  The backend sees the same with the parity of
 * the try in bit 31, which no lane's number reaches: so a completion that is
 * reported twice is not taken for that of the next try.
 */
#ifndef LIO_CORE_IO_H
#define LIO_CORE_IO_H

#include <lanceio/lanceio.h>
#include <lanceio/plugin.h>

#include <stdatomic.h>

#include "core/cache.h"
#include "core/filepool.h"

enum lio_io_state {
    LIO_IO_FREE,    /* in the slab's free list */
    LIO_IO_NEW,     /* being filled in by one thread */
    LIO_IO_QUEUED,  /* waits in its lane */
    LIO_IO_ISSUED,  /* with the backend */
    LIO_IO_DELAYED, /* failed, to be tried again in a while */
    LIO_IO_ENDING,  /* over, or about to be: one thread has it */
    LIO_IO_PLANNED, /* a request whose parts are under way */
    LIO_IO_DONE     /* finished; the result waits to be taken */
};

/* Blocks that one fill may cover: 1 MiB and a misaligned edge. */
#define LIO_FILL_PIECES 17u

/* One block's share of a fill: sectors first .. first+count-1. */
struct lio_piece {
    uint64_t block;
    uint32_t slot;
    uint8_t first, count;
};

/* A part that reads into frames of the cache. */
struct lio_fill {
    uint64_t file_bytes; /* the file's size when it was planned */
    uint32_t npieces;
    struct lio_piece pieces[LIO_FILL_PIECES];
    struct lio_iovec iov[LIO_FILL_PIECES];
    struct lio_fill *next; /* in the lane's free list */
};

/* In lio_io.flags: nobody asked for it.  It fills the cache ahead of a reader,
 * is its own operation, and is delivered to no one. */
#define LIO_IO_AHEAD (1u << 31)

/* Likewise, but it lies between reads that were merged (core/gap.h). */
#define LIO_IO_GAP (1u << 30)

/* Buffers of an operation: edge, body, edge (core/direct.h). */
#define LIO_IO_BUFFERS 3u

struct lio_merge;
struct lio_waiter;

struct lio_io_list {
    struct lio_io *head, *tail;
};

struct lio_io {
    /* What the backend sees. */
    struct lio_op op;
    struct lio_iovec iov[LIO_IO_BUFFERS]; /* op.iov, unless it is a fill's */
    struct lio_handle *handle;

    _Atomic uint64_t word;      /* generation << 32 | state */
    struct lio_lane *lane;      /* home; never changes */
    struct lio_io *next, *prev; /* in one list at a time */

    uint64_t issued_ns;
    uint64_t met_bytes;     /* in flight when it was issued, with its own */
    uint32_t met;           /* operations likewise */
    uint64_t moved;         /* bytes this operation has moved so far */
    uint64_t taken_bytes;   /* its share of the budget */
    _Atomic uint32_t tries; /* times it was given to the backend */
    uint32_t failures;      /* of these, that ended with a passing error */
    uint32_t index;         /* lane << 24 | slot */

    /* A part: whom it serves. */
    struct lio_io *parent;
    struct lio_fill *fill;   /* reads into the cache */
    struct lio_merge *merge; /* no part: several read as one */
    bool alone;              /* is not to be merged: that has failed */
    uint64_t direct_at;      /* core/direct.h: where the operation starts */
    uint64_t body_at;        /* what of the file is read straight to ... */
    uint64_t body_bytes;     /* ... the caller, beside a bounce buffer */
    uint64_t bounce_bytes;   /* that it needs of our own; 0: none */
    void *bounce;            /* these, once it has them */

    /* What was asked for; of a part: its share of it. */
    struct lio_file *file;
    uint32_t kind, flags;
    uint64_t offset, length;
    unsigned char *buf;
    struct lio_cq *cq;
    lio_callback callback;
    void *user;
    uint8_t io_class; /* enum lio_class */
    uint8_t level;    /* inside class demand, 0 is sooner */
    uint64_t submitted_ns;
    uint64_t deadline_ns; /* 0: none */

    /* A request that waits to be admitted: its lane's lock. */
    struct lio_io_list planned;     /* its operations; empty: it is its own */
    struct lio_io *older, *younger; /* by age, in the scheduler */
    uint64_t due_pick;              /* the scheduler's last that may be its */
    bool waiting;                   /* is in the scheduler */

    /* A request: how it stands. */
    _Atomic uint32_t parts;   /* parts and joins out, and 1 while planning */
    _Atomic int32_t joins;    /* of these, fills of other requests */
    _Atomic uint64_t failure; /* of the first part that failed: code << 32 |
                                 errno, or 0 */
    _Atomic uint64_t eof_at;  /* where a part met the end of the file */
    _Atomic bool redo;        /* a joined fill failed: read it ourselves */
    _Atomic int cancelled;    /* code, once it is to be stopped */
    _Atomic bool ending;      /* somebody delivers it, or has */
    _Atomic uint32_t inside;  /* threads at the caller's memory or queue */
    _Atomic bool by_id;       /* its result is for who waits for its id */
    bool exposed;             /* a part writes to the caller's memory itself */
    uint8_t holds;            /* reasons to keep the object; lane's lock */
    uint64_t bytes;           /* delivered */
    uint64_t done_ns;
    struct lio_view *view;
    _Atomic(struct lio_waiter *) waiter; /* who sleeps for it */
};

/* -- ids and states ------------------------------------------------------ */

static inline uint64_t lio_io_id(const struct lio_io *io)
{
    return (atomic_load_explicit(&io->word, memory_order_relaxed) &
            0xffffffff00000000ull) |
           io->index;
}

/* Why the request has failed, or 0. */
static inline int lio_io_code(const struct lio_io *io)
{
    return (int32_t)(atomic_load(&io->failure) >> 32);
}

/* Written by whoever has the operation, read by lio_dump() too. */
static inline uint32_t lio_io_tries(const struct lio_io *io)
{
    return atomic_load_explicit(&io->tries, memory_order_relaxed);
}

static inline void lio_io_count_try(struct lio_io *io)
{
    atomic_store_explicit(&io->tries, lio_io_tries(io) + 1,
                          memory_order_relaxed);
}

/* As the backend knows the present try. */
static inline uint64_t lio_io_try_id(const struct lio_io *io)
{
    return lio_io_id(io) | (uint64_t)(lio_io_tries(io) & 1) << 31;
}

static inline enum lio_io_state lio_io_state(const struct lio_io *io)
{
    return (enum lio_io_state)(uint32_t)atomic_load(&io->word);
}

/* Is `io`, now, the object that `id` was given to, and in which state? */
static inline bool lio_io_is(const struct lio_io *io, uint64_t id,
                             enum lio_io_state *ret_state)
{
    uint64_t word = atomic_load(&io->word);

    *ret_state = (enum lio_io_state)(uint32_t)word;
    return word >> 32 == id >> 32 && *ret_state != LIO_IO_FREE;
}

/* The one way from state to state; false if `io` was not in `from`. */
static inline bool lio_io_move(struct lio_io *io, enum lio_io_state from,
                               enum lio_io_state to)
{
    uint64_t word = atomic_load_explicit(&io->word, memory_order_relaxed);
    uint64_t generation = word & 0xffffffff00000000ull;
    uint64_t expected = generation | (uint64_t)from;

    return atomic_compare_exchange_strong(&io->word, &expected,
                                          generation | (uint64_t)to);
}

/* Take a result that is DONE: of several who try, one succeeds. */
static inline bool lio_io_claim(struct lio_io *io, uint64_t id)
{
    uint64_t generation = id & 0xffffffff00000000ull;
    uint64_t expected = generation | LIO_IO_DONE;

    return atomic_compare_exchange_strong(&io->word, &expected,
                                          generation | LIO_IO_NEW);
}

/* -- lists --------------------------------------------------------------- */

static inline void lio_io_append(struct lio_io_list *list, struct lio_io *io)
{
    io->next = NULL;
    io->prev = list->tail;
    if (list->tail)
        list->tail->next = io;
    else
        list->head = io;
    list->tail = io;
}

static inline void lio_io_prepend(struct lio_io_list *list, struct lio_io *io)
{
    io->prev = NULL;
    io->next = list->head;
    if (list->head)
        list->head->prev = io;
    else
        list->tail = io;
    list->head = io;
}

static inline void lio_io_unlink(struct lio_io_list *list, struct lio_io *io)
{
    if (io->prev)
        io->prev->next = io->next;
    else
        list->head = io->next;
    if (io->next)
        io->next->prev = io->prev;
    else
        list->tail = io->prev;
    io->next = io->prev = NULL;
}

static inline struct lio_io *lio_io_pop(struct lio_io_list *list)
{
    struct lio_io *io = list->head;

    if (io)
        lio_io_unlink(list, io);
    return io;
}

/* -- slab ---------------------------------------------------------------- */

#define LIO_SLAB_CHUNK  256u   /* objects allocated at once */
#define LIO_SLAB_CHUNKS 65536u /* 16 million objects a lane */

/*
 * The objects of one lane.  They are never given back to the system while the
 * engine lives, so an id can be looked up at any time without a lock.
 * Allocation and release are under the lane's lock.
 */
struct lio_slab {
    _Atomic(struct lio_io *) *chunks; /* LIO_SLAB_CHUNKS of them */
    uint32_t nchunks;
    struct lio_io *free;
    struct lio_fill *free_fills;
    void *free_pages; /* each begins with the address of the next */
    uint32_t nused;
};

int lio_slab_init(struct lio_slab *slab);
void lio_slab_release(struct lio_slab *slab);

/* An object in state NEW with everything of the last use forgotten, or NULL. */
struct lio_io *lio_slab_get(struct lio_slab *slab, struct lio_lane *lane,
                            uint32_t lane_index);
void lio_slab_put(struct lio_slab *slab, struct lio_io *io);

/* The object in place `slot`, or NULL if there never was one. */
struct lio_io *lio_slab_at(const struct lio_slab *slab, uint32_t slot);

struct lio_fill *lio_slab_get_fill(struct lio_slab *slab);
void lio_slab_put_fill(struct lio_slab *slab, struct lio_fill *fill);

/* A page of memory at a multiple of its size, or NULL. */
void *lio_slab_get_page(struct lio_slab *slab);
void lio_slab_put_page(struct lio_slab *slab, void *page);

#endif
