/*
 * Rows of a slice that are not deleted, of a fragment whose deleted rows are
 * all over the place: one pass, instead of a slice for each run of rows.
 */
#ifndef LIO_COLUMN_VECTOR_FILTER_H
#define LIO_COLUMN_VECTOR_FILTER_H

#include "column/gaps.h"
#include "column/vector.h"

/* The rows of a slice that are left, of which there are some; its first is row
 * `row` of the gaps, which are a bitmap.  LIO_ENOMEM, or LIO_EINVAL as
 * lio_vector_join() says. */
LIO_MUST_CHECK int lio_vector_filter(const struct lio_slice *slice,
                                     const struct lio_gaps *gaps, uint64_t row,
                                     struct lio_vector *ret_vector);

#endif
