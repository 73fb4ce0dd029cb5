/*
 * Bit packing.
 */
#include "column/write/bitpack.h"

/* All values or'ed together, a block of them at a time so that the loop
 * vectorises: what the lanes have so far stays in registers. */
#define DEFINE_OR(T)                                                           \
    static uint64_t or_##T(const uint8_t *values, uint64_t n)                  \
    {                                                                          \
        enum { LANES = 512 / T };                                              \
        uint##T##_t from[LANES], all[LANES] = { 0 }, rest = 0;                 \
        uint64_t i = 0;                                                        \
                                                                               \
        for (; n - i >= LANES; i += LANES) {                                   \
            memcpy(from, values + i * (T / 8), sizeof(from));                  \
            for (unsigned lane = 0; lane < LANES; lane++)                      \
                all[lane] |= from[lane];                                       \
        }                                                                      \
        for (; i < n; i++) {                                                   \
            memcpy(from, values + i * (T / 8), T / 8);                         \
            rest |= from[0];                                                   \
        }                                                                      \
        for (unsigned lane = 0; lane < LANES; lane++)                          \
            rest |= all[lane];                                                 \
        return rest;                                                           \
    }

DEFINE_OR(8)
DEFINE_OR(16)
DEFINE_OR(32)
DEFINE_OR(64)

uint32_t lio_bitpack_width(const uint8_t *values, uint64_t n, uint32_t bits)
{
    uint64_t all;

    switch (bits) {
    case 8:
        all = or_8(values, n);
        break;
    case 16:
        all = or_16(values, n);
        break;
    case 32:
        all = or_32(values, n);
        break;
    default:
        all = or_64(values, n);
    }
    return all == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(all);
}

/* A block that is not full is filled up with zeros. */
static void pack_block(const uint8_t *values, uint64_t n, uint32_t bits,
                       uint32_t width, uint8_t *out)
{
    uint8_t block[LIO_FASTLANES_BLOCK * 8];

    if (n < LIO_FASTLANES_BLOCK) {
        size_t bytes = (size_t)n * (bits / 8);

        memcpy(block, values, bytes);
        memset(block + bytes, 0, LIO_FASTLANES_BLOCK * (bits / 8) - bytes);
        values = block;
    }
    lio_fastlanes_pack(values, bits, width, out);
}

void lio_inline_pack(const uint8_t *values, uint64_t n, uint32_t bits,
                     uint32_t width, uint8_t *out)
{
    uint64_t word = width;

    memcpy(out, &word, bits / 8);
    pack_block(values, n, bits, width, out + bits / 8);
}

/* The rest is packed if that is shorter than plain words: what a reader can
 * tell from its size, because the two are never equal. */
static bool rest_packed(uint64_t rest, uint32_t bits, uint32_t width)
{
    return rest * (bits / 8) > lio_fastlanes_bytes(width);
}

uint64_t lio_out_of_line_bytes(uint64_t n, uint32_t bits, uint32_t width)
{
    uint64_t rest = n % LIO_FASTLANES_BLOCK;
    uint64_t whole = n / LIO_FASTLANES_BLOCK * lio_fastlanes_bytes(width);

    return whole + (rest_packed(rest, bits, width) ? lio_fastlanes_bytes(width)
                                                   : rest * (bits / 8));
}

void lio_out_of_line_pack(const uint8_t *values, uint64_t n, uint32_t bits,
                          uint32_t width, uint8_t *out)
{
    const size_t plain_bytes = LIO_FASTLANES_BLOCK * (bits / 8);
    uint64_t rest = n % LIO_FASTLANES_BLOCK;

    for (uint64_t i = 0; i < n / LIO_FASTLANES_BLOCK; i++) {
        lio_fastlanes_pack(values, bits, width, out);
        values += plain_bytes;
        out += lio_fastlanes_bytes(width);
    }
    if (rest_packed(rest, bits, width))
        pack_block(values, rest, bits, width, out);
    else if (rest > 0)
        memcpy(out, values, (size_t)rest * (bits / 8));
}
