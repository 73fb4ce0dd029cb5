/*
 * Arrow arrays as they come from the caller: checked once, then believed.
 */
#ifndef LIO_COLUMN_WRITE_INPUT_H
#define LIO_COLUMN_WRITE_INPUT_H

#include "column/write/fields.h"

#include <lanceio/arrow.h>

/*
 * Check that `batch` is a struct array of the fields: its shape, that buffers
 * are there, that offsets rise, and that indices are in their dictionaries.
 * LIO_EINVAL names `path` and the column.
 */
LIO_MUST_CHECK int lio_input_check(const char *path,
                                   const struct lio_fields *fields,
                                   const struct ArrowArray *batch,
                                   struct lio_error *err);

/* The validity bitmap of an array, or NULL if nothing is null. */
const uint8_t *lio_input_validity(const struct ArrowArray *array);

#endif
