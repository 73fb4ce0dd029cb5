/*
 * Columns that no file has: which rows these are.
 *
 *     _rowaddr    fragment << 32 | row in it, deleted ones counted
 *     _rowid      the id of the row, if the table keeps ids that stay when rows
 *                 move; otherwise the address
 *
 * They are wanted by name, and there is nothing to read.
 */
#ifndef LIO_COLUMN_ROW_COLUMN_H
#define LIO_COLUMN_ROW_COLUMN_H

#include "column/dataset.h"

/* In a projection, in the place of a field's number: above all of them. */
enum lio_row_column {
    LIO_ROW_COLUMN_ADDRESS = INT32_MAX - 1,
    LIO_ROW_COLUMN_ID = INT32_MAX
};

/* The type of both. */
extern const struct lio_type lio_row_column_type;

/* The number of the column of this name; 0 if it is none of them. */
uint32_t lio_row_column_find(const char *name);
const char *lio_row_column_name(uint32_t number);

static inline bool lio_row_column_is(uint32_t number)
{
    return number >= LIO_ROW_COLUMN_ADDRESS;
}

/* Values of a row column for `n` rows in scan order from `row` on.  LIO_ENOMEM.
 */
LIO_MUST_CHECK int lio_row_column_read(const struct lio_dataset *dataset,
                                       uint32_t number, uint64_t row,
                                       uint64_t n,
                                       struct lio_vector *ret_vector);

/* The same for rows physical[order[0]] to physical[order[n - 1]]. */
LIO_MUST_CHECK int lio_row_column_take(const struct lio_dataset *dataset,
                                       uint32_t number,
                                       const uint64_t *physical,
                                       const uint64_t *order, uint64_t n,
                                       struct lio_vector *ret_vector);

#endif
