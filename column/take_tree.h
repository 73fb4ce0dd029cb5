/*
 * Rows taken from a nested column of files of version 2.0, where each field has
 * a column: see field_cursor_tree.c.
 */
#ifndef LIO_COLUMN_TAKE_TREE_H
#define LIO_COLUMN_TAKE_TREE_H

#include "column/projection.h"
#include "column/take_leaf.h"

/* Take `n` rows of `fragment`, ascending and distinct, of top-level column
 * `field`, as far as it is wanted. */
LIO_MUST_CHECK int lio_take_tree(const struct lio_dataset *dataset,
                                 const struct lio_projection *projection,
                                 uint32_t field, uint32_t fragment,
                                 const uint64_t *rows, uint64_t n,
                                 struct lio_vector *ret_vector,
                                 struct lio_error *err);

#endif
