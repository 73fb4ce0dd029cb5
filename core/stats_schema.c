/* The tables and views of the statistics database; see stats_schema.h. */
#include "core/stats_schema.h"

#include <stddef.h>

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* Nanoseconds since 1970 as text that sorts and that people can read. */
#define ISO_8601(column)                                                       \
    "strftime('%Y-%m-%dT%H:%M:%fZ', " column " / 1e9, 'unixepoch')"

/*
 * Tables that belong to a run are stored in the order of their key (WITHOUT
 * ROWID): all of a run lies together, and there is one b-tree instead of two.
 */
static const char *const version_1[] = {
    /* AUTOINCREMENT: the id of a run that was deleted never means another. */
    "CREATE TABLE runs ("
    " run_id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " started_ns INTEGER NOT NULL,"
    " seen_ns INTEGER NOT NULL,"
    " ended_ns INTEGER,"
    " duration_ns INTEGER NOT NULL DEFAULT 0,"
    " clean INTEGER NOT NULL DEFAULT 0,"
    " program TEXT NOT NULL,"
    " command TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " host TEXT NOT NULL,"
    " kernel TEXT NOT NULL,"
    " machine TEXT NOT NULL,"
    " cpus INTEGER NOT NULL,"
    " lanceio TEXT NOT NULL,"
    " config_source TEXT NOT NULL,"
    " backend_wanted TEXT NOT NULL,"
    " backend_used TEXT NOT NULL,"
    " backend_reason TEXT NOT NULL,"
    " nlanes INTEGER NOT NULL,"
    " queue_depth INTEGER NOT NULL,"
    " slow_ops INTEGER NOT NULL DEFAULT 0,"
    " started TEXT AS (" ISO_8601("started_ns") "),"
                                                " ended TEXT AS (" ISO_8601(
                                                    "ended_ns") "))",

    "CREATE TABLE run_config ("
    " run_id INTEGER NOT NULL,"
    " section TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " value TEXT NOT NULL,"
    " origin TEXT NOT NULL,"
    " PRIMARY KEY (run_id, section, key)) WITHOUT ROWID",

    "CREATE TABLE run_plugins ("
    " run_id INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " kind TEXT NOT NULL,"
    " version TEXT NOT NULL,"
    " path TEXT NOT NULL,"
    " PRIMARY KEY (run_id, name)) WITHOUT ROWID",

    /* What the columns added to `intervals` and `totals` mean. */
    "CREATE TABLE figures ("
    " name TEXT PRIMARY KEY,"
    " meaning TEXT NOT NULL) WITHOUT ROWID",

    "CREATE TABLE totals ("
    " run_id INTEGER PRIMARY KEY)",

    "CREATE TABLE intervals ("
    " run_id INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " at_ns INTEGER NOT NULL,"
    " span_ns INTEGER NOT NULL,"
    " PRIMARY KEY (run_id, seq)) WITHOUT ROWID",

    "CREATE TABLE latency ("
    " run_id INTEGER NOT NULL,"
    " stage TEXT NOT NULL,"
    " kind TEXT NOT NULL,"
    " floor_ns INTEGER NOT NULL,"
    " ceiling_ns INTEGER NOT NULL,"
    " count INTEGER NOT NULL,"
    " PRIMARY KEY (run_id, stage, kind, floor_ns)) WITHOUT ROWID",

    "CREATE TABLE io_sizes ("
    " run_id INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " floor_bytes INTEGER NOT NULL,"
    " ceiling_bytes INTEGER,"
    " count INTEGER NOT NULL,"
    " PRIMARY KEY (run_id, kind, floor_bytes)) WITHOUT ROWID",

    "CREATE TABLE files ("
    " run_id INTEGER NOT NULL,"
    " number INTEGER NOT NULL,"
    " path TEXT NOT NULL,"
    " size_bytes INTEGER NOT NULL,"
    " reads INTEGER NOT NULL,"
    " writes INTEGER NOT NULL,"
    " bytes_read INTEGER NOT NULL,"
    " bytes_written INTEGER NOT NULL,"
    " errors INTEGER NOT NULL,"
    " PRIMARY KEY (run_id, number)) WITHOUT ROWID",

    "CREATE TABLE slow_ops ("
    " run_id INTEGER NOT NULL,"
    " number INTEGER NOT NULL,"
    " at_ns INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " path TEXT NOT NULL,"
    " offset INTEGER NOT NULL,"
    " length INTEGER NOT NULL,"
    " queue_ns INTEGER NOT NULL,"
    " device_ns INTEGER NOT NULL,"
    " os_errno INTEGER NOT NULL,"
    " PRIMARY KEY (run_id, number)) WITHOUT ROWID",

    /* A trigger, as foreign keys work only for those who switch them on. */
    "CREATE TRIGGER forget_run AFTER DELETE ON runs BEGIN"
    " DELETE FROM run_config WHERE run_id = OLD.run_id;"
    " DELETE FROM run_plugins WHERE run_id = OLD.run_id;"
    " DELETE FROM totals WHERE run_id = OLD.run_id;"
    " DELETE FROM intervals WHERE run_id = OLD.run_id;"
    " DELETE FROM latency WHERE run_id = OLD.run_id;"
    " DELETE FROM io_sizes WHERE run_id = OLD.run_id;"
    " DELETE FROM files WHERE run_id = OLD.run_id;"
    " DELETE FROM slow_ops WHERE run_id = OLD.run_id; END",
    NULL
};

const char *const *const lio_stats_migrations[] = { version_1 };
const uint32_t lio_stats_version = COUNT_OF(lio_stats_migrations);

#define LANE_FIGURE(id, name, side, meaning) { name, meaning },
#define FIGURE(member, meaning)              { #member, meaning },

/* clang-format off */
const struct lio_stats_figure lio_stats_figures[] = {
    LIO_COUNTERS(LANE_FIGURE)
    LIO_STATS_CACHE_COUNTERS(FIGURE)
    LIO_STATS_GAUGES(FIGURE)
};
/* clang-format on */
const uint32_t lio_stats_nfigures = COUNT_OF(lio_stats_figures);
#define ONE(member, meaning) +1
const uint32_t lio_stats_ncounters =
    LIO_NCOUNTERS LIO_STATS_CACHE_COUNTERS(ONE);

/* NULL where nothing was looked up. */
#define HIT_RATIO                                                              \
    "1.0 * cache_hits / NULLIF(cache_hits + cache_misses, 0) AS hit_ratio"
#define DEVICE_OPS "device_reads + device_writes + device_syncs"
/* Bytes a nanosecond are GB/s. */
#define MB_PER_S(ns)                                                           \
    "(bytes_read + bytes_written) * 1e3 / NULLIF(" ns ", 0) AS mb_per_s"

/*
 * Nearest rank: the bucket that holds the value with as many at or below it as
 * the percentile asks for.  What is shown is its upper edge, so a percentile
 * is never too good, and at most 12.5 % too bad.
 */
#define PERCENTILE(share)                                                      \
    "MIN(ceiling_ns) FILTER (WHERE upto * 1000 >= total * " share ")"

/* clang-format off: it takes the macros inside the text for calls */
static const char run_summary[] =
    "CREATE VIEW run_summary AS SELECT"
    " run_id, started, program, command, backend_used AS backend,"
    " duration_ns / 1e9 AS seconds, requests, " DEVICE_OPS " AS device_ops,"
    " bytes_read, bytes_written,"
    " device_bytes_read + device_bytes_written AS device_bytes,"
    " " MB_PER_S("duration_ns") ", " HIT_RATIO ","
                                " retries, failed AS errors, clean"
                                " FROM runs JOIN totals USING (run_id)";

static const char latency_percentiles[] =
    "CREATE VIEW latency_percentiles AS"
    " WITH ranked AS (SELECT run_id, stage, kind, ceiling_ns,"
    " SUM(count) OVER (PARTITION BY run_id, stage, kind"
    " ORDER BY floor_ns) AS upto,"
    " SUM(count) OVER (PARTITION BY run_id, stage, kind) AS total"
    " FROM latency)"
    " SELECT run_id, stage, kind, MAX(total) AS count,"
    " " PERCENTILE(
        "500") " AS p50_ns,"
               " " PERCENTILE(
                   "900") " AS p90_ns,"
                          " " PERCENTILE(
                              "990") " AS p99_ns,"
                                     " " PERCENTILE(
                                         "999") " AS p999_ns,"
                                                " MAX(ceiling_ns) AS max_ns"
                                                " FROM ranked GROUP BY run_id, "
                                                "stage, kind";

/* The gauges of the intervals as one row a run first, so that the counters of
 * `totals` can be named without saying whose. */
static const char cache_summary[] =
    "CREATE VIEW cache_summary AS"
    " WITH peaks AS (SELECT run_id, MAX(cache_slots) AS slots,"
    " MAX(cache_used) AS most_used, MAX(cache_pinned) AS most_pinned,"
    " MAX(cache_hot) AS most_hot,"
    " MAX(cache_bytes) AS most_bytes FROM intervals GROUP BY run_id)"
    " SELECT run_id, cache_hits, cache_misses, cache_joins, cache_bypasses,"
    " " HIT_RATIO ", cache_evictions, cache_refused, cache_overruled,"
    " cache_hot_refused, slots, most_used, most_pinned, most_hot, most_bytes"
    " FROM totals LEFT JOIN peaks USING (run_id)";

#define TIER(name)                                                             \
    "SELECT run_id, '" #name "' AS tier, merged_" #name " AS merged, " #name   \
    "_members AS members, " #name "_payload AS payload, " #name                \
    "_waste AS waste, " #name "_kept AS kept, " #name                          \
    "_splits AS splits FROM totals"

static const char coalescing[] =
    "CREATE VIEW coalescing AS"
    " " TIER(touching) " UNION ALL " TIER(gap) " UNION ALL " TIER(extent);

static const char interval_rates[] =
    "CREATE VIEW interval_rates AS SELECT"
    " run_id, seq, (at_ns - started_ns) / 1e9 AS at_s,"
    " span_ns / 1e9 AS seconds,"
    " requests * 1e9 / NULLIF(span_ns, 0) AS requests_per_s,"
    " (" DEVICE_OPS ") * 1e9 / NULLIF(span_ns, 0) AS device_ops_per_s,"
    " " MB_PER_S("span_ns") ", " HIT_RATIO ", in_flight"
                            " FROM intervals JOIN runs USING (run_id)";
/* clang-format on */

const struct lio_stats_view lio_stats_views[] = {
    { "run_summary", run_summary },
    { "latency_percentiles", latency_percentiles },
    { "cache_summary", cache_summary },
    { "coalescing", coalescing },
    { "interval_rates", interval_rates },
};
const uint32_t lio_stats_nviews = COUNT_OF(lio_stats_views);

#define LANE_COLUMN(id, name, side, meaning)    ", " name
#define LANE_PARAMETER(id, name, side, meaning) ", ?"
#define COLUMN(member, meaning)                 ", " #member
#define PARAMETER(member, meaning)              ", ?"

/* clang-format off */
const char lio_stats_insert_interval[] =
    "INSERT INTO intervals (run_id, seq, at_ns, span_ns"
    LIO_COUNTERS(LANE_COLUMN)
    LIO_STATS_CACHE_COUNTERS(COLUMN)
    LIO_STATS_GAUGES(COLUMN)
    ") VALUES (?, ?, ?, ?"
    LIO_COUNTERS(LANE_PARAMETER)
    LIO_STATS_CACHE_COUNTERS(PARAMETER)
    LIO_STATS_GAUGES(PARAMETER)
    ")";

const char lio_stats_replace_totals[] =
    "REPLACE INTO totals (run_id"
    LIO_COUNTERS(LANE_COLUMN)
    LIO_STATS_CACHE_COUNTERS(COLUMN)
    ") VALUES (?"
    LIO_COUNTERS(LANE_PARAMETER)
    LIO_STATS_CACHE_COUNTERS(PARAMETER)
    ")";
/* clang-format on */
