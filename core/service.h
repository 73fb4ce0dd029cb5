/*
 * The service thread: what no caller's thread is there for.
 *
 * It reaps the lane of requests with callbacks, and writes the statistics.  It
 * is never in the way of a read that somebody waits for.
 */
#ifndef LIO_CORE_SERVICE_H
#define LIO_CORE_SERVICE_H

#include <lanceio/lanceio.h>

#include "core/stats_db.h"

struct lio_service;

int lio_service_open(struct lio_engine *engine,
                     struct lio_service **ret_service, struct lio_error *err);

/* Write the last figures and stop.  Nothing is in flight. */
void lio_service_close(struct lio_service *service);

/* Free the memory alone, for a forked child. */
void lio_service_abandon(struct lio_service *service);

/* Which run the database calls us; waits until it has been opened. */
void lio_service_info(struct lio_service *service,
                      struct lio_engine_info *ret_info);

/* An operation was slow; kept for the next row, as far as there is room.  The
 * path is copied. */
void lio_service_slow(struct lio_service *service, const char *path,
                      const struct lio_slow_op *slow);

#endif
