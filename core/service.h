/*
 * The service thread: what no caller's thread is there for.
 *
 * It reaps the lane of requests with callbacks, runs timers, and writes the
 * statistics.  It is never in the way of a read that somebody waits for.
 */
#ifndef LIO_CORE_SERVICE_H
#define LIO_CORE_SERVICE_H

#include <lanceio/lanceio.h>

#include "core/batch.h"
#include "core/stats_db.h"

struct lio_service;

int lio_service_open(struct lio_engine *engine,
                     struct lio_service **ret_service, struct lio_error *err);

/* End the thread, once everything is over and it has delivered what it had: a
 * callback that it runs may just have submitted something. */
void lio_service_stop(struct lio_service *service);

/* Write the last figures; it has been stopped.  Returns 0, or why the figures
 * ended early, though they had begun.  Accepts NULL. */
int lio_service_close(struct lio_service *service, struct lio_error *err);

/* Free the memory alone, for a forked child. */
void lio_service_abandon(struct lio_service *service);

/* Which run the database calls us; waits until it has been opened. */
void lio_service_info(struct lio_service *service,
                      struct lio_engine_info *ret_info);

/* Requests with callbacks wait for so many more loads, or less, of other lanes:
 * perhaps nobody else looks after those. */
void lio_service_joined(struct lio_service *service, int change);

/* Issue an operation that has come back (ISSUED) again at `due_ns`; at once if
 * there is no memory to remember it. */
void lio_service_resume_at(struct lio_service *service, struct lio_io *io,
                           uint64_t due_ns, struct lio_batch *batch);

/* End the request at `due_ns` if it is still there; false if there is no memory
 * to remember it. */
bool lio_service_expire_at(struct lio_service *service, uint64_t id,
                           uint64_t due_ns);

/* An operation was slow; kept for the next row, as far as there is room.  The
 * path is copied. */
void lio_service_slow(struct lio_service *service, const char *path,
                      const struct lio_slow_op *slow);

#endif
