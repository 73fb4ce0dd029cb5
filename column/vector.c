/*
 * Vectors: sharing, and nulls.
 */
#include "column/vector.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

#include <assert.h>
#include <stdlib.h>

struct lio_vectors *lio_vectors_new(uint32_t n)
{
    struct lio_vectors *vectors =
        calloc(1, sizeof(*vectors) + n * sizeof(vectors->all[0]));

    if (!vectors)
        return NULL;
    atomic_init(&vectors->refs, 1);
    vectors->n = n;
    return vectors;
}

void lio_vectors_put(struct lio_vectors *vectors)
{
    if (!vectors ||
        atomic_fetch_sub_explicit(&vectors->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (uint32_t i = 0; i < vectors->n; i++)
        lio_vector_release(&vectors->all[i]);
    free(vectors);
}

void lio_vector_release(struct lio_vector *vector)
{
    lio_mem_put(vector->validity);
    lio_mem_put(vector->values);
    lio_mem_put(vector->data);
    lio_vectors_put(vector->children);
    *vector = (struct lio_vector){ 0 };
}

struct lio_vector lio_vector_share(const struct lio_vector *vector)
{
    (void)lio_mem_get(vector->validity);
    (void)lio_mem_get(vector->values);
    (void)lio_mem_get(vector->data);
    if (vector->children)
        atomic_fetch_add_explicit(&vector->children->refs, 1,
                                  memory_order_relaxed);
    return *vector;
}

uint64_t lio_vector_offset(const struct lio_vector *vector, uint64_t row)
{
    const uint8_t *offsets = vector->values->data;

    return vector->type->bits == 32 ? lio_load_u32(offsets + row * 4)
                                    : lio_load_u64(offsets + row * 8);
}

/* -- nulls --------------------------------------------------------------- */

static bool has_offsets(enum lio_kind kind)
{
    return kind == LIO_KIND_VARIABLE || kind == LIO_KIND_LIST;
}

/* Bytes of the values of `rows` rows; false if that overflows. */
static bool values_bytes(const struct lio_type *type, uint64_t rows,
                         uint64_t *ret_bytes)
{
    uint64_t bits;

    if (has_offsets(type->kind) && !lio_checked_add(rows, 1, &rows))
        return false;
    if (!lio_checked_mul(rows, type->bits, &bits))
        return false;
    *ret_bytes = lio_bits_bytes(bits);
    return true;
}

/* How many rows the children of `rows` nulls have. */
static uint64_t child_rows(const struct lio_type *type, uint64_t rows)
{
    uint64_t items;

    switch (type->kind) {
    case LIO_KIND_STRUCT:
        return rows;
    case LIO_KIND_FIXED_LIST:
        return lio_checked_mul(rows, type->dimension, &items) ? items
                                                              : UINT64_MAX;
    default:
        return 0;
    }
}

static int null_children(struct lio_vector *vector)
{
    const struct lio_type *type = vector->type;
    uint64_t rows = child_rows(type, vector->rows);
    int rc = 0;

    if (type->nchildren == 0)
        return 0;
    vector->children = lio_vectors_new(type->nchildren);
    if (!vector->children || rows > INT64_MAX)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < type->nchildren && rc == 0; i++)
        rc = lio_vector_nulls(type->children[i], rows,
                              &vector->children->all[i]);
    return rc;
}

/* Also without rows there is a first offset, and a buffer to point at. */
static int null_values(struct lio_vector *vector)
{
    uint64_t bytes;

    if (!values_bytes(vector->type, vector->rows, &bytes))
        return LIO_ENOMEM;
    vector->values = lio_mem_zeroed(bytes);
    vector->data = lio_mem_zeroed(0);
    if (!vector->values || !vector->data)
        return LIO_ENOMEM;
    if (vector->rows == 0 || vector->type->kind == LIO_KIND_NULL)
        return 0;
    vector->validity = lio_mem_zeroed(lio_bits_bytes(vector->rows));
    return vector->validity ? 0 : LIO_ENOMEM;
}

int lio_vector_nulls(const struct lio_type *type, uint64_t rows,
                     struct lio_vector *ret_vector)
{
    struct lio_vector vector = { .type = type, .rows = rows, .nulls = rows };
    int rc = null_values(&vector);

    if (rc == 0)
        rc = null_children(&vector);
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}
