/*
 * Ghosts: keys of blocks that are no longer cached, for policies that learn
 * from what they gave up.
 *
 *     key ──hash──► bucket ──► ghost ──► ghost      found by key
 *
 *     line 0   newest ─► ... ─► oldest              dropped by age
 *     line 1   newest ─► ... ─► oldest
 *
 * The number of ghosts is bounded, and their memory is the caller's: nothing
 * is allocated here.  Two lines share it, since ARC needs two and no policy
 * more; who needs one uses line 0.
 */
#ifndef LIO_COMMON_GHOST_H
#define LIO_COMMON_GHOST_H

#include "common/slotlist.h"

#include <stddef.h>
#include <stdint.h>

#define LIO_GHOST_LINES 2u
#define LIO_NO_GHOST    LIO_SLOTLIST_NONE

struct lio_ghost;

struct lio_ghosts {
    struct lio_ghost *ghosts;
    struct lio_slotlist lines[LIO_GHOST_LINES];
    uint32_t *buckets;
    unsigned bucket_bits;
    uint32_t first_free; /* or LIO_NO_GHOST */
};

/* Bytes that `max` ghosts take, a multiple of 8. */
size_t lio_ghosts_bytes(uint32_t max);

/* Start with none, in `memory` of lio_ghosts_bytes(max), aligned to 8. */
void lio_ghosts_init(struct lio_ghosts *ghosts, void *memory, uint32_t max);

/* The ghost of `key`, or LIO_NO_GHOST. */
uint32_t lio_ghosts_find(const struct lio_ghosts *ghosts, uint64_t key);

/* The line that a ghost stands in. */
unsigned lio_ghosts_line(const struct lio_ghosts *ghosts, uint32_t ghost);

/* `key`, which has no ghost, gets one, the newest of its line.  Where there is
 * no room the oldest of that line goes, or else of the other; if there is no
 * room for any, nothing happens. */
void lio_ghosts_add(struct lio_ghosts *ghosts, unsigned line, uint64_t key);

void lio_ghosts_drop(struct lio_ghosts *ghosts, uint32_t ghost);

/* Drop the ghost of `key`; returns whether there was one. */
bool lio_ghosts_take(struct lio_ghosts *ghosts, uint64_t key);

/* Drop the oldest of a line, if it has any. */
void lio_ghosts_drop_oldest(struct lio_ghosts *ghosts, unsigned line);

static inline uint32_t lio_ghosts_count(const struct lio_ghosts *ghosts,
                                        unsigned line)
{
    return ghosts->lines[line].count;
}

#endif
