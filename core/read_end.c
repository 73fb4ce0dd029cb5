/*
 * What has been read, or not: it is the cache's, and copied to who wants it.
 */
#include "core/read_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/deliver.h"
#include "core/direct.h"
#include "core/fill.h"
#include "core/transfer.h"

/* -- what a request gets ------------------------------------------------- */

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

void lio_read_copy(struct lio_io *request, uint64_t block,
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

        lo = lio_max_u64(lo, request->offset);
        hi = lio_min_u64(hi, end);
        if (lo < hi)
            memcpy(request->buf + (lo - request->offset),
                   frame + (lo - block_at), hi - lo);
    }
    leave_caller(request);
}

void lio_read_met_eof(struct lio_io *request, uint64_t at)
{
    uint64_t seen = atomic_load(&request->eof_at);

    while (at < seen &&
           !atomic_compare_exchange_weak(&request->eof_at, &seen, at))
        ;
}

void lio_read_joined(struct lio_io *request, int change)
{
    if (!enter_caller(request))
        return;
    atomic_fetch_add(&request->joins, change);
    lio_deliver_joined(request, change);
    leave_caller(request);
}

void lio_read_publish(struct lio_batch *batch, uint32_t slot, uint16_t sectors,
                      bool ok)
{
    struct lio_cache *cache = batch->engine->cache;
    struct lio_cache_join *base, *next;

    for (base = lio_cache_publish(cache, slot, sectors, ok); base;
         base = next) {
        struct lio_join *join = (struct lio_join *)base;
        struct lio_io *owner = base->owner;

        next = base->next;
        if (base->failed)
            atomic_store(&owner->redo, true);
        else
            lio_read_copy(owner, join->block, lio_cache_frame(cache, slot),
                          base->sectors);
        lio_cache_unpin(cache, slot);
        free(join);
        lio_read_joined(owner, -1);
        lio_request_part_done(owner, batch);
    }
}

/* -- operations that are over -------------------------------------------- */

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
    uint32_t whole =
        (uint32_t)lio_min_u64(got / LIO_SECTOR_BYTES, piece->count);
    uint32_t begun = (uint32_t)lio_min_u64(
        (got + LIO_SECTOR_BYTES - 1) / LIO_SECTOR_BYTES, piece->count);

    if (part->parent)
        lio_read_copy(part->parent, piece->block,
                      lio_cache_frame(cache, piece->slot),
                      lio_sector_mask(piece->first, begun));
    if (whole > 0)
        lio_read_publish(batch, piece->slot,
                         lio_sector_mask(piece->first, whole), true);
    if (whole < piece->count)
        lio_read_publish(
            batch, piece->slot,
            lio_sector_mask(piece->first + whole, piece->count - whole), false);
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

    if (until >= lio_min_u64(end, fill->file_bytes)) {
        until = end; /* the rest of the last sector lies past the end */
    } else if (!lio_io_code(request)) {
        lio_read_met_eof(request, until);
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
        lio_read_met_eof(part->parent, part->offset + got);
}

void lio_read_part_ended(struct lio_io *part, struct lio_batch *batch)
{
    if (part->fill)
        end_fill(part, batch);
    else
        end_direct(part);
}

void lio_read_itself_ended(struct lio_io *request)
{
    request->bytes = lio_direct_got(request);
    if (request->bounce)
        lio_direct_copy(request, request->bytes);
    lio_direct_end(request, &request->file->engine->memory);
}
