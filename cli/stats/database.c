/*
 * The statistics database, to be read.
 *
 * Nothing here can write, three times over: the file is opened read-only,
 * PRAGMA query_only is on, and an authorizer lets only reading through, which
 * also keeps other files (ATTACH) out of reach.
 */
#include "cli/stats/stats.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_MS 3000

int cli_stats_fail(const struct cli_stats *stats)
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

/* -- what may be done ---------------------------------------------------- */

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
    struct cli_stats *stats = user;

    (void)database;
    (void)trigger;
    if (is_reading(action, a, b))
        return SQLITE_OK;
    stats->was_denied = true;
    return SQLITE_DENY;
}

/* -- the file ------------------------------------------------------------ */

static int refuse_missing(const struct cli_stats *stats)
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
static int refuse_other(const struct cli_stats *stats)
{
    struct lio_error err;

    lio_error_set(&err, LIO_EUNSUPPORTED, "%s: is not a regular file",
                  stats->path);
    return cli_fail(stats->cli, &err);
}

int cli_stats_open(struct cli_stats *stats)
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
        return cli_stats_fail(stats);
    (void)sqlite3_set_authorizer(stats->sql, authorize, stats);
    return CLI_DONE;
}

void cli_stats_close(struct cli_stats *stats)
{
    (void)sqlite3_close(stats->sql); /* nothing is prepared any more */
}

int cli_stats_prepare(struct cli_stats *stats, const char *text, int64_t number,
                      sqlite3_stmt **ret_query)
{
    struct lio_error err;

    if (sqlite3_prepare_v2(stats->sql, text, -1, ret_query, NULL) ==
        SQLITE_OK) {
        (void)sqlite3_bind_int64(*ret_query, 1, number);
        return CLI_DONE;
    }
    if (sqlite3_errcode(stats->sql) != SQLITE_ERROR)
        return cli_stats_fail(stats);
    lio_error_set(&err, LIO_EUNSUPPORTED,
                  "%s: not a statistics database that this lanceio knows (%s)",
                  stats->path, sqlite3_errmsg(stats->sql));
    return cli_fail(stats->cli, &err);
}
