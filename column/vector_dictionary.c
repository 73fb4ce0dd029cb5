/*
 * Joining slices with dictionaries.
 *
 * Every page has a dictionary of its own.  Where they are all the same, which
 * is usual for few values, it is kept and indices are copied; otherwise the
 * dictionaries are put one behind the other and indices moved:
 *
 *     a b c | 0 2 1     +   c d | 1 1 0    =   a b c c d | 0 2 1 4 4 3
 */
#include "column/vector.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

#include <stdlib.h>

static const struct lio_vector *dictionary_of(const struct lio_slice *slice)
{
    return &slice->vector.children->all[0];
}

static bool same_bytes(const struct lio_mem *a, const struct lio_mem *b,
                       uint64_t bytes)
{
    return a == b || memcmp(a->data, b->data, (size_t)bytes) == 0;
}

/* Dictionaries have no nulls: rows are null, not values. */
static bool same_values(const struct lio_vector *a, const struct lio_vector *b)
{
    uint64_t bits = a->type->bits, n = a->rows;

    if (a->rows != b->rows)
        return false;
    if (a->type->kind == LIO_KIND_FIXED)
        return same_bytes(a->values, b->values, lio_bits_bytes(n * bits));
    return same_bytes(a->values, b->values, (n + 1) * (bits / 8)) &&
           same_bytes(a->data, b->data, lio_vector_offset(a, n));
}

static uint64_t load_index(const uint8_t *from, uint32_t bits)
{
    uint64_t index = 0;

    memcpy(&index, from, bits / 8);
    return index;
}

static void move_indices(const struct lio_slice *slice, uint64_t shift,
                         uint8_t *to)
{
    uint32_t bits = slice->vector.type->bits;
    const uint8_t *from = slice->vector.values->data + slice->from * (bits / 8);

    if (shift == 0) {
        memcpy(to, from, (size_t)(slice->rows * (bits / 8)));
        return;
    }
    for (uint64_t i = 0; i < slice->rows; i++) {
        uint64_t index = load_index(from + i * (bits / 8), bits) + shift;

        memcpy(to + i * (bits / 8), &index, bits / 8);
    }
}

static int join_indices(const struct lio_slice *slices, uint32_t nslices,
                        bool same, struct lio_vector *joined)
{
    uint64_t shift = 0, row = 0, width = joined->type->bits / 8, bytes;

    if (!lio_checked_mul(joined->rows, width, &bytes))
        return LIO_ENOMEM;
    joined->values = lio_mem_new(bytes);
    if (!joined->values)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < nslices; i++) {
        move_indices(&slices[i], shift, joined->values->data + row * width);
        row += slices[i].rows;
        shift += same ? 0 : dictionary_of(&slices[i])->rows;
    }
    return shift > lio_type_index_max(joined->type) ? LIO_EINVAL : 0;
}

static int join_values(const struct lio_slice *slices, uint32_t nslices,
                       struct lio_vector *ret_values)
{
    struct lio_slice *values = calloc(nslices, sizeof(*values));
    int rc;

    if (!values)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < nslices; i++) {
        values[i].vector = *dictionary_of(&slices[i]);
        values[i].rows = values[i].vector.rows;
    }
    rc = lio_vector_join(values, nslices, ret_values);
    free(values);
    return rc;
}

int lio_vector_join_dictionaries(const struct lio_slice *slices,
                                 uint32_t nslices, struct lio_vector *joined)
{
    bool same = true;
    int rc;

    for (uint32_t i = 1; i < nslices && same; i++)
        same =
            same_values(dictionary_of(&slices[0]), dictionary_of(&slices[i]));
    rc = join_indices(slices, nslices, same, joined);
    if (rc < 0)
        return rc;
    joined->children = lio_vectors_new(1);
    if (!joined->children)
        return LIO_ENOMEM;
    if (!same)
        return join_values(slices, nslices, &joined->children->all[0]);
    joined->children->all[0] = lio_vector_share(dictionary_of(&slices[0]));
    return 0;
}
