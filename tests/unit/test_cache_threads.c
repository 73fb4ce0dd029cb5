/*
 * Several threads read random sectors through a cache that is far too small,
 * and some of their loads fail.  Frames are plain memory, so the thread
 * sanitizer sees any reader that is not kept apart from a writer; without it,
 * what is read tells: each sector holds words made of its key and place.
 */
#include "core/cache.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/forget.h"

/* Of cache-lru, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define NTHREADS 4u
#define NREADS   20000u
#define NKEYS    16u
#define NSHARDS  2u
#define NSLOTS   (3u * NSHARDS)
#define NPENDING 3u  /* loads a thread leaves under way while it goes on */
#define NWORDS   16u /* of a sector that are written and looked at */

struct shared {
    struct lio_cache *cache;
    uint32_t nkeys;     /* at most NKEYS */
    uint32_t fail_1_in; /* loads */
    _Atomic uint32_t loaders[NKEYS][LIO_BLOCK_SECTORS];
};

/* What a reader has seen.  Its own: counters that are shared would order what
 * readers do, and hide from the thread sanitizer that the cache does not. */
struct counts {
    uint64_t wrong_words;
    uint64_t double_loads;
    uint64_t hits, lockless, joins, failures;
};

struct load {
    uint64_t key;
    uint32_t slot;
    uint16_t sectors;
};

struct reader {
    struct shared *shared;
    uint32_t seat;
    uint64_t seed;
    struct counts counts;
    struct load pending[NPENDING];
    uint32_t npending;
};

static uint32_t draw(struct reader *r, uint32_t below)
{
    r->seed ^= r->seed >> 12;
    r->seed ^= r->seed << 25;
    r->seed ^= r->seed >> 27;
    return (uint32_t)((r->seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static uint64_t *word_at(struct shared *s, uint32_t slot, uint32_t sector,
                         uint32_t word)
{
    unsigned char *frame = lio_cache_frame(s->cache, slot);

    return (uint64_t *)(void *)(frame + sector * LIO_SECTOR_BYTES +
                                word * (LIO_SECTOR_BYTES / NWORDS));
}

static uint64_t word_of(uint64_t key, uint32_t sector, uint32_t word)
{
    return (key + 1) << 32 | (sector + 1) << 16 | word;
}

static void check(struct reader *r, uint64_t key, uint32_t slot,
                  uint16_t sectors)
{
    for (uint32_t sector = 0; sector < LIO_BLOCK_SECTORS; sector++)
        for (uint32_t word = 0; word < NWORDS && (sectors >> sector & 1);
             word++)
            if (*word_at(r->shared, slot, sector, word) !=
                word_of(key, sector, word))
                r->counts.wrong_words++;
}

/* A load that fails has written something else. */
static void fill(struct shared *s, const struct load *load, uint64_t spoil)
{
    for (uint32_t sector = 0; sector < LIO_BLOCK_SECTORS; sector++)
        for (uint32_t word = 0; word < NWORDS && (load->sectors >> sector & 1);
             word++)
            *word_at(s, load->slot, sector, word) =
                word_of(load->key, sector, word) ^ spoil;
}

static void begin_load(struct reader *r, struct load load)
{
    for (uint32_t sector = 0; sector < LIO_BLOCK_SECTORS; sector++)
        if ((load.sectors >> sector & 1) &&
            atomic_fetch_add(&r->shared->loaders[load.key][sector], 1) != 0)
            r->counts.double_loads++;
    r->pending[r->npending++] = load;
}

static void end_load(struct reader *r)
{
    struct shared *s = r->shared;
    struct load load = r->pending[--r->npending];
    bool ok = draw(r, s->fail_1_in) != 0;
    struct lio_cache_join *join, *next;

    fill(s, &load, ok ? 0 : UINT64_MAX);
    for (uint32_t sector = 0; sector < LIO_BLOCK_SECTORS; sector++)
        if (load.sectors >> sector & 1)
            atomic_fetch_sub(&s->loaders[load.key][sector], 1);
    join = lio_cache_publish(s->cache, load.slot, load.sectors, ok);
    for (; join; join = next) {
        next = join->next; /* the post ends the right to look at it */
        sem_post(join->owner);
    }
    lio_cache_unpin(s->cache, load.slot);
}

/* Waits with no load of its own under way, so that no two wait for each other.
 */
static void wait_for(struct reader *r, uint64_t key,
                     struct lio_cache_join *join)
{
    struct shared *s = r->shared;

    while (r->npending > 0)
        end_load(r);
    while (sem_wait(join->owner) != 0)
        continue;
    if (join->failed)
        r->counts.failures++;
    else
        check(r, key, join->slot, join->sectors);
    r->counts.joins++;
    lio_cache_unpin(s->cache, join->slot);
}

static void read_once(struct reader *r, sem_t *back)
{
    struct shared *s = r->shared;
    static const uint32_t hints[] = {
        0, 0, 0, LIO_CACHE_SCAN, LIO_CACHE_ONCE, LIO_CACHE_HOT
    };
    struct lio_cache_join join = { .owner = back };
    uint64_t key = draw(r, s->nkeys);
    struct lio_cache_want want = {
        .key = key,
        .sectors = (uint16_t)(1u << draw(r, 16) | 1u << draw(r, 16)),
        .brief = draw(r, 2) == 0,
        .hints = hints[draw(r, LIO_COUNT(hints))],
        .seat = r->seat,
        .until = LIO_BLOCK_BYTES,
    };
    struct lio_cache_claim claim;

    if (r->npending == NPENDING)
        end_load(r);
    if (lio_cache_hit(s->cache, &want, &claim)) {
        r->counts.lockless++;
    } else if (lio_cache_claim(s->cache, &want, &join, &claim) == LIO_EAGAIN) {
        if (r->npending > 0)
            end_load(r);
        return;
    }
    check(r, key, claim.slot, claim.hit);
    r->counts.hits += claim.hit != 0;
    if (claim.load)
        begin_load(r, (struct load){ key, claim.slot, claim.load });
    else
        lio_cache_release(s->cache, &claim);
    if (claim.join)
        wait_for(r, key, &join);
    if (draw(r, 64) == 0)
        forget_block(s->cache, draw(r, s->nkeys));
    if (draw(r, 64) == 0)
        lio_cache_let_go(s->cache, 0, draw(r, s->nkeys));
    if (draw(r, 64) == 0)
        lio_cache_outdate(s->cache, draw(r, s->nkeys), UINT64_MAX);
}

static void *read_much(void *arg)
{
    struct reader *r = arg;
    sem_t back;

    sem_init(&back, 0, 0);
    for (uint32_t i = 0; i < NREADS; i++)
        read_once(r, &back);
    while (r->npending > 0)
        end_load(r);
    sem_destroy(&back);
    return NULL;
}

static struct counts run_readers(struct shared *shared)
{
    const struct lio_plugin *lru = lio_plugin_entry();
    struct lio_cache_config config = {
        .size_bytes = NSLOTS * LIO_BLOCK_BYTES + LIO_BLOCK_BYTES / 2,
        .shards = NSHARDS,
        .nseats = NTHREADS,
        .hot_percent = 34,
        .ops = lru->ops,
    };
    struct reader readers[NTHREADS] = { 0 };
    pthread_t threads[NTHREADS];
    struct counts sum = { 0 };

    assert_int_equal(lio_cache_open(&config, &shared->cache, NULL), 0);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        readers[i].shared = shared;
        readers[i].seed = i + 1;
        readers[i].seat = i;
        assert_int_equal(
            pthread_create(&threads[i], NULL, read_much, &readers[i]), 0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++) {
        const struct counts *counts = &readers[i].counts;

        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(counts->wrong_words, 0);
        assert_int_equal(counts->double_loads, 0);
        sum.hits += counts->hits;
        sum.lockless += counts->lockless;
        sum.joins += counts->joins;
        sum.failures += counts->failures;
    }
    return sum;
}

static void threads_share_a_small_cache(void **state LIO_UNUSED)
{
    struct shared shared = { .nkeys = NKEYS, .fail_1_in = 8 };
    struct counts counts = run_readers(&shared);
    struct lio_cache_stats stats;

    lio_cache_stats(shared.cache, &stats);
    assert_int_equal(stats.nslots, NSLOTS);
    assert_in_range(stats.used_slots, 1, NSLOTS);
    assert_int_equal(stats.pinned_slots, 0);
    assert_true(stats.evictions > 0);
    assert_true(stats.hot_slots <= NSHARDS);
    assert_true(stats.hot_refused > 0);
    assert_true(counts.hits > 0);
    assert_true(counts.lockless > 0);
    assert_true(counts.joins > 0);
    assert_true(counts.failures > 0);
    lio_cache_close(shared.cache);
}

/* All leave the block empty at about the same time: it is freed once. */
static void
a_block_that_always_fails_leaves_nothing_behind(void **state LIO_UNUSED)
{
    struct shared shared = { .nkeys = 1, .fail_1_in = 1 };
    struct counts counts = run_readers(&shared);
    struct lio_cache_stats stats;

    lio_cache_stats(shared.cache, &stats);
    assert_int_equal(stats.used_slots, 0);
    assert_int_equal(stats.pinned_slots, 0);
    assert_int_equal(counts.hits, 0);
    assert_true(counts.failures > 0);
    lio_cache_close(shared.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_small_cache),
        cmocka_unit_test(a_block_that_always_fails_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("cache_threads", tests, NULL, NULL);
}
