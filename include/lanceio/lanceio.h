/**
 * lanceio/lanceio.h - the engine: configuration, files, reads and writes.
 *
 * Files are bytes here; Lance files and datasets are in <lanceio/column.h>.
 *
 *     struct lio_engine *engine;
 *     struct lio_file *file;
 *     struct lio_error err;
 *     char page[4096];
 *     size_t got;
 *
 *     if (lio_engine_open(NULL, &engine, &err) < 0 ||
 *         lio_file_open(engine, "data.bin", LIO_READ, &file, &err) < 0 ||
 *         lio_read(file, page, sizeof(page), 0, 0, &got, &err) < 0)
 *         fprintf(stderr, "%s\n", err.msg);
 *
 * Conventions: functions that can fail return 0 or a negative LIO_E code, fill
 * in `err`, which may be NULL, and write `ret_` outputs on success only.  Other
 * pointers must not be NULL unless the function says so.  Offsets and lengths
 * are in bytes, times in nanoseconds.  A negative timeout waits without limit,
 * 0 does not wait.  Close and free functions accept NULL.
 *
 * Threads: every function may be called from any thread, also on one object
 * from several threads at the same time, unless it says otherwise.  After an
 * object has been closed, no thread may use it.
 *
 * Fork: an engine belongs to the process that opened it.  In a child of fork
 * every call on it returns LIO_ECLOSED, except the close functions, which only
 * free memory.
 */
#ifndef LANCEIO_LANCEIO_H
#define LANCEIO_LANCEIO_H

#include <lanceio/error.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef LIO_API
#if defined(__GNUC__) || defined(__clang__)
#define LIO_API __attribute__((visibility("default")))
#else
#define LIO_API
#endif
#endif

/** The version of the library, e.g. "0.1.0". */
LIO_API const char *lio_version(void);

/* -- configuration ------------------------------------------------------- */

/** Settings: the text of lanceio.ini, checked. */
struct lio_config;

/**
 * Read and check a configuration.
 *
 * `path` names the file.  If it is NULL, the first of these is read:
 * $LANCEIO_CONFIG if it is set; ./lanceio.ini,
 * $XDG_CONFIG_HOME/lanceio/lanceio.ini (or ~/.config/...) and
 * /etc/lanceio/lanceio.ini (in the sysconfdir of the build) if they exist; and
 * else the defaults that are compiled in.  A key that the file does not set
 * keeps its default.  The `noverrides` strings "section.key=value" are applied
 * last; `overrides` may be NULL if there are none.
 *
 * Every section, key and value is checked, including those of plugins.
 *
 * Errors:     LIO_ECONFIG, LIO_EPLUGIN, LIO_ENOMEM; err->msg names file, line
 *             and key, the keys that exist, and the nearest one.
 */
LIO_API LIO_MUST_CHECK int lio_config_load(const char *path,
                                           const char *const *overrides,
                                           size_t noverrides,
                                           struct lio_config **ret_config,
                                           struct lio_error *err);
LIO_API void lio_config_free(struct lio_config *config);

/** One effective setting. */
struct lio_setting {
    const char *section;
    const char *key;
    const char *value;  /* as written */
    const char *origin; /* "built-in", "plugin" (its own default), "FILE:LINE"
                           or "-s" */
    const char *help;   /* one line on the key, or "" */
};

/** Call `each` for every effective setting, in the order of the file.  Stops
 *  when `each` returns non-zero, and returns that.  The strings live as long as
 *  `config`. */
LIO_API int lio_config_each(const struct lio_config *config,
                            int (*each)(const struct lio_setting *, void *user),
                            void *user);

/** The file that was read, or "built-in". */
LIO_API const char *lio_config_source(const struct lio_config *config);

/** Write the path of the statistics database, NUL-terminated, to the `bytes`
 *  bytes at `ret_path`; "" if statistics are off.  LIO_ECONFIG if it does not
 *  fit, or if the user has no state directory. */
LIO_API LIO_MUST_CHECK int
lio_config_stats_path(const struct lio_config *config, char *ret_path,
                      size_t bytes, struct lio_error *err);

/** A plugin file that was found, and whether it can be used. */
struct lio_plugin_info {
    const char *path;
    const char *name;    /* from the plugin; from the file name if refused */
    const char *kind;    /* "backend", "cache", "prefetch", "coalesce",
                            "filter" or "" */
    const char *version; /* "" if refused */
    const char *summary; /* "" if refused */
    const char *refused; /* why it cannot be used, or NULL if it can */
    uint32_t nparams;
    const struct lio_plugin_param *params;
};

/** One parameter of a plugin, as text. */
struct lio_plugin_param {
    const char *name;
    const char *type;   /* "bool", "uint", "size", "time", "enum", "string" */
    const char *range;  /* "1 .. 64", "a | b", or "" */
    const char *preset; /* the default, as one would write it */
    const char *help;
};

/** Call `each` for every plugin in the directories of `config`, sorted by
 *  name.  Stops when `each` returns non-zero, and returns that; LIO_ENOMEM.
 *  The strings are valid during the call. */
LIO_API int lio_plugins_each(const struct lio_config *config,
                             int (*each)(const struct lio_plugin_info *,
                                         void *user),
                             void *user);

/* -- engine -------------------------------------------------------------- */

struct lio_engine;

/**
 * Start an engine.  `config` may be freed afterwards; NULL stands for what
 * lio_config_load(NULL, ...) finds.
 *
 * Errors:     LIO_ECONFIG, LIO_EPLUGIN, LIO_ENOMEM, LIO_EIO.  It is no error
 *             if io_uring is not allowed here, or the statistics database
 *             cannot be used: the engine runs without, and lio_engine_info()
 *             says why.
 */
LIO_API LIO_MUST_CHECK int lio_engine_open(const struct lio_config *config,
                                           struct lio_engine **ret_engine,
                                           struct lio_error *err);

/**
 * Wait for the operations in flight, then stop the engine and free it; accepts
 * NULL.  All views must have been put back, and no other thread may be in a
 * call on the engine, except tasks of lio_execute().  Results that nobody has
 * taken are discarded.
 *
 * Files and completion queues that are still open must still be closed; any
 * other call on them returns LIO_ECLOSED.
 */
LIO_API void lio_engine_close(struct lio_engine *engine);

/**
 * Close an engine like lio_engine_close(), and report whether the run's
 * statistics were written to the end.  If not, returns why: LIO_ENOSPC,
 * LIO_ETIMEDOUT (the database was locked), LIO_EIO and others.  The engine is
 * closed in either case.
 */
LIO_API int lio_engine_finish(struct lio_engine *engine, struct lio_error *err);

/** What an engine runs.  The strings live as long as the engine. */
struct lio_engine_info {
    const char *backend_wanted; /* as configured */
    const char *backend_used;   /* that one, or the fallback */
    const char *backend_reason; /* why the fallback, or "" */
    const char *cache;          /* plugin, or "none" */
    uint64_t cache_bytes;       /* its memory, tables included */
    uint32_t nlanes;
    uint32_t queue_depth;      /* most operations in flight on each lane */
    const char *stats_path;    /* of the database, or "" if off */
    const char *stats_warning; /* why statistics could not be kept, or "" */
    int64_t run_id;            /* of this run in the database, or 0 */
};

LIO_API void lio_engine_info(struct lio_engine *engine,
                             struct lio_engine_info *ret_info);

/** Counts since the engine was opened; members marked "now" are gauges. */
struct lio_engine_stats {
    uint64_t requests;      /* submitted by callers */
    uint64_t delivered;     /* results delivered, errors included */
    uint64_t cancelled;     /* of these, LIO_ECANCELED */
    uint64_t failed;        /* of these, any other error */
    uint64_t bytes_read;    /* delivered to callers */
    uint64_t bytes_written; /* taken from callers */
    uint64_t device_reads, device_writes, device_syncs; /* operations */
    uint64_t device_bytes_read, device_bytes_written;
    uint64_t device_errors; /* operations that failed, retried or not */
    uint64_t retries;
    uint64_t timeouts;     /* deadlines that passed */
    uint64_t cache_hits;   /* 4 KiB sectors found in the cache */
    uint64_t cache_misses; /* sectors not found, and sectors that were found
                              only because they had been read ahead */
    uint64_t cache_joins;  /* of the misses: another request was loading them */
    uint64_t cache_evictions;       /* blocks */
    uint64_t prefetches;            /* read operations ahead of callers */
    uint64_t prefetch_bytes;        /* their bytes: the sum of the next five */
    uint64_t prefetch_used_bytes;   /* in the cache when a caller came */
    uint64_t prefetch_late_bytes;   /* still being read when a caller came */
    uint64_t prefetch_wasted_bytes; /* evicted unused */
    uint64_t prefetch_cancelled_bytes; /* could not be read */
    uint64_t prefetch_unused_bytes;    /* waiting to be used, now */
    uint64_t stale_completions; /* dropped: their id was no longer in use */
    uint64_t in_flight;         /* operations, now */
    uint64_t in_flight_bytes;   /* now */
    uint64_t pinned_blocks;     /* cache blocks in use, now */
    uint64_t open_handles;      /* files open in the backend, now */
    uint64_t memory_bytes;      /* of bounce buffers and views, now */
    uint64_t cache_bytes; /* memory of the cache, tables included; 0 without a
                             cache */
    uint64_t hot_blocks;  /* cache blocks pinned by LIO_HOT, now */
    uint64_t hot_refused; /* blocks not pinned, because pin_max was reached */
};

LIO_API void lio_engine_stats(struct lio_engine *engine,
                              struct lio_engine_stats *ret_stats);

/**
 * Print the state of each lane (what is in flight, what waits, who reaps), and
 * a line for every request and operation that is not done: id, state, class,
 * kind, file, offset, length, age, tries.  For finding out why nothing moves;
 * the `lanceio` command prints this on SIGUSR1.  Not safe in a signal handler.
 */
LIO_API void lio_dump(struct lio_engine *engine, FILE *out);

/* -- files --------------------------------------------------------------- */

struct lio_file;

enum lio_file_flags {
    LIO_READ = 1u << 0, /* this, LIO_WRITE or both */
    LIO_WRITE = 1u << 1,
    LIO_CREATE = 1u << 2,   /* create it if it does not exist (LIO_WRITE) */
    LIO_TRUNCATE = 1u << 3, /* empty it first (LIO_WRITE) */
    LIO_DIRECT = 1u << 4,   /* bypass the page cache where the file system can,
                               whatever [files] direct says; any offset, length
                               and address still work, see lio_file_align() */
    LIO_RANDOM = 1u << 5    /* keep the kernel from reading ahead: reads come in
                               no order, or many of them are in flight */
};

/**
 * Open a file.  Descriptors behind it are shared and bounded: thousands of
 * files may be open under a small descriptor limit.  Regular files and block
 * devices are opened; what has no bytes at offsets (a directory, a pipe, a
 * socket, a character device) is LIO_EUNSUPPORTED, at once.
 *
 * Errors:     LIO_ENOTFOUND, LIO_EACCES, LIO_EUNSUPPORTED, LIO_EIO, LIO_EINVAL,
 *             LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int lio_file_open(struct lio_engine *engine,
                                         const char *path, uint32_t flags,
                                         struct lio_file **ret_file,
                                         struct lio_error *err);

/**
 * Close a file.  Waits until no operation on it is in flight, cancelled ones
 * and those past their deadline included; reads ahead that have not started are
 * dropped.  Results of its requests can still be taken, and callbacks still
 * run, after it has returned.
 */
LIO_API void lio_file_close(struct lio_file *file);

/**
 * The alignment, a power of two, that lets the device write large reads
 * straight into the caller's memory: address and file offset must be equal
 * modulo this number.  Other memory works too, at the cost of one copy.  1 if
 * the file is read through the page cache, where alignment makes no difference.
 */
LIO_API size_t lio_file_align(const struct lio_file *file);

/** Size in bytes, as last known: from the open, or from a later read or write
 *  that found another. */
LIO_API uint64_t lio_file_size(const struct lio_file *file);

struct lio_plan_range {
    uint64_t offset;
    uint64_t length;
};

/**
 * Announce which ranges of a file will be read soon, in order.  The engine
 * reads ahead along them, [prefetch] max_bytes at most, and continues as the
 * caller reads.  New ranges are appended to those of earlier calls; `nranges` 0
 * drops what is left of these.  While a plan is in force, prefetchers do not
 * guess.
 *
 * A plan is a hint: ranges may be read in another order or never, and without a
 * cache nothing happens.  Closing the file or writing to it ends the plan.
 *
 * Errors:     LIO_EINVAL, LIO_ENOMEM, LIO_ECLOSED.
 */
LIO_API int lio_file_plan(struct lio_file *file,
                          const struct lio_plan_range *ranges, size_t nranges,
                          struct lio_error *err);

/** Unpin the blocks of a range that LIO_HOT has pinned; they stay in the cache
 *  like any others.  Returns the bytes of the blocks that were pinned. */
LIO_API uint64_t lio_file_unpin(struct lio_file *file, uint64_t offset,
                                uint64_t length);

/** The path as given to lio_file_open(). */
LIO_API const char *lio_file_name(const struct lio_file *file);

/* -- synchronous calls --------------------------------------------------- */

/**
 * Bytes of a file in memory of the engine, valid until lio_view_put(): pinned
 * blocks of the cache, or, without a cache, memory of their own.  They are not
 * to be written to.  Consecutive segments are consecutive in the file.
 */
struct lio_segment {
    const void *base;
    size_t len;
};

struct lio_view {
    const struct lio_segment *segments;
    uint32_t nsegments;
    uint64_t bytes; /* sum of the segments; short at the end of the file */
};

/** Give a view back.  Accepts NULL.  All views must be back before the engine
 * is closed. */
LIO_API void lio_view_put(struct lio_view *view);

enum lio_request_flags {
    LIO_EXACT = 1u << 0,   /* the end of the file is an error, LIO_EEOF */
    LIO_VIEW = 1u << 1,    /* deliver a pinned view; buf is ignored */
    LIO_NOCACHE = 1u << 2, /* neither look into the cache nor fill it */
    LIO_STAGE = 1u << 3,   /* may be held back until the next lio_flush(), wait
                              or submit, so that several go down together */
    LIO_NOWAIT = 1u << 4,  /* if it cannot go to the device at once, deliver
                              LIO_EAGAIN instead of queueing it */

    /* Hints about the 64 KiB cache blocks that a read touches; one at most.
     * They change what stays in the cache, never the bytes that are read. */
    LIO_SCAN = 1u << 5, /* part of a scan: blocks it brings in are evicted
                           before those of other reads */
    LIO_ONCE = 1u << 6, /* will not be read again: evicted first of all */
    LIO_HOT = 1u << 7,  /* pin them, until lio_file_unpin() or until the file is
                           changed or closed for the last time; once
                           [cache] pin_max is reached they are only cached */
    LIO_METADATA = 1u << 8 /* needed by every reader of the file: pinned like
                              LIO_HOT if [cache] pin = metadata; io_class
                              defaults to LIO_CLASS_METADATA */
};

/**
 * Read `len` bytes at `offset` into `buf`; blocks.  `*ret_bytes` is less than
 * `len` only at the end of the file.  With LIO_EXACT that is an error, and
 * ret_bytes may be NULL.  `flags` is 0 or of enum lio_request_flags; LIO_VIEW
 * and LIO_STAGE have no effect.
 *
 * Errors:     LIO_EIO, LIO_EEOF, LIO_EAGAIN (LIO_NOWAIT), LIO_ETIMEDOUT
 *             ([engine] timeout), LIO_EINVAL, LIO_ENOMEM, LIO_ECLOSED; err has
 *             file, offset and length.
 */
LIO_API LIO_MUST_CHECK int lio_read(struct lio_file *file, void *buf,
                                    size_t len, uint64_t offset, uint32_t flags,
                                    size_t *ret_bytes, struct lio_error *err);

/**
 * Like lio_read(), but get a view: no copy where the cache holds the bytes.
 * `*ret_view` is the caller's until lio_view_put().
 *
 * Errors:     as lio_read().
 */
LIO_API LIO_MUST_CHECK int lio_read_view(struct lio_file *file, size_t len,
                                         uint64_t offset, uint32_t flags,
                                         struct lio_view **ret_view,
                                         struct lio_error *err);

/**
 * Write all `len` bytes at `offset`; blocks.  Reads that start after it has
 * returned see the bytes; lio_sync() makes them durable.  A write that failed
 * is not repeated, and may have written a part.
 *
 * Errors:     LIO_EIO, LIO_ENOSPC, LIO_EACCES, LIO_EINVAL, LIO_ENOMEM,
 *             LIO_ETIMEDOUT ([engine] timeout), LIO_ECLOSED.
 */
LIO_API LIO_MUST_CHECK int lio_write(struct lio_file *file, const void *buf,
                                     size_t len, uint64_t offset,
                                     struct lio_error *err);

/**
 * Make all completed writes to the file durable, as fdatasync(2) does; blocks.
 * Once a sync has failed, every later one of that file fails with the same
 * error: what it should have made durable is lost.
 *
 * Errors:     as lio_write().
 */
LIO_API LIO_MUST_CHECK int lio_sync(struct lio_file *file,
                                    struct lio_error *err);

/* -- asynchronous calls -------------------------------------------------- */

enum lio_request_kind {
    LIO_REQUEST_READ = 0,
    LIO_REQUEST_WRITE = 1,
    LIO_REQUEST_SYNC = 2
};

/** The result of a request.  It repeats what was asked for, so that it can be
 *  understood by itself. */
struct lio_result {
    uint64_t id;
    void *user;            /* of the request */
    int code;              /* 0 or enum lio_code */
    int os_errno;          /* of the system call that failed, or 0 */
    uint64_t bytes;        /* moved; fewer than asked only at end of file */
    struct lio_view *view; /* of a LIO_VIEW read; the caller's to put back */
    struct lio_file *file; /* of the request; may have been closed since */
    uint64_t offset;
    uint64_t length;
    uint32_t kind;  /* enum lio_request_kind */
    uint32_t tries; /* device operations for the part that needed the most;
                       0: the cache, or another request's read, had it all */
};

/** Fill in `err` from a result, with a sentence if it failed; returns
 *  result->code.  The file must still be open, because the sentence names it.
 */
LIO_API int lio_result_error(const struct lio_result *result,
                             struct lio_error *err);

/**
 * Called exactly once for its request, on the thread that completed it: one of
 * the engine's own, or any thread that is in a call on the engine.  No lock is
 * held, so a callback may submit requests; it must not wait for any.  `result`
 * is valid during the call.
 */
typedef void (*lio_callback)(const struct lio_result *result, void *user);

/** A completion queue, see lio_cq_open(). */
struct lio_cq;

/**
 * What a request is for.  Classes matter when more is asked of the device than
 * [engine] queue_depth and in_flight allow: they then share it by weight,
 * 16 : 8 : 4 : 2 : 1 from metadata to background.  One request in ten is the
 * one that has waited longest, so that none waits for ever.
 */
enum lio_class {
    LIO_CLASS_DEFAULT = 0,  /* demand for reads, write for writes and syncs */
    LIO_CLASS_METADATA = 1, /* small, and other reads depend on it */
    LIO_CLASS_DEMAND = 2,   /* a thread waits for it */
    LIO_CLASS_WRITE = 3,
    LIO_CLASS_PREFETCH = 4,  /* will probably be wanted soon */
    LIO_CLASS_BACKGROUND = 5 /* can take its time */
};

/**
 * A request.  Zero the members that are not used.  The result is delivered to
 * `queue` or to `callback`; if both are NULL, a thread waits for the id.
 */
struct lio_request {
    struct lio_file *file;
    uint32_t kind;  /* enum lio_request_kind */
    uint32_t flags; /* enum lio_request_flags */
    uint64_t offset;
    size_t length; /* 0 for a sync */
    void *buf;     /* `length` bytes of the caller's; the engine's until the
                      result has been delivered */
    struct lio_cq *queue;
    lio_callback callback;
    void *user;           /* handed back in the result */
    uint32_t io_class;    /* enum lio_class */
    int32_t priority;     /* in class demand: -4 (soonest) .. 3 (latest) */
    uint64_t deadline_ns; /* by CLOCK_MONOTONIC: when it passes, the request
                             is stopped as by lio_cancel(), but with
                             LIO_ETIMEDOUT; 0: [engine] timeout from now */
};

/**
 * Submit `n` requests, all or none of them.  Does not wait for the device.
 * `ret_ids` gets n ids, unique for the life of the engine; it may be NULL if
 * every request has a queue or a callback.
 *
 * Errors:     LIO_EINVAL, LIO_ENOMEM, LIO_ECLOSED: none was submitted.  All
 *             other errors are delivered in the result.
 */
LIO_API LIO_MUST_CHECK int lio_submit(struct lio_engine *engine,
                                      const struct lio_request *requests,
                                      uint32_t n, uint64_t *ret_ids,
                                      struct lio_error *err);

/** Send the requests that LIO_STAGE has held back to the device. */
LIO_API void lio_flush(struct lio_engine *engine);

/**
 * Wait for a request that has neither queue nor callback, and take its result.
 * One thread at a time may wait for one id.
 *
 * Returns 0 if there is a result; result->code says how the request ended.
 * Errors:     LIO_ETIMEDOUT (not done yet: wait again), LIO_ESTALE (the result
 *             was taken already, or there is no such request), LIO_ECLOSED.
 */
LIO_API LIO_MUST_CHECK int lio_wait(struct lio_engine *engine, uint64_t id,
                                    int64_t timeout_ns,
                                    struct lio_result *ret_result);

/**
 * Wait until one of `n` ids is done, and take its result; result->id says
 * which.
 *
 * Errors:     as lio_wait(); LIO_ESTALE if any of the ids is stale: take out
 *             those that are done.  LIO_EINVAL if n is 0.
 */
LIO_API LIO_MUST_CHECK int lio_wait_any(struct lio_engine *engine,
                                        const uint64_t *ids, uint32_t n,
                                        int64_t timeout_ns,
                                        struct lio_result *ret_result);

/**
 * Try to stop a request.  Its result is delivered in any case, once: with
 * LIO_ECANCELED if it was stopped, and else as if lio_cancel() had not been
 * called.  An error that trying again would not cure, such as a full device or
 * a failed write, is delivered as it is.  A deadline works the same way, with
 * LIO_ETIMEDOUT.  The request's buffer belongs to the engine until then.
 *
 * Returns 0, or LIO_ESTALE if its result has been delivered already.
 */
LIO_API int lio_cancel(struct lio_engine *engine, uint64_t id);

/**
 * Cancel a request and discard its result.  Returns when its buffer is the
 * caller's again.  Only for requests with neither queue nor callback.
 *
 * Returns 0, or LIO_ESTALE if the result was taken already.
 */
LIO_API int lio_drop(struct lio_engine *engine, uint64_t id);

/**
 * Open a completion queue: it gets the results of the requests that name it, in
 * the order in which they are done.
 *
 * Errors:     LIO_ENOMEM, LIO_ECLOSED.
 */
LIO_API LIO_MUST_CHECK int lio_cq_open(struct lio_engine *engine,
                                       struct lio_cq **ret_queue,
                                       struct lio_error *err);

/** Close a queue; accepts NULL.  Waits for its requests that are not done, and
 *  discards results that were not taken, with their views. */
LIO_API void lio_cq_close(struct lio_cq *queue);

/**
 * Take up to `max` results, waiting for at least `min` of them, or for all that
 * are outstanding if these are fewer.  One thread at a time may wait on a
 * queue.
 *
 * Returns the number of results, which may be 0 after the timeout or if nothing
 * is outstanding, or a negative code.
 * Errors:     LIO_EINVAL for max 0 or min above max; LIO_ECLOSED.
 */
LIO_API LIO_MUST_CHECK int lio_cq_wait(struct lio_cq *queue,
                                       struct lio_result *results, uint32_t max,
                                       uint32_t min, int64_t timeout_ns);

/* -- the executor -------------------------------------------------------- */

/**
 * Run `work(user)` once on one of the engine's worker threads, or, if their
 * queue is full, on the calling thread before this returns.  For CPU work such
 * as decoding a page; it may wait for requests, but not for other work.
 *
 * Errors:     LIO_ECLOSED: `work` is not called.
 */
LIO_API LIO_MUST_CHECK int lio_execute(struct lio_engine *engine,
                                       void (*work)(void *user), void *user);

#ifdef __cplusplus
}
#endif

#endif
