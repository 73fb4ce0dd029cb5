/*
 * A queue that does what the rules say.
 *
 *     submit ─► decide ─┬─ goes well, short, reorder, duplicate ─► next one
 *                       ├─ delay, late ─► waiting (by time) ─────► next one
 *                       └─ errno ───────► ready
 *
 *     next one ─► land ─┬─ goes well, short ─► ready ─────────────┐
 *                       ├─ duplicate ────────► ready, twice       ├─► reap
 *                       └─ reorder ──► back, until others passed ─┘
 *
 * An operation goes on as a copy: with the next one's handle, and cut if it is
 * to be short.  The copy keeps the id.
 *
 * What waits for its time is passed on by whoever reaps, so that the bytes too
 * come late, as they do from a device that is slow: a program that gives memory
 * back before the completion is there is found out.  For the same reason all
 * calls to the next one's submit side are made with the lock held.
 */
#include "fault.h"

#include <stdlib.h>

#include "common/clock.h"
#include "plugins/filter/due.h"
#include "plugins/filter/ids.h"
#include "plugins/filter/relay.h"

#define RETRY_NS   1000000    /* until an operation is offered again */
#define REORDER_NS 1000000000 /* that a completion waits for others at most */

/* An operation in flight; by slot. */
struct flight {
    struct lio_op op;
    struct lio_iovec *cut; /* op.iov of one that is to be short, or NULL */
    const struct lio_rule *rule;
};

/* A completion that waits: in `ready` its turn, in `back` for others. */
struct held {
    struct lio_completion done;
    uint32_t slot;     /* LIO_NO_ID: of nothing in flight */
    uint64_t after;    /* back: leaves when so many have, ever, */
    uint64_t until_ns; /* or at this time */
};

struct queue {
    struct lio_relay relay; /* its lock guards all below */
    struct fault *fault;
    struct lio_ids ids;
    struct flight *flights;
    struct lio_dues waiting;

    struct held *ready; /* a ring of nready_max */
    uint32_t ready_head, nready, nready_max;
    struct held *back; /* the one that came first, first */
    uint32_t nback;
    uint64_t left; /* completions, ever */

    bool unseen; /* submit has left something that a reap() which sleeps does
                    not know of */
};

/* -- completions ---------------------------------------------------------- */

/* There is room for one of each operation in flight, and as many again that
 * belong to none: further ones of these are dropped. */
static void make_ready(struct queue *q, struct lio_completion done,
                       uint32_t slot)
{
    uint32_t at = (q->ready_head + q->nready) % q->nready_max;

    if (slot == LIO_NO_ID && q->nready >= q->ids.nslots)
        return;
    q->ready[at] = (struct held){ .done = done, .slot = slot };
    q->nready++;
}

static void fault_land(struct lio_relay *relay,
                       const struct lio_completion *done)
{
    struct queue *q = (struct queue *)relay;
    uint32_t slot = lio_ids_find(&q->ids, done->id);
    const struct lio_rule *rule =
        slot == LIO_NO_ID ? NULL : q->flights[slot].rule;

    if (rule && rule->effect == LIO_EFFECT_REORDER) {
        q->back[q->nback++] = (struct held){
            .done = *done,
            .slot = slot,
            .after = q->left + rule->amount,
            .until_ns = lio_clock_ns() + REORDER_NS,
        };
        return;
    }
    make_ready(q, *done, slot);
    if (rule && rule->effect == LIO_EFFECT_DUPLICATE)
        make_ready(q, *done, LIO_NO_ID);
}

static void retire(struct queue *q, uint32_t slot)
{
    free(q->flights[slot].cut);
    q->flights[slot].cut = NULL;
    lio_ids_remove(&q->ids, slot);
}

static struct lio_completion leave(struct queue *q, const struct held *held)
{
    if (held->slot != LIO_NO_ID)
        retire(q, held->slot);
    q->left++;
    return held->done;
}

/* The first of those that are held back may leave: enough others have, or there
 * are no others, or they take too long. */
static bool may_pass(const struct queue *q)
{
    return q->nback > 0 &&
           (q->left >= q->back[0].after || q->ids.nused == q->nback ||
            lio_clock_ns() >= q->back[0].until_ns);
}

static struct lio_completion leave_back(struct queue *q)
{
    struct held first = q->back[0];

    q->nback--;
    memmove(q->back, q->back + 1, q->nback * sizeof(*q->back));
    return leave(q, &first);
}

static struct lio_completion leave_ready(struct queue *q)
{
    struct held first = q->ready[q->ready_head];

    q->ready_head = (q->ready_head + 1) % q->nready_max;
    q->nready--;
    return leave(q, &first);
}

/* -- passing on ----------------------------------------------------------- */

static bool pass_on(struct queue *q, uint32_t slot)
{
    struct lio_op *op = &q->flights[slot].op;

    return q->relay.next->submit(q->relay.next_queue, &op, 1) == 1;
}

static void wait_until(struct queue *q, uint32_t slot, uint64_t at_ns)
{
    (void)lio_dues_add(&q->waiting, (struct lio_due){
                                        .at_ns = at_ns,
                                        .slot = slot,
                                        .done.id = q->flights[slot].op.id,
                                    });
}

/* Pass on what has waited long enough, and send it: the reap() that comes
 * through here may be over before it would. */
static void pass_due(struct queue *q)
{
    uint64_t now_ns;
    struct lio_due due;
    bool any = false;

    if (q->waiting.n == 0)
        return;
    now_ns = lio_clock_ns();
    while (lio_dues_pop(&q->waiting, now_ns, &due)) {
        if (pass_on(q, due.slot))
            any = true;
        else
            wait_until(q, due.slot, now_ns + RETRY_NS);
    }
    if (any)
        (void)q->relay.next->flush(
            q->relay.next_queue); /* else the next reap */
}

static uint32_t fault_take(struct lio_relay *relay, struct lio_completion *out,
                           uint32_t max, uint64_t *ret_due_ns)
{
    struct queue *q = (struct queue *)relay;
    uint32_t n = 0;

    pass_due(q);
    while (n < max) {
        if (may_pass(q))
            out[n++] = leave_back(q);
        else if (q->nready > 0)
            out[n++] = leave_ready(q);
        else
            break;
    }
    *ret_due_ns = lio_dues_next(&q->waiting);
    if (q->nback > 0 && q->back[0].until_ns < *ret_due_ns)
        *ret_due_ns = q->back[0].until_ns;
    return n;
}

static const struct lio_relay_ops relay_ops = { fault_land, fault_take };

/* -- submitting ----------------------------------------------------------- */

/* `amount` bytes, or as near to it as the file's alignment allows. */
static uint64_t cut_length(const struct fault_handle *handle, uint64_t amount)
{
    uint64_t rest = amount % handle->step;

    return amount > rest ? amount - rest : handle->step;
}

/* Without memory for it the operation goes well. */
static void cut_short(struct flight *flight, uint64_t length)
{
    struct lio_op *op = &flight->op;
    uint64_t left = length;
    uint32_t n = 0;

    if (length >= op->length)
        return;
    flight->cut = malloc(op->niov * sizeof(*flight->cut));
    if (!flight->cut)
        return;
    for (; left > 0; n++) {
        flight->cut[n] = op->iov[n];
        if (flight->cut[n].len > left)
            flight->cut[n].len = left;
        left -= flight->cut[n].len;
    }
    op->iov = flight->cut;
    op->niov = n;
    op->length = length;
}

/* Sync is the only one without a place. */
static const struct lio_rule *decide(struct queue *q, const struct lio_op *op)
{
    const struct fault_handle *handle = op->handle;

    if (op->kind < LIO_OP_READ || op->kind > LIO_OP_SYNC)
        return NULL;
    return lio_fault_decide(q->fault, handle->file, 1u << op->kind, op->offset,
                            op->length);
}

/* False if the next one has no room. */
static bool start(struct queue *q, uint32_t slot, const struct lio_op *op)
{
    const struct fault_handle *handle = op->handle;
    struct flight *flight = &q->flights[slot];
    const struct lio_rule *rule = decide(q, op);

    flight->rule = rule;
    flight->op = *op;
    flight->op.handle = handle->next;
    switch (rule ? rule->effect : LIO_EFFECT_NONE) {
    case LIO_EFFECT_ERRNO:
        make_ready(q, (struct lio_completion){ op->id, -(int64_t)rule->amount },
                   slot);
        q->unseen = true;
        return true;
    case LIO_EFFECT_DELAY:
    case LIO_EFFECT_LATE:
        wait_until(q, slot, lio_clock_ns() + rule->amount);
        q->unseen = true;
        return true;
    case LIO_EFFECT_SHORT:
        cut_short(flight, cut_length(handle, rule->amount));
        return pass_on(q, slot);
    default:
        return pass_on(q, slot);
    }
}

uint32_t fault_submit(void *queue, struct lio_op *const *ops, uint32_t nops)
{
    struct queue *q = queue;
    uint32_t n, slot;

    pthread_mutex_lock(&q->relay.lock);
    for (n = 0; n < nops; n++) {
        slot = lio_ids_add(&q->ids, ops[n]->id);
        if (slot == LIO_NO_ID)
            break;
        if (!start(q, slot, ops[n])) {
            retire(q, slot);
            break;
        }
    }
    pthread_mutex_unlock(&q->relay.lock);
    return n;
}

int fault_flush(void *queue)
{
    struct queue *q = queue;
    int rc;

    pthread_mutex_lock(&q->relay.lock);
    rc = q->relay.next->flush(q->relay.next_queue);
    if (q->unseen)
        lio_relay_nudge(&q->relay);
    q->unseen = false;
    pthread_mutex_unlock(&q->relay.lock);
    return rc;
}

/* What only waits has not begun, and is stopped.  What is late is not, at any
 * time, nor what has its result. */
static int cancel(struct queue *q, uint64_t id)
{
    uint32_t slot = lio_ids_find(&q->ids, id);
    const struct lio_rule *rule =
        slot == LIO_NO_ID ? NULL : q->flights[slot].rule;
    struct lio_due due;

    if (rule &&
        (rule->effect == LIO_EFFECT_LATE || rule->effect == LIO_EFFECT_ERRNO))
        return -EALREADY;
    if (!rule || rule->effect != LIO_EFFECT_DELAY ||
        !lio_dues_take(&q->waiting, id, &due))
        return q->relay.next->cancel(q->relay.next_queue, id);
    make_ready(q, (struct lio_completion){ id, -ECANCELED }, slot);
    lio_relay_nudge(&q->relay);
    return 0;
}

int fault_cancel(void *queue, uint64_t id)
{
    struct queue *q = queue;
    int rc;

    pthread_mutex_lock(&q->relay.lock);
    rc = cancel(q, id);
    pthread_mutex_unlock(&q->relay.lock);
    return rc;
}

/* -- life ----------------------------------------------------------------- */

static void free_queue(struct queue *q)
{
    lio_dues_release(&q->waiting);
    lio_ids_release(&q->ids);
    free(q->flights);
    free(q->ready);
    free(q->back);
    free(q);
}

static int allocate(struct queue *q, uint32_t depth, struct lio_error *err)
{
    int rc = lio_ids_init(&q->ids, depth, err);

    if (rc == 0)
        rc = lio_dues_init(&q->waiting, depth, err);
    if (rc < 0)
        return rc;
    q->nready_max = 2 * depth;
    q->flights = calloc(depth, sizeof(*q->flights));
    q->ready = calloc(q->nready_max, sizeof(*q->ready));
    q->back = calloc(depth, sizeof(*q->back));
    if (!q->flights || !q->ready || !q->back)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for a queue of %u operations", depth);
    return 0;
}

int fault_queue_open(void *backend, uint32_t depth, void **ret_queue,
                     struct lio_error *err)
{
    struct fault *fault = backend;
    struct queue *q = calloc(1, sizeof(*q));
    int rc;

    if (!q)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a queue");
    q->fault = fault;
    rc = allocate(q, depth, err);
    if (rc == 0)
        rc = lio_relay_open(&q->relay, &relay_ops, fault->next,
                            fault->next_backend, depth, err);
    if (rc < 0) {
        free_queue(q);
        return rc;
    }
    *ret_queue = q;
    return 0;
}

void fault_queue_close(void *queue)
{
    struct queue *q = queue;

    lio_relay_close(&q->relay);
    free_queue(q);
}
