/*
 * FastLanes packing and unpacking.
 *
 * A block of 1024 values is seen as T rows (T = bits of a word) of 1024 / T
 * lanes.  Word k of a lane is at packed[k * lanes + lane], and the words of a
 * lane are one string of bits, lowest first, that holds the lane's value of
 * row 0, row 1, ...  So one row of all lanes comes from one or two rows of
 * words, by the same shifts, and the loop over lanes vectorises: that is the
 * point of the order.  Where the rows go is a fixed permutation:
 *
 *     index(row, lane) = order[row / 8] * 16 + row % 8 * 128 + lane
 */
#include "column/fastlanes.h"

#include <string.h>

static const uint16_t order[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };

/* The words of a row are copied out first: the buffer is unaligned. */
#define DEFINE_UNPACK(T)                                                       \
    static void unpack_##T(const uint8_t *packed, uint32_t width,              \
                           uint##T##_t *restrict out)                          \
    {                                                                          \
        enum { LANES = LIO_FASTLANES_BLOCK / T };                              \
        const uint##T##_t mask = (uint##T##_t)(UINT##T##_MAX >> (T - width));  \
        uint##T##_t low[LANES], high[LANES];                                   \
                                                                               \
        for (uint32_t row = 0; row < T; row++) {                               \
            uint32_t word = row * width / T, shift = row * width % T;          \
            uint##T##_t *to = out + order[row / 8] * 16 + row % 8 * 128;       \
                                                                               \
            memcpy(low, packed + word * sizeof(low), sizeof(low));             \
            if (shift + width <= T) {                                          \
                for (uint32_t lane = 0; lane < LANES; lane++)                  \
                    to[lane] = (uint##T##_t)(low[lane] >> shift) & mask;       \
                continue;                                                      \
            }                                                                  \
            memcpy(high, packed + (word + 1) * sizeof(high), sizeof(high));    \
            for (uint32_t lane = 0; lane < LANES; lane++)                      \
                to[lane] =                                                     \
                    (uint##T##_t)(low[lane] >> shift |                         \
                                  (uint##T##_t)(high[lane] << (T - shift))) &  \
                    mask;                                                      \
        }                                                                      \
    }

DEFINE_UNPACK(8)
DEFINE_UNPACK(16)
DEFINE_UNPACK(32)
DEFINE_UNPACK(64)

/* A row is added to the words being filled, which go out when they are full. */
#define DEFINE_PACK(T)                                                         \
    static void pack_##T(const uint8_t *in, uint32_t width, uint8_t *packed)   \
    {                                                                          \
        enum { LANES = LIO_FASTLANES_BLOCK / T };                              \
        uint##T##_t from[LANES], word[LANES] = { 0 };                          \
                                                                               \
        for (uint32_t row = 0; row < T; row++) {                               \
            uint32_t shift = row * width % T;                                  \
            size_t at = order[row / 8] * 16 + row % 8 * 128;                   \
                                                                               \
            memcpy(from, in + at * (T / 8), sizeof(from));                     \
            for (uint32_t lane = 0; lane < LANES; lane++)                      \
                word[lane] |= (uint##T##_t)(from[lane] << shift);              \
            if (shift + width < T)                                             \
                continue;                                                      \
            memcpy(packed, word, sizeof(word));                                \
            packed += sizeof(word);                                            \
            /* In two steps: one by all T bits would be undefined. */          \
            for (uint32_t lane = 0; lane < LANES; lane++)                      \
                word[lane] =                                                   \
                    (uint##T##_t)(from[lane] >> 1 >> (T - 1 - shift));         \
        }                                                                      \
    }

DEFINE_PACK(8)
DEFINE_PACK(16)
DEFINE_PACK(32)
DEFINE_PACK(64)

bool lio_fastlanes_word(uint64_t bits)
{
    return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

void lio_fastlanes_unpack(const uint8_t *packed, uint32_t bits, uint32_t width,
                          void *out)
{
    /* No words at all, and a mask that would take a shift by all bits. */
    if (width == 0) {
        memset(out, 0, LIO_FASTLANES_BLOCK * (size_t)(bits / 8));
        return;
    }
    switch (bits) {
    case 8:
        unpack_8(packed, width, out);
        break;
    case 16:
        unpack_16(packed, width, out);
        break;
    case 32:
        unpack_32(packed, width, out);
        break;
    default:
        unpack_64(packed, width, out);
    }
}

void lio_fastlanes_pack(const uint8_t *in, uint32_t bits, uint32_t width,
                        uint8_t *packed)
{
    if (width == 0)
        return;
    switch (bits) {
    case 8:
        pack_8(in, width, packed);
        break;
    case 16:
        pack_16(in, width, packed);
        break;
    case 32:
        pack_32(in, width, packed);
        break;
    default:
        pack_64(in, width, packed);
    }
}
