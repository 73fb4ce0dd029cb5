/*
 * The leaves of a take, read together.
 *
 *     ask       where rows are: all reads as one batch
 *     steps     | id 0..99 | id 100..199, ts 0..49 | emb 0..511 | ...
 *     the rest  pages that have to be read whole
 *
 * Steps are some pieces each, which several threads read and decode, see
 * crew.h; memory that one is done with serves the next.
 */
#ifndef LIO_COLUMN_TAKE_READ_H
#define LIO_COLUMN_TAKE_READ_H

#include "column/take_leaf.h"

/* Read and decode the rows of leaves that are freshly initialised, or placed.
 */
LIO_MUST_CHECK int lio_take_read(const struct lio_dataset *dataset,
                                 struct lio_take_leaf *const *leaves,
                                 uint32_t nleaves, struct lio_error *err);

#endif
