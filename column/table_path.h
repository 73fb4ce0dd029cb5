/*
 * Where the files are that a manifest names.
 */
#ifndef LIO_COLUMN_TABLE_PATH_H
#define LIO_COLUMN_TABLE_PATH_H

#include "column/dataset.h"
#include "column/lance_table.pb-c.h"

/* A file that a manifest names. */
struct lio_table_file {
    const char *directory; /* below the root of a table: "data" */
    const char *name;
    bool has_base; /* it is below a base path, not in the table itself */
    uint32_t base;
    bool plain; /* right below it, whatever the base path is */
};

/* Its path, for the caller to free; dataset->bases are those of the manifest.
 */
LIO_MUST_CHECK int lio_table_path(const struct lio_dataset *dataset,
                                  const struct lio_table_file *file,
                                  char **ret_path, struct lio_error *err);

/* Copy the base paths of a manifest.  LIO_ENOMEM: those so far are there. */
LIO_MUST_CHECK int lio_bases_init(const Lio__Pb__Manifest *manifest,
                                  struct lio_bases *ret_bases);
void lio_bases_release(struct lio_bases *bases);

/* The path that is meant by one, or by a file: URL; NULL if it is not
 * absolute, or not on this machine. */
const char *lio_local_path(const char *url);

/* Whether a relative path stays below where it starts. */
bool lio_path_is_safe(const char *path);

#endif
