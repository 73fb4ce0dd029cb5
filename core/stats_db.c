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
 * Locks: in WAL mode writers wait for each other only.  A call waits WAIT_NS
 * for them altogether and then fails, which ends the statistics of the run: so
 * somebody who never lets go costs a run this long once.
 */
#include "core/stats_db.h"

#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/loader.h"
#include "core/stats_schema.h"

#define NS_PER_S      UINT64_C(1000000000)
#define WAIT_NS       (3 * NS_PER_S)
#define WAIT_STEP_NS  2000000 /* between two attempts to get a lock */
#define LOG_PAGES     "256"   /* 1 MiB */
#define SLOW_MAX      1000u   /* slow operations listed of one run */
#define COMMAND_BYTES 4096u   /* of the command line, kept */

enum statement {
    INSERT_RUN,
    INSERT_CONFIG,
    INSERT_PLUGIN,
    INSERT_INTERVAL,
    REPLACE_TOTALS,
    REPLACE_LATENCY,
    REPLACE_SIZE,
    INSERT_FILE,
    INSERT_SLOW,
    UPDATE_RUN,
    INSERT_FIGURE,
    NSTATEMENTS
};

struct lio_stats_db {
    sqlite3 *sql;
    sqlite3_stmt *statements[NSTATEMENTS]; /* prepared at their first use */
    char *path;
    pid_t owner; /* a forked child must not use the connection */
    int64_t run_id;
    int64_t seq;          /* of the next interval */
    uint64_t nslow;       /* operations reported as slow so far */
    uint64_t started_ns;  /* CLOCK_REALTIME, when opened_ns was */
    uint64_t opened_ns;   /* monotonic */
    uint64_t interval_ns; /* monotonic: where the next interval begins */
    uint64_t deadline_ns; /* monotonic: when this call stops waiting */
    struct lio_stats_snapshot written; /* what the database holds */
};

static const char *statement_text(enum statement which)
{
    static const char *const texts[NSTATEMENTS] = {
        [INSERT_RUN] =
            "INSERT INTO runs (started_ns, seen_ns, program, command, pid,"
            " host, kernel, machine, cpus, lanceio, config_source,"
            " backend_wanted, backend_used, backend_reason, nlanes,"
            " queue_depth) VALUES"
            " (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
            " ?14, ?15)",
        [INSERT_CONFIG] = "REPLACE INTO run_config VALUES (?, ?, ?, ?, ?)",
        [INSERT_PLUGIN] = "REPLACE INTO run_plugins VALUES (?, ?, ?, ?, ?)",
        [INSERT_INTERVAL] = lio_stats_insert_interval,
        [REPLACE_TOTALS] = lio_stats_replace_totals,
        [REPLACE_LATENCY] = "REPLACE INTO latency VALUES (?, ?, ?, ?, ?, ?)",
        [REPLACE_SIZE] = "REPLACE INTO io_sizes VALUES (?, ?, ?, ?, ?)",
        [INSERT_FILE] = "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [INSERT_SLOW] =
            "INSERT INTO slow_ops VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [UPDATE_RUN] = "UPDATE runs SET seen_ns = ?2, duration_ns = ?3,"
                       " slow_ops = ?4, clean = ?5,"
                       " ended_ns = CASE WHEN ?5 THEN ?2 END"
                       " WHERE run_id = ?1",
        [INSERT_FIGURE] = "REPLACE INTO figures VALUES (?, ?)",
    };

    return texts[which];
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* cannot fail for these clocks */
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
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

/* Say that `doing` failed with SQLite's `sql_rc`. */
static int fail(const struct lio_stats_db *db, int sql_rc, const char *doing,
                struct lio_error *err)
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
static int wait_for_lock(void *user, int ntries)
{
    const struct lio_stats_db *db = user;
    struct timespec step = { .tv_nsec = WAIT_STEP_NS };

    (void)ntries;
    if (now_ns(CLOCK_MONOTONIC) >= db->deadline_ns)
        return 0;
    (void)nanosleep(&step, NULL); /* cut short by a signal: no harm */
    return 1;
}

static void begin_waiting(struct lio_stats_db *db)
{
    db->deadline_ns = now_ns(CLOCK_MONOTONIC) + WAIT_NS;
}

static int run_sql(struct lio_stats_db *db, const char *text)
{
    return sqlite3_exec(db->sql, text, NULL, NULL, NULL);
}

static int prepare(struct lio_stats_db *db, enum statement which)
{
    if (db->statements[which])
        return SQLITE_OK;
    return sqlite3_prepare_v3(db->sql, statement_text(which), -1,
                              SQLITE_PREPARE_PERSISTENT, &db->statements[which],
                              NULL);
}

/* Parameters are set from left to right; the first error sticks, and is
 * returned by row_end(), which otherwise runs the statement. */
struct row {
    sqlite3_stmt *statement;
    int nparams;
    int rc;
};

static struct row row_begin(struct lio_stats_db *db, enum statement which)
{
    struct row row = { .rc = prepare(db, which) };

    row.statement = db->statements[which];
    return row;
}

/* Integers of SQLite have 63 bits and a sign. */
static int64_t as_integer(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void row_integer(struct row *row, uint64_t value)
{
    if (row->rc == SQLITE_OK)
        row->rc = sqlite3_bind_int64(row->statement, ++row->nparams,
                                     as_integer(value));
}

static void row_text(struct row *row, const char *text)
{
    if (row->rc == SQLITE_OK)
        row->rc = sqlite3_bind_text(row->statement, ++row->nparams, text, -1,
                                    SQLITE_STATIC);
}

static void row_null(struct row *row)
{
    if (row->rc == SQLITE_OK)
        row->rc = sqlite3_bind_null(row->statement, ++row->nparams);
}

static int row_end(struct row *row)
{
    if (row->rc != SQLITE_OK)
        return row->rc;
    assert(row->nparams == sqlite3_bind_parameter_count(row->statement));
    (void)sqlite3_step(row->statement); /* reset returns its error */
    return sqlite3_reset(row->statement);
}

/* The one integer that `text` selects. */
static int select_integer(struct lio_stats_db *db, const char *text,
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

/* -- schema --------------------------------------------------------------- */

/* Refuse what is not ours before anything is written to it. */
static int check_identity(struct lio_stats_db *db, struct lio_error *err)
{
    int64_t application, version, nobjects;
    int rc;

    rc = select_integer(db, "PRAGMA application_id", &application);
    if (rc == SQLITE_OK)
        rc = select_integer(db, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK)
        rc =
            select_integer(db, "SELECT COUNT(*) FROM sqlite_master", &nobjects);
    if (rc != SQLITE_OK)
        return fail(db, rc, "cannot be read", err);

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

/* SQLite does not ask wait_for_lock() for this one statement. */
static int use_log(struct lio_stats_db *db)
{
    int ntries = 0, rc;

    do
        rc = run_sql(db, "PRAGMA journal_mode = WAL");
    while ((rc & 0xff) == SQLITE_BUSY && wait_for_lock(db, ntries++));
    /* A file system that cannot share memory keeps the older journal: slower,
     * and as safe. */
    if (rc == SQLITE_OK)
        rc = run_sql(db, "PRAGMA synchronous = NORMAL;"
                         "PRAGMA wal_autocheckpoint = " LOG_PAGES);
    return rc;
}

static int run_all(struct lio_stats_db *db, const char *const *statements)
{
    int rc = SQLITE_OK;

    for (; *statements && rc == SQLITE_OK; statements++)
        rc = run_sql(db, *statements);
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
    rc = run_sql(db, text);
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
        struct row row = row_begin(db, INSERT_FIGURE);

        row_text(&row, lio_stats_figures[i].name);
        row_text(&row, lio_stats_figures[i].meaning);
        rc = row_end(&row);
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
            rc = run_sql(db, lio_stats_views[i].sql);
    }
    return rc;
}

static int stamp(struct lio_stats_db *db)
{
    char text[96];

    (void)snprintf(text, sizeof(text),
                   "PRAGMA application_id = %d; PRAGMA user_version = %u",
                   LIO_STATS_APPLICATION_ID, lio_stats_version);
    return run_sql(db, text);
}

/*
 * Bring the schema up to date, inside the caller's transaction.  That two
 * statements name every column is the cheapest check that all are there: they
 * are needed anyway.
 */
static int upgrade(struct lio_stats_db *db)
{
    int64_t version = 0;
    int rc = select_integer(db, "PRAGMA user_version", &version);

    if (rc == SQLITE_OK && version == lio_stats_version &&
        prepare(db, INSERT_INTERVAL) == SQLITE_OK &&
        prepare(db, REPLACE_TOTALS) == SQLITE_OK)
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

/* -- the rows of a run ---------------------------------------------------- */

/* The command line, its arguments separated by blanks. */
static void read_command(char command[COMMAND_BYTES])
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? 0 : read(fd, command, COMMAND_BYTES - 1);

    if (fd >= 0)
        (void)close(fd); /* nothing was written */
    if (bytes < 0)
        bytes = 0;
    while (bytes > 0 && !command[bytes - 1])
        bytes--;
    command[bytes] = '\0';
    for (ssize_t i = 0; i < bytes; i++)
        if (!command[i])
            command[i] = ' ';
}

static int insert_run(struct lio_stats_db *db, const struct lio_run *run)
{
    struct row row = row_begin(db, INSERT_RUN);
    struct utsname host = { .nodename = "" };
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    char command[COMMAND_BYTES];
    int rc;

    (void)uname(&host); /* it fails for a bad pointer only */
    read_command(command);

    row_integer(&row, db->started_ns);
    row_text(&row, program_invocation_short_name);
    row_text(&row, command);
    row_integer(&row, (uint64_t)db->owner);
    row_text(&row, host.nodename);
    row_text(&row, host.release);
    row_text(&row, host.machine);
    row_integer(&row, cpus > 0 ? (uint64_t)cpus : 0);
    row_text(&row, lio_version());
    row_text(&row, lio_config_source(run->config));
    row_text(&row, run->backend_wanted);
    row_text(&row, run->backend_used);
    row_text(&row, run->backend_reason);
    row_integer(&row, run->nlanes);
    row_integer(&row, run->queue_depth);
    rc = row_end(&row);
    if (rc == SQLITE_OK)
        db->run_id = sqlite3_last_insert_rowid(db->sql);
    return rc;
}

static int insert_setting(const struct lio_setting *setting, void *user)
{
    struct lio_stats_db *db = user;
    struct row row = row_begin(db, INSERT_CONFIG);

    row_integer(&row, (uint64_t)db->run_id);
    row_text(&row, setting->section);
    row_text(&row, setting->key);
    row_text(&row, setting->value);
    row_text(&row, setting->origin);
    return row_end(&row);
}

static const char *plugin_kind_name(uint32_t kind)
{
    switch (kind) {
    case LIO_KIND_BACKEND:
        return "backend";
    case LIO_KIND_CACHE:
        return "cache";
    case LIO_KIND_PREFETCH:
        return "prefetch";
    default:
        return "coalesce";
    }
}

static int insert_plugins(struct lio_stats_db *db, const struct lio_run *run)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < run->nplugins && rc == SQLITE_OK; i++) {
        struct row row = row_begin(db, INSERT_PLUGIN);

        row_integer(&row, (uint64_t)db->run_id);
        row_text(&row, run->plugins[i]->name);
        row_text(&row, plugin_kind_name(run->plugins[i]->kind));
        row_text(&row, run->plugins[i]->version);
        row_text(&row, run->plugins[i]->path);
        rc = row_end(&row);
    }
    return rc;
}

/* -- the figures of a run ------------------------------------------------- */

/* What a counter has grown by since `base`, or since the start if NULL. */
#define GROWTH(now, base, member)                                              \
    ((now)->member - ((base) ? (base)->member : 0))

static void row_counters(struct row *row, const struct lio_stats_snapshot *now,
                         const struct lio_stats_snapshot *base)
{
    for (uint32_t i = 0; i < LIO_NCOUNTERS; i++)
        row_integer(row, GROWTH(now, base, counters[i]));
#define X(member, meaning) row_integer(row, GROWTH(now, base, member));
    LIO_STATS_CACHE_COUNTERS(X)
#undef X
}

static int replace_totals(struct lio_stats_db *db,
                          const struct lio_stats_snapshot *now)
{
    struct row row = row_begin(db, REPLACE_TOTALS);

    row_integer(&row, (uint64_t)db->run_id);
    row_counters(&row, now, NULL);
    return row_end(&row);
}

static int insert_interval(struct lio_stats_db *db,
                           const struct lio_stats_snapshot *now,
                           uint64_t span_ns)
{
    struct row row = row_begin(db, INSERT_INTERVAL);

    row_integer(&row, (uint64_t)db->run_id);
    row_integer(&row, (uint64_t)db->seq);
    row_integer(&row, now_ns(CLOCK_REALTIME));
    row_integer(&row, span_ns);
    row_counters(&row, now, &db->written);
#define X(member, meaning) row_integer(&row, now->member);
    LIO_STATS_GAUGES(X)
#undef X
    return row_end(&row);
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
        struct row row;

        if (bucket_count(now, i) == bucket_count(written, i))
            continue;
        row = row_begin(db, REPLACE_LATENCY);
        row_integer(&row, (uint64_t)db->run_id);
        row_text(&row, stage);
        row_text(&row, kind);
        row_integer(&row, lio_hist_floor(i));
        row_integer(&row, lio_hist_floor(i + 1) - 1);
        row_integer(&row, bucket_count(now, i));
        rc = row_end(&row);
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
    struct row row = row_begin(db, REPLACE_SIZE);

    row_integer(&row, (uint64_t)db->run_id);
    row_text(&row, lio_stat_kind_name(kind));
    row_integer(&row, bucket ? UINT64_C(1) << bucket : 0);
    if (bucket + 1 < LIO_SIZE_BUCKETS)
        row_integer(&row, (UINT64_C(2) << bucket) - 1);
    else
        row_null(&row); /* no upper edge */
    row_integer(&row, count);
    return row_end(&row);
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
    struct row row = row_begin(db, INSERT_SLOW);

    row_integer(&row, (uint64_t)db->run_id);
    row_integer(&row, number);
    row_integer(&row, op->at_ns);
    row_text(&row, lio_stat_kind_name(op->kind));
    row_text(&row, op->path);
    row_integer(&row, op->offset);
    row_integer(&row, op->length);
    row_integer(&row, op->queue_ns);
    row_integer(&row, op->device_ns);
    row_integer(&row, (uint64_t)op->os_errno);
    return row_end(&row);
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

static int insert_files(struct lio_stats_db *db,
                        const struct lio_file_figures *files, uint32_t nfiles)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < nfiles && rc == SQLITE_OK; i++) {
        struct row row = row_begin(db, INSERT_FILE);

        row_integer(&row, (uint64_t)db->run_id);
        row_integer(&row, i + 1);
        row_text(&row, files[i].path);
        row_integer(&row, files[i].size_bytes);
        row_integer(&row, files[i].reads);
        row_integer(&row, files[i].writes);
        row_integer(&row, files[i].bytes_read);
        row_integer(&row, files[i].bytes_written);
        row_integer(&row, files[i].errors);
        rc = row_end(&row);
    }
    return rc;
}

static int update_run(struct lio_stats_db *db, uint64_t mono_ns, uint64_t nslow,
                      bool clean)
{
    struct row row = row_begin(db, UPDATE_RUN);

    row_integer(&row, (uint64_t)db->run_id);
    row_integer(&row, now_ns(CLOCK_REALTIME));
    row_integer(&row, mono_ns - db->opened_ns);
    row_integer(&row, nslow);
    row_integer(&row, clean);
    return row_end(&row);
}

static bool same_figures(const struct lio_stats_snapshot *a,
                         const struct lio_stats_snapshot *b)
{
    return !memcmp(a->counters, b->counters, sizeof(a->counters)) &&
           !memcmp(a->latency, b->latency, sizeof(a->latency)) &&
           !memcmp(a->sizes, b->sizes, sizeof(a->sizes));
}

/* Everything that has changed since the last time. */
static int write_figures(struct lio_stats_db *db,
                         const struct lio_stats_snapshot *now, uint64_t span_ns,
                         const struct lio_slow_op *slow, uint32_t nslow)
{
    int rc = SQLITE_OK;

    if (!same_figures(now, &db->written)) {
        rc = insert_interval(db, now, span_ns);
        if (rc == SQLITE_OK)
            rc = replace_totals(db, now);
        if (rc == SQLITE_OK)
            rc = write_latency(db, now);
        if (rc == SQLITE_OK)
            rc = write_sizes(db, now);
    }
    return rc == SQLITE_OK ? insert_slow(db, slow, nslow) : rc;
}

/* -- the calls ------------------------------------------------------------ */

/* End a transaction; whatever happens, none is open afterwards. */
static int end_transaction(struct lio_stats_db *db, int rc)
{
    if (rc == SQLITE_OK)
        rc = run_sql(db, "COMMIT");
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(db->sql))
        (void)run_sql(db, "ROLLBACK"); /* rc is the error worth telling */
    return rc;
}

static void close_connection(struct lio_stats_db *db)
{
    for (uint32_t i = 0; i < NSTATEMENTS; i++)
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
        return fail(db, rc, "cannot be opened", err);
    /* Neither can fail for a connection that is open. */
    (void)sqlite3_extended_result_codes(db->sql, 1);
    (void)sqlite3_busy_handler(db->sql, wait_for_lock, db);
    (void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                            (int *)NULL);
    return 0;
}

static int insert_everything(struct lio_stats_db *db, const struct lio_run *run)
{
    int rc = insert_run(db, run);

    if (rc == SQLITE_OK)
        rc = lio_config_each(run->config, insert_setting, db);
    if (rc == SQLITE_OK)
        rc = insert_plugins(db, run);
    if (rc == SQLITE_OK)
        rc = replace_totals(db, &db->written);
    return rc;
}

static int start_run(struct lio_stats_db *db, const struct lio_run *run,
                     struct lio_error *err)
{
    int rc, code;

    code = check_identity(db, err);
    if (code < 0)
        return code;
    rc = use_log(db);
    if (rc == SQLITE_OK)
        rc = run_sql(db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK)
        return fail(db, rc, "cannot be written", err);

    /* Again, now that nobody else can change it. */
    code = check_identity(db, err);
    if (code < 0) {
        (void)end_transaction(db, SQLITE_ABORT);
        return code;
    }
    rc = upgrade(db);
    if (rc == SQLITE_OK)
        rc = insert_everything(db, run);
    rc = end_transaction(db, rc);
    return rc == SQLITE_OK ? 0 : fail(db, rc, "the run cannot be entered", err);
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
    db->started_ns = now_ns(CLOCK_REALTIME);
    db->opened_ns = db->interval_ns = now_ns(CLOCK_MONOTONIC);
    begin_waiting(db);

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
    uint64_t mono_ns = now_ns(CLOCK_MONOTONIC);
    int rc;

    assert(db->owner == getpid());
    if (nslow == 0 && same_figures(now, &db->written)) {
        db->interval_ns = mono_ns;
        return 0;
    }
    begin_waiting(db);
    rc = run_sql(db, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = write_figures(db, now, mono_ns - db->interval_ns, slow, nslow);
        if (rc == SQLITE_OK)
            rc = update_run(db, mono_ns, db->nslow + nslow, false);
        rc = end_transaction(db, rc);
    }
    if (rc != SQLITE_OK)
        return fail(db, rc, "an interval cannot be written", err);

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
    uint64_t mono_ns = now_ns(CLOCK_MONOTONIC);
    int rc, code = 0;

    assert(db->owner == getpid());
    begin_waiting(db);
    rc = run_sql(db, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = write_figures(db, now, mono_ns - db->interval_ns, slow, nslow);
        if (rc == SQLITE_OK)
            rc = insert_files(db, files, nfiles);
        if (rc == SQLITE_OK)
            rc = update_run(db, mono_ns, db->nslow + nslow, true);
        rc = end_transaction(db, rc);
    }
    if (rc != SQLITE_OK)
        code = fail(db, rc, "the end of the run cannot be written", err);
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
