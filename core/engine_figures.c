/*
 * The engine in figures, as callers and the statistics see them.
 */
#include "core/engine.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void lio_engine_info(struct lio_engine *engine,
                     struct lio_engine_info *ret_info)
{
    struct lio_cache_stats cache = { 0 };

    memset(ret_info, 0, sizeof(*ret_info));
    ret_info->backend_wanted = engine->backend_wanted;
    ret_info->backend_used = engine->backend_plugin->name;
    ret_info->backend_reason = engine->backend_reason;
    ret_info->cache =
        engine->cache_plugin ? engine->cache_plugin->name : "none";
    if (engine->cache)
        lio_cache_stats(engine->cache, &cache);
    ret_info->cache_bytes = cache.bytes;
    ret_info->nlanes = engine->nlanes;
    ret_info->queue_depth = engine->settings->engine.queue_depth;
    ret_info->stats_path = ret_info->stats_warning = "";
    if (lio_engine_ours(engine))
        lio_service_info(engine->service, ret_info);
}

/* All of the snapshot before its buckets. */
static void take_figures(struct lio_engine *engine,
                         struct lio_stats_snapshot *ret_snapshot)
{
    struct lio_cache_stats cache = { 0 };

    memset(ret_snapshot, 0, offsetof(struct lio_stats_snapshot, latency));
    for (uint32_t i = 0; i <= engine->nlanes; i++) {
        struct lio_lane *lane = &engine->lanes[i];
        uint64_t reaped_bytes = atomic_load(&lane->reaped_bytes);

        lio_stats_sum_counters(ret_snapshot, &lane->stats);
        ret_snapshot->in_flight += lio_lane_in_flight(lane);
        ret_snapshot->in_flight_bytes +=
            atomic_load(&lane->issued_bytes) - reaped_bytes;
    }
    if (engine->cache)
        lio_cache_stats(engine->cache, &cache);
    ret_snapshot->cache_slots = cache.nslots;
    ret_snapshot->cache_used = cache.used_slots;
    ret_snapshot->cache_pinned = cache.pinned_slots;
    ret_snapshot->cache_evictions = cache.evictions;
    ret_snapshot->cache_bytes = cache.bytes;
    ret_snapshot->cache_refused = cache.refused;
    ret_snapshot->cache_hot = cache.hot_slots;
    ret_snapshot->cache_hot_refused = cache.hot_refused;
    ret_snapshot->cache_overruled = cache.wrong_victims;
    ret_snapshot->memory_bytes = atomic_load(&engine->memory.taken_bytes);
    ret_snapshot->prefetch_wasted_bytes = cache.wasted_bytes;
    ret_snapshot->prefetch_cancelled_bytes = cache.cancelled_bytes;
    ret_snapshot->prefetch_unused_bytes = cache.ahead_bytes;
    ret_snapshot->open_handles = lio_filepool_nopen(engine->pool);
}

void lio_engine_snapshot(struct lio_engine *engine,
                         struct lio_stats_snapshot *ret_snapshot)
{
    memset(ret_snapshot, 0, sizeof(*ret_snapshot));
    take_figures(engine, ret_snapshot);
    for (uint32_t i = 0; i <= engine->nlanes; i++)
        lio_stats_sum_buckets(ret_snapshot, &engine->lanes[i].stats);
}

/* As much of the snapshot as callers are promised. */
static void public_stats(const struct lio_stats_snapshot *from,
                         struct lio_engine_stats *to)
{
    const uint64_t *counters = from->counters;

    to->requests = counters[LIO_COUNT_REQUESTS];
    to->delivered = counters[LIO_COUNT_DELIVERED];
    to->cancelled = counters[LIO_COUNT_CANCELLED];
    to->failed = counters[LIO_COUNT_FAILED];
    to->bytes_read = counters[LIO_COUNT_BYTES_READ];
    to->bytes_written = counters[LIO_COUNT_BYTES_WRITTEN];
    to->device_reads = counters[LIO_COUNT_DEVICE_READS];
    to->device_writes = counters[LIO_COUNT_DEVICE_WRITES];
    to->device_syncs = counters[LIO_COUNT_DEVICE_SYNCS];
    to->device_bytes_read = counters[LIO_COUNT_DEVICE_BYTES_READ];
    to->device_bytes_written = counters[LIO_COUNT_DEVICE_BYTES_WRITTEN];
    to->retries = counters[LIO_COUNT_RETRIES];
    to->device_errors = counters[LIO_COUNT_DEVICE_ERRORS];
    to->timeouts = counters[LIO_COUNT_TIMEOUTS];
    to->cache_hits = counters[LIO_COUNT_CACHE_HITS];
    to->cache_misses = counters[LIO_COUNT_CACHE_MISSES];
    to->cache_joins = counters[LIO_COUNT_CACHE_JOINS];
    to->prefetches = counters[LIO_COUNT_PREFETCHES];
    to->prefetch_bytes = counters[LIO_COUNT_PREFETCH_BYTES];
    to->prefetch_used_bytes = counters[LIO_COUNT_PREFETCH_USED];
    to->prefetch_late_bytes = counters[LIO_COUNT_PREFETCH_LATE];
    to->prefetch_wasted_bytes = from->prefetch_wasted_bytes;
    to->prefetch_cancelled_bytes = from->prefetch_cancelled_bytes;
    to->prefetch_unused_bytes = from->prefetch_unused_bytes;
    to->stale_completions = counters[LIO_COUNT_STALE];
    to->cache_evictions = from->cache_evictions;
    to->in_flight = from->in_flight;
    to->in_flight_bytes = from->in_flight_bytes;
    to->pinned_blocks = from->cache_pinned;
    to->memory_bytes = from->memory_bytes;
    to->cache_bytes = from->cache_bytes;
    to->hot_blocks = from->cache_hot;
    to->hot_refused = from->cache_hot_refused;
    to->open_handles = from->open_handles;
}

void lio_engine_stats(struct lio_engine *engine,
                      struct lio_engine_stats *ret_stats)
{
    struct lio_stats_snapshot *snapshot = malloc(sizeof(*snapshot));

    memset(ret_stats, 0, sizeof(*ret_stats));
    /* Readers of files ask for each that they open. */
    if (snapshot) {
        take_figures(engine, snapshot);
        public_stats(snapshot, ret_stats);
    }
    free(snapshot);
}
