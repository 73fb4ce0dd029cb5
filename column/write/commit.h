/*
 * One new version of a dataset directory, from the first look at the directory
 * to the commit.
 *
 *     lio_commit_open()      what version is built on, which format it is
 *     lio_commit_fields()    the rows' fields against those of the dataset
 *     lio_commit_path()   ┐  a data file, as often as there is one: write it,
 *     lio_commit_add()    ┘  sync it, and say what it holds
 *     lio_commit_finish()    the manifest: now everybody sees the rows
 *     lio_commit_close()     without a finish: as if nothing had been
 *
 * Threads: one at a time.
 */
#ifndef LIO_COLUMN_WRITE_COMMIT_H
#define LIO_COLUMN_WRITE_COMMIT_H

#include "column/schema.h"

#include <lanceio/column.h>

struct lio_commit;

/* How to build on what is there.  CREATE: nothing may be.  OVERWRITE: other
 * rows and fields in the place of those, or a new dataset. */
enum lio_commit_mode {
    LIO_COMMIT_CREATE,
    LIO_COMMIT_APPEND,
    LIO_COMMIT_OVERWRITE
};

/*
 * Begin.  Removes what writers have left that were killed.
 * `format`: "2.0", "2.1", "2.2", or NULL for that of the dataset, or for the
 * one that new datasets have.
 *
 * Errors:     LIO_EEXIST for CREATE where there is a dataset; LIO_ENOTFOUND
 *             for APPEND where there is none; LIO_EUNSUPPORTED for a dataset
 *             with features that this writer does not know; LIO_EINVAL for a
 *             format that does not exist, or not that of the dataset
 *             appended to; LIO_ECORRUPT, LIO_EACCES, LIO_EIO, LIO_ENOMEM.
 */
LIO_MUST_CHECK int lio_commit_open(struct lio_engine *engine, const char *path,
                                   enum lio_commit_mode mode,
                                   const char *format,
                                   struct lio_commit **ret_commit,
                                   struct lio_error *err);

/* The format that data files must have. */
enum lio_format lio_commit_format(const struct lio_commit *commit);

/*
 * Say which fields the rows have: `messages`, depth first, and `schema`, which
 * is the same, parsed.  Both must outlive the commit.
 *
 * Append:     fields are those of the dataset with the same names; what the
 *             rows lack is null, if it may be.  The messages get the ids and
 *             parents of the dataset's, and both forbid the nulls it forbids.
 * Errors:     LIO_EINVAL names the fields that the dataset does not have, those
 *             that the rows must have, or the first of another type.
 */
LIO_MUST_CHECK int lio_commit_fields(struct lio_commit *commit,
                                     Lio__Pb__Field **messages,
                                     struct lio_schema *schema,
                                     struct lio_error *err);

/*
 * The path of the next data file, which exists and is empty.  It is the
 * commit's: removed again unless the commit succeeds.
 */
LIO_MUST_CHECK int lio_commit_path(struct lio_commit *commit,
                                   const char **ret_path,
                                   struct lio_error *err);

/* The file of the last path is whole and synced; its columns are those of
 * lio_schema_columns(). */
LIO_MUST_CHECK int lio_commit_add(struct lio_commit *commit, uint64_t rows,
                                  uint64_t bytes, struct lio_error *err);

/*
 * Make the new version.  If others have committed since, and neither they nor
 * this commit undo what the other did, it is built on theirs; else it fails.
 *
 * Errors:     LIO_ECONFLICT: nothing is lost; begin again.  LIO_EEXIST: CREATE
 *             came second.  With any error the dataset is as it was, but for
 *             one: where err->op is "committed", the version is there and only
 *             its survival of a power failure is not certain.
 */
LIO_MUST_CHECK int lio_commit_finish(struct lio_commit *commit,
                                     uint64_t *ret_version,
                                     struct lio_error *err);

/* Accepts NULL. */
void lio_commit_close(struct lio_commit *commit);

#endif
