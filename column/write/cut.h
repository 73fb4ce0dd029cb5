/*
 * Cutting the slots of a page into chunks.
 *
 * A chunk holds a power of two of slots, the last one whatever is left.  How
 * many depends on how large they are, and on how many levels go with them.
 */
#ifndef LIO_COLUMN_WRITE_CUT_H
#define LIO_COLUMN_WRITE_CUT_H

#include "column/write/encoders.h"

/* What a chunk may hold. */
struct lio_cut {
    uint32_t slots_max;      /* a power of two */
    uint64_t bytes_max;      /* of values; does not hold for two slots */
    uint32_t slot_bytes;     /* that each slot takes, besides its value */
    const uint64_t *offsets; /* of values, n + 1; NULL: they take no bytes */
    const uint64_t *entries; /* see lio_chunks_encode() */
};

/* Chunk i has the slots from ends[i - 1], or 0, up to ends[i]. */
struct lio_pieces {
    uint32_t n;
    uint64_t *ends;
};

LIO_MUST_CHECK int lio_cut_slots(const struct lio_encode *enc,
                                 const struct lio_cut *cut, uint64_t n,
                                 struct lio_pieces *ret_pieces);

static inline uint64_t lio_piece_start(const struct lio_pieces *pieces,
                                       uint32_t i)
{
    return i > 0 ? pieces->ends[i - 1] : 0;
}

/* The largest power of two of slots of `bits` that take at most `bytes`, and
 * are at most `most`. */
uint32_t lio_cut_power(uint64_t bits, uint64_t bytes, uint32_t most);

/* Make `chunks` of pieces, each with `nbuffers` empty buffers to be filled in
 * through `*ret_buffers`: those of chunk i from i * nbuffers on. */
LIO_MUST_CHECK int lio_cut_chunks(const struct lio_encode *enc,
                                  const struct lio_pieces *pieces,
                                  uint32_t nbuffers,
                                  struct lio_chunks *ret_chunks,
                                  struct lio_bytes **ret_buffers);

#endif
