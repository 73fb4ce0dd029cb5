/*
 * The layer over a backend that blocks, and its queues.
 *
 *     submit ──► waiting ──┬─ executor thread: run() ─┬─► done ──► reap
 *                          └─ reaper:          run() ─┘
 *
 * Both lists are rings of `depth` entries; the core keeps no more in flight.
 */
#include "core/blocking.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/clock.h"

struct lio_blocking {
    struct lio_backend_ops inner; /* the backend's own */
    void *backend;
    struct lio_executor *executor;
    pthread_mutex_t lock;
    struct queue *queues; /* that are open; the lock */
};

struct queue {
    struct lio_blocking *layer;
    struct queue *next, *prev; /* in the layer's list */
    uint32_t depth;

    pthread_mutex_t lock;   /* guards all below; never held over run() */
    pthread_cond_t changed; /* something is done, waiting, or woken */
    const struct lio_op **waiting;
    uint32_t waiting_head, nwaiting;
    uint32_t nunoffered; /* of the waiting ones, not yet told to the executor */
    struct lio_completion *done;
    uint32_t done_head, ndone;
    uint32_t noffers; /* executor tasks that still point here */
    bool woken;
};

static void put_done(struct queue *q, uint64_t id, int64_t result)
{
    uint32_t at = (q->done_head + q->ndone) % q->depth;

    q->done[at] = (struct lio_completion){ id, result };
    q->ndone++;
    pthread_cond_signal(&q->changed);
}

/* Take one waiting operation and run it.  Called with the lock, which it gives
 * up meanwhile.  Returns false if there is none. */
static bool run_one(struct queue *q)
{
    const struct lio_op *op;
    int64_t result;

    if (q->nwaiting == 0)
        return false;
    op = q->waiting[q->waiting_head];
    q->waiting_head = (q->waiting_head + 1) % q->depth;
    q->nwaiting--;
    if (q->nunoffered > q->nwaiting)
        q->nunoffered = q->nwaiting;

    pthread_mutex_unlock(&q->lock);
    result = q->layer->inner.run(q->layer->backend, op);
    pthread_mutex_lock(&q->lock);
    put_done(q, op->id, result);
    return true;
}

static void offer_work(void *arg)
{
    struct queue *q = arg;

    pthread_mutex_lock(&q->lock);
    (void)run_one(q);
    if (--q->noffers == 0)
        pthread_cond_broadcast(&q->changed); /* close may wait for it */
    pthread_mutex_unlock(&q->lock);
}

static uint32_t blocking_submit(void *queue, struct lio_op *const *ops,
                                uint32_t nops)
{
    struct queue *q = queue;
    uint32_t n;

    pthread_mutex_lock(&q->lock);
    for (n = 0; n < nops && q->nwaiting + q->ndone < q->depth; n++) {
        q->waiting[(q->waiting_head + q->nwaiting) % q->depth] = ops[n];
        q->nwaiting++;
        q->nunoffered++;
    }
    pthread_mutex_unlock(&q->lock);
    return n;
}

/*
 * Tell the executor of every operation that nobody is going to run otherwise.
 * If it has no room the work is done here: that is the back-pressure.
 */
static int blocking_flush(void *queue)
{
    struct queue *q = queue;

    pthread_mutex_lock(&q->lock);
    while (q->nunoffered > 0) {
        q->nunoffered--;
        q->noffers++;
        pthread_mutex_unlock(&q->lock);
        if (!lio_executor_offer(q->layer->executor, offer_work, q))
            offer_work(q);
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return 0;
}

/* Sleep until something changes; false when the time is up. */
static bool sleep_until(struct queue *q, uint64_t deadline)
{
    struct timespec at;

    if (deadline == LIO_NO_DEADLINE)
        return pthread_cond_wait(&q->changed, &q->lock) == 0;
    if (deadline == 0)
        return false;
    at.tv_sec = (time_t)(deadline / LIO_NS_PER_SEC);
    at.tv_nsec = (long)(deadline % LIO_NS_PER_SEC);
    return pthread_cond_timedwait(&q->changed, &q->lock, &at) == 0;
}

static uint32_t take_done(struct queue *q, struct lio_completion *out,
                          uint32_t max)
{
    uint32_t n;

    for (n = 0; n < max && q->ndone > 0; n++) {
        out[n] = q->done[q->done_head];
        q->done_head = (q->done_head + 1) % q->depth;
        q->ndone--;
    }
    return n;
}

/* Leave one operation to the reaper that asks, so that the executor is not
 * told of it; false if there is none. */
static bool keep_one(struct queue *q)
{
    bool kept;

    pthread_mutex_lock(&q->lock);
    kept = q->nunoffered > 0;
    q->nunoffered -= kept;
    pthread_mutex_unlock(&q->lock);
    return kept;
}

/* The reaper has what it wants: what it kept for itself is for the others. */
static void give_back(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    if (q->nunoffered < q->nwaiting)
        q->nunoffered++;
    pthread_mutex_unlock(&q->lock);
    (void)blocking_flush(q);
}

/*
 * A reaper without a limit in time runs what is waiting itself, so that one
 * operation less is worth a worker's wake-up.  One with a limit cannot, because
 * run() takes as long as it takes.
 */
static int blocking_reap(void *queue, struct lio_completion *out, uint32_t max,
                         uint32_t min, int64_t timeout_ns)
{
    struct queue *q = queue;
    uint64_t deadline = lio_deadline_after(timeout_ns);
    bool runs = min > 0 && timeout_ns < 0;
    bool kept = runs && keep_one(q);
    uint32_t n = 0;

    (void)blocking_flush(q);
    pthread_mutex_lock(&q->lock);
    for (;;) {
        n += take_done(q, out + n, max - n);
        if (n >= min || q->woken)
            break;
        if (runs && run_one(q)) {
            kept = false;
            continue;
        }
        if (!sleep_until(q, deadline)) {
            n += take_done(q, out + n, max - n);
            break;
        }
    }
    q->woken = false;
    pthread_mutex_unlock(&q->lock);
    if (kept)
        give_back(q);
    return (int)n;
}

static int blocking_cancel(void *queue, uint64_t id)
{
    struct queue *q = queue;
    uint32_t at, next;
    int rc = -ENOENT;

    pthread_mutex_lock(&q->lock);
    for (uint32_t i = 0; i < q->nwaiting; i++) {
        at = (q->waiting_head + i) % q->depth;
        if (q->waiting[at]->id != id)
            continue;
        for (; i + 1 < q->nwaiting; i++, at = next) {
            next = (at + 1) % q->depth;
            q->waiting[at] = q->waiting[next];
        }
        q->nwaiting--;
        if (q->nunoffered > q->nwaiting)
            q->nunoffered = q->nwaiting;
        put_done(q, id, -ECANCELED);
        rc = 0;
        break;
    }
    pthread_mutex_unlock(&q->lock);
    return rc;
}

static int blocking_wake(void *queue)
{
    struct queue *q = queue;

    pthread_mutex_lock(&q->lock);
    q->woken = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return 0;
}

/* -- life ---------------------------------------------------------------- */

static void link_queue(struct queue *q)
{
    struct lio_blocking *layer = q->layer;

    pthread_mutex_lock(&layer->lock);
    q->next = layer->queues;
    if (q->next)
        q->next->prev = q;
    layer->queues = q;
    pthread_mutex_unlock(&layer->lock);
}

static void unlink_queue(struct queue *q)
{
    struct lio_blocking *layer = q->layer;

    pthread_mutex_lock(&layer->lock);
    if (q->prev)
        q->prev->next = q->next;
    else
        layer->queues = q->next;
    if (q->next)
        q->next->prev = q->prev;
    pthread_mutex_unlock(&layer->lock);
}

static void free_queue(struct queue *q)
{
    free(q->waiting);
    free(q->done);
    free(q);
}

static int blocking_queue_open(void *backend, uint32_t depth, void **ret_queue,
                               struct lio_error *err)
{
    struct queue *q = calloc(1, sizeof(*q));
    pthread_condattr_t attr;

    if (!q)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a queue");
    q->waiting = calloc(depth, sizeof(*q->waiting));
    q->done = calloc(depth, sizeof(*q->done));
    if (!q->waiting || !q->done) {
        free_queue(q);
        return lio_error_set(err, LIO_ENOMEM, "no memory for a queue of %u",
                             depth);
    }
    q->layer = backend;
    q->depth = depth;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attr);
    pthread_condattr_destroy(&attr);
    link_queue(q);
    *ret_queue = q;
    return 0;
}

static void blocking_queue_close(void *queue)
{
    struct queue *q = queue;

    unlink_queue(q);
    pthread_mutex_lock(&q->lock);
    while (q->noffers > 0)
        pthread_cond_wait(&q->changed, &q->lock);
    pthread_mutex_unlock(&q->lock);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free_queue(q);
}

/* -- files, handed through ----------------------------------------------- */

static int blocking_file_open(void *backend, const char *uri, uint32_t flags,
                              void **ret_handle, struct lio_file_info *ret_info,
                              struct lio_error *err)
{
    struct lio_blocking *layer = backend;

    return layer->inner.file_open(layer->backend, uri, flags, ret_handle,
                                  ret_info, err);
}

static int blocking_file_stat(void *backend, void *handle,
                              struct lio_file_info *ret_info,
                              struct lio_error *err)
{
    struct lio_blocking *layer = backend;

    return layer->inner.file_stat(layer->backend, handle, ret_info, err);
}

static void blocking_file_close(void *backend, void *handle)
{
    struct lio_blocking *layer = backend;

    layer->inner.file_close(layer->backend, handle);
}

/* -- the layer ----------------------------------------------------------- */

static const struct lio_backend_ops blocking_ops = {
    .file_open = blocking_file_open,
    .file_stat = blocking_file_stat,
    .file_close = blocking_file_close,
    .queue_open = blocking_queue_open,
    .queue_close = blocking_queue_close,
    .submit = blocking_submit,
    .flush = blocking_flush,
    .reap = blocking_reap,
    .cancel = blocking_cancel,
    .wake = blocking_wake,
};

const struct lio_backend_ops *lio_blocking_ops(void)
{
    return &blocking_ops;
}

int lio_blocking_open(const struct lio_backend_ops *ops, void *backend,
                      struct lio_executor *executor,
                      struct lio_blocking **ret_layer, struct lio_error *err)
{
    struct lio_blocking *layer = calloc(1, sizeof(*layer));

    if (!layer)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the backend");
    layer->inner = *ops;
    layer->backend = backend;
    layer->executor = executor;
    pthread_mutex_init(&layer->lock, NULL);
    *ret_layer = layer;
    return 0;
}

void lio_blocking_close(struct lio_blocking *layer)
{
    if (!layer)
        return;
    pthread_mutex_destroy(&layer->lock);
    free(layer);
}

void lio_blocking_abandon(struct lio_blocking *layer)
{
    struct queue *next;

    if (!layer)
        return;
    for (struct queue *q = layer->queues; q; q = next) {
        next = q->next;
        free_queue(q);
    }
    free(layer);
}
