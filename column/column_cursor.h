/*
 * A cursor over the rows of one column, in scan order: it reads and decodes
 * each page once, in windows, and reads the next ones while the rows of this
 * one are used.
 *
 *     rows given out | window in use | windows under way | cut from here on
 *                    row                                 cut_row
 *
 * Rows are physical ones, as pages count them: who does not want those that are
 * deleted seeks past them.  What they are, places say (see dataset.h): for the
 * items of a list in a file of version 2.0 they are the items of all lists.
 */
#ifndef LIO_COLUMN_COLUMN_CURSOR_H
#define LIO_COLUMN_COLUMN_CURSOR_H

#include "column/window.h"

/* Under way at once: enough for a deep queue of small pages. */
#define LIO_WINDOWS_MAX 16u

/* How a cursor reads.  Whole pages, one ahead, if nobody says else. */
struct lio_read_limits {
    uint64_t window_bytes; /* stored, of a window */
    uint64_t first_bytes;  /* of the first: they double from there on */
    uint64_t ahead_bytes;  /* under way, at the least */
    uint64_t batch_rows;   /* windows end where batches do; 0: wherever */
    uint64_t batch_from;   /* physical row that the first batch starts with */
    bool past_cache;       /* do not keep what is read */
};

struct lio_column_cursor {
    const struct lio_dataset *dataset;
    uint32_t field;
    uint64_t row;            /* next */
    uint64_t end;            /* first row not wanted */
    uint32_t fragment;       /* that `row` is in, if row < end */
    struct lio_leaf leaf;    /* what its pages decode to */
    struct lio_slice window; /* in use: decoded rows from window_row on */
    uint64_t window_row;
    uint64_t window_item; /* of a list in 2.0: where its items start */
    struct lio_page_ref window_page; /* that it was decoded from */
    bool window_blobs;               /* it is of descriptors, see blob.h */
    struct lio_read_limits limits;
    uint64_t window_bytes;    /* of the next window */
    uint64_t ahead_max;       /* of ahead_bytes, as the windows grow */
    struct lio_cutter cutter; /* of the page that is being cut */
    uint64_t cut_row;         /* the first that no window has */
    uint32_t cut_fragment;
    struct lio_window *windows[LIO_WINDOWS_MAX]; /* in order */
    uint32_t nwindows;
    uint64_t ahead_bytes; /* of them */
};

/* The page of a column that holds a row of its file. */
uint32_t lio_column_find_page(const struct lio_column *column, uint64_t row);

/* For rows `row` to `end` of `field`. */
void lio_column_cursor_init(struct lio_column_cursor *cursor,
                            const struct lio_dataset *dataset, uint32_t field,
                            uint64_t row, uint64_t end);
void lio_column_cursor_release(struct lio_column_cursor *cursor);

/* Read in windows from now on. */
void lio_column_cursor_limit(struct lio_column_cursor *cursor,
                             const struct lio_read_limits *limits);

/* Go on at another row, before or behind, and end at another. */
void lio_column_cursor_seek(struct lio_column_cursor *cursor, uint64_t row,
                            uint64_t end);

/* Start to read the window of the next row, unless it is there. */
LIO_MUST_CHECK int lio_column_cursor_start(struct lio_column_cursor *cursor,
                                           struct lio_error *err);

/* Take the next rows, 1 to `rows`, as many as lie together; the slice holds its
 * own reference. */
LIO_MUST_CHECK int lio_column_cursor_next(struct lio_column_cursor *cursor,
                                          uint64_t rows,
                                          struct lio_slice *ret_slice,
                                          struct lio_error *err);

#endif
