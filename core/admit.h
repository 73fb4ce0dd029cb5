/*
 * Admission: which of a lane's requests may go to the backend.
 *
 *     request ─┬─ room, and nobody waits ──────────┐
 *              └─► scheduler ─ next, and budget ───┴─► ready ─► core/pump.h
 *
 * A request is admitted whole, with the budget of all its operations; these
 * never ask again.  Part of the lane's submit side: all of it under its lock.
 */
#ifndef LIO_CORE_ADMIT_H
#define LIO_CORE_ADMIT_H

#include "core/lane.h"

/* Below the limits a request goes straight to the ready ones; false if it must
 * wait. */
bool lio_admit_at_once(struct lio_lane *lane, struct lio_io *request);

/* Put it into the scheduler. */
void lio_admit_later(struct lio_lane *lane, struct lio_io *request);

/* Let the request in that is next, if there is budget for it. */
bool lio_admit_next(struct lio_lane *lane);

/* Take a waiting request out of the scheduler, other than by serving it. */
void lio_admit_stop(struct lio_lane *lane, struct lio_io *request);

/* It ends without the backend.  It is in no queue any more, and whoever would
 * stop it must see that: we still have it once the lock is free. */
void lio_admit_fail(struct lio_io *io, struct lio_io_list *failed);

/* All operations of a request that is not to be admitted any more. */
void lio_admit_fail_ops(struct lio_io *request, struct lio_io_list *failed);

/* -- ready operations ---------------------------------------------------- */

/* What waits in the lane has become so much more. */
void lio_ready_count(struct lio_lane *lane, int change);

void lio_ready_take(struct lio_lane *lane, struct lio_io *io);

/* To the front: it is the oldest. */
void lio_ready_return(struct lio_lane *lane, struct lio_io *io);

#endif
