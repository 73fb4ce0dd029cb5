/*
 * Writes and syncs.
 *
 * Nothing is held back: a write goes to the device when it is submitted.  What
 * the cache holds of the file is made unreachable before and after: before,
 * so that a read that begins meanwhile does not leave old bytes behind under a
 * key that is still looked for; after, for reads that began in between.
 *
 * O_DIRECT cannot write unaligned; such a write goes through a second, buffered
 * handle.  (To read the block, change it and write it back would race with the
 * neighbours.)
 */
#include "core/write.h"

#include "core/engine.h"
#include "core/transfer.h"

#define PLANNING 0x40000000u

static bool aligned(const struct lio_io *request,
                    const struct lio_handle *handle)
{
    return request->offset % handle->offset_align == 0 &&
           request->length % handle->offset_align == 0 &&
           (uintptr_t)request->buf % handle->memory_align == 0;
}

static int choose_handle(struct lio_io *request, struct lio_handle **ret_handle)
{
    struct lio_file *file = request->file;
    struct lio_error err = { 0 };
    int rc;

    *ret_handle = file->handle;
    if (request->kind == LIO_REQUEST_SYNC ||
        (aligned(request, file->handle) && !atomic_load(&file->direct_refused)))
        return 0;
    rc = lio_file_buffered(file, ret_handle, &err);
    if (rc < 0)
        lio_io_fail(request, rc, err.os_errno);
    return rc;
}

static void set_op(struct lio_io *io, uint64_t at, uint64_t len,
                   unsigned char *from)
{
    io->iov[0] = (struct lio_iovec){ from, len };
    io->op.iov = io->iov;
    io->op.niov = 1;
    io->op.offset = at;
    io->op.length = len;
    io->op.kind = LIO_OP_WRITE;
}

/* A write that is larger than one operation may be. */
static void plan_pieces(struct lio_io *request, struct lio_handle *handle,
                        struct lio_batch *batch)
{
    uint64_t most = batch->engine->settings->engine.max_op_bytes;
    uint64_t npieces = (request->length + most - 1) / most;
    struct lio_io_list parts = { 0 };
    unsigned char *from = request->buf;
    uint64_t at = request->offset, left = request->length;
    struct lio_io *part;

    request->exposed = true; /* the device reads the caller's memory */
    atomic_store(&request->parts, PLANNING);
    (void)lio_io_move(request, LIO_IO_NEW, LIO_IO_PLANNED);
    if (npieces >= PLANNING ||
        !lio_lane_get(request->lane, (uint32_t)npieces, 0, &parts)) {
        lio_io_fail(request, LIO_ENOMEM, ENOMEM);
        npieces = 0;
    }
    while ((part = lio_io_pop(&parts))) {
        uint64_t n = left < most ? left : most;

        part->parent = request;
        part->file = request->file;
        part->handle = handle;
        part->offset = at;
        part->length = n;
        set_op(part, at, n, from);
        lio_io_append(&request->planned, part);
        at += n;
        from += n;
        left -= n;
    }
    if (request->planned.head)
        lio_io_append(&batch->planned, request);
    if (atomic_fetch_sub(&request->parts, PLANNING - (uint32_t)npieces) ==
        PLANNING - (uint32_t)npieces)
        lio_request_finish(request, batch);
}

/* A sync is not believed after one has failed. */
static bool poisoned(struct lio_io *request)
{
    int os_errno = atomic_load(&request->file->handle->node->poison);

    if (request->kind != LIO_REQUEST_SYNC || !os_errno)
        return false;
    lio_io_fail(request, lio_code_of_errno(os_errno), os_errno);
    return true;
}

void lio_write_plan(struct lio_io *request, struct lio_batch *batch)
{
    struct lio_handle *handle;

    if (poisoned(request) || choose_handle(request, &handle) < 0 ||
        (request->kind == LIO_REQUEST_WRITE && request->length == 0)) {
        lio_request_finish(request, batch);
        return;
    }
    if (request->kind == LIO_REQUEST_WRITE) {
        lio_node_written(batch->engine->pool, handle->node, 0);
        if (request->length > batch->engine->settings->engine.max_op_bytes) {
            plan_pieces(request, handle, batch);
            return;
        }
        set_op(request, request->offset, request->length, request->buf);
    } else {
        request->op.kind = LIO_OP_SYNC;
        request->op.iov = NULL;
        request->op.niov = 0;
        request->op.offset = 0;
        request->op.length = 0;
    }
    request->handle = handle;
    lio_io_append(&batch->planned, request);
}
