/*
 * A lane: one queue of the backend, and the threads that share it.
 *
 *     submit side (lock)                      reap side (token)
 *     slab ─► pending ─► backend's queue ───► completions ─► delivered
 *
 * Threads map to lanes; whoever submits uses its own, whoever waits reaps the
 * one that holds what it waits for.  There is no dispatcher: the thread that
 * needs the data submits and reaps.
 *
 * Waiting.  At most one thread reaps a lane: it holds the token, and sleeps in
 * the backend.  The others sleep on a word of their own, in the lane's list of
 * sleepers.  Two things wake a sleeper: its result is there (whoever delivers
 * it wakes it), or the reaper leaves (it hands the token on by waking one).
 *
 *     sleeper                               reaper that leaves
 *     1. link itself into `sleepers`        1. token = free
 *     2. token taken?  sleep : reap         2. sleepers?  wake one
 *
 * Either the sleeper sees the free token or the reaper sees the sleeper.  A
 * sleeper that leaves for another reason does step 2 as well, so that a wake
 * that met a thread on its way out is not lost.
 *
 * Lock order: token, wait_lock, lock, file pool, cache shard.  The token is
 * only ever tried for, never waited for.  No lock is held while a thread
 * sleeps or a callback runs.
 */
#ifndef LIO_CORE_LANE_H
#define LIO_CORE_LANE_H

#include <pthread.h>
#include <stdalign.h>

#include "core/batch.h"
#include "core/io.h"
#include "core/stats.h"

#define LIO_REAP_MAX 64u /* completions taken at once */

/* A thread that waits.  Lives on its stack. */
struct lio_waiter {
    _Atomic uint32_t woken;
    _Atomic(struct lio_lane *) reaping; /* it may sleep in this one's backend */
    struct lio_waiter *next, *prev; /* among the sleepers; lane's wait_lock */
};

struct lio_lane {
    struct lio_engine *engine;
    const struct lio_backend_ops *ops;
    void *queue; /* the backend's */
    uint32_t index;
    uint32_t depth;

    /* Submit side. */
    alignas(64) pthread_mutex_t lock; /* guards this part; not held asleep */
    struct lio_slab slab;
    struct lio_io_list pending; /* QUEUED, in order */
    bool starved;               /* the first of them waits for a handle */
    _Atomic uint32_t npending;  /* written under the lock, read by anybody */
    _Atomic uint32_t unflushed; /* staged, but perhaps not sent */
    _Atomic uint64_t issued;    /* operations given to the backend, ever */
    _Atomic uint64_t issued_bytes;

    /* Reap side. */
    alignas(64) _Atomic uint32_t token;
    _Atomic uint64_t reaped; /* operations that came back, ever */
    _Atomic uint64_t reaped_bytes;
    struct lio_completion completions[LIO_REAP_MAX];

    /* Waiting. */
    alignas(64) pthread_mutex_t wait_lock; /* guards the sleepers, and every
                                              `waiter` field of this lane's
                                              requests and queues */
    struct lio_waiter *sleepers;           /* the one that came first */
    struct lio_waiter *last_sleeper;
    _Atomic uint32_t nsleepers;

    alignas(64) struct lio_lane_stats stats;
};

int lio_lane_open(struct lio_lane *lane, struct lio_engine *engine,
                  uint32_t index, struct lio_error *err);
void lio_lane_close(struct lio_lane *lane);

/* Free the memory alone, for a forked child. */
void lio_lane_abandon(struct lio_lane *lane);

static inline uint64_t lio_lane_in_flight(const struct lio_lane *lane)
{
    uint64_t reaped = atomic_load(&lane->reaped);

    return atomic_load(&lane->issued) - reaped;
}

/* Nothing is in flight and nothing pending. */
static inline bool lio_lane_idle(const struct lio_lane *lane)
{
    return lio_lane_in_flight(lane) == 0 && atomic_load(&lane->npending) == 0;
}

/* -- submitting ---------------------------------------------------------- */

/* `n` new objects, or none: false if there is no memory.  `ncallers` of them
 * will be callers' requests; the rest are parts. */
bool lio_lane_get(struct lio_lane *lane, uint32_t n, uint32_t ncallers,
                  struct lio_io_list *list);

/* Give back what lio_lane_get() made, unused. */
void lio_lane_put(struct lio_lane *lane, struct lio_io_list *list);

/*
 * Hand operations (state NEW) to the backend in order, as far as there is room;
 * the rest waits in `pending`.  With `flush` they are sent at once, else with
 * the next flush or reap.  `list` is empty afterwards.
 */
void lio_lane_issue(struct lio_lane *lane, struct lio_io_list *list, bool flush,
                    struct lio_batch *batch);

/* Send what is staged. */
void lio_lane_flush(struct lio_lane *lane);

/* Hand down what is pending, after something has come back. */
void lio_lane_top_up(struct lio_lane *lane, struct lio_batch *batch);

/* Stop `io` if it still is what `id` names; false if it is not.  What cannot be
 * stopped goes on as if nothing had happened. */
bool lio_lane_cancel(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                     struct lio_batch *batch);

/* -- waiting ------------------------------------------------------------- */

/* What a thread waits for. */
struct lio_wait {
    bool (*ready)(void *what);

    /* Does it hang on other lanes too: on a fill that another request started,
     * on a handle that another lane's operations hold?  May be NULL: never. */
    bool (*scattered)(void *what);

    void *what;
    struct lio_cq *own_cq;     /* results for it need no locking */
    struct lio_waiter *waiter; /* registered with what it waits for */
    uint64_t deadline;         /* lio_deadline_after() */
};

/* Reap, or sleep until somebody else has reaped it.  LIO_ETIMEDOUT. */
int lio_lane_wait(struct lio_lane *lane, const struct lio_wait *wait);

/* Wake a registered waiter, wherever it sleeps.  Under the wait_lock that
 * guards its registration. */
void lio_waiter_wake(struct lio_waiter *waiter);

#endif
