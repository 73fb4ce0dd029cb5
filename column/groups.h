/*
 * Pages of which several items are a row: of fields below fixed-size lists of
 * structs.  Their levels, chunks and indexes count items, wherever rows end:
 *
 *     items     | 0 1 2 3 | 4 5 6 7 | 8 9 ...     in chunks
 *     rows      | 0 1 2 | 3 4 5 | 6 7 8 | ...     of three
 *
 * A part of such a page is made of chunks that begin and end within rows: what
 * of it rows are made of are runs of items.
 *
 *     chunk 1   | 4 5 6 7 |     no row
 *     chunks 0, 1               | 0 1 2 | 3 4 5 |     run 0, 6
 */
#ifndef LIO_COLUMN_GROUPS_H
#define LIO_COLUMN_GROUPS_H

#include "column/levels.h"
#include "column/page.h"

/* Leave the items that are in runs, of levels and values, and no others.  What
 * is not nested has no levels, NULL, and then the runs lie within the values.
 * On failure `values` still has to be released. */
LIO_MUST_CHECK int lio_groups_keep(struct lio_decode *dec,
                                   const struct lio_runs *runs,
                                   struct lio_levels *levels,
                                   struct lio_vector *values);

/* Add items to runs that lie before them, to the last if that ends there. */
void lio_runs_add(struct lio_runs *runs, uint64_t first, uint64_t n);

#endif
