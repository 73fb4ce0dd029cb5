/*
 * The way in: requests are checked, get their objects, are planned and issued.
 */

#include "common/clock.h"
#include "core/batch.h"
#include "core/deliver.h"
#include "core/engine.h"
#include "core/read.h"
#include "core/transfer.h"
#include "core/write.h"

#define HINTS (uint32_t)(LIO_SCAN | LIO_ONCE | LIO_HOT | LIO_METADATA)
#define FLAGS_KNOWN                                                            \
    ((uint32_t)(LIO_EXACT | LIO_VIEW | LIO_NOCACHE | LIO_STAGE | LIO_NOWAIT) | \
     HINTS)

static const char *misuse(const struct lio_engine *engine,
                          const struct lio_request *request)
{
    const struct lio_file *file = request->file;
    bool is_read = request->kind == LIO_REQUEST_READ;

    if (!file || file->engine != engine)
        return "the file is not one of this engine";
    if (request->kind > LIO_REQUEST_SYNC)
        return "unknown kind of request";
    if (request->flags & ~FLAGS_KNOWN)
        return "unknown flags";
    if (request->flags & HINTS && !is_read)
        return "only reads have hints for the cache";
    if (__builtin_popcount(request->flags & HINTS) > 1)
        return "more than one hint for the cache";
    if (is_read ? !(file->flags & LIO_READ) : !(file->flags & LIO_WRITE))
        return is_read ? "the file is not open for reading"
                       : "the file is not open for writing";
    if (request->flags & LIO_VIEW && !is_read)
        return "only reads can be views";
    if (request->offset > INT64_MAX ||
        request->length > INT64_MAX - request->offset)
        return "the range ends past the largest offset";
    if (!request->buf && request->length > 0 &&
        request->kind != LIO_REQUEST_SYNC && !(request->flags & LIO_VIEW))
        return "there is no buffer";
    if (request->io_class > LIO_CLASS_BACKGROUND)
        return "unknown class";
    if (request->priority < -4 || request->priority > 3)
        return "the priority is not one of -4 .. 3";
    if (request->queue && request->callback)
        return "a result goes to a queue or to a callback, not to both";
    if (request->queue && request->queue->engine != engine)
        return "the queue is not one of this engine";
    return NULL;
}

/* Say so, with the file's name unless it is the file that is wrong. */
static int refuse(const struct lio_engine *engine,
                  const struct lio_request *requests, uint32_t i, uint32_t n,
                  const char *why, struct lio_error *err)
{
    const struct lio_file *file = requests[i].file;

    if (!file || file->engine != engine)
        return lio_error_set(err, LIO_EINVAL, "request %u of %u: %s", i + 1, n,
                             why);
    if (n == 1)
        return lio_error_set(err, LIO_EINVAL, "%s: %s", lio_file_name(file),
                             why);
    return lio_error_set(err, LIO_EINVAL, "%s: request %u of %u: %s",
                         lio_file_name(file), i + 1, n, why);
}

static int check_all(const struct lio_engine *engine,
                     const struct lio_request *requests, uint32_t n,
                     const uint64_t *ret_ids, struct lio_error *err)
{
    const char *why;

    if (!lio_engine_ours(engine))
        return lio_engine_gone(err);
    for (uint32_t i = 0; i < n; i++) {
        why = misuse(engine, &requests[i]);
        if (!why && !ret_ids && !requests[i].queue && !requests[i].callback)
            why = "there is nowhere to put its id";
        if (why)
            return refuse(engine, requests, i, n, why, err);
    }
    return 0;
}

static struct lio_lane *lane_of(struct lio_engine *engine,
                                const struct lio_request *request)
{
    if (request->queue)
        return request->queue->lane;
    if (request->callback)
        return lio_engine_callback_lane(engine);
    return lio_engine_lane(engine);
}

/* Objects for all requests, taken from each lane for runs of requests. */
static int get_objects(struct lio_engine *engine,
                       const struct lio_request *requests, uint32_t n,
                       struct lio_io_list *list, struct lio_error *err)
{
    struct lio_lane *lane;
    struct lio_io *io;
    uint32_t run;

    for (uint32_t i = 0; i < n; i += run) {
        lane = lane_of(engine, &requests[i]);
        for (run = 1; i + run < n; run++)
            if (lane_of(engine, &requests[i + run]) != lane)
                break;
        if (lio_lane_get(lane, run, run, list))
            continue;
        while ((io = lio_io_pop(list))) {
            struct lio_io_list one = { 0 };

            lio_io_append(&one, io);
            lio_lane_put(io->lane, &one);
        }
        return lio_error_set(err, LIO_ENOMEM, "no memory for %u requests", n);
    }
    return 0;
}

static uint8_t class_of(const struct lio_request *request)
{
    if (request->io_class != LIO_CLASS_DEFAULT)
        return (uint8_t)request->io_class;
    if (request->flags & LIO_METADATA)
        return LIO_CLASS_METADATA;
    return request->kind == LIO_REQUEST_READ ? LIO_CLASS_DEMAND
                                             : LIO_CLASS_WRITE;
}

static uint64_t deadline_of(const struct lio_request *request, uint64_t now)
{
    uint64_t timeout = request->file->engine->settings->engine.timeout_ns;

    if (request->deadline_ns)
        return request->deadline_ns;
    return timeout ? now + timeout : 0;
}

static void describe(struct lio_io *io, const struct lio_request *request,
                     uint64_t now)
{
    io->file = request->file;
    io->kind = request->kind;
    io->flags = request->flags;
    io->offset = request->kind == LIO_REQUEST_SYNC ? 0 : request->offset;
    io->length = request->kind == LIO_REQUEST_SYNC ? 0 : request->length;
    io->buf = request->buf;
    io->cq = request->queue;
    io->callback = request->callback;
    io->user = request->user;
    atomic_store_explicit(&io->by_id, !request->queue && !request->callback,
                          memory_order_relaxed);
    io->io_class = class_of(request);
    io->level = (uint8_t)(request->priority + (int32_t)LIO_NLEVELS / 2);
    io->deadline_ns = deadline_of(request, now);
    io->submitted_ns = now;
    atomic_fetch_add(&request->file->in_flight, 1);
    if (request->queue)
        atomic_fetch_add(&request->queue->outstanding, 1);
}

/* The deadline is set last: before, nobody may end the request.  By then it may
 * be done already, and the id stale. */
static void plan(struct lio_io *io, struct lio_batch *batch)
{
    uint64_t id = lio_io_id(io), deadline = io->deadline_ns;

    if (io->kind == LIO_REQUEST_READ)
        lio_read_plan(io, batch);
    else
        lio_write_plan(io, batch);
    if (deadline)
        (void)lio_service_expire_at(batch->engine->service, id, deadline);
}

/* lio_submit() without running callbacks: the caller ends the batch. */
static int submit_batch(struct lio_engine *engine,
                        const struct lio_request *requests, uint32_t n,
                        uint64_t *ret_ids, struct lio_batch *batch,
                        struct lio_error *err)
{
    struct lio_io_list list = { 0 };
    struct lio_io *io;
    int rc;

    rc = check_all(engine, requests, n, ret_ids, err);
    if (rc == 0)
        rc = get_objects(engine, requests, n, &list, err);
    if (rc < 0)
        return rc;

    batch->now_ns = lio_clock_ns();
    batch->hold = true;
    for (uint32_t i = 0; i < n; i++) {
        io = lio_io_pop(&list);
        if (ret_ids)
            ret_ids[i] = lio_io_id(io);
        if (!(requests[i].flags & LIO_STAGE))
            batch->hold = false;
        describe(io, &requests[i], batch->now_ns);
        plan(io, batch);
    }
    lio_batch_settle(batch);
    batch->hold = false;
    return 0;
}

int lio_submit(struct lio_engine *engine, const struct lio_request *requests,
               uint32_t n, uint64_t *ret_ids, struct lio_error *err)
{
    struct lio_batch batch;
    int rc;

    if (!lio_engine_ours(engine))
        return lio_engine_gone(err);
    lio_batch_begin(&batch, engine);
    rc = submit_batch(engine, requests, n, ret_ids, &batch, err);
    lio_batch_end(&batch);
    return rc;
}

void lio_flush(struct lio_engine *engine)
{
    if (!lio_engine_ours(engine))
        return;
    for (uint32_t i = 0; i <= engine->nlanes; i++)
        lio_lane_flush(&engine->lanes[i]);
}

/* -- synchronous is asynchronous plus wait ------------------------------- */

/* One request whose only reader is this thread; sent with its first reap. */
static int run(const struct lio_request *request, struct lio_result *ret_result,
               struct lio_error *err)
{
    struct lio_engine *engine = request->file->engine;
    uint64_t id;
    int rc;

    rc = lio_submit(engine, request, 1, &id, err);
    if (rc < 0)
        return rc;
    rc = lio_wait(engine, id, -1, ret_result);
    if (rc < 0)
        return lio_error_set(err, rc,
                             "%s: the request was taken by another "
                             "thread",
                             lio_file_name(request->file));
    return lio_result_error(ret_result, err);
}

int lio_read(struct lio_file *file, void *buf, size_t len, uint64_t offset,
             uint32_t flags, size_t *ret_bytes, struct lio_error *err)
{
    struct lio_request request = {
        .file = file,
        .kind = LIO_REQUEST_READ,
        .flags = (flags & ~(uint32_t)LIO_VIEW) | LIO_STAGE,
        .offset = offset,
        .length = len,
        .buf = buf,
    };
    struct lio_result result;
    int rc;

    if (!ret_bytes && !(flags & LIO_EXACT))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: a read that may be short needs ret_bytes",
                             lio_file_name(file));
    rc = run(&request, &result, err);
    if (rc == 0 && ret_bytes)
        *ret_bytes = (size_t)result.bytes;
    return rc;
}

int lio_read_view(struct lio_file *file, size_t len, uint64_t offset,
                  uint32_t flags, struct lio_view **ret_view,
                  struct lio_error *err)
{
    struct lio_request request = {
        .file = file,
        .kind = LIO_REQUEST_READ,
        .flags = flags | LIO_VIEW | LIO_STAGE,
        .offset = offset,
        .length = len,
    };
    struct lio_result result;
    int rc = run(&request, &result, err);

    if (rc == 0)
        *ret_view = result.view;
    return rc;
}

int lio_write(struct lio_file *file, const void *buf, size_t len,
              uint64_t offset, struct lio_error *err)
{
    struct lio_request request = {
        .file = file,
        .kind = LIO_REQUEST_WRITE,
        .flags = LIO_STAGE,
        .offset = offset,
        .length = len,
        .buf = (void *)(uintptr_t)buf, /* a write only reads it */
    };
    struct lio_result result;

    return run(&request, &result, err);
}

int lio_sync(struct lio_file *file, struct lio_error *err)
{
    struct lio_request request = {
        .file = file,
        .kind = LIO_REQUEST_SYNC,
        .flags = LIO_STAGE,
    };
    struct lio_result result;

    return run(&request, &result, err);
}
