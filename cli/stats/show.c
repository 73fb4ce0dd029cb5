/*
 * lanceio stats show: all about one run, a section after another.
 *
 * Every word printed comes out of a query; docs/stats.md describes the tables.
 */
#include "cli/stats/stats.h"

#include "cli/grid.h"

#include <sqlite3.h>
#include <string.h>

enum layout {
    TABLE,
    RECORD,  /* one row, its columns below each other */
    COUNTERS /* the same, without zeros, and with what they mean */
};

struct section {
    enum layout layout;
    const char *title;
    const char *text; /* ?1 is the run */
};

static const struct section sections[] = {
    { RECORD, "",
      "SELECT run_id AS run, command, started,"
      " COALESCE(ended, 'killed or still running; last seen '"
      " || strftime('%Y-%m-%dT%H:%M:%fZ', seen_ns / 1e9, 'unixepoch'))"
      " AS ended, printf('%.3f', duration_ns / 1e9) AS seconds,"
      " host || ', ' || machine || ', ' || cpus || ' processors' AS host,"
      " kernel, pid, lanceio, config_source AS configuration,"
      " backend_used || CASE backend_reason WHEN '' THEN '' ELSE"
      " ', not ' || backend_wanted || ': ' || backend_reason END AS backend,"
      " nlanes AS lanes, queue_depth, slow_ops"
      " FROM runs WHERE run_id = ?1" },
    { TABLE, "\nsettings that are no defaults\n",
      "SELECT section || '.' || key AS setting, value, origin FROM run_config"
      " WHERE run_id = ?1 AND origin NOT IN ('built-in', 'plugin')" },
    { TABLE, "\nplugins\n",
      "SELECT kind, name, version, path FROM run_plugins WHERE run_id = ?1" },
    { COUNTERS, "\ncounters that are not 0\n",
      "SELECT * FROM totals WHERE run_id = ?1" },
    { TABLE, "\nlatency, microseconds\n",
      "SELECT stage, kind, count, round(p50_ns / 1e3, 1) AS p50,"
      " round(p90_ns / 1e3, 1) AS p90, round(p99_ns / 1e3, 1) AS p99,"
      " round(p999_ns / 1e3, 1) AS \"p99.9\", round(max_ns / 1e3, 1) AS max"
      " FROM latency_percentiles WHERE run_id = ?1 ORDER BY kind,"
      " CASE stage WHEN 'queue' THEN 1 WHEN 'device' THEN 2"
      " WHEN 'deliver' THEN 3 ELSE 4 END" },
    { TABLE, "\ncache\n",
      "SELECT round(hit_ratio, 4) AS hit_ratio, cache_evictions AS evictions,"
      " cache_refused AS refused, slots, most_used, most_pinned, most_hot,"
      " most_bytes"
      " FROM cache_summary WHERE run_id = ?1 AND hit_ratio IS NOT NULL" },
    { TABLE, "\nsizes of operations\n",
      "SELECT kind, floor_bytes AS from_bytes, ceiling_bytes AS to_bytes, count"
      " FROM io_sizes WHERE run_id = ?1 ORDER BY kind, floor_bytes" },
    { TABLE, "\nfiles, the 20 most read\n",
      "SELECT path, size_bytes, reads, bytes_read, writes, bytes_written,"
      " errors FROM files WHERE run_id = ?1"
      " ORDER BY bytes_read DESC, number LIMIT 20" },
    { TABLE, "\nslow operations, the 20 slowest\n",
      "SELECT kind, path, offset, length, round(queue_ns / 1e3, 1) AS queue_us,"
      " round(device_ns / 1e3, 1) AS device_us, os_errno FROM slow_ops"
      " WHERE run_id = ?1 ORDER BY queue_ns + device_ns DESC LIMIT 20" },
};

static void put_meaning(struct cli_stats *stats, const char *name,
                        struct cli_grid *grid)
{
    sqlite3_stmt *query = NULL;
    const char *meaning = NULL;

    /* Without a meaning the number is still worth printing. */
    if (sqlite3_prepare_v2(stats->sql,
                           "SELECT meaning FROM figures WHERE name = ?1", -1,
                           &query, NULL) == SQLITE_OK &&
        sqlite3_bind_text(query, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        meaning = (const char *)sqlite3_column_text(query, 0);
    cli_grid_text(grid, meaning ? meaning : "");
    (void)sqlite3_finalize(query);
}

/* The first column of a counters' row is the run. */
static bool is_shown(sqlite3_stmt *query, int column, enum layout layout)
{
    return layout == RECORD ||
           (column > 0 && sqlite3_column_int64(query, column) != 0);
}

static size_t put_record(struct cli_stats *stats, sqlite3_stmt *query,
                         enum layout layout, struct cli_grid *grid)
{
    size_t nrows = 0;

    for (int i = 0; i < sqlite3_column_count(query); i++) {
        const char *name = sqlite3_column_name(query, i);
        struct cli_cell cell = cli_stats_cell(query, i);

        if (!is_shown(query, i, layout))
            continue;
        cli_grid_text(grid, name);
        cli_grid_bytes(grid, cell.text, cell.bytes);
        if (layout == COUNTERS)
            put_meaning(stats, name, grid);
        nrows++;
    }
    return nrows;
}

static int print_record(struct cli_stats *stats, sqlite3_stmt *query,
                        const struct section *section)
{
    struct cli_grid grid;
    size_t nrows;

    if (sqlite3_step(query) != SQLITE_ROW)
        return cli_stats_fail(stats);
    if (cli_grid_init(&grid, &stats->out, section->layout == RECORD ? 2 : 3)) {
        cli_grid_release(&grid);
        return cli_no_memory(stats->cli);
    }
    grid.align_right[1] = section->layout == COUNTERS;
    nrows = put_record(stats, query, section->layout, &grid);
    if (nrows > 0) {
        cli_out_text(&stats->out, section->title);
        (void)cli_grid_fit(&grid);
        cli_grid_print(&grid, 0, nrows);
    }
    cli_grid_release(&grid);
    return CLI_DONE;
}

static int print_section(struct cli_stats *stats, const struct section *section,
                         int64_t run_id)
{
    sqlite3_stmt *query;
    int code = cli_stats_prepare(stats, section->text, run_id, &query);

    if (code)
        return code;
    if (section->layout == TABLE)
        code = cli_stats_print(stats, query, section->title);
    else
        code = print_record(stats, query, section);
    (void)sqlite3_finalize(query); /* its error has been told */
    return code;
}

/* The number of the run that `text` means; it must exist. */
static int find_run(struct cli_stats *stats, const char *text,
                    int64_t *ret_run_id)
{
    bool is_last = !strcmp(text, "last");
    uint64_t number = 0;
    struct lio_error err;
    sqlite3_stmt *query;
    int64_t run_id;
    int code;

    if (!is_last) {
        code = cli_parse_number(stats->cli, "show", text, &number);
        if (code)
            return code;
    }
    code = cli_stats_prepare(
        stats,
        is_last ? "SELECT MAX(run_id) FROM runs"
                : "SELECT MAX(run_id) FROM runs WHERE run_id = ?1",
        number < INT64_MAX ? (int64_t)number : INT64_MAX, &query);
    if (code)
        return code;
    run_id = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0)
                                               : 0; /* ids begin at 1 */
    if (sqlite3_finalize(query) != SQLITE_OK)
        return cli_stats_fail(stats);
    if (run_id == 0) {
        lio_error_set(&err, LIO_ENOTFOUND,
                      "there is no run '%s' in %s; 'lanceio stats' lists them",
                      text, stats->path);
        return cli_fail(stats->cli, &err);
    }
    *ret_run_id = run_id;
    return CLI_DONE;
}

int cli_stats_show(struct cli_stats *stats, const char *text)
{
    int64_t run_id;
    int code = find_run(stats, text, &run_id);

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (code == CLI_DONE && !stats->out.os_errno)
            code = print_section(stats, &sections[i], run_id);
    return code;
}
