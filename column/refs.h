/*
 * Branches and tags: names for lines of versions, and for versions.
 */
#ifndef LIO_COLUMN_REFS_H
#define LIO_COLUMN_REFS_H

#include <lanceio/error.h>

#include <stdint.h>

/* Directory of a branch of the dataset at `path`, for the caller to free; that
 * of the dataset for NULL and "main". */
LIO_MUST_CHECK int lio_branch_root(const char *path, const char *branch,
                                   char **ret_root, struct lio_error *err);

/* The version that a tag stands for, and its branch, for the caller to free;
 * NULL is the main one. */
LIO_MUST_CHECK int lio_tag_read(const char *path, const char *tag,
                                uint64_t *ret_version, char **ret_branch,
                                struct lio_error *err);

#endif
