/*
 * What stands in the slots of nulls: the value before, or the first that is
 * there.  It makes runs longer and never asks for more bits.
 */
#include "column/write/chunks.h"

static void fill_bits(const struct lio_plain *values, uint8_t *out)
{
    /* Of bits nothing is gained by runs: null is 0. */
    for (uint64_t i = 0; i < lio_bits_bytes(values->n); i++)
        out[i] = values->values[i] & values->validity[i];
}

#define DEFINE_FILL(T)                                                         \
    static void fill_##T(const struct lio_plain *values, uint64_t first,       \
                         uint8_t *out)                                         \
    {                                                                          \
        uint##T##_t last;                                                      \
                                                                               \
        memcpy(&last, values->values + first * sizeof(last), sizeof(last));    \
        for (uint64_t i = 0; i < values->n; i++) {                             \
            uint##T##_t value;                                                 \
                                                                               \
            memcpy(&value, values->values + i * sizeof(value), sizeof(value)); \
            last = lio_bit_get(values->validity, i) ? value : last;            \
            memcpy(out + i * sizeof(last), &last, sizeof(last));               \
        }                                                                      \
    }

DEFINE_FILL(8)
DEFINE_FILL(16)
DEFINE_FILL(32)
DEFINE_FILL(64)

static void fill_any(const struct lio_plain *values, uint64_t first,
                     size_t width, uint8_t *out)
{
    uint64_t last = first;

    for (uint64_t i = 0; i < values->n; i++) {
        last = lio_bit_get(values->validity, i) ? i : last;
        memcpy(out + i * width, values->values + last * width, width);
    }
}

static void fill(const struct lio_plain *values, uint64_t bits, uint8_t *out)
{
    uint64_t first = 0;

    while (first < values->n && !lio_bit_get(values->validity, first))
        first++;
    if (first == values->n) {
        memset(out, 0, (size_t)lio_bits_bytes(values->n * bits));
        return;
    }
    switch (bits) {
    case 1:
        fill_bits(values, out);
        break;
    case 8:
        fill_8(values, first, out);
        break;
    case 16:
        fill_16(values, first, out);
        break;
    case 32:
        fill_32(values, first, out);
        break;
    case 64:
        fill_64(values, first, out);
        break;
    default:
        fill_any(values, first, bits / 8, out);
    }
}

int lio_fixed_fill(const struct lio_encode *enc, const struct lio_plain *values,
                   struct lio_fixed *ret_fixed)
{
    uint64_t bits = values->type->bits;
    uint8_t *out;
    int rc;

    *ret_fixed = (struct lio_fixed){ values->values, values->n, bits };
    if (lio_plain_nulls(values) == 0)
        return 0;
    rc = lio_encode_alloc(enc, lio_bits_bytes(values->n * bits), &out);
    if (rc < 0)
        return rc;
    fill(values, bits, out);
    ret_fixed->values = out;
    return 0;
}
