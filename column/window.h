/*
 * A window on its way: read, then decoded, by whoever comes first.
 *
 *     start ──► reads under way ──► waited for, decoded ──► taken
 *                                   on the executor, or by the taker
 *
 * The executor is offered every window; one that its taker comes for before a
 * worker does is decoded by the taker, without a hand-over.  Without an engine
 * there are only takers.
 */
#ifndef LIO_COLUMN_WINDOW_H
#define LIO_COLUMN_WINDOW_H

#include "column/cutter.h"

struct lio_window;

/* Where a window's rows are. */
struct lio_window_place {
    struct lio_page_ref ref;
    uint64_t first; /* row of the page */
    uint64_t rows;
    uint64_t first_item; /* of lists in 2.0 */
    uint64_t bytes;      /* of its buffers */
};

/* Cut the window that `row` is in from a cutter that is ready, and start to
 * read it. */
LIO_MUST_CHECK int lio_window_start(struct lio_cutter *cutter, uint64_t row,
                                    uint64_t end,
                                    const struct lio_cut_limits *limits,
                                    const struct lio_source_manner *manner,
                                    struct lio_window **ret_window,
                                    struct lio_error *err);

const struct lio_window_place *
lio_window_place(const struct lio_window *window);

/* Wait until it is decoded, or do that; the window is given up. */
LIO_MUST_CHECK int lio_window_take(struct lio_window *window,
                                   struct lio_slice *ret_slice,
                                   struct lio_error *err);

/* Give up one that is not wanted any more.  Accepts NULL. */
void lio_window_drop(struct lio_window *window);

#endif
