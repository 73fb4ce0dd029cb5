/*
 * FastLanes bit packing: blocks of 1024 values of W bits each.
 */
#ifndef LIO_COLUMN_FASTLANES_H
#define LIO_COLUMN_FASTLANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIO_FASTLANES_BLOCK 1024

/* Bytes of a packed block of values of `width` bits. */
static inline size_t lio_fastlanes_bytes(uint32_t width)
{
    return (size_t)width * (LIO_FASTLANES_BLOCK / 8);
}

/* Whether words of `bits` can be unpacked: 8, 16, 32 and 64 can. */
bool lio_fastlanes_word(uint64_t bits);

/*
 * Pack a block: `in` holds 1024 words of `bits`, unaligned, none of which needs
 * more than `width` bits; `packed` takes lio_fastlanes_bytes(width) bytes.
 */
void lio_fastlanes_pack(const uint8_t *in, uint32_t bits, uint32_t width,
                        uint8_t *packed);

/*
 * Unpack a block: `packed` holds lio_fastlanes_bytes(width) bytes, unaligned;
 * `out` takes 1024 words of `bits`, aligned to them.  width <= bits.
 */
void lio_fastlanes_unpack(const uint8_t *packed, uint32_t bits, uint32_t width,
                          void *out);

#endif
