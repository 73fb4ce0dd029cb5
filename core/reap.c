/*
 * The reap side of lanes: collecting completions, and waiting for them.
 */
#include "common/clock.h"
#include "common/park.h"
#include "core/engine.h"
#include "core/lane.h"
#include "core/transfer.h"

/* How long a thread sleeps on one lane while others matter to it too. */
#define SLICE_NS 500000

/* -- reaping ------------------------------------------------------------- */

/* False if it is for nothing that is in flight: a backend has reported
 * something twice. */
static bool complete(struct lio_lane *lane,
                     const struct lio_completion *completion,
                     struct lio_batch *batch)
{
    uint32_t slot = (uint32_t)completion->id & 0xffffffu;
    struct lio_io *io = lio_slab_at(&lane->slab, slot);
    enum lio_io_state state;

    if (!io || !lio_io_is(io, completion->id, &state) ||
        state != LIO_IO_ISSUED || completion->id != lio_io_try_id(io)) {
        lio_count(&lane->stats, LIO_COUNT_STALE, 1);
        return false;
    }
    lio_lane_add(&lane->reaped_bytes, io->op.length);
    lio_transfer_completed(io, completion->result, batch);
    return true;
}

/* Collect what is done, waiting for `min`; under the token. */
static void reap(struct lio_lane *lane, uint32_t min, int64_t timeout_ns,
                 struct lio_batch *batch)
{
    struct lio_completion *done = lane->completions;
    uint64_t asleep_ns = min > 0 ? lio_clock_ns() : 0, ncompleted = 0;
    int n;

    atomic_store(&lane->unflushed, 0); /* reap sends what is staged */
    n = lane->ops->reap(lane->queue, done, LIO_REAP_MAX, min, timeout_ns);
    if (n < 0)
        atomic_store(&lane->unflushed, 1);
    if (n <= 0 && min == 0)
        return;

    batch->now_ns = lio_clock_ns();
    lio_count(&lane->stats, LIO_COUNT_REAPS, 1);
    if (min > 0) {
        lio_count(&lane->stats, LIO_COUNT_REAP_WAITS, 1);
        lio_count(&lane->stats, LIO_COUNT_BLOCKED_NS,
                  batch->now_ns - asleep_ns);
    }
    if (n <= 0)
        return;
    for (int i = 0; i < n; i++)
        ncompleted += complete(lane, &done[i], batch);
    /* In this order, so that what goes down again is never out of sight. */
    lio_lane_again(lane, &batch->again);
    lio_lane_add(&lane->reaped, ncompleted);
    lio_lane_top_up(lane, batch);
    lio_batch_settle(batch);
}

/* -- waiting ------------------------------------------------------------- */

static bool take_token(struct lio_lane *lane)
{
    uint32_t is_free = 0;

    return atomic_load_explicit(&lane->token, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong(&lane->token, &is_free, 1);
}

/* Wake a sleeper if nobody reaps; it will. */
static void hand_over(struct lio_lane *lane)
{
    if (atomic_load(&lane->nsleepers) == 0 || atomic_load(&lane->token) != 0)
        return;
    pthread_mutex_lock(&lane->wait_lock);
    if (lane->sleepers)
        lio_waiter_wake(lane->sleepers);
    pthread_mutex_unlock(&lane->wait_lock);
}

static void leave_token(struct lio_lane *lane)
{
    atomic_store(&lane->token, 0);
    hand_over(lane);
}

void lio_waiter_wake(struct lio_waiter *waiter)
{
    struct lio_lane *lane;

    atomic_store(&waiter->woken, 1);
    lane = atomic_load(&waiter->reaping);
    if (!lane) {
        lio_unpark(&waiter->woken);
        return;
    }
    pthread_mutex_lock(&lane->lock);
    (void)lane->ops->wake(lane->queue);
    pthread_mutex_unlock(&lane->lock);
}

static void link_sleeper(struct lio_lane *lane, struct lio_waiter *waiter)
{
    pthread_mutex_lock(&lane->wait_lock);
    waiter->next = NULL;
    waiter->prev = lane->last_sleeper;
    if (lane->last_sleeper)
        lane->last_sleeper->next = waiter;
    else
        lane->sleepers = waiter;
    lane->last_sleeper = waiter;
    atomic_fetch_add(&lane->nsleepers, 1);
    pthread_mutex_unlock(&lane->wait_lock);
}

static void unlink_sleeper(struct lio_lane *lane, struct lio_waiter *waiter)
{
    pthread_mutex_lock(&lane->wait_lock);
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        lane->sleepers = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        lane->last_sleeper = waiter->prev;
    atomic_fetch_sub(&lane->nsleepers, 1);
    pthread_mutex_unlock(&lane->wait_lock);
}

static int64_t shorter(int64_t timeout_ns, int64_t limit_ns)
{
    return timeout_ns < 0 || timeout_ns > limit_ns ? limit_ns : timeout_ns;
}

/* Sleep while another thread reaps, but not past what is ready already. */
static void sleep_aside(struct lio_lane *lane, const struct lio_wait *wait,
                        int64_t timeout_ns)
{
    lio_lane_flush(lane); /* the reaper may not know of what we staged */
    if (atomic_load(&lane->unflushed))
        timeout_ns = shorter(timeout_ns, SLICE_NS); /* refused: try again */
    link_sleeper(lane, wait->waiter);
    if (atomic_load(&lane->token) != 0 && !wait->ready(wait->what))
        lio_park(&wait->waiter->woken, 0, timeout_ns);
    unlink_sleeper(lane, wait->waiter);
}

/* Reap until it is ready, the time is up, callbacks want to run, or what comes
 * next is held by lanes that perhaps nobody reaps.  If that is so only since
 * the last look (`helped`), it does not sleep: lio_lane_issue() may have come
 * too early to see the token. */
static void reap_for(struct lio_lane *lane, const struct lio_wait *wait,
                     bool helped, int64_t timeout_ns, struct lio_batch *batch)
{
    atomic_store(&wait->waiter->reaping, lane);
    do {
        bool must_wait = timeout_ns != 0 && !wait->ready(wait->what) &&
                         !atomic_load(&wait->waiter->woken) &&
                         (helped || !lio_lane_stuck(lane));

        reap(lane, must_wait, must_wait ? timeout_ns : 0, batch);
        if (!must_wait)
            break;
        timeout_ns = timeout_ns < 0 ? -1 : 0;
    } while (!batch->callbacks.head && !batch->fed && !lio_lane_stuck(lane));
    atomic_store(&wait->waiter->reaping, NULL);
}

/* Collect what is done on the other lanes, without waiting, and hand down what
 * waits on any. */
static void help_others(struct lio_lane *mine, struct lio_batch *batch)
{
    struct lio_engine *engine = mine->engine;

    for (uint32_t i = 0; i <= engine->nlanes; i++) {
        struct lio_lane *lane = &engine->lanes[i];

        if (lane == mine || lio_lane_idle(lane) || !take_token(lane))
            continue;
        reap(lane, 0, 0, batch);
        leave_token(lane);
        lio_batch_end(batch);
    }
    /* A lane with nothing in flight has nobody else to hand down what waits. */
    batch->now_ns = lio_clock_ns();
    batch->fed = true;
    lio_batch_end(batch);
}

void lio_lane_collect(struct lio_lane *lane)
{
    struct lio_batch batch;

    if (!take_token(lane))
        return;
    lio_batch_begin(&batch, lane->engine);
    reap(lane, 0, 0, &batch);
    leave_token(lane);
    lio_batch_end(&batch);
}

int lio_lane_wait(struct lio_lane *lane, const struct lio_wait *wait)
{
    struct lio_batch batch;
    int64_t left;
    bool help;
    int rc;

    lio_batch_begin(&batch, lane->engine);
    batch.self = wait->waiter;
    batch.own_cq = wait->own_cq;
    for (;;) {
        atomic_store(&wait->waiter->woken, 0);
        rc = 0;
        if (wait->ready(wait->what)) {
            lio_lane_flush(lane); /* what is staged must not wait for us */
            break;
        }
        left = lio_deadline_left(wait->deadline);
        help = lio_lane_stuck(lane) ||
               (wait->scattered && wait->scattered(wait->what));
        if (help) {
            help_others(lane, &batch);
            if (wait->ready(wait->what))
                break;
            if (left != 0)
                left = shorter(left, SLICE_NS);
        }
        if (take_token(lane)) {
            reap_for(lane, wait, help, left, &batch);
            leave_token(lane);
            lio_batch_end(&batch);
        } else if (left != 0) {
            sleep_aside(lane, wait, left);
        }
        rc = LIO_ETIMEDOUT;
        if (wait->ready(wait->what)) {
            rc = 0;
            break;
        }
        if (lio_deadline_left(wait->deadline) == 0)
            break;
    }
    hand_over(lane);
    return rc;
}
