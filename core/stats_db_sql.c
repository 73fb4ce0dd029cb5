/*
 * Statements of the statistics database, rows, and what to say when one fails.
 */
#include "core/stats_db_parts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/stats_schema.h"

#define WAIT_STEP_NS 2000000 /* between two attempts to get a lock */

static const char *statement_text(enum lio_statement which)
{
    static const char *const texts[LIO_NSTATEMENTS] = {
        [LIO_INSERT_RUN] =
            "INSERT INTO runs (started_ns, seen_ns, program, command, pid,"
            " host, kernel, machine, cpus, lanceio, config_source,"
            " backend_wanted, backend_used, backend_reason, nlanes,"
            " queue_depth) VALUES"
            " (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
            " ?14, ?15)",
        [LIO_INSERT_CONFIG] = "REPLACE INTO run_config VALUES (?, ?, ?, ?, ?)",
        [LIO_INSERT_PLUGIN] = "REPLACE INTO run_plugins VALUES (?, ?, ?, ?, ?)",
        [LIO_INSERT_INTERVAL] = lio_stats_insert_interval,
        [LIO_REPLACE_TOTALS] = lio_stats_replace_totals,
        [LIO_REPLACE_LATENCY] =
            "REPLACE INTO latency VALUES (?, ?, ?, ?, ?, ?)",
        [LIO_REPLACE_SIZE] = "REPLACE INTO io_sizes VALUES (?, ?, ?, ?, ?)",
        [LIO_INSERT_FILE] =
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [LIO_INSERT_SLOW] =
            "INSERT INTO slow_ops VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [LIO_UPDATE_RUN] = "UPDATE runs SET seen_ns = ?2, duration_ns = ?3,"
                           " slow_ops = ?4, clean = ?5,"
                           " ended_ns = CASE WHEN ?5 THEN ?2 END"
                           " WHERE run_id = ?1",
        [LIO_INSERT_FIGURE] = "REPLACE INTO figures VALUES (?, ?)",
    };

    return texts[which];
}

/* -- what went wrong ------------------------------------------------------ */

struct reason {
    int sql_code; /* primary result code of SQLite */
    int code;
    const char *text; /* NULL: what SQLite says */
    const char *advice;
};

static const struct reason *reason_for(int sql_code)
{
    static const struct reason reasons[] = {
        { SQLITE_FULL, LIO_ENOSPC, "the disk is full",
          "make room there, or set [stats] database to another path" },
        { SQLITE_BUSY, LIO_ETIMEDOUT, "another process keeps it locked",
          "end that process, or set [stats] database to another path" },
        { SQLITE_READONLY, LIO_EACCES, "it cannot be written",
          "mend its permissions, or set [stats] database to another path" },
        { SQLITE_CANTOPEN, LIO_EACCES, NULL,
          "mend its path or permissions: [stats] database" },
        { SQLITE_PERM, LIO_EACCES, NULL,
          "mend its permissions, or set [stats] database to another path" },
        { SQLITE_NOTADB, LIO_ECORRUPT, "the file is not an SQLite database",
          "it is left as it is; set [stats] database to another path" },
        { SQLITE_CORRUPT, LIO_ECORRUPT, "the database is damaged",
          "move the file away, and a new one will be made" },
        { SQLITE_ERROR, LIO_ECORRUPT, "its tables are not as lanceio made them",
          "move the file away, and a new one will be made" },
        { SQLITE_NOMEM, LIO_ENOMEM, NULL, "free some memory" },
        { 0, LIO_EIO, NULL, "set [stats] database to another path or \"off\"" },
    };
    const struct reason *reason = reasons;

    while (reason->sql_code && reason->sql_code != sql_code)
        reason++;
    return reason;
}

static bool out_of_room(int os_errno)
{
    return os_errno == ENOSPC || os_errno == EDQUOT;
}

/* What the system said, if it was asked.  Opening for writing fails, SQLite
 * tries for reading, and the error of that says nothing about the first. */
static int system_errno(const struct lio_stats_db *db, int sql_rc)
{
    int os_errno = 0;

    if ((sql_rc & 0xff) == SQLITE_CANTOPEN)
        os_errno = lio_stats_db_access(db->path);
    if (os_errno == 0 && db->sql &&
        ((sql_rc & 0xff) == SQLITE_CANTOPEN || (sql_rc & 0xff) == SQLITE_IOERR))
        os_errno = sqlite3_system_errno(db->sql);
    return os_errno;
}

int lio_stats_db_fail(const struct lio_stats_db *db, int sql_rc,
                      const char *doing, struct lio_error *err)
{
    int os_errno = system_errno(db, sql_rc);
    const struct reason *reason =
        reason_for(out_of_room(os_errno) ? SQLITE_FULL : sql_rc & 0xff);
    const char *text = reason->text;

    if (!text)
        text = os_errno ? strerror(os_errno) : sqlite3_errstr(sql_rc);
    (void)lio_error_set(err, reason->code, "statistics database %s: %s: %s; %s",
                        db->path, doing, text, reason->advice);
    if (err)
        err->os_errno = os_errno;
    return reason->code;
}

/* -- statements ----------------------------------------------------------- */

/* SQLite asks whether to try again for a lock.  `ntries` does not matter:
 * equal, short steps let ten processes take turns. */
int lio_stats_db_wait_for_lock(void *user, int ntries)
{
    const struct lio_stats_db *db = user;
    struct timespec step = { .tv_nsec = WAIT_STEP_NS };

    (void)ntries;
    if (lio_clock_ns() >= db->deadline_ns)
        return 0;
    (void)nanosleep(&step, NULL); /* cut short by a signal: no harm */
    return 1;
}

void lio_stats_db_begin_waiting(struct lio_stats_db *db)
{
    db->deadline_ns = lio_clock_ns() + db->lock_wait_ns;
}

int lio_stats_db_run(struct lio_stats_db *db, const char *text)
{
    return sqlite3_exec(db->sql, text, NULL, NULL, NULL);
}

int lio_stats_db_prepare(struct lio_stats_db *db, enum lio_statement which)
{
    if (db->statements[which])
        return SQLITE_OK;
    return sqlite3_prepare_v3(db->sql, statement_text(which), -1,
                              SQLITE_PREPARE_PERSISTENT, &db->statements[which],
                              NULL);
}

struct lio_row lio_row_begin(struct lio_stats_db *db, enum lio_statement which)
{
    struct lio_row row = { .rc = lio_stats_db_prepare(db, which) };

    row.statement = db->statements[which];
    return row;
}

/* Integers of SQLite have 63 bits and a sign. */
static int64_t as_integer(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

void lio_row_integer(struct lio_row *row, uint64_t value)
{
    if (row->rc == SQLITE_OK)
        row->rc = sqlite3_bind_int64(row->statement, ++row->nparams,
                                     as_integer(value));
}

void lio_row_text(struct lio_row *row, const char *text)
{
    if (row->rc == SQLITE_OK)
        row->rc = sqlite3_bind_text(row->statement, ++row->nparams, text, -1,
                                    SQLITE_STATIC);
}

void lio_row_null(struct lio_row *row)
{
    if (row->rc == SQLITE_OK)
        row->rc = sqlite3_bind_null(row->statement, ++row->nparams);
}

int lio_row_end(struct lio_row *row)
{
    if (row->rc != SQLITE_OK)
        return row->rc;
    assert(row->nparams == sqlite3_bind_parameter_count(row->statement));
    (void)sqlite3_step(row->statement); /* reset returns its error */
    return sqlite3_reset(row->statement);
}

int lio_stats_db_select(struct lio_stats_db *db, const char *text,
                        int64_t *ret_value)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db->sql, text, -1, &statement, NULL);
    int64_t value = 0;

    if (rc != SQLITE_OK)
        return rc;
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    rc = sqlite3_finalize(statement);
    if (rc == SQLITE_OK)
        *ret_value = value;
    return rc;
}
