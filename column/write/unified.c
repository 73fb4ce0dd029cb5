/*
 * Unified dictionaries: a hash table of numbers, open addressing, at most half
 * full; the values themselves are only where they were collected.
 */
#include "column/write/unified.h"

#include <stdlib.h>

#define ROOM_MIN 64

/* A value that is one bit, as bytes. */
static struct lio_bytes bit_bytes(const uint8_t *bits, uint64_t at)
{
    static const uint8_t both[] = { 0, 1 };

    return (struct lio_bytes){ &both[lio_bit_get(bits, at)], 1 };
}

static struct lio_bytes value_bytes(const struct lio_type *type,
                                    const uint8_t *values,
                                    const uint8_t *offsets, const uint8_t *data,
                                    uint64_t at)
{
    size_t width = type->bits / 8;
    uint64_t start = 0, end = 0;

    if (type->kind == LIO_KIND_FIXED)
        return type->bits == 1
                   ? bit_bytes(values, at)
                   : (struct lio_bytes){ values + at * width, width };
    memcpy(&start, offsets + at * width, width);
    memcpy(&end, offsets + (at + 1) * width, width);
    return (struct lio_bytes){ data + start, (size_t)(end - start) };
}

static struct lio_bytes collected(const struct lio_collect *values, uint64_t at)
{
    return value_bytes(values->type, lio_growing_data(&values->values),
                       lio_growing_data(&values->offsets),
                       lio_growing_data(&values->data), at);
}

static struct lio_bytes of_array(const struct lio_type *type,
                                 const struct ArrowArray *array, uint64_t at)
{
    at += (uint64_t)array->offset;
    return value_bytes(
        type, array->buffers[1], array->buffers[1],
        type->kind == LIO_KIND_VARIABLE ? array->buffers[2] : NULL, at);
}

static bool same(struct lio_bytes a, struct lio_bytes b)
{
    return a.bytes == b.bytes &&
           (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}

/* Multiplied, so that each bit moves those above it, and folded, so that they
 * move those below. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 32;
}

static uint64_t hash(struct lio_bytes value)
{
    uint64_t sum = value.bytes, word = 0;

    for (; value.bytes >= sizeof(word); value.bytes -= sizeof(word)) {
        sum = mix(sum, lio_load_u64(value.data));
        value.data += sizeof(word);
    }
    if (value.bytes > 0)
        memcpy(&word, value.data, value.bytes);
    return mix(sum, word);
}

/* Where a value is in the table, or the free place where it would be. */
static uint64_t place_of(const struct lio_unified *unified,
                         const struct lio_collect *values,
                         struct lio_bytes value)
{
    uint64_t place = hash(value) & (unified->room - 1);

    while (unified->table[place] > 0 &&
           !same(collected(values, unified->table[place] - 1), value))
        place = (place + 1) & (unified->room - 1);
    return place;
}

static int grow(struct lio_unified *unified, const struct lio_collect *values)
{
    struct lio_unified more = { 0 };

    if (values->n < unified->room / 2)
        return 0;
    more.room = unified->room > 0 ? unified->room * 2 : ROOM_MIN;
    more.table = calloc((size_t)more.room, sizeof(*more.table));
    if (!more.table)
        return LIO_ENOMEM;
    for (uint64_t i = 0; i < values->n; i++)
        more.table[place_of(&more, values, collected(values, i))] = i + 1;
    free(unified->table);
    *unified = more;
    return 0;
}

void lio_unified_release(struct lio_unified *unified)
{
    free(unified->table);
    *unified = (struct lio_unified){ 0 };
}

uint64_t lio_unified_find(const struct lio_unified *unified,
                          const struct lio_collect *values,
                          const struct ArrowArray *array, uint64_t at)
{
    uint64_t place;

    if (unified->room == 0)
        return LIO_NOT_UNIFIED;
    place = place_of(unified, values, of_array(values->type, array, at));
    return unified->table[place] - 1; /* of 0: LIO_NOT_UNIFIED */
}

int lio_unified_add(struct lio_unified *unified, struct lio_collect *values,
                    const struct ArrowArray *array, uint64_t at,
                    uint64_t *ret_number)
{
    uint64_t place;
    int rc = grow(unified, values);

    if (rc < 0)
        return rc;
    place = place_of(unified, values, of_array(values->type, array, at));
    if (unified->table[place] == 0) {
        rc = lio_collect_append(values, array, at, 1);
        if (rc < 0)
            return rc;
        unified->table[place] = values->n;
    }
    *ret_number = unified->table[place] - 1;
    return 0;
}
