/*
 * The proleptic Gregorian calendar, counted in eras of 400 years = 146,097
 * days that begin on the first of March: the leap day is then the last of its
 * year, and the lengths of the months follow a straight line.
 */
#include "cli/calendar.h"

#include "cli/number.h"

#include <assert.h>

#define DAY_SECONDS  86400
#define ERA_DAYS     146097
#define EPOCH_IN_ERA 719468 /* 1970-01-01, from 0000-03-01 */

static uint64_t units_a_second(unsigned digits)
{
    static const uint32_t powers[] = { 1, 1000, 1000000, 1000000000 };

    assert(digits % 3 == 0 && digits / 3 < 4);
    return powers[digits / 3];
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* |count|, also of INT64_MIN */
static uint64_t magnitude(int64_t count)
{
    return count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
}

static char *put_year(char *at, int64_t year)
{
    uint64_t size = magnitude(year);

    if (year >= 0 && year <= 9999)
        return cli_digits_put(at, size, 4);
    *at++ = year < 0 ? '-' : '+';
    if (size <= 999999)
        return cli_digits_put(at, size, 6);
    return cli_u64_put(at, size);
}

char *cli_date_put(char *at, int64_t days)
{
    /* Split before shifting, so that no count overflows. */
    int64_t era = floor_divide(days, ERA_DAYS);
    int64_t day = days - era * ERA_DAYS + EPOCH_IN_ERA;
    int64_t year, month;

    era += day / ERA_DAYS;
    day %= ERA_DAYS;
    year = (day - day / 1460 + day / 36524 - day / (ERA_DAYS - 1)) / 365;
    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153; /* 0 is March */
    day -= (153 * month + 2) / 5;
    year += era * 400 + (month >= 10);

    at = put_year(at, year);
    *at++ = '-';
    at = cli_digits_put(at, (uint64_t)(month < 10 ? month + 3 : month - 9), 2);
    *at++ = '-';
    return cli_digits_put(at, (uint64_t)day + 1, 2);
}

static char *put_fraction(char *at, uint64_t fraction, unsigned digits)
{
    if (digits == 0)
        return at;
    *at++ = '.';
    return cli_digits_put(at, fraction, digits);
}

static char *put_clock(char *at, uint64_t count, unsigned digits)
{
    uint64_t unit = units_a_second(digits);
    uint64_t seconds = count / unit, hours = seconds / 3600;

    at = hours < 100 ? cli_digits_put(at, hours, 2) : cli_u64_put(at, hours);
    *at++ = ':';
    at = cli_digits_put(at, seconds / 60 % 60, 2);
    *at++ = ':';
    at = cli_digits_put(at, seconds % 60, 2);
    return put_fraction(at, count % unit, digits);
}

char *cli_timestamp_put(char *at, int64_t count, unsigned digits)
{
    int64_t day = DAY_SECONDS * (int64_t)units_a_second(digits);
    int64_t days = floor_divide(count, day);
    /* days * day may lie below INT64_MIN: wrap, the difference is right. */
    uint64_t rest = (uint64_t)count - (uint64_t)days * (uint64_t)day;

    at = cli_date_put(at, days);
    *at++ = 'T';
    return put_clock(at, rest, digits);
}

/* A count outside the day is damage, and shown rather than hidden. */
char *cli_time_put(char *at, int64_t count, unsigned digits)
{
    if (count < 0)
        *at++ = '-';
    return put_clock(at, magnitude(count), digits);
}

char *cli_duration_put(char *at, int64_t count, unsigned digits)
{
    uint64_t unit = units_a_second(digits), size = magnitude(count);
    uint64_t seconds = size / unit, hours = seconds / 3600;
    uint64_t minutes = seconds / 60 % 60;

    if (count < 0)
        *at++ = '-';
    *at++ = 'P';
    *at++ = 'T';
    if (hours) {
        at = cli_u64_put(at, hours);
        *at++ = 'H';
    }
    if (hours || minutes) {
        at = cli_u64_put(at, minutes);
        *at++ = 'M';
    }
    at = cli_u64_put(at, seconds % 60);
    at = put_fraction(at, size % unit, digits);
    *at++ = 'S';
    return at;
}
