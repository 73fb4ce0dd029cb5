/* Dates, times and durations from text. */
#include "cli/read/time.h"

#include "cli/calendar.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

struct example {
    const char *text;
    int64_t count;
};

static void dates_are_days(void **state)
{
    static const struct example good[] = {
        { "1970-01-01", 0 },          { "1969-12-31", -1 },
        { "2000-02-29", 11016 },      { "0000-01-01", -719528 },
        { "9999-12-31", 2932896 },    { "+012345-01-31", 3789421 },
        { "-000044-03-15", -735525 },
    };
    static const char *const bad[] = {
        "",           "2001",        "2001-1-31",   "2001-02-29",
        "1900-02-29", "2001-13-01",  "2001-00-01",  "2001-01-00",
        "2001-01-32", "+2001-01-01", "20010-01-01", "2001-01-01 ",
        "2001/01/01"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t days;

        assert_int_equal(
            cli_date_parse(good[i].text, strlen(good[i].text), &days),
            CLI_PARSE_OK);
        assert_int_equal(days, good[i].count);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t days;

        assert_int_equal(cli_date_parse(bad[i], strlen(bad[i]), &days),
                         CLI_PARSE_FORM);
    }
}

static void timestamp_is(const char *text, unsigned digits, bool zoned,
                         enum cli_parse wanted, int64_t count)
{
    int64_t got = 0;

    assert_int_equal(
        cli_timestamp_parse(text, strlen(text), digits, zoned, &got), wanted);
    assert_int_equal(got, count);
}

static void timestamps_count_units(void **state)
{
    (void)state;
    timestamp_is("1970-01-01T00:00:01", 0, false, CLI_PARSE_OK, 1);
    timestamp_is("1970-01-01T00:00:01.25", 3, false, CLI_PARSE_OK, 1250);
    timestamp_is("1969-12-31T23:59:59.999999999", 9, false, CLI_PARSE_OK, -1);
    timestamp_is("1970-01-01 00:01", 0, false, CLI_PARSE_OK, 60);
    timestamp_is("1970-01-02", 0, false, CLI_PARSE_OK, 86400);
    timestamp_is("1970-01-01T00:00:01.500", 0, false, CLI_PARSE_DIGITS, 0);
    timestamp_is("1970-01-01T00:00:01.000", 0, false, CLI_PARSE_OK, 1);
    timestamp_is("1970-01-01T24:00:00", 0, false, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:60:00", 0, false, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:60", 0, false, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:01.", 0, false, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T", 0, false, CLI_PARSE_FORM, 0);
    timestamp_is("2300-01-01", 9, false, CLI_PARSE_RANGE, 0);
}

static void zones_are_wanted_or_not(void **state)
{
    (void)state;
    timestamp_is("1970-01-01T00:00:00Z", 0, true, CLI_PARSE_OK, 0);
    timestamp_is("1970-01-01T00:00:00+02:00", 0, true, CLI_PARSE_OK, -7200);
    timestamp_is("1970-01-01 00:00:00-0030", 0, true, CLI_PARSE_OK, 1800);
    timestamp_is("1970-01-01T00:00:00+05", 0, true, CLI_PARSE_OK, -18000);
    timestamp_is("1970-01-01T00:00:00", 0, true, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:00Z", 0, false, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:00+24:00", 0, true, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:00+02:60", 0, true, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:00+02:0", 0, true, CLI_PARSE_FORM, 0);
    timestamp_is("1970-01-01T00:00:00ZZ", 0, true, CLI_PARSE_FORM, 0);
}

static void times_are_within_a_day(void **state)
{
    int64_t count;

    (void)state;
    assert_int_equal(cli_time_parse("13:59:00.250", 12, 6, &count), 0);
    assert_int_equal(count, INT64_C(50340250000));
    assert_int_equal(cli_time_parse("23:59:59", 8, 0, &count), 0);
    assert_int_equal(count, 86399);
    assert_int_equal(cli_time_parse("24:00:00", 8, 0, &count), CLI_PARSE_FORM);
    assert_int_equal(cli_time_parse("1:00:00", 7, 0, &count), CLI_PARSE_FORM);
    assert_int_equal(cli_time_parse("-01:00", 6, 0, &count), CLI_PARSE_FORM);
    assert_int_equal(cli_time_parse("01:00Z", 6, 0, &count), CLI_PARSE_FORM);
}

static void durations_have_parts(void **state)
{
    static const struct example good[] = {
        { "PT0S", 0 },
        { "PT1S", 1000 },
        { "-PT1.5S", -1500 },
        { "PT1H", 3600000 },
        { "PT1H30M", 5400000 },
        { "PT2M0.25S", 120250 },
        { "PT36H12M0S", 130320000 },
    };
    static const char *const bad[] = { "",    "PT",    "P1D",    "1S",
                                       "PT1", "PT1S1", "PT1M1H", "PT-1S",
                                       "PTS", "PT1.S", "pt1s" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t count;

        assert_int_equal(
            cli_duration_parse(good[i].text, strlen(good[i].text), 3, &count),
            CLI_PARSE_OK);
        assert_int_equal(count, good[i].count);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t count;

        assert_int_equal(cli_duration_parse(bad[i], strlen(bad[i]), 3, &count),
                         CLI_PARSE_FORM);
    }
}

/* The ends of 64 bits, and counts in between. */
static void what_is_printed_comes_back(void **state)
{
    (void)state;
    srand(9);
    for (int i = 0; i < 5000; i++) {
        int64_t count = (int64_t)((uint64_t)rand() << 42 ^
                                  (uint64_t)rand() << 21 ^ (uint64_t)rand());
        unsigned digits = (unsigned)(i % 4) * 3;
        char text[CLI_CALENDAR_ROOM], *end;
        int64_t got;

        if (i < 8)
            count = i < 4 ? INT64_MAX : INT64_MIN;
        end = cli_timestamp_put(text, count, digits);
        assert_int_equal(cli_timestamp_parse(text, (size_t)(end - text), digits,
                                             false, &got),
                         CLI_PARSE_OK);
        assert_int_equal(got, count);
        end = cli_duration_put(text, count, digits);
        assert_int_equal(
            cli_duration_parse(text, (size_t)(end - text), digits, &got),
            CLI_PARSE_OK);
        assert_int_equal(got, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_days),
        cmocka_unit_test(timestamps_count_units),
        cmocka_unit_test(zones_are_wanted_or_not),
        cmocka_unit_test(times_are_within_a_day),
        cmocka_unit_test(durations_have_parts),
        cmocka_unit_test(what_is_printed_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
