/*
 * The files beside a data file that hold its larger blobs, see blob_files.c:
 *
 *     data/ID-0.lance
 *     data/ID-0/1000...0.blob      id 1: many blobs, one behind the other
 *     data/ID-0/0100...0.blob      id 2: one, of its own
 *
 * Threads: lio_sidecars_pack() and lio_sidecars_add() one at a time; the others
 * are called by the thread that opens and closes.
 */
#ifndef LIO_COLUMN_WRITE_SIDECARS_H
#define LIO_COLUMN_WRITE_SIDECARS_H

#include "column/memory.h"

#include <lanceio/lanceio.h>

#include <stdbool.h>

struct lio_sidecars;

/* For a data file; nothing is made yet.  `engine` may be NULL. */
LIO_MUST_CHECK int lio_sidecars_open(struct lio_engine *engine,
                                     const char *data_path,
                                     struct lio_sidecars **ret_sidecars,
                                     struct lio_error *err);

/* Write blobs, all bytes of `mem`, of which a reference is taken over, behind
 * those packed before, or, if these come to `pack_max` bytes, into a new file.
 * Says which file that is, and where in it. */
LIO_MUST_CHECK int lio_sidecars_pack(struct lio_sidecars *sidecars,
                                     struct lio_mem *mem, uint64_t pack_max,
                                     uint32_t *ret_id, uint64_t *ret_at,
                                     struct lio_error *err);

/* Write one blob into a file of its own. */
LIO_MUST_CHECK int lio_sidecars_add(struct lio_sidecars *sidecars,
                                    struct lio_mem *mem, uint32_t *ret_id,
                                    struct lio_error *err);

/* Take note of writes that are done, with `wait` of one at least; false if none
 * is under way. */
bool lio_sidecars_reap(struct lio_sidecars *sidecars, bool wait);

/* Make durable and close files that are complete, if many are open. */
LIO_MUST_CHECK int lio_sidecars_settle(struct lio_sidecars *sidecars,
                                       struct lio_error *err);

/* Make all of them durable, and their names; `*ret_bytes` is how long they are
 * together. */
LIO_MUST_CHECK int lio_sidecars_finish(struct lio_sidecars *sidecars,
                                       uint64_t *ret_bytes,
                                       struct lio_error *err);

/* Waits for what is under way; the files stay.  Accepts NULL. */
void lio_sidecars_close(struct lio_sidecars *sidecars);

/* Remove what is beside a data file.  False if something is left. */
bool lio_sidecars_remove(const char *data_path);

#endif
