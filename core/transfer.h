/*
 * Transfers: what a completion means for its operation, and for the request
 * behind it.
 */
#ifndef LIO_CORE_TRANSFER_H
#define LIO_CORE_TRANSFER_H

#include "core/batch.h"

/* The request that `io` is, or is a part of. */
static inline struct lio_io *lio_io_request(struct lio_io *io)
{
    return io->parent ? io->parent : io;
}

/* Its caller has cancelled it.  A fill goes on all the same, because others may
 * have joined it; but not one that would only keep the close of its file
 * waiting: who has joined that reads it himself. */
bool lio_io_unwanted(const struct lio_io *io);

/* The code that such a one ends with. */
int lio_io_stop_code(const struct lio_io *io);

/* The errno that goes with the code a request was stopped for. */
static inline int lio_errno_of_stop(int code)
{
    return code == LIO_ETIMEDOUT ? ETIMEDOUT : ECANCELED;
}

/* Record the first failure of a request. */
void lio_io_fail(struct lio_io *io, int code, int os_errno);

/* The backend has returned `io` (ISSUED).  Under its lane's token. */
void lio_transfer_completed(struct lio_io *io, int64_t result,
                            struct lio_batch *batch);

/* What became of an operation that may have been read with others. */
void lio_transfer_moved(struct lio_io *io, int64_t result,
                        struct lio_batch *batch);

/* A read has got less than it was to, and stops at `at`: is that the end of the
 * file?  If not, the rest is to be read. */
bool lio_transfer_at_end(struct lio_io *io, uint64_t at);

/* The operation is over, for good or ill. */
void lio_transfer_ended(struct lio_io *io, struct lio_batch *batch);

/* A part or join of `request` is done; the last one finishes it. */
void lio_request_part_done(struct lio_io *request, struct lio_batch *batch);

/* Everything a request needed has happened: make its result and deliver it. */
void lio_request_finish(struct lio_io *request, struct lio_batch *batch);

/*
 * Stop the request `id` because of `code`, LIO_ECANCELED or LIO_ETIMEDOUT;
 * false if there is no such request any more.  It is delivered in any case,
 * once.
 */
bool lio_request_stop(struct lio_engine *engine, uint64_t id, int code,
                      struct lio_batch *batch);

#endif
