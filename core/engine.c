/*
 * The engine: its lifetime, and what can be asked of it as a whole.
 */
#include "core/engine.h"

#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "core/deliver.h"

/* Lanes are numbered in 7 bits of an id; 127 is never used, so that ids stay
 * clear of those a backend may use for itself. */
#define LANES_MAX 64u

/* Descriptors that are not the file pool's: the program's own, the database's,
 * the rings'. */
#define RESERVED_DESCRIPTORS 32u

/* Workers of a backend that blocks: on a local disk, 16 threads give most of
 * the throughput that a deep queue would. */
#define BLOCKING_WORKERS 16u

static uint32_t ncpus(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return (uint32_t)CPU_COUNT(&set);
}

/* -- threads and lanes --------------------------------------------------- */

/*
 * Threads are numbered as they first come by, in all engines together: a
 * thread keeps its lane as long as it lives, and the first nlanes threads have
 * one each.
 */
static _Atomic uint32_t next_thread;
static _Thread_local uint32_t this_thread; /* 0: not numbered yet */

struct lio_lane *lio_engine_lane(struct lio_engine *engine)
{
    if (this_thread == 0)
        this_thread = atomic_fetch_add(&next_thread, 1) + 1;
    return &engine->lanes[(this_thread - 1) % engine->nlanes];
}

struct lio_io *lio_engine_find(struct lio_engine *engine, uint64_t id)
{
    uint32_t lane = (uint32_t)id >> 24;

    if (lane > engine->nlanes)
        return NULL;
    return lio_slab_at(&engine->lanes[lane].slab, (uint32_t)id & 0xffffffu);
}

/* -- starting ------------------------------------------------------------ */

/* A page that reads 1 here and, wiped by the kernel, 0 in a forked child: how
 * every call can tell for the price of a load. */
static int make_owner_page(struct lio_engine *engine, struct lio_error *err)
{
    void *page =
        mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the engine");
    (void)madvise(page, (size_t)sysconf(_SC_PAGESIZE), MADV_WIPEONFORK);
    engine->owner_page = page;
    engine->owner_page[0] = 1;
    return 0;
}

static int open_executor(struct lio_engine *engine, struct lio_error *err)
{
    uint32_t n = engine->settings->engine.workers;

    if (n == 0)
        n = engine->backend_plugin->ops.backend.run ? BLOCKING_WORKERS
                                                    : ncpus();
    return lio_executor_open(n, engine->settings->engine.worker_queue,
                             &engine->executor, err);
}

static void close_lanes(struct lio_engine *engine, uint32_t n)
{
    while (n-- > 0)
        lio_lane_close(&engine->lanes[n]);
    free(engine->lanes);
    engine->lanes = NULL;
}

static int open_lanes(struct lio_engine *engine, struct lio_error *err)
{
    uint32_t n = engine->nlanes + 1;
    int rc;

    engine->lanes = aligned_alloc(64, n * sizeof(*engine->lanes));
    if (!engine->lanes)
        return lio_error_set(err, LIO_ENOMEM, "no memory for %u lanes", n);
    memset(engine->lanes, 0, n * sizeof(*engine->lanes));
    for (uint32_t i = 0; i < n; i++) {
        rc = lio_lane_open(&engine->lanes[i], engine, i, err);
        if (rc < 0) {
            close_lanes(engine, i);
            return rc;
        }
    }
    return 0;
}

static int open_stack(struct lio_engine *engine, struct lio_error *err)
{
    struct lio_stack_setup setup = {
        .config = engine->config,
        .backend = engine->backend_plugin,
        .executor = engine->executor,
        .nlanes = engine->nlanes + 1,
        .queue_depth = engine->settings->engine.queue_depth,
    };

    return lio_stack_open(&setup, &engine->stack, err);
}

/* The backend with its executor, its filters and its lanes: all of it works,
 * or none. */
static int start_backend(struct lio_engine *engine, const char *name,
                         struct lio_error *err)
{
    int rc;

    rc = lio_loader_find(lio_config_loader(engine->config), name,
                         LIO_KIND_BACKEND, &engine->backend_plugin, err);
    if (rc < 0)
        return rc;
    rc = open_executor(engine, err);
    if (rc < 0)
        return rc;
    rc = open_stack(engine, err);
    if (rc < 0)
        goto no_stack;
    rc = open_lanes(engine, err);
    if (rc == 0)
        return 0;

    lio_stack_close(&engine->stack);
no_stack:
    lio_executor_close(engine->executor);
    engine->executor = NULL;
    return rc;
}

/* The wanted backend, or else the fallback, remembering why. */
static int choose_backend(struct lio_engine *engine, struct lio_error *err)
{
    const struct lio_settings *settings = engine->settings;
    const char *fallback = settings->backend.fallback;
    struct lio_error why = { 0 };
    int rc;

    engine->backend_wanted = settings->backend.plugin;
    rc = start_backend(engine, settings->backend.plugin, &why);
    if (rc == 0) {
        engine->backend_reason = strdup("");
    } else if (strcmp(fallback, "none") == 0 ||
               strcmp(fallback, settings->backend.plugin) == 0) {
        if (err)
            *err = why;
        return rc;
    } else {
        rc = start_backend(engine, fallback, err);
        if (rc < 0)
            return rc;
        engine->backend_reason = strdup(why.msg);
    }
    if (!engine->backend_reason)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the engine");
    return 0;
}

static uint32_t handle_limit(const struct lio_settings *settings)
{
    struct rlimit limit;
    uint64_t most;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur == RLIM_INFINITY)
        return settings->files.max_open;
    most = limit.rlim_cur > 2 * RESERVED_DESCRIPTORS
               ? limit.rlim_cur - RESERVED_DESCRIPTORS
               : limit.rlim_cur / 2;
    if (most == 0)
        most = 1;
    return most < settings->files.max_open ? (uint32_t)most
                                           : settings->files.max_open;
}

/* The plugin `name` and its values; nothing for "none". */
static int use_plugin(struct lio_engine *engine, const char *name,
                      uint32_t kind, const struct lio_loaded **ret_plugin,
                      union lio_value **ret_values, struct lio_error *err)
{
    int rc;

    if (strcmp(name, "none") == 0)
        return 0;
    rc = lio_loader_find(lio_config_loader(engine->config), name, kind,
                         ret_plugin, err);
    if (rc < 0)
        return rc;
    return lio_config_values(engine->config, *ret_plugin, ret_values, err);
}

/* What was cached of a file is no longer to be found. */
static void generation_ended(void *cache, uint32_t generation)
{
    uint64_t first = (uint64_t)generation << 32;

    lio_cache_outdate(cache, first, first | UINT32_MAX);
}

static int open_cache(struct lio_engine *engine, struct lio_error *err)
{
    const struct lio_settings *settings = engine->settings;
    struct lio_cache_config config = {
        .size_bytes = settings->cache.size_bytes,
        .shards = settings->cache.shards,
        .nseats = engine->nlanes + 1,
        .hot_percent = settings->cache.pin_max,
    };
    int rc = use_plugin(engine, settings->cache.plugin, LIO_KIND_CACHE,
                        &engine->cache_plugin, &engine->cache_values, err);

    if (rc < 0 || !engine->cache_plugin)
        return rc;
    config.ops = &engine->cache_plugin->ops.cache;
    config.params = engine->cache_values;
    rc = lio_cache_open(&config, &engine->cache, err);
    if (rc < 0)
        return rc;
    lio_filepool_watch(engine->pool, generation_ended, engine->cache);
    return lio_readahead_open(engine, &engine->readahead, err);
}

static int open_coalescer(struct lio_engine *engine, struct lio_error *err)
{
    const struct lio_settings *settings = engine->settings;
    int rc =
        use_plugin(engine, settings->coalesce.plugin, LIO_KIND_COALESCE,
                   &engine->coalesce_plugin, &engine->coalesce_values, err);

    if (rc < 0)
        return rc;
    lio_device_init(&engine->device);
    return lio_coalescer_open(
        &engine->coalescer, engine->coalesce_plugin, engine->coalesce_values,
        settings->engine.max_op_bytes, LIO_COALESCE_MAX, err);
}

static int start(struct lio_engine *engine, struct lio_error *err)
{
    uint32_t lanes = engine->settings->engine.lanes;
    int rc;

    engine->nlanes = lanes ? lanes : ncpus();
    if (engine->nlanes > LANES_MAX)
        engine->nlanes = LANES_MAX;
    lio_budget_init(&engine->budget, engine->settings->engine.in_flight_bytes);
    engine->memory.limit_bytes = engine->settings->engine.memory_bytes;
    lio_retry_init(&engine->retries);
    rc = make_owner_page(engine, err);
    if (rc == 0)
        rc = choose_backend(engine, err);
    if (rc == 0)
        rc = lio_filepool_open(engine->stack.ops, engine->stack.backend,
                               handle_limit(engine->settings), &engine->pool,
                               err);
    if (rc == 0)
        rc = open_cache(engine, err);
    if (rc == 0)
        rc = open_coalescer(engine, err);
    if (rc == 0)
        rc = lio_service_open(engine, &engine->service, err);
    return rc;
}

int lio_engine_open(const struct lio_config *config,
                    struct lio_engine **ret_engine, struct lio_error *err)
{
    struct lio_engine *engine = calloc(1, sizeof(*engine));
    int rc;

    if (!engine)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the engine");
    atomic_init(&engine->users, 1);
    pthread_mutex_init(&engine->files_lock, NULL);
    if (config) {
        engine->config = lio_config_ref(config);
    } else {
        rc = lio_config_load(NULL, NULL, 0, &engine->config, err);
        if (rc < 0)
            goto fail;
    }
    engine->settings = lio_config_settings(engine->config);
    rc = start(engine, err);
    if (rc < 0)
        goto fail;
    *ret_engine = engine;
    return 0;

fail:
    lio_engine_close(engine);
    return rc;
}

/* -- stopping ------------------------------------------------------------ */

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
        close_lanes(engine, engine->nlanes + 1);
    lio_stack_close(&engine->stack);
    lio_executor_close(engine->executor);
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

/* -- asking -------------------------------------------------------------- */

void lio_engine_info(struct lio_engine *engine,
                     struct lio_engine_info *ret_info)
{
    struct lio_cache_stats cache = { 0 };

    memset(ret_info, 0, sizeof(*ret_info));
    ret_info->backend_wanted = engine->backend_wanted;
    ret_info->backend_used = engine->backend_plugin->name;
    ret_info->backend_reason = engine->backend_reason;
    ret_info->cache =
        engine->cache_plugin ? engine->cache_plugin->name : "none";
    if (engine->cache)
        lio_cache_stats(engine->cache, &cache);
    ret_info->cache_bytes = cache.bytes;
    ret_info->nlanes = engine->nlanes;
    ret_info->queue_depth = engine->settings->engine.queue_depth;
    ret_info->stats_path = ret_info->stats_warning = "";
    if (lio_engine_ours(engine))
        lio_service_info(engine->service, ret_info);
}

/* All of the snapshot before its buckets. */
static void take_figures(struct lio_engine *engine,
                         struct lio_stats_snapshot *ret_snapshot)
{
    struct lio_cache_stats cache = { 0 };

    memset(ret_snapshot, 0, offsetof(struct lio_stats_snapshot, latency));
    for (uint32_t i = 0; i <= engine->nlanes; i++) {
        struct lio_lane *lane = &engine->lanes[i];
        uint64_t reaped_bytes = atomic_load(&lane->reaped_bytes);

        lio_stats_sum_counters(ret_snapshot, &lane->stats);
        ret_snapshot->in_flight += lio_lane_in_flight(lane);
        ret_snapshot->in_flight_bytes +=
            atomic_load(&lane->issued_bytes) - reaped_bytes;
    }
    if (engine->cache)
        lio_cache_stats(engine->cache, &cache);
    ret_snapshot->cache_slots = cache.nslots;
    ret_snapshot->cache_used = cache.used_slots;
    ret_snapshot->cache_pinned = cache.pinned_slots;
    ret_snapshot->cache_evictions = cache.evictions;
    ret_snapshot->cache_bytes = cache.bytes;
    ret_snapshot->cache_refused = cache.refused;
    ret_snapshot->cache_hot = cache.hot_slots;
    ret_snapshot->cache_hot_refused = cache.hot_refused;
    ret_snapshot->cache_overruled = cache.wrong_victims;
    ret_snapshot->memory_bytes = atomic_load(&engine->memory.taken_bytes);
    ret_snapshot->prefetch_wasted_bytes = cache.wasted_bytes;
    ret_snapshot->prefetch_cancelled_bytes = cache.cancelled_bytes;
    ret_snapshot->prefetch_unused_bytes = cache.ahead_bytes;
    ret_snapshot->open_handles = lio_filepool_nopen(engine->pool);
}

void lio_engine_snapshot(struct lio_engine *engine,
                         struct lio_stats_snapshot *ret_snapshot)
{
    memset(ret_snapshot, 0, sizeof(*ret_snapshot));
    take_figures(engine, ret_snapshot);
    for (uint32_t i = 0; i <= engine->nlanes; i++)
        lio_stats_sum_buckets(ret_snapshot, &engine->lanes[i].stats);
}

/* As much of the snapshot as callers are promised. */
static void public_stats(const struct lio_stats_snapshot *from,
                         struct lio_engine_stats *to)
{
    const uint64_t *counters = from->counters;

    to->requests = counters[LIO_COUNT_REQUESTS];
    to->delivered = counters[LIO_COUNT_DELIVERED];
    to->cancelled = counters[LIO_COUNT_CANCELLED];
    to->failed = counters[LIO_COUNT_FAILED];
    to->bytes_read = counters[LIO_COUNT_BYTES_READ];
    to->bytes_written = counters[LIO_COUNT_BYTES_WRITTEN];
    to->device_reads = counters[LIO_COUNT_DEVICE_READS];
    to->device_writes = counters[LIO_COUNT_DEVICE_WRITES];
    to->device_syncs = counters[LIO_COUNT_DEVICE_SYNCS];
    to->device_bytes_read = counters[LIO_COUNT_DEVICE_BYTES_READ];
    to->device_bytes_written = counters[LIO_COUNT_DEVICE_BYTES_WRITTEN];
    to->retries = counters[LIO_COUNT_RETRIES];
    to->device_errors = counters[LIO_COUNT_DEVICE_ERRORS];
    to->timeouts = counters[LIO_COUNT_TIMEOUTS];
    to->cache_hits = counters[LIO_COUNT_CACHE_HITS];
    to->cache_misses = counters[LIO_COUNT_CACHE_MISSES];
    to->cache_joins = counters[LIO_COUNT_CACHE_JOINS];
    to->prefetches = counters[LIO_COUNT_PREFETCHES];
    to->prefetch_bytes = counters[LIO_COUNT_PREFETCH_BYTES];
    to->prefetch_used_bytes = counters[LIO_COUNT_PREFETCH_USED];
    to->prefetch_late_bytes = counters[LIO_COUNT_PREFETCH_LATE];
    to->prefetch_wasted_bytes = from->prefetch_wasted_bytes;
    to->prefetch_cancelled_bytes = from->prefetch_cancelled_bytes;
    to->prefetch_unused_bytes = from->prefetch_unused_bytes;
    to->stale_completions = counters[LIO_COUNT_STALE];
    to->cache_evictions = from->cache_evictions;
    to->in_flight = from->in_flight;
    to->in_flight_bytes = from->in_flight_bytes;
    to->pinned_blocks = from->cache_pinned;
    to->memory_bytes = from->memory_bytes;
    to->cache_bytes = from->cache_bytes;
    to->hot_blocks = from->cache_hot;
    to->hot_refused = from->cache_hot_refused;
    to->open_handles = from->open_handles;
}

void lio_engine_stats(struct lio_engine *engine,
                      struct lio_engine_stats *ret_stats)
{
    struct lio_stats_snapshot *snapshot = malloc(sizeof(*snapshot));

    memset(ret_stats, 0, sizeof(*ret_stats));
    /* Readers of files ask for each that they open. */
    if (snapshot) {
        take_figures(engine, snapshot);
        public_stats(snapshot, ret_stats);
    }
    free(snapshot);
}

int lio_execute(struct lio_engine *engine, void (*work)(void *user), void *user)
{
    if (!lio_engine_ours(engine))
        return LIO_ECLOSED;
    if (!lio_executor_offer(engine->executor, work, user))
        work(user);
    return 0;
}
