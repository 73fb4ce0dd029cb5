/*
 * Logical type strings.  Most are in a table; the others carry parameters
 * behind colons: timestamp:us:Europe/Berlin, decimal:128:10:2,
 * fixed_size_binary:16.  Two hold another type, which may have colons itself:
 * fixed_size_list:decimal:128:10:2:4, dict:timestamp:us:-:int32:false.
 */
#include "column/type.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_DEPTH_MAX 8 /* of types within a spelling */

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
    { "json", "Z", LIO_KIND_VARIABLE, 64 }, /* in its binary form */
    { "list", "+l", LIO_KIND_LIST, 32 },
    { "list.struct", "+l", LIO_KIND_LIST, 32 },
    { "large_list", "+L", LIO_KIND_LIST, 64 },
    { "large_list.struct", "+L", LIO_KIND_LIST, 64 },
    { "map", "+m", LIO_KIND_LIST, 32 },
    { "struct", "+s", LIO_KIND_STRUCT, 0 },
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

/* -- types that hold a type ---------------------------------------------- */

static int parse(const char *logical, unsigned depth, struct lio_type *type);

/* Parse the first `n` characters of a spelling. */
static int parse_part(const char *logical, size_t n, unsigned depth,
                      struct lio_type *type)
{
    char *text = strndup(logical, n);
    int rc = text ? parse(text, depth + 1, type) : LIO_ENOMEM;

    free(text);
    return rc;
}

/* The same, for the child of `type`. */
static int parse_child(const char *logical, size_t n, unsigned depth,
                       struct lio_type *type)
{
    int rc;

    type->own = calloc(1, sizeof(*type->own));
    if (!type->own)
        return LIO_ENOMEM;
    rc = parse_part(logical, n, depth, type->own);
    return rc < 0 ? rc : lio_type_link(type, type->own);
}

/* What is not read as a child makes the whole unreadable. */
static void give_up(struct lio_type *type)
{
    lio_type_release(type);
    *type = (struct lio_type){ .kind = LIO_KIND_UNSUPPORTED };
}

/* The items of a fixed-size list: any values whose spelling has all of them,
 * which that of what has fields of its own has not. */
static bool can_be_item(const struct lio_type *type)
{
    switch (type->kind) {
    case LIO_KIND_UNSUPPORTED:
    case LIO_KIND_LIST:
    case LIO_KIND_STRUCT:
        return false;
    case LIO_KIND_FIXED_LIST:
        return type->own != NULL;
    default:
        return true;
    }
}

/* fixed_size_list:INNER:N, where an inner `struct` is a field of its own */
static int parse_fixed_list(const char *inner, unsigned depth,
                            struct lio_type *type)
{
    const char *colon = strrchr(inner, ':'), *at = colon ? colon + 1 : "";
    int rc = 0;

    if (!parse_number(&at, &type->dimension) || *at != '\0' ||
        type->dimension == 0)
        return LIO_ECORRUPT;
    type->kind = LIO_KIND_FIXED_LIST;
    if (strncmp(inner, "struct:", strlen("struct:")) != 0)
        rc = parse_child(inner, (size_t)(colon - inner), depth, type);
    if (rc < 0)
        return rc;
    if (type->own && !can_be_item(type->own)) {
        give_up(type);
        return 0;
    }
    if (type->own && lio_type_bits(type) > UINT32_MAX)
        return LIO_ECORRUPT;
    return format_arrow(type, "+w:%u", type->dimension);
}

/* INDEX in dict:VALUE:INDEX:ORDERED: takes over its width and format */
static int parse_index(const char *index, size_t n, unsigned depth,
                       struct lio_type *type)
{
    struct lio_type integer = { 0 };
    int rc = parse_part(index, n, depth, &integer);

    type->bits = integer.bits;
    type->arrow = integer.arrow;
    if (rc == 0 &&
        (integer.kind != LIO_KIND_FIXED || !strchr("cCsSiIlL", *integer.arrow)))
        rc = LIO_ECORRUPT;
    return rc;
}

static int parse_dictionary(const char *value, unsigned depth,
                            struct lio_type *type)
{
    const char *ordered = strrchr(value, ':'), *index = ordered;
    int rc;

    while (index && index > value && *--index != ':')
        ;
    if (!index || index == value)
        return LIO_ECORRUPT;
    type->kind = LIO_KIND_DICTIONARY;
    rc = parse_index(index + 1, (size_t)(ordered - index - 1), depth, type);
    if (rc == 0)
        rc = parse_child(value, (size_t)(index - value), depth, type);
    if (rc == 0 && type->own->kind != LIO_KIND_FIXED &&
        type->own->kind != LIO_KIND_VARIABLE)
        give_up(type);
    return rc;
}

struct type_family {
    const char *prefix;
    int (*parse)(const char *rest, struct lio_type *type);
    int (*parse_outer)(const char *rest, unsigned depth, struct lio_type *type);
};

static const struct type_family families[] = {
    { "timestamp:", parse_timestamp, NULL },
    { "decimal:", parse_decimal, NULL },
    { "fixed_size_binary:", parse_fixed_size_binary, NULL },
    { "fixed_size_list:", NULL, parse_fixed_list },
    { "dict:", NULL, parse_dictionary },
};

static int parse_family(const struct type_family *family, const char *logical,
                        unsigned depth, struct lio_type *type)
{
    size_t n = strlen(family->prefix);

    if (strncmp(logical, family->prefix, n) != 0)
        return 0;
    return family->parse ? family->parse(logical + n, type)
                         : family->parse_outer(logical + n, depth, type);
}

static int parse(const char *logical, unsigned depth, struct lio_type *type)
{
    int rc = 0;

    if (depth > TYPE_DEPTH_MAX)
        return LIO_ECORRUPT;
    for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++) {
        if (strcmp(logical, plain_types[i].logical) != 0)
            continue;
        type->kind = plain_types[i].kind;
        type->bits = plain_types[i].bits;
        return format_arrow(type, "%s", plain_types[i].arrow);
    }
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && rc == 0;
         i++)
        rc = parse_family(&families[i], logical, depth, type);
    return rc;
}

int lio_type_parse(const char *logical, struct lio_type *ret_type)
{
    struct lio_type type = { .kind = LIO_KIND_UNSUPPORTED };
    int rc = parse(logical, 0, &type);

    if (rc < 0) {
        lio_type_release(&type);
        return rc;
    }
    *ret_type = type;
    return 0;
}

void lio_type_release(struct lio_type *type)
{
    if (type->own)
        lio_type_release(type->own);
    free(type->own);
    free(type->children);
    free(type->arrow);
    *type = (struct lio_type){ .kind = type->kind };
}

int lio_type_link(struct lio_type *type, const struct lio_type *child)
{
    const struct lio_type **more =
        realloc(type->children, (type->nchildren + (size_t)1) * sizeof(*more));

    if (!more)
        return LIO_ENOMEM;
    type->children = more;
    type->children[type->nchildren++] = child;
    return 0;
}

bool lio_type_is_fixed(const struct lio_type *type)
{
    if (type->kind == LIO_KIND_FIXED_LIST)
        return type->nchildren == 1 && lio_type_is_fixed(type->children[0]);
    return type->kind == LIO_KIND_FIXED;
}

uint64_t lio_type_bits(const struct lio_type *type)
{
    uint64_t bits;

    if (type->kind != LIO_KIND_FIXED_LIST)
        return type->bits;
    /* Each factor is below 2^32, and products above are refused. */
    bits = lio_type_bits(type->children[0]);
    return bits * type->dimension;
}

uint64_t lio_type_index_max(const struct lio_type *type)
{
    bool is_signed = strchr("csil", *type->arrow) != NULL;

    return UINT64_MAX >> (64 - type->bits + is_signed);
}
