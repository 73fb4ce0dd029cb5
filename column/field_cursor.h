/*
 * A cursor over the physical rows of one top-level column, with all that is in
 * it.
 *
 * What is not nested is one column of the files, and its slices are given out
 * as they are.  Nested values are put together from several:
 *
 *     2.1 and later    a column for each leaf, which are merged
 *     2.0              one for each field: of lists, their offsets
 */
#ifndef LIO_COLUMN_FIELD_CURSOR_H
#define LIO_COLUMN_FIELD_CURSOR_H

#include "column/column_cursor.h"
#include "column/projection.h"

struct lio_field_cursor {
    const struct lio_dataset *dataset;
    uint32_t field;
    uint64_t row;
    uint64_t end;
    uint32_t fragment;                 /* that `row` is in, if row < end */
    struct lio_column_cursor *columns; /* by their fields */
    uint32_t ncolumns;
};

/* Over column `field`, as far as it is wanted; to be sought. */
LIO_MUST_CHECK int
lio_field_cursor_init(struct lio_field_cursor *cursor,
                      const struct lio_dataset *dataset,
                      const struct lio_projection *projection, uint32_t field,
                      struct lio_error *err);
void lio_field_cursor_release(struct lio_field_cursor *cursor);

/* Go on at physical row `row`, before or behind, up to row `end`. */
void lio_field_cursor_seek(struct lio_field_cursor *cursor, uint64_t row,
                           uint64_t end);

/* Start to read what the next row needs, as far as that is known. */
LIO_MUST_CHECK int lio_field_cursor_start(struct lio_field_cursor *cursor,
                                          struct lio_error *err);

/* Take the next rows, 1 to `rows`, as many as lie together. */
LIO_MUST_CHECK int lio_field_cursor_next(struct lio_field_cursor *cursor,
                                         uint64_t rows,
                                         struct lio_slice *ret_slice,
                                         struct lio_error *err);

/* No rows, of the same shape. */
LIO_MUST_CHECK int lio_field_cursor_empty(const struct lio_field_cursor *cursor,
                                          struct lio_vector *ret_vector);

/* -- for the two ways of putting together -------------------------------- */

/* Say what a failed allocation or join means for `rows` rows. */
int lio_field_cursor_failed(const struct lio_field_cursor *cursor, int code,
                            uint64_t rows, struct lio_error *err);

/* Take exactly `rows` rows of one of the columns. */
LIO_MUST_CHECK int lio_field_cursor_take(const struct lio_field_cursor *cursor,
                                         struct lio_column_cursor *column,
                                         uint64_t rows,
                                         struct lio_vector *ret_vector,
                                         struct lio_error *err);

/* Take `rows` rows of 2.0, which lie in one fragment. */
LIO_MUST_CHECK int lio_field_cursor_tree(struct lio_field_cursor *cursor,
                                         uint64_t rows,
                                         struct lio_vector *ret_vector,
                                         struct lio_error *err);

#endif
