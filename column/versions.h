/*
 * The versions of a dataset: which there are, and where their manifests are.
 */
#ifndef LIO_COLUMN_VERSIONS_H
#define LIO_COLUMN_VERSIONS_H

#include <lanceio/error.h>

#include <stdint.h>

/*
 * Path of the manifest of version `version`, 0 for the latest, for the caller
 * to free.  `root` is the directory of the dataset, or of a branch of it.
 * LIO_ENOTFOUND names the versions that there are.
 */
LIO_MUST_CHECK int lio_version_find(const char *root, uint64_t version,
                                    char **ret_manifest, struct lio_error *err);

#endif
