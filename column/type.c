/*
 * Logical type strings.  Most are in a table; the others carry parameters
 * behind colons: timestamp:us:Europe/Berlin, decimal:128:10:2,
 * fixed_size_binary:16.
 */
#include "column/type.h"

#include <stdbool.h>
#include <stdlib.h>

struct plain_type {
    const char *logical;
    const char *arrow;
    enum lio_kind kind;
    uint32_t bits;
};

static const struct plain_type plain_types[] = {
    { "null", "n", LIO_KIND_NULL, 0 },
    { "bool", "b", LIO_KIND_FIXED, 1 },
    { "int8", "c", LIO_KIND_FIXED, 8 },
    { "uint8", "C", LIO_KIND_FIXED, 8 },
    { "int16", "s", LIO_KIND_FIXED, 16 },
    { "uint16", "S", LIO_KIND_FIXED, 16 },
    { "int32", "i", LIO_KIND_FIXED, 32 },
    { "uint32", "I", LIO_KIND_FIXED, 32 },
    { "int64", "l", LIO_KIND_FIXED, 64 },
    { "uint64", "L", LIO_KIND_FIXED, 64 },
    { "halffloat", "e", LIO_KIND_FIXED, 16 },
    { "float", "f", LIO_KIND_FIXED, 32 },
    { "double", "g", LIO_KIND_FIXED, 64 },
    { "date32:day", "tdD", LIO_KIND_FIXED, 32 },
    { "date64:ms", "tdm", LIO_KIND_FIXED, 64 },
    { "time32:s", "tts", LIO_KIND_FIXED, 32 },
    { "time32:ms", "ttm", LIO_KIND_FIXED, 32 },
    { "time64:us", "ttu", LIO_KIND_FIXED, 64 },
    { "time64:ns", "ttn", LIO_KIND_FIXED, 64 },
    { "duration:s", "tDs", LIO_KIND_FIXED, 64 },
    { "duration:ms", "tDm", LIO_KIND_FIXED, 64 },
    { "duration:us", "tDu", LIO_KIND_FIXED, 64 },
    { "duration:ns", "tDn", LIO_KIND_FIXED, 64 },
    { "string", "u", LIO_KIND_VARIABLE, 32 },
    { "binary", "z", LIO_KIND_VARIABLE, 32 },
    { "large_string", "U", LIO_KIND_VARIABLE, 64 },
    { "large_binary", "Z", LIO_KIND_VARIABLE, 64 },
};

/* Digits only, as in "16"; no sign, no space, at most nine of them. */
static bool parse_number(const char **at, uint32_t *ret_number)
{
    const char *digit = *at;
    uint32_t number = 0;

    while (*digit >= '0' && *digit <= '9' && digit - *at < 9)
        number = number * 10 + (uint32_t)(*digit++ - '0');
    if (digit == *at)
        return false;
    *at = digit;
    *ret_number = number;
    return true;
}

LIO_PRINTF(2, 3)
static int format_arrow(struct lio_type *type, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&type->arrow, fmt, args);
    va_end(args);
    if (n >= 0)
        return 0;
    type->arrow = NULL;
    return LIO_ENOMEM;
}

/* timestamp:UNIT:ZONE, where the zone "-" stands for none */
static int parse_timestamp(const char *unit, struct lio_type *type)
{
    static const char units[][4] = { "s:", "ms:", "us:", "ns:" };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i]);
        const char *zone = unit + n;

        if (strncmp(unit, units[i], n) != 0)
            continue;
        type->kind = LIO_KIND_FIXED;
        type->bits = 64;
        return format_arrow(type, "ts%c:%s", units[i][0],
                            strcmp(zone, "-") == 0 ? "" : zone);
    }
    return LIO_ECORRUPT;
}

/* decimal:BITS:PRECISION:SCALE, where the scale may be negative */
static int parse_decimal(const char *at, struct lio_type *type)
{
    uint32_t bits, precision, scale;
    bool negative;

    if (!parse_number(&at, &bits) || *at++ != ':' ||
        !parse_number(&at, &precision) || *at++ != ':')
        return LIO_ECORRUPT;
    negative = *at == '-';
    at += negative;
    if (!parse_number(&at, &scale) || *at != '\0' ||
        (bits != 128 && bits != 256))
        return LIO_ECORRUPT;
    type->kind = LIO_KIND_FIXED;
    type->bits = bits;
    return format_arrow(type, "d:%u,%s%u%s", precision, negative ? "-" : "",
                        scale, bits == 256 ? ",256" : "");
}

static int parse_fixed_size_binary(const char *at, struct lio_type *type)
{
    uint32_t width;

    if (!parse_number(&at, &width) || *at != '\0' || width == 0 ||
        width > UINT32_MAX / 8)
        return LIO_ECORRUPT;
    type->kind = LIO_KIND_FIXED;
    type->bits = width * 8;
    return format_arrow(type, "w:%u", width);
}

struct type_family {
    const char *prefix;
    int (*parse)(const char *rest, struct lio_type *type);
};

static const struct type_family families[] = {
    { "timestamp:", parse_timestamp },
    { "decimal:", parse_decimal },
    { "fixed_size_binary:", parse_fixed_size_binary },
};

int lio_type_parse(const char *logical, struct lio_type *ret_type)
{
    struct lio_type type = { .kind = LIO_KIND_UNSUPPORTED };
    int rc = 0;

    for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++) {
        if (strcmp(logical, plain_types[i].logical) != 0)
            continue;
        type.kind = plain_types[i].kind;
        type.bits = plain_types[i].bits;
        rc = format_arrow(&type, "%s", plain_types[i].arrow);
    }
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        size_t n = strlen(families[i].prefix);

        if (strncmp(logical, families[i].prefix, n) == 0)
            rc = families[i].parse(logical + n, &type);
    }
    if (rc < 0)
        return rc;
    *ret_type = type;
    return 0;
}

void lio_type_release(struct lio_type *type)
{
    free(type->arrow);
    type->arrow = NULL;
}
