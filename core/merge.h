/*
 * Merged reads: operations of one file that go to the device as one.
 *
 *     members  ├─ a ─┤├── b ──┤      ├─ c ─┤
 *     merged   ├──────────────scratch──────┤    one operation, read into the
 *                                               members' own buffers
 *
 * The merged operation is an object of its own, with the members in a list.
 * When it comes back each member gets its share, as if it had been read alone;
 * when it fails, all go down once more, one by one, so that only the owner of
 * a bad range gets an error.  What lies between the members may be a member
 * too (core/gap.h), but one that is never read for itself.
 *
 * Members that overlap cannot be read into two buffers at once, and a backend
 * takes only so many buffers: then all is read into scratch memory, and copied.
 */
#ifndef LIO_CORE_MERGE_H
#define LIO_CORE_MERGE_H

#include "core/batch.h"
#include "core/coalesce.h"

struct lio_lane;

/* What a merged operation needs besides its io. */
struct lio_merge {
    struct lio_io_list members; /* by offset */
    struct lio_iovec iov[LIO_IOV_MAX];
    void *scratch; /* for the gaps, or for all of it */
    uint64_t scratch_bytes;
    bool copy;     /* members get their bytes out of scratch */
    uint32_t tier; /* enum lio_coalesce_tier */
};

/*
 * One operation for `n` members (core/gap.h), sorted by offset, that covers the
 * group's range.  They stay in their list.  NULL if there is no memory.  Under
 * the lane's lock.
 */
struct lio_io *lio_merge_make(struct lio_lane *lane,
                              struct lio_io *const *members, uint32_t n,
                              const struct lio_merged *group);

/* It has been handed down, and puts so many bytes of its gaps into the cache.
 * Under the lane's lock. */
void lio_merge_count(struct lio_lane *lane, const struct lio_merged *group,
                     uint64_t kept);

/* Take it apart again, unused; the members are not in its list yet.  Under the
 * lane's lock. */
void lio_merge_unmake(struct lio_lane *lane, struct lio_io *merged);

/* The backend has returned it: deal out what it read.  Under the token. */
void lio_merge_completed(struct lio_io *merged, int64_t result,
                         struct lio_batch *batch);

#endif
