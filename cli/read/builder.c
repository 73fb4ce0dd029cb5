/*
 * The tree of builders: rows, nulls, and what ends nested values.
 *
 * A null takes its place everywhere: a zero among numbers, the same offset once
 * more, a row in each child of a struct, all items of a fixed-size list.  Those
 * rows below are fillers, which are null themselves where they may be.
 */
#include "cli/read/builder.h"

#include "cli/read/dictionary.h"

#include <inttypes.h>
#include <stdlib.h>

int cli_builder_no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory for a batch of rows");
}

/* -- the tree ------------------------------------------------------------ */

static int build(const struct cli_value *type, struct cli_builder *builder,
                 struct lio_error *err)
{
    int rc = 0;

    builder->type = type;
    if (type->nchildren > 0) {
        builder->children = calloc(type->nchildren, sizeof(*builder));
        if (!builder->children)
            return cli_builder_no_memory(err);
    }
    for (size_t i = 0; i < type->nchildren && rc == 0; i++) {
        rc = build(&type->children[i], &builder->children[i], err);
        builder->children[i].after = i + 1;
    }
    if (rc == 0 && type->kind == CLI_DICTIONARY)
        rc = cli_dictionary_open(builder, &builder->dictionary, err);
    return rc;
}

static void release(struct cli_builder *builder)
{
    for (size_t i = 0; builder->children && i < builder->type->nchildren; i++)
        release(&builder->children[i]);
    free(builder->children);
    cli_buffer_free(&builder->validity);
    cli_buffer_free(&builder->values);
    cli_buffer_free(&builder->bytes);
    cli_dictionary_close(builder->dictionary);
}

int cli_builder_open(const struct cli_value *type,
                     struct cli_builder **ret_builder, struct lio_error *err)
{
    struct cli_builder *builder = calloc(1, sizeof(*builder));
    int rc;

    if (!builder)
        return cli_builder_no_memory(err);
    rc = build(type, builder, err);
    if (rc < 0)
        cli_builder_close(builder);
    else
        *ret_builder = builder;
    return rc;
}

void cli_builder_close(struct cli_builder *builder)
{
    if (!builder)
        return;
    release(builder);
    free(builder);
}

size_t cli_builder_bytes(const struct cli_builder *builder)
{
    size_t bytes =
        builder->validity.used + builder->values.used + builder->bytes.used;

    for (size_t i = 0; i < builder->type->nchildren; i++)
        bytes += cli_builder_bytes(&builder->children[i]);
    return bytes;
}

/* -- validity ------------------------------------------------------------ */

/* Bits for the rows so far, all of them valid. */
static int begin_validity(struct cli_builder *builder)
{
    size_t bytes = (size_t)(builder->rows + 7) / 8;

    if (cli_buffer_grow(&builder->validity, bytes + 1) < 0)
        return LIO_ENOMEM;
    memset(builder->validity.base, 0xff, bytes);
    if (builder->rows % 8)
        builder->validity.base[bytes - 1] =
            (char)((1u << builder->rows % 8) - 1);
    builder->validity.used = bytes;
    return 0;
}

/* Count a row and, if there are nulls, give it its bit. */
static int add_row(struct cli_builder *builder, bool valid)
{
    struct cli_buffer *bits = &builder->validity;
    static const char zero = 0;
    int64_t row = builder->rows;

    if ((valid && builder->nulls == 0) || builder->type->kind == CLI_NULL) {
        builder->rows++;
        return 0;
    }
    if (!valid && builder->nulls++ == 0 && begin_validity(builder) < 0)
        return LIO_ENOMEM;
    if (row % 8 == 0 && cli_buffer_add(bits, &zero, 1) < 0)
        return LIO_ENOMEM;
    bits->base[row / 8] |= (char)(valid << row % 8);
    builder->rows++;
    return 0;
}

int cli_builder_valid(struct cli_builder *builder)
{
    return add_row(builder, true);
}

/* -- what stands for no value -------------------------------------------- */

static int add_offset(struct cli_builder *builder, int64_t offset)
{
    struct cli_buffer *offsets = &builder->values;
    int32_t small = (int32_t)offset;
    static const int64_t zero = 0;

    /* There is one more than rows: where the first begins. */
    if (offsets->used == 0 &&
        cli_buffer_add(offsets, &zero, builder->type->width) < 0)
        return LIO_ENOMEM;
    if (builder->type->width == sizeof(small))
        return cli_buffer_add(offsets, &small, sizeof(small));
    return cli_buffer_add(offsets, &offset, sizeof(offset));
}

static int add_zeros(struct cli_builder *builder, size_t bytes)
{
    struct cli_buffer *values = &builder->values;

    if (values->room - values->used < bytes &&
        cli_buffer_grow(values, bytes) < 0)
        return LIO_ENOMEM;
    if (bytes > 0)
        memset(values->base + values->used, 0, bytes);
    values->used += bytes;
    return 0;
}

/* No row of text, number or bool: one that a null above hides. */
static int add_filler(struct cli_builder *builder);

static int fill(struct cli_builder *child, int64_t n)
{
    int rc = 0;

    for (int64_t i = 0; i < n && rc == 0; i++)
        rc = add_filler(child);
    return rc;
}

static int add_nothing(struct cli_builder *builder)
{
    const struct cli_value *type = builder->type;
    int rc = 0;

    switch (type->kind) {
    case CLI_NULL:
        return 0;
    case CLI_BOOL:
        return builder->rows % 8 == 0 ? add_zeros(builder, 1) : 0;
    case CLI_STRING:
    case CLI_BINARY:
        return add_offset(builder, (int64_t)builder->bytes.used);
    case CLI_FIXED_BINARY:
        return add_zeros(builder, (size_t)type->size);
    case CLI_LIST:
    case CLI_MAP:
        return add_offset(builder, builder->children->rows);
    case CLI_FIXED_LIST:
        return fill(builder->children, type->size);
    case CLI_STRUCT:
        for (size_t i = 0; i < type->nchildren && rc == 0; i++)
            rc = add_filler(&builder->children[i]);
        return rc;
    case CLI_DICTIONARY:
        /* Index 0, which must be a value's unless it is null. */
        if (!type->nullable && builder->children->rows == 0) {
            rc = add_nothing(builder->children);
            if (rc == 0)
                rc = add_row(builder->children, true);
        }
        return rc < 0 ? rc : add_zeros(builder, type->width);
    default:
        return add_zeros(builder, type->width);
    }
}

static int add_filler(struct cli_builder *builder)
{
    bool valid = !builder->type->nullable && builder->type->kind != CLI_NULL;
    int rc = add_nothing(builder);

    return rc < 0 ? rc : add_row(builder, valid);
}

int cli_builder_null(struct cli_builder *builder, struct lio_error *err)
{
    int rc;

    if (!builder->type->nullable && builder->type->kind != CLI_NULL)
        return lio_error_set(err, LIO_EINVAL,
                             "null, where the schema allows none");
    rc = add_nothing(builder);
    if (rc == 0)
        rc = add_row(builder, false);
    return rc < 0 ? cli_builder_no_memory(err) : 0;
}

/* -- values -------------------------------------------------------------- */

int cli_builder_text(struct cli_builder *builder, const char *text,
                     size_t bytes, struct lio_error *err)
{
    int rc = builder->type->kind == CLI_DICTIONARY
                 ? cli_dictionary_text(builder, text, bytes, err)
                 : cli_scalar_text(builder, text, bytes, err);

    if (rc < 0)
        return rc;
    return add_row(builder, true) < 0 ? cli_builder_no_memory(err) : 0;
}

int cli_builder_number(struct cli_builder *builder, const char *text,
                       size_t bytes, struct lio_error *err)
{
    int rc = builder->type->kind == CLI_DICTIONARY
                 ? cli_dictionary_number(builder, text, bytes, err)
                 : cli_scalar_number(builder, text, bytes, err);

    if (rc < 0)
        return rc;
    return add_row(builder, true) < 0 ? cli_builder_no_memory(err) : 0;
}

int cli_builder_bool(struct cli_builder *builder, bool value,
                     struct lio_error *err)
{
    if (builder->type->kind != CLI_BOOL)
        return lio_error_set(err, LIO_EINVAL, "%s is not %s",
                             value ? "true" : "false",
                             cli_builder_wants(builder));
    return cli_builder_text(builder, value ? "true" : "false", value ? 4 : 5,
                            err);
}

static int end_list(struct cli_builder *builder, struct lio_error *err)
{
    int64_t end = builder->children->rows;

    if (builder->type->width == 4 && end > INT32_MAX)
        return lio_error_set(err, LIO_EINVAL,
                             "lists of more than %" PRId32
                             " items together; make it a large_list",
                             INT32_MAX);
    return add_offset(builder, end) < 0 ? cli_builder_no_memory(err) : 0;
}

static int end_fixed_list(struct cli_builder *builder, struct lio_error *err)
{
    int64_t size = builder->type->size;
    int64_t items = builder->children->rows - builder->rows * size;

    if (items != size)
        return lio_error_set(err, LIO_EINVAL,
                             "a list of %" PRId64 " items, not %" PRId64, items,
                             size);
    return 0;
}

/* Children that got no value are null. */
static int end_struct(struct cli_builder *builder, struct lio_error *err)
{
    for (size_t i = 0; i < builder->type->nchildren; i++) {
        struct cli_builder *child = &builder->children[i];
        int rc;

        if (child->rows > builder->rows)
            continue;
        rc = cli_builder_null(child, err);
        if (rc == LIO_EINVAL)
            return lio_error_set(err, rc,
                                 "'%s' is missing, and the schema does not "
                                 "allow it to be null",
                                 child->type->name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int cli_builder_end(struct cli_builder *builder, struct lio_error *err)
{
    int rc;

    switch (builder->type->kind) {
    case CLI_STRUCT:
        rc = end_struct(builder, err);
        break;
    case CLI_FIXED_LIST:
        rc = end_fixed_list(builder, err);
        break;
    default:
        rc = end_list(builder, err);
        break;
    }
    if (rc < 0)
        return rc;
    return add_row(builder, true) < 0 ? cli_builder_no_memory(err) : 0;
}
