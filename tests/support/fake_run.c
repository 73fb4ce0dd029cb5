/* See fake_run.h. */
#include "support/fake_run.h"

#include "core/loader.h"

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

struct lio_config {
    struct lio_setting settings[2];
};

static const struct lio_config fake_config = {
    .settings = { { "backend", "plugin", "backend-uring", "built-in", "" },
                  { "stats", "interval", "20ms", "test.ini:7", "" } },
};

int lio_config_each(const struct lio_config *config,
                    int (*each)(const struct lio_setting *, void *user),
                    void *user)
{
    int stop = 0;

    for (uint32_t i = 0; i < COUNT_OF(config->settings) && !stop; i++)
        stop = each(&config->settings[i], user);
    return stop;
}

const char *lio_config_source(const struct lio_config *config)
{
    (void)config;
    return "test.ini";
}

static const struct lio_loaded backend = {
    .path = "plugins/backend-pread.so",
    .name = "backend-pread",
    .version = "1.2",
    .kind = LIO_KIND_BACKEND,
};

static const struct lio_loaded cache = {
    .path = "plugins/cache-lru.so",
    .name = "cache-lru",
    .version = "1.3",
    .kind = LIO_KIND_CACHE,
};

static const struct lio_loaded *const plugins[] = { &backend, &cache };

const struct lio_run fake_run = {
    .config = &fake_config,
    .backend_wanted = "backend-uring",
    .backend_used = "backend-pread",
    .backend_reason = "io_uring_setup: Operation not permitted",
    .plugins = plugins,
    .nplugins = COUNT_OF(plugins),
    .nlanes = 2,
    .queue_depth = 64,
    .lock_wait_ns = 3000000000,
};
