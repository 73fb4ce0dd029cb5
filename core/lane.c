/*
 * The submit side of lanes: admitting requests, handing operations down.
 */
#include "core/lane.h"

#include <assert.h>

#include "core/engine.h"
#include "core/gap.h"
#include "core/merge.h"
#include "core/transfer.h"

/* -- lifetime ------------------------------------------------------------ */

int lio_lane_open(struct lio_lane *lane, struct lio_engine *engine,
                  uint32_t index, struct lio_error *err)
{
    int rc;

    lane->engine = engine;
    lane->ops = engine->stack.ops;
    lane->index = index;
    lane->budget_place.owner = lane;
    lane->depth = engine->settings->engine.queue_depth;
    if (lio_slab_init(&lane->slab) < 0)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a lane");
    rc = lane->ops->queue_open(engine->stack.backend, lane->depth, &lane->queue,
                               err);
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

void lio_lane_drop_locked(struct lio_lane *lane, struct lio_io *io)
{
    if (--io->holds == 0)
        lio_slab_put(&lane->slab, io);
    else
        (void)lio_io_move(io, LIO_IO_NEW, LIO_IO_FREE); /* its id is stale */
}

void lio_lane_drop(struct lio_lane *lane, struct lio_io *io)
{
    pthread_mutex_lock(&lane->lock);
    lio_lane_drop_locked(lane, io);
    pthread_mutex_unlock(&lane->lock);
}

void lio_lane_put(struct lio_lane *lane, struct lio_io_list *list)
{
    struct lio_io *io;

    pthread_mutex_lock(&lane->lock);
    while ((io = lio_io_pop(list)))
        lio_slab_put(&lane->slab, io);
    pthread_mutex_unlock(&lane->lock);
}

bool lio_lane_expose(struct lio_lane *lane, struct lio_io *request)
{
    bool ending;

    pthread_mutex_lock(&lane->lock);
    request->exposed = true;
    ending = atomic_load(&request->ending);
    pthread_mutex_unlock(&lane->lock);
    return !ending;
}

static void count_waiting(struct lio_lane *lane, int change)
{
    uint32_t n = atomic_load_explicit(&lane->nwaiting, memory_order_relaxed);

    atomic_store(&lane->nwaiting, n + (uint32_t)change);
}

/* Who reaps may be asleep already, for nothing of what has been staged since;
 * and who has staged it need never come back.  Either he sees what is staged,
 * because he sends it before he sleeps, or we see his token. */
static bool must_send(struct lio_lane *lane, bool flush)
{
    return atomic_load(&lane->unflushed) &&
           (flush || atomic_load(&lane->token) != 0);
}

static void send(struct lio_lane *lane)
{
    atomic_store(&lane->unflushed, 0);
    if (lane->ops->flush(lane->queue) < 0)
        atomic_store(&lane->unflushed, 1); /* the next reap sends it */
}

/* -- admission: from waiting requests to ready operations ---------------- */

/* One operation of an admitted request; its share of the budget is its own to
 * give back. */
static void make_ready(struct lio_lane *lane, struct lio_io *io)
{
    (void)lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED);
    io->taken_bytes = io->op.length;
    lio_io_append(&lane->ready, io);
    lane->nready++;
    count_waiting(lane, 1);
}

/* The parts of an admitted request never ask again. */
static void make_all_ready(struct lio_lane *lane, struct lio_io *request)
{
    struct lio_io *part;

    if (!request->planned.head) {
        make_ready(lane, request);
        return;
    }
    while ((part = lio_io_pop(&request->planned)))
        make_ready(lane, part);
}

static uint64_t cost_of(const struct lio_io *request)
{
    const struct lio_io *part;
    uint64_t sum = 0;

    if (!request->planned.head)
        return request->op.length;
    for (part = request->planned.head; part; part = part->next)
        sum += part->op.length;
    return sum;
}

static bool take_budget(struct lio_lane *lane, uint64_t bytes)
{
    return lio_budget_take(&lane->engine->budget, bytes, &lane->budget_place);
}

/* Take a waiting request out of the scheduler, other than by serving it. */
static void stop_waiting(struct lio_lane *lane, struct lio_io *request)
{
    lio_scheduler_remove(&lane->scheduler, request);
    request->waiting = false;
    count_waiting(lane, -1);
    if (lane->scheduler.nwaiting == 0)
        lio_budget_leave(&lane->engine->budget, &lane->budget_place);
}

/* Let the request in that is next, if there is budget for it. */
static bool admit_next(struct lio_lane *lane)
{
    struct lio_io *request = lio_scheduler_next(&lane->scheduler);
    uint64_t cost;

    if (!request)
        return false;
    cost = cost_of(request);
    if (!take_budget(lane, cost))
        return false;
    lio_scheduler_serve(&lane->scheduler, request, cost);
    /* What costs nothing has not asked, and so has not left the queue that one
     * before it, cancelled since, had joined. */
    if (cost == 0 && lane->scheduler.nwaiting == 0)
        lio_budget_leave(&lane->engine->budget, &lane->budget_place);
    request->waiting = false;
    count_waiting(lane, -1);
    make_all_ready(lane, request);
    return true;
}

/* Below the limits a request goes straight down. */
static bool admit_at_once(struct lio_lane *lane, struct lio_io *request)
{
    if (lane->scheduler.nwaiting > 0 || lane->ready.head ||
        lio_lane_in_flight(lane) >= lane->depth)
        return false;
    if (take_budget(lane, cost_of(request))) {
        make_all_ready(lane, request);
        return true;
    }
    if (request->flags & LIO_NOWAIT)
        lio_budget_leave(&lane->engine->budget, &lane->budget_place);
    return false;
}

static void let_wait(struct lio_lane *lane, struct lio_io *request)
{
    if (!request->planned.head)
        (void)lio_io_move(request, LIO_IO_NEW, LIO_IO_QUEUED);
    request->waiting = true;
    lio_scheduler_add(&lane->scheduler, request);
    count_waiting(lane, 1);
    lio_count(&lane->stats, LIO_COUNT_QUEUED, 1);
}

/* It ends without the backend.  It is in no queue any more, and whoever would
 * stop it must see that: we still have it once the lock is free. */
static void fail(struct lio_io *io, struct lio_io_list *failed)
{
    (void)lio_io_move(io, lio_io_state(io), LIO_IO_ENDING);
    lio_io_append(failed, io);
}

/* All operations of a request that is not to be admitted any more. */
static void fail_ops(struct lio_io *request, struct lio_io_list *failed)
{
    struct lio_io *part;

    if (!request->planned.head) {
        fail(request, failed);
        return;
    }
    while ((part = lio_io_pop(&request->planned)))
        fail(part, failed);
}

/* Its deadline passed before it got here. */
static void end_unwanted(struct lio_io *request, struct lio_io_list *failed)
{
    int code = atomic_load(&request->cancelled);

    lio_io_fail(request, code, lio_errno_of_stop(code));
    fail_ops(request, failed);
}

/* -- the pump: from ready operations to the backend ---------------------- */

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

    assert(moved); /* only the lock's holder moves a ready one */
    (void)moved;
    io->issued_ns = now;
    op->id = lio_io_try_id(io);
    /* Counted first: it may come back before submit() returns. */
    lio_lane_add(&lane->issued, 1);
    lio_lane_add(&lane->issued_bytes, op->length);
    if (lane->ops->submit(lane->queue, &op, 1) == 1)
        return true;
    lio_lane_add(&lane->issued, (uint64_t)-1);
    lio_lane_add(&lane->issued_bytes, -op->length);
    (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_QUEUED);
    (void)lio_handle_release(lane->engine->pool, io->handle);
    return false;
}

static void leave_ready(struct lio_lane *lane, struct lio_io *io)
{
    lio_io_unlink(&lane->ready, io);
    lane->nready--;
    count_waiting(lane, -1);
}

/* To the front: it is the oldest. */
static void return_to_ready(struct lio_lane *lane, struct lio_io *io)
{
    lio_io_prepend(&lane->ready, io);
    lane->nready++;
    count_waiting(lane, 1);
}

/* An operation of `ready`.  False if it must stay there. */
static bool pump_one(struct lio_lane *lane, struct lio_io *io, uint64_t now,
                     struct lio_io_list *failed)
{
    int rc;

    if (lio_io_unwanted(io)) {
        int code = atomic_load(&lio_io_request(io)->cancelled);

        lio_io_fail(io, code, lio_errno_of_stop(code));
        leave_ready(lane, io);
        fail(io, failed);
        return true;
    }
    rc = equip(lane, io);
    if (rc == LIO_EAGAIN)
        return false;
    /* Before it goes down: it may come back, to another thread, at once. */
    leave_ready(lane, io);
    if (rc < 0) {
        fail(io, failed);
    } else if (!hand_down(lane, io, now)) {
        return_to_ready(lane, io);
        return false;
    }
    return true;
}

/* -- merging: several ready operations as one ---------------------------- */

/* Reads of one file, in the order they would go down, that may be merged. */
struct gathered {
    struct lio_io *ios[LIO_COALESCE_MAX];
    struct lio_member members[LIO_COALESCE_MAX];
    uint32_t n;
};

static bool may_merge(const struct lio_io *io, const struct lio_io *first)
{
    return io->op.kind == LIO_OP_READ && io->handle == first->handle &&
           !io->alone && !lio_io_unwanted(io);
}

/* Only what is queued already: nothing waits in order to be merged. */
static void gather(struct lio_lane *lane, struct gathered *ret)
{
    struct lio_io *io, *first;

    while (lane->nready < LIO_COALESCE_MAX && admit_next(lane))
        ;
    first = lane->ready.head;
    ret->n = 0;
    for (io = first; io && ret->n < LIO_COALESCE_MAX; io = io->next) {
        if (!may_merge(io, first))
            continue;
        ret->members[ret->n] =
            (struct lio_member){ io->op.offset, io->op.length, ret->n };
        ret->ios[ret->n++] = io;
    }
}

/* What the gaps among the members put into the cache. */
static uint64_t kept_bytes(struct lio_io *const *ios, uint32_t n)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        if (lio_io_is_gap(ios[i]))
            sum += ios[i]->op.length;
    return sum;
}

static void count_merged(struct lio_lane *lane, const struct lio_merged *merged,
                         uint64_t kept)
{
    static const enum lio_counter by_tier[LIO_COALESCE_TIERS] = {
        LIO_COUNT_MERGED_TOUCHING,
        LIO_COUNT_MERGED_GAP,
        LIO_COUNT_MERGED_EXTENT,
    };

    lio_count(&lane->stats, by_tier[merged->tier], 1);
    lio_count(&lane->stats, LIO_COUNT_MERGE_MEMBERS, merged->count);
    lio_count(&lane->stats, LIO_COUNT_MERGE_PAYLOAD, merged->asked);
    lio_count(&lane->stats, LIO_COUNT_MERGE_WASTE,
              merged->range.length - merged->asked);
    lio_count(&lane->stats, LIO_COUNT_MERGE_KEPT, kept);
}

/* The members go into the list of the merged one, as issued. */
static void enlist(struct lio_lane *lane, struct lio_io *merged,
                   struct lio_io *const *ios, uint32_t n, uint64_t now)
{
    for (uint32_t i = 0; i < n; i++) {
        if (lio_io_is_gap(ios[i]))
            (void)lio_io_move(ios[i], LIO_IO_NEW, LIO_IO_QUEUED);
        else
            leave_ready(lane, ios[i]);
        (void)lio_io_move(ios[i], LIO_IO_QUEUED, LIO_IO_ISSUED);
        ios[i]->issued_ns = now;
        lio_io_append(&merged->merge->members, ios[i]);
    }
}

/* The members go back to where they were. */
static void dismiss(struct lio_lane *lane, struct lio_io *merged)
{
    struct lio_io *io;

    while ((io = merged->merge->members.tail)) {
        lio_io_unlink(&merged->merge->members, io);
        (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_QUEUED);
        if (!lio_io_is_gap(io))
            return_to_ready(lane, io);
    }
}

/* The gaps among them are not read after all: who has joined one meanwhile
 * reads it himself. */
static void give_up_gaps(struct lio_io *const *ios, uint32_t n,
                         struct lio_io_list *failed)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!lio_io_is_gap(ios[i]))
            continue;
        lio_io_fail(ios[i], LIO_EAGAIN, EAGAIN);
        lio_io_append(failed, ios[i]);
    }
}

/* One operation for all of `ios`, handed down.  False if they must stay where
 * they are. */
static bool hand_down_merged(struct lio_lane *lane, struct lio_io *const *ios,
                             uint32_t n, const struct lio_range *range,
                             uint64_t now)
{
    struct lio_io *io = lio_merge_make(lane, ios, n, range);

    if (!io)
        return false;
    (void)lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED);
    if (equip(lane, io) < 0) {
        lio_merge_unmake(lane, io);
        return false;
    }
    enlist(lane, io, ios, n, now);
    if (hand_down(lane, io, now))
        return true;
    dismiss(lane, io);
    lio_merge_unmake(lane, io);
    return false;
}

static bool pump_merged(struct lio_lane *lane, struct lio_io *const *ios,
                        const struct lio_merged *merged, uint64_t now,
                        struct lio_io_list *failed)
{
    struct lio_io *all[LIO_MERGE_MEMBERS];
    uint32_t n = lio_gap_fill(lane, ios, merged->count, now, all);
    /* Before it goes down: after, they may be gone at once. */
    uint64_t kept = kept_bytes(all, n);

    if (!hand_down_merged(lane, all, n, &merged->range, now)) {
        give_up_gaps(all, n, failed);
        return false;
    }
    count_merged(lane, merged, kept);
    return true;
}

/*
 * Hand down the reads that may be merged with the first ready one, and that
 * one.  What cannot be merged after all goes by itself.  False if there is no
 * room for more.
 */
static bool pump_gathered(struct lio_lane *lane, uint64_t now,
                          struct lio_io_list *failed)
{
    struct lio_coalesce_plan plan;
    struct lio_coalesce_load load = {
        .device = &lane->engine->device,
        .in_flight = (uint32_t)lio_lane_in_flight(lane),
        .depth = lane->depth,
    };
    struct gathered gathered;

    gather(lane, &gathered);
    if (gathered.n < 2)
        return pump_one(lane, lane->ready.head, now, failed);
    load.queued = atomic_load(&lane->nwaiting) - gathered.n;
    lio_coalesce(&lane->engine->coalescer, gathered.members, gathered.n, &load,
                 &plan);
    for (uint32_t g = 0; g < plan.ngroups; g++) {
        const struct lio_merged *merged = &plan.groups[g];
        struct lio_io *ios[LIO_COALESCE_MAX];

        for (uint32_t i = 0; i < merged->count; i++)
            ios[i] = gathered.ios[gathered.members[merged->first + i].index];
        if (lio_lane_in_flight(lane) >= lane->depth)
            return false;
        if (merged->count > 1 && pump_merged(lane, ios, merged, now, failed))
            continue;
        for (uint32_t i = 0; i < merged->count; i++)
            if (lio_lane_in_flight(lane) >= lane->depth ||
                !pump_one(lane, ios[i], now, failed))
                return false;
    }
    return true;
}

static bool merging(const struct lio_lane *lane)
{
    return lane->engine->coalesce_plugin != NULL;
}

/*
 * Admit and hand down while there is room.  Operations that end here go to
 * `failed`.  Under the lock; true if the backend got something.
 */
static bool pump(struct lio_lane *lane, uint64_t now,
                 struct lio_io_list *failed)
{
    uint64_t before = atomic_load(&lane->issued);

    while (lio_lane_in_flight(lane) < lane->depth) {
        if (!lane->ready.head && !admit_next(lane))
            break;
        if (!(merging(lane) ? pump_gathered(lane, now, failed)
                            : pump_one(lane, lane->ready.head, now, failed)))
            break;
    }
    if (!lane->ready.head)
        clear_starved(lane);
    return atomic_load(&lane->issued) != before;
}

static void pump_staged(struct lio_lane *lane, uint64_t now,
                        struct lio_io_list *failed)
{
    if (pump(lane, now, failed))
        atomic_store(&lane->unflushed, 1);
}

/* Where reads are merged, those before it in its batch are still to be handed
 * down.  One that may not wait is not refused only because of them. */
static bool admit_after_pump(struct lio_lane *lane, struct lio_io *request,
                             uint64_t now, struct lio_io_list *failed)
{
    if (!(request->flags & LIO_NOWAIT) || !lane->ready.head)
        return false;
    pump_staged(lane, now, failed);
    return admit_at_once(lane, request);
}

/* What ended without the backend is over before it began. */
static void end_failed(struct lio_io_list *failed, struct lio_batch *batch)
{
    struct lio_io *io;

    while ((io = lio_io_pop(failed)))
        lio_transfer_ended(io, batch);
}

void lio_lane_issue(struct lio_lane *lane, struct lio_io_list *requests,
                    bool flush, struct lio_batch *batch)
{
    struct lio_io_list failed = { 0 };
    struct lio_io *request;

    pthread_mutex_lock(&lane->lock);
    while ((request = lio_io_pop(requests))) {
        if (lio_io_unwanted(request)) {
            end_unwanted(request, &failed);
        } else if (admit_at_once(lane, request) ||
                   admit_after_pump(lane, request, batch->now_ns, &failed)) {
            /* The next one shall see how full it is now; but if reads are
             * merged, first see what else there is. */
            if (!merging(lane))
                pump_staged(lane, batch->now_ns, &failed);
        } else if (request->flags & LIO_NOWAIT) {
            lio_io_fail(request, LIO_EAGAIN, EAGAIN);
            fail_ops(request, &failed);
        } else {
            let_wait(lane, request);
        }
    }
    if (lane->ready.head || lane->scheduler.nwaiting > 0)
        pump_staged(lane, batch->now_ns, &failed);
    if (must_send(lane, flush))
        send(lane);
    lio_count(&lane->stats, LIO_COUNT_BATCHES, 1);
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

    if (atomic_load(&lane->nwaiting) == 0)
        return;
    pthread_mutex_lock(&lane->lock);
    if (pump(lane, batch->now_ns, &failed))
        send(lane);
    pthread_mutex_unlock(&lane->lock);
    end_failed(&failed, batch);
}

/* -- again --------------------------------------------------------------- */

void lio_lane_again(struct lio_lane *lane, struct lio_io_list *list)
{
    struct lio_io *io;

    if (!list->head)
        return;
    pthread_mutex_lock(&lane->lock);
    while ((io = list->tail)) { /* to the front: they are the oldest */
        lio_io_unlink(list, io);
        (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_QUEUED);
        return_to_ready(lane, io);
    }
    pthread_mutex_unlock(&lane->lock);
}

uint64_t lio_lane_delay(struct lio_lane *lane, struct lio_io *io)
{
    uint64_t id;

    /* Counted as waiting, so that nobody takes the lane for idle. */
    pthread_mutex_lock(&lane->lock);
    id = lio_io_id(io);
    (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_DELAYED);
    count_waiting(lane, 1);
    pthread_mutex_unlock(&lane->lock);
    return id;
}

void lio_lane_resume(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                     struct lio_batch *batch)
{
    enum lio_io_state state;
    bool mine;

    pthread_mutex_lock(&lane->lock);
    mine = lio_io_is(io, id, &state) && state == LIO_IO_DELAYED;
    if (mine) {
        (void)lio_io_move(io, LIO_IO_DELAYED, LIO_IO_QUEUED);
        lio_io_append(&lane->ready, io); /* counted as waiting already */
        lane->nready++;
    }
    pthread_mutex_unlock(&lane->lock);
    if (mine)
        lio_lane_top_up(lane, batch);
}

/* -- stopping ------------------------------------------------------------ */

/* Under the lock.  What can be ended here goes to `failed`. */
static void stop(struct lio_lane *lane, struct lio_io *io,
                 enum lio_io_state state, struct lio_io_list *failed)
{
    if (io->waiting) {
        stop_waiting(lane, io);
        fail_ops(io, failed);
    } else if (state == LIO_IO_QUEUED) {
        leave_ready(lane, io);
        fail(io, failed);
        if (!lane->ready.head)
            clear_starved(lane);
    } else if (state == LIO_IO_DELAYED) {
        count_waiting(lane, -1);
        fail(io, failed);
    } else if (state == LIO_IO_ISSUED) {
        (void)lane->ops->cancel(lane->queue, io->op.id);
    }
}

bool lio_lane_cancel(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                     int code, bool *ret_release, struct lio_batch *batch)
{
    struct lio_io_list failed = { 0 };
    enum lio_io_state state;
    bool known;

    /* Objects are reused under this lock only, so `io` stays what it is. */
    pthread_mutex_lock(&lane->lock);
    known = lio_io_is(io, id, &state);
    if (known && state != LIO_IO_DONE) {
        atomic_store(&io->cancelled, code);
        stop(lane, io, state, &failed);
        if (failed.head) {
            lio_io_fail(io, code, lio_errno_of_stop(code));
        } else if (state == LIO_IO_PLANNED && !io->exposed &&
                   !io->planned.head && /* else it is still to be issued */
                   !atomic_exchange(&io->ending, true)) {
            io->holds++;
            *ret_release = true;
        }
    }
    pthread_mutex_unlock(&lane->lock);
    end_failed(&failed, batch);
    return known;
}
