/*
 * Checking Arrow arrays.  The C data interface does not say how long a buffer
 * is, so that one too short cannot be found; what can be is.
 */
#include "column/write/input.h"

#include "column/bits.h"
#include "column/bytes.h"

#include <inttypes.h>

const uint8_t *lio_input_validity(const struct ArrowArray *array)
{
    if (array->null_count == 0 || array->n_buffers < 1)
        return NULL;
    return array->buffers[0];
}

struct check {
    const char *path;
    const char *column; /* of its field */
    struct lio_error *err;
};

LIO_PRINTF(2, 3)
static int wrong(const struct check *check, const char *fmt, ...)
{
    char what[200];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return lio_error_set(check->err, LIO_EINVAL,
                         "%s: the array for column '%s' %s", check->path,
                         check->column, what);
}

static int64_t buffers_of(const struct lio_type *type)
{
    switch (type->kind) {
    case LIO_KIND_NULL:
        return 0;
    case LIO_KIND_FIXED:
    case LIO_KIND_DICTIONARY:
    case LIO_KIND_LIST:
        return 2;
    case LIO_KIND_VARIABLE:
        return 3;
    default:
        return 1;
    }
}

static uint32_t children_of(const struct lio_type *type)
{
    return type->kind == LIO_KIND_DICTIONARY ? 0 : type->nchildren;
}

static int check_shape(const struct check *check, const struct lio_type *type,
                       const struct ArrowArray *array)
{
    int64_t nbuffers = buffers_of(type);

    if (array->length < 0 || array->offset < 0 ||
        array->length > INT64_MAX - array->offset)
        return wrong(check, "has a length or offset below 0");
    if (array->n_children != children_of(type))
        return wrong(check, "has %" PRId64 " children, not %" PRIu32,
                     array->n_children, children_of(type));
    if (array->n_buffers != nbuffers)
        return wrong(check, "has %" PRId64 " buffers, not %" PRId64,
                     array->n_buffers, nbuffers);
    if ((type->kind == LIO_KIND_DICTIONARY) != (array->dictionary != NULL))
        return wrong(check, "%s",
                     array->dictionary ? "has a dictionary"
                                       : "has no dictionary");
    if (array->length > 0 && nbuffers > 1 && !array->buffers[1])
        return wrong(check, "has no values");
    if (nbuffers > 0 && array->null_count > 0 && !array->buffers[0])
        return wrong(check, "has nulls, but does not say which");
    return 0;
}

/* Offsets are signed in Arrow: those below 0 are above as unsigned. */
static int check_offsets(const struct check *check, const struct lio_type *type,
                         const struct ArrowArray *array, uint64_t *ret_end)
{
    const uint8_t *offsets = array->buffers[1];
    size_t width = type->bits / 8;
    uint64_t before = 0, most = UINT64_MAX >> (64 - type->bits + 1);

    *ret_end = 0;
    if (array->length == 0)
        return 0;
    offsets += (size_t)array->offset * width;
    for (int64_t i = 0; i <= array->length; i++, offsets += width) {
        uint64_t offset =
            width == 4 ? lio_load_u32(offsets) : lio_load_u64(offsets);

        if (offset < before || offset > most)
            return wrong(check, "has falling offsets at row %" PRId64, i);
        before = offset;
    }
    *ret_end = before;
    return 0;
}

static int check_variable(const struct check *check,
                          const struct lio_type *type,
                          const struct ArrowArray *array)
{
    uint64_t end;
    int rc = check_offsets(check, type, array, &end);

    if (rc == 0 && end > 0 && !array->buffers[2])
        return wrong(check, "has offsets, but no bytes");
    return rc;
}

static int check_array(const struct check *check, const struct lio_type *type,
                       const struct ArrowArray *array)
{
    int rc = check_shape(check, type, array);

    if (rc == 0 && type->kind == LIO_KIND_VARIABLE)
        rc = check_variable(check, type, array);
    return rc;
}

/* The first null of an array, or -1. */
static int64_t first_null(const struct ArrowArray *array)
{
    const uint8_t *bits = lio_input_validity(array);

    for (int64_t i = 0; bits && i < array->length; i++)
        if (!lio_bit_get(bits, (uint64_t)(array->offset + i)))
            return i;
    return -1;
}

static int check_column(const char *path, const struct lio_field *field,
                        const struct ArrowArray *array, int64_t rows,
                        struct lio_error *err)
{
    struct check check = { path, field->path, err };
    int rc = check_array(&check, &field->type, array);

    if (rc < 0)
        return rc;
    if (array->length < rows)
        return wrong(&check, "has %" PRId64 " rows of %" PRId64, array->length,
                     rows);
    if (!field->nullable && first_null(array) >= 0)
        return wrong(&check,
                     "is null in row %" PRId64
                     ", but the schema allows no nulls",
                     first_null(array));
    return 0;
}

int lio_input_check(const char *path, const struct lio_fields *fields,
                    const struct ArrowArray *batch, struct lio_error *err)
{
    const struct lio_schema *schema = &fields->schema;
    int64_t next = 0;

    if (!batch->release)
        return lio_error_set(err, LIO_EINVAL, "%s: the batch is released",
                             path);
    if (lio_input_validity(batch))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: a batch is a struct array without nulls",
                             path);
    for (uint32_t i = 0; i < schema->nfields; i++) {
        const struct lio_field *field = &schema->fields[i];
        int rc;

        if (field->parent >= 0)
            continue;
        if (next >= batch->n_children)
            return lio_error_set(err, LIO_EINVAL,
                                 "%s: the batch has no column '%s'", path,
                                 field->path);
        rc = check_column(path, field, batch->children[next++],
                          batch->offset + batch->length, err);
        if (rc < 0)
            return rc;
    }
    if (next != batch->n_children)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: the batch has %" PRId64
                             " columns, the schema %" PRId64,
                             path, batch->n_children, next);
    return 0;
}
