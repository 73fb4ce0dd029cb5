/*
 * Admission: from waiting requests to ready operations.
 */
#include "core/admit.h"

#include "core/engine.h"

/* -- ready operations ---------------------------------------------------- */

void lio_ready_count(struct lio_lane *lane, int change)
{
    uint32_t n = atomic_load_explicit(&lane->nwaiting, memory_order_relaxed);

    atomic_store(&lane->nwaiting, n + (uint32_t)change);
}

void lio_ready_take(struct lio_lane *lane, struct lio_io *io)
{
    lio_io_unlink(&lane->ready, io);
    lane->nready--;
    lio_ready_count(lane, -1);
}

void lio_ready_return(struct lio_lane *lane, struct lio_io *io)
{
    lio_io_prepend(&lane->ready, io);
    lane->nready++;
    lio_ready_count(lane, 1);
}

/* -- requests ------------------------------------------------------------ */

/* One operation of an admitted request; its share of the budget is its own to
 * give back. */
static void make_ready(struct lio_lane *lane, struct lio_io *io)
{
    (void)lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED);
    io->taken_bytes = io->op.length;
    lio_io_append(&lane->ready, io);
    lane->nready++;
    lio_ready_count(lane, 1);
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

void lio_admit_stop(struct lio_lane *lane, struct lio_io *request)
{
    lio_scheduler_remove(&lane->scheduler, request);
    request->waiting = false;
    lio_ready_count(lane, -1);
    if (lane->scheduler.nwaiting == 0)
        lio_budget_leave(&lane->engine->budget, &lane->budget_place);
}

bool lio_admit_next(struct lio_lane *lane)
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
    lio_ready_count(lane, -1);
    make_all_ready(lane, request);
    return true;
}

bool lio_admit_at_once(struct lio_lane *lane, struct lio_io *request)
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

void lio_admit_later(struct lio_lane *lane, struct lio_io *request)
{
    if (!request->planned.head)
        (void)lio_io_move(request, LIO_IO_NEW, LIO_IO_QUEUED);
    request->waiting = true;
    lio_scheduler_add(&lane->scheduler, request);
    lio_ready_count(lane, 1);
    lio_count(&lane->stats, LIO_COUNT_QUEUED, 1);
}

void lio_admit_fail(struct lio_io *io, struct lio_io_list *failed)
{
    (void)lio_io_move(io, lio_io_state(io), LIO_IO_ENDING);
    lio_io_append(failed, io);
}

void lio_admit_fail_ops(struct lio_io *request, struct lio_io_list *failed)
{
    struct lio_io *part;

    if (!request->planned.head) {
        lio_admit_fail(request, failed);
        return;
    }
    while ((part = lio_io_pop(&request->planned)))
        lio_admit_fail(part, failed);
}
