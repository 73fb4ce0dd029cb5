#include "common/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct good {
    const char *text;
    uint64_t value;
};

typedef const char *(*parser)(const char *text, uint64_t *ret);

static void accepts(parser parse, const struct good *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = 1234567;

        assert_null(parse(cases[i].text, &value));
        assert_int_equal(value, cases[i].value);
    }
}

static void refuses(parser parse, const char *text, const char *why)
{
    uint64_t value = 77;
    const char *wrong = parse(text, &value);

    assert_non_null(wrong);
    assert_non_null(strstr(wrong, why));
    assert_int_equal(value, 77);
}

static void sizes_take_powers_of_1024(void **state)
{
    static const struct good cases[] = {
        { "0", 0 },
        { "4096", 4096 },
        { "4096B", 4096 },
        { "64K", 65536 },
        { "64k", 65536 },
        { "64KiB", 65536 },
        { "256M", 268435456 },
        { "1G", 1073741824 },
        { "2T", 2199023255552 },
        { "16777215T", UINT64_C(16777215) << 40 },
        { "18446744073709551615", UINT64_MAX },
    };

    (void)state;
    accepts(lio_size_parse, cases, COUNT(cases));
}

static void sizes_that_do_not_fit_are_too_large(void **state)
{
    (void)state;
    refuses(lio_size_parse, "18446744073709551616", "too large");
    refuses(lio_size_parse, "16777216T", "too large");
    refuses(lio_size_parse, "99999999999999999999K", "too large");
}

static void other_sizes_are_refused(void **state)
{
    static const char *const texts[] = { "64KB",  "64 K", "64X", "1.5G",
                                         "64KiC", "1iB",  "0x10" };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        refuses(lio_size_parse, texts[i], "is not a size");
    refuses(lio_size_parse, "", "is not a size");
    refuses(lio_size_parse, "K", "is not a size");
    refuses(lio_size_parse, " 1", "is not a size");
    refuses(lio_size_parse, "+1", "is not a size");
    refuses(lio_size_parse, "-1", "is negative");
}

static void times_take_ns_us_ms_and_s(void **state)
{
    static const struct good cases[] = {
        { "0", 0 },
        { "0s", 0 },
        { "500ns", 500 },
        { "20us", 20000 },
        { "5ms", 5000000 },
        { "1s", 1000000000 },
        { "18446744073s", UINT64_C(18446744073000000000) },
    };

    (void)state;
    accepts(lio_time_parse, cases, COUNT(cases));
}

static void times_need_a_known_unit(void **state)
{
    (void)state;
    refuses(lio_time_parse, "5", "is not a time");
    refuses(lio_time_parse, "5m", "is not a time");
    refuses(lio_time_parse, "5S", "is not a time");
    refuses(lio_time_parse, "5 ms", "is not a time");
    refuses(lio_time_parse, "ms", "is not a time");
}

static void times_that_do_not_fit_are_too_large(void **state)
{
    (void)state;
    refuses(lio_time_parse, "18446744074s", "too large");
}

static void plain_numbers_take_no_unit(void **state)
{
    static const struct good cases[] = { { "0", 0 }, { "007", 7 } };

    (void)state;
    accepts(lio_uint_parse, cases, COUNT(cases));
    refuses(lio_uint_parse, "64K", "is not a plain number");
    refuses(lio_uint_parse, "1 2", "is not a plain number");
    refuses(lio_uint_parse, "", "is not a number");
}

static void bools_take_four_pairs_of_words(void **state)
{
    static const struct good cases[] = {
        { "on", 1 }, { "off", 0 }, { "true", 1 }, { "false", 0 }, { "yes", 1 },
        { "no", 0 }, { "1", 1 },   { "0", 0 },    { "ON", 1 },    { "No", 0 },
    };

    (void)state;
    accepts(lio_bool_parse, cases, COUNT(cases));
    refuses(lio_bool_parse, "2", "neither on nor off");
    refuses(lio_bool_parse, "", "neither on nor off");
    refuses(lio_bool_parse, "onn", "neither on nor off");
}

static void values_are_written_in_their_largest_whole_unit(void **state)
{
    char buf[LIO_UNITS_BYTES];

    (void)state;
    assert_string_equal(lio_size_format(0, buf), "0");
    assert_string_equal(lio_size_format(1023, buf), "1023");
    assert_string_equal(lio_size_format(65536, buf), "64K");
    assert_string_equal(lio_size_format(UINT64_C(3) << 40, buf), "3T");
    assert_string_equal(lio_size_format(UINT64_MAX, buf),
                        "18446744073709551615");
    assert_string_equal(lio_time_format(0, buf), "0");
    assert_string_equal(lio_time_format(1500, buf), "1500ns");
    assert_string_equal(lio_time_format(20000000, buf), "20ms");
    assert_string_equal(lio_time_format(60000000000, buf), "60s");
}

static void what_is_written_is_read_back(void **state)
{
    static const uint64_t values[] = { 1,       999,     1000,       1024,
                                       1048576, 1000000, UINT64_MAX, 12345678 };
    char buf[LIO_UNITS_BYTES];
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_null(lio_size_parse(lio_size_format(values[i], buf), &value));
        assert_int_equal(value, values[i]);
        assert_null(lio_time_parse(lio_time_format(values[i], buf), &value));
        assert_int_equal(value, values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_take_powers_of_1024),
        cmocka_unit_test(sizes_that_do_not_fit_are_too_large),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(times_take_ns_us_ms_and_s),
        cmocka_unit_test(times_need_a_known_unit),
        cmocka_unit_test(times_that_do_not_fit_are_too_large),
        cmocka_unit_test(plain_numbers_take_no_unit),
        cmocka_unit_test(bools_take_four_pairs_of_words),
        cmocka_unit_test(values_are_written_in_their_largest_whole_unit),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
