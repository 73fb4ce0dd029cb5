/* Integers and decimals as text. */
#include "cli/number.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void assert_put(const char *expected, const char *text, const char *end)
{
    size_t bytes = (size_t)(end - text);

    assert_int_equal(bytes, strlen(expected));
    assert_memory_equal(text, expected, bytes);
}

static void unsigned_numbers_equal_printf(void **state)
{
    uint64_t number = 1;

    (void)state;
    for (int i = 0; i < 64; i++, number *= 2) {
        for (int64_t around = -1; around <= 1; around++) {
            uint64_t n = number + (uint64_t)around;
            char text[CLI_U64_ROOM], expected[32];

            (void)snprintf(expected, sizeof(expected), "%" PRIu64, n);
            assert_put(expected, text, cli_u64_put(text, n));
        }
    }
}

static void powers_of_ten_keep_all_digits(void **state)
{
    uint64_t number = 1;

    (void)state;
    for (int i = 0; i < 20; i++, number *= 10) {
        char text[CLI_U64_ROOM], expected[32];

        (void)snprintf(expected, sizeof(expected), "%" PRIu64, number);
        assert_put(expected, text, cli_u64_put(text, number));
        (void)snprintf(expected, sizeof(expected), "%" PRIu64, number - 1);
        assert_put(expected, text, cli_u64_put(text, number - 1));
    }
}

static void signed_numbers_reach_both_ends(void **state)
{
    char text[CLI_I64_ROOM];

    (void)state;
    assert_put("-9223372036854775808", text, cli_i64_put(text, INT64_MIN));
    assert_put("9223372036854775807", text, cli_i64_put(text, INT64_MAX));
    assert_put("-1", text, cli_i64_put(text, -1));
    assert_put("0", text, cli_i64_put(text, 0));
}

static void digits_are_padded_with_zeros(void **state)
{
    char text[8];

    (void)state;
    assert_put("000042", text, cli_digits_put(text, 42, 6));
    assert_put("42", text, cli_digits_put(text, 98742, 2));
}

static void assert_decimal(const char *expected, const void *value,
                           size_t bytes, int scale)
{
    char text[CLI_DECIMAL_ROOM];

    assert_put(expected, text, cli_decimal_put(text, value, bytes, scale));
}

static void assert_decimal64(const char *expected, int64_t value, int scale)
{
    assert_decimal(expected, &value, sizeof(value), scale);
}

static void decimals_keep_the_digits_of_their_scale(void **state)
{
    (void)state;
    assert_decimal64("123.45", 12345, 2);
    assert_decimal64("123.40", 12340, 2);
    assert_decimal64("12345", 12345, 0);
    assert_decimal64("0.00", 0, 2);
}

static void decimals_below_one_have_a_zero_before_the_point(void **state)
{
    (void)state;
    assert_decimal64("0.05", 5, 2);
    assert_decimal64("-0.05", -5, 2);
    assert_decimal64("0.12", 12, 2);
    assert_decimal64("-0.000012", -12, 6);
}

static void a_negative_scale_appends_zeros(void **state)
{
    (void)state;
    assert_decimal64("4200", 42, -2);
    assert_decimal64("-4200", -42, -2);
    assert_decimal64("0", 0, -2);
}

static void decimals_of_32_bits_are_sign_extended(void **state)
{
    int32_t value = -123456;

    (void)state;
    assert_decimal("-123.456", &value, sizeof(value), 3);
}

static void decimals_of_128_bits_use_every_bit(void **state)
{
    uint64_t smallest[] = { 0, (uint64_t)1 << 63 };
    uint64_t largest[] = { UINT64_MAX, INT64_MAX };
    uint64_t nines[] = { 0x098a223fffffffff, 0x4b3b4ca85a86c47a };

    (void)state;
    assert_decimal("-170141183460469231731687303715884105728", smallest, 16, 0);
    assert_decimal("170141183460469231731687303715884105727", largest, 16, 0);
    assert_decimal("99999999999999999999999999999.999999999", nines, 16, 9);
}

static void decimals_of_256_bits_use_every_bit(void **state)
{
    uint64_t smallest[] = { 0, 0, 0, (uint64_t)1 << 63 };
    uint64_t minus_one[] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };

    (void)state;
    assert_decimal("-5789604461865809771178549250434395392663499233282028201972"
                   "8792003956564819968",
                   smallest, 32, 0);
    assert_decimal("-0.0000000001", minus_one, 32, 10);
}

static void inner_zeros_of_a_long_decimal_are_kept(void **state)
{
    /* 10^27 + 1: the chunks of nine digits between are all zero */
    uint64_t value[] = { 0x9fd0803ce8000001, 0x033b2e3c };

    (void)state;
    assert_decimal("1000000000000000000000000001", value, 16, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsigned_numbers_equal_printf),
        cmocka_unit_test(powers_of_ten_keep_all_digits),
        cmocka_unit_test(signed_numbers_reach_both_ends),
        cmocka_unit_test(digits_are_padded_with_zeros),
        cmocka_unit_test(decimals_keep_the_digits_of_their_scale),
        cmocka_unit_test(decimals_below_one_have_a_zero_before_the_point),
        cmocka_unit_test(a_negative_scale_appends_zeros),
        cmocka_unit_test(decimals_of_32_bits_are_sign_extended),
        cmocka_unit_test(decimals_of_128_bits_use_every_bit),
        cmocka_unit_test(decimals_of_256_bits_use_every_bit),
        cmocka_unit_test(inner_zeros_of_a_long_decimal_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
