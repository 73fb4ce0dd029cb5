/*
 * What a commit does on disk besides writing data files: small files, written
 * whole, directories, and the one step that makes a version.
 *
 * Errors:     err->op is "mkdir", "create", "write", "sync", "sync dir",
 *             "rename", and err->os_errno says why it failed.
 */
#ifndef LIO_COLUMN_WRITE_DISK_H
#define LIO_COLUMN_WRITE_DISK_H

#include "column/bytes.h"

#include <lanceio/lanceio.h>

/*
 * Make an empty file that was not there, and its directory, if need be.
 * `*ret_made_dir` is set if the directory was made, else left alone.
 */
LIO_MUST_CHECK int lio_disk_create(const char *path, int *ret_made_dir,
                                   struct lio_error *err);

/* Write a file that exists and is empty, and sync it. */
LIO_MUST_CHECK int lio_disk_write(struct lio_engine *engine, const char *path,
                                  struct lio_bytes bytes,
                                  struct lio_error *err);

/* Make the names in a directory durable.  The first returns an errno, for who
 * tells the error of another file. */
LIO_MUST_CHECK int lio_disk_sync_names(const char *dir);
LIO_MUST_CHECK int lio_disk_sync_dir(const char *path, struct lio_error *err);

/*
 * Give a file another name, which nobody else may have: of all who try it, one
 * succeeds.  LIO_EEXIST for the others.  With any other error, too, the file
 * does not have the new name.
 */
LIO_MUST_CHECK int lio_disk_publish(const char *path, const char *name,
                                    struct lio_error *err);

#endif
