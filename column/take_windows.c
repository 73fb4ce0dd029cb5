/*
 * Rows of compressed pages.
 *
 *     rows       5  9                      700
 *     windows  | 5 ... 299 |   |   | 700 ... 1017 |     the others are not cut
 *     kept     | 5 9 |               | 700 |
 *
 * A window is let go once its rows are copied, so that what is held is the rows
 * and little more; what lies between is decompressed, and dropped.
 */
#include "column/take_windows.h"

#include "column/cutter.h"
#include "column/pick.h"
#include "column/slices.h"
#include "column/take_leaf.h"

/* Stored or decompressed, of a window. */
#define WINDOW_BYTES (UINT64_C(128) << 10)

static const struct lio_cut_limits limits = { .stored = WINDOW_BYTES,
                                              .decoded = WINDOW_BYTES };

bool lio_take_windows_can(const struct lio_page *page)
{
    uint64_t bits[LIO_PAGE_BUFFERS_MAX];
    struct lio_cut_packed packed = { 0 };
    struct lio_entries entries;

    if (lio_entries_find(page, &entries))
        return entries.scheme != 0;
    return lio_pick_kind(page, bits, packed.schemes) == LIO_PICK_FIXED &&
           lio_cut_packed_any(&packed, page);
}

/* -- one window ---------------------------------------------------------- */

static int open_window(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                       struct lio_cut *cut, struct lio_slice *ret_window,
                       struct lio_error *err)
{
    static const struct lio_source_manner manner = { .hint = LIO_SCAN };
    struct lio_source_batch *batch;
    bool ready;
    int rc = lio_cutter_ready(cutter, row, &ready, err);

    if (rc == 0 && !ready)
        rc = lio_cutter_wait(cutter, err);
    if (rc == 0)
        rc = lio_cutter_cut(cutter, row, end, &limits, cut, err);
    if (rc < 0)
        return rc;
    rc = lio_cutter_read(cutter, cut, &manner, &batch, err);
    if (rc == 0)
        rc = lio_source_finish(batch, err);
    if (rc == 0)
        rc = lio_cut_decode(cut, cutter->dataset, ret_window, err);
    lio_cut_release(cut);
    return rc;
}

/* Copy the rows that are in a window, whose first is row `first` of the page;
 * returns how many they are, or an error code. */
static int64_t keep_rows(const struct lio_slice *window, uint64_t first,
                         const uint64_t *rows, uint64_t nrows,
                         struct lio_slices *kept)
{
    struct lio_slices runs = { 0 };
    struct lio_slice *run = NULL, *to;
    uint64_t n = 0;
    int rc;

    for (; n < nrows && rows[n] - first < window->rows; n++) {
        uint64_t at = window->from + (rows[n] - first);

        if (run && run->from + run->rows == at) {
            run->rows++;
            continue;
        }
        run = lio_slices_add(&runs);
        if (!run) {
            lio_slices_release(&runs);
            return LIO_ENOMEM;
        }
        *run = (struct lio_slice){ .vector = lio_vector_share(&window->vector),
                                   .from = at,
                                   .rows = 1 };
    }
    to = lio_slices_add(kept);
    rc = to ? lio_vector_join(runs.all, runs.n, &to->vector) : LIO_ENOMEM;
    if (rc == 0)
        to->rows = n;
    lio_slices_release(&runs);
    return rc < 0 ? rc : (int64_t)n;
}

/* -- all ----------------------------------------------------------------- */

static int keep_all(struct lio_cutter *cutter, const uint64_t *rows,
                    uint64_t nrows, struct lio_slices *kept,
                    struct lio_error *err)
{
    uint64_t end = rows[nrows - 1] + 1, i = 0;

    while (i < nrows) {
        struct lio_slice window;
        struct lio_cut cut;
        int64_t n;
        int rc = open_window(cutter, rows[i], end, &cut, &window, err);

        if (rc < 0)
            return rc;
        n = keep_rows(&window, cut.first, rows + i, nrows - i, kept);
        lio_vector_release(&window.vector);
        if (n < 0)
            return lio_take_failed(cutter->dataset, cutter->ref.field, (int)n,
                                   nrows, err);
        i += (uint64_t)n;
    }
    return 0;
}

int lio_take_windows(const struct lio_dataset *dataset,
                     const struct lio_page_ref *ref, const uint64_t *rows,
                     uint64_t nrows, struct lio_vector *ret_vector,
                     struct lio_error *err)
{
    struct lio_slices kept = { 0 };
    struct lio_cutter cutter;
    int rc = lio_cutter_open(&cutter, dataset, ref, rows[0], &limits, err);

    if (rc < 0)
        return rc;
    rc = keep_all(&cutter, rows, nrows, &kept, err);
    lio_cutter_release(&cutter);
    if (rc == 0) {
        rc = lio_slices_join(&kept, ret_vector);
        if (rc < 0)
            rc = lio_take_failed(dataset, ref->field, rc, nrows, err);
    }
    lio_slices_release(&kept);
    return rc;
}
