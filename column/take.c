/*
 * Taking rows by their numbers.
 *
 *     rows asked for      5 1 9 1         in this order, some twice
 *     distinct            1 5 9           physical, ascending
 *     pieces of a column  | 1 5 | 9 |     page by page, each picked by itself
 *
 * What all columns need of all pages is read as two batches: where the rows
 * are, and then the rows.  A column that has a page of which rows cannot be
 * picked is read with a cursor instead, page after page.
 */
#include "column/pick.h"
#include "column/row_column.h"
#include "column/scan.h"

#include <inttypes.h>
#include <stdlib.h>

/* Distinct rows that lie in one page, or in a fragment without the column. */
struct piece {
    uint64_t first; /* the distinct rows first, first + 1, ... */
    uint64_t n;
    bool picked; /* from a page */
    struct lio_pick pick;
    struct lio_vector vector;
};

struct column {
    uint32_t field;
    bool whole_pages;   /* a cursor reads it */
    uint64_t *in_pages; /* the distinct rows, counted in their pages */
    struct piece *pieces;
    uint64_t npieces;
    uint64_t room;
};

struct take {
    const struct lio_dataset *dataset;
    struct lio_scan_run run; /* its columns and their cursors */
    uint64_t n;              /* rows asked for */
    uint64_t *order;         /* which of the distinct ones each is */
    uint64_t *distinct;
    uint64_t ndistinct;
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
    return 0;
}

/* -- pieces -------------------------------------------------------------- */

static struct piece *add_piece(struct column *column, uint64_t first,
                               uint64_t n)
{
    struct piece *piece;

    if (column->npieces == column->room) {
        uint64_t room = column->room > 0 ? column->room * 2 : 8;
        struct piece *pieces =
            realloc(column->pieces, (size_t)room * sizeof(*pieces));

        if (!pieces)
            return NULL;
        column->pieces = pieces;
        column->room = room;
    }
    piece = &column->pieces[column->npieces++];
    *piece = (struct piece){ .first = first, .n = n };
    return piece;
}

static void drop_pieces(struct column *column)
{
    for (uint64_t i = 0; i < column->npieces; i++) {
        if (column->pieces[i].picked)
            lio_pick_release(&column->pieces[i].pick);
        lio_vector_release(&column->pieces[i].vector);
    }
    column->npieces = 0;
}

/* How many of the distinct rows from `first` on lie before `end`. */
static uint64_t count_before(const struct take *take, uint64_t first,
                             uint64_t end)
{
    uint64_t n = 0;

    while (first + n < take->ndistinct && take->distinct[first + n] < end)
        n++;
    return n;
}

/* The piece of a page that starts with the distinct row `first`. */
static int add_page(const struct take *take, struct column *column,
                    uint32_t number, uint64_t first, struct lio_error *err)
{
    const struct lio_fragment *fragment = &take->dataset->fragments[number];
    const struct lio_place *place = &fragment->places[column->field];
    const struct lio_column *stored = lio_dataset_column(take->dataset, place);
    uint64_t row = take->distinct[first] - fragment->first_physical;
    struct lio_page_ref ref = { .fragment = number,
                                .field = column->field,
                                .file = place->file,
                                .column = place->column,
                                .page = lio_column_find_page(stored, row) };
    const struct lio_page *page = &stored->pages[ref.page];
    uint64_t start = fragment->first_physical + page->first_row;
    uint64_t n = count_before(take, first, start + page->rows);
    uint64_t bits[LIO_PAGE_BUFFERS_MAX];
    struct piece *piece;

    if (lio_pick_kind(page, bits) == LIO_PICK_NOT) {
        column->whole_pages = true;
        return 0;
    }
    for (uint64_t i = first; i < first + n; i++)
        column->in_pages[i] = take->distinct[i] - start;
    piece = add_piece(column, first, n);
    if (!piece)
        return no_memory(take, err);
    piece->picked = true;
    return lio_pick_init(&piece->pick, take->dataset, &ref,
                         column->in_pages + first, n, err);
}

static int add_nulls(const struct take *take, struct column *column,
                     uint32_t number, uint64_t first, struct lio_error *err)
{
    const struct lio_fragment *fragment = &take->dataset->fragments[number];
    uint64_t n =
        count_before(take, first, fragment->first_physical + fragment->rows);
    struct piece *piece = add_piece(column, first, n);

    if (!piece ||
        lio_vector_nulls(&take->dataset->schema.fields[column->field].type, n,
                         &piece->vector) < 0)
        return no_memory(take, err);
    return 0;
}

/* Whether a column is stored in one place and not nested. */
static bool is_simple(const struct take *take, const struct column *column)
{
    const struct lio_dataset *dataset = take->dataset;

    if (dataset->schema.fields[column->field].has_children ||
        dataset->schema.fields[column->field].blob_22)
        return false;
    for (uint32_t i = 0; i < dataset->nfragments; i++) {
        const struct lio_place *place =
            &dataset->fragments[i].places[column->field];

        if (place->file != LIO_NO_FILE &&
            lio_dataset_column(dataset, place)->blob)
            return false;
    }
    return true;
}

static int cut_column(const struct take *take, struct column *column,
                      struct lio_error *err)
{
    const struct lio_fragment *fragments = take->dataset->fragments;
    uint32_t number = 0;
    uint64_t first = 0;
    int rc = 0;

    column->whole_pages = !is_simple(take, column);
    while (first < take->ndistinct && rc == 0 && !column->whole_pages) {
        const struct piece *last;

        while (take->distinct[first] - fragments[number].first_physical >=
               fragments[number].rows)
            number++;
        rc = fragments[number].places[column->field].file == LIO_NO_FILE
                 ? add_nulls(take, column, number, first, err)
                 : add_page(take, column, number, first, err);
        if (rc < 0 || column->whole_pages)
            break;
        last = &column->pieces[column->npieces - 1];
        first = last->first + last->n;
    }
    if (column->whole_pages)
        drop_pieces(column);
    return rc;
}

static int cut_columns(struct take *take, struct lio_error *err)
{
    int rc = 0;

    take->columns = calloc((size_t)take->run.projection.ncolumns + 1,
                           sizeof(*take->columns));
    if (!take->columns)
        return no_memory(take, err);
    for (uint32_t i = 0; i < take->run.projection.ncolumns && rc == 0; i++) {
        struct column *column = &take->columns[i];

        column->field = take->run.projection.columns[i];
        if (lio_row_column_is(column->field))
            continue;
        column->in_pages =
            calloc((size_t)take->ndistinct + 1, sizeof(*column->in_pages));
        rc = column->in_pages ? cut_column(take, column, err)
                              : no_memory(take, err);
    }
    return rc;
}

/* -- reading ------------------------------------------------------------- */

typedef int pick_step(struct lio_pick *pick, struct lio_reads *reads,
                      struct lio_error *err);

/* One step of all picks, and its reads as one batch. */
static int read_step(struct take *take, pick_step *step, struct lio_error *err)
{
    struct lio_reads reads = { 0 };
    int rc = 0;

    for (uint32_t i = 0; i < take->run.projection.ncolumns; i++)
        for (uint64_t k = 0; k < take->columns[i].npieces && rc == 0; k++)
            if (take->columns[i].pieces[k].picked)
                rc = step(&take->columns[i].pieces[k].pick, &reads, err);
    if (rc == 0 && reads.n > 0)
        rc = lio_source_read(reads.all, reads.n, err);
    lio_reads_release(&reads);
    return rc;
}

static int decode_pieces(struct column *column, struct lio_error *err)
{
    int rc = 0;

    for (uint64_t i = 0; i < column->npieces && rc == 0; i++)
        if (column->pieces[i].picked)
            rc = lio_pick_decode(&column->pieces[i].pick,
                                 &column->pieces[i].vector, err);
    return rc;
}

/* A piece of its own for each run of rows, copied: a slice of a page would hold
 * on to all of it. */
static int read_whole_pages(struct take *take, uint32_t number,
                            struct lio_error *err)
{
    struct lio_field_cursor *cursor = &take->run.cursors[number];
    struct column *column = &take->columns[number];
    uint64_t first = 0;
    int rc = 0;

    while (first < take->ndistinct && rc == 0) {
        uint64_t row = take->distinct[first], n = 1;
        struct lio_slice slice;
        struct piece *piece;

        while (first + n < take->ndistinct &&
               take->distinct[first + n] == row + n)
            n++;
        lio_field_cursor_seek(cursor, row, row + n);
        rc = lio_field_cursor_next(cursor, n, &slice, err);
        if (rc < 0)
            break;
        piece = add_piece(column, first, slice.rows);
        if (!piece || lio_vector_join(&slice, 1, &piece->vector) < 0)
            rc = no_memory(take, err);
        lio_vector_release(&slice.vector);
        first += slice.rows;
    }
    return rc;
}

/* -- putting in order ---------------------------------------------------- */

/* The piece with a distinct row. */
static const struct piece *find_piece(const struct column *column, uint64_t row)
{
    uint64_t low = 0, high = column->npieces;

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (column->pieces[middle].first <= row)
            low = middle;
        else
            high = middle;
    }
    return &column->pieces[low];
}

/* The rows in the order asked for, as few slices as that makes. */
static uint32_t order_rows(const struct take *take, const struct column *column,
                           struct lio_slice *slices)
{
    const struct piece *last = NULL;
    uint32_t n = 0;

    for (uint64_t i = 0; i < take->n; i++) {
        const struct piece *piece = find_piece(column, take->order[i]);
        uint64_t at = take->order[i] - piece->first;

        if (piece->picked)
            at = piece->pick.places[at];
        if (piece == last && slices[n - 1].from + slices[n - 1].rows == at)
            slices[n - 1].rows++;
        else
            slices[n++] = (struct lio_slice){ .vector = piece->vector,
                                              .from = at,
                                              .rows = 1 };
        last = piece;
    }
    return n;
}

static int export_column(const struct take *take, const struct column *column,
                         struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice *slices = calloc((size_t)take->n, sizeof(*slices));
    struct lio_slice joined = { .from = 0 };
    uint32_t n;
    int rc;

    if (!slices)
        return no_memory(take, err);
    n = order_rows(take, column, slices);
    rc = lio_vector_join(slices, n, &joined.vector);
    free(slices);
    if (rc == LIO_EINVAL)
        return lio_error_set(err, rc,
                             "%s: column '%s': %" PRIu64
                             " rows have more values than their type can "
                             "tell: take fewer rows at a time",
                             take->dataset->path,
                             take->dataset->schema.fields[column->field].path,
                             take->n);
    joined.rows = joined.vector.rows;
    if (rc == 0)
        rc = lio_vector_export(&joined, ret_array);
    lio_vector_release(&joined.vector);
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

static int read_column(struct take *take, uint32_t number,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    struct column *column = &take->columns[number];
    int rc = column->whole_pages ? read_whole_pages(take, number, err)
                                 : decode_pieces(column, err);

    if (rc == 0)
        rc = export_column(take, column, ret_array, err);
    drop_pieces(column);
    return rc;
}

static int read_columns(struct take *take, struct ArrowArray *ret_array,
                        struct lio_error *err)
{
    uint32_t n = take->run.projection.ncolumns;
    struct ArrowArray *arrays = calloc((size_t)n + 1, sizeof(*arrays));
    int rc = arrays ? 0 : no_memory(take, err);

    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = lio_row_column_is(take->columns[i].field)
                 ? number_rows(take, &take->columns[i], &arrays[i], err)
                 : read_column(take, i, &arrays[i], err);
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
        rc = cut_columns(take, err);
    if (rc == 0)
        rc = read_step(take, lio_pick_ask, err);
    if (rc == 0)
        rc = read_step(take, lio_pick_get, err);
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
    for (uint32_t i = 0; take.columns && i < take.run.projection.ncolumns;
         i++) {
        drop_pieces(&take.columns[i]);
        free(take.columns[i].pieces);
        free(take.columns[i].in_pages);
    }
    free(take.columns);
    free(take.distinct);
    free(take.order);
    lio_scan_run_release(&take.run);
    return rc;
}
