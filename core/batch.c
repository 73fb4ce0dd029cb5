/*
 * Batches: the clearing up after a round of completions.
 */
#include "core/batch.h"

#include <string.h>

#include "common/clock.h"
#include "core/deliver.h"
#include "core/engine.h"
#include "core/lane.h"

void lio_batch_begin(struct lio_batch *batch, struct lio_engine *engine)
{
    memset(batch, 0, sizeof(*batch));
    batch->engine = engine;
}

static void add_to(_Atomic uint64_t *sum, uint64_t n)
{
    if (n > 0)
        atomic_fetch_add(sum, n);
}

static void put_tally(struct lio_batch *batch)
{
    struct lio_tally *tally = &batch->tally;
    struct lio_file *file = tally->file;

    if (!file)
        return;
    add_to(&file->reads, tally->reads);
    add_to(&file->writes, tally->writes);
    add_to(&file->bytes_read, tally->bytes_read);
    add_to(&file->bytes_written, tally->bytes_written);
    add_to(&file->errors, tally->errors);
    /* Last: the file may be closed once nothing of it is in flight. */
    atomic_fetch_sub(&file->in_flight, tally->finished + tally->holds);
    memset(tally, 0, sizeof(*tally));
}

static struct lio_tally *tally_of(struct lio_batch *batch,
                                  struct lio_file *file)
{
    if (batch->tally.file != file) {
        put_tally(batch);
        batch->tally.file = file;
    }
    return &batch->tally;
}

struct lio_tally *lio_batch_tally(struct lio_batch *batch,
                                  struct lio_file *file)
{
    struct lio_tally *tally = tally_of(batch, file);

    if (!tally->holds)
        atomic_fetch_add(&file->in_flight, 1);
    tally->holds = true;
    return tally;
}

void lio_batch_finished(struct lio_batch *batch, struct lio_file *file)
{
    tally_of(batch, file)->finished++;
}

void lio_batch_spend(struct lio_batch *batch, struct lio_io *io)
{
    /* Who looks at what is under way (lio_dump) does not look at it any more.
     */
    (void)lio_io_move(io, lio_io_state(io), LIO_IO_ENDING);
    lio_io_append(&batch->spent, io);
}

void lio_batch_sample(struct lio_batch *batch, const struct lio_io *io)
{
    uint64_t now_bytes;
    uint32_t now;
    bool *sampled = io->op.length <= LIO_DEVICE_SMALL ? &batch->sampled_small
                                                      : &batch->sampled_large;

    if (!batch->engine->coalesce_plugin || *sampled)
        return;
    *sampled = true;
    now = (uint32_t)lio_lane_in_flight(io->lane);
    now_bytes = lio_lane_in_flight_bytes(io->lane);
    lio_device_sample(&batch->engine->device, io->op.length,
                      batch->now_ns - io->issued_ns,
                      io->met > now ? io->met : now,
                      io->met_bytes > now_bytes ? io->met_bytes : now_bytes);
}

/* Parts go back to the slab of their lane. */
static void put_spent(struct lio_batch *batch)
{
    struct lio_io *io;

    while ((io = batch->spent.head)) {
        struct lio_lane *lane = io->lane;

        pthread_mutex_lock(&lane->lock);
        while (io && io->lane == lane) {
            lio_io_unlink(&batch->spent, io);
            if (io->fill)
                lio_slab_put_fill(&lane->slab, io->fill);
            if (io->bounce)
                lio_slab_put_page(&lane->slab, io->bounce);
            lio_slab_put(&lane->slab, io);
            io = batch->spent.head;
        }
        pthread_mutex_unlock(&lane->lock);
    }
}

/* Requests that were planned, each on its lane. */
static void issue_planned(struct lio_batch *batch)
{
    struct lio_io *io;

    while ((io = batch->planned.head)) {
        struct lio_io_list list = { 0 };
        struct lio_lane *lane = io->lane;

        while (io && io->lane == lane) {
            lio_io_unlink(&batch->planned, io);
            lio_io_append(&list, io);
            io = batch->planned.head;
        }
        lio_lane_issue(lane, &list, !batch->hold, batch);
    }
}

void lio_batch_settle(struct lio_batch *batch)
{
    batch->sampled_small = batch->sampled_large = false;
    do {
        issue_planned(batch);
        put_spent(batch);
        put_tally(batch);
    } while (batch->planned.head || batch->spent.head);
}

/* The lanes that queue for the budget, in their order, as far as it reaches. */
static void feed_hungry(struct lio_batch *batch)
{
    struct lio_lane *lane = lio_budget_first(&batch->engine->budget);
    struct lio_lane *before = NULL;

    while (lane && lane != before) {
        lio_lane_top_up(lane, batch);
        before = lane;
        lane = lio_budget_first(&batch->engine->budget);
    }
}

/* Bytes or handles are free that lanes without anything of their own in flight
 * may want. */
static void feed(struct lio_batch *batch)
{
    struct lio_engine *engine = batch->engine;

    batch->fed = false;
    feed_hungry(batch);
    for (uint32_t i = 0; i <= engine->nlanes; i++)
        lio_lane_top_up(&engine->lanes[i], batch);
}

void lio_batch_end(struct lio_batch *batch)
{
    do {
        lio_batch_settle(batch);
        if (batch->fed)
            feed(batch);
        lio_deliver_callbacks(batch);
    } while (batch->fed || batch->planned.head || batch->spent.head ||
             batch->tally.file || batch->callbacks.head);
}
