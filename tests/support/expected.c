/*
 * Just enough JSON for rows that are written by machine: no space between
 * tokens, keys without escapes.
 */
#include "support/expected.h"

#include "support/arrow_check.h"

#include <lanceio/error.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* -- loading ------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), nend = strlen(end);

    return n >= nend && strcmp(text + n - nend, end) == 0;
}

static FILE *open_rows(const char *path)
{
    char *command;
    FILE *in;

    if (!ends_with(path, ".gz"))
        return fopen(path, "r");
    if (asprintf(&command, "gzip -dc '%s'", path) < 0)
        return NULL;
    in = popen(command, "r");
    free(command);
    return in;
}

static int close_rows(const char *path, FILE *in)
{
    return ends_with(path, ".gz") ? pclose(in) : fclose(in);
}

static char *read_all(FILE *in)
{
    size_t room = 1 << 16, n = 0, got;
    char *text = malloc(room);

    while (text && (got = fread(text + n, 1, room - n - 1, in)) > 0) {
        n += got;
        if (room - n - 1 == 0)
            text = realloc(text, room *= 2);
    }
    if (text)
        text[n] = '\0';
    return text;
}

static int cut_rows(struct expected *expected)
{
    char *line = expected->text, *end;
    size_t room = 0;

    for (; (end = strchr(line, '\n')); line = end + 1) {
        if (expected->nrows == room) {
            room = room > 0 ? room * 2 : 256;
            expected->rows =
                realloc(expected->rows, room * sizeof(*expected->rows));
            if (!expected->rows)
                return -1;
        }
        *end = '\0';
        expected->rows[expected->nrows++] = line;
    }
    return *line == '\0' ? 0 : -1;
}

int expected_load(const char *path, struct expected *ret_expected)
{
    FILE *in = open_rows(path);

    *ret_expected = (struct expected){ 0 };
    if (!in)
        return -1;
    ret_expected->text = read_all(in);
    if (close_rows(path, in) != 0 || !ret_expected->text)
        return -1;
    return cut_rows(ret_expected);
}

void expected_release(struct expected *expected)
{
    free(expected->rows);
    free(expected->text);
}

/* -- finding ------------------------------------------------------------- */

static const char *skip_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* Behind a value of any kind. */
static const char *skip_value(const char *at)
{
    int depth = 0;

    do {
        if (*at == '"')
            at = skip_string(at);
        else if (*at == '{' || *at == '[')
            depth++, at++;
        else if (*at == '}' || *at == ']')
            depth--, at++;
        else
            at++;
    } while (*at && (depth > 0 || (*at != ',' && *at != '}' && *at != ']')));
    return at;
}

const char *expected_member(const char *row, const char *key)
{
    size_t n = strlen(key);
    const char *at = row + 1; /* behind the brace */

    while (*at == '"') {
        const char *name = at + 1, *value = skip_string(at) + 1;

        if (strncmp(name, key, n) == 0 && name[n] == '"')
            return value;
        at = skip_value(value);
        at += *at == ',';
    }
    return NULL;
}

/* -- values -------------------------------------------------------------- */

static size_t put_utf8(unsigned code, char *to)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3f));
        to[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3f));
    to[2] = (char)(0x80 | (code >> 6 & 0x3f));
    to[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static unsigned hex4(const char *at)
{
    char digits[5] = { at[0], at[1], at[2], at[3], '\0' };

    return (unsigned)strtoul(digits, NULL, 16);
}

/* \uXXXX, perhaps a pair; returns what is behind it. */
static const char *take_unicode(const char *at, char **to)
{
    unsigned code = hex4(at + 2);

    at += 6;
    if (code >= 0xd800 && code < 0xdc00 && at[0] == '\\' && at[1] == 'u') {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(at + 2) - 0xdc00);
        at += 6;
    }
    *to += put_utf8(code, *to);
    return at;
}

/* The characters of a JSON string, for the caller to free. */
static char *unescape(const char *at, size_t *ret_bytes)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    char *text = malloc((size_t)(skip_string(at) - at) + 1), *to = text;

    if (!text)
        abort();
    for (at++; *at && *at != '"';) {
        if (*at != '\\') {
            *to++ = *at++;
        } else if (at[1] == 'u') {
            at = take_unicode(at, &to);
        } else {
            const char *which = strchr(from, at[1]);

            *to++ = which ? into[which - from] : at[1];
            at += 2;
        }
    }
    *ret_bytes = (size_t)(to - text);
    return text;
}

static char *unbase64(const char *at, size_t *ret_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                 "qrstuvwxyz0123456789+/";
    char *bytes = malloc(strlen(at) + 1);
    uint32_t bits = 0;
    size_t n = 0, nbits = 0;

    if (!bytes)
        abort();
    for (at++; *at && *at != '"' && *at != '='; at++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, *at) - digits);
        nbits += 6;
        if (nbits >= 8) {
            nbits -= 8;
            bytes[n++] = (char)(bits >> nbits);
        }
    }
    *ret_bytes = n;
    return bytes;
}

static bool bytes_equal(const char *value, bool base64, const void *bytes,
                        size_t nbytes)
{
    size_t n;
    char *want;
    bool equal;

    if (*value != '"')
        return false;
    want = base64 ? unbase64(value, &n) : unescape(value, &n);
    equal = n == nbytes && memcmp(want, bytes, n) == 0;
    free(want);
    return equal;
}

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 0x1f;
    double fraction = bits & 0x3ff, value;

    if (exponent == 0x1f)
        value = fraction > 0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, -24);
    else
        value = ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -value : value;
}

static bool float_equals(const char *value, double have, bool narrow)
{
    double want;

    if (*value == '"')
        value++;
    want = strncmp(value, "NaN", 3) == 0 ? (double)NAN : strtod(value, NULL);
    if (narrow)
        want = (double)(float)want;
    if (isnan(want) || isnan(have))
        return isnan(want) && isnan(have);
    return want == have && signbit(want) == signbit(have);
}

/* A decimal integer of up to 128 bits. */
static bool wide_equals(const char *value, const void *bytes)
{
    bool negative = *value == '-';
    uint64_t low = 0, high = 0, have[2];

    for (value += negative; *value >= '0' && *value <= '9'; value++) {
        /* (high, low) * 10 + digit, in halves that cannot overflow */
        uint64_t a = (low & UINT32_MAX) * 10 + (uint64_t)(*value - '0');
        uint64_t b = (low >> 32) * 10 + (a >> 32);

        high = high * 10 + (b >> 32);
        low = b << 32 | (a & UINT32_MAX);
    }
    if (negative) {
        low = ~low + 1;
        high = ~high + (low == 0);
    }
    memcpy(have, bytes, sizeof(have));
    return have[0] == low && have[1] == high;
}

static bool int_equals(const char *value, int64_t have)
{
    char *end;
    int64_t want = strtoll(value, &end, 10);

    return end != value && want == have;
}

static bool uint_equals(const char *value, uint64_t have)
{
    char *end;
    uint64_t want = strtoull(value, &end, 10);

    return end != value && want == have;
}

/* 32-bit dates and times; the others have 64 bits. */
static bool is_narrow_time(const char *format)
{
    return strcmp(format, "tdD") == 0 || strcmp(format, "tts") == 0 ||
           strcmp(format, "ttm") == 0;
}

static bool fixed_equals(const char *value, const char *format,
                         const void *values, int64_t i)
{
    int width = format[0] == 'w' ? atoi(format + 2) : 0;

    switch (format[0]) {
    case 'b':
        return strncmp(value,
                       ((const uint8_t *)values)[i / 8] >> (i % 8) & 1
                           ? "true"
                           : "false",
                       4) == 0;
    case 'c':
        return int_equals(value, ((const int8_t *)values)[i]);
    case 'C':
        return uint_equals(value, ((const uint8_t *)values)[i]);
    case 's':
        return int_equals(value, ((const int16_t *)values)[i]);
    case 'S':
        return uint_equals(value, ((const uint16_t *)values)[i]);
    case 'i':
        return int_equals(value, ((const int32_t *)values)[i]);
    case 'I':
        return uint_equals(value, ((const uint32_t *)values)[i]);
    case 'l':
        return int_equals(value, ((const int64_t *)values)[i]);
    case 'L':
        return uint_equals(value, ((const uint64_t *)values)[i]);
    case 'e':
        return float_equals(value, half(((const uint16_t *)values)[i]), false);
    case 'f':
        return float_equals(value, (double)((const float *)values)[i], true);
    case 'g':
        return float_equals(value, ((const double *)values)[i], false);
    case 'd':
        return wide_equals(value, (const char *)values + i * 16);
    case 'w':
        return bytes_equal(value, true, (const char *)values + i * width,
                           (size_t)width);
    case 't':
        return is_narrow_time(format)
                   ? int_equals(value, ((const int32_t *)values)[i])
                   : int_equals(value, ((const int64_t *)values)[i]);
    default:
        return false;
    }
}

static bool variable_equals(const char *value, char format,
                            const struct ArrowArray *array, int64_t i)
{
    const char *data = array->buffers[2];
    bool narrow = format == 'u' || format == 'z';
    int64_t start = narrow ? ((const int32_t *)array->buffers[1])[i]
                           : ((const int64_t *)array->buffers[1])[i];
    int64_t end = narrow ? ((const int32_t *)array->buffers[1])[i + 1]
                         : ((const int64_t *)array->buffers[1])[i + 1];

    return bytes_equal(value, format == 'z' || format == 'Z', data + start,
                       (size_t)(end - start));
}

/* -- nested values ------------------------------------------------------- */

static bool value_equals(const char *value, const struct ArrowSchema *schema,
                         const struct ArrowArray *array, int64_t i);

/* Items [start, end) of the child against those of a JSON array. */
static bool items_equal(const char *value, const struct ArrowSchema *schema,
                        const struct ArrowArray *array, int64_t start,
                        int64_t end)
{
    const char *at = value + 1; /* behind the bracket */

    if (*value != '[')
        return false;
    for (int64_t i = start; i < end; i++) {
        if (*at == ']' ||
            !value_equals(at, schema->children[0], array->children[0], i))
            return false;
        at = skip_value(at);
        at += *at == ',';
    }
    return *at == ']';
}

static bool list_equals(const char *value, const struct ArrowSchema *schema,
                        const struct ArrowArray *array, int64_t i)
{
    const int32_t *narrow = array->buffers[1];
    const int64_t *wide = array->buffers[1];

    return schema->format[1] == 'L'
               ? items_equal(value, schema, array, wide[i], wide[i + 1])
               : items_equal(value, schema, array, narrow[i], narrow[i + 1]);
}

static bool struct_equals(const char *value, const struct ArrowSchema *schema,
                          const struct ArrowArray *array, int64_t i)
{
    static const char null[] = "null";

    if (*value != '{')
        return false;
    for (int64_t k = 0; k < schema->n_children; k++) {
        const struct ArrowSchema *child = schema->children[k];
        const char *member = expected_member(value, child->name);

        if (!value_equals(member ? member : null, child, array->children[k], i))
            return false;
    }
    return true;
}

static bool nested_equals(const char *value, const struct ArrowSchema *schema,
                          const struct ArrowArray *array, int64_t i)
{
    int64_t n;

    switch (schema->format[1]) {
    case 's':
        return struct_equals(value, schema, array, i);
    case 'w':
        n = atoll(schema->format + 3);
        return items_equal(value, schema, array, i * n, (i + 1) * n);
    default:
        return list_equals(value, schema, array, i);
    }
}

/* `i` counts from the array's offset on, as everywhere in Arrow. */
static bool value_equals(const char *value, const struct ArrowSchema *schema,
                         const struct ArrowArray *array, int64_t i)
{
    bool want_null = strncmp(value, "null", 4) == 0;
    const uint8_t *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;
    bool null;

    i += array->offset;
    null = array->n_buffers == 0 ||
           (validity && !(validity[i / 8] >> (i % 8) & 1));
    if (null || want_null)
        return null && want_null;
    if (schema->dictionary)
        return value_equals(value, schema->dictionary, array->dictionary,
                            arrow_index(schema, array, i));
    if (schema->format[0] == '+')
        return nested_equals(value, schema, array, i);
    if (array->n_buffers == 3)
        return variable_equals(value, schema->format[0], array, i);
    return fixed_equals(value, schema->format, array->buffers[1], i);
}

bool expected_equals(const char *row, const char *key,
                     const struct ArrowSchema *schema,
                     const struct ArrowArray *array, int64_t i)
{
    const char *value = expected_member(row, key);

    return value_equals(value ? value : "null", schema, array, i);
}
