/*
 * The statistics database, written with SQLite.
 *
 *     open     directory, file, schema; one transaction: the run, its settings
 *              and plugins, with clean = 0
 *     write    one transaction: the difference to the last one as a row of
 *              `intervals`; sums, latencies and sizes in place
 *     finish   the same, and the files, and clean = 1
 *
 * So whatever kills the process, the database holds a run that is marked not
 * clean, with figures up to its last interval.
 *
 * WAL with synchronous = NORMAL: readers and writers do not stop each other, a
 * commit does not wait for the disk, and a power cut may cost the last moments
 * of the figures but not the database.  For the same reason closing does not
 * copy the log into the database, which would cost two syncs a run: a commit
 * that finds it grown to LOG_PAGES does.  Readers see the log's rows too.
 *
 * Locks: in WAL mode writers wait for each other only.  A call waits for them
 * `lock_wait_ns` altogether and then fails, which ends the statistics of the
 * run: so somebody who never lets go costs a run this long once.
 *
 *     stats_db_sql.c      statements     stats_db_run.c       who and where
 *     stats_db_schema.c   the tables     stats_db_figures.c   how much
 */
#include "core/stats_db_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* End a transaction; whatever happens, none is open afterwards. */
static int end_transaction(struct lio_stats_db *db, int rc)
{
    if (rc == SQLITE_OK)
        rc = lio_stats_db_run(db, "COMMIT");
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(db->sql))
        (void)lio_stats_db_run(db,
                               "ROLLBACK"); /* rc is the error worth telling */
    return rc;
}

static void close_connection(struct lio_stats_db *db)
{
    for (uint32_t i = 0; i < LIO_NSTATEMENTS; i++)
        (void)sqlite3_finalize(db->statements[i]);
    (void)sqlite3_close(db->sql); /* of a connection without statements */
}

static void release(struct lio_stats_db *db)
{
    free(db->path);
    free(db);
}

static int open_connection(struct lio_stats_db *db, struct lio_error *err)
{
    int rc = sqlite3_open_v2(
        db->path, &db->sql,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc != SQLITE_OK)
        return lio_stats_db_fail(db, rc, "cannot be opened", err);
    /* Neither can fail for a connection that is open. */
    (void)sqlite3_extended_result_codes(db->sql, 1);
    (void)sqlite3_busy_handler(db->sql, lio_stats_db_wait_for_lock, db);
    (void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                            (int *)NULL);
    return 0;
}

static int start_run(struct lio_stats_db *db, const struct lio_run *run,
                     struct lio_error *err)
{
    int rc, code;

    code = lio_stats_db_check(db, err);
    if (code < 0)
        return code;
    rc = lio_stats_db_use_log(db);
    if (rc == SQLITE_OK)
        rc = lio_stats_db_run(db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK)
        return lio_stats_db_fail(db, rc, "cannot be written", err);

    /* Again, now that nobody else can change it. */
    code = lio_stats_db_check(db, err);
    if (code < 0) {
        (void)end_transaction(db, SQLITE_ABORT);
        return code;
    }
    rc = lio_stats_db_upgrade(db);
    if (rc == SQLITE_OK)
        rc = lio_stats_db_insert_run(db, run);
    rc = end_transaction(db, rc);
    return rc == SQLITE_OK
               ? 0
               : lio_stats_db_fail(db, rc, "the run cannot be entered", err);
}

int lio_stats_db_open(const char *path, const struct lio_run *run,
                      struct lio_stats_db **ret_db, int64_t *ret_run_id,
                      struct lio_error *err)
{
    struct lio_stats_db *db;
    int code;

    code = lio_stats_db_make_directory(path, err);
    if (code < 0)
        return code;
    db = calloc(1, sizeof(*db));
    if (db)
        db->path = strdup(path);
    if (!db || !db->path) {
        free(db);
        return lio_error_set(err, LIO_ENOMEM,
                             "statistics database %s: out of memory", path);
    }
    db->owner = getpid();
    db->started_ns = lio_clock_of(CLOCK_REALTIME);
    db->opened_ns = db->interval_ns = lio_clock_ns();
    db->lock_wait_ns = run->lock_wait_ns;
    lio_stats_db_begin_waiting(db);

    code = open_connection(db, err);
    if (code == 0)
        code = start_run(db, run, err);
    if (code < 0) {
        close_connection(db);
        release(db);
        return code;
    }
    *ret_db = db;
    *ret_run_id = db->run_id;
    return 0;
}

int lio_stats_db_write(struct lio_stats_db *db,
                       const struct lio_stats_snapshot *now,
                       const struct lio_slow_op *slow, uint32_t nslow,
                       struct lio_error *err)
{
    uint64_t mono_ns = lio_clock_ns();
    int rc;

    assert(db->owner == getpid());
    if (nslow == 0 && lio_stats_db_same(now, &db->written)) {
        db->interval_ns = mono_ns;
        return 0;
    }
    lio_stats_db_begin_waiting(db);
    rc = lio_stats_db_run(db, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = lio_stats_db_figures(db, now, mono_ns - db->interval_ns, slow,
                                  nslow);
        if (rc == SQLITE_OK)
            rc = lio_stats_db_update_run(db, mono_ns, db->nslow + nslow, false);
        rc = end_transaction(db, rc);
    }
    if (rc != SQLITE_OK)
        return lio_stats_db_fail(db, rc, "an interval cannot be written", err);

    db->written = *now;
    db->interval_ns = mono_ns;
    db->nslow += nslow;
    db->seq++;
    return 0;
}

int lio_stats_db_finish(struct lio_stats_db *db,
                        const struct lio_stats_snapshot *now,
                        const struct lio_file_figures *files, uint32_t nfiles,
                        const struct lio_slow_op *slow, uint32_t nslow,
                        struct lio_error *err)
{
    uint64_t mono_ns = lio_clock_ns();
    int rc, code = 0;

    assert(db->owner == getpid());
    lio_stats_db_begin_waiting(db);
    rc = lio_stats_db_run(db, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = lio_stats_db_figures(db, now, mono_ns - db->interval_ns, slow,
                                  nslow);
        if (rc == SQLITE_OK)
            rc = lio_stats_db_files(db, files, nfiles);
        if (rc == SQLITE_OK)
            rc = lio_stats_db_update_run(db, mono_ns, db->nslow + nslow, true);
        rc = end_transaction(db, rc);
    }
    if (rc != SQLITE_OK)
        code = lio_stats_db_fail(db, rc, "the end of the run cannot be written",
                                 err);
    close_connection(db);
    release(db);
    return code;
}

/*
 * In a forked child even sqlite3_close() is too much: it would work on the log
 * that the parent is writing, and the fork may have copied a lock of SQLite's
 * as taken.  So the child leaves SQLite's memory where it is.
 */
void lio_stats_db_abandon(struct lio_stats_db *db)
{
    if (!db)
        return;
    if (db->owner == getpid())
        close_connection(db);
    release(db);
}
