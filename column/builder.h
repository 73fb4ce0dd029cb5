/*
 * A vector under construction: values and definition levels are appended chunk
 * by chunk, rows are counted, nulls too.
 *
 * What a type holds by itself is built by builders of its own: the items of a
 * fixed-size list, the fields of a packed struct, the values of a dictionary.
 */
#ifndef LIO_COLUMN_BUILDER_H
#define LIO_COLUMN_BUILDER_H

#include "column/decode.h"
#include "column/strings.h"
#include "column/vector.h"

#include <stdbool.h>

struct lio_builder {
    const struct lio_type *type;
    uint64_t rows;              /* room for */
    uint64_t nulls;             /* among the levels appended so far */
    struct lio_mem *validity;   /* NULL: the page has no nulls */
    struct lio_mem *values;     /* LIO_KIND_FIXED, LIO_KIND_DICTIONARY; offsets
                                   of LIO_KIND_LIST, which are null */
    struct lio_strings strings; /* LIO_KIND_VARIABLE */
    struct lio_builder *children;
    uint32_t nchildren;
    struct lio_vectors *vectors; /* what the children become */
};

/* `nullable`: whether the page has definition levels. */
LIO_MUST_CHECK int lio_builder_init(struct lio_decode *dec,
                                    const struct lio_type *type, uint64_t rows,
                                    bool nullable,
                                    struct lio_builder *ret_builder);

/* The same without memory for values, which will be had from elsewhere. */
LIO_MUST_CHECK int lio_builder_init_bare(struct lio_decode *dec,
                                         const struct lio_type *type,
                                         uint64_t rows,
                                         struct lio_builder *ret_builder);
void lio_builder_release(struct lio_builder *builder);

/* Set the validity of `n` rows from `row` on from their levels, 0 or 1. */
LIO_MUST_CHECK int lio_builder_levels(struct lio_decode *dec,
                                      struct lio_builder *builder, uint64_t row,
                                      const uint16_t *levels, uint64_t n);

/* Set it from a bitmap; rows that no bitmap is set for are valid. */
LIO_MUST_CHECK int lio_builder_bits(struct lio_decode *dec,
                                    struct lio_builder *builder, uint64_t row,
                                    const uint8_t *bits, uint64_t n);

/* Fill all rows with zeros, or empty values: they are or become null. */
LIO_MUST_CHECK int lio_builder_zero(struct lio_decode *dec,
                                    struct lio_builder *builder);

/* Make all rows null, which have not been set so far. */
LIO_MUST_CHECK int lio_builder_nulls(struct lio_decode *dec,
                                     struct lio_builder *builder);

/* Make it a vector; the builder is empty then. */
void lio_builder_finish(struct lio_builder *builder,
                        struct lio_vector *ret_vector);

#endif
