/*
 * Finding sequential reads among the accesses to one file.
 *
 * The file is watched in runs, each a stretch that somebody reads in order:
 *
 *          low            high             frontier
 *     ──────┼──────────────┼──────────────────┼──────────── file
 *           │  seen so far │ proposed, unread │
 *                      ◄──window──►
 *                  where the next access may be
 *
 * An access that touches no run begins one.  A run is believed in when a second
 * access went on where the first one ended; from then on accesses may come out
 * of order within the window, which grows with the run, and may leave gaps.
 * Runs that grow together become one.
 *
 * How far ahead: the distance, but no further than what the run has read so
 * far.  So a run that ends early has wasted no more than it has used, and
 * chance neighbours in a random workload, which are runs of two, cost next to
 * nothing. If runs keep ending early all the same, more accesses in a row are
 * asked for.
 */
#ifndef LIO_PREFETCH_SEQUENTIAL_H
#define LIO_PREFETCH_SEQUENTIAL_H

#include "distance.h"

struct lio_run {
    uint64_t low, high;
    uint64_t frontier;      /* 0: nothing proposed yet */
    uint64_t proposed_from; /* everything from here to the frontier was */
    uint64_t bytes;         /* read in order: its credit */
    uint64_t used_at;
    uint32_t naccesses; /* that made it longer; 0: the place is free */
    struct lio_distance distance;
};

struct lio_sequential_config {
    uint64_t min_bytes, max_bytes; /* of the distance */
    uint64_t window_bytes;
    uint32_t block_bytes;
    uint32_t nruns;
};

struct lio_sequential {
    struct lio_sequential_config config;
    uint64_t naccesses;
    uint32_t doubt; /* accesses in a row asked for beyond two */
    struct lio_run runs[];
};

/* NULL if there is no memory; free() ends it. */
struct lio_sequential *
lio_sequential_open(const struct lio_sequential_config *config);

/* As observe() of struct lio_prefetch_ops. */
int32_t lio_sequential_observe(struct lio_sequential *seq,
                               const struct lio_access *access,
                               struct lio_range *out, uint32_t max);

#endif
