/*
 * Encodings of integers and bit patterns in chunks, and what they come to.
 */
#ifndef LIO_COLUMN_WRITE_FIXED_H
#define LIO_COLUMN_WRITE_FIXED_H

#include "column/write/chunks.h"
#include "column/write/cut.h"

/* One way to encode the same values: how they are cut, and how many bytes all
 * chunks then take, heads and padding included. */
struct lio_trial {
    struct lio_pieces pieces;
    uint64_t bytes;
};

/* What a chunk takes on top of its buffers: its head and its word. */
#define LIO_CHUNK_HEAD 12

static inline uint64_t lio_chunk_padded(uint64_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

/* The bytes of finished chunks, counted alike. */
uint64_t lio_chunks_bytes(const struct lio_chunks *chunks);

/* Whether an encoding is enough smaller than the `best` of the simpler ones to
 * be taken instead. */
bool lio_encoding_saves(uint64_t bytes, uint64_t best);

/* Bit packing, each chunk with the width that its values need. */
LIO_MUST_CHECK int lio_packed_try(const struct lio_encode *enc,
                                  const struct lio_fixed *fixed,
                                  const uint64_t *entries,
                                  struct lio_trial *ret_trial);
LIO_MUST_CHECK int lio_packed_chunks(const struct lio_encode *enc,
                                     const struct lio_fixed *fixed,
                                     const struct lio_trial *trial,
                                     struct lio_chunks *ret_chunks);

/* Run lengths.  A trial that is bound to come to more than `most` bytes is
 * given up, and says UINT64_MAX. */
LIO_MUST_CHECK int lio_runs_try(const struct lio_encode *enc,
                                const struct lio_fixed *fixed,
                                const uint64_t *entries, uint64_t most,
                                struct lio_trial *ret_trial);
LIO_MUST_CHECK int lio_runs_chunks(const struct lio_encode *enc,
                                   const struct lio_fixed *fixed,
                                   const struct lio_trial *trial,
                                   struct lio_chunks *ret_chunks);

/* The best of flat, packed and runs. */
LIO_MUST_CHECK int lio_integer_chunks(const struct lio_encode *enc,
                                      const struct lio_fixed *fixed,
                                      const uint64_t *entries,
                                      struct lio_chunks *ret_chunks);

#endif
