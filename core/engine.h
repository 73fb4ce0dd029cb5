/*
 * The engine: what its parts share.
 */
#ifndef LIO_CORE_ENGINE_H
#define LIO_CORE_ENGINE_H

#include <lanceio/lanceio.h>
#include <lanceio/plugin.h>

#include <pthread.h>

#include "core/budget.h"
#include "core/cache.h"
#include "core/coalesce.h"
#include "core/config.h"
#include "core/executor.h"
#include "core/filepool.h"
#include "core/lane.h"
#include "core/memory.h"
#include "core/retry.h"
#include "core/readahead.h"
#include "core/service.h"
#include "core/stack.h"

struct lio_file {
    struct lio_engine *engine;
    struct lio_handle *handle;
    _Atomic(struct lio_handle *) buffered; /* a second one, for what O_DIRECT
                                              cannot do; made when needed */
    _Atomic bool direct_refused;           /* use only the second one */
    struct lio_readahead_file *ahead;      /* NULL: nothing is read ahead */
    char *path;
    uint32_t flags;
    struct lio_file *next, *prev; /* engine's list; its files_lock */

    _Atomic uint64_t in_flight; /* requests not finished, and batches that
                                   still count for it; at 0 it may be closed */
    _Atomic bool closing; /* what nobody waits for is not begun any more */
    /* Device operations, for the statistics. */
    _Atomic uint64_t reads, writes, bytes_read, bytes_written, errors;
};

/* Figures of files that are closed, by path. */
struct lio_closed_file {
    char *path;
    struct lio_file_figures figures;
};

struct lio_engine {
    struct lio_config *config;
    const struct lio_settings *settings;
    unsigned char *owner_page; /* 1 here, 0 in a forked child or once closed */
    _Atomic uint32_t users;    /* of this memory: the engine itself until it is
                                  closed, its files and queues */

    struct lio_stack stack; /* the backend and its filters */
    const struct lio_loaded *backend_plugin, *cache_plugin;
    const struct lio_loaded *coalesce_plugin; /* NULL: none */
    const char *backend_wanted;
    char *backend_reason;
    union lio_value *cache_values;
    union lio_value *coalesce_values;

    struct lio_executor *executor; /* runs callers' tasks */
    struct lio_executor *blocking; /* runs a backend that blocks; or NULL */
    struct lio_budget budget;
    struct lio_memory memory;
    struct lio_device device;
    struct lio_coalescer coalescer;
    struct lio_retry_bucket retries;
    struct lio_filepool *pool;
    struct lio_cache *cache;         /* NULL: none */
    struct lio_readahead *readahead; /* NULL: nothing is read ahead */
    struct lio_lane *lanes; /* nlanes for callers, one more for callbacks */
    uint32_t nlanes;

    struct lio_service *service;

    pthread_mutex_t files_lock; /* guards the two lists; before lanes' locks */
    struct lio_file *files;
    struct lio_closed_file *closed;
    uint32_t nclosed;
};

/* True in the process that opened the engine, until it closes it; false in its
 * forked children. */
static inline bool lio_engine_ours(const struct lio_engine *engine)
{
    return __atomic_load_n(engine->owner_page, __ATOMIC_ACQUIRE) == 1;
}

/* A file or a queue has its engine's memory until it leaves; what is in there
 * is closed with the engine. */
static inline void lio_engine_join(struct lio_engine *engine)
{
    atomic_fetch_add(&engine->users, 1);
}

void lio_engine_leave(struct lio_engine *engine);

/* Says why nothing can be asked of an engine that is not ours. */
int lio_engine_gone(struct lio_error *err);

/* The lane of the calling thread. */
struct lio_lane *lio_engine_lane(struct lio_engine *engine);

/* The lane whose completions the service thread reaps. */
static inline struct lio_lane *
lio_engine_callback_lane(struct lio_engine *engine)
{
    return &engine->lanes[engine->nlanes];
}

struct lio_io *lio_engine_find(struct lio_engine *engine, uint64_t id);

/* Sums of everything at this moment. */
void lio_engine_snapshot(struct lio_engine *engine,
                         struct lio_stats_snapshot *ret_snapshot);

/* Is every request over?  Its result may not have been delivered yet. */
bool lio_engine_quiet(struct lio_engine *engine);

/* Wait until all requests of all files, or of one, are over. */
void lio_engine_quiesce(struct lio_engine *engine, struct lio_file *file);

/* The handle for what O_DIRECT cannot do. */
int lio_file_buffered(struct lio_file *file, struct lio_handle **ret_handle,
                      struct lio_error *err);

#endif
