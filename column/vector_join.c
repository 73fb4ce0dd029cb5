/*
 * Joining vectors: slices of several, or of one, become a vector that starts
 * at row 0.  Children are joined the same way, of the slices of them that the
 * parents' slices cover:
 *
 *     list        from offset [from] to offset [from + rows]
 *     fixed list  from * dimension to (from + rows) * dimension
 *     struct      the same rows
 *     dictionary  all of it: see below
 */
#include "column/vector.h"

#include "column/bits.h"
#include "column/bytes.h"
#include "column/pool.h"

#include "common/checked.h"

#include <stdlib.h>

struct join {
    const struct lio_slice *slices;
    uint32_t n;
    struct lio_vector *out;
};

/* -- validity ------------------------------------------------------------ */

static int join_validity(const struct join *join)
{
    struct lio_vector *out = join->out;
    bool nullable = false;
    uint64_t at = 0;

    for (uint32_t i = 0; i < join->n; i++)
        nullable |= join->slices[i].vector.validity != NULL;
    if (!nullable)
        return 0;
    out->validity = lio_mem_zeroed(lio_bits_bytes(out->rows));
    if (!out->validity)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < join->n; i++) {
        const struct lio_slice *slice = &join->slices[i];

        if (slice->vector.validity)
            lio_bits_copy(out->validity->data, at, slice->vector.validity->data,
                          slice->from, slice->rows);
        else
            lio_bits_fill(out->validity->data, at, slice->rows, true);
        at += slice->rows;
    }
    out->nulls = out->rows - lio_bits_count(out->validity->data, 0, out->rows);
    if (out->nulls > 0)
        return 0;
    lio_mem_put(out->validity);
    out->validity = NULL;
    return 0;
}

/* -- values -------------------------------------------------------------- */

static int alloc_values(const struct join *join, uint64_t rows)
{
    struct lio_vector *out = join->out;
    uint64_t bits;

    if (!lio_checked_mul(rows, out->type->bits, &bits))
        return LIO_ENOMEM;
    out->values =
        lio_pool_like(join->slices[0].vector.values, lio_bits_bytes(bits));
    if (!out->values)
        return LIO_ENOMEM;
    /* So that the spare bits of the last byte are not left to chance. */
    if (out->values->bytes > 0)
        out->values->data[out->values->bytes - 1] = 0;
    return 0;
}

static int join_fixed(const struct join *join)
{
    uint32_t bits = join->out->type->bits;
    uint64_t at = 0;
    int rc = alloc_values(join, join->out->rows);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < join->n; i++) {
        const struct lio_slice *slice = &join->slices[i];
        const uint8_t *from = slice->vector.values->data;

        if (bits == 1)
            lio_bits_copy(join->out->values->data, at, from, slice->from,
                          slice->rows);
        else
            memcpy(join->out->values->data + at * (bits / 8),
                   from + slice->from * (bits / 8),
                   (size_t)(slice->rows * (bits / 8)));
        at += slice->rows;
    }
    return 0;
}

/* -- offsets ------------------------------------------------------------- */

/* The bytes or items of a slice, from `*ret_start` on. */
static uint64_t extent(const struct lio_slice *slice, uint64_t *ret_start)
{
    *ret_start = lio_vector_offset(&slice->vector, slice->from);
    return lio_vector_offset(&slice->vector, slice->from + slice->rows) -
           *ret_start;
}

/* The sum of the slices' extents; LIO_EINVAL if 32-bit offsets cannot tell
 * it. */
static int sum_extents(const struct join *join, uint64_t *ret_sum)
{
    uint64_t sum = 0, start;

    for (uint32_t i = 0; i < join->n; i++) {
        sum += extent(&join->slices[i], &start);
        if (join->out->type->bits == 32 && sum > INT32_MAX)
            return LIO_EINVAL;
    }
    *ret_sum = sum;
    return 0;
}

static void move_offsets_32(const struct lio_slice *slice, uint8_t *to,
                            int32_t shift)
{
    const uint8_t *from = slice->vector.values->data + slice->from * 4;

    for (uint64_t i = 0; i <= slice->rows; i++) {
        int32_t offset = (int32_t)lio_load_u32(from + i * 4) + shift;

        memcpy(to + i * 4, &offset, 4);
    }
}

static void move_offsets_64(const struct lio_slice *slice, uint8_t *to,
                            int64_t shift)
{
    const uint8_t *from = slice->vector.values->data + slice->from * 8;

    for (uint64_t i = 0; i <= slice->rows; i++) {
        int64_t offset = (int64_t)lio_load_u64(from + i * 8) + shift;

        memcpy(to + i * 8, &offset, 8);
    }
}

static int join_offsets(const struct join *join)
{
    uint64_t row = 0, at = 0, start, sum;
    int rc = sum_extents(join, &sum);

    if (rc == 0)
        rc = alloc_values(join, join->out->rows + 1);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < join->n; i++) {
        const struct lio_slice *slice = &join->slices[i];
        uint64_t n = extent(slice, &start);
        int64_t shift = (int64_t)at - (int64_t)start;

        if (join->out->type->bits == 32)
            move_offsets_32(slice, join->out->values->data + row * 4,
                            (int32_t)shift);
        else
            move_offsets_64(slice, join->out->values->data + row * 8, shift);
        row += slice->rows;
        at += n;
    }
    return 0;
}

static int join_data(const struct join *join)
{
    uint64_t at = 0, start, sum;
    int rc = sum_extents(join, &sum);

    if (rc < 0)
        return rc;
    join->out->data = lio_pool_like(join->slices[0].vector.data, sum);
    if (!join->out->data)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < join->n; i++) {
        uint64_t n = extent(&join->slices[i], &start);

        memcpy(join->out->data->data + at,
               join->slices[i].vector.data->data + start, (size_t)n);
        at += n;
    }
    return 0;
}

/* -- children ------------------------------------------------------------ */

/* What a slice covers of child `number`. */
static struct lio_slice child_slice(const struct lio_slice *slice,
                                    uint32_t number)
{
    const struct lio_type *type = slice->vector.type;
    struct lio_slice child = { slice->vector.children->all[number], slice->from,
                               slice->rows };

    if (type->kind == LIO_KIND_LIST) {
        child.rows = extent(slice, &child.from);
    } else if (type->kind == LIO_KIND_FIXED_LIST) {
        child.from *= type->dimension;
        child.rows *= type->dimension;
    }
    return child;
}

static int join_child(const struct join *join, struct lio_slice *slices,
                      uint32_t number)
{
    for (uint32_t i = 0; i < join->n; i++)
        slices[i] = child_slice(&join->slices[i], number);
    /* Not read, neither here nor there. */
    if (!slices[0].vector.type)
        return 0;
    return lio_vector_join(slices, join->n, &join->out->children->all[number]);
}

static int join_children(const struct join *join)
{
    uint32_t nchildren = join->slices[0].vector.children
                             ? join->slices[0].vector.children->n
                             : 0;
    struct lio_slice *slices = calloc(join->n, sizeof(*slices));
    int rc = 0;

    join->out->children = lio_vectors_new(nchildren);
    if (!slices || !join->out->children)
        rc = LIO_ENOMEM;
    for (uint32_t i = 0; i < nchildren && rc == 0; i++)
        rc = join_child(join, slices, i);
    free(slices);
    return rc;
}

int lio_vector_join(const struct lio_slice *slices, uint32_t nslices,
                    struct lio_vector *ret_vector)
{
    struct lio_vector joined = { .type = slices[0].vector.type };
    const struct join join = { slices, nslices, &joined };
    int rc;

    for (uint32_t i = 0; i < nslices; i++)
        joined.rows += slices[i].rows;
    if (joined.type->kind == LIO_KIND_NULL)
        return lio_vector_nulls(joined.type, joined.rows, ret_vector);
    rc = join_validity(&join);
    if (rc == 0 && joined.type->kind == LIO_KIND_FIXED)
        rc = join_fixed(&join);
    if (rc == 0 && (joined.type->kind == LIO_KIND_VARIABLE ||
                    joined.type->kind == LIO_KIND_LIST))
        rc = join_offsets(&join);
    if (rc == 0 && joined.type->kind == LIO_KIND_VARIABLE)
        rc = join_data(&join);
    if (rc == 0 && joined.type->kind == LIO_KIND_DICTIONARY)
        rc = lio_vector_join_dictionaries(slices, nslices, &joined);
    else if (rc == 0 && joined.type->nchildren > 0)
        rc = join_children(&join);
    if (rc < 0) {
        lio_vector_release(&joined);
        return rc;
    }
    *ret_vector = joined;
    return 0;
}

int lio_vector_cut(const struct lio_slice *slice, struct lio_vector *ret_vector)
{
    if (slice->from > 0 || slice->rows < slice->vector.rows)
        return lio_vector_join(slice, 1, ret_vector);
    *ret_vector = lio_vector_share(&slice->vector);
    return 0;
}
