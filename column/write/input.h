/*
 * Arrow arrays as they come from the caller: checked once, then believed.
 */
#ifndef LIO_COLUMN_WRITE_INPUT_H
#define LIO_COLUMN_WRITE_INPUT_H

#include "column/bits.h"
#include "column/bytes.h"
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

/* Whether item `at` of an array is not null. */
static inline bool lio_input_valid(const struct ArrowArray *array, uint64_t at)
{
    const uint8_t *bits = lio_input_validity(array);

    return !bits || lio_bit_get(bits, at + (uint64_t)array->offset);
}

/* Where item `at` of an array of lists, strings or binary begins. */
static inline uint64_t lio_input_offset(const struct lio_type *type,
                                        const struct ArrowArray *array,
                                        uint64_t at)
{
    const uint8_t *offsets = array->buffers[1];

    at += (uint64_t)array->offset;
    return type->bits == 32 ? lio_load_u32(offsets + at * 4)
                            : lio_load_u64(offsets + at * 8);
}

#endif
