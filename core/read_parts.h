/*
 * What reads are made of; for the files core/read*.c alone.
 *
 *     read.c        a request as a whole, and what is read ahead of all
 *     read_block.c  what of it lies in a block of the cache
 *     read_part.c   the operations that load the rest
 *     read_end.c    what becomes of them: frames, copies, who has joined
 */
#ifndef LIO_CORE_READ_PARTS_H
#define LIO_CORE_READ_PARTS_H

#include "core/engine.h"
#include "core/read.h"

#include "common/minmax.h"

/* A join, and what its owner must know to use it. */
struct lio_join {
    struct lio_cache_join base; /* first: the cache hands back this */
    uint64_t block;
};

/* A read on its way to operations. */
struct lio_plan {
    struct lio_io *request; /* NULL: ahead of all requests */
    struct lio_file *file;
    struct lio_lane *lane;
    struct lio_batch *batch;
    struct lio_cache *cache;
    struct lio_handle *handle;
    uint64_t size;       /* of the file, as planned with */
    uint64_t end;        /* of the range, within the file */
    uint32_t generation; /* of the cache's keys */
    uint32_t nparts;     /* parts and joins so far */
    uint64_t max_fill;   /* bytes of one fill */
    uint32_t access;     /* enum lio_access_flags: how it goes so far */
    uint8_t io_class;    /* of the request, as it was: who joins its parts */
    uint8_t level;       /* ... may raise it while it is planned */
    struct lio_io *fill; /* the one that may still grow */
    struct lio_join *spare;
};

/* -- read_block.c -------------------------------------------------------- */

/* The whole range, through the cache. */
void lio_plan_blocks(struct lio_plan *plan);

/* Load what the cache lacks of the part of a block that begins the range, and
 * take that part off it; returns the bytes it will load. */
uint64_t lio_plan_block_ahead(struct lio_plan *plan, struct lio_range *range);

/* -- read_part.c --------------------------------------------------------- */

/* Read [at, at+len) to `to` past the cache, within what O_DIRECT allows. */
void lio_plan_direct(struct lio_plan *plan, uint64_t at, uint64_t len,
                     unsigned char *to);

/* All sectors that the claim wants loaded; each run has a pin of its own. */
void lio_plan_loads(struct lio_plan *plan, uint64_t block,
                    const struct lio_cache_claim *claim);

/* -- read_end.c ---------------------------------------------------------- */

/* Copy the wanted bytes of these sectors of a block to where they belong. */
void lio_read_copy(struct lio_io *request, uint64_t block,
                   const unsigned char *frame, uint16_t sectors);

/* The file ends at `at`, and not past it. */
void lio_read_met_eof(struct lio_io *request, uint64_t at);

/* A join hangs on another request's fill: whoever waits must know, because that
 * may be on any lane.  The count may dip below zero while the join of a request
 * that is still being planned comes back. */
void lio_read_joined(struct lio_io *request, int change);

/* Sectors were loaded, or not: tell the cache, and those who wait for them. */
void lio_read_publish(struct lio_batch *batch, uint32_t slot, uint16_t sectors,
                      bool ok);

#endif
