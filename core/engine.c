/*
 * The engine: opening it, from a configuration to parts that work together.
 */
#include "core/engine_parts.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* -- the backend --------------------------------------------------------- */

static void close_executors(struct lio_engine *engine)
{
    lio_executor_close(engine->executor);
    lio_executor_close(engine->blocking);
    engine->executor = engine->blocking = NULL;
}

/* Callers' tasks may wait for reads; if those waited for the same workers, each
 * could wait for the other. */
static int open_executors(struct lio_engine *engine, struct lio_error *err)
{
    uint32_t n = engine->settings->engine.workers;
    uint32_t limit = engine->settings->engine.worker_queue;
    int rc = lio_executor_open(n ? n : ncpus(), limit, &engine->executor, err);

    if (rc == 0 && engine->backend_plugin->ops.backend.run)
        rc = lio_executor_open(n ? n : BLOCKING_WORKERS, limit,
                               &engine->blocking, err);
    if (rc < 0)
        close_executors(engine);
    return rc;
}

static int open_stack(struct lio_engine *engine, struct lio_error *err)
{
    struct lio_stack_setup setup = {
        .config = engine->config,
        .backend = engine->backend_plugin,
        .executor = engine->blocking,
        .nlanes = engine->nlanes + 1,
        .queue_depth = engine->settings->engine.queue_depth,
    };

    return lio_stack_open(&setup, &engine->stack, err);
}

/* The backend with the executors, its filters and its lanes: all of it works,
 * or none. */
static int start_backend(struct lio_engine *engine, const char *name,
                         struct lio_error *err)
{
    int rc;

    rc = lio_loader_find(lio_config_loader(engine->config), name,
                         LIO_KIND_BACKEND, &engine->backend_plugin, err);
    if (rc < 0)
        return rc;
    rc = open_executors(engine, err);
    if (rc < 0)
        return rc;
    rc = open_stack(engine, err);
    if (rc < 0)
        goto no_stack;
    rc = lio_engine_open_lanes(engine, err);
    if (rc == 0)
        return 0;

    lio_stack_close(&engine->stack);
no_stack:
    close_executors(engine);
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

/* -- the other parts ----------------------------------------------------- */

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

/* -- all of it ----------------------------------------------------------- */

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

int lio_execute(struct lio_engine *engine, void (*work)(void *user), void *user)
{
    if (!lio_engine_ours(engine))
        return LIO_ECLOSED;
    if (!lio_executor_offer(engine->executor, work, user))
        work(user);
    return 0;
}
