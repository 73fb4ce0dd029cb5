/*
 * A vector under construction: values and definition levels are appended chunk
 * by chunk, rows are counted, nulls too.
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
    struct lio_mem *values;     /* LIO_KIND_FIXED */
    struct lio_strings strings; /* LIO_KIND_VARIABLE */
};

/* `nullable`: whether the page has definition levels. */
LIO_MUST_CHECK int lio_builder_init(struct lio_decode *dec,
                                    const struct lio_type *type, uint64_t rows,
                                    bool nullable,
                                    struct lio_builder *ret_builder);
void lio_builder_release(struct lio_builder *builder);

/* Set the validity of `n` rows from `row` on from their levels, 0 or 1. */
LIO_MUST_CHECK int lio_builder_levels(struct lio_decode *dec,
                                      struct lio_builder *builder, uint64_t row,
                                      const uint16_t *levels, uint64_t n);

/* Make it a vector; the builder is empty then. */
void lio_builder_finish(struct lio_builder *builder,
                        struct lio_vector *ret_vector);

/* What the layers of a page say of a leaf that is not nested: LIO_ECORRUPT if
 * they are not those of one. */
LIO_MUST_CHECK int lio_layers_leaf(struct lio_decode *dec,
                                   const uint32_t *layers, size_t nlayers,
                                   bool *ret_nullable);

#endif
