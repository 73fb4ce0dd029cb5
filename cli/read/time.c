/*
 * Dates and times from text: a cursor over it, and pieces that step over what
 * they know or say no.
 */
#include "cli/read/time.h"

#define DAY_SECONDS  86400
#define ERA_DAYS     146097 /* 400 years */
#define EPOCH_IN_ERA 719468 /* 1970-01-01, from 0000-03-01 */
#define YEAR_DIGITS  12     /* the most that 64 bits of seconds reach */
#define CLOCK_DIGITS 18

/* Wide enough for every count of every unit before it is checked. */
__extension__ typedef __int128 wide;

struct text {
    const char *at, *end;
};

static bool is_digit(const struct text *text)
{
    return text->at < text->end && *text->at >= '0' && *text->at <= '9';
}

static bool step(struct text *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

/* From `min` to `max` digits, and no more of them behind. */
static bool take_number(struct text *text, int min, int max,
                        int64_t *ret_number)
{
    int64_t number = 0;
    int n = 0;

    for (; is_digit(text) && n < max; n++)
        number = number * 10 + (*text->at++ - '0');
    if (n < min || is_digit(text))
        return false;
    *ret_number = number;
    return true;
}

/* Two digits; others may be behind. */
static bool take_two(struct text *text, int64_t *ret_number)
{
    unsigned tens, ones;

    if (text->end - text->at < 2)
        return false;
    tens = (unsigned)text->at[0] - '0';
    ones = (unsigned)text->at[1] - '0';
    if (tens > 9 || ones > 9)
        return false;
    text->at += 2;
    *ret_number = tens * 10 + ones;
    return true;
}

/* -- dates --------------------------------------------------------------- */

/* Only years of more than four digits, or before 0, have a sign. */
static bool take_year(struct text *text, int64_t *ret_year)
{
    bool negative = step(text, '-');
    int64_t century, rest;

    if (negative || step(text, '+')) {
        if (!take_number(text, 6, YEAR_DIGITS, ret_year))
            return false;
        if (negative)
            *ret_year = -*ret_year;
        return true;
    }
    if (!take_two(text, &century) || !take_two(text, &rest))
        return false;
    *ret_year = century * 100 + rest;
    return true;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years that begin in March end with the leap day: the inverse of what
 * calendar.c does. */
static int64_t count_days(int64_t year, int64_t month, int64_t day)
{
    int64_t era;

    year -= month <= 2;
    month += month <= 2 ? 9 : -3; /* 0 is March */
    era = floor_divide(year, 400);
    year -= era * 400;
    return era * ERA_DAYS + year * 365 + year / 4 - year / 100 +
           (153 * month + 2) / 5 + day - 1 - EPOCH_IN_ERA;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct text *text, int64_t *ret_days)
{
    int64_t year, month, day;

    if (!take_year(text, &year) || !step(text, '-') ||
        !take_two(text, &month) || !step(text, '-') || !take_two(text, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = count_days(year, month, day);
    return true;
}

enum cli_parse cli_date_parse(const char *text, size_t bytes, int64_t *ret_days)
{
    struct text rest = { text, text + bytes };
    int64_t days;

    if (!take_date(&rest, &days) || rest.at < rest.end)
        return CLI_PARSE_FORM;
    *ret_days = days;
    return CLI_PARSE_OK;
}

/* -- times --------------------------------------------------------------- */

static int64_t units_a_second(unsigned digits)
{
    static const int32_t powers[] = { 1, 1000, 1000000, 1000000000 };

    return powers[digits / 3];
}

/* What is behind the point of a second, if there is one. */
static enum cli_parse take_fraction(struct text *text, unsigned digits,
                                    int64_t *ret_units)
{
    int64_t units = 0;
    unsigned n = 0;

    if (step(text, '.')) {
        if (!is_digit(text))
            return CLI_PARSE_FORM;
        for (; is_digit(text); text->at++) {
            if (n < digits) {
                units = units * 10 + (*text->at - '0');
                n++;
            } else if (*text->at != '0') {
                return CLI_PARSE_DIGITS;
            }
        }
    }
    for (; n < digits; n++)
        units *= 10;
    *ret_units = units;
    return CLI_PARSE_OK;
}

static enum cli_parse take_clock(struct text *text, unsigned digits,
                                 int64_t *ret_count)
{
    int64_t hours, minutes, seconds = 0, fraction = 0;

    if (!take_two(text, &hours) || !step(text, ':') ||
        !take_two(text, &minutes) || hours > 23 || minutes > 59)
        return CLI_PARSE_FORM;
    if (step(text, ':')) {
        enum cli_parse parsed;

        if (!take_two(text, &seconds) || seconds > 59)
            return CLI_PARSE_FORM;
        parsed = take_fraction(text, digits, &fraction);
        if (parsed != CLI_PARSE_OK)
            return parsed;
    }
    *ret_count =
        (hours * 3600 + minutes * 60 + seconds) * units_a_second(digits) +
        fraction;
    return CLI_PARSE_OK;
}

enum cli_parse cli_time_parse(const char *text, size_t bytes, unsigned digits,
                              int64_t *ret_count)
{
    struct text rest = { text, text + bytes };
    int64_t count;
    enum cli_parse parsed = take_clock(&rest, digits, &count);

    if (parsed != CLI_PARSE_OK)
        return parsed;
    if (rest.at < rest.end)
        return CLI_PARSE_FORM;
    *ret_count = count;
    return CLI_PARSE_OK;
}

/* Seconds east of Greenwich; false if there is no zone. */
static bool take_zone(struct text *text, int64_t *ret_seconds)
{
    int64_t hours, minutes = 0;
    bool west;

    if (step(text, 'Z') || step(text, 'z')) {
        *ret_seconds = 0;
        return true;
    }
    west = step(text, '-');
    if ((!west && !step(text, '+')) || !take_two(text, &hours))
        return false;
    if ((step(text, ':') || is_digit(text)) && !take_two(text, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static enum cli_parse put_wide(wide count, int64_t *ret_count)
{
    if (count < INT64_MIN || count > INT64_MAX)
        return CLI_PARSE_RANGE;
    *ret_count = (int64_t)count;
    return CLI_PARSE_OK;
}

enum cli_parse cli_timestamp_parse(const char *text, size_t bytes,
                                   unsigned digits, bool zoned,
                                   int64_t *ret_count)
{
    struct text rest = { text, text + bytes };
    int64_t days, count = 0, east = 0;
    bool has_time;

    if (!take_date(&rest, &days))
        return CLI_PARSE_FORM;
    has_time = step(&rest, 'T') || step(&rest, 't') || step(&rest, ' ');
    if (has_time) {
        enum cli_parse parsed = take_clock(&rest, digits, &count);

        if (parsed != CLI_PARSE_OK)
            return parsed;
    }
    if (zoned && !take_zone(&rest, &east))
        return CLI_PARSE_FORM;
    if (rest.at < rest.end)
        return CLI_PARSE_FORM;
    return put_wide(((wide)days * DAY_SECONDS - east) * units_a_second(digits) +
                        count,
                    ret_count);
}

/* -- durations ----------------------------------------------------------- */

/* A number and its letter, which may be missing altogether. */
static bool take_part(struct text *text, char letter, int64_t *ret_number,
                      bool *any)
{
    struct text rest = *text;

    if (!take_number(&rest, 1, CLOCK_DIGITS, ret_number) ||
        !step(&rest, letter)) {
        *ret_number = 0;
        return false;
    }
    *text = rest;
    *any = true;
    return true;
}

/* The last part may have a fraction. */
static enum cli_parse take_seconds(struct text *text, unsigned digits,
                                   int64_t *ret_seconds, int64_t *ret_fraction)
{
    enum cli_parse parsed;

    if (!take_number(text, 1, CLOCK_DIGITS, ret_seconds))
        return CLI_PARSE_FORM;
    parsed = take_fraction(text, digits, ret_fraction);
    if (parsed != CLI_PARSE_OK)
        return parsed;
    return step(text, 'S') ? CLI_PARSE_OK : CLI_PARSE_FORM;
}

enum cli_parse cli_duration_parse(const char *text, size_t bytes,
                                  unsigned digits, int64_t *ret_count)
{
    struct text rest = { text, text + bytes };
    bool negative = step(&rest, '-'), any = false;
    int64_t hours, minutes, seconds = 0, fraction = 0;
    wide count;

    if (!step(&rest, 'P') || !step(&rest, 'T'))
        return CLI_PARSE_FORM;
    (void)take_part(&rest, 'H', &hours, &any);
    (void)take_part(&rest, 'M', &minutes, &any);
    if (!any || rest.at < rest.end) {
        enum cli_parse parsed =
            take_seconds(&rest, digits, &seconds, &fraction);

        if (parsed != CLI_PARSE_OK)
            return parsed;
    }
    if (rest.at < rest.end)
        return CLI_PARSE_FORM;
    count = ((wide)hours * 3600 + (wide)minutes * 60 + seconds) *
                units_a_second(digits) +
            fraction;
    return put_wide(negative ? -count : count, ret_count);
}
