/*
 * lanceio's cache below the engine, called as core/read_block.c does: a hit
 * without the lock, else a claim, whose load is published at once.
 */
#include "bench/cache/table.h"

#include "core/cache.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char *policy_path;

void table_lanceio_use(const char *path)
{
    policy_path = path;
}

static void fail(const char *why)
{
    fprintf(stderr, "lio-bench-cache: %s\n", why);
    exit(1);
}

/* The plugin stays loaded: its code is the cache's as long as that is. */
static const struct lio_plugin *load_policy(void)
{
    void *plugin = dlopen(policy_path, RTLD_NOW | RTLD_LOCAL);
    const struct lio_plugin *(*entry)(void);

    if (!plugin)
        fail(dlerror());
    *(void **)&entry = dlsym(plugin, "lio_plugin_entry");
    if (!entry || entry()->kind != LIO_KIND_CACHE)
        fail("that is no cache plugin");
    return entry();
}

/* Of the program's one cache, whose policy may look at them until it ends. */
static union lio_value *values;

/* Parameters keep their presets, which are numbers in all cache plugins. */
static void *lanceio_open(uint32_t nblocks, uint32_t nthreads)
{
    const struct lio_plugin *plugin = load_policy();
    struct lio_cache_config config = {
        /* What a block takes in tables, with room for the largest policy. */
        .size_bytes = (uint64_t)nblocks * (LIO_BLOCK_BYTES + 256) +
                      ((uint64_t)nthreads << 20),
        .nseats = nthreads,
        .ops = plugin->ops,
    };
    struct lio_cache *cache;
    struct lio_error err;

    values = calloc(plugin->nparams + 1, sizeof(*values));
    config.params = values;
    if (!values)
        fail("no memory");
    for (uint32_t i = 0; i < plugin->nparams; i++)
        values[i].u = plugin->params[i].preset;
    if (lio_cache_open(&config, &cache, &err) < 0)
        fail(err.msg);
    return cache;
}

/* Whoever comes while another thread loads the block waits for it. */
struct join {
    struct lio_cache_join base; /* first: the cache hands back this */
    _Atomic bool back;
};

static void publish(struct lio_cache *cache,
                    const struct lio_cache_claim *claim)
{
    struct lio_cache_join *join =
        lio_cache_publish(cache, claim->slot, claim->load, true);
    struct lio_cache_join *next;

    for (; join; join = next) {
        next = join->next;
        lio_cache_unpin(cache, join->slot);
        atomic_store(&((struct join *)join)->back, true);
    }
}

static void load(struct lio_cache *cache, const struct lio_cache_want *want)
{
    struct lio_cache_claim claim;
    struct join join = { .back = false };

    if (lio_cache_claim(cache, want, &join.base, &claim) < 0)
        return; /* all is pinned: the engine would read past the cache */
    if (claim.load)
        publish(cache, &claim);
    while (claim.join && !atomic_load(&join.back))
        sched_yield();
    lio_cache_unpin(cache, claim.slot);
}

static bool lanceio_look_up(void *table, uint32_t thread, uint64_t key)
{
    struct lio_cache *cache = table;
    struct lio_cache_want want = {
        .key = key,
        .sectors = UINT16_MAX,
        .brief = true,
        .seat = thread,
        .until = LIO_BLOCK_BYTES,
    };
    struct lio_cache_claim claim;

    if (!lio_cache_hit(cache, &want, &claim)) {
        load(cache, &want);
        return false;
    }
    lio_cache_release(cache, &claim);
    return true;
}

static void lanceio_close(void *table)
{
    lio_cache_close(table);
    free(values);
}

const struct table table_lanceio = { "lanceio", lanceio_open, lanceio_look_up,
                                     lanceio_close };
