/*
 * Transfers.
 *
 * The backend reports what happened; here it is decided what that means:
 *
 *     all of it, or up to the end of the file    over
 *     fewer bytes                                go on from there
 *     EINTR, EAGAIN, EBUSY, ENOMEM, a foreign
 *     ECANCELED                                  again, at most MAX_TRIES times
 *     EINVAL past the page cache                 again, through it
 *     any other error                            over
 *
 * A foreign ECANCELED is what io_uring reports for work of a thread that has
 * exited.
 */
#include "core/transfer.h"

#include "common/clock.h"
#include "core/deliver.h"
#include "core/engine.h"
#include "core/read.h"
#include "core/view.h"

#define MAX_TRIES 100u

void lio_io_fail(struct lio_io *io, int code, int os_errno)
{
    struct lio_io *request = lio_io_request(io);
    int none = 0;

    if (atomic_compare_exchange_strong(&request->code, &none, code))
        atomic_store(&request->os_errno, os_errno);
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
    slow_ns = batch->engine->settings->stats.slow_ns;
    if (slow_ns && batch->now_ns - io->issued_ns > slow_ns)
        note_slow(io, kind, result, batch);
}

static bool passing(const struct lio_io *io, int os_errno)
{
    switch (os_errno) {
    case EINTR:
    case EAGAIN:
    case EBUSY:
    case ENOMEM:
        return true;
    case ECANCELED:
        return !lio_io_unwanted(io);
    default:
        return false;
    }
}

/* The file system wants what O_DIRECT wants and we do not know of: read this
 * file through the page cache from now on. */
static bool retry_buffered(struct lio_io *io)
{
    struct lio_handle *buffered;

    if (!atomic_load(&io->handle->direct) ||
        lio_file_buffered(io->file, &buffered, NULL) < 0)
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

/* Where a read may stop without having failed. */
static bool at_end_of_file(const struct lio_io *io, int64_t result)
{
    uint64_t at = io->op.offset + (uint64_t)result;

    return io->op.kind == LIO_OP_READ &&
           (result == 0 || at >= atomic_load(&io->handle->node->size_bytes));
}

/* Is there more to do for this operation?  It is then in batch->again. */
static bool goes_on(struct lio_io *io, int64_t result, struct lio_batch *batch)
{
    struct lio_lane_stats *stats = &io->lane->stats;
    bool more;

    if (result < 0) {
        more = (passing(io, (int)-result) && io->tries < MAX_TRIES) ||
               (result == -EINVAL && retry_buffered(io));
        if (more)
            lio_count(stats, LIO_COUNT_RETRIES, 1);
    } else {
        io->moved += (uint64_t)result;
        more = (uint64_t)result < io->op.length && !at_end_of_file(io, result);
        if (more && result == 0)
            more = io->tries < MAX_TRIES; /* a write that moves nothing */
        if (more) {
            advance(&io->op, (uint64_t)result);
            lio_count(stats, LIO_COUNT_CONTINUED, 1);
        }
    }
    if (more)
        lio_io_append(&batch->again, io);
    return more;
}

void lio_transfer_completed(struct lio_io *io, int64_t result,
                            struct lio_batch *batch)
{
    struct lio_filepool *pool = batch->engine->pool;
    struct lio_handle *handle = io->handle;

    io->tries++;
    count_operation(io, result, batch);
    if (!goes_on(io, result, batch)) {
        if (result < 0)
            lio_io_fail(io, lio_code_of_errno((int)-result), (int)-result);
        else if ((uint64_t)result < io->op.length && io->op.kind != LIO_OP_READ)
            lio_io_fail(io, LIO_EIO, 0);
        lio_transfer_ended(io, batch);
    }
    /* Last, because the operation above may still ask the handle's node. */
    if (lio_handle_release(pool, handle))
        batch->fed = true;
}

void lio_transfer_ended(struct lio_io *io, struct lio_batch *batch)
{
    struct lio_io *request = io->parent;

    if (!request) {
        io->bytes = io->moved;
        lio_request_finish(io, batch);
        return;
    }
    if (io->op.kind == LIO_OP_READ)
        lio_read_part_ended(io, batch);
    lio_io_append(&batch->spent, io);
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

    lio_node_written(pool, node, request->code ? 0 : end);
    request->bytes = request->code ? 0 : request->length;
}

void lio_request_finish(struct lio_io *request, struct lio_batch *batch)
{
    if (request->kind == LIO_REQUEST_READ) {
        if (lio_read_again(request, batch))
            return; /* not yet: a fill that it had joined failed */
        lio_read_finish(request);
    } else if (request->kind == LIO_REQUEST_WRITE) {
        finish_write(request);
    }
    if (request->view && atomic_load(&request->code)) {
        lio_view_put(request->view);
        request->view = NULL;
    }
    request->done_ns = batch->now_ns;
    lio_batch_tally(batch, request->file)->finished++;
    lio_deliver(request, batch);
}
