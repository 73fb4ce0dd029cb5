/*
 * S3-FIFO replacement (Yang and others 2023): three queues, and no slot moves
 * on a hit.
 *
 *     new ──► small  newest ─► ... ─► oldest ─┬─ hardly used ──► given up,
 *                                             │                  leaves a ghost
 *                                             └─ used ───┐
 *     a ghost that is asked for ─────────────────────┐   │
 *                                                    ▼   ▼
 *             main   newest ─► ... ─► oldest ─┬─ not used ─────► given up
 *                      ▲                      │
 *                      └─ used, one use less ─┘
 */
#ifndef LIO_CACHE_S3FIFO_S3FIFO_H
#define LIO_CACHE_S3FIFO_S3FIFO_H

#include <lanceio/plugin.h>

#include "common/twolists.h"

struct lio_s3fifo_sizes {
    uint32_t nslots;
    uint32_t nsmall;  /* of these the small queue has, at most nslots */
    uint32_t nghosts; /* keys remembered */
    uint32_t promote; /* uses in small that lead to main, 1 .. 3 */
};

struct lio_s3fifo {
    uint32_t nmain;   /* slots that main should have */
    uint32_t promote; /* as above */
    uint8_t *uses_of; /* by slot: hits, at most 3, since it joined its queue;
                         each time it passes the end of main takes one */
    struct lio_twolists two;
};

/* Bytes for a cache of these sizes, the struct included. */
size_t lio_s3fifo_bytes(const struct lio_s3fifo_sizes *sizes);

/* Start with all slots free, in memory of lio_s3fifo_bytes(sizes);
 * sizes->nslots is setup->nslots. */
void lio_s3fifo_init(struct lio_s3fifo *s3, const struct lio_cache_setup *setup,
                     const struct lio_s3fifo_sizes *sizes);

/* As the callbacks of struct lio_cache_ops. */
void lio_s3fifo_insert(struct lio_s3fifo *s3, uint32_t slot, uint64_t key);
void lio_s3fifo_hit(struct lio_s3fifo *s3, uint32_t slot);
uint32_t lio_s3fifo_evict(struct lio_s3fifo *s3, uint64_t key);
void lio_s3fifo_remove(struct lio_s3fifo *s3, uint32_t slot);

#endif
