/*
 * The way out: waiting for requests and taking their results.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "core/deliver.h"
#include "core/engine.h"
#include "core/transfer.h"

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = { "read", "write", "sync" };

    return kind < 3 ? names[kind] : "request";
}

/* The end of a path that does not fit: it says most. */
static void copy_tail(char *to, size_t bytes, const char *from)
{
    size_t len = strlen(from);

    if (len >= bytes)
        from += len - bytes + 1;
    (void)snprintf(to, bytes, "%s", from);
}

int lio_result_error(const struct lio_result *result, struct lio_error *err)
{
    const char *path = result->file ? lio_file_name(result->file) : "";
    const char *kind = kind_name(result->kind);

    if (!result->code)
        return 0;
    if (result->code == LIO_EEOF)
        lio_error_set(err, result->code,
                      "%s: %s of %" PRIu64 " bytes at %" PRIu64
                      " runs past the end of the file",
                      path, kind, result->length, result->offset);
    else
        lio_error_set(err, result->code,
                      "%s: %s of %" PRIu64 " bytes at %" PRIu64 " failed: %s",
                      path, kind, result->length, result->offset,
                      result->os_errno ? strerror(result->os_errno)
                                       : "the device stopped short");
    if (!err)
        return result->code;
    err->os_errno = result->os_errno;
    err->tries = result->tries;
    err->offset = result->offset;
    err->length = result->length;
    copy_tail(err->op, sizeof(err->op), kind);
    copy_tail(err->file, sizeof(err->file), path);
    if (result->file)
        copy_tail(err->backend, sizeof(err->backend),
                  result->file->engine->backend_plugin->name);
    return result->code;
}

/* -- by id --------------------------------------------------------------- */

struct id_wait {
    struct lio_engine *engine;
    const uint64_t *ids;
    uint32_t n;
    bool unregistered; /* somebody else waits for one of them: poll */
};

static bool id_done(const struct lio_engine *engine, uint64_t id,
                    struct lio_io **ret_io)
{
    struct lio_io *io = lio_engine_find((struct lio_engine *)engine, id);
    enum lio_io_state state;

    *ret_io = io;
    return !io || !lio_io_is(io, id, &state) || state == LIO_IO_DONE;
}

/* Some id is done, or no longer known. */
static bool any_done(void *what)
{
    const struct id_wait *wait = what;
    struct lio_io *io;

    for (uint32_t i = 0; i < wait->n; i++)
        if (id_done(wait->engine, wait->ids[i], &io))
            return true;
    return false;
}

static bool any_scattered(void *what)
{
    const struct id_wait *wait = what;
    struct lio_io *first = lio_engine_find(wait->engine, wait->ids[0]);

    if (wait->unregistered)
        return true;
    for (uint32_t i = 0; i < wait->n; i++) {
        struct lio_io *io = lio_engine_find(wait->engine, wait->ids[i]);

        if (io && (io->lane != first->lane || atomic_load(&io->joins) > 0))
            return true;
    }
    return false;
}

/* Who delivers one of these wakes `waiter`.  Unregistering waits until nobody
 * is about to. */
static void register_waiter(struct id_wait *wait, struct lio_waiter *waiter)
{
    for (uint32_t i = 0; i < wait->n; i++) {
        struct lio_io *io = lio_engine_find(wait->engine, wait->ids[i]);
        struct lio_waiter *nobody = NULL;

        if (!atomic_compare_exchange_strong(&io->waiter, &nobody, waiter))
            wait->unregistered = true;
    }
}

static void unregister_waiter(const struct id_wait *wait,
                              struct lio_waiter *waiter)
{
    for (uint32_t i = 0; i < wait->n; i++) {
        struct lio_io *io = lio_engine_find(wait->engine, wait->ids[i]);
        struct lio_waiter *mine = waiter;

        pthread_mutex_lock(&io->lane->wait_lock);
        (void)atomic_compare_exchange_strong(&io->waiter, &mine, NULL);
        pthread_mutex_unlock(&io->lane->wait_lock);
    }
}

/* Take the result of one that is done; LIO_ESTALE if there is none. */
static int take_one(struct lio_engine *engine, const uint64_t *ids, uint32_t n,
                    struct lio_result *ret_result)
{
    struct lio_io_list one = { 0 };
    enum lio_io_state state;
    struct lio_io *io;

    for (uint32_t i = 0; i < n; i++) {
        io = lio_engine_find(engine, ids[i]);
        if (!io || !lio_io_is(io, ids[i], &state))
            return LIO_ESTALE;
        if (state == LIO_IO_DONE && lio_io_claim(io, ids[i])) {
            lio_io_append(&one, io);
            (void)lio_take(io->lane, &one, ret_result, 1);
            /* Another may wait for it too, as one who drops it does.  The one
             * who delivered it can have come too late to see him: now that the
             * id is stale either he sees that, or we see him. */
            lio_wake_registered(&io->waiter, io->lane, NULL);
            return 0;
        }
    }
    return LIO_ESTALE;
}

static int check_ids(struct lio_engine *engine, const uint64_t *ids, uint32_t n)
{
    enum lio_io_state state;

    if (!lio_engine_ours(engine))
        return LIO_ECLOSED;
    if (n == 0)
        return LIO_EINVAL;
    for (uint32_t i = 0; i < n; i++) {
        struct lio_io *io = lio_engine_find(engine, ids[i]);
        bool by_id = io && atomic_load(&io->by_id);

        /* Asked for second: another may take it meanwhile, and the object
         * become another request. */
        if (!io || !lio_io_is(io, ids[i], &state))
            return LIO_ESTALE;
        if (!by_id)
            return LIO_EINVAL;
    }
    return 0;
}

int lio_wait_any(struct lio_engine *engine, const uint64_t *ids, uint32_t n,
                 int64_t timeout_ns, struct lio_result *ret_result)
{
    struct id_wait what = { engine, ids, n, false };
    struct lio_waiter waiter = { 0 };
    struct lio_wait wait = {
        .ready = any_done,
        .scattered = any_scattered,
        .what = &what,
        .waiter = &waiter,
    };
    int rc = check_ids(engine, ids, n);

    if (rc < 0)
        return rc;
    if (!any_done(&what)) {
        wait.deadline = lio_deadline_after(timeout_ns);
        register_waiter(&what, &waiter);
        rc = lio_lane_wait(lio_engine_find(engine, ids[0])->lane, &wait);
        unregister_waiter(&what, &waiter);
        if (rc < 0)
            return rc;
    }
    return take_one(engine, ids, n, ret_result);
}

int lio_wait(struct lio_engine *engine, uint64_t id, int64_t timeout_ns,
             struct lio_result *ret_result)
{
    return lio_wait_any(engine, &id, 1, timeout_ns, ret_result);
}

int lio_cancel(struct lio_engine *engine, uint64_t id)
{
    struct lio_batch batch;
    bool known;

    if (!lio_engine_ours(engine))
        return LIO_ECLOSED;
    lio_batch_begin(&batch, engine);
    batch.now_ns = lio_clock_ns();
    known = lio_request_stop(engine, id, LIO_ECANCELED, &batch);
    lio_batch_end(&batch);
    return known ? 0 : LIO_ESTALE;
}

int lio_drop(struct lio_engine *engine, uint64_t id)
{
    struct lio_result result;
    int rc = lio_cancel(engine, id);

    if (rc == 0)
        rc = lio_wait(engine, id, -1, &result);
    if (rc == 0)
        lio_view_put(result.view);
    return rc;
}

/* -- by queue ------------------------------------------------------------ */

struct cq_wait {
    struct lio_cq *cq;
    uint64_t min;
};

static bool cq_ready(void *what)
{
    const struct cq_wait *wait = what;
    struct lio_cq *cq = wait->cq;
    uint64_t done = cq->nown + atomic_load(&cq->ndone);

    return done >= wait->min || done >= atomic_load(&cq->outstanding);
}

static bool cq_scattered(void *what)
{
    const struct cq_wait *wait = what;

    return atomic_load(&wait->cq->joins) > 0;
}

/* Results that other threads have put there. */
static void collect(struct lio_cq *cq)
{
    struct lio_io *io;

    if (atomic_load(&cq->ndone) == 0)
        return;
    pthread_mutex_lock(&cq->lock);
    while ((io = lio_io_pop(&cq->done))) {
        lio_io_append(&cq->own, io);
        cq->nown++;
    }
    atomic_store(&cq->ndone, 0);
    pthread_mutex_unlock(&cq->lock);
}

static uint32_t take_from(struct lio_cq *cq, struct lio_result *results,
                          uint32_t max)
{
    uint32_t n;

    collect(cq);
    if (cq->nown == 0)
        return 0;
    n = lio_take(cq->lane, &cq->own, results, max);
    cq->nown -= n;
    atomic_fetch_sub(&cq->outstanding, n);
    return n;
}

static void wait_for_queue(struct lio_cq *cq, uint64_t min, int64_t timeout_ns)
{
    struct cq_wait what = { cq, min };
    struct lio_waiter waiter = { 0 };
    struct lio_wait wait = {
        .ready = cq_ready,
        .scattered = cq_scattered,
        .what = &what,
        .own_cq = cq,
        .waiter = &waiter,
        .deadline = lio_deadline_after(timeout_ns),
    };

    atomic_store(&cq->waiter, &waiter);
    (void)lio_lane_wait(cq->lane,
                        &wait); /* the time may be up: then so be it */
    pthread_mutex_lock(&cq->lane->wait_lock);
    atomic_store(&cq->waiter, NULL);
    pthread_mutex_unlock(&cq->lane->wait_lock);
}

int lio_cq_wait(struct lio_cq *cq, struct lio_result *results, uint32_t max,
                uint32_t min, int64_t timeout_ns)
{
    if (!lio_engine_ours(cq->engine))
        return LIO_ECLOSED;
    if (max == 0 || max > INT32_MAX || min > max)
        return LIO_EINVAL;
    if (min == 0)
        timeout_ns = 0; /* a look is enough, but a look at the device */
    if (cq->nown < max)
        wait_for_queue(cq, min ? min : 1, timeout_ns);
    return (int)take_from(cq, results, max);
}

int lio_cq_open(struct lio_engine *engine, struct lio_cq **ret_queue,
                struct lio_error *err)
{
    struct lio_cq *cq;

    if (!lio_engine_ours(engine))
        return lio_engine_gone(err);
    cq = calloc(1, sizeof(*cq));
    if (!cq)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for a completion queue");
    cq->engine = engine;
    cq->lane = lio_engine_lane(engine);
    pthread_mutex_init(&cq->lock, NULL);
    lio_engine_join(engine);
    *ret_queue = cq;
    return 0;
}

static void discard(struct lio_cq *cq)
{
    struct lio_result results[16];
    uint32_t n;

    while (atomic_load(&cq->outstanding) > 0) {
        n = take_from(cq, results, LIO_COUNT(results));
        for (uint32_t i = 0; i < n; i++)
            lio_view_put(results[i].view);
        if (n == 0)
            wait_for_queue(cq, 1, -1);
    }
}

void lio_cq_close(struct lio_cq *cq)
{
    if (!cq)
        return;
    if (lio_engine_ours(cq->engine)) {
        discard(cq);
        pthread_mutex_destroy(&cq->lock);
    }
    lio_engine_leave(cq->engine);
    free(cq);
}
