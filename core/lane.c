/*
 * Lanes: handing operations down, getting completions back, waiting.
 */
#include "core/lane.h"

#include <assert.h>

#include "common/clock.h"
#include "common/park.h"
#include "core/blocking.h"
#include "core/engine.h"
#include "core/transfer.h"

/* How long a thread sleeps on one lane while others matter to it too. */
#define SLICE_NS 500000

/* -- lifetime ------------------------------------------------------------ */

static int open_queue(struct lio_lane *lane, struct lio_error *err)
{
    struct lio_engine *engine = lane->engine;

    if (engine->backend_blocks)
        return lio_blocking_queue_open(lane->ops, engine->backend,
                                       engine->executor, lane->depth,
                                       &lane->queue, err);
    return lane->ops->queue_open(engine->backend, lane->depth, &lane->queue,
                                 err);
}

int lio_lane_open(struct lio_lane *lane, struct lio_engine *engine,
                  uint32_t index, struct lio_error *err)
{
    int rc;

    lane->engine = engine;
    lane->ops = &engine->backend_ops;
    lane->index = index;
    lane->depth = engine->settings->engine.queue_depth;
    if (lio_slab_init(&lane->slab) < 0)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a lane");
    rc = open_queue(lane, err);
    if (rc < 0) {
        lio_slab_release(&lane->slab);
        return rc;
    }
    pthread_mutex_init(&lane->lock, NULL);
    pthread_mutex_init(&lane->wait_lock, NULL);
    return 0;
}

void lio_lane_close(struct lio_lane *lane)
{
    lane->ops->queue_close(lane->queue);
    pthread_mutex_destroy(&lane->lock);
    pthread_mutex_destroy(&lane->wait_lock);
    lio_slab_release(&lane->slab);
}

void lio_lane_abandon(struct lio_lane *lane)
{
    if (lane->engine->backend_blocks)
        lio_blocking_queue_abandon(lane->queue);
    lio_slab_release(&lane->slab);
}

/* -- submitting ---------------------------------------------------------- */

bool lio_lane_get(struct lio_lane *lane, uint32_t n, uint32_t ncallers,
                  struct lio_io_list *list)
{
    struct lio_io_list got = { 0 };
    struct lio_io *io;

    pthread_mutex_lock(&lane->lock);
    for (; n > 0; n--) {
        io = lio_slab_get(&lane->slab, lane, lane->index);
        if (!io)
            break;
        lio_io_append(&got, io);
    }
    if (n == 0)
        lio_count(&lane->stats, LIO_COUNT_REQUESTS, ncallers);
    pthread_mutex_unlock(&lane->lock);
    if (n > 0) {
        lio_lane_put(lane, &got);
        return false;
    }
    while ((io = lio_io_pop(&got)))
        lio_io_append(list, io);
    return true;
}

void lio_lane_put(struct lio_lane *lane, struct lio_io_list *list)
{
    struct lio_io *io;

    pthread_mutex_lock(&lane->lock);
    while ((io = lio_io_pop(list)))
        lio_slab_put(&lane->slab, io);
    pthread_mutex_unlock(&lane->lock);
}

static void add(_Atomic uint64_t *sum, uint64_t n)
{
    atomic_store(sum, atomic_load_explicit(sum, memory_order_relaxed) + n);
}

static void count_pending(struct lio_lane *lane, int change)
{
    uint32_t n = atomic_load_explicit(&lane->npending, memory_order_relaxed);

    atomic_store(&lane->npending, n + (uint32_t)change);
}

static void send(struct lio_lane *lane)
{
    atomic_store(&lane->unflushed, 0);
    if (lane->ops->flush(lane->queue) < 0)
        atomic_store(&lane->unflushed, 1); /* the next reap sends it */
}

static void clear_starved(struct lio_lane *lane)
{
    if (!lane->starved)
        return;
    lane->starved = false;
    lio_filepool_fed(lane->engine->pool);
}

/* Get the operation a handle.  LIO_EAGAIN: it must wait for one. */
static int equip(struct lio_lane *lane, struct lio_io *io)
{
    struct lio_filepool *pool = lane->engine->pool;
    struct lio_error err = { 0 };
    int rc = lio_handle_acquire(pool, io->handle, &err);

    if (rc == LIO_EAGAIN) {
        if (lane->starved)
            lio_filepool_fed(pool); /* it counts once */
        lane->starved = true;
        return rc;
    }
    clear_starved(lane);
    if (rc < 0)
        lio_io_fail(io, rc, err.os_errno);
    else
        io->op.handle = io->handle->backend;
    return rc;
}

/* Give the backend one operation; false if it cannot take it now. */
static bool hand_down(struct lio_lane *lane, struct lio_io *io, uint64_t now)
{
    struct lio_op *op = &io->op;
    bool moved = lio_io_move(io, LIO_IO_QUEUED, LIO_IO_ISSUED);

    assert(moved); /* only the lock's holder moves a pending one */
    (void)moved;
    io->issued_ns = now;
    if (lane->ops->submit(lane->queue, &op, 1) == 1)
        return true;
    (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_QUEUED);
    (void)lio_handle_release(lane->engine->pool, io->handle);
    return false;
}

/*
 * Hand pending operations down while there is room.  Those whose file cannot
 * be opened go to `failed`.  Under the lock; returns how many went down.
 */
static uint32_t pump(struct lio_lane *lane, uint64_t now,
                     struct lio_io_list *failed)
{
    struct lio_io *io;
    uint32_t n = 0;
    int rc;

    while ((io = lane->pending.head) &&
           lio_lane_in_flight(lane) < lane->depth) {
        rc = equip(lane, io);
        if (rc == LIO_EAGAIN)
            break;
        lio_io_unlink(&lane->pending, io);
        count_pending(lane, -1);
        if (rc == 0 && lio_io_unwanted(io)) {
            (void)lio_handle_release(lane->engine->pool, io->handle);
            lio_io_fail(io, LIO_ECANCELED, ECANCELED);
            rc = LIO_ECANCELED;
        }
        if (rc < 0) {
            lio_io_append(failed, io);
            continue;
        }
        add(&lane->issued, 1);
        add(&lane->issued_bytes, io->op.length);
        if (!hand_down(lane, io, now)) {
            add(&lane->issued, (uint64_t)-1);
            add(&lane->issued_bytes, -io->op.length);
            lio_io_prepend(&lane->pending, io);
            count_pending(lane, 1);
            break;
        }
        n++;
    }
    if (!lane->pending.head)
        clear_starved(lane);
    return n;
}

/* Those whose file could not be opened are over before they began. */
static void end_failed(struct lio_io_list *failed, struct lio_batch *batch)
{
    struct lio_io *io;

    while ((io = lio_io_pop(failed)))
        lio_transfer_ended(io, batch);
}

void lio_lane_issue(struct lio_lane *lane, struct lio_io_list *list, bool flush,
                    struct lio_batch *batch)
{
    struct lio_io_list failed = { 0 };
    struct lio_io *io;
    uint32_t added = 0, waiting;

    pthread_mutex_lock(&lane->lock);
    for (; (io = lio_io_pop(list)); added++) {
        (void)lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED);
        lio_io_append(&lane->pending, io);
        count_pending(lane, 1);
    }
    if (pump(lane, batch->now_ns, &failed) > 0)
        atomic_store(&lane->unflushed, 1);
    if (flush && atomic_load(&lane->unflushed))
        send(lane);
    waiting = atomic_load_explicit(&lane->npending, memory_order_relaxed);
    lio_count(&lane->stats, LIO_COUNT_BATCHES, 1);
    lio_count(&lane->stats, LIO_COUNT_QUEUED,
              waiting < added ? waiting : added);
    pthread_mutex_unlock(&lane->lock);
    end_failed(&failed, batch);
}

void lio_lane_flush(struct lio_lane *lane)
{
    if (!atomic_load(&lane->unflushed))
        return;
    pthread_mutex_lock(&lane->lock);
    send(lane);
    pthread_mutex_unlock(&lane->lock);
}

void lio_lane_top_up(struct lio_lane *lane, struct lio_batch *batch)
{
    struct lio_io_list failed = { 0 };

    if (atomic_load(&lane->npending) == 0)
        return;
    pthread_mutex_lock(&lane->lock);
    if (pump(lane, batch->now_ns, &failed) > 0)
        send(lane);
    pthread_mutex_unlock(&lane->lock);
    end_failed(&failed, batch);
}

bool lio_lane_cancel(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                     struct lio_batch *batch)
{
    enum lio_io_state state;
    bool known, withdrawn = false;

    /* Objects are reused under this lock only, so `io` stays what it is. */
    pthread_mutex_lock(&lane->lock);
    known = lio_io_is(io, id, &state);
    if (known) {
        atomic_store(&io->cancelled, true);
        if (state == LIO_IO_QUEUED) {
            withdrawn = true;
            lio_io_unlink(&lane->pending, io);
            count_pending(lane, -1);
            if (!lane->pending.head)
                clear_starved(lane);
        } else if (state == LIO_IO_ISSUED) {
            (void)lane->ops->cancel(lane->queue, id);
        }
    }
    pthread_mutex_unlock(&lane->lock);
    if (withdrawn) {
        lio_io_fail(io, LIO_ECANCELED, ECANCELED);
        lio_transfer_ended(io, batch);
    }
    return known;
}

/* -- reaping ------------------------------------------------------------- */

/* What a batch wants tried again goes to the front: it is the oldest. */
static void requeue(struct lio_lane *lane, struct lio_batch *batch)
{
    struct lio_io *io;

    if (!batch->again.head)
        return;
    pthread_mutex_lock(&lane->lock);
    while ((io = batch->again.tail)) {
        lio_io_unlink(&batch->again, io);
        (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_QUEUED);
        lio_io_prepend(&lane->pending, io);
        count_pending(lane, 1);
    }
    pthread_mutex_unlock(&lane->lock);
}

static void complete(struct lio_lane *lane,
                     const struct lio_completion *completion,
                     struct lio_batch *batch)
{
    uint32_t slot = (uint32_t)completion->id & 0xffffffu;
    struct lio_io *io = lio_slab_at(&lane->slab, slot);
    enum lio_io_state state;

    if (!io || !lio_io_is(io, completion->id, &state) ||
        state != LIO_IO_ISSUED) {
        lio_count(&lane->stats, LIO_COUNT_STALE, 1);
        return;
    }
    add(&lane->reaped_bytes, io->op.length);
    lio_transfer_completed(io, completion->result, batch);
}

/* Collect what is done, waiting for `min`; under the token. */
static void reap(struct lio_lane *lane, uint32_t min, int64_t timeout_ns,
                 struct lio_batch *batch)
{
    struct lio_completion *done = lane->completions;
    uint64_t asleep_ns = min > 0 ? lio_clock_ns() : 0;
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
        complete(lane, &done[i], batch);
    add(&lane->reaped, (uint64_t)n);
    requeue(lane, batch);
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

/* Sleep while another thread reaps, but not past what is ready already. */
static void sleep_aside(struct lio_lane *lane, const struct lio_wait *wait,
                        int64_t timeout_ns)
{
    lio_lane_flush(lane); /* the reaper may not know of what we staged */
    link_sleeper(lane, wait->waiter);
    if (atomic_load(&lane->token) != 0 && !wait->ready(wait->what))
        lio_park(&wait->waiter->woken, 0, timeout_ns);
    unlink_sleeper(lane, wait->waiter);
}

/* Reap until it is ready, the time is up, or callbacks want to run. */
static void reap_for(struct lio_lane *lane, const struct lio_wait *wait,
                     int64_t timeout_ns, struct lio_batch *batch)
{
    atomic_store(&wait->waiter->reaping, lane);
    do {
        bool must_wait = timeout_ns != 0 && !wait->ready(wait->what) &&
                         !atomic_load(&wait->waiter->woken);

        reap(lane, must_wait, must_wait ? timeout_ns : 0, batch);
        if (!must_wait)
            break;
        timeout_ns = timeout_ns < 0 ? -1 : 0;
    } while (!batch->callbacks.head && !batch->fed);
    atomic_store(&wait->waiter->reaping, NULL);
}

/* Collect what is done on the other lanes, without waiting. */
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
    batch->now_ns = lio_clock_ns();
    lio_lane_top_up(mine, batch);
    lio_batch_end(batch);
}

/* Our own operations wait, and none of them is on its way: what they wait for
 * is held by other lanes. */
static bool stuck(const struct lio_lane *lane)
{
    return atomic_load(&lane->npending) > 0 && lio_lane_in_flight(lane) == 0;
}

static int64_t shorter(int64_t timeout_ns, int64_t limit_ns)
{
    return timeout_ns < 0 || timeout_ns > limit_ns ? limit_ns : timeout_ns;
}

int lio_lane_wait(struct lio_lane *lane, const struct lio_wait *wait)
{
    struct lio_batch batch;
    int64_t left;
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
        if (stuck(lane) || (wait->scattered && wait->scattered(wait->what))) {
            help_others(lane, &batch);
            if (wait->ready(wait->what))
                break;
            if (left != 0)
                left = shorter(left, SLICE_NS);
        }
        if (take_token(lane)) {
            reap_for(lane, wait, left, &batch);
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
