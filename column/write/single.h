/*
 * One data file in a place of its own: written beside it, then put there.
 *
 *     out.lance                     the old file, or none, until the end
 *     .out.lance.1f93c0a2.writing   the new one
 *
 * Whoever opens removes what killed writers have left of the same file: a
 * writer that lives holds a lock on its own.
 */
#ifndef LIO_COLUMN_WRITE_SINGLE_H
#define LIO_COLUMN_WRITE_SINGLE_H

#include <lanceio/error.h>

struct lio_single;

/* Make the file beside `path`. */
LIO_MUST_CHECK int lio_single_open(const char *path,
                                   struct lio_single **ret_single,
                                   struct lio_error *err);

/* Where it is, empty. */
const char *lio_single_path(const struct lio_single *single);

/*
 * It is whole and durable: put it in place.
 *
 * Errors:     what was in place is there still.
 */
LIO_MUST_CHECK int lio_single_finish(struct lio_single *single,
                                     struct lio_error *err);

/* Without a finish, remove the file.  Accepts NULL. */
void lio_single_close(struct lio_single *single);

#endif
