/*
 * The scheduler.
 */
#include "core/scheduler.h"

#include <assert.h>

/* By class, as drawn in the header. */
static const uint64_t weights[LIO_NCLASSES] = {
    [LIO_CLASS_METADATA] = 16,  [LIO_CLASS_DEMAND] = 8,
    [LIO_CLASS_WRITE] = 4,      [LIO_CLASS_PREFETCH] = 2,
    [LIO_CLASS_BACKGROUND] = 1,
};

/* Serving order among equals: metadata first. */
static const uint8_t order[] = {
    LIO_CLASS_METADATA, LIO_CLASS_DEMAND,     LIO_CLASS_WRITE,
    LIO_CLASS_PREFETCH, LIO_CLASS_BACKGROUND,
};

/* What one operation costs besides its bytes: about what a local disk moves
 * while it looks for a block. */
#define OPERATION_COST 16384u

static struct lio_io_list *first_queue(struct lio_scheduler *sched,
                                       uint32_t io_class)
{
    /* Demand's levels come last, so that the others are found by number. */
    static const uint8_t at[LIO_NCLASSES] = {
        [LIO_CLASS_METADATA] = 0,
        [LIO_CLASS_WRITE] = 1,
        [LIO_CLASS_PREFETCH] = 2,
        [LIO_CLASS_BACKGROUND] = 3,
        [LIO_CLASS_DEMAND] = LIO_NQUEUES - LIO_NLEVELS,
    };

    return &sched->queues[at[io_class]];
}

static struct lio_io_list *queue_of(struct lio_scheduler *sched,
                                    const struct lio_io *io)
{
    uint32_t level = io->io_class == LIO_CLASS_DEMAND ? io->level : 0;

    return first_queue(sched, io->io_class) + level;
}

static struct lio_io *head_of(const struct lio_scheduler *sched,
                              uint32_t io_class)
{
    const struct lio_io_list *queue =
        first_queue((struct lio_scheduler *)sched, io_class);
    uint32_t nlevels = io_class == LIO_CLASS_DEMAND ? LIO_NLEVELS : 1;

    for (uint32_t i = 0; i < nlevels; i++)
        if (queue[i].head)
            return queue[i].head;
    return NULL;
}

static void enqueue(struct lio_scheduler *sched, struct lio_io *io)
{
    /* A class that was idle starts now: it has no claim on the past. */
    if (!head_of(sched, io->io_class) &&
        sched->served[io->io_class] < sched->now)
        sched->served[io->io_class] = sched->now;
    lio_io_append(queue_of(sched, io), io);
}

void lio_scheduler_add(struct lio_scheduler *sched, struct lio_io *io)
{
    enqueue(sched, io);
    io->younger = NULL;
    io->older = sched->newest;
    if (sched->newest)
        sched->newest->younger = io;
    else
        sched->oldest = io;
    sched->newest = io;
    sched->nwaiting++;
    io->due_pick =
        sched->npicked + (uint64_t)LIO_OLDEST_EVERY * sched->nwaiting;
}

void lio_scheduler_raise(struct lio_scheduler *sched, struct lio_io *io,
                         uint8_t io_class, uint8_t level)
{
    lio_io_unlink(queue_of(sched, io), io);
    io->io_class = io_class;
    io->level = level;
    enqueue(sched, io);
}

static uint32_t fairest_class(const struct lio_scheduler *sched)
{
    uint32_t best = LIO_CLASS_DEFAULT;

    for (uint32_t i = 0; i < LIO_COUNT(order); i++) {
        uint32_t io_class = order[i];

        if (head_of(sched, io_class) &&
            (best == LIO_CLASS_DEFAULT ||
             sched->served[io_class] < sched->served[best]))
            best = io_class;
    }
    return best;
}

struct lio_io *lio_scheduler_next(const struct lio_scheduler *sched)
{
    if (sched->nwaiting == 0)
        return NULL;
    if (sched->npicked % LIO_OLDEST_EVERY == LIO_OLDEST_EVERY - 1)
        return sched->oldest;
    return head_of(sched, fairest_class(sched));
}

void lio_scheduler_remove(struct lio_scheduler *sched, struct lio_io *io)
{
    lio_io_unlink(queue_of(sched, io), io);
    if (io->older)
        io->older->younger = io->younger;
    else
        sched->oldest = io->younger;
    if (io->younger)
        io->younger->older = io->older;
    else
        sched->newest = io->older;
    sched->nwaiting--;
}

void lio_scheduler_serve(struct lio_scheduler *sched, struct lio_io *io,
                         uint64_t cost)
{
    uint32_t io_class = io->io_class;

    if (sched->now < sched->served[io_class])
        sched->now = sched->served[io_class];
    sched->served[io_class] += (OPERATION_COST + cost) / weights[io_class];
    sched->npicked++;
    assert(sched->npicked <= io->due_pick);
    lio_scheduler_remove(sched, io);
}
