/*
 * A vector: decoded rows of one column.  What a page decodes to, what batches
 * are cut from, and what Arrow arrays share.
 *
 *     kind         values                        data          children
 *     NULL         none                          none          none
 *     FIXED        rows of type->bits            none          none
 *     VARIABLE     rows + 1 offsets, from 0 on   their bytes   none
 *     FIXED_LIST   none                          none          the items
 *     DICTIONARY   rows of type->bits            none          the values
 *     LIST         rows + 1 offsets, from 0 on   none          the items
 *     STRUCT       none                          none          one each
 *
 * A filled vector never changes; copies share its memory.  A child of a struct
 * that was not read has no type: it is not there.
 */
#ifndef LIO_COLUMN_VECTOR_H
#define LIO_COLUMN_VECTOR_H

#include "column/memory.h"
#include "column/type.h"

#include <lanceio/arrow.h>

struct lio_vectors;

struct lio_vector {
    const struct lio_type *type; /* the dataset's */
    uint64_t rows;
    uint64_t nulls;
    struct lio_mem *validity; /* bitmap, 1 = valid; NULL if nulls == 0, and for
                                 LIO_KIND_NULL */
    struct lio_mem *values;
    struct lio_mem *data;
    struct lio_vectors *children; /* type->nchildren, or NULL */
};

/* The children of a vector, shared like its memory. */
struct lio_vectors {
    atomic_uint refs;
    uint32_t n;
    struct lio_vector all[];
};

/* Accepts one that is all zero; leaves it so. */
void lio_vector_release(struct lio_vector *vector);

/* A copy, which shares the memory. */
struct lio_vector lio_vector_share(const struct lio_vector *vector);

/* Room for `n` children, all zero, or NULL. */
struct lio_vectors *lio_vectors_new(uint32_t n);
void lio_vectors_put(struct lio_vectors *vectors);

/* A vector of `rows` nulls, with all its children.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_vector_nulls(const struct lio_type *type, uint64_t rows,
                                    struct lio_vector *ret_vector);

/* A share in `rows` rows of a vector from row `from` on. */
struct lio_slice {
    struct lio_vector vector;
    uint64_t from;
    uint64_t rows;
};

/* Where the value at `row` of a list or variable vector starts. */
uint64_t lio_vector_offset(const struct lio_vector *vector, uint64_t row);

/* Join slices of the same type, in order.  LIO_ENOMEM, or LIO_EINVAL if there
 * is more in them than 32-bit offsets, or the indices of a dictionary, can
 * tell. */
LIO_MUST_CHECK int lio_vector_join(const struct lio_slice *slices,
                                   uint32_t nslices,
                                   struct lio_vector *ret_vector);

/* The part of joining that is for dictionaries: indices and values. */
LIO_MUST_CHECK int lio_vector_join_dictionaries(const struct lio_slice *slices,
                                                uint32_t nslices,
                                                struct lio_vector *joined);

/* Make a slice a vector of its own, which starts at row 0.  Copies nothing if
 * it is all rows of its vector. */
LIO_MUST_CHECK int lio_vector_cut(const struct lio_slice *slice,
                                  struct lio_vector *ret_vector);

/* Give the rows of a slice out as an Arrow array, which shares the memory. */
LIO_MUST_CHECK int lio_vector_export(const struct lio_slice *slice,
                                     struct ArrowArray *ret_array);

#endif
