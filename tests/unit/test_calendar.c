/* Dates, times and durations in ISO 8601. */
#include "cli/calendar.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

static void assert_date(const char *expected, int64_t days)
{
    char text[CLI_CALENDAR_ROOM + 1];

    *cli_date_put(text, days) = '\0';
    assert_string_equal(text, expected);
}

static void assert_timestamp(const char *expected, int64_t count,
                             unsigned digits)
{
    char text[CLI_CALENDAR_ROOM + 1];

    *cli_timestamp_put(text, count, digits) = '\0';
    assert_string_equal(text, expected);
}

static void assert_time(const char *expected, int64_t count, unsigned digits)
{
    char text[CLI_CALENDAR_ROOM + 1];

    *cli_time_put(text, count, digits) = '\0';
    assert_string_equal(text, expected);
}

static void assert_duration(const char *expected, int64_t count,
                            unsigned digits)
{
    char text[CLI_CALENDAR_ROOM + 1];

    *cli_duration_put(text, count, digits) = '\0';
    assert_string_equal(text, expected);
}

/* Four centuries and their edges, against the C library's calendar. */
static void dates_equal_those_of_gmtime(void **state)
{
    (void)state;
    for (int64_t days = -160000; days < 160000; days += 1) {
        time_t seconds = (time_t)(days * 86400);
        char expected[32];
        struct tm tm;

        assert_non_null(gmtime_r(&seconds, &tm));
        assert_true(strftime(expected, sizeof(expected), "%Y-%m-%d", &tm) > 0);
        assert_date(expected, days);
    }
}

static void leap_days_follow_the_gregorian_rule(void **state)
{
    (void)state;
    assert_date("2000-02-29", 11016);
    assert_date("2000-03-01", 11017);
    assert_date("1900-02-28", -25509);
    assert_date("1900-03-01", -25508);
}

static void years_of_four_digits_are_bare(void **state)
{
    (void)state;
    assert_date("0000-01-01", -719528);
    assert_date("9999-12-31", 2932896);
}

static void other_years_have_a_sign_and_six_digits(void **state)
{
    (void)state;
    assert_date("-000001-12-31", -719529);
    assert_date("+010000-01-01", 2932897);
    assert_date("+5881580-07-11", INT32_MAX);
    assert_date("-5877641-06-23", INT32_MIN);
}

static void every_count_has_a_timestamp(void **state)
{
    (void)state;
    assert_timestamp("+292277026596-12-04T15:30:07", INT64_MAX, 0);
    assert_timestamp("-292277022657-01-27T08:29:52", INT64_MIN, 0);
    assert_timestamp("2262-04-11T23:47:16.854775807", INT64_MAX, 9);
    assert_timestamp("1677-09-21T00:12:43.145224192", INT64_MIN, 9);
}

static void timestamps_write_the_digits_of_their_unit(void **state)
{
    (void)state;
    assert_timestamp("2001-01-01T00:01:00", 978307260, 0);
    assert_timestamp("2001-01-01T00:01:00.000", 978307260000, 3);
    assert_timestamp("2001-01-01T00:01:00.000250", 978307260000250, 6);
    assert_timestamp("1970-01-01T00:00:00.000000001", 1, 9);
}

static void timestamps_before_1970_count_down_to_it(void **state)
{
    (void)state;
    assert_timestamp("1969-12-31T23:59:59.999", -1, 3);
    assert_timestamp("1969-12-31T00:00:00", -86400, 0);
    assert_timestamp("1969-12-30T23:59:59", -86401, 0);
}

static void times_of_day_have_all_their_fields(void **state)
{
    (void)state;
    assert_time("00:00:00", 0, 0);
    assert_time("23:59:59.999999", 86399999999, 6);
    assert_time("02:11:22", 7882, 0);
}

static void times_outside_the_day_are_shown_as_they_are(void **state)
{
    (void)state;
    assert_time("-00:00:01", -1, 0);
    assert_time("24:00:00", 86400, 0);
    assert_time("2562047:47:16.854775807", INT64_MAX, 9);
    assert_time("-2562047:47:16.854775808", INT64_MIN, 9);
}

static void durations_leave_out_what_is_zero_in_front(void **state)
{
    (void)state;
    assert_duration("PT0S", 0, 0);
    assert_duration("PT59S", 59, 0);
    assert_duration("PT1M0S", 60, 0);
    assert_duration("PT1H0M0S", 3600, 0);
    assert_duration("PT105H38M2.977S", 380282977, 3);
}

static void durations_may_be_negative(void **state)
{
    (void)state;
    assert_duration("-PT0.000001S", -1, 6);
    assert_duration("-PT2562047788015215H30M8S", INT64_MIN, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_equal_those_of_gmtime),
        cmocka_unit_test(leap_days_follow_the_gregorian_rule),
        cmocka_unit_test(years_of_four_digits_are_bare),
        cmocka_unit_test(other_years_have_a_sign_and_six_digits),
        cmocka_unit_test(every_count_has_a_timestamp),
        cmocka_unit_test(timestamps_write_the_digits_of_their_unit),
        cmocka_unit_test(timestamps_before_1970_count_down_to_it),
        cmocka_unit_test(times_of_day_have_all_their_fields),
        cmocka_unit_test(times_outside_the_day_are_shown_as_they_are),
        cmocka_unit_test(durations_leave_out_what_is_zero_in_front),
        cmocka_unit_test(durations_may_be_negative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
