/*
 * The statistics database: what it holds, who shares it, and every way in
 * which it can fail.
 */
#include "core/stats_db.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/stats_schema.h"
#include "support/fake_run.h"
#include "support/temp_dir.h"

#define NPROCESSES 10

struct fixture {
    char *dir;
    char *path;
    struct lio_stats_db *db;
    struct lio_stats_snapshot now;
    struct lio_error err;
    int64_t run_id;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->dir = temp_dir_make();
    if (!f->dir || asprintf(&f->path, "%s/state/stats.db", f->dir) < 0)
        return -1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_stats_db_abandon(f->db);
    temp_dir_remove(f->dir);
    free(f->path);
    free(f);
    return 0;
}

static void open_run(struct fixture *f)
{
    if (lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

static void write_run(struct fixture *f)
{
    if (lio_stats_db_write(f->db, &f->now, NULL, 0, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

static void finish_run(struct fixture *f)
{
    struct lio_stats_db *db = f->db;

    f->db = NULL;
    if (lio_stats_db_finish(db, &f->now, NULL, 0, NULL, 0, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

/* Open must fail with `code` and say `says` and the path. */
static void open_fails(struct fixture *f, int code, const char *says)
{
    struct lio_stats_db *db = NULL;
    int64_t run_id = -7;

    assert_int_equal(
        lio_stats_db_open(f->path, &fake_run, &db, &run_id, &f->err), code);
    assert_int_equal(f->err.code, code);
    assert_non_null(strstr(f->err.msg, f->path));
    assert_non_null(strstr(f->err.msg, says));
    assert_null(db);
    assert_int_equal(run_id, -7);
}

/* -- looking at the database with another connection ---------------------- */

static sqlite3 *connect_to(const char *path)
{
    sqlite3 *sql;

    assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
    sqlite3_busy_timeout(sql, 10000);
    return sql;
}

static void run_sql(const struct fixture *f, const char *text)
{
    sqlite3 *sql = connect_to(f->path);
    char *message = NULL;

    if (sqlite3_exec(sql, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    sqlite3_close(sql);
}

static sqlite3_stmt *first_row(sqlite3 *sql, const char *text)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(sql, text, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(sql));
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: no row", text);
    return statement;
}

static int64_t integer_of(const struct fixture *f, const char *text)
{
    sqlite3 *sql = connect_to(f->path);
    sqlite3_stmt *statement = first_row(sql, text);
    int64_t value = sqlite3_column_int64(statement, 0);

    sqlite3_finalize(statement);
    sqlite3_close(sql);
    return value;
}

static void expect_text(const struct fixture *f, const char *text,
                        const char *expected)
{
    sqlite3 *sql = connect_to(f->path);
    sqlite3_stmt *statement = first_row(sql, text);
    const char *value = (const char *)sqlite3_column_text(statement, 0);

    if (!value || strcmp(value, expected))
        fail_msg("%s: \"%s\", not \"%s\"", text, value ? value : "NULL",
                 expected);
    sqlite3_finalize(statement);
    sqlite3_close(sql);
}

/* -- files as bytes -------------------------------------------------------- */

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    assert_int_equal(fclose(out), 0);
}

static char *read_file(const char *path, size_t *ret_n)
{
    FILE *in = fopen(path, "rb");
    long n;
    char *bytes;

    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    n = ftell(in);
    rewind(in);
    bytes = malloc((size_t)n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)n, in), n);
    fclose(in);
    *ret_n = (size_t)n;
    return bytes;
}

/* Opening what `path` holds fails, and leaves every byte of it as it was. */
static void open_fails_and_leaves(struct fixture *f, int code, const char *says)
{
    size_t nbefore, nafter;
    char *before = read_file(f->path, &nbefore), *after;

    open_fails(f, code, says);
    after = read_file(f->path, &nafter);
    assert_int_equal(nafter, nbefore);
    assert_memory_equal(after, before, nbefore);
    free(before);
    free(after);
}

/* A database of ours with one run, without a log beside it. */
static void make_database(struct fixture *f)
{
    open_run(f);
    finish_run(f);
    run_sql(f, "PRAGMA wal_checkpoint(TRUNCATE)");
}

/* -- what it holds --------------------------------------------------------- */

static void a_run_is_there_from_the_start_and_not_clean(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    assert_int_equal(integer_of(f, "SELECT run_id FROM runs"), f->run_id);
    assert_int_equal(
        integer_of(f, "SELECT clean = 0 AND ended_ns IS NULL FROM runs"), 1);
    assert_int_equal(integer_of(f, "SELECT requests FROM run_summary"), 0);
}

static void a_finished_run_is_clean_and_has_an_end(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT clean = 1 AND ended_ns >= started_ns"
                                   " AND duration_ns >= 0 FROM runs"),
                     1);
    assert_int_equal(integer_of(f,
                                "SELECT started LIKE '20__-__-__T__:__:__.___Z'"
                                " AND ended >= started FROM runs"),
                     1);
}

static void a_run_says_where_and_what_it_was(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    expect_text(f, "SELECT program FROM runs", program_invocation_short_name);
    assert_int_equal(integer_of(f, "SELECT pid FROM runs"), getpid());
    assert_int_equal(integer_of(f, "SELECT cpus > 0 AND host <> '' AND"
                                   " kernel <> '' AND machine <> '' FROM runs"),
                     1);
    assert_int_equal(
        integer_of(f, "SELECT command LIKE '%' || program || '%' FROM runs"),
        1);
    expect_text(f, "SELECT lanceio FROM runs", lio_version());
    expect_text(f, "SELECT config_source FROM runs", "test.ini");
    expect_text(f, "SELECT backend_wanted FROM runs", "backend-uring");
    expect_text(f, "SELECT backend_used FROM runs", "backend-pread");
    expect_text(f, "SELECT backend_reason FROM runs",
                "io_uring_setup: Operation not permitted");
    expect_text(f, "SELECT nlanes || '/' || queue_depth FROM runs", "2/64");
}

static void a_run_keeps_its_settings_with_their_origin(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM run_config"), 2);
    expect_text(f,
                "SELECT section || '.' || key || '=' || value || ' ' || origin"
                " FROM run_config WHERE origin <> 'built-in'",
                "stats.interval=20ms test.ini:7");
}

static void a_run_keeps_its_plugins(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    expect_text(
        f,
        "SELECT group_concat(kind || ':' || name || ':' || version, ' ')"
        " FROM (SELECT * FROM run_plugins ORDER BY name)",
        "backend:backend-pread:1.2 cache:cache-lru:1.3");
}

static void every_figure_has_its_columns_and_a_meaning(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    assert_int_equal(integer_of(f,
                                "SELECT COUNT(*) FROM figures JOIN"
                                " pragma_table_info('intervals') AS c ON"
                                " c.name = figures.name WHERE meaning <> ''"),
                     lio_stats_nfigures);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM figures JOIN"
                                   " pragma_table_info('totals') AS c ON"
                                   " c.name = figures.name"),
                     lio_stats_ncounters);
    assert_true(lio_stats_ncounters > LIO_NCOUNTERS);
}

static void intervals_hold_differences_and_totals_their_sum(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    f->now.counters[LIO_COUNT_REQUESTS] = 10;
    f->now.cache_evictions = 3;
    f->now.in_flight = 5;
    write_run(f);
    f->now.counters[LIO_COUNT_REQUESTS] = 25;
    f->now.cache_evictions = 4;
    f->now.in_flight = 1;
    finish_run(f);
    expect_text(f,
                "SELECT group_concat(seq || ':' || requests || ':' ||"
                " cache_evictions || ':' || in_flight, ' ') FROM intervals",
                "0:10:3:5 1:15:1:1");
    expect_text(f, "SELECT requests || ':' || cache_evictions FROM totals",
                "25:4");
}

static void every_counter_reaches_its_own_column(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    for (uint32_t i = 0; i < LIO_NCOUNTERS; i++)
        f->now.counters[i] = 100 + i;
    finish_run(f);
    for (uint32_t i = 0; i < LIO_NCOUNTERS; i++) {
        const char *name = lio_stats_figures[i].name;
        char *text = sqlite3_mprintf("SELECT t.%s = %u AND i.%s = %u FROM"
                                     " totals t JOIN intervals i",
                                     name, 100 + i, name, 100 + i);

        assert_int_equal(integer_of(f, text), 1);
        sqlite3_free(text);
    }
}

static void an_idle_interval_leaves_no_row(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    write_run(f);
    f->now.counters[LIO_COUNT_REQUESTS] = 1;
    write_run(f);
    write_run(f);
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM intervals"), 1);
}

static void latencies_are_there_before_the_end(void **state)
{
    struct fixture *f = *state;
    uint32_t bucket = lio_hist_bucket(1000);

    open_run(f);
    f->now.latency[LIO_STAGE_DEVICE][LIO_STAT_READ][bucket] = 4;
    write_run(f);
    f->now.latency[LIO_STAGE_DEVICE][LIO_STAT_READ][bucket] = 9;
    write_run(f);
    expect_text(f,
                "SELECT group_concat(stage || ' ' || kind || ' ' || floor_ns ||"
                " '..' || ceiling_ns || ' ' || count) FROM latency",
                "device read 960..1023 9");
}

static void
times_beyond_what_sql_can_hold_are_kept_in_the_last_bucket(void **state)
{
    struct fixture *f = *state;
    uint64_t *hist = f->now.latency[LIO_STAGE_QUEUE][LIO_STAT_WRITE];

    open_run(f);
    hist[LIO_HIST_BUCKETS - 1] = 2;
    hist[lio_hist_bucket(INT64_MAX)] = 3;
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT count FROM latency"), 5);
    assert_int_equal(integer_of(f, "SELECT ceiling_ns FROM latency"),
                     INT64_MAX);
}

static void sizes_have_their_edges_in_bytes(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    f->now.sizes[LIO_STAT_READ][0] = 1;
    f->now.sizes[LIO_STAT_READ][12] = 2;
    f->now.sizes[LIO_STAT_READ][LIO_SIZE_BUCKETS - 1] = 3;
    finish_run(f);
    expect_text(f,
                "SELECT group_concat(floor_bytes || '-' ||"
                " COALESCE(ceiling_bytes, '') || ':' || count, ' ')"
                " FROM io_sizes",
                "0-1:1 4096-8191:2 4294967296-:3");
}

static void files_are_listed_at_the_end(void **state)
{
    static const struct lio_file_figures files[] = {
        { "/data/a b.lance", 100, 1, 2, 3, 4, 5 },
        { "/data/\xc3\xa9'.lance", UINT64_MAX, 0, 0, 0, 0, 0 },
    };
    struct fixture *f = *state;

    open_run(f);
    assert_int_equal(
        lio_stats_db_finish(f->db, &f->now, files, 2, NULL, 0, &f->err), 0);
    f->db = NULL;
    expect_text(f,
                "SELECT path || size_bytes || reads || writes || bytes_read ||"
                " bytes_written || errors FROM files WHERE number = 1",
                "/data/a b.lance10012345");
    expect_text(f, "SELECT path FROM files WHERE number = 2",
                "/data/\xc3\xa9'.lance");
    assert_int_equal(integer_of(f, "SELECT MAX(size_bytes) FROM files"),
                     INT64_MAX);
}

static void slow_operations_are_all_counted_and_the_first_listed(void **state)
{
    struct fixture *f = *state;
    struct lio_slow_op ops[300];

    open_run(f);
    for (uint32_t i = 0; i < 300; i++)
        ops[i] = (struct lio_slow_op){ .path = "/f",
                                       .kind = LIO_STAT_WRITE,
                                       .offset = i,
                                       .length = 4096,
                                       .queue_ns = 7,
                                       .device_ns = 8,
                                       .at_ns = 9,
                                       .os_errno = EIO };
    for (int i = 0; i < 4; i++)
        assert_int_equal(lio_stats_db_write(f->db, &f->now, ops, 300, &f->err),
                         0);
    expect_text(f,
                "SELECT number || path || kind || offset || length || queue_ns"
                " || device_ns || at_ns || os_errno FROM slow_ops"
                " WHERE number = 302",
                "302/fwrite140967895");
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM slow_ops"), 1000);
    assert_int_equal(integer_of(f, "SELECT slow_ops FROM runs"), 1200);
}

static void deleting_a_run_deletes_all_that_belongs_to_it(void **state)
{
    static const struct lio_file_figures file = { "/f", 1, 1, 1, 1, 1, 1 };
    static const struct lio_slow_op slow = { .path = "/f" };
    struct fixture *f = *state;

    open_run(f);
    f->now.counters[0] = 1;
    f->now.sizes[0][0] = 1;
    f->now.latency[0][0][0] = 1;
    assert_int_equal(
        lio_stats_db_finish(f->db, &f->now, &file, 1, &slow, 1, &f->err), 0);
    open_run(f);
    run_sql(f, "DELETE FROM runs WHERE run_id = 1");
    for (const char *const *table =
             (const char *const[]){ "runs", "run_config", "run_plugins",
                                    "totals", "intervals", "latency",
                                    "io_sizes", "files", "slow_ops", NULL };
         *table; table++) {
        char *text =
            sqlite3_mprintf("SELECT COUNT(*) FROM %s WHERE run_id = 1", *table);

        assert_int_equal(integer_of(f, text), 0);
        sqlite3_free(text);
    }
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM run_config"), 2);
}

static void ids_of_deleted_runs_are_not_given_again(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    finish_run(f);
    run_sql(f, "DELETE FROM runs");
    open_run(f);
    assert_int_equal(f->run_id, 2);
}

/* -- views ----------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The upper edge of the bucket of the nearest-rank percentile: sorted values,
 * no buckets counted. */
static int64_t oracle(const uint64_t *sorted, uint64_t n, uint64_t share)
{
    uint64_t rank = (n * share + 999) / 1000;

    return (int64_t)(lio_hist_floor(lio_hist_bucket(sorted[rank - 1]) + 1) - 1);
}

static void check_percentiles(struct fixture *f, uint64_t n, uint64_t *seed)
{
    static const struct {
        const char *column;
        uint64_t share;
    } percentiles[] = { { "p50_ns", 500 },
                        { "p90_ns", 900 },
                        { "p99_ns", 990 },
                        { "p999_ns", 999 },
                        { "max_ns", 1000 } };
    uint64_t *values = calloc(n, sizeof(*values));

    assert_non_null(values);
    memset(&f->now, 0, sizeof(f->now));
    open_run(f);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t magnitude = next_random(seed) % 40;

        values[i] = next_random(seed) >> (24 + magnitude);
        f->now.latency[LIO_STAGE_TOTAL][LIO_STAT_READ]
                      [lio_hist_bucket(values[i])]++;
    }
    /* Another stage and kind, which must not get mixed in. */
    f->now.latency[LIO_STAGE_QUEUE][LIO_STAT_READ][1] = 1000000;
    f->now.latency[LIO_STAGE_TOTAL][LIO_STAT_SYNC][1] = 1000000;
    finish_run(f);
    qsort(values, n, sizeof(*values), by_size);
    for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
        char *text = sqlite3_mprintf(
            "SELECT %s FROM latency_percentiles WHERE run_id = %lld"
            " AND stage = 'total' AND kind = 'read' AND count = %llu",
            percentiles[i].column, (long long)f->run_id, (unsigned long long)n);

        assert_int_equal(integer_of(f, text),
                         oracle(values, n, percentiles[i].share));
        sqlite3_free(text);
    }
    free(values);
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
    static const uint64_t counts[] = { 1,  2,   3,   9,    10,   11,
                                       99, 100, 101, 1000, 1001, 20000 };
    struct fixture *f = *state;
    uint64_t seed = 0x9e3779b97f4a7c15;

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        check_percentiles(f, counts[i], &seed);
}

static void run_summary_puts_a_run_into_one_row(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    f->now.counters[LIO_COUNT_REQUESTS] = 4;
    f->now.counters[LIO_COUNT_DEVICE_READS] = 3;
    f->now.counters[LIO_COUNT_DEVICE_SYNCS] = 1;
    f->now.counters[LIO_COUNT_BYTES_READ] = 5000000;
    f->now.counters[LIO_COUNT_CACHE_HITS] = 3;
    f->now.counters[LIO_COUNT_CACHE_MISSES] = 1;
    f->now.counters[LIO_COUNT_FAILED] = 2;
    f->now.counters[LIO_COUNT_RETRIES] = 6;
    finish_run(f);
    run_sql(f, "UPDATE runs SET duration_ns = 500000000");
    expect_text(f,
                "SELECT backend || ' ' || seconds || ' ' || requests || ' ' ||"
                " device_ops || ' ' || mb_per_s || ' ' || hit_ratio || ' ' ||"
                " retries || ' ' || errors || ' ' || clean FROM run_summary",
                "backend-pread 0.5 4 4 10.0 0.75 6 2 1");
}

static void ratios_of_nothing_are_null(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    assert_int_equal(integer_of(f, "SELECT hit_ratio IS NULL AND"
                                   " mb_per_s IS NULL FROM run_summary"),
                     1);
    assert_int_equal(integer_of(f,
                                "SELECT hit_ratio IS NULL AND most_used IS NULL"
                                " FROM cache_summary"),
                     1);
}

static void cache_summary_shows_the_peaks(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    f->now.counters[LIO_COUNT_CACHE_HITS] = 1;
    f->now.cache_used = 30;
    f->now.cache_pinned = 2;
    write_run(f);
    f->now.counters[LIO_COUNT_CACHE_HITS] = 2;
    f->now.cache_used = 20;
    f->now.cache_pinned = 4;
    finish_run(f);
    expect_text(f,
                "SELECT cache_hits || ' ' || hit_ratio || ' ' || most_used ||"
                " ' ' || most_pinned FROM cache_summary",
                "2 1.0 30 4");
}

static void coalescing_has_a_row_for_each_tier(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    f->now.counters[LIO_COUNT_MERGED_TOUCHING] = 1;
    f->now.counters[LIO_COUNT_TOUCHING_MEMBERS] = 2;
    f->now.counters[LIO_COUNT_MERGED_GAP] = 3;
    f->now.counters[LIO_COUNT_GAP_MEMBERS] = 9;
    f->now.counters[LIO_COUNT_GAP_PAYLOAD] = 36864;
    f->now.counters[LIO_COUNT_GAP_WASTE] = 8192;
    f->now.counters[LIO_COUNT_GAP_KEPT] = 4096;
    f->now.counters[LIO_COUNT_EXTENT_SPLITS] = 7;
    finish_run(f);
    expect_text(f,
                "SELECT group_concat(tier || ' ' || merged || ' ' || members ||"
                " ' ' || payload || ' ' || waste || ' ' || kept || ' ' ||"
                " splits, ', ') FROM coalescing",
                "touching 1 2 0 0 0 0, gap 3 9 36864 8192 4096 0,"
                " extent 0 0 0 0 0 7");
}

static void interval_rates_are_per_second_of_the_interval(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    f->now.counters[LIO_COUNT_REQUESTS] = 10;
    f->now.counters[LIO_COUNT_DEVICE_READS] = 5;
    f->now.counters[LIO_COUNT_BYTES_READ] = 4000000;
    finish_run(f);
    run_sql(f, "UPDATE intervals SET span_ns = 2000000000");
    expect_text(f,
                "SELECT requests_per_s || ' ' || device_ops_per_s || ' ' ||"
                " mb_per_s FROM interval_rates",
                "5.0 2.5 2.0");
}

/* -- many processes -------------------------------------------------------- */

/* One process of many: wait for the gun, then a run of three intervals. */
static int run_a_process(struct fixture *f, int gun)
{
    struct lio_stats_snapshot *now = &f->now;
    char byte;

    if (read(gun, &byte, 1) != 0) /* all begin when the writer is closed */
        return 1;
    if (lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err) < 0)
        return 2;
    for (uint64_t i = 1; i <= 2; i++) {
        now->counters[LIO_COUNT_REQUESTS] = i;
        if (lio_stats_db_write(f->db, now, NULL, 0, &f->err) < 0)
            return 3;
    }
    now->counters[LIO_COUNT_REQUESTS] = 3;
    return lio_stats_db_finish(f->db, now, NULL, 0, NULL, 0, &f->err) < 0 ? 4
                                                                          : 0;
}

static void ten_processes_at_once_lose_no_row(void **state)
{
    struct fixture *f = *state;
    pid_t children[NPROCESSES];
    int gun[2];

    assert_int_equal(pipe(gun), 0);
    for (int i = 0; i < NPROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            int failed;

            close(gun[1]);
            failed = run_a_process(f, gun[0]);
            if (failed)
                (void)dprintf(STDERR_FILENO, "%s\n", f->err.msg);
            _exit(failed);
        }
    }
    close(gun[0]);
    close(gun[1]);
    for (int i = 0; i < NPROCESSES; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM runs WHERE clean"),
                     NPROCESSES);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM intervals"),
                     3 * NPROCESSES);
    assert_int_equal(integer_of(f, "SELECT SUM(requests) FROM totals"),
                     3 * NPROCESSES);
    expect_text(f, "PRAGMA integrity_check", "ok");
}

static void a_killed_process_leaves_its_run_marked_not_clean(void **state)
{
    struct fixture *f = *state;
    int ready[2], status;
    pid_t child;
    char byte;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        f->now.counters[LIO_COUNT_REQUESTS] = 42;
        if (lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, NULL) ||
            lio_stats_db_write(f->db, &f->now, NULL, 0, NULL) ||
            write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    expect_text(f, "SELECT clean || ' ' || requests FROM run_summary", "0 42");
    open_run(f); /* and nobody is in the next one's way */
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM runs"), 2);
}

static void a_forked_child_can_abandon_without_touching_the_file(void **state)
{
    struct fixture *f = *state;
    char *log_path = NULL, *before, *after;
    size_t nbefore, nafter;
    int status;
    pid_t child;

    assert_true(asprintf(&log_path, "%s-wal", f->path) > 0);
    open_run(f);
    before = read_file(log_path, &nbefore);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lio_stats_db_abandon(f->db);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    after = read_file(log_path, &nafter);
    assert_int_equal(nafter, nbefore);
    assert_memory_equal(after, before, nbefore);

    f->now.counters[LIO_COUNT_REQUESTS] = 1;
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT clean FROM runs"), 1);
    free(before);
    free(after);
    free(log_path);
}

static void abandoning_nothing_is_allowed(void **state)
{
    (void)state;
    lio_stats_db_abandon(NULL);
}

/* -- older and newer programs ---------------------------------------------- */

static void a_counter_the_database_lacks_is_added(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    finish_run(f);
    run_sql(f, "DROP VIEW run_summary; DROP VIEW latency_percentiles;"
               "DROP VIEW cache_summary; DROP VIEW interval_rates;"
               "ALTER TABLE intervals DROP COLUMN cache_hits;"
               "ALTER TABLE intervals DROP COLUMN open_handles;"
               "ALTER TABLE totals DROP COLUMN cache_hits");
    open_run(f);
    f->now.counters[LIO_COUNT_CACHE_HITS] = 5;
    finish_run(f);
    expect_text(f,
                "SELECT group_concat(COALESCE(cache_hits, 'unknown'), ' ')"
                " FROM run_summary JOIN totals USING (run_id)",
                "unknown 5");
}

static void a_counter_of_a_newer_program_does_no_harm(void **state)
{
    struct fixture *f = *state;

    open_run(f);
    finish_run(f);
    run_sql(f, "ALTER TABLE intervals ADD COLUMN future INTEGER;"
               "ALTER TABLE totals ADD COLUMN future INTEGER");
    open_run(f);
    f->now.counters[LIO_COUNT_REQUESTS] = 5;
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT requests FROM totals"
                                   " WHERE run_id = 2 AND future IS NULL"),
                     5);
}

static void a_newer_schema_is_refused_and_left_as_it_is(void **state)
{
    struct fixture *f = *state;

    make_database(f);
    run_sql(f, "PRAGMA user_version = 1000000;"
               "PRAGMA wal_checkpoint(TRUNCATE)");
    open_fails_and_leaves(f, LIO_EUNSUPPORTED, "1000000");
}

static void a_database_of_another_program_is_left_as_it_is(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lio_stats_db_make_directory(f->path, NULL), 0);
    run_sql(f, "CREATE TABLE bookmarks (url)");
    open_fails_and_leaves(f, LIO_EUNSUPPORTED, "another program");
}

/* -- broken files ---------------------------------------------------------- */

static void an_empty_file_becomes_a_database(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lio_stats_db_make_directory(f->path, NULL), 0);
    write_file(f->path, "", 0);
    open_run(f);
    assert_int_equal(f->run_id, 1);
}

static void a_file_that_is_no_database_is_left_as_it_is(void **state)
{
    static const char letter[2000] = "Dear Ann, this is not a database.";
    struct fixture *f = *state;

    assert_int_equal(lio_stats_db_make_directory(f->path, NULL), 0);
    write_file(f->path, letter, sizeof(letter));
    open_fails_and_leaves(f, LIO_ECORRUPT, "not an SQLite database");
}

static void a_database_with_damaged_pages_is_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    size_t n;
    char *bytes;

    make_database(f);
    bytes = read_file(f->path, &n);
    assert_true(n > 8192);
    memset(bytes + 4096, 0xa5, n - 4096);
    write_file(f->path, bytes, n);
    free(bytes);
    open_fails_and_leaves(f, LIO_ECORRUPT, "damaged");
}

static void a_database_with_a_damaged_schema_is_left_as_it_is(void **state)
{
    struct fixture *f = *state;
    size_t n;
    char *bytes;

    make_database(f);
    bytes = read_file(f->path, &n);
    memset(bytes + 100, 0xa5, 3996);
    write_file(f->path, bytes, n);
    free(bytes);
    open_fails_and_leaves(f, LIO_ECORRUPT, "damaged");
}

static void a_truncated_database_is_left_as_it_is(void **state)
{
    struct fixture *f = *state;

    make_database(f);
    assert_int_equal(truncate(f->path, 8192), 0);
    open_fails_and_leaves(f, LIO_ECORRUPT, "damaged");
}

static void a_missing_table_fails_and_enters_nothing(void **state)
{
    struct fixture *f = *state;

    make_database(f);
    run_sql(f, "DROP TABLE run_config");
    open_fails(f, LIO_ECORRUPT, "not as lanceio made them");
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM runs"), 1);
}

/* -- no way in ------------------------------------------------------------- */

static void a_path_below_a_file_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lio_stats_db_make_directory(f->path, NULL), 0);
    write_file(f->path, "", 0);
    free(f->path);
    assert_true(asprintf(&f->path, "%s/state/stats.db/stats.db", f->dir) > 0);
    open_fails(f, LIO_EACCES, "Not a directory");
}

static void a_path_that_is_a_directory_is_refused(void **state)
{
    struct fixture *f = *state;

    free(f->path);
    f->path = strdup(f->dir);
    assert_non_null(f->path);
    open_fails(f, LIO_EACCES, "cannot be opened");
}

/* Somebody who has the write lock and never lets go. */
static sqlite3 *lock(const struct fixture *f)
{
    sqlite3 *sql = connect_to(f->path);

    assert_int_equal(sqlite3_exec(sql, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    return sql;
}

static void a_locked_database_fails_after_a_bounded_wait(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;

    make_database(f);
    other = lock(f);
    open_fails(f, LIO_ETIMEDOUT, "keeps it locked");
    sqlite3_close(other);
    open_run(f); /* and nothing is left over */
    finish_run(f);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM runs"), 2);
}

static void a_lock_that_comes_later_ends_the_run_not_clean(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;

    open_run(f);
    other = lock(f);
    assert_int_equal(
        lio_stats_db_finish(f->db, &f->now, NULL, 0, NULL, 0, &f->err),
        LIO_ETIMEDOUT);
    f->db = NULL;
    assert_non_null(strstr(f->err.msg, "the end of the run"));
    sqlite3_close(other);
    assert_int_equal(integer_of(f, "SELECT clean FROM runs"), 0);
}

static void readers_do_not_stop_a_writer(void **state)
{
    struct fixture *f = *state;
    sqlite3 *reader;
    sqlite3_stmt *statement;

    make_database(f);
    reader = connect_to(f->path);
    statement = first_row(reader, "SELECT * FROM run_config");
    open_run(f);
    finish_run(f);
    sqlite3_finalize(statement);
    sqlite3_close(reader);
    assert_int_equal(integer_of(f, "SELECT COUNT(*) FROM runs WHERE clean"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_run_is_there_from_the_start_and_not_clean),
        TEST(a_finished_run_is_clean_and_has_an_end),
        TEST(a_run_says_where_and_what_it_was),
        TEST(a_run_keeps_its_settings_with_their_origin),
        TEST(a_run_keeps_its_plugins),
        TEST(every_figure_has_its_columns_and_a_meaning),
        TEST(intervals_hold_differences_and_totals_their_sum),
        TEST(every_counter_reaches_its_own_column),
        TEST(an_idle_interval_leaves_no_row),
        TEST(latencies_are_there_before_the_end),
        TEST(times_beyond_what_sql_can_hold_are_kept_in_the_last_bucket),
        TEST(sizes_have_their_edges_in_bytes),
        TEST(files_are_listed_at_the_end),
        TEST(slow_operations_are_all_counted_and_the_first_listed),
        TEST(deleting_a_run_deletes_all_that_belongs_to_it),
        TEST(ids_of_deleted_runs_are_not_given_again),
        TEST(percentiles_are_those_of_the_sorted_values),
        TEST(run_summary_puts_a_run_into_one_row),
        TEST(ratios_of_nothing_are_null),
        TEST(cache_summary_shows_the_peaks),
        TEST(coalescing_has_a_row_for_each_tier),
        TEST(interval_rates_are_per_second_of_the_interval),
        TEST(ten_processes_at_once_lose_no_row),
        TEST(a_killed_process_leaves_its_run_marked_not_clean),
        TEST(a_forked_child_can_abandon_without_touching_the_file),
        TEST(abandoning_nothing_is_allowed),
        TEST(a_counter_the_database_lacks_is_added),
        TEST(a_counter_of_a_newer_program_does_no_harm),
        TEST(a_newer_schema_is_refused_and_left_as_it_is),
        TEST(a_database_of_another_program_is_left_as_it_is),
        TEST(an_empty_file_becomes_a_database),
        TEST(a_file_that_is_no_database_is_left_as_it_is),
        TEST(a_database_with_damaged_pages_is_left_as_it_is),
        TEST(a_database_with_a_damaged_schema_is_left_as_it_is),
        TEST(a_truncated_database_is_left_as_it_is),
        TEST(a_missing_table_fails_and_enters_nothing),
        TEST(a_path_below_a_file_is_refused),
        TEST(a_path_that_is_a_directory_is_refused),
        TEST(a_locked_database_fails_after_a_bounded_wait),
        TEST(a_lock_that_comes_later_ends_the_run_not_clean),
        TEST(readers_do_not_stop_a_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
