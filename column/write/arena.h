/*
 * Memory that is given back all at once: what encoding one page takes.
 *
 * A page is encoded from many small parts (messages, chunks, trials that lost),
 * and all of them go when it has been written.  One arena belongs to one job,
 * so it needs no lock.
 */
#ifndef LIO_COLUMN_WRITE_ARENA_H
#define LIO_COLUMN_WRITE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct lio_arena_block;
struct lio_pool;

/* All zero is an empty one. */
struct lio_arena {
    struct lio_pool *pool;        /* of its memory; NULL: the heap */
    struct lio_arena_block *last; /* which links to those before */
    uint64_t bytes;               /* of all blocks */
};

/* Where an arena was, to go back to. */
struct lio_arena_mark {
    struct lio_arena_block *last;
    size_t used;
};

/* `bytes` at a multiple of 64, with 64 writable bytes behind; NULL without
 * memory.  The content is undefined. */
void *lio_arena_alloc(struct lio_arena *arena, uint64_t bytes);

/* The same for small things, at a multiple of 16, zeroed. */
void *lio_arena_zeroed(struct lio_arena *arena, size_t bytes);

/* Give back what was allocated since the mark. */
struct lio_arena_mark lio_arena_mark(const struct lio_arena *arena);
void lio_arena_rewind(struct lio_arena *arena, struct lio_arena_mark mark);

/* Give back all; the arena is empty then. */
void lio_arena_release(struct lio_arena *arena);

#endif
