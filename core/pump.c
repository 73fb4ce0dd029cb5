/*
 * The pump: from ready operations to the backend, merged where a coalescer says
 * so.
 */
#include "core/pump.h"

#include <assert.h>

#include "core/admit.h"
#include "core/direct.h"
#include "core/engine.h"
#include "core/gap.h"
#include "core/merge.h"
#include "core/transfer.h"

/* -- one operation ------------------------------------------------------- */

void lio_pump_fed(struct lio_lane *lane)
{
    if (!lane->starved)
        return;
    lane->starved = false;
    lio_filepool_fed(lane->engine->pool);
}

/* Get the operation memory and a handle.  LIO_EAGAIN: it must wait for one. */
static int equip(struct lio_lane *lane, struct lio_io *io)
{
    struct lio_filepool *pool = lane->engine->pool;
    struct lio_error err = { 0 };
    int rc;

    if (!lio_direct_equip(io, &lane->slab, &lane->engine->memory)) {
        lio_io_fail(io, LIO_ENOMEM, ENOMEM);
        return LIO_ENOMEM;
    }
    rc = lio_handle_acquire(pool, io->handle, &err);
    if (rc == LIO_EAGAIN) {
        if (lane->starved)
            lio_filepool_fed(pool); /* it counts once */
        lane->starved = true;
        return rc;
    }
    lio_pump_fed(lane);
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
    io->met = (uint32_t)lio_lane_in_flight(lane);
    io->met_bytes = lio_lane_in_flight_bytes(lane);
    if (lane->ops->submit(lane->queue, &op, 1) == 1)
        return true;
    lio_lane_add(&lane->issued, (uint64_t)-1);
    lio_lane_add(&lane->issued_bytes, -op->length);
    (void)lio_io_move(io, LIO_IO_ISSUED, LIO_IO_QUEUED);
    (void)lio_handle_release(lane->engine->pool, io->handle);
    return false;
}

/* An operation of `ready`.  False if it must stay there. */
static bool pump_one(struct lio_lane *lane, struct lio_io *io, uint64_t now,
                     struct lio_io_list *failed)
{
    int rc;

    if (lio_io_unwanted(io)) {
        int code = lio_io_stop_code(io);

        lio_io_fail(io, code, lio_errno_of_stop(code));
        lio_ready_take(lane, io);
        lio_admit_fail(io, failed);
        return true;
    }
    rc = equip(lane, io);
    if (rc == LIO_EAGAIN)
        return false;
    /* Before it goes down: it may come back, to another thread, at once. */
    lio_ready_take(lane, io);
    if (rc < 0) {
        lio_admit_fail(io, failed);
    } else if (!hand_down(lane, io, now)) {
        lio_ready_return(lane, io);
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

    while (lane->nready < LIO_COALESCE_MAX && lio_admit_next(lane))
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

/* The members go into the list of the merged one, as issued. */
static void enlist(struct lio_lane *lane, struct lio_io *merged,
                   struct lio_io *const *ios, uint32_t n, uint64_t now)
{
    for (uint32_t i = 0; i < n; i++) {
        if (lio_io_is_gap(ios[i]))
            (void)lio_io_move(ios[i], LIO_IO_NEW, LIO_IO_QUEUED);
        else
            lio_ready_take(lane, ios[i]);
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
            lio_ready_return(lane, io);
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
                             uint32_t n, const struct lio_merged *merged,
                             uint64_t now)
{
    struct lio_io *io;

    for (uint32_t i = 0; i < n; i++)
        if (!lio_direct_equip(ios[i], &lane->slab, &lane->engine->memory))
            return false;
    io = lio_merge_make(lane, ios, n, merged);
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

    if (!hand_down_merged(lane, all, n, merged, now)) {
        give_up_gaps(all, n, failed);
        return false;
    }
    lio_merge_count(lane, merged, kept);
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

bool lio_pump_merges(const struct lio_lane *lane)
{
    return lane->engine->coalesce_plugin != NULL;
}

bool lio_pump(struct lio_lane *lane, uint64_t now, struct lio_io_list *failed)
{
    uint64_t before = atomic_load(&lane->issued);

    while (lio_lane_in_flight(lane) < lane->depth) {
        if (!lane->ready.head && !lio_admit_next(lane))
            break;
        if (!(lio_pump_merges(lane)
                  ? pump_gathered(lane, now, failed)
                  : pump_one(lane, lane->ready.head, now, failed)))
            break;
    }
    if (!lane->ready.head)
        lio_pump_fed(lane);
    return atomic_load(&lane->issued) != before;
}
