/*
 * The schema of the statistics database: is it ours, and is it up to date?
 */
#include "core/stats_db_parts.h"

#include "core/stats_schema.h"

#define LOG_PAGES "256" /* 1 MiB */

int lio_stats_db_check(struct lio_stats_db *db, struct lio_error *err)
{
    int64_t application, version, nobjects;
    int rc;

    rc = lio_stats_db_select(db, "PRAGMA application_id", &application);
    if (rc == SQLITE_OK)
        rc = lio_stats_db_select(db, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK)
        rc = lio_stats_db_select(db, "SELECT COUNT(*) FROM sqlite_master",
                                 &nobjects);
    if (rc != SQLITE_OK)
        return lio_stats_db_fail(db, rc, "cannot be read", err);

    if (application != LIO_STATS_APPLICATION_ID &&
        (application || version || nobjects))
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "statistics database %s: it belongs to another "
                             "program and is left as it is; set [stats] "
                             "database to another path",
                             db->path);
    if (version > lio_stats_version)
        return lio_error_set(err, LIO_EUNSUPPORTED,
                             "statistics database %s: it has schema version "
                             "%lld, of a newer lanceio than this one, which "
                             "knows up to %u; it is left as it is: update "
                             "lanceio, or set [stats] database to another path",
                             db->path, (long long)version, lio_stats_version);
    return 0;
}

/* SQLite does not ask lio_stats_db_wait_for_lock() for this one statement. */
int lio_stats_db_use_log(struct lio_stats_db *db)
{
    int ntries = 0, rc;

    do
        rc = lio_stats_db_run(db, "PRAGMA journal_mode = WAL");
    while ((rc & 0xff) == SQLITE_BUSY &&
           lio_stats_db_wait_for_lock(db, ntries++));
    /* A file system that cannot share memory keeps the older journal: slower,
     * and as safe. */
    if (rc == SQLITE_OK)
        rc = lio_stats_db_run(db, "PRAGMA synchronous = NORMAL;"
                                  "PRAGMA wal_autocheckpoint = " LOG_PAGES);
    return rc;
}

static int run_all(struct lio_stats_db *db, const char *const *statements)
{
    int rc = SQLITE_OK;

    for (; *statements && rc == SQLITE_OK; statements++)
        rc = lio_stats_db_run(db, *statements);
    return rc;
}

/* Build a statement from parts and run it. */
static int run_built(struct lio_stats_db *db, const char *fmt, const char *a,
                     const char *b)
{
    char *text = sqlite3_mprintf(fmt, a, b);
    int rc;

    if (!text)
        return SQLITE_NOMEM;
    rc = lio_stats_db_run(db, text);
    sqlite3_free(text);
    return rc;
}

static int table_has_column(struct lio_stats_db *db, const char *table,
                            const char *column, bool *ret_has)
{
    int rc = sqlite3_table_column_metadata(db->sql, "main", table, column, NULL,
                                           NULL, NULL, NULL, NULL);

    *ret_has = rc == SQLITE_OK;
    return rc == SQLITE_ERROR ? SQLITE_OK : rc; /* the answer "no" */
}

static int add_columns(struct lio_stats_db *db, const char *table,
                       uint32_t nfigures)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < nfigures && rc == SQLITE_OK; i++) {
        const char *name = lio_stats_figures[i].name;
        bool has;

        rc = table_has_column(db, table, name, &has);
        if (rc == SQLITE_OK && !has)
            rc = run_built(db, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" INTEGER",
                           table, name);
    }
    return rc;
}

static int explain_figures(struct lio_stats_db *db)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < lio_stats_nfigures && rc == SQLITE_OK; i++) {
        struct lio_row row = lio_row_begin(db, LIO_INSERT_FIGURE);

        lio_row_text(&row, lio_stats_figures[i].name);
        lio_row_text(&row, lio_stats_figures[i].meaning);
        rc = lio_row_end(&row);
    }
    return rc;
}

static int remake_views(struct lio_stats_db *db)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < lio_stats_nviews && rc == SQLITE_OK; i++) {
        rc = run_built(db, "DROP VIEW IF EXISTS \"%w\"",
                       lio_stats_views[i].name, NULL);
        if (rc == SQLITE_OK)
            rc = lio_stats_db_run(db, lio_stats_views[i].sql);
    }
    return rc;
}

static int stamp(struct lio_stats_db *db)
{
    char text[96];

    (void)snprintf(text, sizeof(text),
                   "PRAGMA application_id = %d; PRAGMA user_version = %u",
                   LIO_STATS_APPLICATION_ID, lio_stats_version);
    return lio_stats_db_run(db, text);
}

/*
 * Bring the schema up to date, inside the caller's transaction.  That two
 * statements name every column is the cheapest check that all are there: they
 * are needed anyway.
 */
int lio_stats_db_upgrade(struct lio_stats_db *db)
{
    int64_t version = 0;
    int rc = lio_stats_db_select(db, "PRAGMA user_version", &version);

    if (rc == SQLITE_OK && version == lio_stats_version &&
        lio_stats_db_prepare(db, LIO_INSERT_INTERVAL) == SQLITE_OK &&
        lio_stats_db_prepare(db, LIO_REPLACE_TOTALS) == SQLITE_OK)
        return SQLITE_OK;

    for (; rc == SQLITE_OK && version < lio_stats_version; version++)
        rc = run_all(db, lio_stats_migrations[version]);
    if (rc == SQLITE_OK)
        rc = add_columns(db, "intervals", lio_stats_nfigures);
    if (rc == SQLITE_OK)
        rc = add_columns(db, "totals", lio_stats_ncounters);
    if (rc == SQLITE_OK)
        rc = explain_figures(db);
    if (rc == SQLITE_OK)
        rc = remake_views(db);
    return rc == SQLITE_OK ? stamp(db) : rc;
}
