/*
 * The manifest of a dataset: which version is the latest, what its fields are,
 * and which files hold its rows.
 */
#ifndef LIO_COLUMN_MANIFEST_H
#define LIO_COLUMN_MANIFEST_H

#include "column/lance_table.pb-c.h"
#include "column/source.h"

/* Path of the manifest of the latest version in dataset directory `path`, for
 * the caller to free. */
LIO_MUST_CHECK int lio_manifest_find(const char *path, char **ret_manifest,
                                     struct lio_error *err);

/* Read and check a manifest; free with lio_manifest_free(). */
LIO_MUST_CHECK int lio_manifest_read(struct lio_source *source,
                                     Lio__Pb__Manifest **ret_manifest,
                                     struct lio_error *err);
void lio_manifest_free(Lio__Pb__Manifest *manifest);

#endif
