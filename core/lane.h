/*
 * A lane: one queue of the backend, and the threads that share it.
 *
 *     submit side (lock)                              reap side (token)
 *     requests ─► scheduler ─► ready ─► backend ───► completions ─► delivered
 *                 admission:   depth,
 *                 budget       handles
 *
 * Below the limits a request goes straight down; otherwise the scheduler says
 * which is admitted next, when something has come back.
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
 * Lock order: token, wait_lock, lock, budget, file pool, cache shard.  The
 * token is only ever tried for, never waited for.  No lock is held while a
 * thread sleeps or a callback runs.
 */
#ifndef LIO_CORE_LANE_H
#define LIO_CORE_LANE_H

#include <pthread.h>
#include <stdalign.h>

#include "core/batch.h"
#include "core/budget.h"
#include "core/io.h"
#include "core/scheduler.h"
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
    struct lio_scheduler scheduler; /* requests not admitted yet */
    struct lio_budget_place budget_place;
    struct lio_io_list ready; /* operations of admitted ones, in order */
    uint32_t nready;
    bool starved;               /* the first of them waits for a handle */
    _Atomic uint32_t nwaiting;  /* requests, ready and delayed operations;
                                   written under the lock, read by anybody */
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

/* Add to a sum that only the present lock's or token's holder writes. */
static inline void lio_lane_add(_Atomic uint64_t *sum, uint64_t n)
{
    atomic_store(sum, atomic_load_explicit(sum, memory_order_relaxed) + n);
}

static inline uint64_t lio_lane_in_flight(const struct lio_lane *lane)
{
    uint64_t reaped = atomic_load(&lane->reaped);

    return atomic_load(&lane->issued) - reaped;
}

static inline uint64_t lio_lane_in_flight_bytes(const struct lio_lane *lane)
{
    uint64_t reaped = atomic_load(&lane->reaped_bytes);

    return atomic_load(&lane->issued_bytes) - reaped;
}

/* Nothing is in flight and nothing waits. */
static inline bool lio_lane_idle(const struct lio_lane *lane)
{
    return lio_lane_in_flight(lane) == 0 && atomic_load(&lane->nwaiting) == 0;
}

/* Operations wait, and none is on its way: what they wait for is held by other
 * lanes, which perhaps nobody reaps. */
static inline bool lio_lane_stuck(const struct lio_lane *lane)
{
    return atomic_load(&lane->nwaiting) > 0 && lio_lane_in_flight(lane) == 0;
}

/* -- submitting ---------------------------------------------------------- */

/* `n` new objects, or none: false if there is no memory.  `ncallers` of them
 * will be callers' requests; the rest are parts. */
bool lio_lane_get(struct lio_lane *lane, uint32_t n, uint32_t ncallers,
                  struct lio_io_list *list);

/* Give back what lio_lane_get() made, unused. */
void lio_lane_put(struct lio_lane *lane, struct lio_io_list *list);

/*
 * Take requests (state NEW, or PLANNED with parts in `planned`): admit them and
 * hand their operations to the backend as far as there is room; the rest waits.
 * With `flush`, or while somebody reaps, they are sent at once, else with the
 * next flush or reap.
 * `requests` is empty afterwards.
 */
void lio_lane_issue(struct lio_lane *lane, struct lio_io_list *requests,
                    bool flush, struct lio_batch *batch);

/* Send what is staged. */
void lio_lane_flush(struct lio_lane *lane);

/* Admit and hand down what waits, after something has come back. */
void lio_lane_top_up(struct lio_lane *lane, struct lio_batch *batch);

/* Operations (ISSUED) that have come back and must go down once more. */
void lio_lane_again(struct lio_lane *lane, struct lio_io_list *list);

/* An operation (ISSUED) has come back and shall go down again later: put it
 * aside until lio_lane_resume() is called with the id returned. */
uint64_t lio_lane_delay(struct lio_lane *lane, struct lio_io *io);
void lio_lane_resume(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                     struct lio_batch *batch);

/*
 * Stop `io`, because of `code`, if it still is what `id` names; false if it is
 * not.  What cannot be stopped goes on as if nothing had happened, but if its
 * parts leave the caller's memory alone, `*ret_release` is set: it may be
 * delivered without them, by the caller of this alone, and is held once more.
 */
bool lio_lane_cancel(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                     int code, bool *ret_release, struct lio_batch *batch);

/*
 * A request of this class and level waits for what the operation `id` loads: if
 * that is not admitted yet, the request behind it shall be no later.  Costs the
 * same however many wait.  What is admitted is on its way as it is.
 */
void lio_lane_raise(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                    uint8_t io_class, uint8_t level);

/* From now on parts of the request may write to the caller's memory.  False if
 * it has been delivered without them: then they must not. */
bool lio_lane_expose(struct lio_lane *lane, struct lio_io *request);

/* One reason less to keep an object; the last gives it back to the slab. */
void lio_lane_drop(struct lio_lane *lane, struct lio_io *io);
void lio_lane_drop_locked(struct lio_lane *lane, struct lio_io *io);

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

/* Take what is done already, unless another thread is about to. */
void lio_lane_collect(struct lio_lane *lane);

/* Wake a registered waiter, wherever it sleeps.  Under the wait_lock that
 * guards its registration. */
void lio_waiter_wake(struct lio_waiter *waiter);

#endif
