#include "core/settings.h"

#include "core/param.h"

#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)
#define MS  UINT64_C(1000000)
#define SEC (MS * 1000)

#define AT(member) .at = offsetof(struct lio_settings, member)

static const char *check_power_of_two(union lio_value value)
{
    return value.u & (value.u - 1) && value.u ? "is not a power of two" : NULL;
}

/* So that every piece of a split operation stays aligned for direct I/O. */
static const char *check_pages(union lio_value value)
{
    return value.u % (4 * KIB) ? "is not a multiple of 4K" : NULL;
}

static const char *check_not_empty(union lio_value value)
{
    return *value.s ? NULL : "has no value";
}

static const char *const pins[] = {
    [LIO_PIN_NONE] = "none",
    [LIO_PIN_METADATA] = "metadata",
    NULL,
};

static const struct lio_key keys[] = {
    { "engine",
      { "plugin_dir", LIO_PARAM_STRING,
        .help = "directory searched for plugins first; empty: none" },
      AT(engine.plugin_dir) },
    { "engine",
      { "lanes", LIO_PARAM_UINT, .max = 64,
        .help = "queues to the device; 0: one for each processor" },
      AT(engine.lanes) },
    { "engine",
      { "queue_depth", LIO_PARAM_UINT, .min = 1, .max = 4096,
        .help = "operations in flight on each lane" },
      AT(engine.queue_depth) },
    { "engine",
      { "workers", LIO_PARAM_UINT, .max = 256,
        .help = "threads for blocking operations and decoding; 0: automatic" },
      AT(engine.workers) },
    { "engine",
      { "worker_queue", LIO_PARAM_UINT, .min = 1, .max = 1u << 20,
        .help = "tasks that may wait for a worker" },
      AT(engine.worker_queue) },
    { "engine",
      { "max_op_size", LIO_PARAM_SIZE, .min = 4 * KIB, .max = GIB,
        .help = "largest operation given to a backend; a multiple of 4K" },
      AT(engine.max_op_bytes),
      .check = check_pages },
    { "engine",
      { "in_flight", LIO_PARAM_SIZE, .max = 16 * TIB,
        .help = "bytes on their way to or from the device at once; 0: any" },
      AT(engine.in_flight_bytes) },
    { "engine",
      { "memory", LIO_PARAM_SIZE, .max = 16 * TIB,
        .help = "for views and aligned copies outside the cache; 0: any" },
      AT(engine.memory_bytes) },
    { "engine",
      { "timeout", LIO_PARAM_TIME, .max = 24 * 3600 * SEC,
        .help = "time a request may take, retries included; 0: any" },
      AT(engine.timeout_ns) },
    { "backend",
      { "plugin", LIO_PARAM_STRING, .help = "plugin that moves the bytes" },
      AT(backend.plugin),
      .plugin_kind = LIO_KIND_BACKEND },
    { "backend",
      { "fallback", LIO_PARAM_STRING,
        .help = "backend if that one cannot be opened; none: stop" },
      AT(backend.fallback),
      .plugin_kind = LIO_KIND_BACKEND,
      .may_be_none = true },
    { "backend",
      { "filters", LIO_PARAM_STRING,
        .help = "plugins in front of it, the outermost first; empty: none" },
      AT(backend.filters),
      .plugin_kind = LIO_KIND_FILTER,
      .is_list = true },
    { "cache",
      { "plugin", LIO_PARAM_STRING,
        .help = "plugin that chooses what to give up; none: no cache" },
      AT(cache.plugin),
      .plugin_kind = LIO_KIND_CACHE,
      .may_be_none = true },
    { "cache",
      { "size", LIO_PARAM_SIZE, .min = 128 * KIB, .max = 16 * TIB,
        .help = "memory for all the cache holds, tables included" },
      AT(cache.size_bytes) },
    { "cache",
      { "shards", LIO_PARAM_UINT, .max = 4096,
        .help = "parts with a lock each, a power of two; 0: automatic" },
      AT(cache.shards),
      .check = check_power_of_two },
    { "cache",
      { "pin", LIO_PARAM_ENUM, .choices = pins,
        .help = "what is pinned in the cache without being asked for" },
      AT(cache.pin) },
    { "cache",
      { "pin_max", LIO_PARAM_UINT, .max = 90,
        .help = "percent of the blocks that may be pinned" },
      AT(cache.pin_max) },
    { "prefetch",
      { "plugin", LIO_PARAM_STRING,
        .help = "plugins that guess the next reads, first come; or none" },
      AT(prefetch.plugin),
      .plugin_kind = LIO_KIND_PREFETCH,
      .may_be_none = true,
      .is_list = true },
    { "prefetch",
      { "max_bytes", LIO_PARAM_SIZE, .max = 16 * TIB,
        .help = "read ahead and not used yet; 0: read nothing ahead" },
      AT(prefetch.max_bytes) },
    { "coalesce",
      { "plugin", LIO_PARAM_STRING,
        .help = "plugin that says which reads become one; none: each alone" },
      AT(coalesce.plugin),
      .plugin_kind = LIO_KIND_COALESCE,
      .may_be_none = true },
    { "files",
      { "max_open", LIO_PARAM_UINT, .min = 1, .max = 1u << 20,
        .help = "file handles open at once" },
      AT(files.max_open) },
    { "files",
      { "direct", LIO_PARAM_BOOL, .help = "go past the page cache" },
      AT(files.direct) },
    { "stats",
      { "database", LIO_PARAM_STRING,
        .help = "where runs leave their figures: a path, auto or off" },
      AT(stats.database),
      .check = check_not_empty },
    { "stats",
      { "interval", LIO_PARAM_TIME, .min = 10 * MS, .max = 3600 * SEC,
        .help = "time between two rows of a run" },
      AT(stats.interval_ns) },
    { "stats",
      { "slow", LIO_PARAM_TIME, .max = 3600 * SEC,
        .help = "operations that take longer are listed; 0: none" },
      AT(stats.slow_ns) },
    { "stats",
      { "lock_wait", LIO_PARAM_TIME, .max = 600 * SEC,
        .help = "how long a run waits for others to unlock the database" },
      AT(stats.lock_wait_ns) },
};

const struct lio_key *lio_keys(uint32_t *ret_nkeys)
{
    *ret_nkeys = LIO_COUNT(keys);
    return keys;
}

const struct lio_key *lio_key_find(const char *section, const char *name)
{
    for (uint32_t i = 0; i < LIO_COUNT(keys); i++)
        if (!strcmp(keys[i].section, section) &&
            !strcmp(keys[i].param.name, name))
            return &keys[i];
    return NULL;
}

bool lio_section_known(const char *section)
{
    for (uint32_t i = 0; i < LIO_COUNT(keys); i++)
        if (!strcmp(keys[i].section, section))
            return true;
    return false;
}

int lio_key_parse(const struct lio_key *key, const char *text,
                  union lio_value *ret_value, struct lio_error *err)
{
    union lio_value value;
    const char *wrong;
    int rc = lio_param_parse(&key->param, text, &value, err);

    if (rc < 0)
        return rc;
    wrong = key->check ? key->check(value) : NULL;
    if (wrong)
        return lio_error_set(err, LIO_ECONFIG, "%s", wrong);
    *ret_value = value;
    return 0;
}

/* The type of the parameter decides the type of the member: UINT and ENUM are
 * uint32_t (their ranges fit), SIZE and TIME uint64_t, BOOL bool, STRING const
 * char *. */
void lio_key_store(const struct lio_key *key, union lio_value value,
                   struct lio_settings *settings)
{
    void *member = (char *)settings + key->at;

    switch (key->param.type) {
    case LIO_PARAM_UINT:
    case LIO_PARAM_ENUM:
        *(uint32_t *)member = (uint32_t)value.u;
        break;
    case LIO_PARAM_BOOL:
        *(bool *)member = value.u != 0;
        break;
    case LIO_PARAM_STRING:
        *(const char **)member = value.s;
        break;
    default:
        *(uint64_t *)member = value.u;
        break;
    }
}

const char *lio_key_plugin(const struct lio_key *key,
                           const struct lio_settings *settings)
{
    return *(const char *const *)((const char *)settings + key->at);
}

const char *lio_list_next(const char **list, size_t *ret_len)
{
    const char *name = *list + strspn(*list, " \t,");
    size_t len = strcspn(name, " \t,");

    *list = name + len;
    *ret_len = len;
    return len > 0 ? name : NULL;
}
