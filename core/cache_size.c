/*
 * How many shards and slots a cache of so many bytes has.
 *
 * The configured size is a ceiling for everything: frames, slots, buckets, the
 * logs of hits, and what the policy says that it takes, ghosts included.  All
 * of it grows with the number of slots, which is found by bisection.
 */
#include "core/cache_parts.h"

#include <inttypes.h>
#include <unistd.h>

/* 64 TiB of blocks: numbers of slots and buckets still fit into 32 bits. */
#define MAX_SLOTS (UINT32_C(1) << 30)

/* A shard of fewer slots would fill up by accident of hashing while others
 * still have room; with so many, on Zipf 0.99, it misses 0.2 % more than one
 * shard of all would. */
#define AUTO_SHARD_SLOTS 64u
/* With so many a processor two threads seldom meet in one, although a shard's
 * data has to come over from the other's cache first.  More than MOST are of no
 * use, and each has a log for each seat. */
#define AUTO_SHARDS_PER_CPU 32u
#define AUTO_SHARDS_MOST    256u

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static uint64_t power_of_two_from(uint64_t n)
{
    uint64_t power = 1;

    while (power < n)
        power *= 2;
    return power;
}

/* Slots a shard could have if blocks were all it held. */
static uint32_t most_slots(uint64_t size_bytes, uint32_t nshards)
{
    uint64_t blocks = size_bytes / LIO_BLOCK_BYTES;

    if (blocks > MAX_SLOTS)
        blocks = MAX_SLOTS;
    return (uint32_t)(blocks / nshards);
}

/* bytes is UINT64_MAX if the policy's footprint exceeds all reason. */
static struct lio_cache_layout layout_of(const struct lio_cache_config *config,
                                         uint32_t nshards, uint32_t shard_slots)
{
    struct lio_cache_layout layout = {
        .nshards = nshards,
        .shard_slots = shard_slots,
        .nseats = config->nseats ? config->nseats : 1,
    };
    uint64_t nslots = (uint64_t)nshards * shard_slots;
    uint64_t policy_bytes = 0;

    layout.nbuckets = (uint32_t)power_of_two_from(2 * (uint64_t)shard_slots);
    layout.table_bytes = round_up(
        nshards * sizeof(struct lio_shard) +
            layout.nseats * sizeof(struct lio_seat) +
            (uint64_t)nshards * layout.nseats * sizeof(struct lio_hit_log) +
            nslots * (sizeof(struct lio_slot) + sizeof(struct lio_slot_rest)) +
            (nslots + (uint64_t)nshards * LIO_NLISTS) *
                sizeof(struct lio_slotlink) +
            (uint64_t)nshards * layout.nbuckets * sizeof(uint32_t),
        alignof(struct lio_shard));
    if (config->ops->footprint)
        policy_bytes = config->ops->footprint(shard_slots, config->params);
    if (policy_bytes > (UINT64_MAX >> 2) / nshards) {
        layout.bytes = UINT64_MAX;
        return layout;
    }
    layout.bytes = sizeof(struct lio_cache) + layout.table_bytes +
                   nslots * LIO_BLOCK_BYTES + nshards * policy_bytes;
    return layout;
}

/* The most slots that stay below the ceiling; shard_slots is 0 if none do. */
static struct lio_cache_layout
largest_layout(const struct lio_cache_config *config, uint32_t nshards)
{
    struct lio_cache_layout best = { .nshards = nshards };
    uint32_t fits = 0, past = most_slots(config->size_bytes, nshards) + 1;

    while (past - fits > 1) {
        uint32_t middle = fits + (past - fits) / 2;
        struct lio_cache_layout layout = layout_of(config, nshards, middle);

        if (layout.bytes <= config->size_bytes) {
            fits = middle;
            best = layout;
        } else {
            past = middle;
        }
    }
    return best;
}

static struct lio_cache_layout
automatic_layout(const struct lio_cache_config *config)
{
    long ncpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t nshards = (uint32_t)power_of_two_from(
        AUTO_SHARDS_PER_CPU * (uint64_t)(ncpus > 0 ? ncpus : 1));
    struct lio_cache_layout layout;

    if (nshards > AUTO_SHARDS_MOST)
        nshards = AUTO_SHARDS_MOST;
    layout = largest_layout(config, nshards);
    while (nshards > 1 && layout.shard_slots < AUTO_SHARD_SLOTS) {
        nshards /= 2;
        layout = largest_layout(config, nshards);
    }
    return layout;
}

int lio_cache_choose_layout(const struct lio_cache_config *config,
                            struct lio_cache_layout *ret_layout,
                            struct lio_error *err)
{
    uint32_t nshards = config->shards;
    struct lio_cache_layout layout;

    if (nshards & (nshards - 1))
        return lio_error_set(err, LIO_ECONFIG,
                             "[cache] shards = %" PRIu32
                             " is not a power of two: set one, or 0 for "
                             "automatic",
                             nshards);

    layout =
        nshards ? largest_layout(config, nshards) : automatic_layout(config);
    if (layout.shard_slots == 0)
        return lio_error_set(err, LIO_ECONFIG,
                             "[cache] size = %" PRIu64
                             " bytes is too small: one block in each shard "
                             "takes %" PRIu64 " bytes (shards = %" PRIu32 ")",
                             config->size_bytes,
                             layout_of(config, layout.nshards, 1).bytes,
                             layout.nshards);

    *ret_layout = layout;
    return 0;
}
