/*
 * The end of an engine: what is under way ends, then everything is closed.
 */
#include "core/engine_parts.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "core/view.h"

/* -- waiting for requests ------------------------------------------------ */

/* Files know of a request from its submission to its end; what lanes know of
 * has gaps, as when an operation is on its way back or down again. */
bool lio_engine_quiet(struct lio_engine *engine)
{
    bool quiet = true;

    pthread_mutex_lock(&engine->files_lock);
    for (struct lio_file *file = engine->files; file; file = file->next)
        quiet = quiet && atomic_load(&file->in_flight) == 0;
    pthread_mutex_unlock(&engine->files_lock);
    return quiet;
}

struct quiet {
    struct lio_engine *engine;
    struct lio_file *file; /* NULL: all files */
};

static bool is_quiet(void *what)
{
    const struct quiet *quiet = what;

    if (quiet->file)
        return atomic_load(&quiet->file->in_flight) == 0;
    return lio_engine_quiet(quiet->engine);
}

static bool always(void *what LIO_UNUSED)
{
    return true;
}

void lio_engine_quiesce(struct lio_engine *engine, struct lio_file *file)
{
    struct quiet quiet = { engine, file };
    struct lio_waiter waiter = { 0 };
    struct lio_wait wait = {
        .ready = is_quiet,
        .scattered = always,
        .what = &quiet,
        .waiter = &waiter,
        .deadline = LIO_NO_DEADLINE,
    };

    if (!is_quiet(&quiet))
        (void)lio_lane_wait(lio_engine_lane(engine), &wait);
}

/* -- whose it is --------------------------------------------------------- */

void lio_engine_leave(struct lio_engine *engine)
{
    if (atomic_fetch_sub(&engine->users, 1) > 1)
        return;
    if (engine->owner_page)
        (void)munmap(engine->owner_page, (size_t)sysconf(_SC_PAGESIZE));
    free(engine);
}

int lio_engine_gone(struct lio_error *err)
{
    return lio_error_set(err, LIO_ECLOSED,
                         "the engine is closed, or belongs to the parent of "
                         "this process");
}

/* -- closing ------------------------------------------------------------- */

/* Results that nobody has taken still own their views. */
static void discard_results(struct lio_lane *lane)
{
    struct lio_io *io;

    for (uint32_t slot = 0; (io = lio_slab_at(&lane->slab, slot)); slot++)
        if (lio_io_state(io) == LIO_IO_DONE)
            lio_view_put(io->view);
}

static void free_plain(struct lio_engine *engine)
{
    for (uint32_t i = 0; i < engine->nclosed; i++)
        free(engine->closed[i].path);
    free(engine->closed);
    free(engine->backend_reason);
    lio_coalescer_close(&engine->coalescer);
    free(engine->cache_values);
    lio_readahead_close(engine->readahead);
    free(engine->coalesce_values);
    lio_config_free(engine->config);
    lio_engine_leave(engine);
}

/* In a forked child: the threads are gone, the rings and handles are the
 * parent's, locks may be held by nobody.  Memory is all there is to free. */
static void abandon(struct lio_engine *engine)
{
    lio_service_abandon(engine->service);
    for (uint32_t i = 0; i <= engine->nlanes; i++)
        lio_lane_abandon(&engine->lanes[i]);
    free(engine->lanes);
    lio_filepool_abandon(engine->pool);
    lio_stack_abandon(&engine->stack);
    lio_executor_abandon(engine->executor);
    lio_executor_abandon(engine->blocking);
    if (engine->cache)
        lio_cache_close(engine->cache);
    free_plain(engine);
}

/* From now on nothing can be asked; tasks that were asked for before may find
 * that out, and are waited for. */
static void shut(struct lio_engine *engine)
{
    if (engine->owner_page)
        __atomic_store_n(engine->owner_page, 0, __ATOMIC_RELEASE);
    if (engine->executor)
        lio_executor_drain(engine->executor);
}

/* What is left of files that are still open is their own memory. */
static void orphan_files(struct lio_engine *engine)
{
    for (struct lio_file *file = engine->files; file; file = file->next) {
        lio_readahead_file_close(file->ahead);
        file->ahead = NULL;
        file->handle = NULL;
    }
}

int lio_engine_finish(struct lio_engine *engine, struct lio_error *err)
{
    int code;

    if (!engine)
        return 0;
    if (engine->owner_page && !lio_engine_ours(engine)) {
        abandon(engine);
        return 0;
    }
    shut(engine);
    if (engine->lanes && engine->service) {
        lio_engine_quiesce(engine, NULL);
        lio_service_stop(engine->service);
        /* Nobody is left who delivers anything. */
        for (uint32_t i = 0; i <= engine->nlanes; i++)
            discard_results(&engine->lanes[i]);
        if (engine->cache)
            lio_cache_settle_ahead(engine->cache);
    }
    code = lio_service_close(engine->service, err);
    orphan_files(engine);
    if (engine->cache)
        lio_cache_close(engine->cache);
    lio_filepool_close(engine->pool);
    if (engine->lanes)
        lio_engine_close_lanes(engine, engine->nlanes + 1);
    lio_stack_close(&engine->stack);
    lio_executor_close(engine->executor);
    lio_executor_close(engine->blocking);
    if (engine->settings) /* else start() has made nothing */
        lio_budget_release(&engine->budget);
    pthread_mutex_destroy(&engine->files_lock);
    free_plain(engine);
    return code;
}

void lio_engine_close(struct lio_engine *engine)
{
    (void)lio_engine_finish(engine, NULL);
}
