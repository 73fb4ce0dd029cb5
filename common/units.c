#include "common/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TOO_LARGE "is too large"
#define NO_SIZE                                                                \
    "is not a size: write bytes, or K, M, G or T (powers of 1024) as in 64K "  \
    "or 64KiB"
#define NO_TIME "is not a time: write a number and ns, us, ms or s, as in 20ms"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first, for the formatters. */
static const struct unit size_units[] = {
    { "T", UINT64_C(1) << 40 },
    { "G", UINT64_C(1) << 30 },
    { "M", UINT64_C(1) << 20 },
    { "K", UINT64_C(1) << 10 },
    { "", 1 },
};

static const struct unit time_units[] = {
    { "s", 1000000000 },
    { "ms", 1000000 },
    { "us", 1000 },
    { "ns", 1 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reads the digits that `*at` starts with; `none` is what to say if it does
 * not. Strict where strtoull() is not: no blanks, no sign, no other base. */
static const char *take_digits(const char **at, const char *none,
                               uint64_t *ret_number)
{
    uint64_t number = 0;
    const char *c = *at;

    for (; *c >= '0' && *c <= '9'; c++) {
        unsigned digit = (unsigned)(*c - '0');

        if (number > (UINT64_MAX - digit) / 10)
            return TOO_LARGE;
        number = number * 10 + digit;
    }
    if (c == *at)
        return *c == '-' ? "is negative" : none;
    *at = c;
    *ret_number = number;
    return NULL;
}

static const char *scale(uint64_t number, uint64_t factor, uint64_t *ret)
{
    if (number > UINT64_MAX / factor)
        return TOO_LARGE;
    *ret = number * factor;
    return NULL;
}

const char *lio_uint_parse(const char *text, uint64_t *ret_number)
{
    const char *at = text;
    uint64_t number;
    const char *wrong = take_digits(&at, "is not a number", &number);

    if (wrong)
        return wrong;
    if (*at)
        return "is not a plain number";
    *ret_number = number;
    return NULL;
}

/* The unit without what may follow it: "K", "KiB" and "k" are one; "KB" is
 * refused, because half of its readers take it for 1000. */
static const struct unit *find_size_unit(const char *name)
{
    if (!strcasecmp(name, "B"))
        return &size_units[COUNT(size_units) - 1];
    for (size_t i = 0; i < COUNT(size_units); i++) {
        size_t len = strlen(size_units[i].name);

        if (strncasecmp(name, size_units[i].name, len))
            continue;
        if (!name[len] || (len > 0 && !strcasecmp(name + len, "iB")))
            return &size_units[i];
    }
    return NULL;
}

const char *lio_size_parse(const char *text, uint64_t *ret_bytes)
{
    const struct unit *unit;
    const char *at = text;
    uint64_t number;
    const char *wrong = take_digits(&at, NO_SIZE, &number);

    if (wrong)
        return wrong;
    unit = find_size_unit(at);
    if (!unit)
        return NO_SIZE;
    return scale(number, unit->factor, ret_bytes);
}

const char *lio_time_parse(const char *text, uint64_t *ret_ns)
{
    const char *at = text;
    uint64_t number;
    const char *wrong = take_digits(&at, NO_TIME, &number);

    if (wrong)
        return wrong;
    for (size_t i = 0; i < COUNT(time_units); i++)
        if (!strcmp(at, time_units[i].name))
            return scale(number, time_units[i].factor, ret_ns);
    if (*at || number > 0)
        return NO_TIME;
    *ret_ns = 0;
    return NULL;
}

const char *lio_bool_parse(const char *text, uint64_t *ret_bool)
{
    static const char *const words[][2] = {
        { "off", "on" }, { "false", "true" }, { "no", "yes" }, { "0", "1" }
    };

    for (size_t i = 0; i < COUNT(words); i++) {
        for (uint64_t value = 0; value < 2; value++) {
            if (!strcasecmp(text, words[i][value])) {
                *ret_bool = value;
                return NULL;
            }
        }
    }
    return "is neither on nor off";
}

static const char *format(uint64_t value, const struct unit *units, size_t n,
                          char buf[LIO_UNITS_BYTES])
{
    const struct unit *unit = units;

    while (unit < units + n - 1 && value % unit->factor)
        unit++;
    (void)snprintf(buf, LIO_UNITS_BYTES, "%" PRIu64 "%s", value / unit->factor,
                   unit->name);
    return buf;
}

/* Every unit divides 0; "0" alone reads best. */
const char *lio_size_format(uint64_t bytes, char buf[LIO_UNITS_BYTES])
{
    return bytes ? format(bytes, size_units, COUNT(size_units), buf)
                 : strcpy(buf, "0");
}

const char *lio_time_format(uint64_t ns, char buf[LIO_UNITS_BYTES])
{
    return ns ? format(ns, time_units, COUNT(time_units), buf)
              : strcpy(buf, "0");
}
