/*
 * How far ahead to read: a distance that adapts to the device and the reader.
 *
 *     late        the reader caught up with a proposal      twice as far
 *     too early   what was proposed is gone again           half as far
 *     on time     for LIO_QUIET_ROUNDS distances in a row   a quarter less
 *
 * So it settles a little above what keeps the reader from waiting.  Where the
 * device is slower than the reader, no distance does; then it ends at `max`.
 */
#ifndef LIO_PREFETCH_DISTANCE_H
#define LIO_PREFETCH_DISTANCE_H

#include <lanceio/plugin.h>

#define LIO_QUIET_ROUNDS 8u

struct lio_distance {
    uint64_t bytes;
    uint64_t min, max;
    uint64_t unanswered; /* proposed before the last change of mind: what
                            becomes of these bytes says nothing about it */
    uint64_t quiet;      /* bytes taken in time since the last change */
};

void lio_distance_init(struct lio_distance *distance, uint64_t min,
                       uint64_t max);

/* An access of `bytes` that had been proposed went as `flags` (of enum
 * lio_access_flags) say; `outstanding` more bytes are proposed. */
void lio_distance_judge(struct lio_distance *distance, uint64_t bytes,
                        uint32_t flags, uint64_t outstanding);

#endif
