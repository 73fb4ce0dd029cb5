/**
 * lanceio/plugin.h - the one lanceio header a plugin includes.
 *
 * A plugin is a shared object that exports lio_plugin_entry() and nothing
 * else; LIO_BACKEND_PLUGIN(), LIO_CACHE_PLUGIN() and their sisters at the end
 * of this file write that function.  A plugin links to nothing of lanceio:
 * what it needs is inline here or handed to it as a callback.
 *
 * Compatibility: fields are only added, and only at the end of a table.  An
 * older plugin runs in a newer core, which sees the callbacks it lacks as
 * NULL; a plugin newer than the core is refused.  LIO_PLUGIN_ABI moves only
 * when an existing field has to change its meaning.
 *
 * Instances: nothing may live in file-scope variables, because two engines in
 * one process may open the same plugin.  open() makes an instance, close()
 * ends it; every other call gets the instance back as its first argument.
 *
 * A plugin neither prints nor exits, and never calls back into lanceio's
 * public API.
 */
#ifndef LANCEIO_PLUGIN_H
#define LANCEIO_PLUGIN_H

#include <lanceio/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LIO_PLUGIN_ABI 1u

#define LIO_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* -- parameters ---------------------------------------------------------- */

enum lio_param_type {
    LIO_PARAM_BOOL = 1,  /* on, off, true, false, yes, no, 1, 0 */
    LIO_PARAM_UINT = 2,  /* a plain number */
    LIO_PARAM_SIZE = 3,  /* bytes; takes 64K, 256M, 1G (powers of 1024) */
    LIO_PARAM_TIME = 4,  /* nanoseconds; needs a unit: us, ms, s */
    LIO_PARAM_ENUM = 5,  /* one of `choices` */
    LIO_PARAM_STRING = 6 /* any text */
};

/**
 * One key of the plugin's section in lanceio.ini.  The core parses it, checks
 * the range, lists it in `lanceio plugins`, and hands the value to open().
 */
struct lio_param {
    const char *name;           /* the key, lower case with underscores */
    uint32_t type;              /* enum lio_param_type */
    uint64_t min, max;          /* inclusive; UINT, SIZE, TIME. 0, 0 = any */
    uint64_t preset;            /* default of all types but STRING; for ENUM
                                   an index into choices */
    const char *preset_text;    /* default of STRING; NULL means "" */
    const char *const *choices; /* ENUM: NULL-terminated */
    const char *help;           /* one line, lower case, no full stop */
};

/** A parsed parameter: `u` for all types (BOOL 0/1, ENUM the index), `s` for
 *  STRING, which stays valid until the instance is closed. */
union lio_value {
    uint64_t u;
    const char *s;
};

/* -- backend ------------------------------------------------------------- */

/** Laid out as POSIX `struct iovec`, without needing its header. */
struct lio_iovec {
    void *base;
    size_t len;
};

enum lio_op_kind {
    LIO_OP_READ = 1,
    LIO_OP_WRITE = 2,
    LIO_OP_SYNC = 3 /* data and size durable, as fdatasync(2) */
};

/**
 * One operation for the device.  The core owns it and keeps it unchanged from
 * submit() until its completion has been reaped, so a backend may point at it.
 */
struct lio_op {
    uint64_t id;           /* returned in the completion; unique in flight;
                              never UINT64_MAX - 15 and above, which backends
                              may use for operations of their own */
    void *handle;          /* of file_open() */
    uint64_t offset;       /* bytes from the start of the file */
    struct lio_iovec *iov; /* niov of them, 0 for a sync */
    uint32_t niov;         /* at most LIO_IOV_MAX */
    uint16_t kind;         /* enum lio_op_kind */
    uint16_t flags;        /* none yet: 0 */
    uint64_t length;       /* sum of the iov lengths, bytes */
};

#define LIO_IOV_MAX 64u

/** What became of an operation: bytes moved (fewer than asked at the end of
 *  the file, or where the device stopped), or a negative errno. */
struct lio_completion {
    uint64_t id;
    int64_t result;
};

enum lio_open_flags {
    LIO_OPEN_READ = 1u << 0,
    LIO_OPEN_WRITE = 1u << 1,
    LIO_OPEN_CREATE = 1u << 2, /* make it if it does not exist */
    LIO_OPEN_TRUNCATE = 1u << 3,
    LIO_OPEN_DIRECT = 1u << 4, /* past the page cache, if it can be had */
    LIO_OPEN_RANDOM = 1u << 5  /* a hint: nothing below is to read ahead */
};

/** What a backend knows of an open file. */
struct lio_file_info {
    uint64_t size_bytes;
    uint64_t dev, ino; /* identity: two names of one file agree in both */
    int64_t mtime_ns, ctime_ns;
    uint32_t offset_align; /* offsets, lengths must be multiples: 1 if free */
    uint32_t memory_align; /* addresses must be multiples: 1 if free */
    uint32_t direct;       /* 1 if the page cache really is bypassed */
};

struct lio_backend_setup {
    const union lio_value *params; /* in the order of the plugin's table */
    uint32_t nlanes;               /* queues the core is going to open */
    uint32_t queue_depth;          /* operations in flight on each */

    /* A filter: what it stands in front of, open and asynchronous.  NULL for a
     * backend.  Both live longer than the filter. */
    const struct lio_backend_ops *next;
    void *next_backend;
};

/**
 * A backend: it moves bytes between files and memory.
 *
 * It never retries, merges, splits, waits or caches: the core does.  It offers
 * one of two shapes:
 *
 *   blocking      run(), and NULL from queue_open on.  The core calls it from
 *                 the thread that wants the data or from its executor.
 *   asynchronous  run NULL, and everything from queue_open on.
 *
 * Threads:    file_*() and run() may be called from any thread, at once.  Calls
 *             on one queue: submit, flush, cancel and wake never overlap each
 *             other (the core holds the lane's lock); reap never overlaps reap
 *             (the core holds the reaper token) but may overlap all the others.
 *             Each call may come from another thread: a queue must not care
 *             who submitted.
 * Ownership:  instance, queues and handles are the backend's; ops and their
 *             memory are the core's.  The core closes all handles, then all
 *             queues, then the instance, with nothing in flight.
 * Errors:     open calls return 0 or a LIO_E code and fill in `err`, which is
 *             never NULL here, with os_errno; data operations report a
 *             negative errno in their completion.
 * Fork:       in the child of a fork nothing of this is called any more.
 */
struct lio_backend_ops {
    /**
     * Make an instance, and prove that it works (for io_uring: by really
     * doing I/O).  On failure the core runs the configured fallback and
     * reports err->msg, so it names the likely reason and its cure.
     */
    int (*open)(const struct lio_backend_setup *setup, void **ret_backend,
                struct lio_error *err);

    /** End the instance. */
    void (*close)(void *backend);

    /**
     * Open `uri` (here a path), with `flags` from enum lio_open_flags.  Where
     * the file system refuses LIO_OPEN_DIRECT the file is opened without, and
     * ret_info->direct tells.  What has no bytes at offsets, as a pipe, is
     * refused and never waited for: other files wait meanwhile.  os_errno
     * EMFILE and ENFILE make the core close idle handles and ask again.
     */
    int (*file_open)(void *backend, const char *uri, uint32_t flags,
                     void **ret_handle, struct lio_file_info *ret_info,
                     struct lio_error *err);

    /** Look at an open file again. */
    int (*file_stat)(void *backend, void *handle,
                     struct lio_file_info *ret_info, struct lio_error *err);

    /** Close a handle on which nothing is in flight. */
    void (*file_close)(void *backend, void *handle);

    /** Blocking shape: do `op` now.  Returns bytes or a negative errno; EINTR
     *  and short results are passed on as they are. */
    int64_t (*run)(void *backend, const struct lio_op *op);

    /** Make a queue that holds up to `depth` operations in flight. */
    int (*queue_open)(void *backend, uint32_t depth, void **ret_queue,
                      struct lio_error *err);

    /** End a queue with nothing in flight. */
    void (*queue_close)(void *queue);

    /**
     * Stage operations.  Takes a prefix and returns its length, which is less
     * than `nops` only when the queue is full.  Never waits for the device,
     * and need not reach it before flush() or reap().
     */
    uint32_t (*submit)(void *queue, struct lio_op *const *ops, uint32_t nops);

    /**
     * Send what is staged to the device without waiting.  Returns 0, or
     * -EAGAIN / -EBUSY if completions must be reaped first (what is staged
     * stays staged), or another negative errno.
     */
    int (*flush)(void *queue);

    /**
     * Send what is staged and collect up to `max` completions into `out`,
     * waiting until there are `min` of them, `timeout_ns` has passed (negative:
     * no limit) or wake() is called.  Returns how many, or a negative errno
     * (-EINTR included).  max 0 only sends.
     */
    int (*reap)(void *queue, struct lio_completion *out, uint32_t max,
                uint32_t min, int64_t timeout_ns);

    /**
     * Try to stop the operation `id`.  It completes in any case, with
     * -ECANCELED if it could be stopped.  Returns 0 or a negative errno.
     */
    int (*cancel)(void *queue, uint64_t id);

    /** Make a reap() that waits, now or next, return. */
    int (*wake)(void *queue);
};

/* -- filter -------------------------------------------------------------- */

/*
 * A filter stands in front of a backend, or of another filter, and looks like
 * a backend itself: its table is a struct lio_backend_ops of the asynchronous
 * shape, and whoever is in front of it keeps and gets that contract.
 *
 *     core ─► filter-trace ─► filter-throttle ─► backend-uring
 *                 next ───────────┘ next ────────────┘
 *
 * The next one comes with open(), in setup->next and setup->next_backend, and
 * is asynchronous whatever the backend's own shape.
 *
 * Lifetime:   the core opens and closes the instances, the innermost first and
 *             last: a filter's open() and close() leave the next one's alone.
 *             Files and queues are the filter's to hand through: its
 *             file_open() and queue_open() call the next one's, once each, and
 *             so do file_close() and queue_close().
 * Operations: what a filter gives to the next one is kept unchanged until that
 *             has completed it: the core's own operation, or a copy of the
 *             filter's.  Ids need to be unique among what it passes on.
 * Threads:    as for a backend.  A reap() may run beside submit(), flush(),
 *             cancel() and wake(), so a filter whose reap() submits to the next
 *             one keeps these calls apart by a lock of its own.
 */

/* -- cache --------------------------------------------------------------- */

#define LIO_NO_SLOT UINT32_MAX

struct lio_cache_setup {
    const union lio_value *params; /* in the order of the plugin's table */
    uint32_t nslots;               /* blocks this policy manages; >= 1 */

    /** May `slot` be given up now?  False while somebody reads or fills it. */
    bool (*evictable)(void *host, uint32_t slot);
    void *host; /* first argument of evictable() */
};

/**
 * A replacement policy: it says which cached block to give up.
 *
 * The core owns the bytes, the map from key to slot, the pins and the lock.  A
 * policy sees numbers: slots 0 .. nslots-1, and 64-bit keys that name a block
 * uniquely.  The core calls, for an access to `key`:
 *
 *     cached            hit(slot, key)
 *     not, free slot    insert(slot, key)
 *     not, none free    slot = evict(key); insert(slot, key)
 *     dropped           remove(slot)             the slot is free again
 *
 * Hits may be reported late and in batches, but in order; a hit on a slot that
 * has been given to another key since is not reported.  Several accesses that
 * amount to one use, as when a scan reads a block in pieces, are reported as
 * one hit at most.
 *
 * Threads:    calls on one policy never overlap (the core holds the shard's
 *             lock), so a policy needs no lock and must not block.
 * Memory:     everything is allocated in open(), ghosts included, and bounded.
 * Errors:     only open() can fail.
 */
struct lio_cache_ops {
    /** Make the policy for one shard; all slots are free.  `setup` is valid
     *  during the call, except params and host, which live as long as it. */
    int (*open)(const struct lio_cache_setup *setup, void **ret_policy,
                struct lio_error *err);

    /** Free it.  Slots may be in any state. */
    void (*close)(void *policy);

    /** `key` takes `slot`, which was free.  Its bytes may still be being read;
     *  if that fails, remove(slot) follows. */
    void (*insert)(void *policy, uint32_t slot, uint64_t key);

    /** `key`, which `slot` holds, was used again. */
    void (*hit)(void *policy, uint32_t slot, uint64_t key);

    /**
     * Choose a slot to give up, so that `key` can have it; insert() follows.
     * setup->evictable() must be true of it.  Returns the slot, which is free
     * from then on, or LIO_NO_SLOT if there is none.
     */
    uint32_t (*evict)(void *policy, uint64_t key);

    /** The core has dropped what `slot` held: forget it, and keep no ghost. */
    void (*remove)(void *policy, uint32_t slot);

    /** Bytes that open() allocates for `nslots` slots and these parameters,
     *  ghosts included: they count towards the configured size of the cache. */
    size_t (*footprint)(uint32_t nslots, const union lio_value *params);
};

/* -- prefetcher ---------------------------------------------------------- */

/** A range of a file, bytes. */
struct lio_range {
    uint64_t offset;
    uint64_t length;
};

enum lio_access_flags {
    LIO_ACCESS_WAITED = 1u << 0, /* the reader has to wait for the device */
    LIO_ACCESS_AHEAD = 1u << 1   /* at least a part of it was read ahead, and
                                    this is the first use of that */
};

/**
 * A read by a caller.  Its flags say what became of an earlier proposal of the
 * same range:
 *
 *     AHEAD            in time: in memory when it was wanted
 *     AHEAD | WAITED   late: still being read
 *     WAITED           never read, or evicted before it was used
 *     none             in memory for another reason
 */
struct lio_access {
    struct lio_range range; /* length is never 0 */
    uint64_t time_ns;       /* monotonic */
    uint32_t flags;         /* enum lio_access_flags */
};

struct lio_prefetch_setup {
    const union lio_value *params; /* in the order of the plugin's table */
    uint32_t block_bytes;          /* of the cache: a good unit to propose */
};

/** What observe() returns for an access that fits no pattern. */
#define LIO_PREFETCH_UNKNOWN (-1)

/**
 * A prefetcher: it watches the reads of one open file and proposes what will be
 * read next.
 *
 * A proposal may be any range: the core clips it to the file, leaves out what
 * is cached or being read, and decides within its limits whether and when to
 * read the rest.  It does not come back to a proposal that it has dropped.  A
 * wrong proposal costs time, never correctness.
 *
 * Several prefetchers may be stacked.  Each sees every access, in the order of
 * the stack; the first that recognises the pattern of an access decides what is
 * read ahead, and those after it are called with max 0.
 *
 * There is no call that reports what became of a proposal: the flags of later
 * accesses do (see struct lio_access).
 *
 * Threads:    calls on one stream never overlap.
 * Streams:    one is opened with the first read of a file.  When the file has
 *             been written to or has changed, it is closed and a new one
 * opened. Memory:     everything is allocated in open(). Errors:     only
 * open() can fail.
 */
struct lio_prefetch_ops {
    /** Begin to watch a file.  `setup` is valid during the call, except
     *  params, which live as long as the stream. */
    int (*open)(const struct lio_prefetch_setup *setup, void **ret_stream,
                struct lio_error *err);

    void (*close)(void *stream);

    /**
     * An access has happened.  Writes up to `max` proposals to `out`, soonest
     * first; max may be 0, and then the access is only to be learned from.
     * Returns how many were written, or LIO_PREFETCH_UNKNOWN if the access fits
     * none of the patterns that this stream has found.
     */
    int32_t (*observe)(void *stream, const struct lio_access *access,
                       struct lio_range *out, uint32_t max);
};

/* -- coalescer ----------------------------------------------------------- */

/** What the core has measured of the device, and how busy it will be if the
 *  ranges in question are read one by one.  Only `waiting` may be 0. */
struct lio_device_model {
    uint64_t latency_ns;          /* of a small read among `in_flight` */
    uint64_t latency_alone_ns;    /* of one that is alone; <= latency_ns */
    uint64_t bandwidth_bytes_sec; /* of large reads, all together */
    uint32_t in_flight;           /* operations, these included */
    uint32_t waiting;             /* operations that have to wait for room */
};

/** Most ranges that plan() is given. */
#define LIO_COALESCE_MAX 64u

/** Why ranges were merged into one read: the weakest reason among them.  The
 *  core keeps its counters by tier. */
enum lio_coalesce_tier {
    LIO_TIER_TOUCHING = 0, /* they overlap or touch; also of a single range */
    LIO_TIER_GAP = 1,      /* what lies between is cheaper read than avoided */
    LIO_TIER_EXTENT = 2    /* most of the extent was asked for */
};
#define LIO_COALESCE_TIERS 3u

/** One read that the coalescer wants issued: members first .. first+count-1 of
 *  the sorted input. */
struct lio_group {
    struct lio_range range; /* from the first byte of a member to the last */
    uint32_t first;
    uint32_t count;
    uint32_t tier; /* enum lio_coalesce_tier */
};

struct lio_coalesce_setup {
    const union lio_value *params; /* in the order of the plugin's table */
    uint64_t max_bytes;            /* largest operation the core takes */
    uint32_t max_members;          /* ranges in one, 1 .. LIO_COALESCE_MAX */
};

/**
 * A coalescer: it decides which neighbouring reads of a file become one.
 *
 * A pure function of sorted ranges and a device model.  The core chooses the
 * reads it is asked about, and if a merged read fails, reads its members one by
 * one.
 *
 * The core checks the answer.  Groups are valid if they
 *
 *     are in order and hold each range once,
 *     have at most max_members,
 *     begin with the first byte of a member and end with the last of one,
 *     are no longer than max_bytes, or than their longest member if that is.
 *
 * An answer with an invalid group is counted and dropped as a whole; the ranges
 * are then read one by one.
 *
 * Threads:    plan() may run in several threads at once on one instance; it
 *             must not block.
 * Errors:     only open() can fail.
 */
struct lio_coalesce_ops {
    /** Make an instance.  `setup` is valid during the call, except params,
     *  which live as long as the instance. */
    int (*open)(const struct lio_coalesce_setup *setup, void **ret_coalescer,
                struct lio_error *err);

    /** End it. */
    void (*close)(void *coalescer);

    /**
     * Group `n` ranges, 1 .. LIO_COALESCE_MAX.  They are sorted by offset and,
     * where that is the same, the longest first; none is empty and none ends
     * beyond INT64_MAX; they may overlap and repeat.  `out` has room for n
     * groups.  Returns how many were written.
     */
    uint32_t (*plan)(void *coalescer, const struct lio_range *ranges,
                     uint32_t n, const struct lio_device_model *device,
                     struct lio_group *out);
};

/* -- the plugin itself --------------------------------------------------- */

enum lio_plugin_kind {
    LIO_KIND_BACKEND = 1,
    LIO_KIND_CACHE = 2,
    LIO_KIND_PREFETCH = 3,
    LIO_KIND_COALESCE = 4,
    LIO_KIND_FILTER = 5
};

/** What lio_plugin_entry() returns: static, constant, never freed. */
struct lio_plugin {
    uint32_t abi;          /* LIO_PLUGIN_ABI when the plugin was built */
    uint32_t plugin_bytes; /* sizeof(struct lio_plugin) then */
    uint32_t kind;         /* enum lio_plugin_kind: what `ops` points at */
    uint32_t ops_bytes;    /* size of that table then */
    uint32_t param_bytes;  /* sizeof(struct lio_param) then */
    uint32_t nparams;
    const struct lio_param *params; /* nparams of them, or NULL */
    const char *name;    /* "<kind>-<word>" as in lanceio.ini and file name */
    const char *version; /* of the plugin, for people */
    const char *summary; /* one line, lower case, no full stop */
    const void *ops;     /* struct lio_<kind>_ops; a filter's is a backend's */
};

/** The one exported symbol. */
#define LIO_PLUGIN_ENTRY "lio_plugin_entry"
typedef const struct lio_plugin *(*lio_plugin_entry_fn)(void);

#if defined(_WIN32)
#define LIO_PLUGIN_EXPORT __declspec(dllexport)
#else
#define LIO_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

#define LIO_PLUGIN_DEFINE(kind_, name_, version_, summary_, params_, nparams_, \
                          ops_)                                                \
    LIO_PLUGIN_EXPORT const struct lio_plugin *lio_plugin_entry(void);         \
    const struct lio_plugin *lio_plugin_entry(void)                            \
    {                                                                          \
        static const struct lio_plugin plugin = {                              \
            .abi = LIO_PLUGIN_ABI,                                             \
            .plugin_bytes = sizeof(struct lio_plugin),                         \
            .kind = (kind_),                                                   \
            .ops_bytes = sizeof(ops_),                                         \
            .param_bytes = sizeof(struct lio_param),                           \
            .nparams = (nparams_),                                             \
            .params = (params_),                                               \
            .name = (name_),                                                   \
            .version = (version_),                                             \
            .summary = (summary_),                                             \
            .ops = &(ops_),                                                    \
        };                                                                     \
        return &plugin;                                                        \
    }

/**
 * Write the entry point of a plugin.  `params` is an array of struct lio_param
 * with `nparams` members, or NULL, 0; `ops` the (constant) table itself.
 */
#define LIO_BACKEND_PLUGIN(name, version, summary, params, nparams, ops)       \
    LIO_PLUGIN_DEFINE(LIO_KIND_BACKEND, name, version, summary, params,        \
                      nparams, ops)
#define LIO_CACHE_PLUGIN(name, version, summary, params, nparams, ops)         \
    LIO_PLUGIN_DEFINE(LIO_KIND_CACHE, name, version, summary, params, nparams, \
                      ops)
#define LIO_PREFETCH_PLUGIN(name, version, summary, params, nparams, ops)      \
    LIO_PLUGIN_DEFINE(LIO_KIND_PREFETCH, name, version, summary, params,       \
                      nparams, ops)
#define LIO_COALESCE_PLUGIN(name, version, summary, params, nparams, ops)      \
    LIO_PLUGIN_DEFINE(LIO_KIND_COALESCE, name, version, summary, params,       \
                      nparams, ops)
#define LIO_FILTER_PLUGIN(name, version, summary, params, nparams, ops)        \
    LIO_PLUGIN_DEFINE(LIO_KIND_FILTER, name, version, summary, params,         \
                      nparams, ops)

#ifdef __cplusplus
}
#endif

#endif
