/*
 * 2Q replacement, the full version (Johnson and Shasha 1994).
 *
 *     new ──► A1in  newest ─► ... ─► oldest ──► given up, leaves a ghost
 *                                                  │
 *             A1out (ghosts, keys only) ◄──────────┘
 *               │ asked for again
 *               ▼
 *             Am    newest ─► ... ─► oldest ──► given up
 *
 * A1in is a queue: a hit there moves nothing, because uses close together say
 * little.  A block that is asked for after it has gone through A1in has earned
 * its place in Am, which is LRU.
 */
#ifndef LIO_CACHE_2Q_TWOQ_H
#define LIO_CACHE_2Q_TWOQ_H

#include <lanceio/plugin.h>

#include "common/twolists.h"

struct lio_twoq {
    uint32_t kin; /* slots that A1in may keep; it may fill free ones beyond */
    struct lio_twolists two;
};

/* Bytes for `nslots` slots and `kout` ghosts, the struct included. */
size_t lio_twoq_bytes(uint32_t nslots, uint32_t kout);

/* Start with all slots free, in memory of lio_twoq_bytes(setup->nslots,
 * kout). */
void lio_twoq_init(struct lio_twoq *twoq, const struct lio_cache_setup *setup,
                   uint32_t kin, uint32_t kout);

/* As the callbacks of struct lio_cache_ops. */
void lio_twoq_insert(struct lio_twoq *twoq, uint32_t slot, uint64_t key);
void lio_twoq_hit(struct lio_twoq *twoq, uint32_t slot);
uint32_t lio_twoq_evict(struct lio_twoq *twoq, uint64_t key);
void lio_twoq_remove(struct lio_twoq *twoq, uint32_t slot);

#endif
