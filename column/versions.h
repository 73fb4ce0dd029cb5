/*
 * The versions of a dataset: which there are, and where their manifests are.
 */
#ifndef LIO_COLUMN_VERSIONS_H
#define LIO_COLUMN_VERSIONS_H

#include <lanceio/error.h>

#include <stdint.h>

/* How the manifests of a dataset are named. */
enum lio_naming { LIO_NAMING_V1, LIO_NAMING_V2 };

struct lio_version {
    uint64_t number;
    enum lio_naming naming;
    char *manifest; /* its path, for the caller to free */
};

/*
 * Path of the manifest of version `version`, 0 for the latest, for the caller
 * to free.  `root` is the directory of the dataset, or of a branch of it.
 * LIO_ENOTFOUND names the versions that there are.
 */
LIO_MUST_CHECK int lio_version_find(const char *root, uint64_t version,
                                    char **ret_manifest, struct lio_error *err);

/* The latest version.  LIO_ENOTFOUND if there is none. */
LIO_MUST_CHECK int lio_version_latest(const char *root,
                                      struct lio_version *ret_version,
                                      struct lio_error *err);

/* The path of the manifest of a version, for the caller to free; NULL without
 * memory.  Whether there is such a version is another question. */
char *lio_version_path(const char *root, uint64_t version,
                       enum lio_naming naming);

/* Call `each` for the manifest of every version, until it returns non-zero,
 * which is then returned. */
LIO_MUST_CHECK int lio_version_each(const char *root,
                                    int (*each)(const char *manifest,
                                                void *user),
                                    void *user, struct lio_error *err);

#endif
