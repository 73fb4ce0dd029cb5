/*
 * Finding strides: accesses to one file that are a fixed cycle of steps apart.
 *
 *     offsets   0   400  800 | 64  464  864 | 128 ...     a scan of 3 columns
 *     deltas      400  400  -736 400  400  -736 ...       period 3
 *
 * For each period up to LIO_MAX_PERIOD it is counted how many accesses in a row
 * were the same step, and of the same length, as the one a period before.  The
 * smallest period that has come twice is the pattern; a single stride is taken
 * for one when it came three times.
 *
 * From then on the cycle says where the next accesses will be; as many are
 * proposed as have followed the pattern so far, as far as the distance allows.
 * Plain sequential reads are left to others.
 */
#ifndef LIO_PREFETCH_STRIDED_H
#define LIO_PREFETCH_STRIDED_H

#include "distance.h"

#define LIO_MAX_PERIOD 8u

struct lio_strided_config {
    uint64_t min_bytes, max_bytes; /* of the distance */
};

struct lio_strided {
    struct lio_strided_config config;

    /* The last LIO_MAX_PERIOD accesses, by number modulo that. */
    int64_t deltas[LIO_MAX_PERIOD];
    uint64_t lengths[LIO_MAX_PERIOD];
    uint64_t naccesses;
    uint64_t last_offset;
    uint32_t repeats[LIO_MAX_PERIOD + 1]; /* by period; [0] is not used */

    /* The pattern that is followed now. */
    uint32_t period; /* 0: none */
    uint32_t nahead; /* accesses to come that are proposed */
    uint64_t tip;    /* offset of the last of them */
    struct lio_distance distance;
};

/* NULL if there is no memory; free() ends it. */
struct lio_strided *lio_strided_open(const struct lio_strided_config *config);

/* As observe() of struct lio_prefetch_ops. */
int32_t lio_strided_observe(struct lio_strided *strided,
                            const struct lio_access *access,
                            struct lio_range *out, uint32_t max);

#endif
