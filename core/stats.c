/* Names of stages and kinds, and the sum of the lanes. */
#include "core/stats.h"

#include <assert.h>

const char *lio_stage_name(enum lio_stage stage)
{
    static const char *const names[LIO_NSTAGES] = {
        [LIO_STAGE_QUEUE] = "queue",
        [LIO_STAGE_DEVICE] = "device",
        [LIO_STAGE_DELIVER] = "deliver",
        [LIO_STAGE_TOTAL] = "total",
    };

    assert(stage < LIO_NSTAGES);
    return names[stage];
}

const char *lio_stat_kind_name(enum lio_stat_kind kind)
{
    static const char *const names[LIO_NKINDS] = {
        [LIO_STAT_READ] = "read",
        [LIO_STAT_WRITE] = "write",
        [LIO_STAT_SYNC] = "sync",
    };

    assert(kind < LIO_NKINDS);
    return names[kind];
}

static void add(uint64_t *sum, const _Atomic uint64_t *figure)
{
    *sum += atomic_load_explicit(figure, memory_order_relaxed);
}

static void add_hist(uint64_t *sum, const struct lio_hist *hist)
{
    for (uint32_t bucket = 0; bucket < LIO_HIST_BUCKETS; bucket++)
        add(&sum[bucket], &hist->counts[bucket]);
}

/*
 * No lock: each figure is whole, but two of them may be a few operations
 * apart.  The next interval, or the end of the run, evens that out.
 */
void lio_stats_sum_counters(struct lio_stats_snapshot *sum,
                            const struct lio_lane_stats *lane)
{
    for (uint32_t i = 0; i < LIO_NCOUNTERS; i++)
        add(&sum->counters[i], &lane->counters[i]);
}

void lio_stats_sum_buckets(struct lio_stats_snapshot *sum,
                           const struct lio_lane_stats *lane)
{
    for (uint32_t kind = 0; kind < LIO_NKINDS; kind++) {
        for (uint32_t stage = 0; stage < LIO_NSTAGES; stage++)
            add_hist(sum->latency[stage][kind], &lane->latency[stage][kind]);
        for (uint32_t bucket = 0; bucket < LIO_SIZE_BUCKETS; bucket++)
            add(&sum->sizes[kind][bucket], &lane->sizes[kind][bucket]);
    }
}
