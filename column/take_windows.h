/*
 * Rows taken of a page that they cannot be picked from, because its buffers are
 * compressed as a whole: it is gone through in windows.
 */
#ifndef LIO_COLUMN_TAKE_WINDOWS_H
#define LIO_COLUMN_TAKE_WINDOWS_H

#include "column/load.h"

/* Whether a page is such a one. */
bool lio_take_windows_can(const struct lio_page *page);

/* Rows `rows`, nrows, ascending and distinct: a vector of them alone. */
LIO_MUST_CHECK int lio_take_windows(const struct lio_dataset *dataset,
                                    const struct lio_page_ref *ref,
                                    const uint64_t *rows, uint64_t nrows,
                                    struct lio_vector *ret_vector,
                                    struct lio_error *err);

#endif
