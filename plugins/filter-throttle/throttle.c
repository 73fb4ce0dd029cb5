/*
 * filter-throttle: a slower device than the one that is there.
 *
 *     submit ──► next one                         as fast as it can
 *        └─► played.c: would be done at 10:04
 *     next one's completion ──► held until 10:04 ──► reap
 *
 * The bytes move at once; what comes late is the news of it.  So an operation
 * is done when both devices are, the played one and the real one, and the time
 * in between costs a place in a heap and nothing else.
 */
#include <lanceio/plugin.h>

#include <stdlib.h>

#include "common/clock.h"
#include "played.h"
#include "plugins/filter/due.h"
#include "plugins/filter/ids.h"
#include "plugins/filter/relay.h"

#define NS_PER_HOUR (3600 * LIO_NS_PER_SEC)

enum { LATENCY, JITTER, IOPS, BANDWIDTH, DEPTH, SEED }; /* as in the table */

static const struct lio_param throttle_params[] = {
    { .name = "latency",
      .type = LIO_PARAM_TIME,
      .max = NS_PER_HOUR,
      .help = "least time of every operation" },
    { .name = "jitter",
      .type = LIO_PARAM_TIME,
      .max = NS_PER_HOUR,
      .help = "time added to it, evenly spread from 0 to this" },
    { .name = "iops",
      .type = LIO_PARAM_UINT,
      .max = 1000 * 1000 * 1000,
      .help = "operations a second, all lanes together; 0 = no limit" },
    { .name = "bandwidth",
      .type = LIO_PARAM_SIZE,
      .max = LIO_BANDWIDTH_MAX,
      .help = "bytes a second, all lanes together; 0 = no limit" },
    { .name = "depth",
      .type = LIO_PARAM_UINT,
      .max = 65536,
      .help = "operations the device works on at once; 0 = no limit" },
    { .name = "seed",
      .type = LIO_PARAM_UINT,
      .preset = 1,
      .help = "of the random numbers for jitter" },
};

struct throttle {
    const struct lio_backend_ops *next;
    void *next_backend;
    struct lio_played device;
};

struct queue {
    struct lio_relay relay;
    struct throttle *throttle;
    bool unlimited;       /* then nothing below is used */
    struct lio_ids ids;   /* of what is in flight; the relay's lock */
    uint64_t *due_ns;     /* by slot */
    struct lio_dues held; /* the completions that have come too early */
};

/* -- life ----------------------------------------------------------------- */

static int throttle_open(const struct lio_backend_setup *setup,
                         void **ret_backend, struct lio_error *err)
{
    const union lio_value *values = setup->params;
    struct lio_played_config config = {
        .latency_ns = values[LATENCY].u,
        .jitter_ns = values[JITTER].u,
        .iops = values[IOPS].u,
        .bytes_per_sec = values[BANDWIDTH].u,
        .depth = (uint32_t)values[DEPTH].u,
        .seed = values[SEED].u,
    };
    struct throttle *throttle = malloc(sizeof(*throttle));
    int rc;

    if (!throttle)
        return lio_error_set(err, LIO_ENOMEM, "no memory for filter-throttle");
    throttle->next = setup->next;
    throttle->next_backend = setup->next_backend;
    rc = lio_played_init(&throttle->device, &config, err);
    if (rc < 0) {
        free(throttle);
        return rc;
    }
    *ret_backend = throttle;
    return 0;
}

static void throttle_close(void *backend)
{
    struct throttle *throttle = backend;

    lio_played_release(&throttle->device);
    free(throttle);
}

/* -- files, handed through ------------------------------------------------ */

static int throttle_file_open(void *backend, const char *uri, uint32_t flags,
                              void **ret_handle, struct lio_file_info *ret_info,
                              struct lio_error *err)
{
    const struct throttle *throttle = backend;

    return throttle->next->file_open(throttle->next_backend, uri, flags,
                                     ret_handle, ret_info, err);
}

static int throttle_file_stat(void *backend, void *handle,
                              struct lio_file_info *ret_info,
                              struct lio_error *err)
{
    const struct throttle *throttle = backend;

    return throttle->next->file_stat(throttle->next_backend, handle, ret_info,
                                     err);
}

static void throttle_file_close(void *backend, void *handle)
{
    const struct throttle *throttle = backend;

    throttle->next->file_close(throttle->next_backend, handle);
}

/* -- completions ---------------------------------------------------------- */

/* One that we do not know is not ours to keep: it leaves at once, or is dropped
 * where there are so many that they could take the room of the others. */
static void throttle_land(struct lio_relay *relay,
                          const struct lio_completion *done)
{
    struct queue *q = (struct queue *)relay;
    struct lio_due due = { .slot = lio_ids_find(&q->ids, done->id),
                           .done = *done };

    if (due.slot != LIO_NO_ID)
        due.at_ns = q->due_ns[due.slot];
    else if (q->held.n >= q->ids.nslots)
        return;
    (void)lio_dues_add(&q->held, due);
}

static uint32_t throttle_take(struct lio_relay *relay,
                              struct lio_completion *out, uint32_t max,
                              uint64_t *ret_due_ns)
{
    struct queue *q = (struct queue *)relay;
    uint64_t now_ns = q->held.n > 0 ? lio_clock_ns() : 0;
    struct lio_due due;
    uint32_t n = 0;

    while (n < max && lio_dues_pop(&q->held, now_ns, &due)) {
        if (due.slot != LIO_NO_ID)
            lio_ids_remove(&q->ids, due.slot);
        out[n++] = due.done;
    }
    *ret_due_ns = lio_dues_next(&q->held);
    return n;
}

static const struct lio_relay_ops relay_ops = { throttle_land, throttle_take };

/* -- queues --------------------------------------------------------------- */

static void free_queue(struct queue *q)
{
    lio_dues_release(&q->held);
    lio_ids_release(&q->ids);
    free(q->due_ns);
    free(q);
}

static int throttle_queue_open(void *backend, uint32_t depth, void **ret_queue,
                               struct lio_error *err)
{
    struct throttle *throttle = backend;
    struct queue *q = calloc(1, sizeof(*q));
    int rc;

    if (!q)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a queue");
    q->throttle = throttle;
    q->unlimited = lio_played_unlimited(&throttle->device);
    rc = lio_ids_init(&q->ids, depth, err);
    if (rc == 0)
        rc = lio_dues_init(&q->held, 2 * depth, err);
    if (rc == 0 && !(q->due_ns = calloc(depth, sizeof(*q->due_ns))))
        rc = lio_error_set(err, LIO_ENOMEM, "no memory for a queue");
    if (rc == 0)
        rc = lio_relay_open(&q->relay, &relay_ops, throttle->next,
                            throttle->next_backend, depth, err);
    if (rc < 0) {
        free_queue(q);
        return rc;
    }
    *ret_queue = q;
    return 0;
}

static void throttle_queue_close(void *queue)
{
    struct queue *q = queue;

    lio_relay_close(&q->relay);
    free_queue(q);
}

/* Note and hand on one operation; false if there is no room for it.  The lock
 * is held over both, so that it cannot come back before it has been noted. */
static bool submit_one(struct queue *q, struct lio_op *op, uint64_t now_ns)
{
    uint32_t slot = lio_ids_add(&q->ids, op->id);

    if (slot == LIO_NO_ID)
        return false;
    if (q->relay.next->submit(q->relay.next_queue, &op, 1) == 0) {
        lio_ids_remove(&q->ids, slot);
        return false;
    }
    q->due_ns[slot] = lio_played_done(&q->throttle->device, now_ns, op->length);
    return true;
}

static uint32_t throttle_submit(void *queue, struct lio_op *const *ops,
                                uint32_t nops)
{
    struct queue *q = queue;
    uint64_t now_ns;
    uint32_t n = 0;

    if (q->unlimited)
        return q->relay.next->submit(q->relay.next_queue, ops, nops);
    now_ns = lio_clock_ns();
    pthread_mutex_lock(&q->relay.lock);
    while (n < nops && submit_one(q, ops[n], now_ns))
        n++;
    pthread_mutex_unlock(&q->relay.lock);
    return n;
}

static int throttle_flush(void *queue)
{
    struct queue *q = queue;

    return q->relay.next->flush(q->relay.next_queue);
}

static int throttle_reap(void *queue, struct lio_completion *out, uint32_t max,
                         uint32_t min, int64_t timeout_ns)
{
    struct queue *q = queue;

    if (q->unlimited)
        return q->relay.next->reap(q->relay.next_queue, out, max, min,
                                   timeout_ns);
    return lio_relay_reap(queue, out, max, min, timeout_ns);
}

/* What is held has been done, so it leaves now, with what became of it; the
 * rest is asked of the next one, and leaves when that has an answer. */
static int cancel_held(struct queue *q, uint64_t id)
{
    struct lio_due due;
    uint32_t slot;

    if (lio_dues_take(&q->held, id, &due)) {
        due.at_ns = 0;
        (void)lio_dues_add(&q->held, due);
        lio_relay_nudge(&q->relay);
        return 0;
    }
    slot = lio_ids_find(&q->ids, id);
    if (slot != LIO_NO_ID)
        q->due_ns[slot] = 0;
    return q->relay.next->cancel(q->relay.next_queue, id);
}

static int throttle_cancel(void *queue, uint64_t id)
{
    struct queue *q = queue;
    int rc;

    if (q->unlimited)
        return q->relay.next->cancel(q->relay.next_queue, id);
    pthread_mutex_lock(&q->relay.lock);
    rc = cancel_held(q, id);
    pthread_mutex_unlock(&q->relay.lock);
    return rc;
}

static int throttle_wake(void *queue)
{
    struct queue *q = queue;

    if (q->unlimited)
        return q->relay.next->wake(q->relay.next_queue);
    return lio_relay_wake(queue);
}

/* -- the table ------------------------------------------------------------ */

static const struct lio_backend_ops throttle_ops = {
    .open = throttle_open,
    .close = throttle_close,
    .file_open = throttle_file_open,
    .file_stat = throttle_file_stat,
    .file_close = throttle_file_close,
    .queue_open = throttle_queue_open,
    .queue_close = throttle_queue_close,
    .submit = throttle_submit,
    .flush = throttle_flush,
    .reap = throttle_reap,
    .cancel = throttle_cancel,
    .wake = throttle_wake,
};

LIO_FILTER_PLUGIN("filter-throttle", "1.0.0",
                  "simulates a slower device: latency, IOPS, bandwidth, depth",
                  throttle_params, LIO_COUNT(throttle_params), throttle_ops)
