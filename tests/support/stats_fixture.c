/*
 * stats_fixture FILE: a statistics database with three runs in it, for tests
 * of `lanceio stats` that need figures known beforehand.
 *
 *     1  busy and clean: two intervals, a cache, files with awkward names
 *     2  clean, and did nothing
 *     3  not clean: as if killed after its first interval
 */
#include "core/stats_db.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/fake_run.h"

static const struct lio_file_figures files[] = {
    { "data/a,\"b\"\n\xc3\xa9.lance", 4096, 3, 0, 12288, 0, 0 },
    { "data/\xe6\x9d\xb1\xe4\xba\xac.lance", 8192, 1, 1, 4096, 100, 1 },
};

static const struct lio_slow_op slow_op = {
    .path = "data/\xe6\x9d\xb1\xe4\xba\xac.lance",
    .kind = LIO_STAT_READ,
    .offset = 4096,
    .length = 4096,
    .queue_ns = 1000,
    .device_ns = 250000000,
    .at_ns = 1700000000000000000,
    .os_errno = EIO,
};

static void work(struct lio_stats_snapshot *now)
{
    now->counters[LIO_COUNT_REQUESTS] += 100;
    now->counters[LIO_COUNT_DELIVERED] += 100;
    now->counters[LIO_COUNT_DEVICE_READS] += 40;
    now->counters[LIO_COUNT_BYTES_READ] += 409600;
    now->counters[LIO_COUNT_DEVICE_BYTES_READ] += 163840;
    now->counters[LIO_COUNT_CACHE_HITS] += 60;
    now->counters[LIO_COUNT_CACHE_MISSES] += 40;
    now->counters[LIO_COUNT_RETRIES] += 1;
    now->latency[LIO_STAGE_DEVICE][LIO_STAT_READ][lio_hist_bucket(90000)] += 39;
    now->latency[LIO_STAGE_DEVICE][LIO_STAT_READ][lio_hist_bucket(250000000)]++;
    now->latency[LIO_STAGE_TOTAL][LIO_STAT_READ][lio_hist_bucket(95000)] += 100;
    now->sizes[LIO_STAT_READ][12] += 40;
    now->in_flight = 7;
    now->cache_slots = 16;
    now->cache_used = 9;
}

static int make_runs(const char *path, struct lio_stats_snapshot *now,
                     struct lio_error *err)
{
    static const struct lio_stats_snapshot nothing;
    struct lio_stats_db *db;
    int64_t run_id;

    if (lio_stats_db_open(path, &fake_run, &db, &run_id, err) < 0)
        return -1;
    work(now);
    if (lio_stats_db_write(db, now, NULL, 0, err) < 0)
        return -1;
    work(now);
    if (lio_stats_db_finish(db, now, files, 2, &slow_op, 1, err) < 0)
        return -1;

    if (lio_stats_db_open(path, &fake_run, &db, &run_id, err) < 0 ||
        lio_stats_db_finish(db, &nothing, NULL, 0, NULL, 0, err) < 0)
        return -1;

    if (lio_stats_db_open(path, &fake_run, &db, &run_id, err) < 0 ||
        lio_stats_db_write(db, now, NULL, 0, err) < 0)
        return -1;
    lio_stats_db_abandon(db);
    return 0;
}

int main(int argc, char **argv)
{
    struct lio_stats_snapshot *now = calloc(1, sizeof(*now));
    struct lio_error err = { .msg = "usage: stats_fixture FILE" };
    int failed = !now || argc != 2 || make_runs(argv[1], now, &err) < 0;

    if (failed)
        fprintf(stderr, "%s\n", err.msg);
    free(now);
    return failed;
}
