/*
 * What encoders want to know of plain values.
 */
#include "column/write/plain.h"

#include <string.h>

struct lio_bytes lio_plain_bytes(const struct lio_plain *plain, uint64_t slot)
{
    uint64_t start, end;

    if (!lio_plain_valid(plain, slot))
        return (struct lio_bytes){ 0 };
    start = lio_plain_offset(plain, slot);
    end = lio_plain_offset(plain, slot + 1);
    return (struct lio_bytes){ plain->data + start, (size_t)(end - start) };
}

uint64_t lio_plain_nulls(const struct lio_plain *plain)
{
    return plain->validity
               ? plain->n - lio_bits_count(plain->validity, 0, plain->n)
               : 0;
}

/* -- the largest value --------------------------------------------------- */

static uint64_t largest_string(const struct lio_plain *plain)
{
    uint64_t largest = 0;

    for (uint64_t i = 0; i < plain->n; i++) {
        uint64_t bytes =
            lio_plain_offset(plain, i + 1) - lio_plain_offset(plain, i);

        if (bytes > largest && lio_plain_valid(plain, i))
            largest = bytes;
    }
    return largest;
}

static uint64_t largest_struct(const struct lio_plain *plain)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < plain->type->nchildren && plain->children; i++)
        bytes += lio_plain_largest(&plain->children[i]);
    return bytes;
}

uint64_t lio_plain_largest(const struct lio_plain *plain)
{
    switch (plain->type->kind) {
    case LIO_KIND_VARIABLE:
        return largest_string(plain);
    case LIO_KIND_STRUCT:
        return largest_struct(plain);
    default:
        return lio_bits_bytes(lio_type_bits(plain->type));
    }
}

/* -- constants ----------------------------------------------------------- */

static bool same_string(const struct lio_plain *plain, uint64_t a, uint64_t b)
{
    struct lio_bytes x = lio_plain_bytes(plain, a);
    struct lio_bytes y = lio_plain_bytes(plain, b);

    return x.bytes == y.bytes &&
           (x.bytes == 0 || memcmp(x.data, y.data, x.bytes) == 0);
}

static bool same_value(const struct lio_plain *plain, uint64_t a, uint64_t b)
{
    const struct lio_type *type = plain->type;
    const struct lio_plain *items;
    size_t bytes;

    if (type->kind == LIO_KIND_VARIABLE)
        return same_string(plain, a, b);
    if (type->kind == LIO_KIND_FIXED_LIST) {
        items = plain->children;
        for (uint64_t i = 0; i < type->dimension; i++)
            if (!same_value(items, a * type->dimension + i,
                            b * type->dimension + i))
                return false;
        return true;
    }
    if (type->bits == 1)
        return lio_bit_get(plain->values, a) == lio_bit_get(plain->values, b);
    bytes = type->bits / 8;
    return memcmp(plain->values + a * bytes, plain->values + b * bytes,
                  bytes) == 0;
}

/* A constant cannot say that some of its items are null. */
static bool whole(const struct lio_plain *plain)
{
    if (plain->type->kind != LIO_KIND_FIXED_LIST)
        return true;
    return lio_plain_nulls(plain->children) == 0 && whole(plain->children);
}

bool lio_plain_constant(const struct lio_plain *plain, uint64_t *ret_slot)
{
    enum lio_kind kind = plain->type->kind;
    uint64_t first = 0;

    if (kind == LIO_KIND_STRUCT || kind == LIO_KIND_LIST ||
        kind == LIO_KIND_NULL || !whole(plain))
        return false;
    while (first < plain->n && !lio_plain_valid(plain, first))
        first++;
    if (first == plain->n)
        return false;
    for (uint64_t i = first + 1; i < plain->n; i++)
        if (lio_plain_valid(plain, i) && !same_value(plain, first, i))
            return false;
    *ret_slot = first;
    return true;
}
