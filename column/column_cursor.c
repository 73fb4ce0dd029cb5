/*
 * Cursors over columns.
 */
#include "column/column_cursor.h"

#include "column/blob.h"

#include <assert.h>
#include <inttypes.h>

void lio_column_cursor_init(struct lio_column_cursor *cursor,
                            const struct lio_dataset *dataset, uint32_t field,
                            uint64_t row, uint64_t end)
{
    *cursor = (struct lio_column_cursor){
        .dataset = dataset,
        .field = field,
        .row = row,
        .end = end,
        .leaf = lio_leaf_of(&dataset->schema, field, dataset->format),
    };
}

static void drop_load(struct lio_column_cursor *cursor)
{
    lio_source_abandon(cursor->batch);
    cursor->batch = NULL;
    lio_load_release(&cursor->load);
}

void lio_column_cursor_release(struct lio_column_cursor *cursor)
{
    drop_load(cursor);
    lio_vector_release(&cursor->vector);
}

static const struct lio_place *place_in(const struct lio_column_cursor *cursor,
                                        uint32_t fragment)
{
    return &cursor->dataset->fragments[fragment].places[cursor->field];
}

static uint64_t place_end(const struct lio_place *place)
{
    return place->first_row + place->rows;
}

/* Pages without rows start where the next one does: not they are found, but the
 * one that holds the row. */
uint32_t lio_column_find_page(const struct lio_column *column, uint64_t row)
{
    uint32_t low = 0, high = column->npages;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (column->pages[middle].first_row <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where the page is that holds `row`, in fragment `fragment` or a later one.
 * False if the field is in no file of the row's fragment. */
static bool locate(const struct lio_column_cursor *cursor, uint32_t fragment,
                   uint64_t row, struct lio_page_ref *ret_ref)
{
    const struct lio_place *place;

    while (row >= place_end(place_in(cursor, fragment)))
        fragment++;
    place = place_in(cursor, fragment);
    ret_ref->fragment = fragment;
    ret_ref->field = cursor->field;
    ret_ref->file = place->file;
    ret_ref->column = place->column;
    if (place->file == LIO_NO_FILE)
        return false;
    ret_ref->page = lio_column_find_page(
        lio_dataset_column(cursor->dataset, place), row - place->first_row);
    return true;
}

static bool has_row(const struct lio_column_cursor *cursor)
{
    return cursor->row >= cursor->vector_row &&
           cursor->row - cursor->vector_row < cursor->vector.rows;
}

static int start_load(struct lio_column_cursor *cursor,
                      const struct lio_page_ref *ref, struct lio_error *err)
{
    struct lio_source_read reads[LIO_PAGE_BUFFERS_MAX];
    uint32_t nreads;
    int rc = lio_load_prepare(cursor->dataset, ref, &cursor->load, err);

    if (rc < 0)
        return rc;
    nreads = lio_load_reads(cursor->dataset, &cursor->load, reads);
    rc = lio_source_start(reads, nreads, &cursor->batch, err);
    if (rc < 0)
        lio_load_release(&cursor->load);
    return rc;
}

/* Start on the page that holds `row`, unless that is under way. */
static int start_at(struct lio_column_cursor *cursor, uint64_t row,
                    struct lio_error *err)
{
    struct lio_page_ref ref;

    if (row >= cursor->end || !locate(cursor, cursor->fragment, row, &ref))
        return 0;
    if (cursor->load.page && cursor->load.ref.file == ref.file &&
        cursor->load.ref.page == ref.page)
        return 0;
    drop_load(cursor);
    return start_load(cursor, &ref, err);
}

void lio_column_cursor_seek(struct lio_column_cursor *cursor, uint64_t row,
                            uint64_t end)
{
    if (row < cursor->row)
        cursor->fragment = 0;
    cursor->row = row;
    cursor->end = end;
}

int lio_column_cursor_start(struct lio_column_cursor *cursor,
                            struct lio_error *err)
{
    return has_row(cursor) ? 0 : start_at(cursor, cursor->row, err);
}

/* Wait for the page under way, start the one after it, and decode. */
static int finish_load(struct lio_column_cursor *cursor, struct lio_error *err)
{
    struct lio_load load = cursor->load;
    struct lio_source_batch *batch = cursor->batch;
    uint64_t first =
        place_in(cursor, load.ref.fragment)->first_row + load.page->first_row;
    int rc;

    cursor->load = (struct lio_load){ 0 };
    cursor->batch = NULL;
    rc = lio_source_finish(batch, err);
    if (rc == 0)
        rc = start_at(cursor, first + load.page->rows, err);
    if (rc == 0)
        rc = lio_load_decode(cursor->dataset, &load, &cursor->vector, err);
    if (rc == 0) {
        cursor->vector_row = first;
        cursor->vector_item = load.page->first_item;
        cursor->vector_page = load.ref;
        cursor->vector_blobs = lio_blob_is(cursor->dataset, &load.ref);
    }
    lio_load_release(&load);
    return rc;
}

/* A fragment without the field: rows are made up as they are asked for. */
static int make_nulls(struct lio_column_cursor *cursor, uint64_t rows,
                      struct lio_error *err)
{
    const struct lio_field *field =
        &cursor->dataset->schema.fields[cursor->field];
    uint64_t left = place_end(place_in(cursor, cursor->fragment)) - cursor->row;
    int rc = lio_leaf_nulls(&cursor->leaf, rows < left ? rows : left,
                            &cursor->vector);

    if (rc < 0)
        return lio_error_set(
            err, rc, "%s: no memory for %" PRIu64 " nulls of column '%s'",
            cursor->dataset->path, rows, field->path);
    cursor->vector_row = cursor->row;
    cursor->vector_blobs = false;
    return 0;
}

static int load_row(struct lio_column_cursor *cursor, uint64_t rows,
                    struct lio_error *err)
{
    struct lio_page_ref ref;
    int rc;

    lio_vector_release(&cursor->vector);
    while (cursor->row >= place_end(place_in(cursor, cursor->fragment)))
        cursor->fragment++;
    if (!locate(cursor, cursor->fragment, cursor->row, &ref))
        return make_nulls(cursor, rows, err);
    rc = start_at(cursor, cursor->row, err);
    return rc < 0 ? rc : finish_load(cursor, err);
}

int lio_column_cursor_next(struct lio_column_cursor *cursor, uint64_t rows,
                           struct lio_slice *ret_slice, struct lio_error *err)
{
    const struct lio_vector *vector = &cursor->vector;
    struct lio_slice slice;
    uint64_t left;
    int rc = 0;

    assert(rows > 0 && cursor->row < cursor->end);
    if (!has_row(cursor))
        rc = load_row(cursor, rows, err);
    if (rc < 0)
        return rc;
    slice.vector = *vector;
    slice.from = cursor->row - cursor->vector_row;
    left = vector->rows - slice.from;
    slice.rows = rows < left ? rows : left;
    if (cursor->vector_blobs) {
        rc = lio_blob_read(cursor->dataset, &cursor->vector_page, &slice,
                           &slice.vector, err);
        if (rc < 0)
            return rc;
        slice.from = 0;
    } else {
        slice.vector = lio_vector_share(vector);
    }
    *ret_slice = slice;
    cursor->row += slice.rows;
    return 0;
}
