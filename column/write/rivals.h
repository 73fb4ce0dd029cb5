/*
 * Other writers' commits: whether rows that were meant for one version of a
 * table can be added to a later one.
 */
#ifndef LIO_COLUMN_WRITE_RIVALS_H
#define LIO_COLUMN_WRITE_RIVALS_H

#include "column/write/commit.h"
#include "column/write/state.h"

/*
 * 0 if what began at `before` can go on at `after`.  `root` is the dataset.
 * LIO_ECONFLICT says which version is in the way, LIO_EEXIST that something is
 * where nothing was to be; LIO_EIO, LIO_ENOMEM.
 */
LIO_MUST_CHECK int lio_rivals_judge(struct lio_engine *engine, const char *root,
                                    enum lio_commit_mode mode,
                                    const struct lio_state *before,
                                    const struct lio_state *after,
                                    struct lio_error *err);

/* The error for a commit that `version` is in the way of; `why` is "" or
 * begins with a comma. */
int lio_rivals_conflict(const char *root, uint64_t version, const char *why,
                        struct lio_error *err);

#endif
