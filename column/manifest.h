/*
 * The manifest of a version of a dataset: what its fields are, and which files
 * hold its rows.
 */
#ifndef LIO_COLUMN_MANIFEST_H
#define LIO_COLUMN_MANIFEST_H

#include "column/lance_table.pb-c.h"
#include "column/source.h"

/* Read and check a manifest; free with lio_manifest_free(). */
LIO_MUST_CHECK int lio_manifest_read(struct lio_source *source,
                                     Lio__Pb__Manifest **ret_manifest,
                                     struct lio_error *err);
void lio_manifest_free(Lio__Pb__Manifest *manifest);

#endif
