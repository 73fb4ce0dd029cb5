/*
 * Bitmaps, against the same done bit by bit.
 */
#include "column/bits.h"

#include <stdarg.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define BITS 256

/* Bits without a pattern that a wrong shift would map onto itself. */
static void fill(uint8_t *bytes, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

static void copy_moves_bits_and_spares_the_rest(void **state)
{
    uint8_t from[BITS / 8], to[BITS / 8], want[BITS / 8];

    (void)state;
    fill(from, sizeof(from), 1);
    for (uint64_t from_at = 0; from_at < 18; from_at++)
        for (uint64_t to_at = 0; to_at < 18; to_at++)
            for (uint64_t n = 0; n < BITS - 18; n += 7) {
                fill(to, sizeof(to), 2);
                memcpy(want, to, sizeof(to));
                for (uint64_t i = 0; i < n; i++)
                    lio_bit_set(want, to_at + i,
                                lio_bit_get(from, from_at + i));
                lio_bits_copy(to, to_at, from, from_at, n);
                assert_memory_equal(to, want, sizeof(to));
            }
}

static void fill_sets_bits_and_spares_the_rest(void **state)
{
    uint8_t to[BITS / 8], want[BITS / 8];

    (void)state;
    for (int value = 0; value < 2; value++)
        for (uint64_t at = 0; at < 18; at++)
            for (uint64_t n = 0; n < BITS - 18; n += 5) {
                fill(to, sizeof(to), 3);
                memcpy(want, to, sizeof(to));
                for (uint64_t i = 0; i < n; i++)
                    lio_bit_set(want, at + i, value);
                lio_bits_fill(to, at, n, value);
                assert_memory_equal(to, want, sizeof(to));
            }
}

static void count_counts_from_any_bit(void **state)
{
    uint8_t bytes[BITS / 8];

    (void)state;
    fill(bytes, sizeof(bytes), 4);
    for (uint64_t at = 0; at < 18; at++)
        for (uint64_t n = 0; n <= BITS - 18; n++) {
            uint64_t want = 0;

            for (uint64_t i = 0; i < n; i++)
                want += lio_bit_get(bytes, at + i);
            assert_int_equal(lio_bits_count(bytes, at, n), want);
        }
}

static void bytes_of_any_count_do_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(lio_bits_bytes(0), 0);
    assert_int_equal(lio_bits_bytes(1), 1);
    assert_int_equal(lio_bits_bytes(8), 1);
    assert_int_equal(lio_bits_bytes(9), 2);
    assert_true(lio_bits_bytes(UINT64_MAX) == UINT64_C(1) << 61);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_moves_bits_and_spares_the_rest),
        cmocka_unit_test(fill_sets_bits_and_spares_the_rest),
        cmocka_unit_test(count_counts_from_any_bit),
        cmocka_unit_test(bytes_of_any_count_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
