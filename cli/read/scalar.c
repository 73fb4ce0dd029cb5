/*
 * Values that are not nested: from text to the bytes of a buffer, and what to
 * say if they are not what they should be.
 */
#include "cli/read/base64.h"
#include "cli/read/builder.h"
#include "cli/read/time.h"
#include "cli/utf8.h"

#include <inttypes.h>
#include <strings.h>

#define DAY_MS 86400000

/* -- messages ------------------------------------------------------------ */

static const char *int_name(const struct cli_value *type)
{
    static const char *const names[2][9] = {
        { [1] = "a uint8",
          [2] = "a uint16",
          [4] = "a uint32",
          [8] = "a uint64" },
        { [1] = "an int8",
          [2] = "an int16",
          [4] = "an int32",
          [8] = "an int64" },
    };

    return names[type->kind == CLI_INT][type->width];
}

const char *cli_builder_wants(const struct cli_builder *builder)
{
    static const char *const names[] = {
        [CLI_NULL] = "null",
        [CLI_BOOL] = "a bool (true or false)",
        [CLI_HALF] = "a halffloat",
        [CLI_FLOAT] = "a float",
        [CLI_DOUBLE] = "a double",
        [CLI_STRING] = "a string",
        [CLI_BINARY] = "binary (a string of base64)",
        [CLI_FIXED_BINARY] = "binary of the right size (a string of base64)",
        [CLI_DATE] = "a date (2001-01-31)",
        [CLI_TIME] = "a time (13:59:00)",
        [CLI_DURATION] = "a duration (PT1H59M0.5S)",
        [CLI_DECIMAL] = "a decimal",
        [CLI_LIST] = "a list",
        [CLI_FIXED_LIST] = "a list",
        [CLI_STRUCT] = "an object",
        [CLI_MAP] = "a map (a list of objects with key and value)",
    };
    const struct cli_value *type = builder->type;

    switch (type->kind) {
    case CLI_INT:
    case CLI_UINT:
        return int_name(type);
    case CLI_TIMESTAMP:
        return type->zoned ? "a timestamp with a zone (2001-01-31T13:59:00Z)"
                           : "a timestamp without a zone (2001-01-31T13:59:00)";
    case CLI_DICTIONARY:
        return cli_builder_wants(builder->children);
    default:
        return names[type->kind];
    }
}

/* What is shown of a value: enough to find it, and nothing that a terminal
 * would obey. */
#define SHOWN 40

static void show(const char *text, size_t bytes, char ret[SHOWN + 4])
{
    size_t n = 0;

    while (n < bytes) {
        uint32_t c;
        size_t length = cli_utf8_decode(text + n, bytes - n, &c);
        bool plain = length > 0 && c >= ' ' && (c < 0x7f || c >= 0xa0);

        if (n + (length ? length : 1) > SHOWN) {
            memcpy(ret + n, "...", 3);
            n += 3;
            break;
        }
        if (plain)
            memcpy(ret + n, text + n, length);
        else
            memset(ret + n, '?', length ? length : 1);
        n += length ? length : 1;
    }
    ret[n] = '\0';
}

/* Say that `text` is not what the builder wants. */
static int refuse(const struct cli_builder *builder, const char *text,
                  size_t bytes, struct lio_error *err)
{
    char shown[SHOWN + 4];

    show(text, bytes, shown);
    return lio_error_set(err, LIO_EINVAL, "'%s' is not %s", shown,
                         cli_builder_wants(builder));
}

/* Names with commas between, as far as there is room. */
static void list_children(const struct cli_value *type, char *ret, size_t room)
{
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < type->nchildren && used < room; i++)
        used += (size_t)snprintf(ret + used, room - used, "%s%s",
                                 i > 0 ? ", " : "", type->children[i].name);
    if (used >= room)
        memcpy(ret + room - 4, "...", 4);
}

int cli_builder_no_child(const struct cli_builder *builder, const char *name,
                         size_t bytes, struct lio_error *err)
{
    char shown[SHOWN + 4], names[200];

    show(name, bytes, shown);
    list_children(builder->type, names, sizeof(names));
    return lio_error_set(err, LIO_EINVAL,
                         "the schema has no '%s' here; it has: %s", shown,
                         names);
}

static int refuse_digits(const struct cli_builder *builder, const char *shown,
                         struct lio_error *err)
{
    const struct cli_value *type = builder->type;

    switch (type->kind) {
    case CLI_INT:
    case CLI_UINT:
        return lio_error_set(err, LIO_EINVAL, "'%s' is not a whole number",
                             shown);
    case CLI_DECIMAL:
        return lio_error_set(err, LIO_EINVAL,
                             "'%s' has more digits than the %d after the "
                             "point that its type keeps",
                             shown, type->scale);
    default:
        return lio_error_set(err, LIO_EINVAL,
                             "'%s' has more digits than the %u of a second "
                             "that its type keeps",
                             shown, type->digits);
    }
}

/* 0, or what went wrong with a value. */
static int check(const struct cli_builder *builder, enum cli_parse parsed,
                 const char *text, size_t bytes, struct lio_error *err)
{
    char shown[SHOWN + 4];

    if (parsed == CLI_PARSE_OK)
        return 0;
    if (parsed == CLI_PARSE_FORM)
        return refuse(builder, text, bytes, err);
    show(text, bytes, shown);
    if (parsed == CLI_PARSE_DIGITS)
        return refuse_digits(builder, shown, err);
    return lio_error_set(err, LIO_EINVAL, "'%s' is too large for %s", shown,
                         cli_builder_wants(builder));
}

/* -- into buffers -------------------------------------------------------- */

static int add(struct cli_builder *builder, const void *value, size_t bytes,
               struct lio_error *err)
{
    if (cli_buffer_add(&builder->values, value, bytes) < 0)
        return cli_builder_no_memory(err);
    return 0;
}

/* Does a number fit into so many bytes?  Little endian, as Arrow is here. */
static bool fits_int(int64_t number, unsigned width)
{
    int64_t max = INT64_MAX >> (64 - 8 * width);

    return number <= max && number >= -max - 1;
}

static bool fits_uint(uint64_t number, unsigned width)
{
    return number <= UINT64_MAX >> (64 - 8 * width);
}

static int put_int(struct cli_builder *builder, const char *text, size_t bytes,
                   struct lio_error *err)
{
    int64_t number;
    enum cli_parse parsed = cli_i64_parse(text, bytes, &number);

    if (parsed == CLI_PARSE_OK && !fits_int(number, builder->type->width))
        parsed = CLI_PARSE_RANGE;
    if (parsed != CLI_PARSE_OK)
        return check(builder, parsed, text, bytes, err);
    return add(builder, &number, builder->type->width, err);
}

static int put_uint(struct cli_builder *builder, const char *text, size_t bytes,
                    struct lio_error *err)
{
    uint64_t number;
    enum cli_parse parsed = cli_u64_parse(text, bytes, &number);

    if (parsed == CLI_PARSE_OK && !fits_uint(number, builder->type->width))
        parsed = CLI_PARSE_RANGE;
    if (parsed != CLI_PARSE_OK)
        return check(builder, parsed, text, bytes, err);
    return add(builder, &number, builder->type->width, err);
}

static int put_float(struct cli_builder *builder, const char *text,
                     size_t bytes, struct lio_error *err)
{
    union {
        uint16_t f16;
        float f32;
        double f64;
    } number;
    enum cli_parse parsed;

    if (builder->type->kind == CLI_HALF)
        parsed = cli_half_parse(text, bytes, &number.f16);
    else if (builder->type->kind == CLI_FLOAT)
        parsed = cli_f32_parse(text, bytes, &number.f32);
    else
        parsed = cli_f64_parse(text, bytes, &number.f64);
    if (parsed != CLI_PARSE_OK)
        return check(builder, parsed, text, bytes, err);
    return add(builder, &number, builder->type->width, err);
}

static int put_decimal(struct cli_builder *builder, const char *text,
                       size_t bytes, struct lio_error *err)
{
    const struct cli_value *type = builder->type;
    char value[32];
    enum cli_parse parsed = cli_decimal_parse(text, bytes, type->precision,
                                              type->scale, type->width, value);

    if (parsed != CLI_PARSE_OK)
        return check(builder, parsed, text, bytes, err);
    return add(builder, value, type->width, err);
}

static bool equals(const char *text, size_t bytes, const char *word)
{
    return bytes == strlen(word) && !strncasecmp(text, word, bytes);
}

static int put_bool(struct cli_builder *builder, const char *text, size_t bytes,
                    struct lio_error *err)
{
    bool value = equals(text, bytes, "true");
    unsigned bit = (unsigned)(builder->rows % 8);
    static const char zero = 0;
    int rc;

    if (!value && !equals(text, bytes, "false"))
        return refuse(builder, text, bytes, err);
    rc = bit == 0 ? add(builder, &zero, 1, err) : 0;
    if (rc == 0)
        builder->values.base[builder->rows / 8] |= (char)(value << bit);
    return rc;
}

/* -- dates and times ----------------------------------------------------- */

/* date64 counts milliseconds, of whole days if all is well. */
static enum cli_parse parse_date(const struct cli_value *type, const char *text,
                                 size_t bytes, int64_t *ret_count)
{
    if (type->width == 4)
        return cli_date_parse(text, bytes, ret_count);
    return cli_timestamp_parse(text, bytes, 3, false, ret_count);
}

static enum cli_parse parse_time(const struct cli_value *type, const char *text,
                                 size_t bytes, int64_t *ret_count)
{
    switch (type->kind) {
    case CLI_DATE:
        return parse_date(type, text, bytes, ret_count);
    case CLI_TIME:
        return cli_time_parse(text, bytes, type->digits, ret_count);
    case CLI_DURATION:
        return cli_duration_parse(text, bytes, type->digits, ret_count);
    default:
        return cli_timestamp_parse(text, bytes, type->digits, type->zoned,
                                   ret_count);
    }
}

static int put_time(struct cli_builder *builder, const char *text, size_t bytes,
                    struct lio_error *err)
{
    int64_t count;
    enum cli_parse parsed = parse_time(builder->type, text, bytes, &count);

    if (parsed == CLI_PARSE_OK && !fits_int(count, builder->type->width))
        parsed = CLI_PARSE_RANGE;
    if (parsed != CLI_PARSE_OK)
        return check(builder, parsed, text, bytes, err);
    return add(builder, &count, builder->type->width, err);
}

/* -- bytes --------------------------------------------------------------- */

/* The offset behind what has been appended to the bytes. */
static int end_bytes(struct cli_builder *builder, struct lio_error *err)
{
    int64_t end = (int64_t)builder->bytes.used;
    static const int64_t zero = 0;
    int rc = 0;

    if (builder->type->width == 4 && end > INT32_MAX)
        return lio_error_set(err, LIO_EINVAL,
                             "more than 2 GiB in one batch of rows; make it "
                             "a large_string or large_binary");
    if (builder->values.used == 0)
        rc = add(builder, &zero, builder->type->width, err);
    return rc < 0 ? rc : add(builder, &end, builder->type->width, err);
}

static int put_string(struct cli_builder *builder, const char *text,
                      size_t bytes, struct lio_error *err)
{
    if (cli_buffer_add(&builder->bytes, text, bytes) < 0)
        return cli_builder_no_memory(err);
    return end_bytes(builder, err);
}

/* Decode at the end of `buffer`. */
static int add_base64(struct cli_builder *builder, struct cli_buffer *buffer,
                      const char *text, size_t bytes, size_t *ret_n,
                      struct lio_error *err)
{
    size_t room = CLI_BASE64_ROOM(bytes);

    *ret_n = 0;
    if (bytes == 0)
        return 0;
    if (bytes % 4 != 0)
        return refuse(builder, text, bytes, err);
    if (buffer->room - buffer->used < room && cli_buffer_grow(buffer, room) < 0)
        return cli_builder_no_memory(err);
    if (!cli_base64_decode(text, bytes, (uint8_t *)buffer->base + buffer->used,
                           ret_n))
        return refuse(builder, text, bytes, err);
    buffer->used += *ret_n;
    return 0;
}

static int put_binary(struct cli_builder *builder, const char *text,
                      size_t bytes, struct lio_error *err)
{
    size_t n;
    int rc = add_base64(builder, &builder->bytes, text, bytes, &n, err);

    return rc < 0 ? rc : end_bytes(builder, err);
}

static int put_fixed_binary(struct cli_builder *builder, const char *text,
                            size_t bytes, struct lio_error *err)
{
    size_t n;
    int rc = add_base64(builder, &builder->values, text, bytes, &n, err);

    if (rc < 0 || n == (size_t)builder->type->size)
        return rc;
    return lio_error_set(err, LIO_EINVAL, "%zu bytes, not %" PRId64, n,
                         builder->type->size);
}

/* -- by kind ------------------------------------------------------------- */

int cli_scalar_text(struct cli_builder *builder, const char *text, size_t bytes,
                    struct lio_error *err)
{
    switch (builder->type->kind) {
    case CLI_BOOL:
        return put_bool(builder, text, bytes, err);
    case CLI_INT:
        return put_int(builder, text, bytes, err);
    case CLI_UINT:
        return put_uint(builder, text, bytes, err);
    case CLI_HALF:
    case CLI_FLOAT:
    case CLI_DOUBLE:
        return put_float(builder, text, bytes, err);
    case CLI_STRING:
        return put_string(builder, text, bytes, err);
    case CLI_BINARY:
        return put_binary(builder, text, bytes, err);
    case CLI_FIXED_BINARY:
        return put_fixed_binary(builder, text, bytes, err);
    case CLI_DATE:
    case CLI_TIME:
    case CLI_TIMESTAMP:
    case CLI_DURATION:
        return put_time(builder, text, bytes, err);
    case CLI_DECIMAL:
        return put_decimal(builder, text, bytes, err);
    default:
        return refuse(builder, text, bytes, err);
    }
}

int cli_scalar_number(struct cli_builder *builder, const char *text,
                      size_t bytes, struct lio_error *err)
{
    switch (builder->type->kind) {
    case CLI_INT:
    case CLI_UINT:
    case CLI_HALF:
    case CLI_FLOAT:
    case CLI_DOUBLE:
    case CLI_DECIMAL:
        return cli_scalar_text(builder, text, bytes, err);
    case CLI_DATE:
    case CLI_TIME:
    case CLI_TIMESTAMP:
    case CLI_DURATION:
        return put_int(builder, text, bytes, err);
    default:
        return lio_error_set(err, LIO_EINVAL, "the number %.*s is not %s",
                             bytes < SHOWN ? (int)bytes : SHOWN, text,
                             cli_builder_wants(builder));
    }
}
