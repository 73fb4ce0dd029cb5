/*
 * The fields of what is written, from an Arrow schema.
 */
#ifndef LIO_COLUMN_WRITE_FIELDS_H
#define LIO_COLUMN_WRITE_FIELDS_H

#include "column/schema.h"

#include <lanceio/arrow.h>

struct lio_fields {
    Lio__Pb__Field **messages; /* one a field of the rows, depth first, with
                                  rising ids, which may be changed; what is
                                  stored, see blob_fields.h */
    uint32_t n;
    struct lio_schema schema; /* the same, as readers have it */
};

/*
 * Take over the children of `arrow` as columns.  `path` stands in errors:
 * LIO_EINVAL for what is no schema, LIO_EUNSUPPORTED for a type that files of
 * `format` cannot store.
 */
LIO_MUST_CHECK int lio_fields_import(const char *path,
                                     const struct ArrowSchema *arrow,
                                     enum lio_format format,
                                     struct lio_fields *ret_fields,
                                     struct lio_error *err);

void lio_fields_release(struct lio_fields *fields);

#endif
