/*
 * Bit packing in the two framings of the format, see encoding_bitpack.c.
 */
#ifndef LIO_COLUMN_WRITE_BITPACK_H
#define LIO_COLUMN_WRITE_BITPACK_H

#include "column/fastlanes.h"
#include "column/write/chunks.h"

/* Bits that the widest of `n` values of `bits` (8, 16, 32, 64) needs. */
uint32_t lio_bitpack_width(const uint8_t *values, uint64_t n, uint32_t bits);

/* Inline: bytes of a block of at most 1024 values; and the block. */
static inline uint64_t lio_inline_bytes(uint32_t bits, uint32_t width)
{
    return bits / 8 + lio_fastlanes_bytes(width);
}

void lio_inline_pack(const uint8_t *values, uint64_t n, uint32_t bits,
                     uint32_t width, uint8_t *out);

/* Out of line: the same for any number of values. */
uint64_t lio_out_of_line_bytes(uint64_t n, uint32_t bits, uint32_t width);

void lio_out_of_line_pack(const uint8_t *values, uint64_t n, uint32_t bits,
                          uint32_t width, uint8_t *out);

#endif
