/*
 * What a plugin must bring, and how its table is copied.
 *
 *     plugin's table   ┌ known to both ─────────┐
 *     (older)          │ open close hit evict   │
 *     copy             │ open close hit evict   │ footprint = NULL │
 *     core's table     └────────────────────────┴──────────────────┘
 *
 * Tables only ever grow at the end, so an older plugin's is a prefix of ours
 * and the rest of the copy stays NULL.  A longer table than ours is refused
 * rather than cut: its author may rely on a callback that we would never make.
 */
#include "core/plugin_check.h"

#include "core/param.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PARAMS 256u
#define MAX_ABI    1000u /* what is larger was never an ABI number */
#define PLUGIN_V1  (offsetof(struct lio_plugin, ops) + sizeof(void *))
#define PARAM_V1   (offsetof(struct lio_param, help) + sizeof(char *))

struct callback {
    const char *name;
    size_t at; /* in the table of its kind */
};

#define CALLBACK(kind, name)                                                   \
    {                                                                          \
#name, offsetof(struct lio_##kind##_ops, name)                         \
    }

static const struct callback backend_always[] = {
    CALLBACK(backend, open),       CALLBACK(backend, close),
    CALLBACK(backend, file_open),  CALLBACK(backend, file_stat),
    CALLBACK(backend, file_close),
};

static const struct callback backend_queue[] = {
    CALLBACK(backend, queue_open), CALLBACK(backend, queue_close),
    CALLBACK(backend, submit),     CALLBACK(backend, flush),
    CALLBACK(backend, reap),       CALLBACK(backend, cancel),
    CALLBACK(backend, wake),
};

static const struct callback cache_always[] = {
    CALLBACK(cache, open), CALLBACK(cache, close), CALLBACK(cache, insert),
    CALLBACK(cache, hit),  CALLBACK(cache, evict), CALLBACK(cache, remove),
};

static const struct callback prefetch_always[] = {
    CALLBACK(prefetch, open),
    CALLBACK(prefetch, close),
    CALLBACK(prefetch, observe),
};

static const struct callback coalesce_always[] = {
    CALLBACK(coalesce, open),
    CALLBACK(coalesce, close),
    CALLBACK(coalesce, plan),
};

struct kind {
    const char *name;
    size_t ops_bytes;
    const struct callback *always; /* mandatory callbacks */
    uint32_t nalways;
};

#define KIND(kind)                                                             \
    {                                                                          \
#kind, sizeof(struct lio_##kind##_ops), kind##_always,                 \
            LIO_COUNT(kind##_always)                                           \
    }

static const struct kind kinds[] = {
    [LIO_KIND_BACKEND] = KIND(backend),
    [LIO_KIND_CACHE] = KIND(cache),
    [LIO_KIND_PREFETCH] = KIND(prefetch),
    [LIO_KIND_COALESCE] = KIND(coalesce),
    [LIO_KIND_FILTER] = { "filter", sizeof(struct lio_backend_ops),
                          backend_always, LIO_COUNT(backend_always) },
};

static const struct kind *find_kind(uint32_t kind)
{
    return kind < LIO_COUNT(kinds) && kinds[kind].name ? &kinds[kind] : NULL;
}

const char *lio_kind_name(uint32_t kind)
{
    const struct kind *known = find_kind(kind);

    return known ? known->name : "";
}

/* -- who made it, and when ----------------------------------------------- */

static int check_abi(const struct lio_plugin *table, struct lio_error *err)
{
    if (table->abi == 0 || table->abi > MAX_ABI)
        return lio_error_set(err, LIO_EPLUGIN,
                             "its table does not begin with a plugin ABI "
                             "number but with 0x%08x: it was not made for "
                             "lanceio",
                             table->abi);
    if (table->abi > LIO_PLUGIN_ABI)
        return lio_error_set(err, LIO_EPLUGIN,
                             "it was built for plugin ABI %u, newer than the "
                             "%u of this lanceio: update lanceio",
                             table->abi, LIO_PLUGIN_ABI);
    if (table->abi < LIO_PLUGIN_ABI)
        return lio_error_set(err, LIO_EPLUGIN,
                             "it was built for plugin ABI %u, older than the "
                             "%u of this lanceio: rebuild the plugin",
                             table->abi, LIO_PLUGIN_ABI);
    return 0;
}

/* A size that the plugin states for one of its structs: within what version 1
 * had and what we know. */
static int check_size(const char *what, size_t bytes, size_t least, size_t most,
                      struct lio_error *err)
{
    if (bytes > most)
        return lio_error_set(err, LIO_EPLUGIN,
                             "its %s has %zu bytes and this lanceio knows "
                             "%zu: it was built for a newer lanceio",
                             what, bytes, most);
    if (bytes < least || bytes % sizeof(void *))
        return lio_error_set(err, LIO_EPLUGIN,
                             "its %s has %zu bytes, which no version of "
                             "lanceio had",
                             what, bytes);
    return 0;
}

static int check_name(const struct lio_plugin *table, const struct kind *kind,
                      const char *file_name, struct lio_error *err)
{
    size_t len = strlen(kind->name);

    if (!table->name || !*table->name)
        return lio_error_set(err, LIO_EPLUGIN, "it has no name");
    if (strcmp(table->name, file_name))
        return lio_error_set(err, LIO_EPLUGIN,
                             "it calls itself '%s': file and plugin must have "
                             "one name",
                             table->name);
    if (strncmp(table->name, kind->name, len) || table->name[len] != '-')
        return lio_error_set(err, LIO_EPLUGIN,
                             "it is a %s, so its name must begin with '%s-'",
                             kind->name, kind->name);
    return 0;
}

/* -- callbacks ----------------------------------------------------------- */

static bool has_callback(const void *ops, const struct callback *callback)
{
    void (*function)(void);

    memcpy(&function, (const char *)ops + callback->at, sizeof(function));
    return function != NULL;
}

static int check_callbacks(const void *ops, const struct callback *callbacks,
                           uint32_t n, struct lio_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (!has_callback(ops, &callbacks[i]))
            return lio_error_set(err, LIO_EPLUGIN,
                                 "it lacks the mandatory callback %s()",
                                 callbacks[i].name);
    return 0;
}

/* A backend blocks or has queues; half of each would be run as neither.  A
 * filter has queues. */
static int check_backend_shape(const struct lio_backend_ops *ops, uint32_t kind,
                               struct lio_error *err)
{
    if (!ops->run)
        return check_callbacks(ops, backend_queue, LIO_COUNT(backend_queue),
                               err);
    if (kind == LIO_KIND_FILTER)
        return lio_error_set(err, LIO_EPLUGIN,
                             "it has run(): a filter is asynchronous");
    for (uint32_t i = 0; i < LIO_COUNT(backend_queue); i++)
        if (has_callback(ops, &backend_queue[i]))
            return lio_error_set(err, LIO_EPLUGIN,
                                 "it has both run() and %s(): a backend is "
                                 "blocking or asynchronous",
                                 backend_queue[i].name);
    return 0;
}

static int copy_ops(const struct lio_plugin *table, const struct kind *kind,
                    struct lio_loaded *plugin, struct lio_error *err)
{
    int rc;

    if (!table->ops)
        return lio_error_set(err, LIO_EPLUGIN, "it has no callbacks");
    rc = check_size("table of callbacks", table->ops_bytes, 0, kind->ops_bytes,
                    err);
    if (rc < 0)
        return rc;
    memcpy(&plugin->ops, table->ops, table->ops_bytes);
    rc = check_callbacks(&plugin->ops, kind->always, kind->nalways, err);
    if (rc == 0 &&
        (table->kind == LIO_KIND_BACKEND || table->kind == LIO_KIND_FILTER))
        rc = check_backend_shape(&plugin->ops.backend, table->kind, err);
    return rc;
}

/* -- parameters ---------------------------------------------------------- */

static int copy_params(const struct lio_plugin *table,
                       struct lio_loaded *plugin, struct lio_error *err)
{
    const char *from = (const char *)table->params;
    struct lio_param *params;
    int rc;

    if (table->nparams == 0)
        return 0;
    if (!from || table->nparams > MAX_PARAMS)
        return lio_error_set(
            err, LIO_EPLUGIN, "it announces %u parameters%s", table->nparams,
            from ? ", which is too many" : " but has no table of them");
    rc = check_size("parameter entry", table->param_bytes, PARAM_V1,
                    sizeof(*params), err);
    if (rc < 0)
        return rc;
    params = calloc(table->nparams, sizeof(*params));
    if (!params)
        return lio_error_set(err, LIO_ENOMEM, "there is no memory for it");
    for (uint32_t i = 0; i < table->nparams; i++)
        memcpy(&params[i], from + (size_t)i * table->param_bytes,
               table->param_bytes);
    rc = lio_params_check(params, table->nparams, err);
    if (rc < 0) {
        free(params);
        return rc;
    }
    plugin->params = params;
    plugin->nparams = table->nparams;
    return 0;
}

/* -- all of it ----------------------------------------------------------- */

int lio_plugin_check(const struct lio_plugin *table, const char *name,
                     struct lio_loaded *ret_plugin, struct lio_error *err)
{
    struct lio_loaded plugin = { 0 };
    const struct kind *kind;
    int rc;

    if (!table)
        return lio_error_set(err, LIO_EPLUGIN,
                             "its entry point returns no table");
    /* Nothing after the first two numbers is read before they are checked. */
    rc = check_abi(table, err);
    if (rc == 0)
        rc = check_size("plugin table", table->plugin_bytes, PLUGIN_V1,
                        sizeof(*table), err);
    if (rc < 0)
        return rc;
    kind = find_kind(table->kind);
    if (!kind)
        return lio_error_set(err, LIO_EPLUGIN,
                             "it is of kind %u, which this lanceio does not "
                             "know",
                             table->kind);
    rc = check_name(table, kind, name, err);
    if (rc == 0)
        rc = copy_ops(table, kind, &plugin, err);
    if (rc == 0)
        rc = copy_params(table, &plugin, err);
    if (rc < 0)
        return rc;

    plugin.name = table->name;
    plugin.version = table->version ? table->version : "";
    plugin.summary = table->summary ? table->summary : "";
    plugin.kind = table->kind;
    *ret_plugin = plugin;
    return 0;
}
