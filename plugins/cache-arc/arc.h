/*
 * Adaptive replacement (Megiddo and Modha 2003).
 *
 *               newest <────────── used once ──────────> oldest
 *     cached       T1  [a b c d e f g]  B1  (h i j k)      ghosts
 *     cached       T2  [s t u]          B2  (v w x y z)    ghosts
 *               newest <────────── used again ─────────> oldest
 *
 * T1 and T2 share the slots.  A miss that finds its key among the ghosts of B1
 * says that T1 is too small, one in B2 says the same of T2.
 */
#ifndef LIO_CACHE_ARC_ARC_H
#define LIO_CACHE_ARC_ARC_H

#include <lanceio/plugin.h>

#include "common/twolists.h"

struct lio_arc {
    double target; /* slots that T1 should have, 0 .. nslots */
    struct lio_twolists two;
};

/* Bytes for `nslots` slots, the struct included. */
size_t lio_arc_bytes(uint32_t nslots);

/* Start with all slots free, in memory of lio_arc_bytes(setup->nslots). */
void lio_arc_init(struct lio_arc *arc, const struct lio_cache_setup *setup);

/* As the callbacks of struct lio_cache_ops. */
void lio_arc_insert(struct lio_arc *arc, uint32_t slot, uint64_t key);
void lio_arc_hit(struct lio_arc *arc, uint32_t slot);
uint32_t lio_arc_evict(struct lio_arc *arc, uint64_t key);
void lio_arc_remove(struct lio_arc *arc, uint32_t slot);

#endif
