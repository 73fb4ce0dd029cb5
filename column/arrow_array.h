/*
 * Building the structs of the Arrow C data interface.
 */
#ifndef LIO_COLUMN_ARROW_ARRAY_H
#define LIO_COLUMN_ARROW_ARRAY_H

#include "column/projection.h"

#include <lanceio/arrow.h>

/* A struct array of `rows` rows, without nulls, that takes over the `n` arrays
 * of `columns` (which are then marked released).  LIO_ENOMEM: they stay. */
LIO_MUST_CHECK int lio_arrow_struct(struct ArrowArray *columns, uint32_t n,
                                    uint64_t rows,
                                    struct ArrowArray *ret_array);

/* The schema of a struct with the columns of a projection.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_arrow_schema(const struct lio_projection *projection,
                                    struct ArrowSchema *ret_schema);

/* Release one if it is not released yet. */
void lio_arrow_array_release(struct ArrowArray *array);

#endif
