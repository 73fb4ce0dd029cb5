/**
 * lanceio/lanceio.h - the engine: configuration, files, reads and writes.
 *
 *     struct lio_engine *engine;
 *     struct lio_file *file;
 *     struct lio_error err;
 *     char page[4096];
 *     size_t got;
 *
 *     if (lio_engine_open(NULL, &engine, &err) < 0 ||
 *         lio_file_open(engine, "data.lance", LIO_READ, &file, &err) < 0 ||
 *         lio_read(file, page, sizeof(page), 0, 0, &got, &err) < 0)
 *         fprintf(stderr, "%s\n", err.msg);
 *
 * Conventions: functions that can fail return 0 or a negative LIO_E code, fill
 * in `err` (may be NULL), and write `ret_` outputs on success only.  Offsets
 * and lengths are bytes, times nanoseconds; a timeout below 0 waits without
 * limit and 0 does not wait.  close() functions accept NULL.
 *
 * Threads: every function may be called from any thread, at once, on the same
 * objects, unless it says otherwise; a close ends the right to use its object.
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
 * `path` names the file.  If it is NULL, the first of these that exists is
 * taken: $LANCEIO_CONFIG, ./lanceio.ini, $XDG_CONFIG_HOME/lanceio/lanceio.ini
 * (or ~/.config/...), /etc/lanceio/lanceio.ini (SYSCONFDIR of the build), and
 * else the text compiled in.
 * Keys that the file does not set keep the compiled-in defaults.  Then come
 * `noverrides` strings "section.key=value".
 *
 * Checks every section, key and value, those of plugins' sections too.
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

/** Call `each` for every effective setting, in order; stops when it returns
 *  non-zero and returns that.  The strings live as long as `config`. */
LIO_API int lio_config_each(const struct lio_config *config,
                            int (*each)(const struct lio_setting *, void *user),
                            void *user);

/** The file that was read, or "built-in". */
LIO_API const char *lio_config_source(const struct lio_config *config);

/** Write the path of the statistics database that `config` names, with its NUL,
 *  or "" if statistics are off.  LIO_ECONFIG if it does not fit or the user
 *  has no state directory. */
LIO_API LIO_MUST_CHECK int
lio_config_stats_path(const struct lio_config *config, char *ret_path,
                      size_t bytes, struct lio_error *err);

/** A plugin that was found, or why it was refused. */
struct lio_plugin_info {
    const char *path;
    const char *name;    /* from the plugin; from the file name if refused */
    const char *kind;    /* "backend", "cache", "prefetch", "coalesce" or "" */
    const char *version; /* "" if refused */
    const char *summary; /* "" if refused */
    const char *refused; /* the reason, or NULL: it can be used */
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
 *  name; stops when it returns non-zero and returns that. */
LIO_API int lio_plugins_each(const struct lio_config *config,
                             int (*each)(const struct lio_plugin_info *,
                                         void *user),
                             void *user);

/* -- engine -------------------------------------------------------------- */

struct lio_engine;

/**
 * Start an engine.  `config` is copied; NULL means lio_config_load(NULL, ...).
 *
 * Errors:     LIO_ECONFIG, LIO_EPLUGIN, LIO_ENOMEM, LIO_EIO.  That io_uring or
 *             the statistics database cannot be used is not an error: see
 *             lio_engine_info().
 */
LIO_API LIO_MUST_CHECK int lio_engine_open(const struct lio_config *config,
                                           struct lio_engine **ret_engine,
                                           struct lio_error *err);

/**
 * Wait for what is in flight, then stop and free everything.  All views must
 * have been given back, and no other call on the engine may be running, but for
 * those of tasks that it executes; requests never waited for are thrown away.
 *
 * Files and completion queues that are still open are of no more use: calls on
 * them return LIO_ECLOSED, and they are to be closed all the same.
 */
LIO_API void lio_engine_close(struct lio_engine *engine);

/**
 * The same, for those who want to know what became of the statistics.  Returns
 * 0, or, if the run's figures had begun to be written and could not be to the
 * end, why: LIO_ENOSPC, LIO_ETIMEDOUT (locked), LIO_EIO, ...  The engine is
 * gone in either case.
 */
LIO_API int lio_engine_finish(struct lio_engine *engine, struct lio_error *err);

/** What an engine turned out to run.  Strings live as long as the engine. */
struct lio_engine_info {
    const char *backend_wanted;
    const char *backend_used;
    const char *backend_reason; /* why not the wanted one, or "" */
    const char *cache;          /* plugin, or "none" */
    uint64_t cache_bytes;
    uint32_t nlanes;
    uint32_t queue_depth;      /* operations in flight on each lane */
    const char *stats_path;    /* of the database, or "" if off */
    const char *stats_warning; /* why statistics are off though wanted, or "" */
    int64_t run_id;            /* row in the database, or 0 */
};

LIO_API void lio_engine_info(struct lio_engine *engine,
                             struct lio_engine_info *ret_info);

/** Sums since the engine was opened. */
struct lio_engine_stats {
    uint64_t requests;      /* submitted by callers */
    uint64_t delivered;     /* results handed out, errors included */
    uint64_t cancelled;     /* of these, cancelled */
    uint64_t failed;        /* of these, with any other error */
    uint64_t bytes_read;    /* delivered to callers */
    uint64_t bytes_written; /* taken from callers */
    uint64_t device_reads, device_writes, device_syncs; /* operations */
    uint64_t device_bytes_read, device_bytes_written;
    uint64_t device_errors; /* operations that failed, retried or not */
    uint64_t retries;
    uint64_t timeouts;     /* deadlines that passed */
    uint64_t cache_hits;   /* 4 KiB sectors found in the cache */
    uint64_t cache_misses; /* sectors that were not, or only because they had
                              been read ahead */
    uint64_t cache_joins;  /* of the misses, already on their way */
    uint64_t cache_evictions;
    uint64_t prefetches;               /* reads ahead of callers */
    uint64_t prefetch_bytes;           /* they asked for; the sum of these: */
    uint64_t prefetch_used_bytes;      /* were there when they were wanted */
    uint64_t prefetch_late_bytes;      /* were still on their way then */
    uint64_t prefetch_wasted_bytes;    /* given up unused */
    uint64_t prefetch_cancelled_bytes; /* could not be read */
    uint64_t prefetch_unused_bytes;    /* none of these yet, now */
    uint64_t stale_completions; /* dropped: their id was no longer in use */
    uint64_t in_flight;         /* operations, now */
    uint64_t in_flight_bytes;   /* now */
    uint64_t pinned_blocks;     /* cache blocks in use, now */
    uint64_t open_handles;      /* now */
    uint64_t memory_bytes;      /* for bounce buffers and views, now */
    uint64_t cache_bytes; /* memory of the cache, tables included; 0: there
                             is none */
    uint64_t hot_blocks;  /* cache blocks pinned by LIO_HOT, now */
    uint64_t hot_refused; /* that were not, for want of room */
};

LIO_API void lio_engine_stats(struct lio_engine *engine,
                              struct lio_engine_stats *ret_stats);

/**
 * Print a line for every request and operation that is not done, as of now: id,
 * state, class, kind, file, offset, length, age, tries; and before them, for
 * each lane, what is in flight, what waits, and who reaps.  For people who ask
 * why nothing moves; the `lanceio` command does it on SIGUSR1.  Not for use in
 * a signal handler.
 */
LIO_API void lio_dump(struct lio_engine *engine, FILE *out);

/* -- files --------------------------------------------------------------- */

struct lio_file;

enum lio_file_flags {
    LIO_READ = 1u << 0,
    LIO_WRITE = 1u << 1,
    LIO_CREATE = 1u << 2,   /* make it if it does not exist */
    LIO_TRUNCATE = 1u << 3, /* empty it first */
    LIO_DIRECT = 1u << 4,   /* past the page cache, whatever [files] direct
                               says; any offset, length and address still
                               work, but see lio_file_align() */
    LIO_RANDOM = 1u << 5    /* the kernel is not to read ahead: reads come in no
                               order, or are many in flight as it is */
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
 * Close a file; waits for requests on it that are still in flight, and for what
 * a device still reads into the cache though its request was cancelled or ran
 * out of time.  What was to be read ahead and is not on its way is not read.
 * Results may be taken, and callbacks be called, after that.
 */
LIO_API void lio_file_close(struct lio_file *file);

/**
 * What memory is to keep to for large reads to go straight to it where the page
 * cache is bypassed: its address and the offset in the file leave the same
 * remainder by this, a power of two.  Other memory is as good to use, but what
 * is read into it is copied once.  1 if the file is read through the page
 * cache: then it makes no difference.
 */
LIO_API size_t lio_file_align(const struct lio_file *file);

/** Size in bytes, as of the open or the last read or write that changed it. */
LIO_API uint64_t lio_file_size(const struct lio_file *file);

struct lio_plan_range {
    uint64_t offset;
    uint64_t length;
};

/**
 * Say what of a file will be read soon, in which order: the engine reads ahead
 * along it, as far as [prefetch] max_bytes allows, and goes on as the caller
 * does.  Ranges come after those of earlier plans; with `nranges` 0 what is
 * left of those is forgotten.  While there is a plan, nothing is guessed.
 *
 * A plan is a hint: it may be wrong, parts of it may be read in another order
 * or never, and without a cache nothing is done.  Closing the file, or writing
 * to it, ends it.
 *
 * Errors:     LIO_EINVAL, LIO_ENOMEM.
 */
LIO_API int lio_file_plan(struct lio_file *file,
                          const struct lio_plan_range *ranges, size_t nranges,
                          struct lio_error *err);

/** Let go of what is pinned (LIO_HOT) of a range, by whole blocks: they are
 * kept in the cache like any others.  Returns the bytes of these blocks. */
LIO_API uint64_t lio_file_unpin(struct lio_file *file, uint64_t offset,
                                uint64_t length);

/** The path as given to lio_file_open(). */
LIO_API const char *lio_file_name(const struct lio_file *file);

/* -- synchronous calls --------------------------------------------------- */

/**
 * Bytes owned by the engine, pinned until lio_view_put(): blocks of the cache
 * where it is on, memory of their own where not.  Consecutive segments are
 * consecutive in the file.
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

/** Give a view back.  Accepts NULL. */
LIO_API void lio_view_put(struct lio_view *view);

enum lio_request_flags {
    LIO_EXACT = 1u << 0,   /* the end of the file is an error, LIO_EEOF */
    LIO_VIEW = 1u << 1,    /* deliver a pinned view; buf is ignored */
    LIO_NOCACHE = 1u << 2, /* neither look into the cache nor fill it */
    LIO_STAGE = 1u << 3,   /* may wait for the next lio_flush(), wait or submit
                              before it reaches the device */
    LIO_NOWAIT = 1u << 4,  /* if it cannot go to the device at once, deliver
                              LIO_EAGAIN instead of queueing it */

    /* What a read says about the blocks it touches, of 64 KiB; one at most.
     * The bytes are the same with any of them, or without a cache. */
    LIO_SCAN = 1u << 5, /* one of many in order: the blocks it brings into the
                           cache go before those of others */
    LIO_ONCE = 1u << 6, /* nobody will want them again: they go first of all */
    LIO_HOT = 1u << 7,  /* pin them: they stay until lio_file_unpin(), or until
                           the file is changed or closed for the last time. Past
                           [cache] pin_max they are not pinned, and counted */
    LIO_METADATA = 1u << 8 /* every reader of the file needs them: as LIO_HOT if
                              [cache] pin = metadata. Its class is metadata
                              unless it says another */
};

/**
 * Read `len` bytes at `offset` into `buf`; blocks.  As with pread(2),
 * `*ret_bytes` is less than `len` at the end of the file only; with LIO_EXACT
 * that is an error, and ret_bytes may be NULL.
 *
 * Errors:     LIO_EIO, LIO_EEOF, LIO_EINVAL, LIO_ENOMEM; err names file, offset
 *             and length.
 */
LIO_API LIO_MUST_CHECK int lio_read(struct lio_file *file, void *buf,
                                    size_t len, uint64_t offset, uint32_t flags,
                                    size_t *ret_bytes, struct lio_error *err);

/** Read as a view: no copy where the cache holds the bytes. */
LIO_API LIO_MUST_CHECK int lio_read_view(struct lio_file *file, size_t len,
                                         uint64_t offset, uint32_t flags,
                                         struct lio_view **ret_view,
                                         struct lio_error *err);

/**
 * Write all `len` bytes at `offset`; blocks.  Never repeated after an error.
 * A read that starts after it has returned sees the bytes.
 */
LIO_API LIO_MUST_CHECK int lio_write(struct lio_file *file, const void *buf,
                                     size_t len, uint64_t offset,
                                     struct lio_error *err);

/** Make completed writes durable (fdatasync); blocks. */
LIO_API LIO_MUST_CHECK int lio_sync(struct lio_file *file,
                                    struct lio_error *err);

/* -- asynchronous calls -------------------------------------------------- */

enum lio_request_kind {
    LIO_REQUEST_READ = 0,
    LIO_REQUEST_WRITE = 1,
    LIO_REQUEST_SYNC = 2
};

/**
 * What became of a request.  `code` 0 or LIO_E...; the rest repeats the request
 * so that a result can be understood by itself.
 */
struct lio_result {
    uint64_t id;
    void *user;
    int code;
    int os_errno;
    uint64_t bytes;        /* moved; short at the end of the file only */
    struct lio_view *view; /* of a LIO_VIEW read; yours to put */
    struct lio_file *file; /* perhaps closed by now */
    uint64_t offset;
    uint64_t length;
    uint32_t kind; /* enum lio_request_kind */
    uint32_t
        tries; /* on the device, of the part of it that needed most; 0 if
                  all of it was in the cache or another's read brought it */
};

/** Say a failed result in a sentence; returns result->code.  While the file is
 *  open: the sentence names it. */
LIO_API int lio_result_error(const struct lio_result *result,
                             struct lio_error *err);

/**
 * Called once for its request, from whichever thread completed it (one of the
 * engine's own, or one inside a call on the engine), holding no lock: it may
 * submit, but must not wait.
 */
typedef void (*lio_callback)(const struct lio_result *result, void *user);

struct lio_cq;

/**
 * What a request is for; decides who goes first when more is asked of the
 * device than [engine] queue_depth and in_flight allow.  The classes share it
 * by weight, 16 : 8 : 4 : 2 : 1, and one request in ten is the one that has
 * waited longest, so none waits for ever.
 */
enum lio_class {
    LIO_CLASS_DEFAULT = 0,  /* demand for reads, write for writes and syncs */
    LIO_CLASS_METADATA = 1, /* small, and everything else waits for it */
    LIO_CLASS_DEMAND = 2,   /* somebody waits for it */
    LIO_CLASS_WRITE = 3,
    LIO_CLASS_PREFETCH = 4,  /* somebody will probably want it */
    LIO_CLASS_BACKGROUND = 5 /* nobody is in a hurry */
};

/**
 * A request.  Zero what you do not use.  The result is delivered in one of
 * three ways: to `queue`, to `callback`, or, if both are NULL, to whoever
 * waits for the id.
 */
struct lio_request {
    struct lio_file *file;
    uint32_t kind;  /* enum lio_request_kind */
    uint32_t flags; /* enum lio_request_flags */
    uint64_t offset;
    size_t length;
    void *buf; /* the caller's; untouched by it until the result is there */
    struct lio_cq *queue;
    lio_callback callback;
    void *user;           /* handed back */
    uint32_t io_class;    /* enum lio_class */
    int32_t priority;     /* inside class demand: -4 (sooner) .. 3 (later) */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; LIO_ETIMEDOUT after it. 0: that
                             of [engine] timeout */
};

/**
 * Submit `n` requests, all or none.  Does not wait for the device.  `ret_ids`
 * (may be NULL if all have a queue or callback) gets n ids, unique for the
 * life of the engine.
 *
 * Errors:     LIO_EINVAL, LIO_ENOMEM, LIO_ECLOSED: none was submitted.
 */
LIO_API LIO_MUST_CHECK int lio_submit(struct lio_engine *engine,
                                      const struct lio_request *requests,
                                      uint32_t n, uint64_t *ret_ids,
                                      struct lio_error *err);

/** Send what LIO_STAGE kept back on the calling thread's lane and queues. */
LIO_API void lio_flush(struct lio_engine *engine);

/**
 * Wait for a request submitted without queue and callback, and take its
 * result.  One thread at a time may wait for one id.
 *
 * Returns 0 when there is a result, whose own code may be an error.
 * Errors:     LIO_ETIMEDOUT (ask again), LIO_ESTALE, LIO_ECLOSED.
 */
LIO_API LIO_MUST_CHECK int lio_wait(struct lio_engine *engine, uint64_t id,
                                    int64_t timeout_ns,
                                    struct lio_result *ret_result);

/** Wait until one of `n` ids is done and take its result.  An id that is no
 *  longer in use makes it return LIO_ESTALE; n == 0 is LIO_EINVAL. */
LIO_API LIO_MUST_CHECK int lio_wait_any(struct lio_engine *engine,
                                        const uint64_t *ids, uint32_t n,
                                        int64_t timeout_ns,
                                        struct lio_result *ret_result);

/**
 * Try to stop a request.  It is delivered in any case, once: with LIO_ECANCELED
 * if it was stopped, else as if nothing had happened: with its bytes, or with
 * the error of the device if that is one for good (no space, a failed write).
 * The same holds for a deadline.  Its memory is free when it has been
 * delivered.  Returns 0, or LIO_ESTALE if it was delivered already.
 */
LIO_API int lio_cancel(struct lio_engine *engine, uint64_t id);

/**
 * Cancel a request and forget it: nothing will be delivered.  Returns when the
 * caller's memory is no longer written to.  Only for requests that are waited
 * for by id.  Returns 0 or LIO_ESTALE.
 */
LIO_API int lio_drop(struct lio_engine *engine, uint64_t id);

/**
 * A completion queue: results of the requests that name it, in the order they
 * were done.
 */
LIO_API LIO_MUST_CHECK int lio_cq_open(struct lio_engine *engine,
                                       struct lio_cq **ret_queue,
                                       struct lio_error *err);

/** Close a queue; requests still under way are waited for, results thrown
 *  away (views are put). */
LIO_API void lio_cq_close(struct lio_cq *queue);

/**
 * Take up to `max` results, waiting for at least `min` of them (or for all that
 * were submitted, if fewer).  Returns how many, perhaps 0 after the timeout.
 * One thread at a time may wait on a queue.
 */
LIO_API LIO_MUST_CHECK int lio_cq_wait(struct lio_cq *queue,
                                       struct lio_result *results, uint32_t max,
                                       uint32_t min, int64_t timeout_ns);

/* -- the executor -------------------------------------------------------- */

/**
 * Run `work(user)` on one of the engine's worker threads, or, if their queue
 * is full, right here.  For CPU work such as decoding a page; it must not wait
 * for other work.  Errors: LIO_ECLOSED.
 */
LIO_API LIO_MUST_CHECK int lio_execute(struct lio_engine *engine,
                                       void (*work)(void *user), void *user);

#ifdef __cplusplus
}
#endif

#endif
