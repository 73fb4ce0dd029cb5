/*
 * The fields of what is written, from an Arrow schema.
 */
#ifndef LIO_COLUMN_WRITE_FIELDS_H
#define LIO_COLUMN_WRITE_FIELDS_H

#include "column/schema.h"

#include <lanceio/arrow.h>

struct lio_fields {
    Lio__Pb__Field **messages; /* as files store them; depth first, with ids
                                  0, 1, 2, ... which may be changed */
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

/* Whether field `number` of the schema holds blobs, which its metadata says. */
bool lio_fields_is_blob(const struct lio_fields *fields, uint32_t number);

void lio_fields_release(struct lio_fields *fields);

#endif
