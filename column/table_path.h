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
};

/* Its path, for the caller to free. */
LIO_MUST_CHECK int lio_table_path(const struct lio_dataset *dataset,
                                  const Lio__Pb__Manifest *manifest,
                                  const struct lio_table_file *file,
                                  char **ret_path, struct lio_error *err);

/* Whether a relative path stays below where it starts. */
bool lio_path_is_safe(const char *path);

#endif
