/*
 * Bitmaps: value i is bit i % 8 of byte i / 8, as in the format and in Arrow.
 */
#ifndef LIO_COLUMN_BITS_H
#define LIO_COLUMN_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint64_t lio_bits_bytes(uint64_t bits)
{
    return bits / 8 + (bits % 8 != 0);
}

static inline bool lio_bit_get(const uint8_t *bits, uint64_t at)
{
    return bits[at / 8] >> (at % 8) & 1;
}

static inline void lio_bit_set(uint8_t *bits, uint64_t at, bool value)
{
    uint8_t mask = (uint8_t)(1u << (at % 8));

    bits[at / 8] = value ? (uint8_t)(bits[at / 8] | mask)
                         : (uint8_t)(bits[at / 8] & ~mask);
}

/* Copy `n` bits from bit `from_at` of `from` to bit `to_at` of `to`; the bits
 * of `to` before and after stay. */
void lio_bits_copy(uint8_t *to, uint64_t to_at, const uint8_t *from,
                   uint64_t from_at, uint64_t n);

/* Set `n` bits to one value. */
void lio_bits_fill(uint8_t *bits, uint64_t at, uint64_t n, bool value);

/* How many of `n` bits are set. */
uint64_t lio_bits_count(const uint8_t *bits, uint64_t at, uint64_t n);

#endif
