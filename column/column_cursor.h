/*
 * A cursor over the rows of one column, in scan order: it reads and decodes
 * each page once, and reads the next while the rows of this one are used.
 *
 * Rows are physical ones, as pages count them: who does not want those that are
 * deleted seeks past them.  What they are, places say (see dataset.h): for the
 * items of a list in a file of version 2.0 they are the items of all lists.
 */
#ifndef LIO_COLUMN_COLUMN_CURSOR_H
#define LIO_COLUMN_COLUMN_CURSOR_H

#include "column/load.h"

struct lio_column_cursor {
    const struct lio_dataset *dataset;
    uint32_t field;
    uint64_t row;             /* next */
    uint64_t end;             /* first row not wanted */
    uint32_t fragment;        /* that `row` is in, if row < end */
    struct lio_leaf leaf;     /* what its pages decode to */
    struct lio_vector vector; /* decoded rows from vector_row on */
    uint64_t vector_row;
    uint64_t vector_item; /* of a list in 2.0: where its items start */
    struct lio_page_ref vector_page; /* that it was decoded from */
    bool vector_blobs;               /* it is of descriptors, see blob.h */
    struct lio_load load;            /* the page under way, if load.page */
    struct lio_source_batch *batch;  /* its reads; NULL if none is under way */
};

/* The page of a column that holds a row of its file. */
uint32_t lio_column_find_page(const struct lio_column *column, uint64_t row);

/* For rows `row` to `end` of `field`. */
void lio_column_cursor_init(struct lio_column_cursor *cursor,
                            const struct lio_dataset *dataset, uint32_t field,
                            uint64_t row, uint64_t end);
void lio_column_cursor_release(struct lio_column_cursor *cursor);

/* Go on at another row, before or behind, and end at another. */
void lio_column_cursor_seek(struct lio_column_cursor *cursor, uint64_t row,
                            uint64_t end);

/* Start to read the page of the next row, unless it is there. */
LIO_MUST_CHECK int lio_column_cursor_start(struct lio_column_cursor *cursor,
                                           struct lio_error *err);

/* Take the next rows, 1 to `rows`, as many as lie together; the slice holds its
 * own reference. */
LIO_MUST_CHECK int lio_column_cursor_next(struct lio_column_cursor *cursor,
                                          uint64_t rows,
                                          struct lio_slice *ret_slice,
                                          struct lio_error *err);

#endif
