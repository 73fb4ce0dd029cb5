/*
 * Gaps of merged reads: what was not asked for, but is read all the same, stays
 * in the cache.
 *
 *     blocks    │      7      │      8      │      9      │
 *     members   ├─ a ─┤            ├── b ──┤         ├─ c ┤
 *     merged    ├──────────────────────────────────────────┤
 *     fills           ├──g─────────┤       ├g┤·······├g┤
 *                                             already there, or no slot:
 *                                             into scratch memory
 *
 * Each fill is a member of the merged read like those that were asked for, an
 * operation of its own whose end is reported to nobody.  If the merged read
 * fails it is not read again: nobody wanted it.  Who comes to want it while it
 * is on its way joins it.
 *
 * A gap gives up no other block.  It goes into blocks of which somebody wants
 * another part, and into slots that are free.
 */
#ifndef LIO_CORE_GAP_H
#define LIO_CORE_GAP_H

#include "core/batch.h"

struct lio_lane;

/* Members of a merged read, its gaps among them. */
#define LIO_MERGE_MEMBERS (2 * LIO_COALESCE_MAX)

/*
 * `n` QUEUED members, sorted by offset, with the fills (NEW) that their gaps
 * make between them, into `ret_members` (LIO_MERGE_MEMBERS).  Returns how many
 * there are.  Under the lane's lock.
 */
uint32_t lio_gap_fill(struct lio_lane *lane, struct lio_io *const *members,
                      uint32_t n, uint64_t now_ns, struct lio_io **ret_members);

static inline bool lio_io_is_gap(const struct lio_io *io)
{
    return !io->parent && io->flags & LIO_IO_GAP;
}

/* The gap's first `bytes` have been read, and no more will be. */
void lio_gap_ended(struct lio_io *gap, uint64_t bytes, struct lio_batch *batch);

#endif
