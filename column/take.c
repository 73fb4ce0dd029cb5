/*
 * Taking rows by their numbers.
 *
 *     rows asked for      5 1 9 1         in this order, some twice
 *     distinct            1 5 9           physical, ascending
 *     pieces of a leaf    | 1 5 | 9 |     page by page, see take_leaf.h
 *
 * Rows of fixed width that are wanted once are read to where they are wanted.
 * All leaves of all columns are read together, see take_read.h.  Nested columns
 * of 2.0 are read by themselves, because where their items are is in the
 * columns of their lists.
 */
#include "column/arrow_parts.h"
#include "column/merge.h"
#include "column/row_column.h"
#include "column/scan.h"
#include "column/take_read.h"
#include "column/take_tree.h"

#include <inttypes.h>
#include <stdlib.h>

/* A top-level column: its leaves, and what they make together. */
struct column {
    uint32_t field;
    struct lio_take_leaf *leaves;
    uint32_t nleaves;
    struct lio_take_piece *parts; /* of a nested column, one for a fragment */
    uint32_t nparts;
};

struct take {
    const struct lio_dataset *dataset;
    struct lio_scan_run run; /* its columns and their cursors */
    uint64_t n;              /* rows asked for */
    uint64_t *order;         /* which of the distinct ones each is */
    uint64_t *distinct;
    uint64_t ndistinct;
    uint64_t *places;       /* where each distinct one is wanted; NULL: several
                               times */
    struct column *columns; /* run.projection.ncolumns */
};

static int no_memory(const struct take *take, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM,
                         "%s: no memory to take %" PRIu64 " rows",
                         take->dataset->path, take->n);
}

/* -- rows ---------------------------------------------------------------- */

struct asked {
    uint64_t row;
    uint64_t place;
};

static int compare_asked(const void *left, const void *right)
{
    const struct asked *a = left, *b = right;

    return a->row < b->row ? -1 : a->row > b->row;
}

static void sort_rows(struct take *take, const uint64_t *rows,
                      struct asked *asked)
{
    uint64_t run;

    for (uint64_t i = 0; i < take->n; i++)
        asked[i] = (struct asked){ rows[i], i };
    qsort(asked, (size_t)take->n, sizeof(*asked), compare_asked);
    for (uint64_t i = 0; i < take->n; i++) {
        if (i == 0 || asked[i].row != asked[i - 1].row)
            take->distinct[take->ndistinct++] =
                lio_dataset_physical(take->dataset, asked[i].row, &run);
        take->order[asked[i].place] = take->ndistinct - 1;
    }
}

static int find_places(struct take *take, struct lio_error *err)
{
    if (take->ndistinct < take->n)
        return 0;
    take->places = calloc((size_t)take->n + 1, sizeof(*take->places));
    if (!take->places)
        return no_memory(take, err);
    for (uint64_t i = 0; i < take->n; i++)
        take->places[take->order[i]] = i;
    return 0;
}

static int choose_rows(struct take *take, const uint64_t *rows,
                       struct lio_error *err)
{
    size_t room = (size_t)take->n + 1;
    struct asked *asked;

    for (uint64_t i = 0; i < take->n; i++)
        if (rows[i] >= take->dataset->rows)
            return lio_error_set(err, LIO_EINVAL,
                                 "%s: there is no row %" PRIu64
                                 ": it has %" PRIu64 ", counted from 0",
                                 take->dataset->path, rows[i],
                                 take->dataset->rows);
    asked = calloc(room, sizeof(*asked));
    take->order = calloc(room, sizeof(*take->order));
    take->distinct = calloc(room, sizeof(*take->distinct));
    if (!asked || !take->order || !take->distinct) {
        free(asked);
        return no_memory(take, err);
    }
    sort_rows(take, rows, asked);
    free(asked);
    return find_places(take, err);
}

/* -- leaves -------------------------------------------------------------- */

static bool is_leaf(const struct take *take, uint32_t number, uint32_t field)
{
    const struct lio_schema *schema = &take->dataset->schema;

    return take->run.projection.wanted[number] &&
           lio_schema_has_column(schema, number, take->dataset->format) &&
           lio_schema_is_below(schema, number, field);
}

/* Whether each field in it has a column of its own. */
static bool is_tree(const struct take *take, uint32_t field)
{
    const struct lio_field *top = &take->dataset->schema.fields[field];

    return take->dataset->format == LIO_FORMAT_20 && top->has_children &&
           !top->packed;
}

static int open_leaves(const struct take *take, struct column *column,
                       struct lio_error *err)
{
    uint32_t nfields = take->dataset->schema.nfields, n = 0;
    int rc = 0;

    for (uint32_t i = column->field; i < nfields; i++)
        n += is_leaf(take, i, column->field);
    column->leaves = calloc(n + (size_t)1, sizeof(*column->leaves));
    if (!column->leaves)
        return no_memory(take, err);
    for (uint32_t i = column->field; i < nfields && rc == 0; i++)
        if (is_leaf(take, i, column->field))
            rc = lio_take_leaf_init(&column->leaves[column->nleaves++],
                                    take->dataset, i, take->distinct,
                                    take->ndistinct, err);
    if (rc == 0 && take->places && column->nleaves == 1)
        rc = lio_take_leaf_place(&column->leaves[0], take->places, err);
    return rc;
}

static int open_columns(struct take *take, struct lio_error *err)
{
    int rc = 0;

    take->columns = calloc((size_t)take->run.projection.ncolumns + 1,
                           sizeof(*take->columns));
    if (!take->columns)
        return no_memory(take, err);
    for (uint32_t i = 0; i < take->run.projection.ncolumns && rc == 0; i++) {
        struct column *column = &take->columns[i];

        column->field = take->run.projection.columns[i];
        if (!lio_row_column_is(column->field) && !is_tree(take, column->field))
            rc = open_leaves(take, column, err);
    }
    return rc;
}

static void release_column(struct column *column)
{
    for (uint32_t i = 0; i < column->nleaves; i++)
        lio_take_leaf_release(&column->leaves[i]);
    for (uint32_t i = 0; i < column->nparts; i++)
        lio_vector_release(&column->parts[i].vector);
    free(column->leaves);
    free(column->parts);
    *column = (struct column){ .field = column->field };
}

/* -- reading ------------------------------------------------------------- */

/* All leaves of all columns at once. */
static int read_leaves(const struct take *take, struct lio_error *err)
{
    uint32_t ncolumns = take->run.projection.ncolumns, n = 0, at = 0;
    struct lio_take_leaf **leaves;
    int rc;

    for (uint32_t i = 0; i < ncolumns; i++)
        n += take->columns[i].nleaves;
    leaves = calloc(n + (size_t)1, sizeof(struct lio_take_leaf *));
    if (!leaves)
        return no_memory(take, err);
    for (uint32_t i = 0; i < ncolumns; i++)
        for (uint32_t k = 0; k < take->columns[i].nleaves; k++)
            leaves[at++] = &take->columns[i].leaves[k];
    rc = lio_take_read(take->dataset, leaves, n, err);
    free(leaves);
    return rc;
}

/* -- nested columns, fragment by fragment -------------------------------- */

static bool is_stored(const struct take *take, uint32_t fragment,
                      uint32_t field)
{
    return take->dataset->fragments[fragment].places[field].file != LIO_NO_FILE;
}

static int merge_failed(const struct take *take, const struct column *column,
                        int code, struct lio_error *err)
{
    return lio_take_failed(take->dataset, column->field, code, take->n, err);
}

/* One that the fragment has not is null where the others have values. */
static int add_missing(const struct take *take, const struct column *column,
                       uint32_t leaf, struct lio_take_piece *part,
                       struct lio_error *err)
{
    struct lio_leaf types =
        lio_leaf_of(&take->dataset->schema, column->leaves[leaf].field,
                    take->dataset->format);
    int rc = part->vector.type ? lio_vector_add_nulls(&part->vector, &types)
                               : lio_leaf_nulls(&types, part->n, &part->vector);

    return rc < 0 ? merge_failed(take, column, rc, err) : 0;
}

static int add_leaf(const struct take *take, const struct column *column,
                    uint32_t leaf, struct lio_take_piece *part,
                    struct lio_error *err)
{
    struct lio_vector rows;
    int rc = lio_take_leaf_rows(&column->leaves[leaf], part->first, part->n,
                                &rows, err);

    if (rc < 0)
        return rc;
    if (!part->vector.type) {
        part->vector = rows;
        return 0;
    }
    rc = lio_vector_merge(&part->vector, &rows);
    lio_vector_release(&rows);
    return rc < 0 ? merge_failed(take, column, rc, err) : 0;
}

static int merge_leaves(const struct take *take, const struct column *column,
                        uint32_t fragment, struct lio_take_piece *part,
                        struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < column->nleaves && rc == 0; i++)
        if (is_stored(take, fragment, column->leaves[i].field))
            rc = add_leaf(take, column, i, part, err);
    for (uint32_t i = 0; i < column->nleaves && rc == 0; i++)
        if (!is_stored(take, fragment, column->leaves[i].field))
            rc = add_missing(take, column, i, part, err);
    return rc;
}

static int read_tree(const struct take *take, const struct column *column,
                     uint32_t fragment, struct lio_take_piece *part,
                     struct lio_error *err)
{
    uint64_t first = take->dataset->fragments[fragment].first_physical;
    uint64_t *rows = calloc((size_t)part->n, sizeof(*rows));
    int rc;

    if (!rows)
        return no_memory(take, err);
    for (uint64_t i = 0; i < part->n; i++)
        rows[i] = take->distinct[part->first + i] - first;
    rc = lio_take_tree(take->dataset, &take->run.projection, column->field,
                       fragment, rows, part->n, &part->vector, err);
    free(rows);
    return rc;
}

/* The distinct rows from `first` on that are in a fragment. */
static uint64_t count_rows(const struct take *take, uint32_t fragment,
                           uint64_t first)
{
    const struct lio_fragment *in = &take->dataset->fragments[fragment];
    uint64_t n = 0;

    while (first + n < take->ndistinct &&
           take->distinct[first + n] - in->first_physical < in->rows)
        n++;
    return n;
}

static int read_parts(const struct take *take, struct column *column,
                      struct lio_error *err)
{
    uint64_t first = 0;
    int rc = 0;

    column->parts =
        calloc(take->dataset->nfragments + (size_t)1, sizeof(*column->parts));
    if (!column->parts)
        return no_memory(take, err);
    for (uint32_t i = 0; i < take->dataset->nfragments && rc == 0; i++) {
        struct lio_take_piece *part = &column->parts[column->nparts];

        part->first = first;
        part->n = count_rows(take, i, first);
        if (part->n == 0)
            continue;
        column->nparts++;
        first += part->n;
        rc = column->leaves ? merge_leaves(take, column, i, part, err)
                            : read_tree(take, column, i, part, err);
    }
    return rc;
}

/* -- putting in order ---------------------------------------------------- */

static int export_rows(const struct take *take, const struct column *column,
                       const struct lio_take_piece *pieces, uint64_t npieces,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice *slices = calloc((size_t)take->n, sizeof(*slices));
    struct lio_slice joined = { .from = 0 };
    uint32_t n;
    int rc;

    if (!slices)
        return no_memory(take, err);
    n = lio_take_order(pieces, npieces, take->order, take->n, slices);
    rc = lio_vector_join(slices, n, &joined.vector);
    free(slices);
    if (rc < 0)
        return lio_take_failed(take->dataset, column->field, rc, take->n, err);
    joined.rows = joined.vector.rows;
    rc = lio_vector_export(&joined, ret_array);
    lio_vector_release(&joined.vector);
    return rc < 0 ? no_memory(take, err) : 0;
}

static int export_placed(const struct take *take, struct column *column,
                         struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice all = { .rows = take->n };
    int rc = lio_take_leaf_placed(&column->leaves[0], &all.vector, err);

    if (rc < 0)
        return rc;
    rc = lio_vector_export(&all, ret_array);
    lio_vector_release(&all.vector);
    return rc < 0 ? no_memory(take, err) : 0;
}

/* -- all ----------------------------------------------------------------- */

static int number_rows(const struct take *take, const struct column *column,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice slice = { .rows = take->n };
    int rc = lio_row_column_take(take->dataset, column->field, take->distinct,
                                 take->order, take->n, &slice.vector);

    if (rc == 0)
        rc = lio_vector_export(&slice, ret_array);
    lio_vector_release(&slice.vector);
    return rc < 0 ? no_memory(take, err) : 0;
}

static int read_column(struct take *take, struct column *column,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    const struct lio_take_leaf *leaf = column->leaves;
    bool placed = column->nleaves == 1 && leaf->placed;
    int rc = 0;

    if (placed) {
        rc = export_placed(take, column, ret_array, err);
        release_column(column);
        return rc;
    }
    if (column->nleaves == 1)
        rc = export_rows(take, column, leaf->pieces, leaf->npieces, ret_array,
                         err);
    else
        rc = read_parts(take, column, err);
    if (rc == 0 && column->parts)
        rc = export_rows(take, column, column->parts, column->nparts, ret_array,
                         err);
    release_column(column);
    return rc;
}

static int read_columns(struct take *take, struct ArrowArray *ret_array,
                        struct lio_error *err)
{
    uint32_t n = take->run.projection.ncolumns;
    struct ArrowArray *arrays = calloc((size_t)n + 1, sizeof(*arrays));
    int rc = arrays ? 0 : no_memory(take, err);

    for (uint32_t i = 0; i < n && rc == 0; i++) {
        uint32_t field = take->columns[i].field;

        if (lio_row_column_is(field)) {
            rc = number_rows(take, &take->columns[i], &arrays[i], err);
            continue;
        }
        rc = read_column(take, &take->columns[i], &arrays[i], err);
        if (rc == 0)
            lio_arrow_keep_wanted(&take->run.projection, field, &arrays[i]);
    }
    if (rc == 0 && lio_arrow_struct(arrays, n, take->n, ret_array) < 0)
        rc = no_memory(take, err);
    for (uint32_t i = 0; arrays && rc < 0 && i < n; i++)
        lio_arrow_array_release(&arrays[i]);
    free(arrays);
    return rc;
}

static int take_rows(struct take *take, const uint64_t *rows,
                     struct ArrowArray *ret_array, struct lio_error *err)
{
    int rc = choose_rows(take, rows, err);

    if (rc == 0 && take->n == 0)
        return lio_scan_run_next(&take->run, 0, ret_array, err);
    if (rc == 0)
        rc = open_columns(take, err);
    if (rc == 0)
        rc = read_leaves(take, err);
    return rc < 0 ? rc : read_columns(take, ret_array, err);
}

int lio_take_rows(struct lio_dataset *dataset, const uint64_t *rows, uint64_t n,
                  const struct lio_scan *scan, struct ArrowArray *ret_array,
                  struct lio_error *err)
{
    struct take take = { .dataset = dataset, .n = n };
    int rc = lio_scan_run_init(&take.run, dataset, scan, err);

    if (rc < 0)
        return rc;
    if (n >= UINT32_MAX)
        rc = lio_error_set(err, LIO_EINVAL,
                           "%s: %" PRIu64 " rows are too many to take at once",
                           dataset->path, n);
    if (rc == 0)
        rc = take_rows(&take, rows, ret_array, err);
    for (uint32_t i = 0; take.columns && i < take.run.projection.ncolumns; i++)
        release_column(&take.columns[i]);
    free(take.columns);
    free(take.distinct);
    free(take.order);
    free(take.places);
    lio_scan_run_release(&take.run);
    return rc;
}
