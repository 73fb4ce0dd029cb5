/*
 * Gaps of merged reads.
 */
#include "core/gap.h"

#include "core/engine.h"
#include "core/fill.h"
#include "core/transfer.h"

/* Members so far, and what the fills of the present gap need. */
struct filler {
    struct lio_lane *lane;
    uint64_t now_ns;
    struct lio_io **members;
    uint32_t nmembers;
    uint32_t nleft;       /* members that are still to come */
    struct lio_io *after; /* the one that ends the gap */
    struct lio_io *fill;  /* the one that may still grow */
    struct lio_io *spare; /* ready to become the next one */
    uint64_t file_bytes;  /* of the file, and ... */
    uint32_t generation;  /* ... of the cache's keys */
};

/* -- objects ------------------------------------------------------------- */

/* An operation that is no request: it is never queued, but goes down with the
 * merged read. */
static void describe(struct lio_io *io, const struct filler *filler)
{
    io->file = filler->after->file;
    io->handle = filler->after->handle;
    io->kind = LIO_REQUEST_READ;
    io->flags = LIO_IO_GAP;
    io->io_class = LIO_CLASS_BACKGROUND;
    io->level = 0;
    io->deadline_ns = 0;
    io->cq = NULL;
    io->callback = NULL;
    io->submitted_ns = filler->now_ns;
    io->op.kind = LIO_OP_READ;
}

static void drop_spare(struct filler *filler)
{
    struct lio_slab *slab = &filler->lane->slab;

    if (!filler->spare)
        return;
    lio_slab_put_fill(slab, filler->spare->fill);
    lio_slab_put(slab, filler->spare);
    filler->spare = NULL;
}

/* Before sectors are claimed there must be an object to load them: others may
 * join them at once.  False if there is none, or no room for it. */
static bool have_spare(struct filler *filler)
{
    struct lio_slab *slab = &filler->lane->slab;

    if (filler->nmembers + filler->nleft == LIO_MERGE_MEMBERS)
        return false;
    if (filler->spare)
        return true;
    filler->spare = lio_slab_get(slab, filler->lane, filler->lane->index);
    if (!filler->spare)
        return false;
    filler->spare->fill = lio_slab_get_fill(slab);
    if (filler->spare->fill)
        return true;
    lio_slab_put(slab, filler->spare);
    filler->spare = NULL;
    return false;
}

/* -- filling ------------------------------------------------------------- */

static struct lio_io *begin_fill(struct filler *filler, uint64_t at)
{
    struct lio_io *io = filler->spare;

    filler->spare = NULL;
    describe(io, filler);
    lio_fill_begin(io, io->fill, at, filler->file_bytes);
    atomic_fetch_add(&io->file->in_flight, 1);
    filler->members[filler->nmembers++] = io;
    return io;
}

/* A run of sectors that has been claimed; its fill takes the pin over. */
static void add_run(struct filler *filler, uint64_t block,
                    const struct lio_cache_claim *claim, uint32_t first,
                    uint32_t count)
{
    uint64_t at = block * LIO_BLOCK_BYTES + (uint64_t)first * LIO_SECTOR_BYTES;
    struct lio_piece piece = { block, claim->slot, (uint8_t)first,
                               (uint8_t)count };

    if (!filler->fill ||
        !lio_fill_takes(filler->fill, at, (uint64_t)count * LIO_SECTOR_BYTES,
                        UINT64_MAX))
        filler->fill = begin_fill(filler, at);
    lio_fill_add(filler->fill, &piece,
                 lio_cache_frame(filler->lane->engine->cache, claim->slot));
}

/* Sectors first .. end-1 of a block, run by run. */
static void fill_block(struct filler *filler, uint64_t block, uint32_t first,
                       uint32_t end)
{
    struct lio_cache *cache = filler->lane->engine->cache;
    uint64_t key = (uint64_t)filler->generation << 32 | block;
    struct lio_cache_claim claim;
    uint32_t count;

    while (first < end && have_spare(filler) &&
           lio_cache_claim_gap(cache, key, lio_sector_mask(first, end - first),
                               &claim) == 0) {
        (void)lio_sector_run(claim.load, first, &first, &count);
        add_run(filler, block, &claim, first, count);
        first += count;
    }
}

/* The whole sectors of [from, until). */
static void fill_gap(struct filler *filler, uint64_t from, uint64_t until)
{
    uint64_t sector = (from + LIO_SECTOR_BYTES - 1) / LIO_SECTOR_BYTES;
    uint64_t last = until / LIO_SECTOR_BYTES;

    filler->fill = NULL;
    lio_node_look(filler->after->handle->node, &filler->file_bytes,
                  &filler->generation);
    while (sector < last) {
        uint64_t block = sector / LIO_BLOCK_SECTORS;
        uint64_t next = (block + 1) * LIO_BLOCK_SECTORS;
        uint32_t first = (uint32_t)(sector % LIO_BLOCK_SECTORS);
        uint64_t count = (next < last ? next : last) - sector;

        fill_block(filler, block, first, first + (uint32_t)count);
        sector += count;
    }
}

uint32_t lio_gap_fill(struct lio_lane *lane, struct lio_io *const *members,
                      uint32_t n, uint64_t now_ns, struct lio_io **ret_members)
{
    struct filler filler = {
        .lane = lane,
        .now_ns = now_ns,
        .members = ret_members,
    };
    uint64_t end = members[0]->op.offset;

    for (uint32_t i = 0; i < n; i++) {
        struct lio_io *io = members[i];

        filler.nleft = n - i;
        filler.after = io;
        /* Who reads past the cache wants nothing kept there. */
        if (io->op.offset > end && io->fill)
            fill_gap(&filler, end, io->op.offset);
        ret_members[filler.nmembers++] = io;
        if (io->op.offset + io->op.length > end)
            end = io->op.offset + io->op.length;
    }
    drop_spare(&filler);
    return filler.nmembers;
}

void lio_gap_ended(struct lio_io *gap, uint64_t bytes, struct lio_batch *batch)
{
    gap->moved = bytes;
    /* Where a read stopped says nothing of the file's end. */
    if (bytes < gap->op.length)
        lio_io_fail(gap, LIO_EIO, 0);
    lio_transfer_ended(gap, batch);
}
