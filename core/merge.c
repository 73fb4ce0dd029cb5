/*
 * Merged reads: put together, and dealt out.
 */
#include "core/merge.h"

#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "core/gap.h"
#include "core/transfer.h"

/* Where what is merged is counted. */
#define COUNTERS(tier)                                                         \
    {                                                                          \
        LIO_COUNT_MERGED_##tier, LIO_COUNT_##tier##_MEMBERS,                   \
            LIO_COUNT_##tier##_PAYLOAD, LIO_COUNT_##tier##_WASTE,              \
            LIO_COUNT_##tier##_KEPT, LIO_COUNT_##tier##_SPLITS                 \
    }

static const struct {
    enum lio_counter merged, members, payload, waste, kept, splits;
} by_tier[LIO_COALESCE_TIERS] = {
    [LIO_TIER_TOUCHING] = COUNTERS(TOUCHING),
    [LIO_TIER_GAP] = COUNTERS(GAP),
    [LIO_TIER_EXTENT] = COUNTERS(EXTENT),
};

static uint64_t end_of(const struct lio_io *io)
{
    return io->op.offset + io->op.length;
}

/* How the members lie: buffers they have, and bytes between them. */
struct layout {
    uint32_t niov;
    uint64_t gap_bytes;
    bool overlap;
    bool copy; /* cannot be read straight into the buffers */
};

static struct layout look_at(struct lio_io *const *members, uint32_t n,
                             const struct lio_range *range)
{
    struct layout layout = { 0 };
    uint64_t at = range->offset;

    for (uint32_t i = 0; i < n; i++) {
        const struct lio_io *io = members[i];

        if (io->op.offset < at) {
            layout.overlap = true;
        } else if (io->op.offset > at) {
            layout.gap_bytes += io->op.offset - at;
            layout.niov++;
        }
        layout.niov += io->op.niov;
        if (end_of(io) > at)
            at = end_of(io);
    }
    layout.copy = layout.overlap || layout.niov > LIO_IOV_MAX;
    return layout;
}

static void add_iov(struct lio_io *merged, void *base, size_t len)
{
    merged->merge->iov[merged->op.niov++] = (struct lio_iovec){ base, len };
}

/* Straight into the members' buffers, gaps into scratch. */
static void scatter(struct lio_io *merged, struct lio_io *const *members,
                    uint32_t n)
{
    unsigned char *gap = merged->merge->scratch;
    uint64_t at = merged->op.offset;

    for (uint32_t i = 0; i < n; i++) {
        const struct lio_op *op = &members[i]->op;

        if (op->offset > at) {
            add_iov(merged, gap, (size_t)(op->offset - at));
            gap += op->offset - at;
        }
        for (uint32_t k = 0; k < op->niov; k++)
            add_iov(merged, op->iov[k].base, op->iov[k].len);
        at = op->offset + op->length;
    }
}

static bool get_scratch(struct lio_merge *merge, struct lio_memory *memory,
                        uint64_t bytes)
{
    merge->scratch_bytes = bytes;
    if (bytes == 0)
        return true;
    merge->scratch = lio_memory_get(memory, bytes);
    return merge->scratch != NULL;
}

struct lio_io *lio_merge_make(struct lio_lane *lane,
                              struct lio_io *const *members, uint32_t n,
                              const struct lio_merged *group)
{
    const struct lio_range *range = &group->range;
    struct layout layout = look_at(members, n, range);
    struct lio_merge *merge;
    struct lio_io *io;

    io = lio_slab_get(&lane->slab, lane, lane->index);
    merge = calloc(1, sizeof(*merge));
    if (io)
        io->merge = merge;
    if (!io || !merge ||
        !get_scratch(merge, &lane->engine->memory,
                     layout.copy ? range->length : layout.gap_bytes)) {
        if (io)
            lio_merge_unmake(lane, io);
        else
            free(merge);
        return NULL;
    }
    io->file = members[0]->file;
    io->handle = members[0]->handle;
    io->submitted_ns = lio_io_request(members[0])->submitted_ns;
    io->io_class = lio_io_request(members[0])->io_class;
    io->kind = LIO_REQUEST_READ;
    io->op.kind = LIO_OP_READ;
    io->op.offset = io->offset = range->offset;
    io->op.length = io->length = range->length;
    io->op.iov = merge->iov;
    io->op.niov = 0;
    merge->tier = group->tier;
    merge->copy = layout.copy;
    if (merge->copy)
        add_iov(io, merge->scratch, (size_t)range->length);
    else
        scatter(io, members, n);
    return io;
}

/* What it has besides the object, which goes back with the batch's spent. */
static void free_merge(struct lio_io *merged)
{
    struct lio_merge *merge = merged->merge;

    if (!merge)
        return;
    lio_memory_put(&merged->lane->engine->memory, merge->scratch,
                   merge->scratch_bytes);
    free(merge);
    merged->merge = NULL;
}

void lio_merge_unmake(struct lio_lane *lane, struct lio_io *merged)
{
    free_merge(merged);
    lio_slab_put(&lane->slab, merged);
}

void lio_merge_count(struct lio_lane *lane, const struct lio_merged *group,
                     uint64_t kept)
{
    struct lio_lane_stats *stats = &lane->stats;

    lio_count(stats, by_tier[group->tier].merged, 1);
    lio_count(stats, by_tier[group->tier].members, group->count);
    lio_count(stats, by_tier[group->tier].payload, group->asked);
    lio_count(stats, by_tier[group->tier].waste,
              group->range.length - group->asked);
    lio_count(stats, by_tier[group->tier].kept, kept);
}

/* -- dealing out --------------------------------------------------------- */

/* Copy the first `bytes` of what a member wanted to its buffers. */
static void copy_out(const struct lio_io *merged, const struct lio_io *io,
                     uint64_t bytes)
{
    const unsigned char *from = (unsigned char *)merged->merge->scratch +
                                (io->op.offset - merged->op.offset);

    for (uint32_t k = 0; k < io->op.niov && bytes > 0; k++) {
        size_t n =
            io->op.iov[k].len < bytes ? io->op.iov[k].len : (size_t)bytes;

        memcpy(io->op.iov[k].base, from, n);
        from += n;
        bytes -= n;
    }
}

/* A member that must go down again, by itself, if anybody has asked for it. */
static void alone(struct lio_io *io, struct lio_batch *batch)
{
    if (lio_io_is_gap(io)) {
        lio_gap_ended(io, 0, batch);
        return;
    }
    io->alone = true;
    lio_io_append(&batch->again, io);
}

static void deal_out(struct lio_io *merged, struct lio_io *io, uint64_t until,
                     bool is_end, struct lio_batch *batch)
{
    uint64_t got = until > io->op.offset ? until - io->op.offset : 0;

    if (got > io->op.length)
        got = io->op.length;
    if (got == 0 && io->op.length > 0 && !is_end) {
        alone(io, batch); /* the device stopped before it came to this one */
        return;
    }
    if (merged->merge->copy)
        copy_out(merged, io, got);
    if (lio_io_is_gap(io)) {
        lio_gap_ended(io, got, batch);
        return;
    }
    lio_io_count_try(io);
    lio_transfer_moved(io, (int64_t)got, batch);
}

void lio_merge_completed(struct lio_io *merged, int64_t result,
                         struct lio_batch *batch)
{
    struct lio_lane_stats *stats = &merged->lane->stats;
    uint64_t until = merged->op.offset + (result > 0 ? (uint64_t)result : 0);
    bool is_end =
        result == 0 || (result > 0 && (uint64_t)result < merged->op.length &&
                        lio_transfer_at_end(merged, until));
    struct lio_io *io;

    /* It is its members that keep the file open. */
    lio_batch_spend(batch, merged);
    if (result < 0) {
        lio_count(stats, by_tier[merged->merge->tier].splits, 1);
        while ((io = lio_io_pop(&merged->merge->members)))
            alone(io, batch);
    } else {
        while ((io = lio_io_pop(&merged->merge->members)))
            deal_out(merged, io, until, is_end, batch);
    }
    free_merge(merged);
}
