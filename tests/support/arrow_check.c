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
    if (array->length < 0 || array->offset < 0)
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

static int check_shape(const struct check *check)
{
    const char *format = check->schema->format;
    int64_t n = check->schema->n_children;

    if (format[0] == '+' && format[1] != 's' && n != 1)
        return wrong(check, "%" PRId64 " children", n);
    if (format[0] != '+' && n != 0)
        return wrong(check, "has children");
    if (strcmp(format, "+m") == 0 &&
        (strcmp(check->schema->children[0]->format, "+s") != 0 ||
         check->schema->children[0]->n_children != 2))
        return wrong(check, "its entries are no pairs");
    return 0;
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
    return arrow_check(check->schema->dictionary, array->dictionary, check->why,
                       check->room);
}

int arrow_check(const struct ArrowSchema *schema,
                const struct ArrowArray *array, char *why, size_t room)
{
    const struct check check = { schema, array, why, room };

    if (check_counts(&check) < 0 || check_shape(&check) < 0 ||
        check_buffers(&check) < 0 || check_nulls(&check) < 0)
        return -1;
    if (has_offsets(schema->format) && check_offsets(&check) < 0)
        return -1;
    if (check_dictionary(&check) < 0)
        return -1;
    return check_children(&check);
}
