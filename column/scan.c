/*
 * Scans: rows of several columns, side by side.
 *
 * Each column has its own cuts into pages; a batch takes from each as many
 * slices of decoded pages as its rows need.  One slice is given out as it is,
 * without copying; several are joined.
 */
#include "column/scan.h"

#include "column/arrow_parts.h"
#include "column/row_column.h"
#include "column/scan_plan.h"
#include "column/slices.h"
#include "column/vector_filter.h"

#include <stdlib.h>

/* A packed struct is decoded with all its parts. */
static bool is_read(const struct lio_scan_run *run, uint32_t number)
{
    const struct lio_field *fields = run->dataset->schema.fields;
    int64_t parent = fields[number].parent;

    return run->projection.wanted[number] ||
           (parent >= 0 && fields[parent].in_packed &&
            is_read(run, (uint32_t)parent));
}

/* Whether all that is wanted of the columns can be read. */
static int check_columns(const struct lio_scan_run *run, struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < run->dataset->schema.nfields && rc == 0; i++)
        if (is_read(run, i))
            rc = lio_dataset_check_field(run->dataset, i, err);
    return rc;
}

/* -- begin and end ------------------------------------------------------- */

static void choose_rows(struct lio_scan_run *run, const struct lio_scan *scan)
{
    uint64_t rows = run->dataset->rows, n;

    run->row = scan->offset < rows ? scan->offset : rows;
    run->end = rows;
    if (scan->limit > 0 && scan->limit < rows - run->row)
        run->end = run->row + scan->limit;
    if (run->end > run->row)
        run->physical_end =
            lio_dataset_physical(run->dataset, run->end - 1, &n) + 1;
    run->batch_rows = scan->batch_rows > 0 ? scan->batch_rows : LIO_BATCH_ROWS;
}

static int open_cursors(struct lio_scan_run *run, struct lio_error *err)
{
    uint32_t n = run->projection.ncolumns;
    int rc = 0;

    run->cursors = calloc(n + (size_t)1, sizeof(*run->cursors));
    if (!run->cursors)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for a scan",
                             run->dataset->path);
    for (uint32_t i = 0; i < n && rc == 0; i++)
        if (!lio_row_column_is(run->projection.columns[i]))
            rc = lio_field_cursor_init(&run->cursors[i], run->dataset,
                                       &run->projection,
                                       run->projection.columns[i], err);
    return rc;
}

int lio_scan_run_init(struct lio_scan_run *run,
                      const struct lio_dataset *dataset,
                      const struct lio_scan *scan, struct lio_error *err)
{
    static const struct lio_scan everything;
    int rc;

    if (!scan)
        scan = &everything;
    *run = (struct lio_scan_run){ .dataset = dataset };
    rc = lio_projection_init(&run->projection, &dataset->schema, scan->columns,
                             scan->ncolumns, dataset->path, err);
    if (rc < 0)
        return rc;
    choose_rows(run, scan);
    rc = check_columns(run, err);
    if (rc == 0)
        rc = open_cursors(run, err);
    if (rc < 0)
        lio_scan_run_release(run);
    return rc;
}

void lio_scan_run_release(struct lio_scan_run *run)
{
    for (uint32_t i = 0; run->cursors && i < run->projection.ncolumns; i++)
        lio_field_cursor_release(&run->cursors[i]);
    free(run->cursors);
    lio_projection_release(&run->projection);
    *run = (struct lio_scan_run){ 0 };
}

int lio_scan_run_schema(const struct lio_scan_run *run,
                        struct ArrowSchema *ret_schema, struct lio_error *err)
{
    int rc = lio_arrow_schema(&run->projection, ret_schema);

    if (rc < 0)
        return lio_error_set(err, rc, "%s: no memory for the schema",
                             run->dataset->path);
    return 0;
}

/* -- batches ------------------------------------------------------------- */

/* Rows that lie together. */
static int take_run(struct lio_field_cursor *cursor, uint64_t rows,
                    struct lio_slices *slices, struct lio_error *err)
{
    while (rows > 0) {
        struct lio_slice *slice = lio_slices_add(slices);
        int rc = slice ? lio_field_cursor_next(cursor, rows, slice, err)
                       : lio_field_cursor_failed(cursor, LIO_ENOMEM, rows, err);

        if (rc < 0)
            return rc;
        rows -= slice->rows;
    }
    return 0;
}

/* Rows `row` to `last` of a fragment, of which some are deleted, here and
 * there: slices are taken with them, and then those that are left are kept. */
static int take_filtered(const struct lio_scan_run *run,
                         struct lio_field_cursor *cursor,
                         const struct lio_fragment *fragment, uint64_t row,
                         uint64_t last, struct lio_slices *slices,
                         struct lio_error *err)
{
    int rc = 0;

    while (row <= last && rc == 0) {
        struct lio_slice *slice = lio_slices_add(slices), all;
        uint64_t end;

        /* Pages without a row that is left are passed over. */
        row = lio_gaps_skip(&fragment->gaps, row, &end);
        lio_field_cursor_seek(cursor, fragment->first_physical + row,
                              run->physical_end);
        rc = slice ? lio_field_cursor_next(cursor, last + 1 - row, &all, err)
                   : lio_field_cursor_failed(cursor, LIO_ENOMEM, last, err);
        if (rc < 0)
            break;
        rc = lio_vector_filter(&all, &fragment->gaps, row, &slice->vector);
        if (rc < 0)
            (void)lio_field_cursor_failed(cursor, rc, all.rows, err);
        slice->rows = slice->vector.rows;
        row += all.rows;
        lio_vector_release(&all.vector);
    }
    return rc;
}

/* Whether taking rows that are deleted would cost more than to pass over them:
 * of blobs all bytes are read. */
static bool has_blobs(const struct lio_field_cursor *cursor,
                      const struct lio_fragment *fragment)
{
    const struct lio_dataset *dataset = cursor->dataset;

    for (uint32_t i = 0; i < cursor->ncolumns; i++) {
        uint32_t field = cursor->columns[i].field;
        const struct lio_place *place = &fragment->places[field];

        if (dataset->schema.fields[field].blob_22 ||
            (place->file != LIO_NO_FILE &&
             lio_dataset_column(dataset, place)->blob))
            return true;
    }
    return false;
}

/* How many of `rows` rows from `row` on in scan order are in the fragment of
 * the first, and where its last row is. */
static uint64_t find_last(const struct lio_fragment *fragment, uint64_t row,
                          uint64_t rows, uint64_t *ret_last)
{
    uint64_t live = row - fragment->first_row;
    uint64_t left = fragment->rows - fragment->deleted_rows - live;

    rows = rows < left ? rows : left;
    *ret_last = lio_gaps_row(&fragment->gaps, live + rows - 1);
    return rows;
}

/* Rows of a scan, which may have deleted ones between them. */
static int take_slices(const struct lio_scan_run *run,
                       struct lio_field_cursor *cursor, uint64_t rows,
                       struct lio_slices *slices, struct lio_error *err)
{
    uint64_t row = run->row, n;
    int rc = 0;

    for (; rows > 0 && rc == 0; row += n, rows -= n) {
        uint64_t at = lio_dataset_physical(run->dataset, row, &n), last;
        const struct lio_fragment *fragment =
            lio_dataset_fragment_of(run->dataset, at);

        lio_field_cursor_seek(cursor, at, run->physical_end);
        if (fragment->gaps.left && !has_blobs(cursor, fragment)) {
            n = find_last(fragment, row, rows, &last);
            rc =
                take_filtered(run, cursor, fragment,
                              at - fragment->first_physical, last, slices, err);
        } else {
            n = n < rows ? n : rows;
            rc = take_run(cursor, n, slices, err);
        }
    }
    return rc;
}

static int join_slices(const struct lio_slices *slices,
                       struct ArrowArray *ret_array)
{
    struct lio_slice joined = { .from = 0 };
    int rc;

    if (slices->n == 1)
        return lio_vector_export(&slices->all[0], ret_array);
    rc = lio_vector_join(slices->all, slices->n, &joined.vector);
    if (rc < 0)
        return rc;
    joined.rows = joined.vector.rows;
    rc = lio_vector_export(&joined, ret_array);
    lio_vector_release(&joined.vector);
    return rc;
}

static int read_column(struct lio_scan_run *run, uint32_t number, uint64_t rows,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slices slices = { 0 };
    int rc = take_slices(run, &run->cursors[number], rows, &slices, err);

    if (rc == 0) {
        rc = join_slices(&slices, ret_array);
        if (rc < 0)
            (void)lio_field_cursor_failed(&run->cursors[number], rc, rows, err);
    }
    lio_slices_release(&slices);
    return rc;
}

/* One that is made, not read. */
static int number_rows(struct lio_scan_run *run, uint32_t column, uint64_t rows,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice slice = { .rows = rows };
    int rc = lio_row_column_read(run->dataset, column, run->row, rows,
                                 &slice.vector);

    if (rc == 0)
        rc = lio_vector_export(&slice, ret_array);
    lio_vector_release(&slice.vector);
    if (rc < 0)
        return lio_error_set(err, rc, "%s: no memory for a batch",
                             run->dataset->path);
    return 0;
}

/* A batch of no rows: made, not read. */
static int empty_column(struct lio_scan_run *run, uint32_t number,
                        struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice slice = { .from = 0 };
    int rc = lio_field_cursor_empty(&run->cursors[number], &slice.vector);

    if (rc == 0)
        rc = lio_vector_export(&slice, ret_array);
    lio_vector_release(&slice.vector);
    if (rc < 0)
        return lio_error_set(err, rc, "%s: no memory for a batch",
                             run->dataset->path);
    return 0;
}

static int read_columns(struct lio_scan_run *run, uint64_t rows,
                        struct ArrowArray *arrays, struct lio_error *err)
{
    uint64_t at = 0, n;
    int rc = 0;

    if (rows > 0)
        at = lio_dataset_physical(run->dataset, run->row, &n);
    /* All columns first, so that their reads are under way together. */
    for (uint32_t i = 0; i < run->projection.ncolumns && rc == 0 && rows > 0;
         i++) {
        if (lio_row_column_is(run->projection.columns[i]))
            continue;
        lio_field_cursor_seek(&run->cursors[i], at, run->physical_end);
        rc = lio_field_cursor_start(&run->cursors[i], err);
    }
    for (uint32_t i = 0; i < run->projection.ncolumns && rc == 0; i++) {
        uint32_t column = run->projection.columns[i];

        if (lio_row_column_is(column))
            rc = number_rows(run, column, rows, &arrays[i], err);
        else
            rc = rows > 0 ? read_column(run, i, rows, &arrays[i], err)
                          : empty_column(run, i, &arrays[i], err);
        if (rc == 0 && !lio_row_column_is(column))
            lio_arrow_keep_wanted(&run->projection, column, &arrays[i]);
    }
    return rc;
}

int lio_scan_run_next(struct lio_scan_run *run, uint64_t rows,
                      struct ArrowArray *ret_array, struct lio_error *err)
{
    uint64_t left = run->end - run->row;
    struct ArrowArray *arrays;
    int rc;

    rows = rows < left ? rows : left;
    arrays = calloc((size_t)run->projection.ncolumns + 1, sizeof(*arrays));
    if (!arrays)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for a batch",
                             run->dataset->path);
    rc = read_columns(run, rows, arrays, err);
    if (rc == 0) {
        rc =
            lio_arrow_struct(arrays, run->projection.ncolumns, rows, ret_array);
        if (rc < 0)
            (void)lio_error_set(err, rc, "%s: no memory for a batch",
                                run->dataset->path);
    }
    for (uint32_t i = 0; rc < 0 && i < run->projection.ncolumns; i++)
        lio_arrow_array_release(&arrays[i]);
    free(arrays);
    if (rc == 0)
        run->row += rows;
    return rc;
}

/* -- entry points -------------------------------------------------------- */

int lio_scan_schema(struct lio_dataset *dataset, const struct lio_scan *scan,
                    struct ArrowSchema *ret_schema, struct lio_error *err)
{
    struct lio_scan_run run;
    int rc = lio_scan_run_init(&run, dataset, scan, err);

    if (rc < 0)
        return rc;
    rc = lio_scan_run_schema(&run, ret_schema, err);
    lio_scan_run_release(&run);
    return rc;
}

int lio_scan_read(struct lio_dataset *dataset, const struct lio_scan *scan,
                  struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_scan_run run;
    int rc = lio_scan_run_init(&run, dataset, scan, err);

    if (rc < 0)
        return rc;
    lio_scan_plan_once(&run);
    rc = lio_scan_run_next(&run, UINT64_MAX, ret_array, err);
    lio_scan_run_release(&run);
    return rc;
}
