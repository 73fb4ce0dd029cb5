/*
 * The scheduler: which of the waiting requests goes to the device next.
 *
 *     class        queue(s)                           weight
 *     metadata     one                                    16
 *     demand       eight levels, lower is sooner           8
 *     write        one                                     4
 *     prefetch     one                                     2
 *     background   one                                     1
 *
 * Each queue is first in, first out.  Between classes the one with the smallest
 * virtual time goes next; being served moves a class's virtual time on by
 * cost / weight, so that over time each gets its share of the device, and a
 * class that was idle starts at the present and cannot save up credit
 * (start-time fair queueing, Goyal, Vin and Cheng 1996).
 *
 * Every tenth pick takes the request that has waited longest, whatever its
 * class and level.  That bounds every wait: a request with n others waiting
 * before it is picked after at most 10 * (n + 1) picks.  Debug builds hold
 * every request to that.
 *
 * All operations take constant time.  There is no lock here: the scheduler is a
 * part of its lane, under the lane's lock.
 */
#ifndef LIO_CORE_SCHEDULER_H
#define LIO_CORE_SCHEDULER_H

#include "core/io.h"

#define LIO_NCLASSES (LIO_CLASS_BACKGROUND + 1u) /* DEFAULT is never queued */
#define LIO_NLEVELS  8u
#define LIO_NQUEUES  (LIO_NCLASSES - 2u + LIO_NLEVELS)

/* One pick in so many goes to the oldest. */
#define LIO_OLDEST_EVERY 10u

struct lio_scheduler {
    struct lio_io_list queues[LIO_NQUEUES];
    uint64_t served[LIO_NCLASSES]; /* virtual time */
    uint64_t now;                  /* virtual time of the last one served */
    struct lio_io *oldest, *newest;
    uint32_t nwaiting;
    uint64_t npicked;
};

/* Add a request at the end of the queue of its class and level. */
void lio_scheduler_add(struct lio_scheduler *sched, struct lio_io *io);

/* The request that is next, or NULL.  It stays where it is, and next, until it
 * is served or removed, or another one is added or raised. */
struct lio_io *lio_scheduler_next(const struct lio_scheduler *sched);

/* Take out the next request, which goes to the device; `cost` is in bytes. */
void lio_scheduler_serve(struct lio_scheduler *sched, struct lio_io *io,
                         uint64_t cost);

/* Move a waiting request to the end of a sooner queue.  Its age stays: it is
 * not the one that will be the oldest sooner, or later, for that. */
void lio_scheduler_raise(struct lio_scheduler *sched, struct lio_io *io,
                         uint8_t io_class, uint8_t level);

/* Take out a request that does not: it was cancelled. */
void lio_scheduler_remove(struct lio_scheduler *sched, struct lio_io *io);

#endif
