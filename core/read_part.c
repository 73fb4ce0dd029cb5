/*
 * The operations that a read needs: fills of frames, and reads past the cache.
 */
#include "core/read_parts.h"

#include "core/direct.h"
#include "core/fill.h"
#include "core/transfer.h"

static void fail_plan(const struct lio_plan *plan)
{
    if (plan->request)
        lio_io_fail(plan->request, LIO_ENOMEM, ENOMEM);
}

/* An operation that no request asked for is one itself. */
static void make_ahead(const struct lio_plan *plan, struct lio_io *io)
{
    io->flags = LIO_IO_AHEAD;
    io->kind = LIO_REQUEST_READ;
    io->io_class = LIO_CLASS_PREFETCH;
    io->level = 0;
    io->deadline_ns = 0;
    io->cq = NULL;
    io->callback = NULL;
    io->submitted_ns = plan->batch->now_ns;
    atomic_fetch_add(&plan->file->in_flight, 1);
}

/* A new part of the request, or NULL after recording LIO_ENOMEM. */
static struct lio_io *new_part(struct lio_plan *plan)
{
    struct lio_io_list one = { 0 };
    struct lio_io *part;

    if (!lio_lane_get(plan->lane, 1, 0, &one)) {
        fail_plan(plan);
        return NULL;
    }
    part = lio_io_pop(&one);
    part->parent = plan->request;
    part->file = plan->file;
    if (!plan->request)
        make_ahead(plan, part);
    part->handle = plan->handle;
    part->op.kind = LIO_OP_READ;
    lio_io_append(
        plan->request ? &plan->request->planned : &plan->batch->planned, part);
    plan->nparts++;
    return part;
}

/* -- past the cache ------------------------------------------------------ */

/* No longer than an operation may be. */
static void plan_direct_part(struct lio_plan *plan, uint64_t at, uint64_t len,
                             unsigned char *to)
{
    struct lio_io *request = plan->request;
    struct lio_io *part = new_part(plan);

    if (!part)
        return;
    part->offset = at;
    part->length = len;
    part->buf = to;
    if (!lio_direct_plan(part, UINT64_MAX))
        lio_direct_plan_bounced(part);
    else if (!request->view && !request->exposed)
        request->exposed = true; /* later on this needs the lane's lock */
}

void lio_plan_direct(struct lio_plan *plan, uint64_t at, uint64_t len,
                     unsigned char *to)
{
    uint64_t most = plan->batch->engine->settings->engine.max_op_bytes;

    for (uint64_t n; len > 0; at += n, to += n, len -= n) {
        /* Cut at multiples, so that only the edges can be unaligned. */
        n = lio_min_u64(len, most - at % most);
        plan_direct_part(plan, at, n, to);
    }
}

/* -- fills --------------------------------------------------------------- */

static struct lio_io *new_fill(struct lio_plan *plan, uint64_t at)
{
    struct lio_lane *lane = plan->lane;
    struct lio_fill *fill;
    struct lio_io *part;

    pthread_mutex_lock(&lane->lock);
    fill = lio_slab_get_fill(&lane->slab);
    pthread_mutex_unlock(&lane->lock);
    if (!fill) {
        fail_plan(plan);
        return NULL;
    }
    part = new_part(plan);
    if (!part) {
        pthread_mutex_lock(&lane->lock);
        lio_slab_put_fill(&lane->slab, fill);
        pthread_mutex_unlock(&lane->lock);
        return NULL;
    }
    lio_fill_begin(part, fill, at, plan->size);
    return part;
}

/* Load a run of sectors of a block into its frame.  Takes a pin over. */
static bool plan_fill_run(struct lio_plan *plan, uint64_t block, uint32_t slot,
                          uint32_t first, uint32_t count)
{
    uint64_t at = block * LIO_BLOCK_BYTES + (uint64_t)first * LIO_SECTOR_BYTES;
    uint64_t bytes = (uint64_t)count * LIO_SECTOR_BYTES;
    struct lio_piece piece = { block, slot, (uint8_t)first, (uint8_t)count };

    if (!plan->fill || !lio_fill_takes(plan->fill, at, bytes, plan->max_fill))
        plan->fill = new_fill(plan, at);
    if (!plan->fill)
        return false;
    lio_fill_add(plan->fill, &piece, lio_cache_frame(plan->cache, slot));
    lio_cache_set_loader(plan->cache, slot, lio_io_id(plan->fill));
    return true;
}

void lio_plan_loads(struct lio_plan *plan, uint64_t block,
                    const struct lio_cache_claim *claim)
{
    uint32_t first, count, at = 0;

    for (; lio_sector_run(claim->load, at, &first, &count);
         at = first + count) {
        lio_cache_pin(plan->cache, claim->slot);
        if (plan_fill_run(plan, block, claim->slot, first, count))
            continue;
        /* No memory, and that is recorded; who has joined meanwhile is told. */
        lio_read_publish(plan->batch, claim->slot,
                         lio_sector_mask(first, count), false);
        lio_cache_unpin(plan->cache, claim->slot);
    }
}
