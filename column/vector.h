/*
 * A vector: decoded rows of one column.  What a page decodes to, what batches
 * are cut from, and what Arrow arrays share.
 *
 *     kind        values                        data
 *     NULL        none                          none
 *     FIXED       rows of type->bits            none
 *     VARIABLE    rows + 1 offsets, from 0 on   the bytes between the offsets
 *
 * A filled vector never changes; copies share its memory.
 */
#ifndef LIO_COLUMN_VECTOR_H
#define LIO_COLUMN_VECTOR_H

#include "column/memory.h"
#include "column/type.h"

#include <lanceio/arrow.h>

struct lio_vector {
    const struct lio_type *type; /* the dataset's */
    uint64_t rows;
    uint64_t nulls;
    struct lio_mem *validity; /* bitmap, 1 = valid; NULL if nulls == 0, and for
                                 LIO_KIND_NULL */
    struct lio_mem *values;
    struct lio_mem *data;
};

/* Accepts one that is all zero; leaves it so. */
void lio_vector_release(struct lio_vector *vector);

/* A vector of `rows` nulls.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_vector_nulls(const struct lio_type *type, uint64_t rows,
                                    struct lio_vector *ret_vector);

/* A share in `rows` rows of a vector from row `from` on. */
struct lio_slice {
    struct lio_vector vector;
    uint64_t from;
    uint64_t rows;
};

/* Join slices of the same type, in order.  LIO_ENOMEM, or LIO_EINVAL if the
 * bytes of a variable type are more than its 32-bit offsets can tell. */
LIO_MUST_CHECK int lio_vector_join(const struct lio_slice *slices,
                                   uint32_t nslices,
                                   struct lio_vector *ret_vector);

/* Give the rows of a slice out as an Arrow array, which shares the memory. */
LIO_MUST_CHECK int lio_vector_export(const struct lio_slice *slice,
                                     struct ArrowArray *ret_array);

#endif
