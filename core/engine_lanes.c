/*
 * The lanes of an engine, and whose is whose.
 */
#include "core/engine_parts.h"

#include <stdlib.h>
#include <string.h>

/* -- which of them ------------------------------------------------------- */

/*
 * Threads are numbered as they first come by, in all engines together: a
 * thread keeps its lane as long as it lives, and the first nlanes threads have
 * one each.
 */
static _Atomic uint32_t next_thread;
static _Thread_local uint32_t this_thread; /* 0: not numbered yet */

struct lio_lane *lio_engine_lane(struct lio_engine *engine)
{
    if (this_thread == 0)
        this_thread = atomic_fetch_add(&next_thread, 1) + 1;
    return &engine->lanes[(this_thread - 1) % engine->nlanes];
}

struct lio_io *lio_engine_find(struct lio_engine *engine, uint64_t id)
{
    uint32_t lane = (uint32_t)id >> 24;

    if (lane > engine->nlanes)
        return NULL;
    return lio_slab_at(&engine->lanes[lane].slab, (uint32_t)id & 0xffffffu);
}

/* -- life ---------------------------------------------------------------- */

void lio_engine_close_lanes(struct lio_engine *engine, uint32_t n)
{
    while (n-- > 0)
        lio_lane_close(&engine->lanes[n]);
    free(engine->lanes);
    engine->lanes = NULL;
}

int lio_engine_open_lanes(struct lio_engine *engine, struct lio_error *err)
{
    uint32_t n = engine->nlanes + 1;
    int rc;

    engine->lanes = aligned_alloc(64, n * sizeof(*engine->lanes));
    if (!engine->lanes)
        return lio_error_set(err, LIO_ENOMEM, "no memory for %u lanes", n);
    memset(engine->lanes, 0, n * sizeof(*engine->lanes));
    for (uint32_t i = 0; i < n; i++) {
        rc = lio_lane_open(&engine->lanes[i], engine, i, err);
        if (rc < 0) {
            lio_engine_close_lanes(engine, i);
            return rc;
        }
    }
    return 0;
}
