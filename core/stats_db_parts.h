/*
 * What the files of the statistics database share.
 */
#ifndef LIO_CORE_STATS_DB_PARTS_H
#define LIO_CORE_STATS_DB_PARTS_H

#include "core/stats_db.h"

#include <sqlite3.h>
#include <stdbool.h>

#include "common/clock.h"

enum lio_statement {
    LIO_INSERT_RUN,
    LIO_INSERT_CONFIG,
    LIO_INSERT_PLUGIN,
    LIO_INSERT_INTERVAL,
    LIO_REPLACE_TOTALS,
    LIO_REPLACE_LATENCY,
    LIO_REPLACE_SIZE,
    LIO_INSERT_FILE,
    LIO_INSERT_SLOW,
    LIO_UPDATE_RUN,
    LIO_INSERT_FIGURE,
    LIO_NSTATEMENTS
};

struct lio_stats_db {
    sqlite3 *sql;
    sqlite3_stmt *statements[LIO_NSTATEMENTS]; /* prepared at their first use */
    char *path;
    pid_t owner; /* a forked child must not use the connection */
    int64_t run_id;
    int64_t seq;          /* of the next interval */
    uint64_t nslow;       /* operations reported as slow so far */
    uint64_t started_ns;  /* CLOCK_REALTIME, when opened_ns was */
    uint64_t opened_ns;   /* monotonic */
    uint64_t interval_ns; /* monotonic: where the next interval begins */
    uint64_t lock_wait_ns;
    uint64_t deadline_ns; /* monotonic: when this call stops waiting */
    struct lio_stats_snapshot written; /* what the database holds */
};

/* -- statements (stats_db_sql.c) ------------------------------------------ */

/* Say that `doing` failed with SQLite's `sql_rc`; returns our code for it. */
int lio_stats_db_fail(const struct lio_stats_db *db, int sql_rc,
                      const char *doing, struct lio_error *err);

/* SQLite's busy handler: may it try again? */
int lio_stats_db_wait_for_lock(void *user, int ntries);

/* From now on a call waits for locks, for a while. */
void lio_stats_db_begin_waiting(struct lio_stats_db *db);

/* These return codes of SQLite. */
int lio_stats_db_run(struct lio_stats_db *db, const char *text);
int lio_stats_db_prepare(struct lio_stats_db *db, enum lio_statement which);

/* The one integer that `text` selects. */
int lio_stats_db_select(struct lio_stats_db *db, const char *text,
                        int64_t *ret_value);

/* Parameters are set from left to right; the first error sticks, and is
 * returned by lio_row_end(), which otherwise runs the statement. */
struct lio_row {
    sqlite3_stmt *statement;
    int nparams;
    int rc;
};

struct lio_row lio_row_begin(struct lio_stats_db *db, enum lio_statement which);
void lio_row_integer(struct lio_row *row, uint64_t value);
void lio_row_text(struct lio_row *row, const char *text);
void lio_row_null(struct lio_row *row);
int lio_row_end(struct lio_row *row);

/* -- schema (stats_db_schema.c) -------------------------------------------- */

/* Refuse what is not ours before anything is written to it; a code of ours. */
int lio_stats_db_check(struct lio_stats_db *db, struct lio_error *err);

int lio_stats_db_use_log(struct lio_stats_db *db);
int lio_stats_db_upgrade(struct lio_stats_db *db);

/* -- rows (stats_db_run.c, stats_db_figures.c) ------------------------------
 */

int lio_stats_db_insert_run(struct lio_stats_db *db, const struct lio_run *run);
int lio_stats_db_files(struct lio_stats_db *db,
                       const struct lio_file_figures *files, uint32_t nfiles);
int lio_stats_db_update_run(struct lio_stats_db *db, uint64_t mono_ns,
                            uint64_t nslow, bool clean);

bool lio_stats_db_same(const struct lio_stats_snapshot *a,
                       const struct lio_stats_snapshot *b);
int lio_stats_db_totals(struct lio_stats_db *db,
                        const struct lio_stats_snapshot *now);

/* Everything that has changed since the last time. */
int lio_stats_db_figures(struct lio_stats_db *db,
                         const struct lio_stats_snapshot *now, uint64_t span_ns,
                         const struct lio_slow_op *slow, uint32_t nslow);

#endif
