/*
 * What the statistics database says of a run again and again: its figures.
 */
#include "core/stats_db_parts.h"

#include <string.h>

#include "core/stats_schema.h"

#define SLOW_MAX 1000u /* slow operations listed of one run */

/* What a counter has grown by since `base`, or since the start if NULL. */
#define GROWTH(now, base, member)                                              \
    ((now)->member - ((base) ? (base)->member : 0))

static void row_counters(struct lio_row *row,
                         const struct lio_stats_snapshot *now,
                         const struct lio_stats_snapshot *base)
{
    for (uint32_t i = 0; i < LIO_NCOUNTERS; i++)
        lio_row_integer(row, GROWTH(now, base, counters[i]));
#define X(member, meaning) lio_row_integer(row, GROWTH(now, base, member));
    LIO_STATS_CACHE_COUNTERS(X)
#undef X
}

int lio_stats_db_totals(struct lio_stats_db *db,
                        const struct lio_stats_snapshot *now)
{
    struct lio_row row = lio_row_begin(db, LIO_REPLACE_TOTALS);

    lio_row_integer(&row, (uint64_t)db->run_id);
    row_counters(&row, now, NULL);
    return lio_row_end(&row);
}

static int insert_interval(struct lio_stats_db *db,
                           const struct lio_stats_snapshot *now,
                           uint64_t span_ns)
{
    struct lio_row row = lio_row_begin(db, LIO_INSERT_INTERVAL);

    lio_row_integer(&row, (uint64_t)db->run_id);
    lio_row_integer(&row, (uint64_t)db->seq);
    lio_row_integer(&row, lio_clock_of(CLOCK_REALTIME));
    lio_row_integer(&row, span_ns);
    row_counters(&row, now, &db->written);
#define X(member, meaning) lio_row_integer(&row, now->member);
    LIO_STATS_GAUGES(X)
#undef X
    return lio_row_end(&row);
}

/* The last bucket whose edge SQLite can hold takes what lies above: 292 years
 * are long enough. */
#define LAST_BUCKET (LIO_HIST_BUCKETS - (1u << LIO_HIST_SUB_BITS) - 1u)

static uint64_t bucket_count(const uint64_t *hist, uint32_t bucket)
{
    uint64_t count = hist[bucket];

    if (bucket == LAST_BUCKET)
        for (uint32_t above = bucket + 1; above < LIO_HIST_BUCKETS; above++)
            count += hist[above];
    return count;
}

static int write_histogram(struct lio_stats_db *db, const char *stage,
                           const char *kind, const uint64_t *now,
                           const uint64_t *written)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i <= LAST_BUCKET && rc == SQLITE_OK; i++) {
        struct lio_row row;

        if (bucket_count(now, i) == bucket_count(written, i))
            continue;
        row = lio_row_begin(db, LIO_REPLACE_LATENCY);
        lio_row_integer(&row, (uint64_t)db->run_id);
        lio_row_text(&row, stage);
        lio_row_text(&row, kind);
        lio_row_integer(&row, lio_hist_floor(i));
        lio_row_integer(&row, lio_hist_floor(i + 1) - 1);
        lio_row_integer(&row, bucket_count(now, i));
        rc = lio_row_end(&row);
    }
    return rc;
}

static int write_latency(struct lio_stats_db *db,
                         const struct lio_stats_snapshot *now)
{
    int rc = SQLITE_OK;

    for (uint32_t stage = 0; stage < LIO_NSTAGES; stage++)
        for (uint32_t kind = 0; kind < LIO_NKINDS && rc == SQLITE_OK; kind++)
            rc = write_histogram(
                db, lio_stage_name(stage), lio_stat_kind_name(kind),
                now->latency[stage][kind], db->written.latency[stage][kind]);
    return rc;
}

static int replace_size(struct lio_stats_db *db, uint32_t kind, uint32_t bucket,
                        uint64_t count)
{
    struct lio_row row = lio_row_begin(db, LIO_REPLACE_SIZE);

    lio_row_integer(&row, (uint64_t)db->run_id);
    lio_row_text(&row, lio_stat_kind_name(kind));
    lio_row_integer(&row, bucket ? UINT64_C(1) << bucket : 0);
    if (bucket + 1 < LIO_SIZE_BUCKETS)
        lio_row_integer(&row, (UINT64_C(2) << bucket) - 1);
    else
        lio_row_null(&row); /* no upper edge */
    lio_row_integer(&row, count);
    return lio_row_end(&row);
}

static int write_sizes(struct lio_stats_db *db,
                       const struct lio_stats_snapshot *now)
{
    int rc = SQLITE_OK;

    for (uint32_t kind = 0; kind < LIO_NKINDS; kind++)
        for (uint32_t i = 0; i < LIO_SIZE_BUCKETS && rc == SQLITE_OK; i++)
            if (now->sizes[kind][i] != db->written.sizes[kind][i])
                rc = replace_size(db, kind, i, now->sizes[kind][i]);
    return rc;
}

static int insert_slow_op(struct lio_stats_db *db, uint64_t number,
                          const struct lio_slow_op *op)
{
    struct lio_row row = lio_row_begin(db, LIO_INSERT_SLOW);

    lio_row_integer(&row, (uint64_t)db->run_id);
    lio_row_integer(&row, number);
    lio_row_integer(&row, op->at_ns);
    lio_row_text(&row, lio_stat_kind_name(op->kind));
    lio_row_text(&row, op->path);
    lio_row_integer(&row, op->offset);
    lio_row_integer(&row, op->length);
    lio_row_integer(&row, op->queue_ns);
    lio_row_integer(&row, op->device_ns);
    lio_row_integer(&row, (uint64_t)op->os_errno);
    return lio_row_end(&row);
}

/* A slow device must not fill the disk: the first SLOW_MAX of a run are
 * listed, and all are counted. */
static int insert_slow(struct lio_stats_db *db, const struct lio_slow_op *slow,
                       uint32_t nslow)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < nslow && rc == SQLITE_OK; i++)
        if (db->nslow + i < SLOW_MAX)
            rc = insert_slow_op(db, db->nslow + i + 1, &slow[i]);
    return rc;
}

bool lio_stats_db_same(const struct lio_stats_snapshot *a,
                       const struct lio_stats_snapshot *b)
{
    return !memcmp(a->counters, b->counters, sizeof(a->counters)) &&
           !memcmp(a->latency, b->latency, sizeof(a->latency)) &&
           !memcmp(a->sizes, b->sizes, sizeof(a->sizes));
}

int lio_stats_db_figures(struct lio_stats_db *db,
                         const struct lio_stats_snapshot *now, uint64_t span_ns,
                         const struct lio_slow_op *slow, uint32_t nslow)
{
    int rc = SQLITE_OK;

    if (!lio_stats_db_same(now, &db->written)) {
        rc = insert_interval(db, now, span_ns);
        if (rc == SQLITE_OK)
            rc = lio_stats_db_totals(db, now);
        if (rc == SQLITE_OK)
            rc = write_latency(db, now);
        if (rc == SQLITE_OK)
            rc = write_sizes(db, now);
    }
    return rc == SQLITE_OK ? insert_slow(db, slow, nslow) : rc;
}
