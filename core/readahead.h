/*
 * Reading ahead: what will be wanted next is on its way before it is asked for.
 *
 *     cached read ──► prefetchers ──► proposals ─┐
 *                     (a stack)                  ├─► queue of the file
 *     lio_file_plan() ───────────────────────────┘        │
 *                                                          ▼ within limits
 *     the read's own operations ────────────────► lane ◄── fills of the cache
 *                                                  one system call sends both
 *
 * The thread that reads is the one that reads ahead: there is no other, and no
 * hand-over.  What it finds at the front of the queue becomes operations that
 * fill frames of the cache and are delivered to nobody.  A read that needs such
 * a block finds it there, joins it, or, if it is still queued here, loads it
 * itself, whereupon the queue finds it loaded.
 *
 * Limits: half of the lane's depth, and [prefetch] max_bytes (at most half the
 * cache) for all that is read ahead and not used yet.  Blocks that nobody comes
 * for are given up when four times as much has been asked for since, so that
 * the leavings of old streams do not use the limit up for ever.
 *
 * A file's streams and queue end when its generation does: with a write, or
 * when it has changed.
 *
 * Errors of operations ahead reach nobody: whoever wants the block then reads
 * it himself and gets his own.
 */
#ifndef LIO_CORE_READAHEAD_H
#define LIO_CORE_READAHEAD_H

#include "core/batch.h"

struct lio_readahead;
struct lio_readahead_file;

/* *ret_readahead is NULL if the configuration has no cache or no prefetch. */
int lio_readahead_open(struct lio_engine *engine,
                       struct lio_readahead **ret_readahead,
                       struct lio_error *err);

/* All files are closed.  Accepts NULL. */
void lio_readahead_close(struct lio_readahead *readahead);

/* LIO_ENOMEM; a prefetcher that cannot be opened is done without. */
int lio_readahead_file_open(struct lio_readahead *readahead,
                            struct lio_readahead_file **ret_file);

/* Nothing is in flight for the file.  Accepts NULL; takes no lock, so that a
 * forked child can. */
void lio_readahead_file_close(struct lio_readahead_file *file);

/*
 * A read through the cache has been planned, of a file in `generation`;
 * `access` (enum lio_access_flags) is how it went.  Adds operations to
 * `batch->planned`.
 */
void lio_readahead_access(struct lio_io *request, uint32_t generation,
                          uint32_t access, struct lio_batch *batch);

/* An operation of lio_read_ahead() is over. */
void lio_readahead_ended(const struct lio_io *io);

/* Before the cache is asked: take in what has arrived on `lane`, which a reader
 * that always finds its data would never do. */
void lio_readahead_collect(struct lio_engine *engine, struct lio_lane *lane);

#endif
