/*
 * The statistics database as text: tables, views, and how to get there.
 *
 * Only SQL lives here; core/stats_db.c runs it.  docs/stats.md describes every
 * table and column for those who query.
 *
 * Two things bring an older database up to date:
 *
 *   migrations   lio_stats_migrations[v] leads from user_version v to v + 1.
 *                One that has been released never changes.
 *   figures      `intervals` and `totals` have a column for each counter and
 *                gauge.  They are added by name wherever one is missing,
 * without a new version, so that programs of both ages can go on writing to one
 * database.  In rows of the older ones it is NULL.
 *
 * Why columns and not a row a counter: a question about two counters, and most
 * are, is then one SELECT without a join, and a row costs one b-tree insert
 * instead of thirty.  The price is the ALTER TABLE above, paid once.
 */
#ifndef LIO_CORE_STATS_SCHEMA_H
#define LIO_CORE_STATS_SCHEMA_H

#include "core/stats.h"

/* "LIO1": tells our databases from other people's. */
#define LIO_STATS_APPLICATION_ID 0x4c494f31

/* Counters that are not a lane's: X(member of struct lio_stats_snapshot,
 * meaning). */
#define LIO_STATS_CACHE_COUNTERS(X)                                            \
    X(cache_evictions, "cached blocks given up for others")                    \
    X(cache_refused, "blocks not cached, as all were in use")                  \
    X(cache_overruled, "blocks that the policy wrongly gave up")               \
    X(cache_hot_refused, "blocks not pinned as hot, as too many were")         \
    X(prefetch_wasted_bytes, "read ahead, and given up unused")                \
    X(prefetch_cancelled_bytes, "to be read ahead, but could not be")

/* Figures that go up and down: X(member, meaning). */
#define LIO_STATS_GAUGES(X)                                                    \
    X(in_flight, "operations in flight at the interval's end")                 \
    X(in_flight_bytes, "bytes of them")                                        \
    X(open_handles, "handles open then")                                       \
    X(cache_slots, "blocks the cache has room for")                            \
    X(cache_used, "blocks in it then")                                         \
    X(cache_pinned, "blocks that somebody was using then")                     \
    X(cache_hot, "blocks pinned as hot then")                                  \
    X(cache_bytes, "memory of the cache")                                      \
    X(memory_bytes, "memory of requests: views, aligned copies")               \
    X(prefetch_unused_bytes, "read ahead, or being so, and not used yet")

struct lio_stats_figure {
    const char *name; /* of the column */
    const char *meaning;
};

/* The counters of the lanes, those of the cache, then the gauges.  The first
 * lio_stats_ncounters are columns of `totals`, all are of `intervals`. */
extern const struct lio_stats_figure lio_stats_figures[];
extern const uint32_t lio_stats_nfigures;
extern const uint32_t lio_stats_ncounters;

/* Each a list of statements that ends with NULL. */
extern const char *const *const lio_stats_migrations[];
extern const uint32_t lio_stats_version; /* how many migrations there are */

struct lio_stats_view {
    const char *name;
    const char *sql;
};

/* Made anew whenever a table has changed. */
extern const struct lio_stats_view lio_stats_views[];
extern const uint32_t lio_stats_nviews;

/* Statements with a parameter for each column, in this order: run_id, seq,
 * at_ns, span_ns, all figures; run_id, the counters. */
extern const char lio_stats_insert_interval[];
extern const char lio_stats_replace_totals[];

#endif
