/*
 * Figures of a run: counters and histograms, cheap enough to be always on.
 *
 * Each lane has a struct lio_lane_stats.  A member is written by one side only,
 * under that side's lock (submit side: the lane's lock; reap side: the reaper
 * token), and read by anybody at any time.  So a count is a relaxed load and a
 * relaxed store, which is a plain add, and no cache line is shared by lanes.
 */
#ifndef LIO_CORE_STATS_H
#define LIO_CORE_STATS_H

#include <stdatomic.h>
#include <stdint.h>

/* X(identifier, name in the database, side that writes it, meaning).  The
 * column comes by itself; its line in docs/stats.md does not (cli.stats tells).
 */
#define LIO_COUNTERS(X)                                                        \
    X(REQUESTS, "requests", SUBMIT, "requests submitted by callers")           \
    X(DELIVERED, "delivered", SUBMIT, "results handed out, errors included")   \
    X(CANCELLED, "cancelled", SUBMIT, "of these, cancelled")                   \
    X(TIMEOUTS, "timeouts", SUBMIT, "of these, past their deadline")           \
    X(FAILED, "failed", SUBMIT, "of these, with another error")                \
    X(BYTES_READ, "bytes_read", SUBMIT, "bytes delivered to callers")          \
    X(BYTES_WRITTEN, "bytes_written", SUBMIT, "bytes taken from callers")      \
    X(DEVICE_READS, "device_reads", REAP, "read operations completed")         \
    X(DEVICE_WRITES, "device_writes", REAP, "write operations completed")      \
    X(DEVICE_SYNCS, "device_syncs", REAP, "sync operations completed")         \
    X(DEVICE_BYTES_READ, "device_bytes_read", REAP, "bytes they read")         \
    X(DEVICE_BYTES_WRITTEN, "device_bytes_written", REAP, "bytes they wrote")  \
    X(DEVICE_ERRORS, "device_errors", REAP, "operations that failed")          \
    X(RETRIES, "retries", REAP, "operations given to the device again")        \
    X(CONTINUED, "continued", REAP, "short transfers that were continued")     \
    X(MERGED_TOUCHING, "merged_touching", SUBMIT,                              \
      "merged reads: they touched")                                            \
    X(MERGED_GAP, "merged_gap", SUBMIT, "merged reads: the gap was cheap")     \
    X(MERGED_EXTENT, "merged_extent", SUBMIT, "merged reads: most was wanted") \
    X(TOUCHING_MEMBERS, "touching_members", SUBMIT, "operations in these")     \
    X(GAP_MEMBERS, "gap_members", SUBMIT, "operations in these")               \
    X(EXTENT_MEMBERS, "extent_members", SUBMIT, "operations in these")         \
    X(TOUCHING_PAYLOAD, "touching_payload", SUBMIT,                            \
      "bytes that they asked for")                                             \
    X(GAP_PAYLOAD, "gap_payload", SUBMIT, "bytes that they asked for")         \
    X(EXTENT_PAYLOAD, "extent_payload", SUBMIT, "bytes that they asked for")   \
    X(TOUCHING_WASTE, "touching_waste", SUBMIT,                                \
      "bytes read with them, unasked")                                         \
    X(GAP_WASTE, "gap_waste", SUBMIT, "bytes read with them, unasked")         \
    X(EXTENT_WASTE, "extent_waste", SUBMIT, "bytes read with them, unasked")   \
    X(TOUCHING_KEPT, "touching_kept", SUBMIT, "of these, put into the cache")  \
    X(GAP_KEPT, "gap_kept", SUBMIT, "of these, put into the cache")            \
    X(EXTENT_KEPT, "extent_kept", SUBMIT, "of these, put into the cache")      \
    X(TOUCHING_SPLITS, "touching_splits", REAP, "merged reads that failed")    \
    X(GAP_SPLITS, "gap_splits", REAP, "merged reads that failed")              \
    X(EXTENT_SPLITS, "extent_splits", REAP, "merged reads that failed")        \
    X(QUEUED, "queued", SUBMIT, "operations that waited for room below")       \
    X(RAISED, "raised", SUBMIT, "of these, moved up as others joined them")    \
    X(BATCHES, "batches", SUBMIT, "calls that issued operations")              \
    X(REAPS, "reaps", REAP, "calls that reaped")                               \
    X(REAP_WAITS, "reap_waits", REAP, "of these, that had to sleep")           \
    X(BLOCKED_NS, "blocked_ns", REAP, "time callers slept in the engine")      \
    X(CACHE_HITS, "cache_hits", SUBMIT, "4 KiB sectors found in the cache")    \
    X(CACHE_MISSES, "cache_misses", SUBMIT,                                    \
      "sectors that were not, or only as they had been read ahead")            \
    X(CACHE_JOINS, "cache_joins", SUBMIT, "of these, already being loaded")    \
    X(CACHE_BYPASSES, "cache_bypasses", SUBMIT, "blocks read past the cache")  \
    X(PREFETCHES, "prefetches", SUBMIT, "read operations ahead of callers")    \
    X(PREFETCH_BYTES, "prefetch_bytes", SUBMIT, "bytes they asked for")        \
    X(PREFETCH_USED, "prefetch_used_bytes", SUBMIT,                            \
      "of these, in memory when they were wanted")                             \
    X(PREFETCH_LATE, "prefetch_late_bytes", SUBMIT,                            \
      "of these, still on their way when they were wanted")                    \
    X(STALE, "stale_completions", REAP, "completions of no known request")

enum lio_counter {
#define X(id, name, side, meaning) LIO_COUNT_##id,
    LIO_COUNTERS(X)
#undef X
        LIO_NCOUNTERS
};

/*
 * A log-linear histogram: 8 buckets to each power of two, so a bucket's edges
 * are within 12.5 % of each other.  Values below 8 have a bucket of their own.
 */
#define LIO_HIST_SUB_BITS 3u
#define LIO_HIST_BUCKETS  ((64u - LIO_HIST_SUB_BITS + 1u) << LIO_HIST_SUB_BITS)

struct lio_hist {
    _Atomic uint64_t counts[LIO_HIST_BUCKETS];
};

static inline uint32_t lio_hist_bucket(uint64_t value)
{
    uint32_t shift;

    if (value < (1u << LIO_HIST_SUB_BITS))
        return (uint32_t)value;
    shift = 63u - (uint32_t)__builtin_clzll(value) - LIO_HIST_SUB_BITS;
    return ((shift + 1u) << LIO_HIST_SUB_BITS) +
           (uint32_t)((value >> shift) & ((1u << LIO_HIST_SUB_BITS) - 1u));
}

/* Smallest value of a bucket. */
static inline uint64_t lio_hist_floor(uint32_t bucket)
{
    uint32_t sub = 1u << LIO_HIST_SUB_BITS;

    if (bucket < sub)
        return bucket;
    return (uint64_t)(sub + bucket % sub) << (bucket / sub - 1u);
}

/* What a time is of. */
enum lio_stage {
    LIO_STAGE_QUEUE,   /* submitted to issued */
    LIO_STAGE_DEVICE,  /* issued to reaped: one operation */
    LIO_STAGE_DELIVER, /* done to taken by the caller */
    LIO_STAGE_TOTAL,   /* submitted to done: one request */
    LIO_NSTAGES
};

enum lio_stat_kind { LIO_STAT_READ, LIO_STAT_WRITE, LIO_STAT_SYNC, LIO_NKINDS };

#define LIO_SIZE_BUCKETS 33u /* log2 of the bytes of an operation */

struct lio_lane_stats {
    _Atomic uint64_t counters[LIO_NCOUNTERS];
    struct lio_hist latency[LIO_NSTAGES][LIO_NKINDS]; /* nanoseconds */
    _Atomic uint64_t sizes[LIO_NKINDS][LIO_SIZE_BUCKETS];
};

static inline void lio_stat_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(
        counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
        memory_order_relaxed);
}

static inline void lio_count(struct lio_lane_stats *stats,
                             enum lio_counter counter, uint64_t n)
{
    lio_stat_add(&stats->counters[counter], n);
}

static inline void lio_hist_add(struct lio_hist *hist, uint64_t value)
{
    lio_stat_add(&hist->counts[lio_hist_bucket(value)], 1);
}

static inline void lio_stat_size(struct lio_lane_stats *stats,
                                 enum lio_stat_kind kind, uint64_t bytes)
{
    uint32_t bucket = bytes ? 64u - (uint32_t)__builtin_clzll(bytes) - 1u : 0u;

    if (bucket >= LIO_SIZE_BUCKETS)
        bucket = LIO_SIZE_BUCKETS - 1u;
    lio_stat_add(&stats->sizes[kind][bucket], 1);
}

/* Plain sums of all lanes at one moment; large: keep it off small stacks. */
struct lio_stats_snapshot {
    uint64_t counters[LIO_NCOUNTERS];
    uint64_t in_flight; /* operations, now */
    uint64_t in_flight_bytes;
    uint64_t cache_slots, cache_used, cache_pinned, cache_evictions;
    uint64_t cache_bytes, cache_refused, cache_overruled;
    uint64_t cache_hot, cache_hot_refused;
    uint64_t memory_bytes; /* of requests: bounce buffers, views */
    uint64_t prefetch_wasted_bytes, prefetch_cancelled_bytes;
    uint64_t prefetch_unused_bytes;
    uint64_t open_handles;
    /* Nearly all of it, and last: who asks often leaves it alone. */
    uint64_t latency[LIO_NSTAGES][LIO_NKINDS][LIO_HIST_BUCKETS];
    uint64_t sizes[LIO_NKINDS][LIO_SIZE_BUCKETS];
};

/* Names by stage and kind, for the database. */
const char *lio_stage_name(enum lio_stage stage);
const char *lio_stat_kind_name(enum lio_stat_kind kind);

/* Add one lane's figures to a snapshot: its counters, or what is spread over
 * buckets. */
void lio_stats_sum_counters(struct lio_stats_snapshot *sum,
                            const struct lio_lane_stats *lane);
void lio_stats_sum_buckets(struct lio_stats_snapshot *sum,
                           const struct lio_lane_stats *lane);

#endif
