/*
 * The service thread.
 *
 * Opening the database takes milliseconds, so that happens here too, while the
 * first reads are under way; who asks for the run's number waits for it.
 */
#include "core/service.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "core/engine.h"
#include "core/timer.h"
#include "core/transfer.h"

#define SLOW_MAX 64u /* slow operations kept between two rows */

struct lio_service {
    struct lio_engine *engine;
    pthread_t thread;
    struct lio_waiter waiter; /* of the thread */
    struct lio_timers timers;
    _Atomic bool stopping;
    _Atomic int64_t joins; /* of requests with callbacks, on other fills */

    struct lio_stats_db *db; /* the thread's; NULL: off */
    struct lio_stats_snapshot snapshot;
    uint64_t next_row_ns;
    uint64_t sleeps_until; /* what the thread has last told lio_lane_wait() */

    pthread_mutex_t lock; /* guards all below; a leaf */
    pthread_cond_t known;
    bool opened; /* the three below are final */
    char path[4096];
    char warning[768];
    int64_t run_id;
    struct lio_error lost; /* why the figures end early, or code 0; final once
                              it has a code */
    struct lio_slow_op slow[SLOW_MAX];
    uint32_t nslow;
};

/* -- the database -------------------------------------------------------- */

/* The plugins in use; NULL: no memory. */
static const struct lio_loaded **list_plugins(const struct lio_engine *engine,
                                              uint32_t *ret_nplugins)
{
    const struct lio_stack *stack = &engine->stack;
    const struct lio_loaded **plugins =
        calloc(stack->nlayers + 2u, sizeof(*plugins));
    uint32_t n = 0;

    if (!plugins)
        return NULL;
    for (uint32_t i = 0; i < stack->nlayers; i++)
        plugins[n++] = stack->layers[i].plugin;
    if (engine->cache_plugin)
        plugins[n++] = engine->cache_plugin;
    if (engine->coalesce_plugin)
        plugins[n++] = engine->coalesce_plugin;
    *ret_nplugins = n;
    return plugins;
}

static int open_db(struct lio_service *service, char *path, size_t bytes,
                   int64_t *ret_run_id, struct lio_error *err)
{
    struct lio_engine *engine = service->engine;
    const char *database = engine->settings->stats.database;
    const struct lio_loaded **plugins;
    struct lio_run run = {
        .config = engine->config,
        .backend_wanted = engine->backend_wanted,
        .backend_used = engine->backend_plugin->name,
        .backend_reason = engine->backend_reason,
        .nlanes = engine->nlanes,
        .queue_depth = engine->settings->engine.queue_depth,
        .lock_wait_ns = engine->settings->stats.lock_wait_ns,
    };
    int rc;

    path[0] = '\0';
    if (strcmp(database, "off") == 0)
        return 0;
    rc = lio_stats_db_path(database, path, bytes, err);
    if (rc < 0)
        return rc;
    plugins = list_plugins(engine, &run.nplugins);
    if (!plugins)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the statistics");
    run.plugins = plugins;
    rc = lio_stats_db_open(path, &run, &service->db, ret_run_id, err);
    free(plugins);
    return rc;
}

static void start_db(struct lio_service *service)
{
    char path[sizeof(service->path)];
    struct lio_error err = { 0 };
    int64_t run_id = 0;
    int rc = open_db(service, path, sizeof(path), &run_id, &err);

    pthread_mutex_lock(&service->lock);
    (void)snprintf(service->path, sizeof(service->path), "%s", path);
    if (rc < 0)
        (void)snprintf(service->warning, sizeof(service->warning), "%s",
                       err.msg);
    service->run_id = run_id;
    service->opened = true;
    pthread_cond_broadcast(&service->known);
    pthread_mutex_unlock(&service->lock);
}

/* Statistics never fail an I/O: they end, and say so once. */
static void note_loss(struct lio_service *service, const struct lio_error *err)
{
    pthread_mutex_lock(&service->lock);
    service->lost = *err;
    pthread_mutex_unlock(&service->lock);
}

static uint32_t take_slow(struct lio_service *service, struct lio_slow_op *slow)
{
    uint32_t n;

    pthread_mutex_lock(&service->lock);
    n = service->nslow;
    memcpy(slow, service->slow, n * sizeof(*slow));
    service->nslow = 0;
    pthread_mutex_unlock(&service->lock);
    return n;
}

static void free_slow(struct lio_slow_op *slow, uint32_t n)
{
    while (n-- > 0)
        free((void *)(uintptr_t)slow[n].path);
}

static void write_row(struct lio_service *service)
{
    struct lio_slow_op slow[SLOW_MAX];
    struct lio_error err = { 0 };
    uint32_t nslow;

    if (!service->db)
        return;
    nslow = take_slow(service, slow);
    lio_engine_snapshot(service->engine, &service->snapshot);
    if (lio_stats_db_write(service->db, &service->snapshot, slow, nslow, &err) <
        0) {
        note_loss(service, &err);
        lio_stats_db_abandon(service->db);
        service->db = NULL;
    }
    free_slow(slow, nslow);
}

/* The figures of the files closed so far; the engine owns them. */
static void write_last(struct lio_service *service)
{
    struct lio_engine *engine = service->engine;
    struct lio_file_figures *files = NULL;
    struct lio_slow_op slow[SLOW_MAX];
    struct lio_error err = { 0 };
    uint32_t nslow, nfiles = 0;

    if (!service->db)
        return;
    files = calloc(engine->nclosed ? engine->nclosed : 1, sizeof(*files));
    for (; files && nfiles < engine->nclosed; nfiles++)
        files[nfiles] = engine->closed[nfiles].figures;
    nslow = take_slow(service, slow);
    lio_engine_snapshot(engine, &service->snapshot);
    if (lio_stats_db_finish(service->db, &service->snapshot, files, nfiles,
                            slow, nslow, &err) < 0)
        note_loss(service, &err);
    service->db = NULL; /* closed in either case */
    free_slow(slow, nslow);
    free(files);
}

/* -- the thread ---------------------------------------------------------- */

static bool is_stopping(const struct lio_service *service)
{
    return atomic_load(&service->stopping);
}

/* Must it look after other lanes?  Nobody need be inside the engine who does,
 * while a callback is waited for. */
static bool is_scattered(void *what)
{
    struct lio_service *service = what;

    return is_stopping(service) || atomic_load(&service->joins) > 0;
}

static bool is_over(struct lio_service *service)
{
    return is_stopping(service) && lio_engine_quiet(service->engine);
}

/* Stop, or sleep less long than was thought: a timer has come that is due
 * earlier. */
static bool must_act(void *what)
{
    struct lio_service *service = what;

    return is_over(service) ||
           lio_timers_next(&service->timers) < service->sleeps_until;
}

static void wake_thread(struct lio_service *service)
{
    struct lio_lane *lane = lio_engine_callback_lane(service->engine);

    pthread_mutex_lock(&lane->wait_lock);
    lio_waiter_wake(&service->waiter);
    pthread_mutex_unlock(&lane->wait_lock);
}

void lio_service_joined(struct lio_service *service, int change)
{
    /* From then on it does not sleep for long. */
    if (atomic_fetch_add(&service->joins, change) == 0 && change > 0)
        wake_thread(service);
}

static bool set_timer(struct lio_service *service, uint64_t due_ns, uint64_t id,
                      enum lio_timer_kind kind)
{
    struct lio_timer timer = { due_ns, id, kind };
    bool first;

    if (lio_timers_add(&service->timers, timer, &first) < 0)
        return false;
    if (first)
        wake_thread(service);
    return true;
}

void lio_service_resume_at(struct lio_service *service, struct lio_io *io,
                           uint64_t due_ns, struct lio_batch *batch)
{
    struct lio_lane *lane = io->lane;
    uint64_t id = lio_lane_delay(lane, io);

    if (!set_timer(service, due_ns, id, LIO_TIMER_RESUME))
        lio_lane_resume(lane, io, id, batch); /* without the pause, then */
}

bool lio_service_expire_at(struct lio_service *service, uint64_t id,
                           uint64_t due_ns)
{
    return set_timer(service, due_ns, id, LIO_TIMER_DEADLINE);
}

static void run_timers(struct lio_service *service, uint64_t now)
{
    struct lio_engine *engine = service->engine;
    struct lio_timer timer;
    struct lio_batch batch;
    struct lio_io *io;

    lio_batch_begin(&batch, engine);
    batch.now_ns = now;
    while (lio_timers_pop(&service->timers, now, &timer)) {
        io = lio_engine_find(engine, timer.id);
        if (io && timer.kind == LIO_TIMER_RESUME)
            lio_lane_resume(io->lane, io, timer.id, &batch);
        else if (io)
            (void)lio_request_stop(engine, timer.id, LIO_ETIMEDOUT, &batch);
    }
    lio_batch_end(&batch);
}

static uint64_t next_event(struct lio_service *service)
{
    uint64_t timer = lio_timers_next(&service->timers);

    return timer < service->next_row_ns ? timer : service->next_row_ns;
}

static void *service_main(void *arg)
{
    struct lio_service *service = arg;
    uint64_t interval = service->engine->settings->stats.interval_ns;
    struct lio_lane *lane = lio_engine_callback_lane(service->engine);
    struct lio_wait wait = {
        .ready = must_act,
        .scattered = is_scattered,
        .what = service,
        .waiter = &service->waiter,
    };
    uint64_t now;

    start_db(service);
    service->next_row_ns =
        service->db ? lio_clock_ns() + interval : LIO_NO_DEADLINE;
    while (!is_over(service)) {
        service->sleeps_until = wait.deadline = next_event(service);
        (void)lio_lane_wait(lane, &wait);
        now = lio_clock_ns();
        run_timers(service, now);
        if (now >= service->next_row_ns) {
            write_row(service);
            service->next_row_ns =
                service->db ? now + interval : LIO_NO_DEADLINE;
        }
    }
    return NULL;
}

int lio_service_open(struct lio_engine *engine,
                     struct lio_service **ret_service, struct lio_error *err)
{
    struct lio_service *service = calloc(1, sizeof(*service));
    int os_errno;

    if (!service)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the service");
    service->engine = engine;
    lio_timers_init(&service->timers);
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->known, NULL);
    *ret_service = service; /* the thread may be asked for at once */
    os_errno = pthread_create(&service->thread, NULL, service_main, service);
    if (os_errno) {
        *ret_service = NULL;
        lio_service_abandon(service);
        return lio_error_set(err, LIO_ENOMEM,
                             "the service thread cannot be started: %s",
                             strerror(os_errno));
    }
    return 0;
}

void lio_service_stop(struct lio_service *service)
{
    atomic_store(&service->stopping, true);
    wake_thread(service);
    pthread_join(service->thread, NULL);
}

int lio_service_close(struct lio_service *service, struct lio_error *err)
{
    int code;

    if (!service)
        return 0;
    write_last(service);
    lio_timers_release(&service->timers);
    code = service->lost.code;
    if (code && err)
        *err = service->lost;

    pthread_cond_destroy(&service->known);
    pthread_mutex_destroy(&service->lock);
    free_slow(service->slow, service->nslow);
    free(service);
    return code;
}

void lio_service_abandon(struct lio_service *service)
{
    if (!service)
        return;
    lio_stats_db_abandon(service->db);
    free(service->timers.heap);
    free_slow(service->slow, service->nslow);
    free(service);
}

void lio_service_info(struct lio_service *service,
                      struct lio_engine_info *ret_info)
{
    pthread_mutex_lock(&service->lock);
    while (!service->opened)
        pthread_cond_wait(&service->known, &service->lock);
    ret_info->stats_path = service->path;
    ret_info->stats_warning =
        service->lost.code ? service->lost.msg : service->warning;
    ret_info->run_id = service->run_id;
    pthread_mutex_unlock(&service->lock);
}

void lio_service_slow(struct lio_service *service, const char *path,
                      const struct lio_slow_op *slow)
{
    char *copy = strdup(path);

    pthread_mutex_lock(&service->lock);
    if (copy && service->nslow < SLOW_MAX) {
        service->slow[service->nslow] = *slow;
        service->slow[service->nslow++].path = copy;
        copy = NULL;
    }
    pthread_mutex_unlock(&service->lock);
    free(copy);
}
