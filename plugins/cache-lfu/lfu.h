/*
 * Least frequently used replacement, in constant time.
 *
 *     counts, the lowest first    slots that were used so often, by the time
 *                                 they came to be
 *
 *        ┌─► count 1 ───────────► newest ─► ... ─► oldest     the victim
 *        │      ▲
 *        │      ▼
 *        │   count 2 ───────────► newest ─► ... ─► oldest
 *        │      ▲
 *        │      ▼
 *        └── count 7 ───────────► newest
 *
 * Only counts that some slot has are kept, so there are never more of them than
 * slots, and the next higher one is one step away.
 */
#ifndef LIO_CACHE_LFU_LFU_H
#define LIO_CACHE_LFU_LFU_H

#include <lanceio/plugin.h>

struct lio_lfu;

/* Bytes for `nslots` slots. */
size_t lio_lfu_bytes(uint32_t nslots);

/* Start with all slots free, in memory of lio_lfu_bytes(setup->nslots), aligned
 * as malloc() does. */
void lio_lfu_init(struct lio_lfu *lfu, const struct lio_cache_setup *setup);

/* As the callbacks of struct lio_cache_ops. */
void lio_lfu_insert(struct lio_lfu *lfu, uint32_t slot);
void lio_lfu_hit(struct lio_lfu *lfu, uint32_t slot);
uint32_t lio_lfu_evict(struct lio_lfu *lfu);
void lio_lfu_remove(struct lio_lfu *lfu, uint32_t slot);

#endif
