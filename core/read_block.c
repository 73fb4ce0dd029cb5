/*
 * Reads through the cache, block by block:
 *
 *     sectors that are valid         copied at once
 *     sectors nobody loads yet       a run of a fill; neighbouring runs of
 *                                    neighbouring blocks share one operation,
 *                                    which reads into several frames
 *     sectors that are being loaded  joined: copied when that fill is done
 *     no slot to be had              read past the cache, straight to the
 *                                    buffer
 */
#include "core/read_parts.h"

#include <stdlib.h>

#include "core/fill.h"
#include "core/transfer.h"
#include "core/view.h"

static void count_bypass(struct lio_lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    lio_count(&lane->stats, LIO_COUNT_CACHE_BYPASSES, 1);
    pthread_mutex_unlock(&lane->lock);
}

/* The part of a block that the request wants, past the cache. */
static void plan_past_cache(struct lio_plan *plan, uint64_t block, uint64_t lo,
                            uint64_t hi)
{
    struct lio_io *request = plan->request;
    unsigned char *to;

    plan->access |= LIO_ACCESS_WAITED;
    count_bypass(request->lane);
    if (request->view) {
        to = lio_view_own_block(request->view, block);
        if (!to) {
            lio_io_fail(request, LIO_ENOMEM, ENOMEM);
            return;
        }
        to += lo % LIO_BLOCK_BYTES;
    } else {
        to = request->buf + (lo - request->offset);
    }
    lio_plan_direct(plan, lo, hi - lo, to);
}

/* -- claims -------------------------------------------------------------- */

/* Under the lane's lock. */
static void count_claim(struct lio_plan *plan,
                        const struct lio_cache_claim *claim)
{
    struct lio_lane *lane = plan->lane;
    uint32_t used = (uint32_t)__builtin_popcount(claim->hit & claim->ahead);
    uint32_t late = (uint32_t)__builtin_popcount(claim->join & claim->ahead);
    uint32_t hits = (uint32_t)__builtin_popcount(claim->hit) - used;
    uint32_t joins = (uint32_t)__builtin_popcount(claim->join);
    uint32_t loads = (uint32_t)__builtin_popcount(claim->load);

    if (joins | loads)
        plan->access |= LIO_ACCESS_WAITED;
    if (claim->ahead)
        plan->access |= LIO_ACCESS_AHEAD;
    lio_count(&lane->stats, LIO_COUNT_CACHE_HITS, hits);
    lio_count(&lane->stats, LIO_COUNT_CACHE_JOINS, joins);
    lio_count(&lane->stats, LIO_COUNT_CACHE_MISSES, joins + loads + used);
    lio_count(&lane->stats, LIO_COUNT_PREFETCH_USED,
              (uint64_t)used * LIO_SECTOR_BYTES);
    lio_count(&lane->stats, LIO_COUNT_PREFETCH_LATE,
              (uint64_t)late * LIO_SECTOR_BYTES);
}

static uint32_t hints_of(const struct lio_io *request)
{
    const struct lio_settings *settings = request->file->engine->settings;
    uint32_t flags = request->flags;

    if (flags & LIO_SCAN)
        return LIO_CACHE_SCAN;
    if (flags & LIO_ONCE)
        return LIO_CACHE_ONCE;
    if (flags & LIO_HOT ||
        (flags & LIO_METADATA && settings->cache.pin == LIO_PIN_METADATA))
        return LIO_CACHE_HOT;
    return 0;
}

/* Bytes [lo, hi) of the file, which lie in `block`.  The lane is the seat, and
 * its lock keeps the threads that share it apart. */
static struct lio_cache_want want_of(const struct lio_plan *plan,
                                     uint64_t block, uint64_t lo, uint64_t hi)
{
    uint64_t block_at = block * LIO_BLOCK_BYTES;
    uint32_t from = (uint32_t)(lo - block_at);
    uint32_t until = (uint32_t)(hi - block_at);
    uint32_t first = from / LIO_SECTOR_BYTES;
    uint32_t last = (until - 1) / LIO_SECTOR_BYTES;

    return (struct lio_cache_want){
        .key = (uint64_t)plan->generation << 32 | block,
        .sectors = lio_sector_mask(first, last - first + 1),
        .brief = plan->request && !plan->request->view,
        .hints = plan->request ? hints_of(plan->request) : 0,
        .seat = plan->lane->index,
        .from = from,
        .until = until,
    };
}

static bool hit_block(struct lio_plan *plan, const struct lio_cache_want *want,
                      struct lio_cache_claim *ret_claim)
{
    bool hit;

    pthread_mutex_lock(&plan->lane->lock);
    hit = lio_cache_hit(plan->cache, want, ret_claim);
    if (hit)
        count_claim(plan, ret_claim);
    pthread_mutex_unlock(&plan->lane->lock);
    return hit;
}

/* A hot block that came when the file had just changed would stay for ever: the
 * change has let go of what was hot before it. */
static void check_hot(const struct lio_plan *plan)
{
    uint64_t size, first = (uint64_t)plan->generation << 32;
    uint32_t generation;

    lio_node_look(plan->handle->node, &size, &generation);
    if (generation != plan->generation)
        lio_cache_outdate(plan->cache, first, first | UINT32_MAX);
}

/* False if the block cannot be had. */
static bool claim_block(struct lio_plan *plan,
                        const struct lio_cache_want *want, uint64_t block,
                        struct lio_cache_claim *ret_claim)
{
    int rc;

    if (!plan->spare)
        plan->spare = malloc(sizeof(*plan->spare));
    if (!plan->spare)
        return false;
    plan->spare->base.owner = plan->request;
    plan->spare->block = block;
    pthread_mutex_lock(&plan->lane->lock);
    rc = lio_cache_claim(plan->cache, want, &plan->spare->base, ret_claim);
    if (rc == 0)
        count_claim(plan, ret_claim);
    pthread_mutex_unlock(&plan->lane->lock);
    if (rc < 0)
        return false;
    if (want->hints & LIO_CACHE_HOT)
        check_hot(plan);
    if (ret_claim->join) {
        plan->spare = NULL; /* it is the cache's until it comes back */
        plan->nparts++;
        lio_read_joined(plan->request, 1);
    }
    return true;
}

/* What is joined may wait behind others that nobody is waiting for. */
static void raise_loader(const struct lio_plan *plan, uint32_t slot)
{
    uint64_t id = lio_cache_loader(plan->cache, slot);
    struct lio_io *loader = lio_engine_find(plan->batch->engine, id);

    if (loader)
        lio_lane_raise(loader->lane, loader, id, plan->io_class, plan->level);
}

/* -- blocks -------------------------------------------------------------- */

static void plan_block(struct lio_plan *plan, uint64_t block)
{
    struct lio_io *request = plan->request;
    uint64_t block_at = block * LIO_BLOCK_BYTES;
    uint64_t lo = lio_max_u64(request->offset, block_at);
    uint64_t hi = lio_min_u64(plan->end, block_at + LIO_BLOCK_BYTES);
    struct lio_cache_want want = want_of(plan, block, lo, hi);
    struct lio_cache_claim claim;

    if (!hit_block(plan, &want, &claim) &&
        !claim_block(plan, &want, block, &claim)) {
        plan_past_cache(plan, block, lo, hi);
        return;
    }
    if (claim.join)
        raise_loader(plan, claim.slot);
    lio_read_copy(request, block, lio_cache_frame(plan->cache, claim.slot),
                  claim.hit);
    lio_plan_loads(plan, block, &claim);
    if (request->view)
        lio_view_take_pin(request->view, block, claim.slot);
    else
        lio_cache_release(plan->cache, &claim);
}

void lio_plan_blocks(struct lio_plan *plan)
{
    uint64_t block = plan->request->offset / LIO_BLOCK_BYTES;
    uint64_t last = (plan->end - 1) / LIO_BLOCK_BYTES;

    for (; block <= last; block++)
        plan_block(plan, block);
    free(plan->spare);
}

/* -- ahead of all requests ----------------------------------------------- */

static int claim_ahead(struct lio_plan *plan, const struct lio_cache_want *want,
                       struct lio_cache_claim *ret_claim)
{
    int rc;

    pthread_mutex_lock(&plan->lane->lock);
    rc = lio_cache_claim_ahead(plan->cache, want, ret_claim);
    pthread_mutex_unlock(&plan->lane->lock);
    return rc;
}

uint64_t lio_plan_block_ahead(struct lio_plan *plan, struct lio_range *range)
{
    uint64_t block = range->offset / LIO_BLOCK_BYTES;
    uint64_t end = lio_min_u64(range->offset + range->length,
                               (block + 1) * LIO_BLOCK_BYTES);
    struct lio_cache_want want = want_of(plan, block, range->offset, end);
    struct lio_cache_claim claim;

    range->length -= end - range->offset;
    range->offset = end;
    if (claim_ahead(plan, &want, &claim) < 0)
        return 0;
    lio_plan_loads(plan, block, &claim);
    lio_cache_unpin(plan->cache, claim.slot);
    return (uint64_t)__builtin_popcount(claim.load) * LIO_SECTOR_BYTES;
}
