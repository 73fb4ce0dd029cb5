/*
 * Delivery.
 */
#include "core/deliver.h"

#include "common/clock.h"
#include "core/engine.h"
#include "core/service.h"
#include "core/transfer.h"
#include "core/view.h"

void lio_deliver_joined(const struct lio_io *request, int change)
{
    if (request->cq)
        atomic_fetch_add(&request->cq->joins, change);
    else if (request->callback)
        lio_service_joined(request->lane->engine->service, change);
}

void lio_wake_registered(_Atomic(struct lio_waiter *) *slot,
                         struct lio_lane *home, const struct lio_waiter *self)
{
    struct lio_waiter *waiter = atomic_load(slot);

    if (!waiter || waiter == self)
        return;
    pthread_mutex_lock(&home->wait_lock);
    waiter = atomic_load(slot); /* it may have left */
    if (waiter)
        lio_waiter_wake(waiter);
    pthread_mutex_unlock(&home->wait_lock);
}

static void deliver_to_queue(struct lio_io *request, struct lio_batch *batch)
{
    struct lio_cq *cq = request->cq;

    if (cq == batch->own_cq) {
        lio_io_append(&cq->own, request);
        cq->nown++;
        return;
    }
    /* The wake under the lock: once its last result is out, and the lock free,
     * the consumer may close the queue. */
    pthread_mutex_lock(&cq->lock);
    lio_io_append(&cq->done, request);
    atomic_fetch_add(&cq->ndone, 1);
    lio_wake_registered(&cq->waiter, cq->lane, batch->self);
    pthread_mutex_unlock(&cq->lock);
}

void lio_deliver(struct lio_io *request, struct lio_batch *batch)
{
    enum lio_io_state from = lio_io_state(request);

    if (request->callback) {
        (void)lio_io_move(request, from, LIO_IO_DONE);
        lio_io_append(&batch->callbacks, request);
    } else if (request->cq) {
        (void)lio_io_move(request, from, LIO_IO_DONE);
        deliver_to_queue(request, batch);
    } else {
        (void)lio_io_move(request, from, LIO_IO_DONE);
        /* It may be taken and reused from here on: then the waiter found is
         * another's, whose wake-up is spurious. */
        lio_wake_registered(&request->waiter, request->lane, batch->self);
    }
}

/* -- taking -------------------------------------------------------------- */

static void fill_result(const struct lio_io *io, struct lio_result *result)
{
    result->id = lio_io_id(io);
    result->user = io->user;
    result->code = lio_io_code(io);
    result->os_errno = (int32_t)atomic_load(&io->failure);
    result->bytes = result->code ? 0 : io->bytes;
    result->view = result->code ? NULL : io->view;
    result->file = io->file;
    result->offset = io->offset;
    result->length = io->length;
    result->kind = io->kind;
    result->tries = lio_io_tries(io);
}

/* Under the lane's lock. */
static void count_result(struct lio_lane *lane, const struct lio_io *io,
                         const struct lio_result *result, uint64_t now)
{
    struct lio_lane_stats *stats = &lane->stats;
    enum lio_stat_kind kind = (enum lio_stat_kind)io->kind;

    lio_count(stats, LIO_COUNT_DELIVERED, 1);
    if (result->code == LIO_ECANCELED)
        lio_count(stats, LIO_COUNT_CANCELLED, 1);
    else if (result->code == LIO_ETIMEDOUT &&
             atomic_load(&io->cancelled) == LIO_ETIMEDOUT)
        lio_count(stats, LIO_COUNT_TIMEOUTS, 1);
    else if (result->code)
        lio_count(stats, LIO_COUNT_FAILED, 1);
    if (kind == LIO_STAT_READ)
        lio_count(stats, LIO_COUNT_BYTES_READ, result->bytes);
    else
        lio_count(stats, LIO_COUNT_BYTES_WRITTEN, result->bytes);
    if (io->issued_ns)
        lio_hist_add(&stats->latency[LIO_STAGE_QUEUE][kind],
                     io->issued_ns - io->submitted_ns);
    lio_hist_add(&stats->latency[LIO_STAGE_TOTAL][kind],
                 io->done_ns - io->submitted_ns);
    lio_hist_add(&stats->latency[LIO_STAGE_DELIVER][kind],
                 now > io->done_ns ? now - io->done_ns : 0);
}

uint32_t lio_take(struct lio_lane *lane, struct lio_io_list *done,
                  struct lio_result *results, uint32_t max)
{
    uint64_t now = lio_clock_ns();
    struct lio_io *io;
    uint32_t n = 0;

    pthread_mutex_lock(&lane->lock);
    while (n < max && (io = lio_io_pop(done))) {
        fill_result(io, &results[n]);
        count_result(lane, io, &results[n], now);
        if (io->cq || io->callback) /* else it has been claimed */
            (void)lio_io_move(io, LIO_IO_DONE, LIO_IO_NEW);
        lio_lane_drop_locked(lane, io);
        n++;
    }
    pthread_mutex_unlock(&lane->lock);
    return n;
}

/*
 * A callback may submit, which may finish another request with a callback at
 * once, and so on.  So that this does not nest without end, a callback that
 * becomes due inside one is left to the loop that runs the outer one.
 */
static _Thread_local struct lio_batch *running_callbacks;

void lio_deliver_callbacks(struct lio_batch *batch)
{
    struct lio_io *io;

    if (!batch->callbacks.head)
        return;
    if (running_callbacks) {
        while ((io = lio_io_pop(&batch->callbacks)))
            lio_io_append(&running_callbacks->callbacks, io);
        return;
    }
    running_callbacks = batch;
    while ((io = lio_io_pop(&batch->callbacks))) {
        struct lio_io_list one = { 0 };
        lio_callback callback = io->callback;
        struct lio_result result;
        void *user = io->user;

        lio_io_append(&one, io);
        (void)lio_take(io->lane, &one, &result, 1);
        callback(&result, user);
    }
    running_callbacks = NULL;
}
