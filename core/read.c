/*
 * Reads.
 *
 * Through the cache, block by block:
 *
 *     sectors that are valid         copied at once
 *     sectors nobody loads yet       a run of a fill; neighbouring runs of
 *                                    neighbouring blocks share one operation,
 *                                    which reads into several frames
 *     sectors that are being loaded  joined: copied when that fill is done
 *     no slot to be had              read past the cache, straight to the
 * buffer
 *
 * Past the cache a request is its own operation, unless it is larger than one
 * may be, or O_DIRECT wants another alignment: then parts of it are
 * (core/direct.h).
 *
 * While a request is planned its count of parts carries PLANNING, so that parts
 * and joins may come back before all are known.
 */
#include "core/read.h"

#include <stdlib.h>
#include <string.h>

#include "core/deliver.h"
#include "core/direct.h"
#include "core/engine.h"
#include "core/fill.h"
#include "core/readahead.h"
#include "core/transfer.h"
#include "core/view.h"

#define PLANNING 0x40000000u

/* Beyond this a block number does not fit its half of the cache's key. */
#define CACHE_LIMIT ((uint64_t)UINT32_MAX * LIO_BLOCK_BYTES)

/* A join, and what its owner must know to use it. */
struct join {
    struct lio_cache_join base; /* first: the cache hands back this */
    uint64_t block;
};

struct plan {
    struct lio_io *request; /* NULL: ahead of all requests */
    struct lio_file *file;
    struct lio_lane *lane;
    struct lio_batch *batch;
    struct lio_cache *cache;
    struct lio_handle *handle;
    uint64_t size;       /* of the file, as planned with */
    uint64_t end;        /* of the range, within the file */
    uint32_t generation; /* of the cache's keys */
    uint32_t nparts;     /* parts and joins so far */
    uint64_t max_fill;   /* bytes of one fill */
    uint32_t access;     /* enum lio_access_flags: how it goes so far */
    uint8_t io_class;    /* of the request, as it was: who joins its parts */
    uint8_t level;       /* ... may raise it while it is planned */
    struct lio_io *fill; /* the one that may still grow */
    struct join *spare;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* May what is the caller's be touched, its memory and its queue?  Not once the
 * request was delivered early.  If so, whoever does that waits for
 * leave_caller(). */
static bool enter_caller(struct lio_io *request)
{
    atomic_fetch_add(&request->inside, 1);
    if (!atomic_load(&request->ending))
        return true;
    atomic_fetch_sub(&request->inside, 1);
    return false;
}

static void leave_caller(struct lio_io *request)
{
    atomic_fetch_sub(&request->inside, 1);
}

/* Copy the wanted bytes of these sectors of a block to where they belong. */
static void copy_sectors(struct lio_io *request, uint64_t block,
                         const unsigned char *frame, uint16_t sectors)
{
    uint64_t block_at = block * LIO_BLOCK_BYTES;
    uint64_t end = request->offset + request->length;
    uint32_t first, count, at = 0;

    if (!sectors || request->view || !enter_caller(request))
        return; /* a view has the frame itself */
    for (; lio_sector_run(sectors, at, &first, &count); at = first + count) {
        uint64_t lo = block_at + (uint64_t)first * LIO_SECTOR_BYTES;
        uint64_t hi = lo + (uint64_t)count * LIO_SECTOR_BYTES;

        lo = max_u64(lo, request->offset);
        hi = min_u64(hi, end);
        if (lo < hi)
            memcpy(request->buf + (lo - request->offset),
                   frame + (lo - block_at), hi - lo);
    }
    leave_caller(request);
}

static void part_met_eof(struct lio_io *request, uint64_t at)
{
    uint64_t seen = atomic_load(&request->eof_at);

    while (at < seen &&
           !atomic_compare_exchange_weak(&request->eof_at, &seen, at))
        ;
}

/* A join hangs on another request's fill: whoever waits must know, because that
 * may be on any lane.  The count may dip below zero while the join of a request
 * that is still being planned comes back. */
static void count_join(struct lio_io *request, int change)
{
    if (!enter_caller(request))
        return;
    atomic_fetch_add(&request->joins, change);
    lio_deliver_joined(request, change);
    leave_caller(request);
}

/* Sectors were loaded, or not: tell the cache, and those who wait for them. */
static void publish(struct lio_batch *batch, uint32_t slot, uint16_t sectors,
                    bool ok)
{
    struct lio_cache *cache = batch->engine->cache;
    struct lio_cache_join *base, *next;

    for (base = lio_cache_publish(cache, slot, sectors, ok); base;
         base = next) {
        struct join *join = (struct join *)base;
        struct lio_io *owner = base->owner;

        next = base->next;
        if (base->failed)
            atomic_store(&owner->redo, true);
        else
            copy_sectors(owner, join->block, lio_cache_frame(cache, slot),
                         base->sectors);
        lio_cache_unpin(cache, slot);
        free(join);
        count_join(owner, -1);
        lio_request_part_done(owner, batch);
    }
}

/* -- planning ------------------------------------------------------------ */

static void fail_plan(const struct plan *plan)
{
    if (plan->request)
        lio_io_fail(plan->request, LIO_ENOMEM, ENOMEM);
}

/* An operation that no request asked for is one itself. */
static void make_ahead(const struct plan *plan, struct lio_io *io)
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
static struct lio_io *new_part(struct plan *plan)
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

/* Read [at, at+len) to `to` past the cache, within what O_DIRECT allows. */
static void plan_direct_part(struct plan *plan, uint64_t at, uint64_t len,
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

static void plan_direct_range(struct plan *plan, uint64_t at, uint64_t len,
                              unsigned char *to)
{
    uint64_t most = plan->batch->engine->settings->engine.max_op_bytes;

    for (uint64_t n; len > 0; at += n, to += n, len -= n) {
        /* Cut at multiples, so that only the edges can be unaligned. */
        n = min_u64(len, most - at % most);
        plan_direct_part(plan, at, n, to);
    }
}

static struct lio_io *new_fill(struct plan *plan, uint64_t at)
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
static bool plan_fill_run(struct plan *plan, uint64_t block, uint32_t slot,
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

/* All sectors that the claim wants loaded; each run has a pin of its own. */
static void plan_loads(struct plan *plan, uint64_t block,
                       const struct lio_cache_claim *claim)
{
    uint32_t first, count, at = 0;

    for (; lio_sector_run(claim->load, at, &first, &count);
         at = first + count) {
        lio_cache_pin(plan->cache, claim->slot);
        if (plan_fill_run(plan, block, claim->slot, first, count))
            continue;
        /* No memory, and that is recorded; who has joined meanwhile is told. */
        publish(plan->batch, claim->slot, lio_sector_mask(first, count), false);
        lio_cache_unpin(plan->cache, claim->slot);
    }
}

static void count_bypass(struct lio_lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    lio_count(&lane->stats, LIO_COUNT_CACHE_BYPASSES, 1);
    pthread_mutex_unlock(&lane->lock);
}

/* The part of a block that the request wants, past the cache. */
static void plan_past_cache(struct plan *plan, uint64_t block, uint64_t lo,
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
    plan_direct_range(plan, lo, hi - lo, to);
}

/* Under the lane's lock. */
static void count_claim(struct plan *plan, const struct lio_cache_claim *claim)
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
static struct lio_cache_want want_of(const struct plan *plan, uint64_t block,
                                     uint64_t lo, uint64_t hi)
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

static bool hit_block(struct plan *plan, const struct lio_cache_want *want,
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
static void check_hot(const struct plan *plan)
{
    uint64_t size, first = (uint64_t)plan->generation << 32;
    uint32_t generation;

    lio_node_look(plan->handle->node, &size, &generation);
    if (generation != plan->generation)
        lio_cache_outdate(plan->cache, first, first | UINT32_MAX);
}

/* False if the block cannot be had. */
static bool claim_block(struct plan *plan, const struct lio_cache_want *want,
                        uint64_t block, struct lio_cache_claim *ret_claim)
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
        count_join(plan->request, 1);
    }
    return true;
}

/* What is joined may wait behind others that nobody is waiting for. */
static void raise_loader(const struct plan *plan, uint32_t slot)
{
    uint64_t id = lio_cache_loader(plan->cache, slot);
    struct lio_io *loader = lio_engine_find(plan->batch->engine, id);

    if (loader)
        lio_lane_raise(loader->lane, loader, id, plan->io_class, plan->level);
}

static void plan_block(struct plan *plan, uint64_t block)
{
    struct lio_io *request = plan->request;
    uint64_t block_at = block * LIO_BLOCK_BYTES;
    uint64_t lo = max_u64(request->offset, block_at);
    uint64_t hi = min_u64(plan->end, block_at + LIO_BLOCK_BYTES);
    struct lio_cache_want want = want_of(plan, block, lo, hi);
    struct lio_cache_claim claim;

    if (!hit_block(plan, &want, &claim) &&
        !claim_block(plan, &want, block, &claim)) {
        plan_past_cache(plan, block, lo, hi);
        return;
    }
    if (claim.join)
        raise_loader(plan, claim.slot);
    copy_sectors(request, block, lio_cache_frame(plan->cache, claim.slot),
                 claim.hit);
    plan_loads(plan, block, &claim);
    if (request->view)
        lio_view_take_pin(request->view, block, claim.slot);
    else
        lio_cache_release(plan->cache, &claim);
}

static void plan_cached(struct plan *plan)
{
    uint64_t block = plan->request->offset / LIO_BLOCK_BYTES;
    uint64_t last = (plan->end - 1) / LIO_BLOCK_BYTES;

    for (; block <= last; block++)
        plan_block(plan, block);
    free(plan->spare);
}

/* The request needs no part: it is the operation. */
static bool plan_itself(struct plan *plan)
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
static bool look(struct plan *plan)
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
    plan->end = min_u64(plan->end, max_u64(plan->size, request->offset));
    if (plan->end < request->offset + request->length)
        part_met_eof(request, plan->end);
    return true;
}

static bool through_cache(const struct lio_io *request)
{
    return request->file->engine->cache && !(request->flags & LIO_NOCACHE) &&
           request->offset < CACHE_LIMIT &&
           request->length < CACHE_LIMIT - request->offset;
}

static int make_view(struct plan *plan, bool cached)
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

static void plan_parts(struct plan *plan, bool cached)
{
    struct lio_io *request = plan->request;
    bool is_view = request->flags & LIO_VIEW;

    atomic_store(&request->parts, PLANNING);
    (void)lio_io_move(request, LIO_IO_NEW, LIO_IO_PLANNED);
    if (cached || is_view)
        cached = look(plan) && cached;
    if (!is_view || make_view(plan, cached) == 0) {
        if (!cached)
            plan_direct_range(plan, request->offset,
                              plan->end - request->offset, request->buf);
        else if (plan->end > request->offset)
            plan_cached(plan);
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
    struct plan plan = {
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

/* -- ahead of all requests ----------------------------------------------- */

static int claim_ahead(struct plan *plan, const struct lio_cache_want *want,
                       struct lio_cache_claim *ret_claim)
{
    int rc;

    pthread_mutex_lock(&plan->lane->lock);
    rc = lio_cache_claim_ahead(plan->cache, want, ret_claim);
    pthread_mutex_unlock(&plan->lane->lock);
    return rc;
}

/* Load what the cache lacks of the part of a block that begins the range, and
 * take that part off it; returns the bytes it will load. */
static uint64_t plan_block_ahead(struct plan *plan, struct lio_range *range)
{
    uint64_t block = range->offset / LIO_BLOCK_BYTES;
    uint64_t end =
        min_u64(range->offset + range->length, (block + 1) * LIO_BLOCK_BYTES);
    struct lio_cache_want want = want_of(plan, block, range->offset, end);
    struct lio_cache_claim claim;

    range->length -= end - range->offset;
    range->offset = end;
    if (claim_ahead(plan, &want, &claim) < 0)
        return 0;
    plan_loads(plan, block, &claim);
    lio_cache_unpin(plan->cache, claim.slot);
    return (uint64_t)__builtin_popcount(claim.load) * LIO_SECTOR_BYTES;
}

uint64_t lio_read_ahead(struct lio_file *file, struct lio_lane *lane,
                        struct lio_range *range,
                        const struct lio_read_ahead_limits *limits,
                        struct lio_batch *batch, uint32_t *ret_nops)
{
    struct plan plan = {
        .file = file,
        .lane = lane,
        .batch = batch,
        .cache = batch->engine->cache,
        .handle = handle_of(file),
        .max_fill = limits->op_bytes,
    };
    uint64_t bytes = 0, most;

    lio_node_look(plan.handle->node, &plan.size, &plan.generation);
    most = min_u64(plan.size, CACHE_LIMIT);
    if (range->offset >= most)
        range->length = 0;
    else
        range->length = min_u64(range->length, most - range->offset);
    while (range->length > 0 && bytes < limits->bytes &&
           plan.nparts < limits->nops)
        bytes += plan_block_ahead(&plan, range);

    pthread_mutex_lock(&lane->lock);
    lio_count(&lane->stats, LIO_COUNT_PREFETCHES, plan.nparts);
    lio_count(&lane->stats, LIO_COUNT_PREFETCH_BYTES, bytes);
    pthread_mutex_unlock(&lane->lock);
    *ret_nops = plan.nparts;
    return bytes;
}

/* -- coming back --------------------------------------------------------- */

/*
 * One block's share of a fill that has read up to `until`.  The sector in which
 * a truncated file now ends is copied, but not kept.
 */
static void end_piece(const struct lio_io *part, const struct lio_piece *piece,
                      uint64_t until, struct lio_batch *batch)
{
    struct lio_cache *cache = batch->engine->cache;
    uint64_t at = piece->block * LIO_BLOCK_BYTES +
                  (uint64_t)piece->first * LIO_SECTOR_BYTES;
    uint64_t got = until > at ? until - at : 0;
    uint32_t whole = (uint32_t)min_u64(got / LIO_SECTOR_BYTES, piece->count);
    uint32_t begun = (uint32_t)min_u64(
        (got + LIO_SECTOR_BYTES - 1) / LIO_SECTOR_BYTES, piece->count);

    if (part->parent)
        copy_sectors(part->parent, piece->block,
                     lio_cache_frame(cache, piece->slot),
                     lio_sector_mask(piece->first, begun));
    if (whole > 0)
        publish(batch, piece->slot, lio_sector_mask(piece->first, whole), true);
    if (whole < piece->count)
        publish(batch, piece->slot,
                lio_sector_mask(piece->first + whole, piece->count - whole),
                false);
    lio_cache_unpin(cache, piece->slot);
}

static void end_fill(struct lio_io *part, struct lio_batch *batch)
{
    struct lio_io *request = lio_io_request(part);
    struct lio_fill *fill = part->fill;
    const struct lio_piece *last = &fill->pieces[fill->npieces - 1];
    uint64_t start = fill->pieces[0].block * LIO_BLOCK_BYTES +
                     (uint64_t)fill->pieces[0].first * LIO_SECTOR_BYTES;
    uint64_t end = last->block * LIO_BLOCK_BYTES +
                   (uint64_t)(last->first + last->count) * LIO_SECTOR_BYTES;
    uint64_t until = start + part->moved;

    if (until >= min_u64(end, fill->file_bytes)) {
        until = end; /* the rest of the last sector lies past the end */
    } else if (!lio_io_code(request)) {
        part_met_eof(request, until);
        lio_node_truncated(batch->engine->pool, part->handle->node, until);
    }
    for (uint32_t i = 0; i < fill->npieces; i++)
        end_piece(part, &fill->pieces[i], until, batch);
}

static void end_direct(struct lio_io *part)
{
    uint64_t got = lio_direct_got(part);

    if (part->bounce && enter_caller(part->parent)) {
        lio_direct_copy(part, got);
        leave_caller(part->parent);
    }
    lio_direct_end(part, &part->file->engine->memory);
    if (got < part->length)
        part_met_eof(part->parent, part->offset + got);
}

void lio_read_itself_ended(struct lio_io *request)
{
    request->bytes = lio_direct_got(request);
    if (request->bounce)
        lio_direct_copy(request, request->bytes);
    lio_direct_end(request, &request->file->engine->memory);
}

void lio_read_part_ended(struct lio_io *part, struct lio_batch *batch)
{
    if (part->fill)
        end_fill(part, batch);
    else
        end_direct(part);
}

bool lio_read_again(struct lio_io *request, struct lio_batch *batch)
{
    struct plan plan = {
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
        end = min_u64(end, atomic_load(&request->eof_at));
        /* A load begins with a sector, perhaps before the request does. */
        request->bytes = end > request->offset ? end - request->offset : 0;
    }
    if (request->view)
        lio_view_trim(request->view, request->bytes);
    if (request->flags & LIO_EXACT && request->bytes < request->length)
        lio_io_fail(request, LIO_EEOF, 0);
}
