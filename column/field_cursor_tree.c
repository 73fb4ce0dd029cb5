/*
 * Nested columns of files of version 2.0: each field has a column.
 *
 *     struct    a header, which says nothing; the children have its rows
 *     list      where the items of each row end, page by page; the items are
 *               the rows of the child
 *
 * So the rows of a list have to be read before those of its child, whose place
 * follows from them.
 */
#include "column/field_cursor.h"

#include "column/slices.h"

#include <stdlib.h>

/* Rows of a field in the fragment of the cursor. */
struct node {
    struct lio_field_cursor *cursor;
    struct lio_column_cursor *column;
    uint64_t row; /* in the fragment */
    uint64_t rows;
};

static const struct lio_field *field_of(const struct node *node)
{
    return &node->cursor->dataset->schema.fields[node->column->field];
}

static const struct lio_place *place_of(const struct node *node)
{
    const struct lio_field_cursor *cursor = node->cursor;

    return &cursor->dataset->fragments[cursor->fragment]
                .places[node->column->field];
}

static int failed(const struct node *node, int code, struct lio_error *err)
{
    return lio_field_cursor_failed(node->cursor, code, node->rows, err);
}

static int read_node(const struct node *node, struct lio_vector *ret_vector,
                     struct lio_error *err);

/* Read `rows` rows of each child from `row` on. */
static int read_children(const struct node *node, uint64_t row, uint64_t rows,
                         struct lio_vector *vector, struct lio_error *err)
{
    struct lio_field_cursor *cursor = node->cursor;
    int rc = 0;

    vector->children = lio_vectors_new(field_of(node)->type.nchildren);
    if (!vector->children)
        return failed(node, LIO_ENOMEM, err);
    for (uint32_t i = 0; i < cursor->ncolumns && rc == 0; i++) {
        const struct node child = { cursor, &cursor->columns[i], row, rows };
        const struct lio_field *field = field_of(&child);

        if (field->parent == (int64_t)node->column->field)
            rc = read_node(&child, &vector->children->all[field->place], err);
    }
    return rc;
}

/* -- structs and what is missing ----------------------------------------- */

static int read_struct(const struct node *node, struct lio_vector *vector,
                       struct lio_error *err)
{
    vector->rows = node->rows;
    return read_children(node, node->row, node->rows, vector, err);
}

/* Nulls, of the children that are wanted. */
static int make_nulls(const struct node *node, struct lio_vector *vector,
                      struct lio_error *err)
{
    struct lio_type bare = field_of(node)->type;
    bool list = bare.kind == LIO_KIND_LIST;
    bool nested =
        (list || bare.kind == LIO_KIND_STRUCT) && !field_of(node)->packed;
    int rc;

    if (nested)
        bare.nchildren = 0;
    rc = lio_vector_nulls(&bare, node->rows, vector);
    if (rc < 0)
        return failed(node, rc, err);
    vector->type = &field_of(node)->type;
    return nested ? read_children(node, node->row, list ? 0 : node->rows,
                                  vector, err)
                  : 0;
}

/* -- lists --------------------------------------------------------------- */

/* The items of a slice of lists. */
static int read_items(const struct node *node, struct lio_slice *slice,
                      struct lio_error *err)
{
    uint64_t start = lio_vector_offset(&slice->vector, slice->from);
    uint64_t end = lio_vector_offset(&slice->vector, slice->from + slice->rows);
    struct lio_vector lists;
    int rc = lio_vector_join(slice, 1, &lists);

    if (rc < 0)
        return failed(node, rc, err);
    lio_vector_release(&slice->vector);
    lio_vectors_put(lists.children);
    lists.children = NULL;
    *slice = (struct lio_slice){ .vector = lists, .rows = lists.rows };
    return read_children(node, node->column->window_item + start, end - start,
                         &slice->vector, err);
}

static int read_lists(const struct node *node, struct lio_vector *ret_vector,
                      struct lio_error *err)
{
    struct lio_slices slices = { 0 };
    uint64_t left = node->rows;
    int rc = 0;

    do {
        struct lio_slice *slice = lio_slices_add(&slices);

        if (!slice)
            rc = failed(node, LIO_ENOMEM, err);
        else
            rc = lio_column_cursor_next(node->column, left, slice, err);
        if (rc < 0)
            break;
        left -= slice->rows;
        rc = read_items(node, slice, err);
    } while (left > 0 && rc == 0);
    if (rc == 0) {
        rc = lio_slices_join(&slices, ret_vector);
        if (rc < 0)
            (void)failed(node, rc, err);
    }
    lio_slices_release(&slices);
    return rc;
}

/* -- all ----------------------------------------------------------------- */

static int read_stored(const struct node *node, struct lio_vector *vector,
                       struct lio_error *err)
{
    const struct lio_field *field = field_of(node);

    if (field->type.kind == LIO_KIND_STRUCT && !field->packed)
        return read_struct(node, vector, err);
    lio_column_cursor_seek(node->column, place_of(node)->first_row + node->row,
                           node->column->end);
    if (field->type.kind == LIO_KIND_LIST)
        return read_lists(node, vector, err);
    return lio_field_cursor_take(node->cursor, node->column, node->rows, vector,
                                 err);
}

static int read_node(const struct node *node, struct lio_vector *ret_vector,
                     struct lio_error *err)
{
    struct lio_vector vector = { .type = &field_of(node)->type };
    const struct lio_place *place = place_of(node);
    bool stored = place->file != LIO_NO_FILE && node->rows > 0;
    int rc;

    /* Pages of lists say how many items they have; all of them together are
     * not more than the column has. */
    rc = stored ? read_stored(node, &vector, err)
                : make_nulls(node, &vector, err);
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}

int lio_field_cursor_tree(struct lio_field_cursor *cursor, uint64_t rows,
                          struct lio_vector *ret_vector, struct lio_error *err)
{
    const struct lio_place *place =
        &cursor->dataset->fragments[cursor->fragment].places[cursor->field];
    const struct node top = { cursor, &cursor->columns[0],
                              cursor->row - place->first_row, rows };

    return read_node(&top, ret_vector, err);
}
