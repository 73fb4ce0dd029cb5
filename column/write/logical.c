/*
 * Arrow's format strings turned into logical types, the way back from
 * column/type.c.
 */
#include "column/write/logical.h"

#include <stdbool.h>
#include <stdlib.h>

/* Decimal digits that all numbers of so many bits can have. */
#define DIGITS_128 38
#define DIGITS_256 76

static const char *const plain_types[][2] = {
    { "n", "null" },          { "b", "bool" },
    { "c", "int8" },          { "C", "uint8" },
    { "s", "int16" },         { "S", "uint16" },
    { "i", "int32" },         { "I", "uint32" },
    { "l", "int64" },         { "L", "uint64" },
    { "e", "halffloat" },     { "f", "float" },
    { "g", "double" },        { "tdD", "date32:day" },
    { "tdm", "date64:ms" },   { "tts", "time32:s" },
    { "ttm", "time32:ms" },   { "ttu", "time64:us" },
    { "ttn", "time64:ns" },   { "tDs", "duration:s" },
    { "tDm", "duration:ms" }, { "tDu", "duration:us" },
    { "tDn", "duration:ns" }, { "u", "string" },
    { "z", "binary" },        { "U", "large_string" },
    { "Z", "large_binary" },  { "+m", "map" },
    { "+s", "struct" },
};

LIO_PRINTF(2, 3)
static int spell(char **ret_logical, const char *fmt, ...)
{
    va_list args;
    char *logical;
    int n;

    va_start(args, fmt);
    n = vasprintf(&logical, fmt, args);
    va_end(args);
    if (n < 0)
        return LIO_ENOMEM;
    *ret_logical = logical;
    return 0;
}

static bool has_children(const struct ArrowSchema *arrow, int64_t n)
{
    if (arrow->n_children != n)
        return false;
    for (int64_t i = 0; i < n; i++)
        if (!arrow->children[i] || !arrow->children[i]->format)
            return false;
    return true;
}

static bool is_struct(const struct ArrowSchema *arrow)
{
    return strcmp(arrow->format, "+s") == 0 && !arrow->dictionary;
}

/* ts[smun]:ZONE */
static int spell_timestamp(const char *format, char **ret_logical)
{
    static const char units[][2][3] = {
        { "s", "s" }, { "m", "ms" }, { "u", "us" }, { "n", "ns" }
    };

    if (strlen(format) < 4 || format[3] != ':')
        return LIO_EUNSUPPORTED;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (format[2] == units[i][0][0])
            return spell(ret_logical, "timestamp:%s:%s", units[i][1],
                         format[4] ? format + 4 : "-");
    return LIO_EUNSUPPORTED;
}

/* d:PRECISION,SCALE[,BITS] */
static int spell_decimal(const char *format, char **ret_logical)
{
    int precision, scale, bits = 128, end = 0;

    if (sscanf(format, "d:%d,%d%n,%d%n", &precision, &scale, &end, &bits,
               &end) < 2 ||
        format[end] != '\0' || (bits != 128 && bits != 256) || precision < 1 ||
        precision > (bits == 128 ? DIGITS_128 : DIGITS_256))
        return LIO_EUNSUPPORTED;
    return spell(ret_logical, "decimal:%d:%d:%d", bits, precision, scale);
}

static int spell_list(const struct ArrowSchema *arrow, char **ret_logical)
{
    if (!has_children(arrow, 1))
        return LIO_EINVAL;
    return spell(ret_logical, "%s%s",
                 arrow->format[1] == 'L' ? "large_list" : "list",
                 is_struct(arrow->children[0]) ? ".struct" : "");
}

/* +w:DIMENSION */
static int spell_fixed_list(const struct ArrowSchema *arrow, char **ret_logical)
{
    char *inner = NULL;
    int rc;

    if (!has_children(arrow, 1))
        return LIO_EINVAL;
    rc = lio_logical_type(arrow->children[0], &inner);
    if (rc == 0)
        rc = spell(ret_logical, "fixed_size_list:%s:%s", inner,
                   arrow->format + strlen("+w:"));
    free(inner);
    return rc;
}

static int spell_dictionary(const struct ArrowSchema *arrow, char **ret_logical)
{
    struct ArrowSchema plain = { .format = arrow->format };
    char *value = NULL, *index = NULL;
    int rc = lio_logical_type(arrow->dictionary, &value);

    /* LanceDB takes the spelling apart at each colon, and fails to open a table
     * with one too many. */
    if (rc == 0 && strchr(value, ':'))
        rc = LIO_EUNSUPPORTED;
    if (rc == 0)
        rc = lio_logical_type(&plain, &index);
    if (rc == 0)
        rc = spell(ret_logical, "dict:%s:%s:%s", value, index,
                   arrow->flags & ARROW_FLAG_DICTIONARY_ORDERED ? "true"
                                                                : "false");
    free(value);
    free(index);
    return rc;
}

int lio_logical_type(const struct ArrowSchema *arrow, char **ret_logical)
{
    const char *format = arrow->format;

    if (!format)
        return LIO_EINVAL;
    if (arrow->dictionary)
        return spell_dictionary(arrow, ret_logical);
    for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++)
        if (strcmp(format, plain_types[i][0]) == 0)
            return spell(ret_logical, "%s", plain_types[i][1]);
    if (strncmp(format, "ts", 2) == 0)
        return spell_timestamp(format, ret_logical);
    if (strncmp(format, "d:", 2) == 0)
        return spell_decimal(format, ret_logical);
    if (strncmp(format, "w:", 2) == 0)
        return spell(ret_logical, "fixed_size_binary:%s", format + 2);
    if (strcmp(format, "+l") == 0 || strcmp(format, "+L") == 0)
        return spell_list(arrow, ret_logical);
    if (strncmp(format, "+w:", 3) == 0)
        return spell_fixed_list(arrow, ret_logical);
    return LIO_EUNSUPPORTED;
}
