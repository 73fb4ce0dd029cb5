/*
 * Checking Arrow arrays.  The C data interface does not say how long a buffer
 * is, so that one too short cannot be found; what can be is.
 */
#include "column/write/input.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

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

/* Indices count in the dictionary; those of nulls are not looked at. */
static int check_indices(const struct check *check, const struct lio_type *type,
                         const struct ArrowArray *array)
{
    const uint8_t *bits = lio_input_validity(array);
    const uint8_t *indices = array->buffers[1];
    size_t width = type->bits / 8;
    uint64_t n = (uint64_t)array->dictionary->length;

    for (int64_t i = 0; i < array->length; i++) {
        uint64_t at = (uint64_t)(array->offset + i), index = 0;

        if (bits && !lio_bit_get(bits, at))
            continue;
        memcpy(&index, indices + at * width, width);
        if (index >= n)
            return wrong(
                check, "names item %" PRIu64 " of %" PRIu64 " in row %" PRId64,
                index, n, i);
    }
    return 0;
}

static int check_array(const struct check *check, const struct lio_type *type,
                       const struct ArrowArray *array);

/* A child has as many rows as its parent names. */
static int check_child(const struct check *check, const struct lio_type *type,
                       const struct ArrowArray *array, uint64_t rows)
{
    int rc = array && array->release
                 ? check_array(check, type, array)
                 : wrong(check, "has a child that is released");

    if (rc < 0)
        return rc;
    if ((uint64_t)array->length < rows)
        return wrong(check, "has a child of %" PRId64 " rows of %" PRIu64,
                     array->length, rows);
    return 0;
}

/* How many rows the children of an array must have. */
static int child_rows(const struct check *check, const struct lio_type *type,
                      const struct ArrowArray *array, uint64_t *ret_rows)
{
    uint64_t rows = (uint64_t)(array->length + array->offset);

    switch (type->kind) {
    case LIO_KIND_LIST:
        return check_offsets(check, type, array, ret_rows);
    case LIO_KIND_FIXED_LIST:
        if (!lio_checked_mul(rows, type->dimension, &rows))
            return wrong(check, "has too many items");
        break;
    default:
        break;
    }
    *ret_rows = rows;
    return 0;
}

static int check_children(const struct check *check,
                          const struct lio_type *type,
                          const struct ArrowArray *array)
{
    uint64_t rows;
    int rc = child_rows(check, type, array, &rows);

    for (uint32_t i = 0; i < type->nchildren && rc == 0; i++)
        rc = check_child(check, type->children[i], array->children[i], rows);
    return rc;
}

static int check_array(const struct check *check, const struct lio_type *type,
                       const struct ArrowArray *array)
{
    int rc = check_shape(check, type, array);

    if (rc < 0)
        return rc;
    switch (type->kind) {
    case LIO_KIND_VARIABLE:
        return check_variable(check, type, array);
    case LIO_KIND_DICTIONARY:
        rc = check_child(check, type->children[0], array->dictionary, 0);
        return rc < 0 ? rc : check_indices(check, type, array);
    case LIO_KIND_LIST:
    case LIO_KIND_FIXED_LIST:
    case LIO_KIND_STRUCT:
        return check_children(check, type, array);
    default:
        return 0;
    }
}

int lio_input_check(const char *path, const struct lio_fields *fields,
                    const struct ArrowArray *batch, struct lio_error *err)
{
    const struct lio_schema *schema = &fields->schema;
    int64_t next = 0;

    if (!batch->release)
        return lio_error_set(err, LIO_EINVAL, "%s: the batch is released",
                             path);
    if (batch->length < 0 || batch->offset < 0 ||
        batch->length > INT64_MAX - batch->offset)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: the batch has a length or offset below 0",
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
        rc = check_child(&(struct check){ path, field->path, err },
                         &field->type, batch->children[next++],
                         (uint64_t)(batch->offset + batch->length));
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
