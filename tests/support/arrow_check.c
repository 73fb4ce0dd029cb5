#include "support/arrow_check.h"

#include <lanceio/error.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#define ALIGN 64

struct check {
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
    char *why;
    size_t room;
};

LIO_PRINTF(2, 3)
static int wrong(const struct check *check, const char *fmt, ...)
{
    int n =
        snprintf(check->why, check->room,
                 "'%s' (%s): ", check->schema->name ? check->schema->name : "",
                 check->schema->format ? check->schema->format : "");
    va_list args;

    va_start(args, fmt);
    if (n > 0 && (size_t)n < check->room)
        (void)vsnprintf(check->why + n, check->room - (size_t)n, fmt, args);
    va_end(args);
    return -1;
}

/* Buffers of an array of this format, or -1. */
static int nbuffers_of(const char *format)
{
    if (strcmp(format, "n") == 0)
        return 0;
    if (strcmp(format, "+s") == 0 || strncmp(format, "+w:", 3) == 0)
        return 1;
    if (strcmp(format, "+l") == 0 || strcmp(format, "+L") == 0 ||
        strcmp(format, "+m") == 0)
        return 2;
    if (strchr("uzUZ", format[0]) && format[1] == '\0')
        return 3;
    if (strchr("bcCsSiIlLefg", format[0]) && format[1] == '\0')
        return 2;
    if (strchr("wdt", format[0]) && format[1] != '\0')
        return 2;
    return -1;
}

static int check_counts(const struct check *check)
{
    const struct ArrowArray *array = check->array;
    int nbuffers = nbuffers_of(check->schema->format);

    if (nbuffers < 0)
        return wrong(check, "an unknown format");
    if (!check->schema->release || !array->release)
        return wrong(check, "is released");
    if (array->length < 0 || array->offset < 0 ||
        array->length > INT64_MAX - array->offset)
        return wrong(check, "length %" PRId64 ", offset %" PRId64,
                     array->length, array->offset);
    if (array->n_buffers != nbuffers)
        return wrong(check, "%" PRId64 " buffers, not %d", array->n_buffers,
                     nbuffers);
    if (array->n_children != check->schema->n_children)
        return wrong(check, "%" PRId64 " children, not %" PRId64,
                     array->n_children, check->schema->n_children);
    if (!array->dictionary != !check->schema->dictionary)
        return wrong(check, "has a dictionary, or has none");
    return 0;
}

/* -- formats ------------------------------------------------------------- */

/* A number and nothing else, from 1 on; 0 if it is none. */
static int64_t number_of(const char *digits)
{
    int64_t number = 0;

    for (; *digits >= '0' && *digits <= '9' && number < INT32_MAX; digits++)
        number = number * 10 + (*digits - '0');
    return *digits == '\0' ? number : 0;
}

/* d:PRECISION,SCALE or d:PRECISION,SCALE,BITS; the width in bits, or 0. */
static int64_t decimal_bits(const char *format)
{
    int precision, scale, bits = 128, end = 0;

    if (sscanf(format, "d:%d,%d%n", &precision, &scale, &end) != 2)
        return 0;
    if (format[end] == ',' &&
        sscanf(format + end, ",%d%n", &bits, &precision) != 1)
        return 0;
    return bits == 128 || bits == 256 ? bits : 0;
}

/* Bits of a date, a time, a timestamp or a duration, or 0. */
static int64_t temporal_bits(const char *format)
{
    static const struct {
        const char *format;
        int64_t bits;
    } known[] = { { "tdD", 32 }, { "tdm", 64 }, { "tts", 32 }, { "ttm", 32 },
                  { "ttu", 64 }, { "ttn", 64 }, { "tDs", 64 }, { "tDm", 64 },
                  { "tDu", 64 }, { "tDn", 64 } };

    if (strncmp(format, "ts", 2) == 0)
        return format[2] != '\0' && strchr("smun", format[2]) &&
                       format[3] == ':'
                   ? 64
                   : 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(format, known[i].format) == 0)
            return known[i].bits;
    return 0;
}

/* Bits of a value in buffer 1, or 0 for what has none of fixed width. */
static int64_t value_bits(const char *format)
{
    switch (format[0]) {
    case 'b':
        return 1;
    case 'c':
    case 'C':
        return 8;
    case 's':
    case 'S':
    case 'e':
        return 16;
    case 'i':
    case 'I':
    case 'f':
        return 32;
    case 'l':
    case 'L':
    case 'g':
        return 64;
    case 'w':
        return format[1] == ':' ? number_of(format + 2) * 8 : 0;
    case 'd':
        return decimal_bits(format);
    case 't':
        return temporal_bits(format);
    default:
        return 0;
    }
}

static int check_format(const struct check *check)
{
    const char *format = check->schema->format;
    bool nested = format[0] == '+' || strchr("nuzUZ", format[0]);

    if (strncmp(format, "+w:", 3) == 0 && number_of(format + 3) == 0)
        return wrong(check, "a list of no fixed size");
    return nested || value_bits(format) > 0 ? 0
                                            : wrong(check, "an unknown format");
}

/* -- metadata ------------------------------------------------------------ */

/* Pairs of keys and values, each with its length before it. */
static int check_metadata(const struct check *check)
{
    const char *at = check->schema->metadata;
    int32_t n, length;

    if (!at)
        return 0;
    memcpy(&n, at, sizeof(n));
    at += sizeof(n);
    for (int32_t i = 0; i < 2 * n; i++) {
        memcpy(&length, at, sizeof(length));
        if (length < 0)
            return wrong(check, "its metadata has a negative length");
        at += sizeof(length) + (size_t)length;
    }
    return n < 0 ? wrong(check, "its metadata has a negative count") : 0;
}

/* -- buffers ------------------------------------------------------------- */

/* Look at all bytes: whether they are there only a sanitizer can tell. */
static void touch(const void *buffer, int64_t from, int64_t to)
{
    const volatile uint8_t *bytes = buffer;

    for (int64_t i = from; i < to; i++)
        (void)bytes[i];
}

static void touch_buffers(const struct check *check)
{
    const struct ArrowArray *array = check->array;
    int64_t from = array->offset, to = array->offset + array->length;
    int64_t bits = value_bits(check->schema->format);

    if (array->n_buffers > 0 && array->buffers[0])
        touch(array->buffers[0], from / 8, (to + 7) / 8);
    if (bits > 0)
        touch(array->buffers[1], from * bits / 8, (to * bits + 7) / 8);
}

static int check_buffers(const struct check *check)
{
    const struct ArrowArray *array = check->array;

    for (int64_t i = 0; i < array->n_buffers; i++) {
        if ((uintptr_t)array->buffers[i] % ALIGN != 0)
            return wrong(check, "buffer %" PRId64 " is not aligned", i);
        if (i > 0 && !array->buffers[i])
            return wrong(check, "buffer %" PRId64 " is missing", i);
    }
    return 0;
}

static int check_nulls(const struct check *check)
{
    const struct ArrowArray *array = check->array;
    const uint8_t *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;
    int64_t nulls = array->n_buffers == 0 ? array->length : 0;

    for (int64_t i = array->offset;
         validity && i < array->offset + array->length; i++)
        nulls += !(validity[i / 8] >> (i % 8) & 1);
    if (array->null_count != nulls)
        return wrong(check, "null count %" PRId64 ", but %" PRId64 " nulls",
                     array->null_count, nulls);
    if (nulls > 0 && !(check->schema->flags & ARROW_FLAG_NULLABLE))
        return wrong(check, "nulls in a field that is not nullable");
    return 0;
}

/* The offsets of strings and of lists. */
static bool has_offsets(const char *format)
{
    return format[0] == '+' ? strchr("lLm", format[1]) != NULL
                            : strchr("uzUZ", format[0]) != NULL;
}

static int64_t offset_at(const struct check *check, int64_t i)
{
    const char *format = check->schema->format;
    char kind = format[0] == '+' ? format[1] : format[0];

    i += check->array->offset;
    return strchr("uzlm", kind)
               ? ((const int32_t *)check->array->buffers[1])[i]
               : ((const int64_t *)check->array->buffers[1])[i];
}

/* Length of the UTF-8 sequence at `s`, 0 if it is none. */
static size_t sequence(const uint8_t *s, const uint8_t *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = s[0] < 0x80             ? 1
               : (s[0] & 0xe0) == 0xc0 ? 2
               : (s[0] & 0xf0) == 0xe0 ? 3
               : (s[0] & 0xf8) == 0xf0 ? 4
                                       : 0;
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7fu >> n);

    if (n == 0 || n > (size_t)(end - s))
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return n;
}

static int check_utf8(const struct check *check, int64_t start, int64_t end)
{
    const uint8_t *data = check->array->buffers[2];

    while (start < end) {
        size_t n = sequence(data + start, data + end);

        if (n == 0)
            return wrong(check, "byte %" PRId64 " is not UTF-8", start);
        start += (int64_t)n;
    }
    return 0;
}

static int check_offsets(const struct check *check)
{
    char kind = check->schema->format[0];
    int64_t length = check->array->length;

    if (offset_at(check, 0) < 0)
        return wrong(check, "the first offset is %" PRId64,
                     offset_at(check, 0));
    for (int64_t i = 0; i < length; i++) {
        int64_t start = offset_at(check, i), end = offset_at(check, i + 1);

        if (end < start)
            return wrong(check, "offset %" PRId64 " falls", i + 1);
        if ((kind == 'u' || kind == 'U') && check_utf8(check, start, end) < 0)
            return -1;
    }
    if (kind == 'z' || kind == 'Z')
        touch(check->array->buffers[2], offset_at(check, 0),
              offset_at(check, length));
    return 0;
}

/* How many rows the children must have at least. */
static int64_t rows_of_children(const struct check *check)
{
    const char *format = check->schema->format;
    int64_t end = check->array->offset + check->array->length;

    if (has_offsets(format))
        return offset_at(check, check->array->length);
    return strncmp(format, "+w:", 3) == 0 ? end * atoll(format + 3) : end;
}

/* Entries are pairs; that neither they nor their keys are null, their fields'
 * flags say. */
static int check_map(const struct check *check)
{
    const struct ArrowSchema *entries = check->schema->children[0];

    if (strcmp(entries->format, "+s") != 0 || entries->n_children != 2)
        return wrong(check, "its entries are no pairs");
    if (check->array->children[0]->n_children != 2)
        return wrong(check, "an entry has not two children");
    return 0;
}

static int check_shape(const struct check *check)
{
    const char *format = check->schema->format;
    int64_t n = check->schema->n_children;

    if (format[0] == '+' && format[1] != 's' && n != 1)
        return wrong(check, "%" PRId64 " children", n);
    if (format[0] != '+' && n != 0)
        return wrong(check, "has children");
    return strcmp(format, "+m") == 0 ? check_map(check) : 0;
}

static int check_children(const struct check *check)
{
    const struct ArrowArray *array = check->array;
    int64_t rows = rows_of_children(check);

    for (int64_t i = 0; i < array->n_children; i++) {
        const struct ArrowArray *child = array->children[i];

        if (child->length < rows)
            return wrong(check,
                         "child %" PRId64 " has %" PRId64
                         " rows, and it %" PRId64,
                         i, child->length, rows);
        if (arrow_check(check->schema->children[i], child, check->why,
                        check->room) < 0)
            return -1;
    }
    return 0;
}

int64_t arrow_index(const struct ArrowSchema *schema,
                    const struct ArrowArray *array, int64_t i)
{
    const void *values = array->buffers[1];

    switch (schema->format[0]) {
    case 'c':
        return ((const int8_t *)values)[i];
    case 'C':
        return ((const uint8_t *)values)[i];
    case 's':
        return ((const int16_t *)values)[i];
    case 'S':
        return ((const uint16_t *)values)[i];
    case 'i':
        return ((const int32_t *)values)[i];
    case 'I':
        return ((const uint32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i];
    }
}

static int check_dictionary(const struct check *check)
{
    const struct ArrowArray *array = check->array;
    const uint8_t *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;

    if (!array->dictionary)
        return 0;
    if (!strchr("cCsSiIlL", check->schema->format[0]))
        return wrong(check, "is no integer, and has a dictionary");
    for (int64_t i = array->offset; i < array->offset + array->length; i++) {
        int64_t index = arrow_index(check->schema, array, i);

        if (validity && !(validity[i / 8] >> (i % 8) & 1))
            continue;
        if (index < 0 || index >= array->dictionary->length)
            return wrong(check, "index %" PRId64 " of %" PRId64, index,
                         array->dictionary->length);
    }
    /* Rows are null, values are not. */
    if (array->dictionary->null_count != 0)
        return wrong(check, "a value of its dictionary is null");
    return arrow_check(check->schema->dictionary, array->dictionary, check->why,
                       check->room);
}

int arrow_check(const struct ArrowSchema *schema,
                const struct ArrowArray *array, char *why, size_t room)
{
    const struct check check = { schema, array, why, room };

    if (check_counts(&check) < 0 || check_format(&check) < 0 ||
        check_metadata(&check) < 0 || check_shape(&check) < 0 ||
        check_buffers(&check) < 0 || check_nulls(&check) < 0)
        return -1;
    touch_buffers(&check);
    if (has_offsets(schema->format) && check_offsets(&check) < 0)
        return -1;
    if (check_dictionary(&check) < 0)
        return -1;
    return check_children(&check);
}
