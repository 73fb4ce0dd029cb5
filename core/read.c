/*
 * Reads: requests, as a whole.
 *
 * Past the cache a request is its own operation, unless it is larger than one
 * may be, or O_DIRECT wants another alignment: then parts of it are
 * (core/direct.h).  Through the cache it goes block by block (read_block.c).
 *
 * While a request is planned its count of parts carries PLANNING, so that parts
 * and joins may come back before all are known.
 */
#include "core/read_parts.h"

#include "core/deliver.h"
#include "core/direct.h"
#include "core/readahead.h"
#include "core/transfer.h"
#include "core/view.h"

#define PLANNING 0x40000000u

/* Beyond this a block number does not fit its half of the cache's key. */
#define CACHE_LIMIT ((uint64_t)UINT32_MAX * LIO_BLOCK_BYTES)

/* The request needs no part: it is the operation. */
static bool plan_itself(struct lio_plan *plan)
{
    uint64_t most = plan->batch->engine->settings->engine.max_op_bytes;
    struct lio_io *request = plan->request;

    request->handle = plan->handle;
    if (request->length == 0 || !lio_direct_plan(request, most))
        return false;
    request->op.kind = LIO_OP_READ;
    lio_io_append(&plan->batch->planned, request);
    return true;
}

/* Which handle reads this file now. */
static struct lio_handle *handle_of(struct lio_file *file)
{
    if (atomic_load(&file->direct_refused))
        return atomic_load(&file->buffered);
    return file->handle;
}

/*
 * Size and generation of the file; looked at again if the request wants more
 * than we know it to hold.  False if that is not possible now: then the device
 * has to say where the file ends.
 */
static bool look(struct lio_plan *plan)
{
    struct lio_io *request = plan->request;
    struct lio_node *node = plan->handle->node;

    lio_node_look(node, &plan->size, &plan->generation);
    if (request->length <= plan->size &&
        request->offset <= plan->size - request->length)
        return true;
    if (lio_handle_stat(plan->batch->engine->pool, plan->handle, NULL) < 0)
        return false;
    lio_node_look(node, &plan->size, &plan->generation);
    plan->end =
        lio_min_u64(plan->end, lio_max_u64(plan->size, request->offset));
    if (plan->end < request->offset + request->length)
        lio_read_met_eof(request, plan->end);
    return true;
}

static bool through_cache(const struct lio_io *request)
{
    return request->file->engine->cache && !(request->flags & LIO_NOCACHE) &&
           request->offset < CACHE_LIMIT &&
           request->length < CACHE_LIMIT - request->offset;
}

static int make_view(struct lio_plan *plan, bool cached)
{
    struct lio_io *request = plan->request;
    int rc = lio_view_make(request->file->engine, request->offset,
                           plan->end - request->offset, cached, &request->view);

    if (rc < 0)
        lio_io_fail(request, rc, ENOMEM);
    else if (!cached)
        request->buf = lio_view_memory(request->view);
    return rc;
}

static void plan_parts(struct lio_plan *plan, bool cached)
{
    struct lio_io *request = plan->request;
    bool is_view = request->flags & LIO_VIEW;

    atomic_store(&request->parts, PLANNING);
    (void)lio_io_move(request, LIO_IO_NEW, LIO_IO_PLANNED);
    if (cached || is_view)
        cached = look(plan) && cached;
    if (!is_view || make_view(plan, cached) == 0) {
        if (!cached)
            lio_plan_direct(plan, request->offset, plan->end - request->offset,
                            request->buf);
        else if (plan->end > request->offset)
            lio_plan_blocks(plan);
    }
    if (request->planned.head)
        lio_io_append(&plan->batch->planned, request);
    /* Before the request may be over, and its file closed. */
    if (cached && plan->end > request->offset)
        lio_readahead_access(request, plan->generation, plan->access,
                             plan->batch);
    if (atomic_fetch_sub(&request->parts, PLANNING - plan->nparts) ==
        PLANNING - plan->nparts)
        lio_request_finish(request, plan->batch);
}

void lio_read_plan(struct lio_io *request, struct lio_batch *batch)
{
    bool cached = through_cache(request);
    struct lio_plan plan = {
        .request = request,
        .file = request->file,
        .lane = request->lane,
        .io_class = request->io_class,
        .level = request->level,
        .max_fill = batch->engine->settings->engine.max_op_bytes,
        .batch = batch,
        .cache = batch->engine->cache,
        .handle = handle_of(request->file),
        .end = request->offset + request->length,
    };

    if (!cached && !(request->flags & LIO_VIEW) && plan_itself(&plan))
        return;
    if (cached)
        lio_readahead_collect(batch->engine, request->lane);
    plan_parts(&plan, cached);
}

bool lio_read_again(struct lio_io *request, struct lio_batch *batch)
{
    struct lio_plan plan = {
        .request = request,
        .file = request->file,
        .lane = request->lane,
        .batch = batch,
        .cache = batch->engine->cache,
        .handle = handle_of(request->file),
        .end = request->offset + request->length,
    };

    if (!atomic_load(&request->redo) || lio_io_code(request) ||
        !lio_lane_expose(request->lane, request))
        return false;
    atomic_store(&request->redo, false);
    atomic_store(&request->eof_at, UINT64_MAX);
    request->flags |= LIO_NOCACHE;
    lio_view_put(request->view);
    request->view = NULL;
    plan_parts(&plan, false);
    return true;
}

void lio_read_finish(struct lio_io *request)
{
    uint64_t end = request->offset + request->length;

    if (lio_io_code(request))
        return;
    if (lio_io_state(request) == LIO_IO_PLANNED) {
        end = lio_min_u64(end, atomic_load(&request->eof_at));
        /* A load begins with a sector, perhaps before the request does. */
        request->bytes = end > request->offset ? end - request->offset : 0;
    }
    if (request->view)
        lio_view_trim(request->view, request->bytes);
    if (request->flags & LIO_EXACT && request->bytes < request->length)
        lio_io_fail(request, LIO_EEOF, 0);
}

/* -- ahead of all requests ----------------------------------------------- */

uint64_t lio_read_ahead(struct lio_file *file, struct lio_lane *lane,
                        struct lio_range *range,
                        const struct lio_read_ahead_limits *limits,
                        struct lio_batch *batch, uint32_t *ret_nops)
{
    struct lio_plan plan = {
        .file = file,
        .lane = lane,
        .batch = batch,
        .cache = batch->engine->cache,
        .handle = handle_of(file),
        .max_fill = limits->op_bytes,
    };
    uint64_t bytes = 0, most;

    lio_node_look(plan.handle->node, &plan.size, &plan.generation);
    most = lio_min_u64(plan.size, CACHE_LIMIT);
    if (range->offset >= most)
        range->length = 0;
    else
        range->length = lio_min_u64(range->length, most - range->offset);
    while (range->length > 0 && bytes < limits->bytes &&
           plan.nparts < limits->nops)
        bytes += lio_plan_block_ahead(&plan, range);

    pthread_mutex_lock(&lane->lock);
    lio_count(&lane->stats, LIO_COUNT_PREFETCHES, plan.nparts);
    lio_count(&lane->stats, LIO_COUNT_PREFETCH_BYTES, bytes);
    pthread_mutex_unlock(&lane->lock);
    *ret_nops = plan.nparts;
    return bytes;
}
