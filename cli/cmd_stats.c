/*
 * lanceio stats: what the statistics database knows about past runs.
 *
 *     stats            the latest runs, a line each
 *     stats show RUN   all about one run
 *     stats sql TEXT   whatever one can ask in SQL
 *
 * Every word printed comes out of a query; docs/stats.md describes the tables.
 *
 * Nothing here can write, three times over: the file is opened read-only,
 * PRAGMA query_only is on, and an authorizer lets only reading through, which
 * also keeps other files (ATTACH) out of reach.
 */
#include "cli/cli.h"

#include "cli/rows.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_MS  3000
#define RUNS_SHOWN    20
#define EXCERPT_BYTES 40 /* of SQL, shown where it is wrong */

static const char stats_help[] =
    "Usage: lanceio stats [OPTION...]\n"
    "       lanceio stats show RUN [OPTION...]\n"
    "       lanceio stats sql \"SELECT ...\" [OPTION...]\n"
    "\n"
    "List the latest runs, show all about the run with number RUN (or: last),\n"
    "or ask the statistics database in SQL; it can be read only.  Its tables\n"
    "and views are described in docs/stats.md.\n"
    "\n"
    "      --limit N        list N runs at the most (20)\n"
    "      --format FORMAT  table, csv, json (a list) or ndjson; table on a\n"
    "                       terminal, else csv\n"
    "      --database FILE  instead of the one that the configuration names\n"
    "\n"
    "In CSV a null is an empty field and an empty string is \"\".\n"
    "\n"
    "Examples:\n"
    "  lanceio stats\n"
    "  lanceio stats show last\n"
    "  lanceio stats sql \"SELECT run_id, mb_per_s FROM run_summary\"\n"
    "  lanceio stats sql \"SELECT * FROM latency_percentiles\" --format json\n";

enum { OPT_LIMIT = 1, OPT_FORMAT, OPT_DATABASE };

static const struct option stats_longs[] = {
    { "limit", required_argument, NULL, OPT_LIMIT },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "database", required_argument, NULL, OPT_DATABASE },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax stats_syntax = { .longs = stats_longs,
                                                .help = stats_help };

struct stats {
    struct cli *cli;
    char path[PATH_MAX];
    bool is_named; /* by --database */
    const struct cli_rows_format *format;
    bool has_format, has_limit;
    uint64_t limit;
    sqlite3 *sql;
    bool was_denied; /* something that is not reading */
    struct cli_out out;
    unsigned screen_columns;
};

/* -- failures ------------------------------------------------------------ */

/* Say what SQLite says about the database as a whole. */
static int fail_database(const struct stats *stats)
{
    struct lio_error err;
    int rc = sqlite3_errcode(stats->sql);
    const char *why = sqlite3_errmsg(stats->sql);

    if (rc == SQLITE_NOTADB)
        why = "the file is not an SQLite database";
    else if (rc == SQLITE_CORRUPT)
        why = "the database is damaged";
    else if (rc == SQLITE_BUSY)
        why = "another process keeps it locked";
    else if (rc == SQLITE_CANTOPEN && access(stats->path, R_OK) == 0)
        why = "SQLite needs to write beside it, and cannot; read a copy of it";
    lio_error_set(&err, LIO_EIO, "%s: %s", stats->path, why);
    return cli_fail(stats->cli, &err);
}

/* Say what is wrong with the user's SQL, and where. */
static int fail_sql(const struct stats *stats, const char *text)
{
    int at = sqlite3_error_offset(stats->sql);
    int rc = sqlite3_errcode(stats->sql);
    const char *why = sqlite3_errmsg(stats->sql);

    /* The code differs with the statement. */
    if (stats->was_denied)
        return cli_usage(stats->cli, "the database can be read only: "
                                     "give a SELECT without side effects");
    if (rc != SQLITE_ERROR)
        return fail_database(stats);
    if (at < 0 || (size_t)at > strlen(text))
        return cli_usage(stats->cli, "%s", why);
    return cli_usage(stats->cli, "%s, at character %d: \"%.*s\"", why, at + 1,
                     EXCERPT_BYTES, text + at);
}

/* -- the database -------------------------------------------------------- */

/* Where is it?  The configuration matters only if the user does not say. */
static int find_path(struct stats *stats)
{
    struct lio_config *config;
    struct lio_error err;
    int code;

    if (stats->is_named)
        return cli_check_config(stats->cli);
    code = cli_load_config(stats->cli, &config);
    if (code)
        return code;
    if (lio_config_stats_path(config, stats->path, sizeof(stats->path), &err) <
        0)
        code = cli_fail(stats->cli, &err);
    else if (!*stats->path)
        code = cli_usage(stats->cli, "statistics are off ([stats] database = "
                                     "off); name one with --database");
    lio_config_free(config);
    return code;
}

static bool may_pragma(const char *name, const char *argument)
{
    static const char *const bare[] = { "application_id", "compile_options",
                                        "database_list",  "integrity_check",
                                        "journal_mode",   "page_count",
                                        "page_size",      "quick_check",
                                        "table_list",     "user_version" };
    static const char *const any[] = { "index_info", "index_list", "table_info",
                                       "table_xinfo" };

    for (size_t i = 0; !argument && i < sizeof(bare) / sizeof(bare[0]); i++)
        if (!sqlite3_stricmp(name, bare[i]))
            return true;
    for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
        if (!sqlite3_stricmp(name, any[i]))
            return true;
    return false;
}

static bool is_reading(int action, const char *a, const char *b)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return true;
    case SQLITE_FUNCTION: /* `b` is its name */
        return sqlite3_stricmp(b, "load_extension") != 0;
    case SQLITE_PRAGMA:
        return may_pragma(a, b);
    case SQLITE_UPDATE:
        /* So it looks when a table-valued function, such as json_each(), makes
         * itself known.  A statement is not allowed to. */
        return !sqlite3_stricmp(a, "sqlite_master");
    default:
        return false;
    }
}

/* SQLite asks about each thing a statement does, before it runs. */
static int authorize(void *user, int action, const char *a, const char *b,
                     const char *database, const char *trigger)
{
    struct stats *stats = user;

    (void)database;
    (void)trigger;
    if (is_reading(action, a, b))
        return SQLITE_OK;
    stats->was_denied = true;
    return SQLITE_DENY;
}

static int refuse_missing(const struct stats *stats)
{
    struct lio_error err;

    if (stats->is_named)
        lio_error_set(&err, LIO_ENOTFOUND, "%s: %s", stats->path,
                      strerror(ENOENT));
    else
        lio_error_set(&err, LIO_ENOTFOUND,
                      "there are no statistics yet: %s is made by the first "
                      "run, such as a lanceio scan",
                      stats->path);
    return cli_fail(stats->cli, &err);
}

/* Of a pipe nobody writes to SQLite would wait for the first byte. */
static int refuse_other(const struct stats *stats)
{
    struct lio_error err;

    lio_error_set(&err, LIO_EUNSUPPORTED, "%s: is not a regular file",
                  stats->path);
    return cli_fail(stats->cli, &err);
}

static int open_database(struct stats *stats)
{
    struct stat file;
    int rc = stat(stats->path, &file);

    if (rc < 0 && errno == ENOENT)
        return refuse_missing(stats);
    if (rc == 0 && !S_ISREG(file.st_mode))
        return refuse_other(stats);
    rc = sqlite3_open_v2(stats->path, &stats->sql,
                         SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (!stats->sql)
        return cli_no_memory(stats->cli);
    (void)sqlite3_busy_timeout(stats->sql, LOCK_WAIT_MS);
    /* Opening is lazy: only the first look shows what the file is. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(stats->sql,
                          "PRAGMA query_only = 1; PRAGMA user_version", NULL,
                          NULL, NULL);
    if (rc != SQLITE_OK)
        return fail_database(stats);
    (void)sqlite3_set_authorizer(stats->sql, authorize, stats);
    return CLI_DONE;
}

/* -- rows ---------------------------------------------------------------- */

static struct cli_cell cell_of(sqlite3_stmt *query, int column)
{
    int type = sqlite3_column_type(query, column);
    struct cli_cell cell = { .kind = CLI_CELL_TEXT };

    cell.text = (const char *)sqlite3_column_text(query, column);
    cell.bytes = (size_t)sqlite3_column_bytes(query, column);
    if (type == SQLITE_NULL)
        cell.kind = CLI_CELL_NULL;
    else if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
        cell.kind = CLI_CELL_NUMBER;
    if (!cell.text)
        cell.text = ""; /* a null, or an empty blob */
    return cell;
}

static void put_row(sqlite3_stmt *query, struct cli_rows *rows,
                    struct cli_cell *cells)
{
    for (size_t i = 0; i < rows->ncolumns; i++)
        cells[i] = cell_of(query, (int)i);
    cli_rows_put(rows, cells);
}

/* Print the rows of `query`.  With a title it is one part of many, and left out
 * if there are none. */
static int print_rows(struct stats *stats, sqlite3_stmt *query,
                      const struct cli_rows_format *format, const char *title)
{
    size_t ncolumns = (size_t)sqlite3_column_count(query);
    const char **names = calloc(ncolumns + 1, sizeof(*names));
    struct cli_cell *cells = calloc(ncolumns + 1, sizeof(*cells));
    struct cli_rows rows;
    int rc = SQLITE_NOMEM;

    if (!names || !cells)
        goto out;
    for (size_t i = 0; i < ncolumns; i++)
        names[i] = sqlite3_column_name(query, (int)i);

    rc = sqlite3_step(query);
    if (rc != SQLITE_ROW && (rc != SQLITE_DONE || title))
        goto out;
    if (title)
        cli_out_text(&stats->out, title);
    cli_rows_begin(&rows, format, &stats->out, names, ncolumns,
                   stats->screen_columns);
    for (; rc == SQLITE_ROW && !stats->out.os_errno; rc = sqlite3_step(query))
        put_row(query, &rows, cells);
    cli_rows_end(&rows);
out:
    free(names);
    free(cells);
    if (rc == SQLITE_DONE || stats->out.os_errno)
        return CLI_DONE;
    return rc == SQLITE_NOMEM ? cli_no_memory(stats->cli)
                              : fail_database(stats);
}

/* Prepare one of our own queries, about a run or with a limit. */
static int prepare(struct stats *stats, const char *text, int64_t number,
                   sqlite3_stmt **ret_query)
{
    struct lio_error err;

    if (sqlite3_prepare_v2(stats->sql, text, -1, ret_query, NULL) ==
        SQLITE_OK) {
        (void)sqlite3_bind_int64(*ret_query, 1, number);
        return CLI_DONE;
    }
    if (sqlite3_errcode(stats->sql) != SQLITE_ERROR)
        return fail_database(stats);
    lio_error_set(&err, LIO_EUNSUPPORTED,
                  "%s: not a statistics database that this lanceio knows (%s)",
                  stats->path, sqlite3_errmsg(stats->sql));
    return cli_fail(stats->cli, &err);
}

/* -- stats --------------------------------------------------------------- */

static int list_runs(struct stats *stats)
{
    static const char text[] =
        "SELECT run_id AS run, started, command, backend, requests,"
        " device_ops, round(mb_per_s, 1) AS \"MB/s\","
        " round(hit_ratio, 3) AS hit_ratio,"
        " CASE clean WHEN 1 THEN 'yes' ELSE 'no' END AS clean"
        " FROM run_summary ORDER BY run_id DESC LIMIT ?1";
    uint64_t limit = stats->limit < INT64_MAX ? stats->limit : INT64_MAX;
    sqlite3_stmt *query;
    int code = prepare(stats, text, (int64_t)limit, &query);

    if (code == CLI_DONE) {
        code = print_rows(stats, query, stats->format, NULL);
        (void)sqlite3_finalize(query); /* its error has been told */
    }
    return code;
}

/* -- stats show ---------------------------------------------------------- */

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

static void put_meaning(struct stats *stats, const char *name,
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

static size_t put_record(struct stats *stats, sqlite3_stmt *query,
                         enum layout layout, struct cli_grid *grid)
{
    size_t nrows = 0;

    for (int i = 0; i < sqlite3_column_count(query); i++) {
        const char *name = sqlite3_column_name(query, i);
        struct cli_cell cell = cell_of(query, i);

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

static int print_record(struct stats *stats, sqlite3_stmt *query,
                        const struct section *section)
{
    struct cli_grid grid;
    size_t nrows;

    if (sqlite3_step(query) != SQLITE_ROW)
        return fail_database(stats);
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

static int print_section(struct stats *stats, const struct section *section,
                         int64_t run_id)
{
    sqlite3_stmt *query;
    int code = prepare(stats, section->text, run_id, &query);

    if (code)
        return code;
    if (section->layout == TABLE)
        code = print_rows(stats, query, cli_rows_find("table"), section->title);
    else
        code = print_record(stats, query, section);
    (void)sqlite3_finalize(query); /* its error has been told */
    return code;
}

/* The number of the run that `text` means; it must exist. */
static int find_run(struct stats *stats, const char *text, int64_t *ret_run_id)
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
    code = prepare(stats,
                   is_last ? "SELECT MAX(run_id) FROM runs"
                           : "SELECT MAX(run_id) FROM runs WHERE run_id = ?1",
                   number < INT64_MAX ? (int64_t)number : INT64_MAX, &query);
    if (code)
        return code;
    run_id = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0)
                                               : 0; /* ids begin at 1 */
    if (sqlite3_finalize(query) != SQLITE_OK)
        return fail_database(stats);
    if (run_id == 0) {
        lio_error_set(&err, LIO_ENOTFOUND,
                      "there is no run '%s' in %s; 'lanceio stats' lists them",
                      text, stats->path);
        return cli_fail(stats->cli, &err);
    }
    *ret_run_id = run_id;
    return CLI_DONE;
}

static int show_run(struct stats *stats, const char *text)
{
    int64_t run_id;
    int code = find_run(stats, text, &run_id);

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (code == CLI_DONE && !stats->out.os_errno)
            code = print_section(stats, &sections[i], run_id);
    return code;
}

/* -- stats sql ----------------------------------------------------------- */

/* Does anything follow the first statement? */
static bool has_more(const char *tail)
{
    return tail[strspn(tail, " \t\r\n;")] != '\0';
}

static int run_sql(struct stats *stats, const char *text)
{
    sqlite3_stmt *query = NULL;
    const char *tail;
    int code;

    if (sqlite3_prepare_v2(stats->sql, text, -1, &query, &tail) != SQLITE_OK)
        return fail_sql(stats, text);
    if (!query)
        return cli_usage(stats->cli, "there is no statement in \"%s\"", text);
    if (has_more(tail))
        code = cli_usage(stats->cli, "one statement at a time, please");
    else if (!sqlite3_stmt_readonly(query))
        code = cli_usage(stats->cli, "the database can be read only");
    else
        code = print_rows(stats, query, stats->format, NULL);
    (void)sqlite3_finalize(query); /* its error has been told */
    return code;
}

/* -- the command --------------------------------------------------------- */

static int set_path(struct stats *stats, const char *path)
{
    size_t bytes = strlen(path) + 1;

    if (bytes == 1 || bytes > sizeof(stats->path))
        return cli_usage(stats->cli, "--database: the path is %s",
                         bytes == 1 ? "empty" : "too long");
    memcpy(stats->path, path, bytes);
    stats->is_named = true;
    return CLI_DONE;
}

static int take_option(struct stats *stats, int opt)
{
    switch (opt) {
    case OPT_LIMIT:
        stats->has_limit = true;
        return cli_parse_number(stats->cli, "--limit", optarg, &stats->limit);
    case OPT_DATABASE:
        return set_path(stats, optarg);
    default: /* OPT_FORMAT */
        stats->has_format = true;
        stats->format = cli_rows_find(optarg);
        if (stats->format)
            return CLI_DONE;
        return cli_usage(stats->cli,
                         "--format %s: choose table, csv, json or ndjson",
                         optarg);
    }
}

/* Do options and operands go together? */
static int check_usage(const struct stats *stats, int noperands,
                       char **operands)
{
    const char *verb = noperands > 0 ? operands[0] : NULL;

    if (verb && strcmp(verb, "show") && strcmp(verb, "sql"))
        return cli_usage(stats->cli, "'%s' is neither show nor sql", verb);
    if (verb && noperands == 1)
        return cli_usage(stats->cli, *verb == 's' && verb[1] == 'h'
                                         ? "show which run? A number, or last"
                                         : "a statement is missing");
    if (noperands > 2)
        return cli_usage(stats->cli, "'%s' is one operand too many",
                         operands[2]);
    if (verb && stats->has_limit)
        return cli_usage(stats->cli, "--limit goes with the list of runs only");
    if (verb && !strcmp(verb, "show") && stats->has_format)
        return cli_usage(stats->cli, "--format does not go with show");
    return CLI_DONE;
}

static int run(struct stats *stats, char **operands)
{
    int finished, code = find_path(stats);

    if (code == CLI_DONE)
        code = open_database(stats);
    if (code == CLI_DONE && cli_out_init(&stats->out, stdout))
        code = cli_no_memory(stats->cli);
    if (code == CLI_DONE) {
        if (!operands[0])
            code = list_runs(stats);
        else if (!strcmp(operands[0], "show"))
            code = show_run(stats, operands[1]);
        else
            code = run_sql(stats, operands[1]);
        finished = cli_finish_out(stats->cli, &stats->out);
        code = code ? code : finished;
    }
    cli_out_release(&stats->out);
    (void)sqlite3_close(stats->sql); /* nothing is prepared any more */
    return code;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
    struct stats stats = { .cli = cli, .limit = RUNS_SHOWN };
    struct winsize screen;
    int opt, code = CLI_DONE;

    while (code == CLI_DONE &&
           (opt = cli_getopt(cli, argc, argv, &stats_syntax)) != CLI_END) {
        if (opt == CLI_STOP)
            return cli->exit_code;
        code = take_option(&stats, opt);
    }
    if (code == CLI_DONE)
        code = check_usage(&stats, argc - optind, argv + optind);
    if (code)
        return code;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen) == 0)
        stats.screen_columns = screen.ws_col;
    if (!stats.format)
        stats.format = cli_rows_find(isatty(STDOUT_FILENO) ? "table" : "csv");
    return run(&stats, argv + optind);
}
