/*
 * The submit side of lanes: objects, issuing requests, stopping them.  How they
 * are admitted is in admit.c, how they go down to the backend in pump.c.
 */
#include "core/lane.h"

#include "core/admit.h"
#include "core/engine.h"
#include "core/pump.h"
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

/* Its deadline passed before it got here. */
static void end_unwanted(struct lio_io *request, struct lio_io_list *failed)
{
    int code = lio_io_stop_code(request);

    lio_io_fail(request, code, lio_errno_of_stop(code));
    lio_admit_fail_ops(request, failed);
}

/* Who reaps may be asleep already, for nothing: he must look after the lanes
 * that hold what is waited for here.  Either he sees that before he sleeps, or
 * we see his token. */
static void rouse(struct lio_lane *lane)
{
    if (lio_lane_stuck(lane) && atomic_load(&lane->token) != 0)
        (void)lane->ops->wake(lane->queue);
}

static void pump_staged(struct lio_lane *lane, uint64_t now,
                        struct lio_io_list *failed)
{
    if (lio_pump(lane, now, failed))
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
    return lio_admit_at_once(lane, request);
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
        } else if (lio_admit_at_once(lane, request) ||
                   admit_after_pump(lane, request, batch->now_ns, &failed)) {
            /* The next one shall see how full it is now; but if reads are
             * merged, first see what else there is. */
            if (!lio_pump_merges(lane))
                pump_staged(lane, batch->now_ns, &failed);
        } else if (request->flags & LIO_NOWAIT) {
            lio_io_fail(request, LIO_EAGAIN, EAGAIN);
            lio_admit_fail_ops(request, &failed);
        } else {
            lio_admit_later(lane, request);
        }
    }
    if (lane->ready.head || lane->scheduler.nwaiting > 0)
        pump_staged(lane, batch->now_ns, &failed);
    if (must_send(lane, flush))
        send(lane);
    rouse(lane);
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
    if (lio_pump(lane, batch->now_ns, &failed))
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
        lio_ready_return(lane, io);
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
    lio_ready_count(lane, 1);
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

/* -- raising ------------------------------------------------------------- */

/* The part is the first that goes down when its request is admitted. */
static void bring_forward(struct lio_io *request, struct lio_io *part)
{
    lio_io_unlink(&request->planned, part);
    lio_io_prepend(&request->planned, part);
}

static void raise_request(struct lio_lane *lane, struct lio_io *request,
                          uint8_t io_class, uint8_t level)
{
    if (io_class > request->io_class ||
        (io_class == request->io_class && level >= request->level))
        return;
    if (request->waiting) {
        lio_scheduler_raise(&lane->scheduler, request, io_class, level);
    } else { /* not issued yet: it will wait there, if it has to */
        request->io_class = io_class;
        request->level = level;
    }
    lio_count(&lane->stats, LIO_COUNT_RAISED, 1);
}

void lio_lane_raise(struct lio_lane *lane, struct lio_io *io, uint64_t id,
                    uint8_t io_class, uint8_t level)
{
    enum lio_io_state state;
    struct lio_io *request;

    /* Mostly it is with the backend, and that is seen from here. */
    if (!lio_io_is(io, id, &state) ||
        (state != LIO_IO_NEW && state != LIO_IO_QUEUED))
        return;
    pthread_mutex_lock(&lane->lock);
    if (lio_io_is(io, id, &state) &&
        (state == LIO_IO_NEW || state == LIO_IO_QUEUED)) {
        request = lio_io_request(io);
        if (request->waiting || state == LIO_IO_NEW)
            raise_request(lane, request, io_class, level);
        if (request->waiting && request != io)
            bring_forward(request, io);
    }
    pthread_mutex_unlock(&lane->lock);
}

/* -- stopping ------------------------------------------------------------ */

/* Under the lock.  What can be ended here goes to `failed`. */
static void stop(struct lio_lane *lane, struct lio_io *io,
                 enum lio_io_state state, struct lio_io_list *failed)
{
    if (io->waiting) {
        lio_admit_stop(lane, io);
        lio_admit_fail_ops(io, failed);
    } else if (state == LIO_IO_QUEUED) {
        lio_ready_take(lane, io);
        lio_admit_fail(io, failed);
        if (!lane->ready.head)
            lio_pump_fed(lane);
    } else if (state == LIO_IO_DELAYED) {
        lio_ready_count(lane, -1);
        lio_admit_fail(io, failed);
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
