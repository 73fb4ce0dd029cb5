/*
 * Cursors over columns.
 */
#include "column/column_cursor.h"

#include "column/blob.h"

#include <assert.h>
#include <inttypes.h>

#define PRIORITY_MAX 3 /* of requests: the last to go */

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
        .limits = { .window_bytes = UINT64_MAX,
                    .first_bytes = UINT64_MAX,
                    .ahead_bytes = 1 },
        .window_bytes = UINT64_MAX,
        .ahead_max = 1,
    };
}

static void drop_windows(struct lio_column_cursor *cursor)
{
    for (uint32_t i = 0; i < cursor->nwindows; i++)
        lio_window_drop(cursor->windows[i]);
    cursor->nwindows = 0;
    cursor->ahead_bytes = 0;
    lio_cutter_release(&cursor->cutter);
}

void lio_column_cursor_release(struct lio_column_cursor *cursor)
{
    drop_windows(cursor);
    lio_vector_release(&cursor->window.vector);
}

void lio_column_cursor_limit(struct lio_column_cursor *cursor,
                             const struct lio_read_limits *limits)
{
    cursor->limits = *limits;
    cursor->window_bytes = limits->first_bytes;
    cursor->ahead_max = limits->first_bytes < limits->ahead_bytes
                            ? limits->first_bytes
                            : limits->ahead_bytes;
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

/* The page that holds a row of a fragment, which has the field. */
static struct lio_page_ref find_page(const struct lio_column_cursor *cursor,
                                     uint32_t fragment, uint64_t row)
{
    const struct lio_place *place = place_in(cursor, fragment);

    return (struct lio_page_ref){
        .fragment = fragment,
        .field = cursor->field,
        .file = place->file,
        .column = place->column,
        .page = lio_column_find_page(lio_dataset_column(cursor->dataset, place),
                                     row - place->first_row)
    };
}

/* The row that a page's first is. */
static uint64_t page_row(const struct lio_column_cursor *cursor,
                         const struct lio_page_ref *ref)
{
    const struct lio_place *place = place_in(cursor, ref->fragment);

    return place->first_row + lio_dataset_column(cursor->dataset, place)
                                  ->pages[ref->page]
                                  .first_row;
}

static bool has_row(const struct lio_column_cursor *cursor)
{
    return cursor->row >= cursor->window_row &&
           cursor->row - cursor->window_row < cursor->window.rows;
}

void lio_column_cursor_seek(struct lio_column_cursor *cursor, uint64_t row,
                            uint64_t end)
{
    if (row < cursor->row)
        cursor->fragment = 0;
    cursor->row = row;
    cursor->end = end;
}

/* -- windows under way --------------------------------------------------- */

static uint64_t first_row(const struct lio_column_cursor *cursor,
                          const struct lio_window *window)
{
    const struct lio_window_place *place = lio_window_place(window);

    return page_row(cursor, &place->ref) + place->first;
}

static struct lio_window *pop(struct lio_column_cursor *cursor)
{
    struct lio_window *window = cursor->windows[0];

    cursor->nwindows--;
    memmove(cursor->windows, cursor->windows + 1,
            cursor->nwindows * sizeof(struct lio_window *));
    cursor->ahead_bytes -= lio_window_place(window)->bytes;
    return window;
}

/* Give up what is under way for rows before the next one, or all if that is
 * not where the cursor was going. */
static void drop_passed(struct lio_column_cursor *cursor)
{
    while (cursor->nwindows > 0) {
        struct lio_window *window = cursor->windows[0];
        uint64_t first = first_row(cursor, window);

        if (cursor->row < first)
            break;
        if (cursor->row - first < lio_window_place(window)->rows)
            return;
        lio_window_drop(pop(cursor));
    }
    if (cursor->nwindows == 0 && cursor->row >= cursor->cut_row) {
        cursor->cut_row = cursor->row;
        return;
    }
    drop_windows(cursor);
    cursor->cut_row = cursor->row;
    cursor->cut_fragment = cursor->fragment;
}

/* Go on to the page with the next row to cut; false if there is none. */
static bool find_cut(struct lio_column_cursor *cursor,
                     struct lio_page_ref *ret_ref)
{
    for (; cursor->cut_row < cursor->end; cursor->cut_fragment++) {
        const struct lio_place *place = place_in(cursor, cursor->cut_fragment);

        if (cursor->cut_row >= place_end(place))
            continue;
        if (place->file == LIO_NO_FILE) {
            cursor->cut_row = place_end(place);
            continue;
        }
        *ret_ref = find_page(cursor, cursor->cut_fragment, cursor->cut_row);
        return true;
    }
    return false;
}

static struct lio_cut_limits cut_limits(const struct lio_column_cursor *cursor,
                                        uint64_t page_first)
{
    uint64_t stored = cursor->window_bytes;

    return (struct lio_cut_limits){
        .stored = stored,
        .decoded = stored > UINT64_MAX / 2 ? UINT64_MAX : stored * 2,
        .align = cursor->limits.batch_rows,
        .align_from = cursor->limits.batch_from - page_first,
    };
}

/* Have a cutter for the page, which may have to ask first. */
static int open_cutter(struct lio_column_cursor *cursor,
                       const struct lio_page_ref *ref,
                       const struct lio_cut_limits *limits, uint64_t row,
                       bool *ret_ready, struct lio_error *err)
{
    struct lio_cutter *cutter = &cursor->cutter;
    int rc = 0;

    if (!cutter->dataset || cutter->ref.file != ref->file ||
        cutter->ref.page != ref->page) {
        lio_cutter_release(cutter);
        rc = lio_cutter_open(cutter, cursor->dataset, ref, row, limits, err);
    }
    return rc < 0 ? rc : lio_cutter_ready(cutter, row, ret_ready, err);
}

/* The end of what is wanted of a page, as a row of it. */
static uint64_t page_end(const struct lio_column_cursor *cursor,
                         uint64_t page_first)
{
    uint64_t rows = cursor->cutter.page->rows;

    return cursor->end - page_first < rows ? cursor->end - page_first : rows;
}

/* What is needed later may come later. */
static struct lio_source_manner
manner_of(const struct lio_column_cursor *cursor)
{
    uint32_t ahead = cursor->nwindows;

    return (struct lio_source_manner){
        .priority = ahead < PRIORITY_MAX ? (int32_t)ahead : PRIORITY_MAX,
        .past_cache = cursor->limits.past_cache,
        .hint = LIO_SCAN,
    };
}

static uint64_t doubled(uint64_t bytes, uint64_t most)
{
    return bytes < most / 2 ? bytes * 2 : most;
}

/* Cut one more window and start it.  `*ret_more` is whether there was one, and
 * it could be cut without a wait, unless none is under way. */
static int start_window(struct lio_column_cursor *cursor, bool *ret_more,
                        struct lio_error *err)
{
    const struct lio_source_manner manner = manner_of(cursor);
    struct lio_cut_limits limits;
    struct lio_page_ref ref;
    struct lio_window *window;
    uint64_t first;
    bool ready;
    int rc;

    *ret_more = false;
    if (!find_cut(cursor, &ref))
        return 0;
    first = page_row(cursor, &ref);
    limits = cut_limits(cursor, first);
    rc = open_cutter(cursor, &ref, &limits, cursor->cut_row - first, &ready,
                     err);
    if (rc == 0 && !ready) {
        if (cursor->nwindows > 0)
            return 0;
        rc = lio_cutter_wait(&cursor->cutter, err);
    }
    if (rc == 0)
        rc = lio_window_start(&cursor->cutter, cursor->cut_row - first,
                              page_end(cursor, first), &limits, &manner,
                              &window, err);
    if (rc < 0)
        return rc;
    cursor->windows[cursor->nwindows++] = window;
    cursor->ahead_bytes += lio_window_place(window)->bytes;
    cursor->cut_row = first + lio_window_place(window)->first +
                      lio_window_place(window)->rows;
    cursor->window_bytes =
        doubled(cursor->window_bytes, cursor->limits.window_bytes);
    *ret_more = true;
    return 0;
}

/* Have as much under way as there may be, and `least` windows. */
static int start_ahead(struct lio_column_cursor *cursor, uint32_t least,
                       struct lio_error *err)
{
    bool more = true;
    int rc = 0;

    while (
        rc == 0 && more && cursor->nwindows < LIO_WINDOWS_MAX &&
        (cursor->nwindows < least || cursor->ahead_bytes < cursor->ahead_max))
        rc = start_window(cursor, &more, err);
    return rc;
}

int lio_column_cursor_start(struct lio_column_cursor *cursor,
                            struct lio_error *err)
{
    bool more;

    if (has_row(cursor))
        return 0;
    drop_passed(cursor);
    return cursor->nwindows > 0 ? 0 : start_window(cursor, &more, err);
}

/* Take the window under way, and start those after it meanwhile: one after the
 * first, because to start to read what is at hand is to read it, and a batch
 * waits for that. */
static int finish_window(struct lio_column_cursor *cursor,
                         struct lio_error *err)
{
    struct lio_window *window = pop(cursor);
    struct lio_window_place place = *lio_window_place(window);
    int rc = start_ahead(cursor, 0, err);

    cursor->ahead_max = doubled(cursor->ahead_max, cursor->limits.ahead_bytes);
    if (rc < 0) {
        lio_window_drop(window);
        return rc;
    }
    rc = lio_window_take(window, &cursor->window, err);
    if (rc < 0)
        return rc;
    cursor->window_row = page_row(cursor, &place.ref) + place.first;
    cursor->window_item = place.first_item;
    cursor->window_page = place.ref;
    cursor->window_blobs = lio_blob_is(cursor->dataset, &place.ref);
    return 0;
}

/* A fragment without the field: rows are made up as they are asked for. */
static int make_nulls(struct lio_column_cursor *cursor, uint64_t rows,
                      struct lio_error *err)
{
    const struct lio_field *field =
        &cursor->dataset->schema.fields[cursor->field];
    uint64_t left = place_end(place_in(cursor, cursor->fragment)) - cursor->row;
    int rc = lio_leaf_nulls(&cursor->leaf, rows < left ? rows : left,
                            &cursor->window.vector);

    if (rc < 0)
        return lio_error_set(
            err, rc, "%s: no memory for %" PRIu64 " nulls of column '%s'",
            cursor->dataset->path, rows, field->path);
    cursor->window.from = 0;
    cursor->window.rows = cursor->window.vector.rows;
    cursor->window_row = cursor->row;
    cursor->window_blobs = false;
    return 0;
}

static int load_row(struct lio_column_cursor *cursor, uint64_t rows,
                    struct lio_error *err)
{
    int rc;

    lio_vector_release(&cursor->window.vector);
    cursor->window.rows = 0;
    while (cursor->row >= place_end(place_in(cursor, cursor->fragment)))
        cursor->fragment++;
    if (place_in(cursor, cursor->fragment)->file == LIO_NO_FILE)
        return make_nulls(cursor, rows, err);
    drop_passed(cursor);
    rc = start_ahead(cursor, 1, err);
    return rc < 0 ? rc : finish_window(cursor, err);
}

int lio_column_cursor_next(struct lio_column_cursor *cursor, uint64_t rows,
                           struct lio_slice *ret_slice, struct lio_error *err)
{
    struct lio_slice slice;
    uint64_t at;
    int rc = 0;

    assert(rows > 0 && cursor->row < cursor->end);
    if (!has_row(cursor))
        rc = load_row(cursor, rows, err);
    if (rc < 0)
        return rc;
    at = cursor->row - cursor->window_row;
    slice = cursor->window;
    slice.from += at;
    slice.rows -= at;
    slice.rows = rows < slice.rows ? rows : slice.rows;
    if (cursor->window_blobs) {
        rc = lio_blob_read(cursor->dataset, &cursor->window_page, &slice,
                           &slice.vector, err);
        if (rc < 0)
            return rc;
        slice.from = 0;
    } else {
        slice.vector = lio_vector_share(&cursor->window.vector);
    }
    *ret_slice = slice;
    cursor->row += slice.rows;
    return 0;
}
