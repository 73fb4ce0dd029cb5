/*
 * lanceio.ini, read once and checked, as a struct that the core can use.
 *
 * A struct lio_config never changes after lio_config_load(), so it is shared
 * by counting references: an engine keeps the one it was opened with.
 */
#ifndef LIO_CORE_CONFIG_H
#define LIO_CORE_CONFIG_H

#include <lanceio/lanceio.h>
#include <lanceio/plugin.h>

#include "core/loader.h"

/* Every key of the core's sections; the strings belong to the config. */
/* What is pinned without being asked for: choices of [cache] pin. */
enum lio_cache_pin { LIO_PIN_NONE, LIO_PIN_METADATA };

struct lio_settings {
    struct {
        const char *plugin_dir;   /* "" = next to the library, see loader.h */
        uint32_t lanes;           /* 0 = one a processor */
        uint32_t queue_depth;     /* operations in flight on each lane */
        uint32_t workers;         /* of an executor; 0 = automatic */
        uint32_t worker_queue;    /* tasks that may wait for a worker */
        uint64_t max_op_bytes;    /* largest operation given to a backend */
        uint64_t in_flight_bytes; /* at once, in all lanes; 0 = any */
        uint64_t memory_bytes;    /* for requests, outside the cache; 0 = any */
        uint64_t timeout_ns;      /* of a request; 0 = none */
    } engine;
    struct {
        const char *plugin;   /* "backend-..." */
        const char *fallback; /* if that cannot be opened; "none" = fail */
        const char *filters;  /* "filter-a, filter-b", outermost first; or "" */
    } backend;
    struct {
        const char *plugin;  /* "cache-..." or "none" */
        uint64_t size_bytes; /* ceiling for blocks and tables together */
        uint32_t shards;     /* 0 = automatic; else a power of two */
        uint32_t pin;        /* enum lio_cache_pin */
        uint32_t pin_max;    /* percent of the blocks that may be pinned */
    } cache;
    struct {
        const char *plugin; /* "prefetch-..., prefetch-..." or "none" */
        uint64_t max_bytes; /* read ahead and not used yet; 0 = no prefetch */
    } prefetch;
    struct {
        const char *plugin; /* "none" */
    } coalesce;
    struct {
        uint32_t max_open; /* handles open at once */
        bool direct;       /* open files past the page cache */
    } files;
    struct {
        const char *database; /* a path, "auto" (XDG state directory), "off" */
        uint64_t interval_ns; /* between two rows of a run */
        uint64_t slow_ns; /* operations that took longer are listed; 0 = none */
        uint64_t lock_wait_ns; /* for others to let go of the database */
    } stats;
};

const struct lio_settings *lio_config_settings(const struct lio_config *config);

/* Another reference to the same config; lio_config_free() drops one. */
struct lio_config *lio_config_ref(const struct lio_config *config);

/* The loader that the config was checked with; lives as long as it. */
struct lio_loader *lio_config_loader(const struct lio_config *config);

/*
 * The values of `plugin`'s parameters, in the order of its table: its preset
 * where the configuration says nothing.  The array is the caller's to free(),
 * the strings in it live as long as the config.  Returns 0 or LIO_ENOMEM.
 */
int lio_config_values(const struct lio_config *config,
                      const struct lio_loaded *plugin,
                      union lio_value **ret_values, struct lio_error *err);

#endif
