/*
 * The visitor: (value, array, row) to text.
 *
 * Where a row lies, as Arrow has it, for an array with offset o:
 *
 *     validity, numbers, offsets    at o + row
 *     child of a struct             its row o + row
 *     child of a fixed-size list    its rows (o + row) * size ...
 *     child of a list, map          its rows offsets[o + row] ...
 *
 * and each child adds an offset of its own.  Numbers are copied out of their
 * buffers because a buffer that is a view into a file may lie anywhere.
 */
#include "cli/value.h"

#include "cli/calendar.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/shortest.h"

#include <assert.h>
#include <math.h>

#define DAY_MS 86400000

struct span {
    int64_t first, end;
};

static int64_t load_int(const void *buffer, unsigned width, int64_t index)
{
    const char *at = (const char *)buffer + (size_t)index * width;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;

    switch (width) {
    case 1:
        memcpy(&i8, at, 1);
        return i8;
    case 2:
        memcpy(&i16, at, 2);
        return i16;
    case 4:
        memcpy(&i32, at, 4);
        return i32;
    default:
        assert(width == 8);
        memcpy(&i64, at, 8);
        return i64;
    }
}

/* The same bits without their sign. */
static uint64_t load_uint(const void *buffer, unsigned width, int64_t index)
{
    uint64_t bits = (uint64_t)load_int(buffer, width, index);

    return width == 8 ? bits : bits & (((uint64_t)1 << width * 8) - 1);
}

static bool load_bit(const void *buffer, int64_t index)
{
    return ((const uint8_t *)buffer)[index / 8] >> (index % 8) & 1;
}

static struct span load_span(const struct cli_value *value,
                             const struct ArrowArray *array, int64_t row)
{
    const void *offsets = array->buffers[1];
    int64_t at = array->offset + row;

    return (struct span){ load_int(offsets, value->width, at),
                          load_int(offsets, value->width, at + 1) };
}

static int64_t load_index(const struct cli_value *value,
                          const struct ArrowArray *array, int64_t row)
{
    int64_t at = array->offset + row;

    return value->is_signed
               ? load_int(array->buffers[1], value->width, at)
               : (int64_t)load_uint(array->buffers[1], value->width, at);
}

bool cli_value_is_null(const struct cli_value *value,
                       const struct ArrowArray *array, int64_t row)
{
    const void *validity;

    if (value->kind == CLI_NULL)
        return true;
    validity = array->buffers[0];
    if (array->null_count != 0 && validity &&
        !load_bit(validity, array->offset + row))
        return true;
    if (value->kind == CLI_DICTIONARY)
        return cli_value_is_null(value->children, array->dictionary,
                                 load_index(value, array, row));
    return false;
}

/* -- scalars ------------------------------------------------------------- */

static void put_int(struct cli_out *out, int64_t number)
{
    cli_out_end(out, cli_i64_put(cli_out_room(out, CLI_I64_ROOM), number));
}

static void put_uint(struct cli_out *out, uint64_t number)
{
    cli_out_end(out, cli_u64_put(cli_out_room(out, CLI_U64_ROOM), number));
}

static void put_bool(struct cli_out *out, bool value)
{
    if (value)
        cli_out_bytes(out, "true", 4);
    else
        cli_out_bytes(out, "false", 5);
}

static void put_float(const struct cli_value *value,
                      const struct ArrowArray *array, int64_t row,
                      struct cli_out *out)
{
    uint64_t bits =
        load_uint(array->buffers[1], value->width, array->offset + row);
    char *at = cli_out_room(out, CLI_F64_ROOM);
    uint32_t low = (uint32_t)bits;
    double f64;
    float f32;

    switch (value->kind) {
    case CLI_HALF:
        at = cli_f64_put(at, cli_half_value((uint16_t)bits));
        break;
    case CLI_FLOAT:
        memcpy(&f32, &low, sizeof(f32));
        at = cli_f32_put(at, f32);
        break;
    default:
        memcpy(&f64, &bits, sizeof(f64));
        at = cli_f64_put(at, f64);
        break;
    }
    cli_out_end(out, at);
}

static bool is_finite(const struct cli_value *value,
                      const struct ArrowArray *array, int64_t row)
{
    static const uint64_t exponents[] = {
        [2] = 0x7c00, [4] = 0x7f800000, [8] = 0x7ff0000000000000
    };
    uint64_t bits =
        load_uint(array->buffers[1], value->width, array->offset + row);

    return (bits & exponents[value->width]) != exponents[value->width];
}

static void put_decimal(const struct cli_value *value,
                        const struct ArrowArray *array, int64_t row,
                        struct cli_out *out)
{
    const char *at = (const char *)array->buffers[1] +
                     (size_t)(array->offset + row) * value->width;

    cli_out_end(out, cli_decimal_put(cli_out_room(out, CLI_DECIMAL_ROOM), at,
                                     value->width, value->scale));
}

/* date64 should be whole days; if it is not, the rest is not hidden. */
static char *put_date(char *at, int64_t count, unsigned width)
{
    if (width == 4)
        return cli_date_put(at, count);
    if (count % DAY_MS == 0)
        return cli_date_put(at, count / DAY_MS);
    return cli_timestamp_put(at, count, 3);
}

static void put_time(const struct cli_value *value,
                     const struct ArrowArray *array, int64_t row,
                     struct cli_out *out)
{
    int64_t count =
        load_int(array->buffers[1], value->width, array->offset + row);
    char *at = cli_out_room(out, CLI_CALENDAR_ROOM);

    switch (value->kind) {
    case CLI_DATE:
        at = put_date(at, count, value->width);
        break;
    case CLI_TIME:
        at = cli_time_put(at, count, value->digits);
        break;
    case CLI_DURATION:
        at = cli_duration_put(at, count, value->digits);
        break;
    default:
        at = cli_timestamp_put(at, count, value->digits);
        if (value->zoned)
            *at++ = 'Z';
        break;
    }
    cli_out_end(out, at);
}

/* -- bytes --------------------------------------------------------------- */

static void put_base64(struct cli_out *out, const uint8_t *bytes, size_t n)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t three = (uint32_t)bytes[i] << 16;
        char *at = cli_out_room(out, 4);

        if (left > 1)
            three |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            three |= bytes[i + 2];
        at[0] = alphabet[three >> 18];
        at[1] = alphabet[three >> 12 & 63];
        at[2] = left > 1 ? alphabet[three >> 6 & 63] : '=';
        at[3] = left > 2 ? alphabet[three & 63] : '=';
        cli_out_end(out, at + 4);
    }
}

/* The bytes of a string or binary; their memory may be NULL if there are none.
 */
static const char *find_bytes(const struct cli_value *value,
                              const struct ArrowArray *array, int64_t row,
                              size_t *ret_bytes)
{
    struct span span;

    if (value->kind == CLI_FIXED_BINARY) {
        *ret_bytes = (size_t)value->size;
        if (value->size == 0)
            return "";
        return (const char *)array->buffers[1] +
               (array->offset + row) * value->size;
    }
    span = load_span(value, array, row);
    *ret_bytes = (size_t)(span.end - span.first);
    return span.first == span.end
               ? ""
               : (const char *)array->buffers[2] + span.first;
}

static void put_binary(const struct cli_value *value,
                       const struct ArrowArray *array, int64_t row,
                       struct cli_out *out)
{
    size_t n;
    const char *bytes = find_bytes(value, array, row, &n);

    put_base64(out, (const uint8_t *)bytes, n);
}

/* -- nested -------------------------------------------------------------- */

static void put_items(const struct cli_value *item,
                      const struct ArrowArray *array, struct span rows,
                      struct cli_out *out)
{
    cli_out_char(out, '[');
    for (int64_t row = rows.first; row < rows.end; row++) {
        if (row > rows.first)
            cli_out_char(out, ',');
        cli_value_json(item, array, row, out);
    }
    cli_out_char(out, ']');
}

static void put_fixed_list(const struct cli_value *value,
                           const struct ArrowArray *array, int64_t row,
                           struct cli_out *out)
{
    int64_t first = (array->offset + row) * value->size;
    struct span rows = { first, first + value->size };

    put_items(value->children, array->children[0], rows, out);
}

static void put_struct(const struct cli_value *value,
                       const struct ArrowArray *array, int64_t row,
                       struct cli_out *out)
{
    cli_out_char(out, '{');
    for (size_t i = 0; i < value->nchildren; i++) {
        const struct cli_value *child = &value->children[i];

        if (i > 0)
            cli_out_char(out, ',');
        cli_out_bytes(out, child->key, child->key_bytes);
        cli_value_json(child, array->children[i], array->offset + row, out);
    }
    cli_out_char(out, '}');
}

/* -- the two forms ------------------------------------------------------- */

/* A value that is neither null nor one of the kinds whose forms differ. */
static void put(const struct cli_value *value, const struct ArrowArray *array,
                int64_t row, struct cli_out *out)
{
    int64_t at = array->offset + row;

    switch (value->kind) {
    case CLI_BOOL:
        put_bool(out, load_bit(array->buffers[1], at));
        break;
    case CLI_INT:
        put_int(out, load_int(array->buffers[1], value->width, at));
        break;
    case CLI_UINT:
        put_uint(out, load_uint(array->buffers[1], value->width, at));
        break;
    case CLI_HALF:
    case CLI_FLOAT:
    case CLI_DOUBLE:
        put_float(value, array, row, out);
        break;
    case CLI_BINARY:
    case CLI_FIXED_BINARY:
        put_binary(value, array, row, out);
        break;
    case CLI_DATE:
    case CLI_TIME:
    case CLI_TIMESTAMP:
    case CLI_DURATION:
        put_time(value, array, row, out);
        break;
    case CLI_DECIMAL:
        put_decimal(value, array, row, out);
        break;
    case CLI_LIST:
    case CLI_MAP:
        put_items(value->children, array->children[0],
                  load_span(value, array, row), out);
        break;
    case CLI_FIXED_LIST:
        put_fixed_list(value, array, row, out);
        break;
    case CLI_STRUCT:
        put_struct(value, array, row, out);
        break;
    case CLI_NULL:
    case CLI_STRING:
    case CLI_DICTIONARY:
        break;
    }
}

/* Is what put() writes a string in JSON? */
static bool is_quoted(const struct cli_value *value,
                      const struct ArrowArray *array, int64_t row)
{
    switch (value->kind) {
    case CLI_HALF:
    case CLI_FLOAT:
    case CLI_DOUBLE:
        return !is_finite(value, array, row);
    case CLI_BINARY:
    case CLI_FIXED_BINARY:
    case CLI_DATE:
    case CLI_TIME:
    case CLI_TIMESTAMP:
    case CLI_DURATION:
        return true;
    default:
        return false;
    }
}

void cli_value_json(const struct cli_value *value,
                    const struct ArrowArray *array, int64_t row,
                    struct cli_out *out)
{
    const char *text;
    size_t bytes;

    if (cli_value_is_null(value, array, row)) {
        cli_out_bytes(out, "null", 4);
    } else if (value->kind == CLI_STRING) {
        text = find_bytes(value, array, row, &bytes);
        cli_json_string(out, text, bytes);
    } else if (value->kind == CLI_DICTIONARY) {
        cli_value_json(value->children, array->dictionary,
                       load_index(value, array, row), out);
    } else if (is_quoted(value, array, row)) {
        cli_out_char(out, '"');
        put(value, array, row, out);
        cli_out_char(out, '"');
    } else {
        put(value, array, row, out);
    }
}

void cli_value_text(const struct cli_value *value,
                    const struct ArrowArray *array, int64_t row,
                    struct cli_out *out)
{
    const char *text;
    size_t bytes;

    if (cli_value_is_null(value, array, row))
        return;
    if (value->kind == CLI_STRING) {
        text = find_bytes(value, array, row, &bytes);
        cli_out_bytes(out, text, bytes);
    } else if (value->kind == CLI_DICTIONARY) {
        cli_value_text(value->children, array->dictionary,
                       load_index(value, array, row), out);
    } else {
        put(value, array, row, out);
    }
}
