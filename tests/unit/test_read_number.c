/* Numbers from text: exactly or not at all. */
#include "cli/read/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cli/shortest.h"

static void i64_is(const char *text, enum cli_parse wanted, int64_t number)
{
    int64_t got = 0;

    assert_int_equal(cli_i64_parse(text, strlen(text), &got), wanted);
    assert_int_equal(got, wanted == CLI_PARSE_OK ? number : 0);
}

static void integers_reach_both_ends(void **state)
{
    (void)state;
    i64_is("0", CLI_PARSE_OK, 0);
    i64_is("-1", CLI_PARSE_OK, -1);
    i64_is("+007", CLI_PARSE_OK, 7);
    i64_is("9223372036854775807", CLI_PARSE_OK, INT64_MAX);
    i64_is("-9223372036854775808", CLI_PARSE_OK, INT64_MIN);
    i64_is("9223372036854775808", CLI_PARSE_RANGE, 0);
    i64_is("-9223372036854775809", CLI_PARSE_RANGE, 0);
    i64_is("99999999999999999999", CLI_PARSE_RANGE, 0);
}

static void whole_numbers_are_integers_however_written(void **state)
{
    (void)state;
    i64_is("1.0", CLI_PARSE_OK, 1);
    i64_is("1e3", CLI_PARSE_OK, 1000);
    i64_is("12.50e1", CLI_PARSE_OK, 125);
    i64_is("9007199254740993.000", CLI_PARSE_OK, 9007199254740993);
    i64_is("1.5", CLI_PARSE_DIGITS, 0);
    i64_is("1e-1", CLI_PARSE_DIGITS, 0);
    i64_is("1e19", CLI_PARSE_RANGE, 0);
    i64_is("1e999999999999", CLI_PARSE_RANGE, 0);
    i64_is("0e999999999999", CLI_PARSE_OK, 0);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const texts[] = { "",   "-",   "+",     ".",     "e1",
                                         "1e", "1e+", "1.2.3", "0x10",  "1 ",
                                         " 1", "1,0", "--1",   "1e1.0", "a" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double number;

        i64_is(texts[i], CLI_PARSE_FORM, 0);
        assert_int_equal(cli_f64_parse(texts[i], strlen(texts[i]), &number),
                         CLI_PARSE_FORM);
    }
}

static void unsigned_integers_reach_their_end(void **state)
{
    uint64_t number;

    (void)state;
    assert_int_equal(cli_u64_parse("18446744073709551615", 20, &number), 0);
    assert_true(number == UINT64_MAX);
    assert_int_equal(cli_u64_parse("18446744073709551616", 20, &number),
                     CLI_PARSE_RANGE);
    assert_int_equal(cli_u64_parse("-1", 2, &number), CLI_PARSE_RANGE);
    assert_int_equal(cli_u64_parse("-0", 2, &number), CLI_PARSE_OK);
    assert_int_equal(number, 0);
}

static void doubles_are_the_nearest(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0.0",
        "0.1",
        "1e22",
        "1e23",
        "9007199254740993",
        "1e-22",
        "123456",
        "5e-324",
        "1e-400",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "0.30000000000000004441",
        "100000000000000000000",
        "3.14159265358979323846264338327950288",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double number, wanted = strtod(texts[i], NULL);

        assert_int_equal(cli_f64_parse(texts[i], strlen(texts[i]), &number),
                         CLI_PARSE_OK);
        assert_memory_equal(&number, &wanted, sizeof(number));
    }
}

static void doubles_do_not_become_infinite(void **state)
{
    double number;
    float f32;

    (void)state;
    assert_int_equal(cli_f64_parse("1e400", 5, &number), CLI_PARSE_RANGE);
    assert_int_equal(cli_f64_parse("-1.8e308", 8, &number), CLI_PARSE_RANGE);
    assert_int_equal(cli_f32_parse("3.5e38", 6, &f32), CLI_PARSE_RANGE);
}

static void words_are_numbers_in_any_case(void **state)
{
    double number;

    (void)state;
    assert_int_equal(cli_f64_parse("NaN", 3, &number), CLI_PARSE_OK);
    assert_true(isnan(number));
    assert_int_equal(cli_f64_parse("Infinity", 8, &number), CLI_PARSE_OK);
    assert_true(isinf(number) && number > 0);
    assert_int_equal(cli_f64_parse("-inf", 4, &number), CLI_PARSE_OK);
    assert_true(isinf(number) && number < 0);
    assert_int_equal(cli_f64_parse("infinit", 7, &number), CLI_PARSE_FORM);
}

/* Texts of random floats, shortest and of many digits. */
static void floats_come_back(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)rand() << 16 ^ (uint32_t)rand();
        char text[CLI_F64_ROOM];
        float number, got;

        memcpy(&number, &bits, sizeof(number));
        if (!isfinite(number))
            continue;
        assert_int_equal(
            cli_f32_parse(text, (size_t)(cli_f32_put(text, number) - text),
                          &got),
            CLI_PARSE_OK);
        assert_memory_equal(&number, &got, sizeof(number));
    }
}

static void doubles_come_back(void **state)
{
    (void)state;
    srand(8);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits =
            (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
        char text[CLI_F64_ROOM];
        double number, got;

        memcpy(&number, &bits, sizeof(number));
        if (!isfinite(number))
            continue;
        assert_int_equal(
            cli_f64_parse(text, (size_t)(cli_f64_put(text, number) - text),
                          &got),
            CLI_PARSE_OK);
        assert_memory_equal(&number, &got, sizeof(number));
    }
}

static void all_halves_come_back(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        double value = cli_half_value((uint16_t)half);
        char text[CLI_F64_ROOM];
        uint16_t got;

        if (isnan(value))
            continue;
        assert_int_equal(
            cli_half_parse(text, (size_t)(cli_f64_put(text, value) - text),
                           &got),
            CLI_PARSE_OK);
        assert_int_equal(got, half);
    }
}

static void halves_are_the_nearest(void **state)
{
    uint16_t half;

    (void)state;
    assert_int_equal(cli_half_parse("1.00048828125", 13, &half), CLI_PARSE_OK);
    assert_int_equal(half, 0x3c00); /* a tie, to even */
    assert_int_equal(cli_half_parse("1.00048828126", 13, &half), CLI_PARSE_OK);
    assert_int_equal(half, 0x3c01);
    assert_int_equal(cli_half_parse("65519", 5, &half), CLI_PARSE_OK);
    assert_int_equal(half, 0x7bff);
    assert_int_equal(cli_half_parse("65520", 5, &half), CLI_PARSE_RANGE);
    assert_int_equal(cli_half_parse("nan", 3, &half), CLI_PARSE_OK);
    assert_int_equal(half, 0x7e00);
}

static enum cli_parse decimal(const char *text, unsigned precision, int scale,
                              int64_t *ret_low)
{
    int64_t value[2] = { 0 };
    enum cli_parse parsed = cli_decimal_parse(text, strlen(text), precision,
                                              scale, sizeof(value), value);

    *ret_low = value[0];
    if (parsed == CLI_PARSE_OK)
        assert_int_equal(value[1], value[0] < 0 ? -1 : 0);
    return parsed;
}

static void decimals_keep_every_digit(void **state)
{
    int64_t low;

    (void)state;
    assert_int_equal(decimal("12.34", 10, 2, &low), CLI_PARSE_OK);
    assert_int_equal(low, 1234);
    assert_int_equal(decimal("-0.5", 10, 2, &low), CLI_PARSE_OK);
    assert_int_equal(low, -50);
    assert_int_equal(decimal("1e3", 10, 2, &low), CLI_PARSE_OK);
    assert_int_equal(low, 100000);
    assert_int_equal(decimal("1.500", 10, 1, &low), CLI_PARSE_OK);
    assert_int_equal(low, 15);
    assert_int_equal(decimal("1200", 2, -2, &low), CLI_PARSE_OK);
    assert_int_equal(low, 12);
    assert_int_equal(decimal("1.234", 10, 2, &low), CLI_PARSE_DIGITS);
    assert_int_equal(decimal("1201", 4, -2, &low), CLI_PARSE_DIGITS);
    assert_int_equal(decimal("100", 4, 2, &low), CLI_PARSE_RANGE);
    assert_int_equal(decimal("99.99", 4, 2, &low), CLI_PARSE_OK);
    assert_int_equal(decimal("1e9999999", 38, 2, &low), CLI_PARSE_RANGE);
    assert_int_equal(decimal("abc", 38, 2, &low), CLI_PARSE_FORM);
}

static void decimals_fill_their_width(void **state)
{
    static const char digits[] = "99999999999999999999999999999999999999";
    uint8_t value[32], max[32];

    (void)state;
    assert_int_equal(cli_decimal_parse(digits, 38, 38, 0, 16, value), 0);
    /* 10^38 - 1 */
    assert_memory_equal(value,
                        "\xff\xff\xff\xff\x3f\x22\x8a\x09\x7a\xc4\x86\x5a\xa8"
                        "\x4c\x3b\x4b",
                        16);
    /* A precision that 16 bytes cannot have does not wrap around. */
    assert_int_equal(cli_decimal_parse(digits, 38, 76, 1, 16, value),
                     CLI_PARSE_RANGE);
    memset(max, 0xff, sizeof(max));
    assert_int_equal(cli_decimal_parse("-1", 2, 76, 0, 32, value), 0);
    assert_memory_equal(value, max, sizeof(max));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_reach_both_ends),
        cmocka_unit_test(whole_numbers_are_integers_however_written),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(unsigned_integers_reach_their_end),
        cmocka_unit_test(doubles_are_the_nearest),
        cmocka_unit_test(doubles_do_not_become_infinite),
        cmocka_unit_test(words_are_numbers_in_any_case),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(doubles_come_back),
        cmocka_unit_test(all_halves_come_back),
        cmocka_unit_test(halves_are_the_nearest),
        cmocka_unit_test(decimals_keep_every_digit),
        cmocka_unit_test(decimals_fill_their_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
