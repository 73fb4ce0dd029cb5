/*
 * A cache without bytes: what a policy plugin is asked, and no more.
 *
 *     block ──hash──► place in a table: block, slot     open addressing
 *
 * The engine's cache is not used, because frames, locks, pins and shards would
 * be in the way: simulated are millions of requests a second, and exactly in
 * the order they are given.  A slot that was given up is taken at once, so that
 * the used ones are always 0 .. nused-1.
 */
#include <lanceio/simulate.h>

#include "common/hash.h"
#include "core/config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BLOCKS (UINT64_C(1) << 30)

/* One place of the table, empty if slot is LIO_NO_SLOT. */
struct place {
    uint64_t block;
    uint32_t slot;
};

struct lio_simulation {
    struct lio_config *config; /* its loader has the plugin */
    const struct lio_loaded *plugin;
    union lio_value *values;
    void *policy; /* if opened: it may well be NULL */
    bool opened;
    uint64_t *blocks; /* by slot */
    struct place *table;
    unsigned table_bits; /* at most half of the places are taken */
    uint32_t nslots;
    uint32_t nused;
};

/* -- the table ----------------------------------------------------------- */

static uint32_t next_place(const struct lio_simulation *sim, uint32_t at)
{
    return (at + 1) & (uint32_t)((UINT64_C(1) << sim->table_bits) - 1);
}

/* The place of `block`, or the empty one where it would be. */
static uint32_t find_place(const struct lio_simulation *sim, uint64_t block)
{
    uint32_t at = lio_hash_place(block, sim->table_bits);

    while (sim->table[at].slot != LIO_NO_SLOT && sim->table[at].block != block)
        at = next_place(sim, at);
    return at;
}

/* Whether `at` lies in the run from `from` up to, but not including, `to`,
 * which may pass the end of the table. */
static bool lies_between(uint32_t from, uint32_t at, uint32_t to)
{
    return from <= to ? from <= at && at < to : from <= at || at < to;
}

/* Empty a place, and close the gap: who comes behind and had to step over this
 * place moves up, until a place is empty. */
static void empty_place(struct lio_simulation *sim, uint32_t gap)
{
    uint32_t at = gap;

    for (;;) {
        at = next_place(sim, at);
        if (sim->table[at].slot == LIO_NO_SLOT)
            break;
        if (lies_between(lio_hash_place(sim->table[at].block, sim->table_bits),
                         gap, at)) {
            sim->table[gap] = sim->table[at];
            gap = at;
        }
    }
    sim->table[gap].slot = LIO_NO_SLOT;
}

/* -- the run ------------------------------------------------------------- */

static bool simulation_evictable(void *host, uint32_t slot)
{
    const struct lio_simulation *sim = host;

    return slot < sim->nused;
}

/* A slot for `block`, which is not cached. */
static int make_slot(struct lio_simulation *sim, uint64_t block,
                     uint32_t *ret_slot, struct lio_error *err)
{
    uint32_t slot;

    if (sim->nused < sim->nslots) {
        *ret_slot = sim->nused++;
        return 0;
    }
    slot = sim->plugin->ops.cache.evict(sim->policy, block);
    if (slot >= sim->nslots)
        return lio_error_set(err, LIO_EPLUGIN,
                             "%s gave up slot %" PRIu32 " of %" PRIu32
                             ", and any would have done: mend the plugin",
                             sim->plugin->path, slot, sim->nslots);
    empty_place(sim, find_place(sim, sim->blocks[slot]));
    *ret_slot = slot;
    return 0;
}

static int miss(struct lio_simulation *sim, uint64_t block,
                struct lio_error *err)
{
    uint32_t slot;
    int rc = make_slot(sim, block, &slot, err);

    if (rc < 0)
        return rc;
    sim->blocks[slot] = block;
    sim->table[find_place(sim, block)] =
        (struct place){ .block = block, .slot = slot };
    sim->plugin->ops.cache.insert(sim->policy, slot, block);
    return 0;
}

int lio_simulation_run(struct lio_simulation *sim, const uint64_t *blocks,
                       size_t n, uint64_t *ret_misses, struct lio_error *err)
{
    void (*hit)(void *, uint32_t, uint64_t) = sim->plugin->ops.cache.hit;
    uint64_t misses = 0;
    int rc;

    for (size_t i = 0; i < n; i++) {
        uint32_t slot = sim->table[find_place(sim, blocks[i])].slot;

        if (slot != LIO_NO_SLOT) {
            hit(sim->policy, slot, blocks[i]);
            continue;
        }
        rc = miss(sim, blocks[i], err);
        if (rc < 0)
            return rc;
        misses++;
    }
    *ret_misses = misses;
    return 0;
}

/* -- lifetime ------------------------------------------------------------ */

static int load_policy(struct lio_simulation *sim, const char *plugin,
                       struct lio_error *err)
{
    int rc = lio_loader_find(lio_config_loader(sim->config), plugin,
                             LIO_KIND_CACHE, &sim->plugin, err);

    if (rc < 0)
        return rc;
    return lio_config_values(sim->config, sim->plugin, &sim->values, err);
}

static int make_table(struct lio_simulation *sim, struct lio_error *err)
{
    size_t nplaces;

    sim->table_bits = lio_hash_bits(2 * (uint64_t)sim->nslots);
    nplaces = (size_t)1 << sim->table_bits;
    sim->blocks = malloc(sim->nslots * sizeof(*sim->blocks));
    sim->table = malloc(nplaces * sizeof(*sim->table));
    if (!sim->blocks || !sim->table)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory to simulate %" PRIu32 " blocks",
                             sim->nslots);
    memset(sim->table, 0xff, nplaces * sizeof(*sim->table));
    return 0;
}

static int open_policy(struct lio_simulation *sim, struct lio_error *err)
{
    struct lio_cache_setup setup = {
        .params = sim->values,
        .nslots = sim->nslots,
        .evictable = simulation_evictable,
        .host = sim,
    };
    int rc = sim->plugin->ops.cache.open(&setup, &sim->policy, err);

    if (rc > 0)
        return lio_error_set(err, LIO_EPLUGIN,
                             "%s: open() returned %d, which is neither "
                             "success nor an error: mend the plugin",
                             sim->plugin->path, rc);
    sim->opened = rc == 0;
    return rc;
}

int lio_simulation_open(const struct lio_config *config, const char *plugin,
                        uint64_t nblocks, struct lio_simulation **ret_sim,
                        struct lio_error *err)
{
    struct lio_simulation *sim;
    int rc;

    if (nblocks < 1 || nblocks > MAX_BLOCKS)
        return lio_error_set(
            err, LIO_EINVAL,
            "a cache of %" PRIu64
            " blocks cannot be simulated: ask for 1 to %" PRIu64,
            nblocks, MAX_BLOCKS);
    sim = calloc(1, sizeof(*sim));
    if (!sim)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a simulation");
    sim->nslots = (uint32_t)nblocks;
    sim->config = lio_config_ref(config);
    rc = load_policy(sim, plugin, err);
    if (rc == 0)
        rc = make_table(sim, err);
    if (rc == 0)
        rc = open_policy(sim, err);
    if (rc < 0) {
        lio_simulation_close(sim);
        return rc;
    }
    *ret_sim = sim;
    return 0;
}

void lio_simulation_close(struct lio_simulation *sim)
{
    if (!sim)
        return;
    if (sim->opened)
        sim->plugin->ops.cache.close(sim->policy);
    free(sim->values);
    free(sim->table);
    free(sim->blocks);
    lio_config_free(sim->config);
    free(sim);
}
