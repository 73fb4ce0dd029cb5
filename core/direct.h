/*
 * Reads past the cache, of any range into any memory, as O_DIRECT takes them.
 *
 *                     4 KiB        4 KiB                 4 KiB        4 KiB
 *     file      ────────┼────────────┼─────────────────────┼────────────┼──────
 *     wanted                  ├──────────────────────────────────┤
 *     straight                       ├──── the caller's ───┤
 *     bounce            ├────────────┤                     ├────────────┤
 *
 * One operation with up to three buffers: what lies on whole pages of the file
 * goes straight to where it is wanted, the edges through memory of the engine,
 * from which their share is copied.  This takes memory that is in step with the
 * file: what O_DIRECT asks of addresses must hold where a page of the file
 * comes to lie.  Any other memory, and what is too short for three buffers to
 * be worth it, is read through the engine's memory altogether, unless it is
 * just what O_DIRECT asks for.
 *
 * The engine's memory is got when the operation is about to go down, and so is
 * bounded by what may be in flight, not by what waits.
 */
#ifndef LIO_CORE_DIRECT_H
#define LIO_CORE_DIRECT_H

#include "core/io.h"

struct lio_memory;

/* What the edges are cut at.  Devices take sectors of 512 bytes, but move whole
 * pages of memory a quarter faster, and memory in step with the file has its
 * pages where the file has them. */
#define LIO_DIRECT_EDGE 4096u

/* Lay out the operation of a request or part that has its handle, offset,
 * length and buf, so that it writes to buf by itself; false if that cannot be,
 * or it would move more than `most` bytes. */
bool lio_direct_plan(struct lio_io *io, uint64_t most);

/* The same, through the engine's memory, which can always be. */
void lio_direct_plan_bounced(struct lio_io *io);

/* Get an operation, of any kind, what memory of the engine it needs and has not
 * yet; false if there is none.  Under its lane's lock, with that one's slab. */
bool lio_direct_equip(struct lio_io *io, struct lio_slab *slab,
                      struct lio_memory *memory);

/* Of its range, from the start on, the bytes that have been read. */
uint64_t lio_direct_got(const struct lio_io *io);

/* Copy what of these bytes came through the engine's memory. */
void lio_direct_copy(const struct lio_io *io, uint64_t got);

/* The engine's memory is not needed any more.  A single page stays with a part
 * until that goes back to its slab. */
void lio_direct_end(struct lio_io *io, struct lio_memory *memory);

#endif
