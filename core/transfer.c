/*
 * Transfers.
 *
 * The backend reports what happened; here it is decided what that means:
 *
 *     all of it, or up to the end of the file    over
 *     fewer bytes                                go on from there
 *     an error                                   as core/retry.h says
 */
#include "core/transfer.h"

#include <sched.h>

#include "common/clock.h"
#include "core/deliver.h"
#include "core/engine.h"
#include "core/merge.h"
#include "core/read.h"
#include "core/readahead.h"
#include "core/view.h"

#define MAX_IDLE_TRIES 100u /* of a write that moves nothing */

void lio_io_fail(struct lio_io *io, int code, int os_errno)
{
    uint64_t none = 0, failure = (uint64_t)(uint32_t)code << 32;

    (void)atomic_compare_exchange_strong(&lio_io_request(io)->failure, &none,
                                         failure | (uint32_t)os_errno);
}

bool lio_io_unwanted(const struct lio_io *io)
{
    const struct lio_io *request = io->parent ? io->parent : io;

    if (io->fill && !atomic_load(&io->file->closing))
        return false;
    return atomic_load(&request->cancelled) ||
           (io->fill && request->flags & LIO_IO_AHEAD);
}

int lio_io_stop_code(const struct lio_io *io)
{
    const struct lio_io *request = io->parent ? io->parent : io;
    int code = atomic_load(&request->cancelled);

    return code ? code : LIO_ECANCELED;
}

/* -- one operation ------------------------------------------------------- */

static void note_slow(const struct lio_io *io, enum lio_stat_kind kind,
                      int64_t result, const struct lio_batch *batch)
{
    const struct lio_io *request = io->parent ? io->parent : io;
    struct lio_slow_op slow = {
        .kind = kind,
        .offset = io->op.offset,
        .length = io->op.length,
        .queue_ns = io->issued_ns - request->submitted_ns,
        .device_ns = batch->now_ns - io->issued_ns,
        .at_ns = lio_clock_of(CLOCK_REALTIME),
        .os_errno = result < 0 ? (int)-result : 0,
    };

    lio_service_slow(batch->engine->service, io->file->path, &slow);
}

static void count_operation(const struct lio_io *io, int64_t result,
                            struct lio_batch *batch)
{
    static const struct {
        enum lio_stat_kind kind;
        enum lio_counter operations, bytes;
    } by_kind[] = {
        [LIO_OP_READ] = { LIO_STAT_READ, LIO_COUNT_DEVICE_READS,
                          LIO_COUNT_DEVICE_BYTES_READ },
        [LIO_OP_WRITE] = { LIO_STAT_WRITE, LIO_COUNT_DEVICE_WRITES,
                           LIO_COUNT_DEVICE_BYTES_WRITTEN },
        [LIO_OP_SYNC] = { LIO_STAT_SYNC, LIO_COUNT_DEVICE_SYNCS,
                          LIO_COUNT_DEVICE_BYTES_WRITTEN },
    };
    struct lio_lane_stats *stats = &io->lane->stats;
    struct lio_tally *tally = lio_batch_tally(batch, io->file);
    enum lio_stat_kind kind = by_kind[io->op.kind].kind;
    uint64_t bytes = result > 0 ? (uint64_t)result : 0;
    uint64_t slow_ns;

    lio_count(stats, by_kind[io->op.kind].operations, 1);
    lio_count(stats, by_kind[io->op.kind].bytes, bytes);
    lio_hist_add(&stats->latency[LIO_STAGE_DEVICE][kind],
                 batch->now_ns - io->issued_ns);
    lio_stat_size(stats, kind, io->op.length);
    if (kind == LIO_STAT_READ) {
        tally->reads++;
        tally->bytes_read += bytes;
    } else {
        tally->writes++;
        tally->bytes_written += bytes;
    }
    if (result < 0) {
        lio_count(stats, LIO_COUNT_DEVICE_ERRORS, 1);
        tally->errors++;
    }
    if (result == (int64_t)io->op.length && kind == LIO_STAT_READ)
        lio_batch_sample(batch, io);
    slow_ns = batch->engine->settings->stats.slow_ns;
    if (slow_ns && batch->now_ns - io->issued_ns > slow_ns)
        note_slow(io, kind, result, batch);
}

/* The file system wants what O_DIRECT wants and we do not know of: read this
 * file through the page cache from now on. */
static bool retry_buffered(struct lio_io *io)
{
    struct lio_handle *buffered;

    if (lio_file_buffered(io->file, &buffered, NULL) < 0)
        return false;
    atomic_store(&io->file->direct_refused, true);
    io->handle = buffered;
    return true;
}

/* Cut off the front of what has been moved. */
static void advance(struct lio_op *op, uint64_t bytes)
{
    op->offset += bytes;
    op->length -= bytes;
    while (op->niov > 1 && bytes >= op->iov->len) {
        bytes -= op->iov->len;
        op->iov++;
        op->niov--;
    }
    op->iov->base = (unsigned char *)op->iov->base + bytes;
    op->iov->len -= bytes;
}

bool lio_transfer_at_end(struct lio_io *io, uint64_t at)
{
    struct lio_node *node = io->handle->node;
    uint64_t size = atomic_load(&node->size_bytes);

    if (at <= size)
        return at == size;
    /* The file is longer than we know: a write that failed in the end has
     * extended it, or somebody else has. */
    return lio_handle_stat(io->file->engine->pool, io->handle, NULL) == 0 &&
           at >= atomic_load(&node->size_bytes);
}

/* Where a read may stop without having failed. */
static bool at_end_of_file(struct lio_io *io, uint64_t moved)
{
    return io->op.kind == LIO_OP_READ &&
           (moved == 0 || lio_transfer_at_end(io, io->op.offset + moved));
}

/* A failed operation that shall be tried again is on its way when this returns
 * true. */
static bool try_again(struct lio_io *io, int os_errno, struct lio_batch *batch)
{
    struct lio_engine *engine = batch->engine;
    enum lio_verdict verdict;
    uint64_t due_ns;

    verdict =
        lio_retry_judge(&engine->retries, io, os_errno, batch->now_ns, &due_ns);
    if (verdict == LIO_TRY_BUFFERED && !retry_buffered(io))
        verdict = LIO_GIVE_UP;
    if (verdict == LIO_GIVE_UP)
        return false;
    lio_count(&io->lane->stats, LIO_COUNT_RETRIES, 1);
    if (verdict == LIO_TRY_LATER)
        lio_service_resume_at(engine->service, io, due_ns, batch);
    else
        lio_io_append(&batch->again, io);
    return true;
}

/* A transfer that fell short goes on from where it stopped. */
static bool go_on(struct lio_io *io, uint64_t moved, struct lio_batch *batch)
{
    io->moved += moved;
    if (moved == io->op.length || at_end_of_file(io, moved) ||
        (moved == 0 && lio_io_tries(io) >= MAX_IDLE_TRIES))
        return false;
    advance(&io->op, moved);
    lio_count(&io->lane->stats, LIO_COUNT_CONTINUED, 1);
    lio_io_append(&batch->again, io);
    return true;
}

static bool goes_on(struct lio_io *io, int64_t result, struct lio_batch *batch)
{
    if (result < 0)
        return try_again(io, (int)-result, batch);
    lio_retry_success(&batch->engine->retries);
    return go_on(io, (uint64_t)result, batch);
}

/* One that was cancelled was never begun, and says nothing.  One that went well
 * while another failed may have found the error taken already. */
static void judge_sync(struct lio_io *io, int64_t result)
{
    struct lio_node *node = io->handle->node;
    int os_errno = atomic_load(&node->poison);

    if (result < 0 && result != -ECANCELED)
        lio_node_poison(node, (int)-result);
    else if (result >= 0 && os_errno)
        lio_io_fail(io, lio_code_of_errno(os_errno), os_errno);
}

/* Why it is over, if not well.  A stop that came too late changes nothing: what
 * has worked has worked, and a device that is full is full.  It is the stop
 * that ended what another try might have mended. */
static void judge(struct lio_io *io, int64_t result)
{
    bool stopped = atomic_load(&lio_io_request(io)->cancelled) != 0;
    int code = lio_io_stop_code(io);

    if (result < 0 && stopped && lio_retry_might_help(io, (int)-result))
        lio_io_fail(io, code, lio_errno_of_stop(code));
    else if (result < 0)
        lio_io_fail(io, lio_code_of_errno((int)-result), (int)-result);
    else if ((uint64_t)result < io->op.length && io->op.kind != LIO_OP_READ)
        lio_io_fail(io, LIO_EIO, 0);
    if (io->op.kind == LIO_OP_SYNC)
        judge_sync(io, result);
}

void lio_transfer_completed(struct lio_io *io, int64_t result,
                            struct lio_batch *batch)
{
    lio_io_count_try(io);
    count_operation(io, result, batch);
    if (result == -ESTALE)
        lio_handle_distrust(io->handle); /* the release closes it */
    /* First, because another thread may issue it again at any time. */
    if (lio_handle_release(batch->engine->pool, io->handle))
        batch->fed = true;
    if (io->merge)
        lio_merge_completed(io, result, batch);
    else
        lio_transfer_moved(io, result, batch);
}

void lio_transfer_moved(struct lio_io *io, int64_t result,
                        struct lio_batch *batch)
{
    if (goes_on(io, result, batch))
        return;
    judge(io, result);
    lio_transfer_ended(io, batch);
}

/* A request has been tried as often as that of its parts which was tried
 * most. */
static void note_tries(struct lio_io *request, uint32_t tries)
{
    uint32_t most = lio_io_tries(request);

    while (most < tries &&
           !atomic_compare_exchange_weak(&request->tries, &most, tries))
        ;
}

void lio_transfer_ended(struct lio_io *io, struct lio_batch *batch)
{
    struct lio_io *request = io->parent;

    if (lio_budget_give(&batch->engine->budget, io->taken_bytes))
        batch->fed = true;
    io->taken_bytes = 0;
    if (!request) {
        if (io->kind == LIO_REQUEST_READ && !io->fill)
            lio_read_itself_ended(io);
        lio_request_finish(io, batch);
        return;
    }
    note_tries(request, lio_io_tries(io));
    if (io->op.kind == LIO_OP_READ)
        lio_read_part_ended(io, batch);
    lio_batch_spend(batch, io);
    lio_request_part_done(request, batch);
}

/* -- the request behind it ----------------------------------------------- */

void lio_request_part_done(struct lio_io *request, struct lio_batch *batch)
{
    if (atomic_fetch_sub(&request->parts, 1) == 1)
        lio_request_finish(request, batch);
}

static void finish_write(struct lio_io *request)
{
    struct lio_filepool *pool = request->file->engine->pool;
    struct lio_node *node = request->file->handle->node;
    uint64_t end = request->offset + request->length;

    lio_node_written(pool, node, lio_io_code(request) ? 0 : end);
    request->bytes = lio_io_code(request) ? 0 : request->length;
}

/* The request was delivered early, by release_early(): the engine still
 * had it until now. */
static void end_released(struct lio_io *request, struct lio_batch *batch)
{
    lio_view_put(request->view);
    request->view = NULL;
    lio_batch_finished(batch, request->file);
    lio_lane_drop(request->lane, request);
}

/* Nobody waits for it, and nobody is told. */
static void end_unasked(struct lio_io *io, struct lio_batch *batch)
{
    lio_read_part_ended(io, batch);
    if (io->flags & LIO_IO_AHEAD)
        lio_readahead_ended(io);
    lio_batch_finished(batch, io->file);
    lio_batch_spend(batch, io);
}

void lio_request_finish(struct lio_io *request, struct lio_batch *batch)
{
    if (request->flags & (LIO_IO_AHEAD | LIO_IO_GAP)) {
        end_unasked(request, batch);
        return;
    }
    if (!atomic_load(&request->ending) && request->kind == LIO_REQUEST_READ &&
        lio_read_again(request, batch))
        return; /* not yet: a fill that it had joined failed */
    if (atomic_exchange(&request->ending, true)) {
        end_released(request, batch);
        return;
    }
    if (request->kind == LIO_REQUEST_READ)
        lio_read_finish(request);
    else if (request->kind == LIO_REQUEST_WRITE)
        finish_write(request);
    if (request->view && lio_io_code(request)) {
        lio_view_put(request->view);
        request->view = NULL;
    }
    request->done_ns = batch->now_ns;
    lio_batch_finished(batch, request->file);
    lio_deliver(request, batch);
}

/* -- stopping ------------------------------------------------------------ */

/* Its joins come back without telling the queue, which may be gone by then. */
static void forget_joins(struct lio_io *request)
{
    int32_t joins = atomic_exchange(&request->joins, 0);

    if (joins != 0)
        lio_deliver_joined(request, -joins);
}

/*
 * Deliver a request whose parts are still under way.  Possible when all of them
 * write to memory of the engine; what is the caller's, memory and queue, is not
 * touched again once nobody is inside.  The parts go on, detached.
 */
static void release_early(struct lio_io *request, int code,
                          struct lio_batch *batch)
{
    while (atomic_load(&request->inside) > 0)
        sched_yield();
    forget_joins(request);
    lio_io_fail(request, code, lio_errno_of_stop(code));
    request->done_ns = batch->now_ns;
    lio_deliver(request, batch);
}

bool lio_request_stop(struct lio_engine *engine, uint64_t id, int code,
                      struct lio_batch *batch)
{
    struct lio_io *io = lio_engine_find(engine, id);
    bool release = false;

    if (!io || !lio_lane_cancel(io->lane, io, id, code, &release, batch))
        return false;
    if (release)
        release_early(io, code, batch);
    return true;
}
