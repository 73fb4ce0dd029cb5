/*
 * Whether rows fit into a dataset: its fields against theirs.
 */
#ifndef LIO_COLUMN_WRITE_MATCH_H
#define LIO_COLUMN_WRITE_MATCH_H

#include "column/lance_table.pb-c.h"
#include "column/schema.h"

/*
 * Compare the fields of rows, `messages` and the same parsed, with those of a
 * table, by name.  The messages get the table's ids, and both forbid the nulls
 * that the table forbids.  What the rows lack is null in the table, if it may
 * be.  `path` stands in errors.
 *
 * Errors:     LIO_EINVAL names the fields that only one of both has, or the
 *             first that differs, and how; LIO_ECORRUPT, LIO_ENOMEM.
 */
LIO_MUST_CHECK int lio_fields_match(const char *path, Lio__Pb__Field **messages,
                                    struct lio_schema *schema,
                                    const Lio__Pb__Manifest *manifest,
                                    struct lio_error *err);

/* The name of the first field that is not the same in two versions of a table,
 * or NULL. */
const char *lio_fields_changed(const Lio__Pb__Manifest *before,
                               const Lio__Pb__Manifest *after_it);

#endif
