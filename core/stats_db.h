/*
 * The statistics database: one row a run, its figures by interval.
 *
 * Called by the engine's service thread alone (open too), so nothing here needs
 * a lock.  Any failure is returned once; the engine then warns, closes the
 * database and goes on without: statistics never fail an I/O.
 */
#ifndef LIO_CORE_STATS_DB_H
#define LIO_CORE_STATS_DB_H

#include <lanceio/lanceio.h>

#include "core/stats.h"

struct lio_stats_db;

/* What is known when a run begins; strings are needed during the call only. */
struct lio_run {
    const struct lio_config *config; /* effective values and their origins */
    const char *backend_wanted;
    const char *backend_used;
    const char *backend_reason;              /* "" = it is the wanted one */
    const struct lio_loaded *const *plugins; /* in use */
    uint32_t nplugins;
    uint32_t nlanes;
    uint32_t queue_depth;
    uint64_t
        lock_wait_ns; /* what each call waits at most for other processes */
};

/* One file's share of a run. */
struct lio_file_figures {
    const char *path;
    uint64_t size_bytes;
    uint64_t reads, writes; /* device operations */
    uint64_t bytes_read, bytes_written;
    uint64_t errors;
};

/* An operation that took longer than [stats] slow. */
struct lio_slow_op {
    const char *path;
    uint32_t kind; /* enum lio_stat_kind */
    uint64_t offset, length;
    uint64_t queue_ns, device_ns;
    uint64_t at_ns; /* CLOCK_REALTIME of its end */
    int os_errno;
};

/*
 * The path that `setting` ([stats] database) means: "auto" is
 * $XDG_STATE_HOME/lanceio/stats.db or ~/.local/state/lanceio/stats.db, and a
 * path that begins with "~/" lies below $HOME.  `bytes` is the room for it and
 * its NUL.  LIO_ECONFIG if there is none, or no room.  (stats_path.c)
 */
int lio_stats_db_path(const char *setting, char *ret_path, size_t bytes,
                      struct lio_error *err);

/* Make the directory that `path` lies in, with mode 0700, and those above it,
 * as far as they do not exist.  (stats_path.c) */
int lio_stats_db_make_directory(const char *path, struct lio_error *err);

/* The errno for which `path` cannot be written, or made, or 0 if none is to be
 * seen.  (stats_path.c) */
int lio_stats_db_access(const char *path);

/*
 * Open or make the database (and its directory) at `path`, bring its schema up
 * to date, and insert the run's row, marked not clean.  Like write and finish
 * it waits at most `lock_wait_ns` for other processes.
 *
 * Errors:     LIO_ENOSPC, LIO_EACCES, LIO_ETIMEDOUT (locked), LIO_ECORRUPT,
 *             LIO_EUNSUPPORTED (a newer version's, or another program's, which
 *             is left as it is), LIO_ENOTFOUND, LIO_EIO, LIO_ENOMEM.
 */
int lio_stats_db_open(const char *path, const struct lio_run *run,
                      struct lio_stats_db **ret_db, int64_t *ret_run_id,
                      struct lio_error *err);

/* Write what has changed since the last call, in one transaction; nothing if
 * nothing has.  After an error only lio_stats_db_abandon() may follow. */
int lio_stats_db_write(struct lio_stats_db *db,
                       const struct lio_stats_snapshot *now,
                       const struct lio_slow_op *slow, uint32_t nslow,
                       struct lio_error *err);

/* Write the sums and the files, mark the run clean, close.  `db` is gone after
 * an error too. */
int lio_stats_db_finish(struct lio_stats_db *db,
                        const struct lio_stats_snapshot *now,
                        const struct lio_file_figures *files, uint32_t nfiles,
                        const struct lio_slow_op *slow, uint32_t nslow,
                        struct lio_error *err);

/* Close without writing: after a failure, or in a forked child.  There it does
 * not touch the file, and leaves SQLite's memory allocated.  Accepts NULL. */
void lio_stats_db_abandon(struct lio_stats_db *db);

#endif
