/*
 * Which fields of a schema are wanted: top-level columns, in an order, and what
 * of them.  A name "point.x" wants the column `point` with no child but `x`.
 */
#ifndef LIO_COLUMN_PROJECTION_H
#define LIO_COLUMN_PROJECTION_H

#include "column/schema.h"

struct lio_projection {
    const struct lio_schema *schema;
    uint32_t *columns; /* ncolumns numbers of top-level fields, or of columns
                          of row numbers, see row_column.h */
    uint32_t ncolumns;
    bool *wanted; /* by field; one in a list or struct only with those above */
};

/* All fields, if there are no names.  `path` is the dataset's, for messages.
 * LIO_ENOMEM, or LIO_EINVAL for a name that is none, or wanted twice. */
LIO_MUST_CHECK int lio_projection_init(struct lio_projection *projection,
                                       const struct lio_schema *schema,
                                       const char *const *names,
                                       uint32_t nnames, const char *path,
                                       struct lio_error *err);
void lio_projection_release(struct lio_projection *projection);

#endif
