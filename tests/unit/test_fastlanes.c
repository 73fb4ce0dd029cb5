/*
 * Unpacking, against packing as the format describes it: value by value, bit by
 * bit, with none of the unpacker's shortcuts.
 */
#include "column/fastlanes.h"

#include <stdarg.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define BLOCK LIO_FASTLANES_BLOCK

static uint64_t mask(uint32_t width)
{
    return width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static uint64_t value_of(uint32_t i, uint32_t width)
{
    return (i + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 7 & mask(width);
}

/* Where the value of (row, lane) stands among the 1024. */
static uint32_t index_of(uint32_t row, uint32_t lane)
{
    static const uint32_t order[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };

    return order[row / 8] * 16 + row % 8 * 128 + lane;
}

static void put_bit(uint8_t *packed, uint32_t word, uint32_t bit, uint32_t bits,
                    uint64_t value)
{
    packed[word * (bits / 8) + bit / 8] |= (uint8_t)((value & 1) << bit % 8);
}

static void pack(uint8_t *packed, uint32_t bits, uint32_t width)
{
    uint32_t lanes = BLOCK / bits;

    memset(packed, 0, lio_fastlanes_bytes(width));
    for (uint32_t lane = 0; lane < lanes; lane++)
        for (uint32_t row = 0; row < bits; row++)
            for (uint32_t k = 0; k < width; k++) {
                uint32_t at = row * width + k;

                put_bit(packed, at / bits * lanes + lane, at % bits, bits,
                        value_of(index_of(row, lane), width) >> k);
            }
}

static uint64_t unpacked_at(const uint8_t *out, uint32_t i, uint32_t bits)
{
    uint64_t value = 0;

    memcpy(&value, out + i * (bits / 8), bits / 8);
    return value;
}

static void every_width_of_every_word_unpacks(void **state)
{
    static const uint32_t words[] = { 8, 16, 32, 64 };
    /* One more: packed bytes are unaligned in files. */
    static uint8_t packed[BLOCK * 8 + 1];
    static _Alignas(64) uint8_t out[BLOCK * 8];

    (void)state;
    for (size_t w = 0; w < 4; w++)
        for (uint32_t width = 0; width <= words[w]; width++) {
            pack(packed + 1, words[w], width);
            memset(out, 0xaa, sizeof(out));
            lio_fastlanes_unpack(packed + 1, words[w], width, out);
            for (uint32_t i = 0; i < BLOCK; i++)
                assert_true(unpacked_at(out, i, words[w]) ==
                            value_of(i, width));
        }
}

static void every_width_of_every_word_packs(void **state)
{
    static const uint32_t words[] = { 8, 16, 32, 64 };
    static uint8_t values[BLOCK * 8 + 1], packed[BLOCK * 8], out[BLOCK * 8];

    (void)state;
    for (size_t w = 0; w < 4; w++)
        for (uint32_t width = 0; width <= words[w]; width++) {
            for (uint32_t i = 0; i < BLOCK; i++) {
                uint64_t value = value_of(i, width);

                memcpy(values + 1 + i * (words[w] / 8), &value, words[w] / 8);
            }
            pack(packed, words[w], width);
            lio_fastlanes_pack(values + 1, words[w], width, out);
            assert_memory_equal(out, packed, lio_fastlanes_bytes(width));
        }
}

static void only_four_words_are_known(void **state)
{
    (void)state;
    for (uint64_t bits = 0; bits < 130; bits++)
        assert_int_equal(lio_fastlanes_word(bits),
                         bits == 8 || bits == 16 || bits == 32 || bits == 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_of_every_word_unpacks),
        cmocka_unit_test(every_width_of_every_word_packs),
        cmocka_unit_test(only_four_words_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
