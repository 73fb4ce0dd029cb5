/*
 * The values of file versions 2.1 and 2.2 as a type wants them, put in place in
 * a builder: a run of them from the buffers of a chunk, or one at a time from
 * the bytes of a row.
 */
#ifndef LIO_COLUMN_VALUES_H
#define LIO_COLUMN_VALUES_H

#include "column/builder.h"
#include "column/encoding.h"

/* Decode in->nvalues values into rows from `row` on, for which there is room.
 */
LIO_MUST_CHECK int lio_values_decode(struct lio_decode *dec,
                                     const Lio__Pb__CompressiveEncoding *enc,
                                     const struct lio_encoded *in,
                                     struct lio_builder *builder, uint64_t row);

/*
 * Where in a row of bytes a value of fixed width has its parts, and where they
 * go: runs of bytes, and of bits that say which items are valid.
 *
 *     fixed_size_list:float:2, with nulls     | xx | ffff ffff |
 *
 * The items of a fixed-size list of structs are not side by side: each of them
 * has parts of its own.
 *
 *     fixed_size_list:struct:2                | x | y | x | y |
 */
struct lio_part {
    struct lio_builder *builder; /* whose values or validity it is; or NULL:
                                    it tells nothing that is not known */
    uint64_t items;              /* of the builder's, a row */
    uint64_t first;              /* of these it starts with */
    uint64_t n;                  /* and how many it has */
    uint32_t bytes;              /* in the row */
    bool validity;
    bool bits; /* each item a bit in the builder, a byte in the row */
};

#define LIO_PARTS_MAX 64

struct lio_parts {
    struct lio_part all[LIO_PARTS_MAX];
    uint32_t n;
    uint64_t bytes; /* of all */
};

/* Take an encoding of rows apart. */
LIO_MUST_CHECK int lio_parts_init(struct lio_decode *dec,
                                  const Lio__Pb__CompressiveEncoding *enc,
                                  struct lio_builder *builder,
                                  struct lio_parts *ret_parts);

/* The same without an encoding: values side by side, as Arrow has them but for
 * bools, which are a byte each. */
LIO_MUST_CHECK int lio_parts_plain(struct lio_decode *dec,
                                   struct lio_builder *builder,
                                   struct lio_parts *ret_parts);

/* Put `n` rows of parts->bytes, each `stride` bytes after the one before, into
 * rows from `row` on. */
LIO_MUST_CHECK int lio_parts_put(struct lio_decode *dec,
                                 const struct lio_parts *parts, uint64_t row,
                                 uint64_t n, const uint8_t *bytes,
                                 uint64_t stride);

#endif
