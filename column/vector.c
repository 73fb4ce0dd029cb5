/*
 * Vectors: sharing, joining.
 */
#include "column/vector.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

#include <stdbool.h>

void lio_vector_release(struct lio_vector *vector)
{
    lio_mem_put(vector->validity);
    lio_mem_put(vector->values);
    lio_mem_put(vector->data);
    *vector = (struct lio_vector){ 0 };
}

/* Bytes of the values of `rows` rows; false if that overflows. */
static bool values_bytes(const struct lio_type *type, uint64_t rows,
                         uint64_t *ret_bytes)
{
    uint64_t bits;

    if (type->kind == LIO_KIND_VARIABLE && !lio_checked_add(rows, 1, &rows))
        return false;
    if (!lio_checked_mul(rows, type->bits, &bits))
        return false;
    *ret_bytes = lio_bits_bytes(bits);
    return true;
}

int lio_vector_nulls(const struct lio_type *type, uint64_t rows,
                     struct lio_vector *ret_vector)
{
    struct lio_vector vector = { .type = type, .rows = rows, .nulls = rows };
    uint64_t bytes;

    if (type->kind == LIO_KIND_NULL || rows == 0) {
        vector.values = lio_mem_zeroed(sizeof(uint64_t));
        vector.data = lio_mem_zeroed(0);
    } else {
        if (!values_bytes(type, rows, &bytes))
            return LIO_ENOMEM;
        vector.validity = lio_mem_zeroed(lio_bits_bytes(rows));
        vector.values = lio_mem_zeroed(bytes);
        vector.data = lio_mem_zeroed(0);
        if (!vector.validity) {
            lio_vector_release(&vector);
            return LIO_ENOMEM;
        }
    }
    if (!vector.values || !vector.data) {
        lio_vector_release(&vector);
        return LIO_ENOMEM;
    }
    *ret_vector = vector;
    return 0;
}

/* -- joining ------------------------------------------------------------- */

static uint64_t offset_at(const struct lio_vector *vector, uint64_t row)
{
    const uint8_t *offsets = vector->values->data;

    return vector->type->bits == 32 ? lio_load_u32(offsets + row * 4)
                                    : lio_load_u64(offsets + row * 8);
}

static void join_validity(const struct lio_slice *slices, uint32_t nslices,
                          struct lio_vector *joined)
{
    uint8_t *validity = joined->validity->data;
    uint64_t at = 0;

    for (uint32_t i = 0; i < nslices; i++) {
        const struct lio_slice *slice = &slices[i];

        if (slice->vector.validity)
            lio_bits_copy(validity, at, slice->vector.validity->data,
                          slice->from, slice->rows);
        else
            lio_bits_fill(validity, at, slice->rows, true);
        at += slice->rows;
    }
    joined->nulls = joined->rows - lio_bits_count(validity, 0, joined->rows);
}

static void join_fixed(const struct lio_slice *slices, uint32_t nslices,
                       struct lio_vector *joined)
{
    uint32_t bits = joined->type->bits;
    uint64_t at = 0;

    for (uint32_t i = 0; i < nslices; i++) {
        const struct lio_slice *slice = &slices[i];
        const uint8_t *from = slice->vector.values->data;

        if (bits == 1)
            lio_bits_copy(joined->values->data, at, from, slice->from,
                          slice->rows);
        else
            memcpy(joined->values->data + at * (bits / 8),
                   from + slice->from * (bits / 8),
                   (size_t)(slice->rows * (bits / 8)));
        at += slice->rows;
    }
}

/* The sum of the bytes that the slices' values take; false if the type's
 * offsets cannot tell it. */
static bool data_bytes(const struct lio_slice *slices, uint32_t nslices,
                       uint64_t *ret_bytes)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < nslices; i++) {
        const struct lio_slice *slice = &slices[i];

        sum += offset_at(&slice->vector, slice->from + slice->rows) -
               offset_at(&slice->vector, slice->from);
        if (slice->vector.type->bits == 32 && sum > INT32_MAX)
            return false;
    }
    *ret_bytes = sum;
    return true;
}

static void join_variable(const struct lio_slice *slices, uint32_t nslices,
                          struct lio_vector *joined)
{
    uint64_t row = 0, at = 0;

    for (uint32_t i = 0; i < nslices; i++) {
        const struct lio_slice *slice = &slices[i];
        const struct lio_vector *vector = &slice->vector;
        uint64_t start = offset_at(vector, slice->from);
        uint64_t bytes = offset_at(vector, slice->from + slice->rows) - start;

        if (joined->type->bits == 32) {
            const int32_t *from =
                (const int32_t *)(const void *)vector->values->data +
                slice->from;
            int32_t *to = (int32_t *)(void *)joined->values->data + row;
            int32_t shift = (int32_t)((int64_t)at - (int64_t)start);

            for (uint64_t k = 0; k <= slice->rows; k++)
                to[k] = from[k] + shift;
        } else {
            const int64_t *from =
                (const int64_t *)(const void *)vector->values->data +
                slice->from;
            int64_t *to = (int64_t *)(void *)joined->values->data + row;
            int64_t shift = (int64_t)at - (int64_t)start;

            for (uint64_t k = 0; k <= slice->rows; k++)
                to[k] = from[k] + shift;
        }
        memcpy(joined->data->data + at, vector->data->data + start,
               (size_t)bytes);
        row += slice->rows;
        at += bytes;
    }
}

static int join_allocate(const struct lio_slice *slices, uint32_t nslices,
                         struct lio_vector *joined)
{
    uint64_t bytes, ndata = 0;
    bool nullable = false;

    for (uint32_t i = 0; i < nslices; i++)
        nullable |= slices[i].vector.validity != NULL;
    if (joined->type->kind == LIO_KIND_VARIABLE &&
        !data_bytes(slices, nslices, &ndata))
        return LIO_EINVAL;
    if (!values_bytes(joined->type, joined->rows, &bytes))
        return LIO_ENOMEM;
    joined->values = lio_mem_new(bytes);
    joined->data = lio_mem_new(ndata);
    if (nullable)
        joined->validity = lio_mem_zeroed(lio_bits_bytes(joined->rows));
    if (!joined->values || !joined->data || (nullable && !joined->validity))
        return LIO_ENOMEM;
    /* So that the spare bits of the last byte are not left to chance. */
    if (bytes > 0)
        joined->values->data[bytes - 1] = 0;
    return 0;
}

int lio_vector_join(const struct lio_slice *slices, uint32_t nslices,
                    struct lio_vector *ret_vector)
{
    struct lio_vector joined = { .type = slices[0].vector.type };
    int rc;

    for (uint32_t i = 0; i < nslices; i++)
        joined.rows += slices[i].rows;
    if (joined.type->kind == LIO_KIND_NULL)
        return lio_vector_nulls(joined.type, joined.rows, ret_vector);
    rc = join_allocate(slices, nslices, &joined);
    if (rc < 0) {
        lio_vector_release(&joined);
        return rc;
    }
    if (joined.validity)
        join_validity(slices, nslices, &joined);
    if (joined.type->kind == LIO_KIND_FIXED)
        join_fixed(slices, nslices, &joined);
    else
        join_variable(slices, nslices, &joined);
    if (joined.nulls == 0) {
        lio_mem_put(joined.validity);
        joined.validity = NULL;
    }
    *ret_vector = joined;
    return 0;
}
