/*
 * Cursors over top-level columns.
 */
#include "column/field_cursor.h"

#include "column/merge.h"
#include "column/slices.h"

#include <inttypes.h>
#include <stdlib.h>

static bool is_part(const struct lio_dataset *dataset,
                    const struct lio_projection *projection, uint32_t number,
                    uint32_t field)
{
    return projection->wanted[number] &&
           lio_schema_has_column(&dataset->schema, number, dataset->format) &&
           lio_schema_is_below(&dataset->schema, number, field);
}

/* The items of lists count on their own. */
static bool counts_items(const struct lio_dataset *dataset, uint32_t field)
{
    return dataset->format == LIO_FORMAT_20 &&
           dataset->schema.fields[field].below_list;
}

static uint64_t items_end(const struct lio_dataset *dataset, uint32_t field)
{
    const struct lio_place *last;

    if (dataset->nfragments == 0)
        return 0;
    last = &dataset->fragments[dataset->nfragments - 1].places[field];
    return last->first_row + last->rows;
}

int lio_field_cursor_init(struct lio_field_cursor *cursor,
                          const struct lio_dataset *dataset,
                          const struct lio_projection *projection,
                          uint32_t field, struct lio_error *err)
{
    uint32_t nfields = dataset->schema.nfields, n = 0;

    *cursor = (struct lio_field_cursor){ .dataset = dataset, .field = field };
    for (uint32_t i = field; i < nfields; i++)
        n += is_part(dataset, projection, i, field);
    cursor->columns = calloc(n + (size_t)1, sizeof(*cursor->columns));
    if (!cursor->columns)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for a scan",
                             dataset->path);
    for (uint32_t i = field; i < nfields; i++)
        if (is_part(dataset, projection, i, field))
            lio_column_cursor_init(
                &cursor->columns[cursor->ncolumns++], dataset, i, 0,
                counts_items(dataset, i) ? items_end(dataset, i) : 0);
    return 0;
}

void lio_field_cursor_seek(struct lio_field_cursor *cursor, uint64_t row,
                           uint64_t end)
{
    if (row < cursor->row)
        cursor->fragment = 0;
    cursor->row = row;
    cursor->end = end;
    /* Where items go on follows from the lists. */
    for (uint32_t i = 0; i < cursor->ncolumns; i++)
        if (!counts_items(cursor->dataset, cursor->columns[i].field))
            lio_column_cursor_seek(&cursor->columns[i], row, end);
}

void lio_field_cursor_release(struct lio_field_cursor *cursor)
{
    for (uint32_t i = 0; i < cursor->ncolumns; i++)
        lio_column_cursor_release(&cursor->columns[i]);
    free(cursor->columns);
    *cursor = (struct lio_field_cursor){ 0 };
}

/* Which items lists have is not known before the lists are read. */
static bool can_start(const struct lio_field_cursor *cursor, uint32_t i)
{
    const struct lio_dataset *dataset = cursor->dataset;
    const struct lio_field *field =
        &dataset->schema.fields[cursor->columns[i].field];

    return dataset->format != LIO_FORMAT_20 ||
           (!field->below_list && field->type.kind != LIO_KIND_STRUCT) ||
           field->packed;
}

int lio_field_cursor_start(struct lio_field_cursor *cursor,
                           struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < cursor->ncolumns && rc == 0; i++)
        if (can_start(cursor, i))
            rc = lio_column_cursor_start(&cursor->columns[i], err);
    return rc;
}

int lio_field_cursor_failed(const struct lio_field_cursor *cursor, int code,
                            uint64_t rows, struct lio_error *err)
{
    const char *path = cursor->dataset->path;
    const char *column = cursor->dataset->schema.fields[cursor->field].path;

    if (code == LIO_EINVAL)
        return lio_error_set(err, code,
                             "%s: column '%s': %" PRIu64
                             " rows have more values than their type can "
                             "tell: read fewer rows at a time",
                             path, column, rows);
    if (code == LIO_ECORRUPT)
        return lio_error_set(err, code,
                             "%s: column '%s': the columns of its parts do "
                             "not agree on lists or nulls",
                             path, column);
    return lio_error_set(err, code,
                         "%s: column '%s': no memory for %" PRIu64 " rows",
                         path, column, rows);
}

int lio_field_cursor_take(const struct lio_field_cursor *cursor,
                          struct lio_column_cursor *column, uint64_t rows,
                          struct lio_vector *ret_vector, struct lio_error *err)
{
    struct lio_slices slices = { 0 };
    uint64_t left = rows;
    int rc = 0;

    while (left > 0 && rc == 0) {
        struct lio_slice *slice = lio_slices_add(&slices);

        if (!slice)
            rc = lio_field_cursor_failed(cursor, LIO_ENOMEM, rows, err);
        else
            rc = lio_column_cursor_next(column, left, slice, err);
        if (rc == 0)
            left -= slice->rows;
    }
    if (rc == 0) {
        rc = lio_slices_join(&slices, ret_vector);
        if (rc < 0)
            (void)lio_field_cursor_failed(cursor, rc, rows, err);
    }
    lio_slices_release(&slices);
    return rc;
}

/* The leaf of a column, up to the top whatever the version. */
static struct lio_leaf whole_leaf(const struct lio_field_cursor *cursor,
                                  uint32_t i)
{
    return lio_leaf_of(&cursor->dataset->schema, cursor->columns[i].field,
                       LIO_FORMAT_21);
}

/* -- 2.1 and later ------------------------------------------------------- */

static bool is_stored(const struct lio_field_cursor *cursor, uint32_t i)
{
    const struct lio_fragment *fragment =
        &cursor->dataset->fragments[cursor->fragment];

    return fragment->places[cursor->columns[i].field].file != LIO_NO_FILE;
}

static int add_leaf(struct lio_field_cursor *cursor, uint32_t i, uint64_t rows,
                    struct lio_vector *vector, struct lio_error *err)
{
    struct lio_vector leaf;
    int rc =
        lio_field_cursor_take(cursor, &cursor->columns[i], rows, &leaf, err);

    if (rc < 0)
        return rc;
    if (!vector->type) {
        *vector = leaf;
        return 0;
    }
    rc = lio_vector_merge(vector, &leaf);
    lio_vector_release(&leaf);
    return rc < 0 ? lio_field_cursor_failed(cursor, rc, rows, err) : 0;
}

/* One that the fragment has not is null where the others have values. */
static int add_missing(struct lio_field_cursor *cursor, uint32_t i,
                       uint64_t rows, struct lio_vector *vector,
                       struct lio_error *err)
{
    struct lio_leaf leaf = whole_leaf(cursor, i);
    int rc = vector->type ? lio_vector_add_nulls(vector, &leaf)
                          : lio_leaf_nulls(&leaf, rows, vector);

    lio_column_cursor_seek(&cursor->columns[i], cursor->row + rows,
                           cursor->end);
    return rc < 0 ? lio_field_cursor_failed(cursor, rc, rows, err) : 0;
}

static int merge_leaves(struct lio_field_cursor *cursor, uint64_t rows,
                        struct lio_vector *ret_vector, struct lio_error *err)
{
    struct lio_vector vector = { 0 };
    int rc = 0;

    for (uint32_t i = 0; i < cursor->ncolumns && rc == 0; i++)
        if (is_stored(cursor, i))
            rc = add_leaf(cursor, i, rows, &vector, err);
    for (uint32_t i = 0; i < cursor->ncolumns && rc == 0; i++)
        if (!is_stored(cursor, i))
            rc = add_missing(cursor, i, rows, &vector, err);
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}

/* -- rows ---------------------------------------------------------------- */

static bool is_nested(const struct lio_field_cursor *cursor)
{
    const struct lio_field *field =
        &cursor->dataset->schema.fields[cursor->field];

    /* With one leaf, later files have one column for all of it. */
    return field->has_children && !field->packed &&
           (cursor->ncolumns != 1 || cursor->dataset->format == LIO_FORMAT_20);
}

static uint64_t rows_left(struct lio_field_cursor *cursor)
{
    const struct lio_place *place;

    for (;; cursor->fragment++) {
        place =
            &cursor->dataset->fragments[cursor->fragment].places[cursor->field];
        if (cursor->row - place->first_row < place->rows)
            return place->rows - (cursor->row - place->first_row);
    }
}

int lio_field_cursor_next(struct lio_field_cursor *cursor, uint64_t rows,
                          struct lio_slice *ret_slice, struct lio_error *err)
{
    struct lio_slice slice = { .from = 0 };
    uint64_t left;
    int rc;

    if (!is_nested(cursor)) {
        rc = lio_column_cursor_next(&cursor->columns[0], rows, ret_slice, err);
        if (rc == 0)
            cursor->row += ret_slice->rows;
        return rc;
    }
    left = rows_left(cursor);
    slice.rows = rows < left ? rows : left;
    if (cursor->dataset->format == LIO_FORMAT_20)
        rc = lio_field_cursor_tree(cursor, slice.rows, &slice.vector, err);
    else
        rc = merge_leaves(cursor, slice.rows, &slice.vector, err);
    if (rc < 0)
        return rc;
    cursor->row += slice.rows;
    *ret_slice = slice;
    return 0;
}

int lio_field_cursor_empty(const struct lio_field_cursor *cursor,
                           struct lio_vector *ret_vector)
{
    struct lio_vector vector = { 0 };
    int rc = 0;

    for (uint32_t i = 0; i < cursor->ncolumns && rc == 0; i++) {
        struct lio_leaf leaf = whole_leaf(cursor, i);

        /* In 2.0 there are columns of structs and lists, too. */
        if (cursor->dataset->schema.fields[cursor->columns[i].field]
                .has_children &&
            leaf.types[0]->nchildren > 0 && !leaf.types[0]->own &&
            !cursor->dataset->schema.fields[cursor->columns[i].field].packed)
            continue;
        rc = vector.type ? lio_vector_add_nulls(&vector, &leaf)
                         : lio_leaf_nulls(&leaf, 0, &vector);
    }
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}
