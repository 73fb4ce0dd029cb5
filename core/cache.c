/*
 * The block cache: what it is made of, and its figures.
 *
 *     logs     | seat 0, seat 1, ... | ...                 hits to be told of
 *     slots    |  key, state, joins  |  ...                one for each frame
 *     buckets  |    chain, chain     |  ...                as many a shard
 *              '----- shard 0 -------'------ shard 1 ----
 *     frames   | 64 KiB | 64 KiB | 64 KiB | 64 KiB | ...   one mapping, dealt
 *                shard 0  shard 1   ...     shard 0        out to the shards
 *
 * Nothing is allocated after open, so the size is known before.  Frames are
 * dealt out in turn, so that a cache that is not full yet has touched no more
 * memory than it needs (cache_frames.c).
 */
#include "core/cache_parts.h"

#include <stdlib.h>
#include <string.h>

/* -- lifetime ------------------------------------------------------------ */

static int make_tables(struct lio_cache *cache, struct lio_error *err)
{
    const struct lio_cache_layout *layout = &cache->layout;
    size_t nslots = (size_t)layout->nshards * layout->shard_slots;
    size_t nlogs = (size_t)layout->nshards * layout->nseats;
    size_t nbuckets = (size_t)layout->nshards * layout->nbuckets;
    struct lio_slotlink *links;

    cache->tables =
        aligned_alloc(alignof(struct lio_shard), layout->table_bytes);
    if (!cache->tables)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for the tables of a cache with %zu "
                             "blocks: lower [cache] size",
                             nslots);
    memset(cache->tables, 0, layout->table_bytes);
    cache->shards = cache->tables;
    cache->seats = (struct lio_seat *)(cache->shards + layout->nshards);
    cache->logs = (struct lio_hit_log *)(cache->seats + layout->nseats);
    cache->slots = (struct lio_slot *)(cache->logs + nlogs);
    cache->rest = (struct lio_slot_rest *)(cache->slots + nslots);
    links = (struct lio_slotlink *)(cache->rest + nslots);
    cache->buckets = (_Atomic uint32_t *)(links + nslots +
                                          (size_t)layout->nshards * LIO_NLISTS);
    /* All bits set: LIO_NO_SLOT. */
    memset(cache->seats, 0xff, layout->nseats * sizeof(*cache->seats));
    memset(cache->buckets, 0xff, nbuckets * sizeof(*cache->buckets));
    cache->shard_bits = (unsigned)__builtin_ctz(layout->nshards);
    cache->bucket_bits = (unsigned)__builtin_ctzll(nbuckets);
    cache->shard_slots = layout->shard_slots;
    cache->recent = layout->shard_slots < 128 ? 1 : layout->shard_slots / 64;

    for (uint32_t i = 0; i < layout->nshards; i++) {
        struct lio_shard *shard = &cache->shards[i];

        shard->slots = cache->slots + (size_t)i * layout->shard_slots;
        shard->nslots = layout->shard_slots;
        lio_lists_init(shard, links);
        links += shard->nslots + LIO_NLISTS;
        lio_shard_free_slots(cache, shard);
    }
    return 0;
}

static int open_shard(struct lio_cache *cache, struct lio_shard *shard,
                      const union lio_value *params, struct lio_error *err)
{
    struct lio_cache_setup setup = {
        .params = params,
        .nslots = shard->nslots,
        .evictable = lio_shard_evictable,
        .host = shard,
    };
    int rc = pthread_mutex_init(&shard->lock, NULL);

    if (rc != 0)
        return lio_error_set(err, LIO_ENOMEM, "no mutex for the cache: %s",
                             strerror(rc));
    rc = cache->ops.open(&setup, &shard->policy, err);
    if (rc > 0)
        rc = lio_error_set(err, LIO_EPLUGIN,
                           "the cache plugin's open() returned %d, which is "
                           "neither success nor an error: mend the plugin",
                           rc);
    if (rc < 0)
        pthread_mutex_destroy(&shard->lock);
    return rc;
}

int lio_cache_open(const struct lio_cache_config *config,
                   struct lio_cache **ret_cache, struct lio_error *err)
{
    struct lio_cache *cache = aligned_alloc(LIO_CACHE_LINE, sizeof(*cache));
    int rc;

    if (!cache)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a cache");
    memset(cache, 0, sizeof(*cache));
    cache->ops = *config->ops;
    rc = lio_cache_choose_layout(config, &cache->layout, err);
    cache->shard_hot = (uint32_t)((uint64_t)cache->layout.shard_slots *
                                  config->hot_percent / 100);
    if (rc == 0)
        rc = lio_frames_map(cache, err);
    if (rc == 0)
        rc = make_tables(cache, err);
    while (rc == 0 && cache->nopen < cache->layout.nshards) {
        rc = open_shard(cache, &cache->shards[cache->nopen], config->params,
                        err);
        if (rc == 0)
            cache->nopen++;
    }
    if (rc < 0) {
        lio_cache_close(cache);
        return rc;
    }
    *ret_cache = cache;
    return 0;
}

void lio_cache_close(struct lio_cache *cache)
{
    if (!cache)
        return;
    for (uint32_t i = 0; i < cache->nopen; i++) {
        cache->ops.close(cache->shards[i].policy);
        pthread_mutex_destroy(&cache->shards[i].lock);
    }
    free(cache->tables);
    lio_frames_unmap(cache);
    free(cache);
}

/* -- statistics ---------------------------------------------------------- */

static void count_slots(const struct lio_shard *shard,
                        struct lio_cache_stats *stats)
{
    for (uint32_t local = 0; local < shard->nslots; local++) {
        uint64_t state = lio_slot_state(&shard->slots[local]);

        stats->used_slots += (state & LIO_SLOT_USED) != 0;
        stats->pinned_slots += lio_slot_pins(state) > 0;
    }
}

static void count_shard(struct lio_shard *shard, struct lio_cache_stats *stats)
{
    uint64_t used_before = stats->used_slots;

    pthread_mutex_lock(&shard->lock);
    count_slots(shard, stats);
    /* What came in and is no longer here was given up, or forgotten. */
    stats->evictions +=
        atomic_load_explicit(&shard->insertions, memory_order_relaxed) -
        shard->forgotten - (stats->used_slots - used_before);
    stats->refused += shard->refused;
    stats->wrong_victims += shard->wrong_victims;
    stats->lost_victims += shard->lost_victims;
    stats->hot_slots += shard->lists[LIO_PLACE_HOT - 1].count;
    stats->hot_refused += shard->hot_refused;
    stats->wasted_bytes += shard->wasted * LIO_SECTOR_BYTES;
    stats->cancelled_bytes += shard->cancelled * LIO_SECTOR_BYTES;
    pthread_mutex_unlock(&shard->lock);
}

void lio_cache_stats(struct lio_cache *cache, struct lio_cache_stats *ret_stats)
{
    struct lio_cache_stats stats = {
        .nslots = (uint64_t)cache->layout.nshards * cache->layout.shard_slots,
        .bytes = cache->layout.bytes,
        .shards = cache->layout.nshards,
    };

    for (uint32_t i = 0; i < cache->layout.nshards; i++)
        count_shard(&cache->shards[i], &stats);
    stats.ahead_bytes = lio_cache_ahead_bytes(cache);
    *ret_stats = stats;
}
