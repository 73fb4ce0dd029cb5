/*
 * The encoders of mini-block values, one for each kind.
 */
#ifndef LIO_COLUMN_WRITE_CHUNKS_H
#define LIO_COLUMN_WRITE_CHUNKS_H

#include "column/write/encoders.h"

/* Values of a chunk; LanceDB aims at as many. */
#define LIO_CHUNK_BYTES     4096
#define LIO_CHUNK_SLOTS_MAX 4096

/* Integers, or bit patterns, side by side: those of a leaf, or indices. */
struct lio_fixed {
    const uint8_t *values;
    uint64_t n;
    uint64_t bits; /* 1, or a multiple of 8 */
};

/* A leaf's values with something in place of nulls, so that what was in there
 * by chance takes no room; not copied if there are no nulls. */
LIO_MUST_CHECK int lio_fixed_fill(const struct lio_encode *enc,
                                  const struct lio_plain *values,
                                  struct lio_fixed *ret_fixed);

LIO_MUST_CHECK int lio_variable_chunks(const struct lio_encode *enc,
                                       const struct lio_plain *values,
                                       const uint64_t *entries,
                                       struct lio_chunks *ret_chunks);

/* Whether a dictionary would hold strings that are too large for chunks. */
LIO_MUST_CHECK int lio_variable_numbered(const struct lio_encode *enc,
                                         const struct lio_plain *values,
                                         bool *ret_numbered);

/* Fixed-size lists, packed structs. */
LIO_MUST_CHECK int lio_nested_chunks(const struct lio_encode *enc,
                                     const struct lio_plain *values,
                                     const uint64_t *entries,
                                     struct lio_chunks *ret_chunks);

/* Values as they are: `bits` each, cut so that none is split. */
LIO_MUST_CHECK int lio_flat_chunks(const struct lio_encode *enc,
                                   const struct lio_fixed *fixed,
                                   const uint64_t *entries,
                                   struct lio_chunks *ret_chunks);

/* Values (bits) `from` .. `from + n` as bytes: where they are, or copied if
 * they do not start and end with whole bytes. */
LIO_MUST_CHECK int lio_fixed_part(const struct lio_encode *enc,
                                  const struct lio_fixed *fixed, uint64_t from,
                                  uint64_t n, struct lio_bytes *ret_bytes);
LIO_MUST_CHECK int lio_bits_part(const struct lio_encode *enc,
                                 const uint8_t *bits, uint64_t from, uint64_t n,
                                 struct lio_bytes *ret_bytes);

/* Says that there was no memory for a message; returns LIO_ENOMEM. */
int lio_encode_no_message(const struct lio_encode *enc);

#endif
