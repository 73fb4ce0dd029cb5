/*
 * Scans: rows of several columns, side by side.
 *
 * Each column has its own cuts into pages; a batch takes from each as many
 * slices of decoded pages as its rows need.  One slice is given out as it is,
 * without copying; several are joined.
 */
#include "column/scan.h"

#include "common/sentence.h"
#include "common/suggest.h"

#include <inttypes.h>
#include <stdlib.h>

/* -- columns ------------------------------------------------------------- */

/* Which columns there are, and the nearest: the message for a wrong name. */
static int unknown_column(const struct lio_dataset *dataset, const char *name,
                          struct lio_error *err)
{
    const struct lio_schema *schema = &dataset->schema;
    const char **names = calloc(schema->nfields + (size_t)1, sizeof(*names));
    const char *nearest;
    struct lio_sentence text;
    size_t n = 0;

    if (!names)
        return lio_error_set(err, LIO_EINVAL, "%s: there is no column '%s'",
                             dataset->path, name);
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].parent < 0)
            names[n++] = schema->fields[i].name;
    nearest = lio_suggest(name, names, n);

    lio_sentence_init(&text);
    lio_sentence_add(&text, "there is no column '%s'; there are: ", name);
    lio_sentence_list(&text, 400, names, n);
    if (nearest)
        lio_sentence_add(&text, "; did you mean '%s'?", nearest);
    free(names);
    return lio_error_set(err, LIO_EINVAL, "%s: %s", dataset->path, text.text);
}

static int add_column(struct lio_scan_run *run, const char *name,
                      struct lio_error *err)
{
    const struct lio_schema *schema = &run->dataset->schema;

    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].parent < 0 &&
            strcmp(schema->fields[i].name, name) == 0) {
            run->fields[run->ncolumns++] = &schema->fields[i];
            return 0;
        }
    return unknown_column(run->dataset, name, err);
}

static int choose_columns(struct lio_scan_run *run, const struct lio_scan *scan,
                          struct lio_error *err)
{
    const struct lio_schema *schema = &run->dataset->schema;
    int rc = 0;

    for (uint32_t i = 0; i < scan->ncolumns && rc == 0; i++)
        rc = add_column(run, scan->columns[i], err);
    for (uint32_t i = 0; scan->ncolumns == 0 && i < schema->nfields; i++)
        if (schema->fields[i].parent < 0)
            run->fields[run->ncolumns++] = &schema->fields[i];
    for (uint32_t i = 0; i < run->ncolumns && rc == 0; i++)
        rc = lio_dataset_check_field(
            run->dataset, (uint32_t)(run->fields[i] - schema->fields), err);
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

int lio_scan_run_init(struct lio_scan_run *run,
                      const struct lio_dataset *dataset,
                      const struct lio_scan *scan, struct lio_error *err)
{
    static const struct lio_scan everything;
    size_t room;
    int rc = 0;

    if (!scan)
        scan = &everything;
    room = scan->ncolumns > 0 ? scan->ncolumns : dataset->schema.nfields;
    *run = (struct lio_scan_run){ .dataset = dataset };
    run->fields = calloc(room + 1, sizeof(*run->fields));
    run->cursors = calloc(room + 1, sizeof(*run->cursors));
    if (!run->fields || !run->cursors)
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory for a scan",
                           dataset->path);
    if (rc == 0)
        rc = choose_columns(run, scan, err);
    if (rc < 0) {
        lio_scan_run_release(run);
        return rc;
    }
    choose_rows(run, scan);
    for (uint32_t i = 0; i < run->ncolumns; i++)
        lio_column_cursor_init(
            &run->cursors[i], dataset,
            (uint32_t)(run->fields[i] - dataset->schema.fields), 0, 0);
    return 0;
}

void lio_scan_run_release(struct lio_scan_run *run)
{
    for (uint32_t i = 0; run->cursors && i < run->ncolumns; i++)
        lio_column_cursor_release(&run->cursors[i]);
    free(run->cursors);
    free(run->fields);
    *run = (struct lio_scan_run){ 0 };
}

int lio_scan_run_schema(const struct lio_scan_run *run,
                        struct ArrowSchema *ret_schema, struct lio_error *err)
{
    int rc = lio_arrow_schema(run->fields, run->ncolumns, ret_schema);

    if (rc < 0)
        return lio_error_set(err, rc, "%s: no memory for the schema",
                             run->dataset->path);
    return 0;
}

/* -- batches ------------------------------------------------------------- */

/* The slices that make up a column of a batch. */
struct slices {
    struct lio_slice *all;
    uint32_t n;
    uint32_t room;
};

static void slices_release(struct slices *slices)
{
    for (uint32_t i = 0; i < slices->n; i++)
        lio_vector_release(&slices->all[i].vector);
    free(slices->all);
}

static int slices_grow(struct slices *slices)
{
    uint32_t room = slices->room > 0 ? slices->room * 2 : 4;
    struct lio_slice *all = realloc(slices->all, room * sizeof(*all));

    if (!all)
        return LIO_ENOMEM;
    slices->all = all;
    slices->room = room;
    return 0;
}

/* Rows that lie together. */
static int take_run(struct lio_column_cursor *cursor, uint64_t rows,
                    struct slices *slices, struct lio_error *err)
{
    while (rows > 0) {
        struct lio_slice *slice;
        int rc = 0;

        if (slices->n == slices->room)
            rc = slices_grow(slices);
        if (rc < 0)
            return lio_error_set(err, rc, "%s: no memory for a batch",
                                 cursor->dataset->path);
        slice = &slices->all[slices->n];
        rc = lio_column_cursor_next(cursor, rows, slice, err);
        if (rc < 0)
            return rc;
        slices->n++;
        rows -= slice->rows;
    }
    return 0;
}

/* Rows of a scan, which may have deleted ones between them. */
static int take_slices(const struct lio_scan_run *run,
                       struct lio_column_cursor *cursor, uint64_t rows,
                       struct slices *slices, struct lio_error *err)
{
    uint64_t row = run->row, n;
    int rc = 0;

    for (; rows > 0 && rc == 0; row += n, rows -= n) {
        uint64_t at = lio_dataset_physical(run->dataset, row, &n);

        n = n < rows ? n : rows;
        lio_column_cursor_seek(cursor, at, run->physical_end);
        rc = take_run(cursor, n, slices, err);
    }
    return rc;
}

static int join_slices(const struct slices *slices,
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
    const struct lio_field *field = run->fields[number];
    struct slices slices = { 0 };
    int rc = take_slices(run, &run->cursors[number], rows, &slices, err);

    if (rc == 0) {
        rc = join_slices(&slices, ret_array);
        if (rc == LIO_EINVAL)
            (void)lio_error_set(err, rc,
                                "%s: column '%s': %" PRIu64
                                " rows have more than 2 GiB of values: read "
                                "fewer rows at a time",
                                run->dataset->path, field->path, rows);
        else if (rc < 0)
            (void)lio_error_set(
                err, rc, "%s: column '%s': no memory for %" PRIu64 " rows",
                run->dataset->path, field->path, rows);
    }
    slices_release(&slices);
    return rc;
}

/* A batch of no rows: made, not read. */
static int empty_column(struct lio_scan_run *run, uint32_t number,
                        struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice slice = { .from = 0 };
    int rc = lio_vector_nulls(&run->fields[number]->type, 0, &slice.vector);

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
    for (uint32_t i = 0; i < run->ncolumns && rc == 0 && rows > 0; i++) {
        lio_column_cursor_seek(&run->cursors[i], at, run->physical_end);
        rc = lio_column_cursor_start(&run->cursors[i], err);
    }
    for (uint32_t i = 0; i < run->ncolumns && rc == 0; i++)
        rc = rows > 0 ? read_column(run, i, rows, &arrays[i], err)
                      : empty_column(run, i, &arrays[i], err);
    return rc;
}

int lio_scan_run_next(struct lio_scan_run *run, uint64_t rows,
                      struct ArrowArray *ret_array, struct lio_error *err)
{
    uint64_t left = run->end - run->row;
    struct ArrowArray *arrays;
    int rc;

    rows = rows < left ? rows : left;
    arrays = calloc((size_t)run->ncolumns + 1, sizeof(*arrays));
    if (!arrays)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for a batch",
                             run->dataset->path);
    rc = read_columns(run, rows, arrays, err);
    if (rc == 0) {
        rc = lio_arrow_struct(arrays, run->ncolumns, rows, ret_array);
        if (rc < 0)
            (void)lio_error_set(err, rc, "%s: no memory for a batch",
                                run->dataset->path);
    }
    for (uint32_t i = 0; rc < 0 && i < run->ncolumns; i++)
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
    rc = lio_scan_run_next(&run, UINT64_MAX, ret_array, err);
    lio_scan_run_release(&run);
    return rc;
}
