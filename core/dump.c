/*
 * The live view: what every lane has under way, as text.
 *
 * A lane's lock is held while its lines are made, so that no object changes
 * hands, and that of the list of files, so that none is freed; they are printed
 * afterwards, because a terminal may be slow.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "core/engine.h"

static const char *const states[] = {
    [LIO_IO_FREE] = "free",       [LIO_IO_NEW] = "new",
    [LIO_IO_QUEUED] = "queued",   [LIO_IO_ISSUED] = "issued",
    [LIO_IO_DELAYED] = "delayed", [LIO_IO_PLANNED] = "planned",
    [LIO_IO_ENDING] = "ending",   [LIO_IO_DONE] = "done",
};

static const char *const classes[] = {
    [LIO_CLASS_DEFAULT] = "-",         [LIO_CLASS_METADATA] = "metadata",
    [LIO_CLASS_DEMAND] = "demand",     [LIO_CLASS_WRITE] = "write",
    [LIO_CLASS_PREFETCH] = "prefetch", [LIO_CLASS_BACKGROUND] = "background",
};

/* Only what does not change while the lane's lock is held, or is atomic: the
 * reap side goes on meanwhile. */
static void print_io(FILE *out, const struct lio_io *io, uint64_t now)
{
    const struct lio_io *request = io->parent ? io->parent : io;
    uint64_t age_us = (now - request->submitted_ns) / 1000;

    fprintf(out,
            "%016" PRIx64 " %-7s %-7s %-10s %-5s %12" PRIu64 " %10" PRIu64
            " %8" PRIu64 ".%03" PRIu64 " %5u  %s\n",
            lio_io_id(io), io->parent ? "part" : "request",
            io->waiting ? "waiting" : states[lio_io_state(io)],
            classes[request->io_class],
            lio_stat_kind_name((enum lio_stat_kind)request->kind), io->offset,
            io->length, age_us / 1000, age_us % 1000, lio_io_tries(io),
            io->file->path);
}

/* Under the lane's lock. */
static void print_summary(FILE *out, const struct lio_lane *lane)
{
    fprintf(out,
            "lane %" PRIu32 ": %" PRIu64 " in flight%s, %" PRIu32
            " waiting (%" PRIu32 " to be admitted); %s, %" PRIu32 " asleep\n",
            lane->index, lio_lane_in_flight(lane),
            atomic_load(&lane->unflushed) ? " (some not sent)" : "",
            atomic_load(&lane->nwaiting), lane->scheduler.nwaiting,
            atomic_load(&lane->token) ? "a thread reaps" : "nobody reaps",
            atomic_load(&lane->nsleepers));
}

static void print_lane(FILE *out, struct lio_lane *lane, uint64_t now)
{
    struct lio_io *io;

    pthread_mutex_lock(&lane->lock);
    print_summary(out, lane);
    for (uint32_t slot = 0; (io = lio_slab_at(&lane->slab, slot)); slot++) {
        enum lio_io_state state = lio_io_state(io);

        if (state == LIO_IO_QUEUED || state == LIO_IO_ISSUED ||
            state == LIO_IO_DELAYED || state == LIO_IO_PLANNED)
            print_io(out, io, now);
    }
    pthread_mutex_unlock(&lane->lock);
}

static void print_budget(FILE *out, const struct lio_budget *budget)
{
    fprintf(out, "budget: %" PRIu64 " bytes taken of ",
            atomic_load(&budget->taken_bytes));
    if (budget->limit_bytes)
        fprintf(out, "%" PRIu64 ", %" PRIu32 " lanes queue for it\n",
                budget->limit_bytes, atomic_load(&budget->nqueued));
    else
        fprintf(out, "any number\n");
}

void lio_dump(struct lio_engine *engine, FILE *out)
{
    uint64_t now = lio_clock_ns();
    char *text = NULL;
    size_t bytes;
    FILE *memory;

    if (!lio_engine_ours(engine))
        return;
    memory = open_memstream(&text, &bytes);
    if (!memory)
        return;
    print_budget(memory, &engine->budget);
    fprintf(memory,
            "id               what    state   class      kind        offset"
            "     length       age ms tries  file\n");
    pthread_mutex_lock(&engine->files_lock);
    for (uint32_t i = 0; i <= engine->nlanes; i++)
        print_lane(memory, &engine->lanes[i], now);
    pthread_mutex_unlock(&engine->files_lock);
    if (fclose(memory) == 0)
        (void)fwrite(text, 1, bytes, out);
    (void)fflush(out);
    free(text);
}
