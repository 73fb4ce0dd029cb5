/*
 * Floating point as the shortest text.  What is shortest is found again with
 * printf() and strtod(), which know nothing of the method under test.
 */
#include "cli/shortest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NRANDOM 30000

static void assert_f64(const char *expected, double number)
{
    char text[CLI_F64_ROOM + 1];

    *cli_f64_put(text, number) = '\0';
    assert_string_equal(text, expected);
}

static void assert_f32(const char *expected, float number)
{
    char text[CLI_F64_ROOM + 1];

    *cli_f32_put(text, number) = '\0';
    assert_string_equal(text, expected);
}

/* How many digits count, without leading and trailing zeros. */
static int count_digits(const char *text)
{
    int n = 0, last = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        if (n > 0 || *text != '0')
            n++;
        if (*text != '0')
            last = n;
    }
    return last;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void check_f64(uint64_t bits)
{
    char text[CLI_F64_ROOM + 1], shorter[64];
    double number;
    int n;

    memcpy(&number, &bits, sizeof(number));
    if (!isfinite(number) || number == 0)
        return;
    *cli_f64_put(text, number) = '\0';
    assert_true(strtod(text, NULL) == number);
    n = count_digits(text);
    assert_in_range(n, 1, 17);
    if (n > 1) {
        (void)snprintf(shorter, sizeof(shorter), "%.*e", n - 2, number);
        assert_true(strtod(shorter, NULL) != number);
    }
}

static void check_f32(uint32_t bits)
{
    char text[CLI_F64_ROOM + 1], shorter[64];
    float number;
    int n;

    memcpy(&number, &bits, sizeof(number));
    if (!isfinite(number) || number == 0)
        return;
    *cli_f32_put(text, number) = '\0';
    assert_true(strtof(text, NULL) == number);
    n = count_digits(text);
    assert_in_range(n, 1, 9);
    if (n > 1) {
        (void)snprintf(shorter, sizeof(shorter), "%.*e", n - 2, (double)number);
        assert_true(strtof(shorter, NULL) != number);
    }
}

static void random_doubles_read_back_and_are_shortest(void **state)
{
    uint64_t seed = 88172645463325252u;

    (void)state;
    for (int i = 0; i < NRANDOM; i++)
        check_f64(next_random(&seed));
}

static void random_floats_read_back_and_are_shortest(void **state)
{
    uint64_t seed = 362436069362436069u;

    (void)state;
    for (int i = 0; i < NRANDOM; i++)
        check_f32((uint32_t)(next_random(&seed) >> 32));
}

/* There the interval that rounds to the number is lopsided. */
static void powers_of_two_and_neighbours_read_back(void **state)
{
    (void)state;
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        check_f64(exponent << 52);
        check_f64((exponent << 52) + 1);
        check_f64((exponent << 52) - 1);
    }
    for (uint32_t exponent = 0; exponent < 255; exponent++) {
        check_f32(exponent << 23);
        check_f32((exponent << 23) + 1);
        check_f32((exponent << 23) - 1);
    }
}

static void a_power_of_two_takes_the_nearest_of_the_shortest(void **state)
{
    (void)state;
    assert_f64("5.684341886080802e-14", 0x1p-44);
    assert_f64("9007199254740992.0", 0x1p53);
}

static void whole_numbers_have_a_point(void **state)
{
    (void)state;
    assert_f64("1.0", 1);
    assert_f64("-733.0", -733);
    assert_f64("100000000000000000000.0", 1e20);
    assert_f64("123456789012345680.0", 123456789012345680.0);
}

static void the_exponent_begins_where_ecmascript_has_it(void **state)
{
    (void)state;
    assert_f64("1e+21", 1e21);
    assert_f64("0.000001", 1e-6);
    assert_f64("1e-7", 1e-7);
    assert_f64("1.5e-7", 1.5e-7);
    assert_f64("-1.25e+300", -1.25e300);
}

static void both_ends_of_the_range_are_exact(void **state)
{
    (void)state;
    assert_f64("5e-324", 5e-324);
    assert_f64("2.2250738585072014e-308", 2.2250738585072014e-308);
    assert_f64("1.7976931348623157e+308", 1.7976931348623157e308);
    assert_f32("1e-45", 1e-45f);
    assert_f32("3.4028235e+38", 3.4028235e38f);
}

static void floats_are_shorter_than_their_doubles(void **state)
{
    (void)state;
    assert_f32("0.1", 0.1f);
    assert_f64("0.10000000149011612", (double)0.1f);
    assert_f32("16777216.0", 16777216.0f);
}

static void zero_keeps_its_sign(void **state)
{
    (void)state;
    assert_f64("0.0", 0.0);
    assert_f64("-0.0", -0.0);
    assert_f32("-0.0", -0.0f);
}

static void what_is_no_number_is_named(void **state)
{
    (void)state;
    assert_f64("NaN", (double)NAN);
    assert_f64("NaN", -(double)NAN);
    assert_f64("Infinity", (double)INFINITY);
    assert_f32("-Infinity", -INFINITY);
}

static void halves_have_their_exact_value(void **state)
{
    (void)state;
    assert_f64("1.0", cli_half_value(0x3c00));
    assert_f64("-427.25", cli_half_value(0xdead));
    assert_f64("65504.0", cli_half_value(0x7bff));
    assert_f64("0.00006103515625", cli_half_value(0x0400));
    assert_f64("5.960464477539063e-8", cli_half_value(0x0001));
    assert_f64("-0.0", cli_half_value(0x8000));
    assert_f64("Infinity", cli_half_value(0x7c00));
    assert_f64("-Infinity", cli_half_value(0xfc00));
    assert_f64("NaN", cli_half_value(0x7e00));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_doubles_read_back_and_are_shortest),
        cmocka_unit_test(random_floats_read_back_and_are_shortest),
        cmocka_unit_test(powers_of_two_and_neighbours_read_back),
        cmocka_unit_test(a_power_of_two_takes_the_nearest_of_the_shortest),
        cmocka_unit_test(whole_numbers_have_a_point),
        cmocka_unit_test(the_exponent_begins_where_ecmascript_has_it),
        cmocka_unit_test(both_ends_of_the_range_are_exact),
        cmocka_unit_test(floats_are_shorter_than_their_doubles),
        cmocka_unit_test(zero_keeps_its_sign),
        cmocka_unit_test(what_is_no_number_is_named),
        cmocka_unit_test(halves_have_their_exact_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
