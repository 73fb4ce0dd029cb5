/*
 * The block cache under a policy of the test's own: first in, first out, which
 * counts what it is told and lies on request.
 */
#include "core/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/forget.h"

#define NEVER UINT64_MAX

/* Shared by the policies of all shards; handed over as their first parameter.
 */
struct spy {
    size_t slot_bytes;       /* what the policy claims to need a slot */
    uint32_t refuse_open_at; /* this many open, the next one fails; 0 = none */
    int open_answer;         /* what open() returns */
    bool answers;            /* evict() returns `answer`, right or wrong */
    uint32_t answer;
    void (*intrude)(void *); /* while a victim has been found, not given up */
    void *intruder;
    uint32_t open, opened;
    uint32_t inserts, hits, evicts, removes;
    uint32_t last_inserted, last_removed;
    uint64_t last_hit;
};

struct fifo {
    struct spy *spy;
    struct lio_cache_setup setup;
    uint64_t clock;
    uint64_t since[]; /* by slot: time of its insertion, NEVER while free */
};

static int fifo_open(const struct lio_cache_setup *setup, void **ret_policy,
                     struct lio_error *err)
{
    struct spy *spy = (struct spy *)(uintptr_t)setup->params[0].u;
    struct fifo *fifo;

    if (spy->refuse_open_at && spy->open == spy->refuse_open_at)
        return lio_error_set(err, LIO_ENOMEM, "no room for another fifo");
    if (spy->open_answer != 0)
        return spy->open_answer;
    fifo = malloc(sizeof(*fifo) + setup->nslots * sizeof(uint64_t));
    if (!fifo)
        return lio_error_set(err, LIO_ENOMEM, "no memory");
    fifo->spy = spy;
    fifo->setup = *setup;
    fifo->clock = 0;
    for (uint32_t slot = 0; slot < setup->nslots; slot++)
        fifo->since[slot] = NEVER;
    spy->open++;
    spy->opened++;
    *ret_policy = fifo;
    return 0;
}

static void fifo_close(void *policy)
{
    struct fifo *fifo = policy;

    fifo->spy->open--;
    free(fifo);
}

static void fifo_insert(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    struct fifo *fifo = policy;

    fifo->since[slot] = fifo->clock++;
    fifo->spy->inserts++;
    fifo->spy->last_inserted = slot;
}

static void fifo_hit(void *policy, uint32_t slot LIO_UNUSED, uint64_t key)
{
    struct fifo *fifo = policy;

    fifo->spy->hits++;
    fifo->spy->last_hit = key;
}

static uint32_t fifo_evict(void *policy, uint64_t key LIO_UNUSED)
{
    struct fifo *fifo = policy;
    uint32_t first = LIO_NO_SLOT;
    uint64_t since = NEVER;

    fifo->spy->evicts++;
    if (fifo->spy->answers)
        return fifo->spy->answer;
    for (uint32_t slot = 0; slot < fifo->setup.nslots; slot++) {
        if (fifo->since[slot] < since &&
            fifo->setup.evictable(fifo->setup.host, slot)) {
            first = slot;
            since = fifo->since[slot];
        }
    }
    if (first != LIO_NO_SLOT)
        fifo->since[first] = NEVER;
    if (fifo->spy->intrude)
        fifo->spy->intrude(fifo->spy->intruder);
    return first;
}

static void fifo_remove(void *policy, uint32_t slot)
{
    struct fifo *fifo = policy;

    fifo->since[slot] = NEVER;
    fifo->spy->removes++;
    fifo->spy->last_removed = slot;
}

static size_t fifo_footprint(uint32_t nslots, const union lio_value *params)
{
    const struct spy *spy = (const struct spy *)(uintptr_t)params[0].u;

    return spy->slot_bytes > SIZE_MAX / nslots ? SIZE_MAX
                                               : spy->slot_bytes * nslots;
}

static const struct lio_cache_ops fifo_ops = {
    .open = fifo_open,
    .close = fifo_close,
    .insert = fifo_insert,
    .hit = fifo_hit,
    .evict = fifo_evict,
    .remove = fifo_remove,
    .footprint = fifo_footprint,
};

/* -- fixture: one shard of NSLOTS slots ---------------------------------- */

#define NSLOTS 4u

struct fixture {
    struct spy spy;
    union lio_value params[1];
    struct lio_cache_config config;
    struct lio_cache *cache;
};

static int set_up_spy(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->spy.slot_bytes = sizeof(uint64_t);
    f->params[0].u = (uintptr_t)&f->spy;
    f->config.ops = &fifo_ops;
    f->config.params = f->params;
    *state = f;
    return 0;
}

static int set_up_cache(void **state)
{
    struct fixture *f;

    if (set_up_spy(state) < 0)
        return -1;
    f = *state;
    f->config.size_bytes = NSLOTS * LIO_BLOCK_BYTES + 4096;
    f->config.shards = 1;
    return lio_cache_open(&f->config, &f->cache, NULL);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    int leaked;

    lio_cache_close(f->cache);
    leaked = f->spy.open != 0;
    free(f);
    return leaked ? -1 : 0;
}

static struct lio_cache_stats stats_of(struct lio_cache *cache)
{
    struct lio_cache_stats stats;

    lio_cache_stats(cache, &stats);
    return stats;
}

/* The bytes of the sectors, from the first of them to the last. */
static struct lio_cache_want want_of(uint64_t key, uint16_t sectors)
{
    return (struct lio_cache_want){
        .key = key,
        .sectors = sectors,
        .from = (uint32_t)__builtin_ctz(sectors) * LIO_SECTOR_BYTES,
        .until = (32 - (uint32_t)__builtin_clz(sectors)) * LIO_SECTOR_BYTES,
    };
}

/* As the engine does it: without the lock first. */
static int try_claim(struct fixture *f, const struct lio_cache_want *want,
                     struct lio_cache_join *join,
                     struct lio_cache_claim *ret_claim)
{
    if (lio_cache_hit(f->cache, want, ret_claim))
        return 0;
    return lio_cache_claim(f->cache, want, join, ret_claim);
}

static struct lio_cache_claim claim(struct fixture *f, uint64_t key,
                                    uint16_t sectors,
                                    struct lio_cache_join *join)
{
    struct lio_cache_want want = want_of(key, sectors);
    struct lio_cache_claim claimed;

    assert_int_equal(try_claim(f, &want, join, &claimed), 0);
    return claimed;
}

static void assert_refused(struct fixture *f, uint64_t key)
{
    struct lio_cache_want want = want_of(key, 1);
    struct lio_cache_claim claimed = { .slot = 77 };

    assert_int_equal(try_claim(f, &want, NULL, &claimed), LIO_EAGAIN);
    assert_int_equal(claimed.slot, 77);
}

/* Claim sectors nobody has, and end the load well; the pin is kept. */
static uint32_t load_pinned(struct fixture *f, uint64_t key, uint16_t want)
{
    struct lio_cache_claim claimed = claim(f, key, want, NULL);

    assert_int_equal(claimed.load, want);
    assert_null(lio_cache_publish(f->cache, claimed.slot, want, true));
    return claimed.slot;
}

static uint32_t load(struct fixture *f, uint64_t key, uint16_t want)
{
    uint32_t slot = load_pinned(f, key, want);

    lio_cache_unpin(f->cache, slot);
    return slot;
}

static void fill_up(struct fixture *f)
{
    for (uint64_t key = 0; key < NSLOTS; key++)
        load(f, key, 0xffff);
}

/* Which of `want` are there; nothing stays pinned or loading. */
static uint16_t cached(struct fixture *f, uint64_t key, uint16_t want)
{
    struct lio_cache_claim claimed = claim(f, key, want, NULL);

    if (claimed.load)
        assert_null(
            lio_cache_publish(f->cache, claimed.slot, claimed.load, false));
    lio_cache_unpin(f->cache, claimed.slot);
    return claimed.hit;
}

/* -- size ---------------------------------------------------------------- */

static void everything_stays_below_the_ceiling(void **state)
{
    static const uint64_t sizes[] = { 65536 * 3, 1000000,  1 << 20,
                                      16777217,  64 << 20, (256 << 20) - 1 };
    static const uint32_t shards[] = { 0, 1, 2, 8 };
    struct fixture *f = *state;

    for (uint32_t i = 0; i < LIO_COUNT(sizes) * LIO_COUNT(shards); i++) {
        struct lio_cache_stats stats;
        uint64_t unused;

        f->config.size_bytes = sizes[i % LIO_COUNT(sizes)];
        f->config.shards = shards[i / LIO_COUNT(sizes)];
        if (lio_cache_open(&f->config, &f->cache, NULL) < 0) {
            assert_true(f->config.size_bytes < f->config.shards * 70000);
            continue;
        }
        stats = stats_of(f->cache);
        assert_true(stats.bytes <= f->config.size_bytes);
        assert_true(stats.nslots * (LIO_BLOCK_BYTES + f->spy.slot_bytes) <
                    stats.bytes);
        /* And nearly all of it is used: a slot more a shard would not fit,
         * which takes at most a doubling of the buckets beside the block. */
        unused = f->config.size_bytes - stats.bytes;
        assert_true(unused < (LIO_BLOCK_BYTES + 64) * stats.shards +
                                 2 * sizeof(uint32_t) * stats.nslots);
        lio_cache_close(f->cache);
        f->cache = NULL;
    }
}

static void the_policys_memory_counts(void **state)
{
    struct fixture *f = *state;
    uint64_t lean;

    f->config.shards = 1;
    f->config.size_bytes = 8 << 20;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
    lean = stats_of(f->cache).nslots;
    lio_cache_close(f->cache);
    f->cache = NULL;

    f->spy.slot_bytes = LIO_BLOCK_BYTES;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
    assert_in_range(stats_of(f->cache).nslots, lean / 2 - 1, lean / 2 + 1);
}

static void a_policy_without_footprint_is_taken_to_need_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_ops ops = fifo_ops;

    ops.footprint = NULL;
    f->config.ops = &ops;
    f->config.size_bytes = 1 << 20;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
    assert_int_equal(stats_of(f->cache).nslots, 15);
}

static void a_boundless_footprint_is_refused(void **state)
{
    struct fixture *f = *state;

    f->spy.slot_bytes = SIZE_MAX;
    f->config.size_bytes = 1 << 20;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), LIO_ECONFIG);
}

static void the_least_size_is_exact(void **state)
{
    struct fixture *f = *state;
    struct lio_error err;
    char sentence[64];
    uint64_t least;

    f->config.shards = 4;
    f->config.size_bytes = 4 * LIO_BLOCK_BYTES + 4096;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
    assert_int_equal(stats_of(f->cache).nslots, 4);
    least = stats_of(f->cache).bytes;
    lio_cache_close(f->cache);
    f->cache = NULL;

    f->config.size_bytes = least - 1;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, &err), LIO_ECONFIG);
    snprintf(sentence, sizeof(sentence), "takes %llu bytes (shards = 4)",
             (unsigned long long)least);
    assert_non_null(strstr(err.msg, sentence));

    f->config.size_bytes = least;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
}

static void shards_must_be_a_power_of_two(void **state)
{
    struct fixture *f = *state;
    struct lio_error err;

    f->config.size_bytes = 1 << 20;
    f->config.shards = 3;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, &err), LIO_ECONFIG);
    assert_non_null(strstr(err.msg, "shards = 3"));
}

static void automatic_shards_are_never_small(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_stats stats;

    for (uint64_t mib = 1; mib <= 256; mib *= 2) {
        f->config.size_bytes = mib << 20;
        assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
        stats = stats_of(f->cache);
        assert_int_equal(stats.shards & (stats.shards - 1), 0);
        assert_int_equal(stats.shards, f->spy.open);
        assert_true(stats.shards == 1 || stats.nslots / stats.shards >= 64);
        lio_cache_close(f->cache);
        f->cache = NULL;
    }
    /* 256 MiB is 4,095 blocks: room for several shards on any machine. */
    assert_true(stats.shards >= 4);
}

static void a_cache_larger_than_memory_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct lio_error err;

    f->config.size_bytes = UINT64_MAX;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, &err), LIO_ENOMEM);
    assert_non_null(strstr(err.msg, "lower [cache] size"));
}

static void a_policy_that_cannot_open_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    struct lio_error err;

    f->config.size_bytes = 1 << 20;
    f->config.shards = 4;
    f->spy.refuse_open_at = 2;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, &err), LIO_ENOMEM);
    assert_string_equal(err.msg, "no room for another fifo");
    assert_null(f->cache);
    assert_int_equal(f->spy.opened, 2);
    assert_int_equal(f->spy.open, 0);
}

static void a_policy_that_answers_nonsense_to_open_is_refused(void **state)
{
    struct fixture *f = *state;

    f->config.size_bytes = 1 << 20;
    f->spy.open_answer = 1;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), LIO_EPLUGIN);
}

static void closing_nothing_is_allowed(void **state LIO_UNUSED)
{
    lio_cache_close(NULL);
}

/* -- claims -------------------------------------------------------------- */

static void one_claim_loads_and_all_later_ones_join_or_hit(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join join = { .owner = f };
    struct lio_cache_claim first = claim(f, 5, 0x00f0, NULL);
    struct lio_cache_claim second = claim(f, 5, 0x00f0, &join), third;

    assert_int_equal(first.hit, 0);
    assert_int_equal(first.load, 0x00f0);
    assert_int_equal(first.join, 0);
    assert_int_equal(second.slot, first.slot);
    assert_int_equal(second.hit, 0);
    assert_int_equal(second.load, 0);
    assert_int_equal(second.join, 0x00f0);

    assert_ptr_equal(lio_cache_publish(f->cache, first.slot, 0x00f0, true),
                     &join);
    assert_null(join.next);
    assert_false(join.failed);
    assert_ptr_equal(join.owner, f);
    assert_int_equal(join.slot, first.slot);
    assert_int_equal(join.sectors, 0x00f0);

    third = claim(f, 5, 0x00f0, NULL);
    assert_int_equal(third.hit, 0x00f0);
    assert_int_equal(third.load, 0);
    assert_int_equal(third.join, 0);
}

static void one_claim_may_hit_load_and_join(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join join;
    struct lio_cache_claim mixed;
    uint32_t slot = load_pinned(f, 5, 0x000f);

    (void)claim(f, 5, 0x00f0, NULL);
    mixed = claim(f, 5, 0x0ff3, &join);
    assert_int_equal(mixed.slot, slot);
    assert_int_equal(mixed.hit, 0x0003);
    assert_int_equal(mixed.join, 0x00f0);
    assert_int_equal(mixed.load, 0x0f00);

    assert_null(lio_cache_publish(f->cache, slot, 0x0f00, true));
    assert_ptr_equal(lio_cache_publish(f->cache, slot, 0x00f0, true), &join);
    assert_int_equal(claim(f, 5, 0xffff, NULL).hit, 0x0fff);
}

static void claim_and_join_each_hold_a_pin(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join join;
    uint32_t slot = claim(f, 5, 1, NULL).slot;

    (void)claim(f, 5, 1, &join);
    assert_ptr_equal(lio_cache_publish(f->cache, slot, 1, true), &join);
    for (int pins = 3; pins > 0; pins--) {
        assert_int_equal(stats_of(f->cache).pinned_slots, 1);
        lio_cache_unpin(f->cache, slot);
    }
    assert_int_equal(stats_of(f->cache).pinned_slots, 0);
}

static void a_pinned_slot_can_be_pinned_again(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = load_pinned(f, 5, 1);

    lio_cache_pin(f->cache, slot);
    lio_cache_unpin(f->cache, slot);
    assert_int_equal(stats_of(f->cache).pinned_slots, 1);
    lio_cache_unpin(f->cache, slot);
    assert_int_equal(stats_of(f->cache).pinned_slots, 0);
}

static void blocks_have_frames_of_their_own(void **state)
{
    struct fixture *f = *state;
    unsigned char *frames[NSLOTS];

    for (uint32_t i = 0; i < NSLOTS; i++) {
        frames[i] = lio_cache_frame(f->cache, load_pinned(f, i, 0xffff));
        assert_int_equal((uintptr_t)frames[i] % LIO_BLOCK_BYTES, 0);
        memset(frames[i], (int)i + 1, LIO_BLOCK_BYTES);
    }
    for (uint32_t i = 0; i < NSLOTS; i++) {
        assert_int_equal(frames[i][0], i + 1);
        assert_int_equal(frames[i][LIO_BLOCK_BYTES - 1], i + 1);
    }
}

static void a_block_survives_its_last_reader(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = load(f, 5, 0x8001);

    assert_int_equal(cached(f, 5, 0xffff), 0x8001);
    assert_int_equal(claim(f, 5, 0x8001, NULL).slot, slot);
}

static void keys_are_told_apart_by_every_bit(void **state)
{
    struct fixture *f = *state;

    load(f, 0, 1);
    for (unsigned bit = 0; bit < 64; bit++)
        assert_int_equal(cached(f, UINT64_C(1) << bit, 1), 0);
    assert_int_equal(cached(f, 0, 1), 1);
}

/* -- joins --------------------------------------------------------------- */

static void joins_come_back_in_order_of_arrival(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join joins[5], *settled;
    uint32_t slot = claim(f, 5, 0xffff, NULL).slot;

    for (uint32_t i = 0; i < LIO_COUNT(joins); i++)
        (void)claim(f, 5, (uint16_t)(1u << i), &joins[i]);
    settled = lio_cache_publish(f->cache, slot, 0xffff, true);
    for (uint32_t i = 0; i < LIO_COUNT(joins); i++) {
        assert_ptr_equal(settled, &joins[i]);
        settled = settled->next;
    }
    assert_null(settled);
}

static void a_join_waits_for_all_its_sectors(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join low, both, high;
    uint32_t slot = claim(f, 5, 0x00ff, NULL).slot;

    (void)claim(f, 5, 0x0001, &low);
    (void)claim(f, 5, 0x0011, &both);
    (void)claim(f, 5, 0x0010, &high);

    assert_ptr_equal(lio_cache_publish(f->cache, slot, 0x000f, true), &low);
    assert_null(low.next);
    assert_int_equal(both.waiting, 0x0010);
    assert_ptr_equal(lio_cache_publish(f->cache, slot, 0x00f0, true), &both);
    assert_ptr_equal(both.next, &high);
    assert_null(high.next);
    assert_int_equal(both.sectors, 0x0011);
    assert_int_equal(both.waiting, 0);
}

static void a_failed_load_sends_back_those_who_wait_for_it(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join hurt, spared;
    uint32_t slot = claim(f, 5, 0x00ff, NULL).slot;

    (void)claim(f, 5, 0x00f1, &hurt);
    (void)claim(f, 5, 0x00f0, &spared);

    /* Part of what it wants is still loading, but it has no hope left. */
    assert_ptr_equal(lio_cache_publish(f->cache, slot, 0x000f, false), &hurt);
    assert_null(hurt.next);
    assert_true(hurt.failed);
    assert_ptr_equal(lio_cache_publish(f->cache, slot, 0x00f0, true), &spared);
    assert_false(spared.failed);
}

/* -- failed loads -------------------------------------------------------- */

static void failed_sectors_are_as_if_never_asked_for(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_claim again;
    uint32_t slot = load_pinned(f, 5, 0x00f0);

    assert_int_equal(claim(f, 5, 0x000f, NULL).load, 0x000f);
    assert_null(lio_cache_publish(f->cache, slot, 0x000f, false));
    again = claim(f, 5, 0x00ff, NULL);
    assert_int_equal(again.hit, 0x00f0);
    assert_int_equal(again.load, 0x000f);
}

static void an_empty_block_is_forgotten_with_its_last_pin(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join join;
    uint32_t slot = claim(f, 5, 0xffff, NULL).slot;

    (void)claim(f, 5, 1, &join);
    assert_ptr_equal(lio_cache_publish(f->cache, slot, 0xffff, false), &join);
    lio_cache_unpin(f->cache, slot);
    lio_cache_unpin(f->cache, slot);
    assert_int_equal(stats_of(f->cache).used_slots, 1);
    assert_int_equal(f->spy.removes, 0);

    lio_cache_unpin(f->cache, slot);
    assert_int_equal(stats_of(f->cache).used_slots, 0);
    assert_int_equal(f->spy.removes, 1);
    assert_int_equal(f->spy.last_removed, slot);
}

static void one_valid_sector_keeps_a_block(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = claim(f, 5, 0x0003, NULL).slot;

    assert_null(lio_cache_publish(f->cache, slot, 0x0001, false));
    assert_null(lio_cache_publish(f->cache, slot, 0x0002, true));
    lio_cache_unpin(f->cache, slot);
    assert_int_equal(stats_of(f->cache).used_slots, 1);
    assert_int_equal(cached(f, 5, 0x0003), 0x0002);
}

/* -- eviction ------------------------------------------------------------ */

static void a_full_cache_gives_up_what_the_policy_says(void **state)
{
    struct fixture *f = *state;

    fill_up(f);
    assert_int_equal(f->spy.evicts, 0);
    load(f, 100, 1);
    assert_int_equal(f->spy.evicts, 1);
    assert_int_equal(stats_of(f->cache).evictions, 1);
    assert_int_equal(stats_of(f->cache).used_slots, NSLOTS);
    for (uint64_t key = 1; key < NSLOTS; key++)
        assert_int_equal(cached(f, key, 0xffff), 0xffff);
    assert_int_equal(cached(f, 100, 0xffff), 1);
    assert_int_equal(cached(f, 0, 0xffff), 0);
}

static void pinned_blocks_stay(void **state)
{
    struct fixture *f = *state;
    uint32_t slot;

    fill_up(f);
    slot = claim(f, 0, 1, NULL).slot;
    for (uint64_t key = 100; key < 100 + 3 * NSLOTS; key++)
        assert_int_not_equal(load(f, key, 1), slot);
    assert_int_equal(claim(f, 0, 0xffff, NULL).hit, 0xffff);
}

static void a_claim_is_refused_when_all_is_pinned(void **state)
{
    struct fixture *f = *state;

    for (uint64_t key = 0; key < NSLOTS; key++)
        (void)claim(f, key, 1, NULL);
    assert_refused(f, 100);
    assert_int_equal(stats_of(f->cache).refused, 1);
    assert_int_equal(stats_of(f->cache).pinned_slots, NSLOTS);
    assert_int_equal(stats_of(f->cache).wrong_victims, 0);

    /* What is there is still served. */
    assert_null(lio_cache_publish(f->cache, 0, 1, true));
    assert_int_equal(claim(f, 0, 1, NULL).hit, 1);
}

/* -- gaps ---------------------------------------------------------------- */

/* Run by run, around what is there and what is being loaded. */
static void a_gap_takes_what_nobody_loads(void **state)
{
    static const uint16_t runs[] = { 0x000e, 0x00c0, 0x7000 };
    struct fixture *f = *state;
    struct lio_cache_claim gap;
    uint32_t slot = load_pinned(f, 7, 0x0031);

    assert_int_equal(claim(f, 7, 0x0f00, NULL).load, 0x0f00);
    for (uint32_t i = 0; i < LIO_COUNT(runs); i++) {
        assert_int_equal(lio_cache_claim_gap(f->cache, 7, 0x7fff, &gap), 0);
        assert_int_equal(gap.slot, slot);
        assert_int_equal(gap.load, runs[i]);
    }
    assert_int_equal(lio_cache_claim_gap(f->cache, 7, 0x7fff, &gap),
                     LIO_EAGAIN);
    assert_int_equal(f->spy.hits, 0);
}

static void a_gap_is_joined_like_other_loads(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join join = { .owner = f };
    struct lio_cache_claim gap;

    assert_int_equal(lio_cache_claim_gap(f->cache, 7, 0x00f0, &gap), 0);
    assert_int_equal(claim(f, 7, 0x0010, &join).join, 0x0010);
    assert_ptr_equal(lio_cache_publish(f->cache, gap.slot, 0x00f0, false),
                     &join);
    assert_true(join.failed);
}

/* Nothing is evicted for it, and that is no refusal. */
static void a_gap_gives_up_no_block(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_claim gap = { .slot = 77 };

    fill_up(f);
    assert_int_equal(lio_cache_claim_gap(f->cache, 100, 1, &gap), LIO_EAGAIN);
    assert_int_equal(gap.slot, 77);
    assert_int_equal(f->spy.evicts, 0);
    assert_int_equal(stats_of(f->cache).evictions, 0);
    assert_int_equal(stats_of(f->cache).refused, 0);
    forget_block(f->cache, 3);
    assert_int_equal(lio_cache_claim_gap(f->cache, 100, 1, &gap), 0);
}

static void a_slot_names_its_loader(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = claim(f, 7, 1, NULL).slot;

    lio_cache_set_loader(f->cache, slot, UINT64_MAX - 1);
    assert_true(lio_cache_loader(f->cache, slot) == UINT64_MAX - 1);
}

static void a_victim_out_of_range_is_overruled(void **state)
{
    struct fixture *f = *state;

    fill_up(f);
    f->spy.answers = true;
    f->spy.answer = NSLOTS;
    load(f, 100, 1);
    assert_int_equal(stats_of(f->cache).wrong_victims, 1);
    assert_int_equal(stats_of(f->cache).used_slots, NSLOTS);
    /* The policy has learnt which slot went instead, and who has it now. */
    assert_int_equal(f->spy.removes, 1);
    assert_int_equal(f->spy.last_inserted, f->spy.last_removed);
    assert_int_equal(cached(f, 100, 1), 1);
}

static void a_pinned_victim_is_overruled(void **state)
{
    struct fixture *f = *state;
    uint32_t slot, inserts;

    fill_up(f);
    slot = claim(f, 2, 1, NULL).slot;
    inserts = f->spy.inserts;
    f->spy.answers = true;
    f->spy.answer = slot;
    for (uint64_t key = 100; key < 100 + 2 * NSLOTS; key++)
        assert_int_not_equal(load(f, key, 1), slot);
    assert_int_equal(stats_of(f->cache).wrong_victims, 2 * NSLOTS);
    /* Each time the policy got its slot back, and the new key. */
    assert_int_equal(f->spy.inserts - inserts, 2 * 2 * NSLOTS);
    assert_int_equal(claim(f, 2, 0xffff, NULL).hit, 0xffff);
}

static void overruling_cannot_free_what_is_pinned(void **state)
{
    struct fixture *f = *state;

    for (uint64_t key = 0; key < NSLOTS; key++)
        (void)claim(f, key, 1, NULL);
    f->spy.answers = true;
    f->spy.answer = 1;
    assert_refused(f, 100);
    assert_int_equal(stats_of(f->cache).wrong_victims, 1);
    assert_int_equal(stats_of(f->cache).refused, 1);
    assert_int_equal(f->spy.removes, 0);
}

static void a_policy_that_gives_up_nothing_only_costs_speed(void **state)
{
    struct fixture *f = *state;

    fill_up(f);
    f->spy.answers = true;
    f->spy.answer = LIO_NO_SLOT;
    assert_refused(f, 100);
    assert_int_equal(cached(f, 0, 0xffff), 0xffff);
}

/* A reader that takes no lock comes while a victim is looked for. */
static void pin_block_0(void *arg)
{
    struct fixture *f = arg;
    struct lio_cache_want want = want_of(0, 0xffff);
    struct lio_cache_claim claimed;

    f->spy.intrude = NULL;
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
}

/* A load comes back while the lock is held, by whoever looks for a victim. */
static void publish_answer(void *arg)
{
    struct fixture *f = arg;

    f->spy.intrude = NULL;
    assert_null(lio_cache_publish(f->cache, f->spy.answer, 0xffff, true));
}

static void a_load_that_nobody_joined_needs_no_lock(void **state)
{
    struct fixture *f = *state;

    for (uint64_t key = 0; key < NSLOTS - 1; key++)
        load(f, key, 0xffff);
    f->spy.answer = claim(f, 3, 0xffff, NULL).slot;
    f->spy.intrude = publish_answer;
    f->spy.intruder = f;
    load(f, 100, 1);
    assert_int_equal(cached(f, 3, 0xffff), 0xffff);
    lio_cache_unpin(f->cache, f->spy.answer);
}

static void a_victim_that_is_hit_meanwhile_stays(void **state)
{
    struct fixture *f = *state;
    uint32_t slot;

    fill_up(f);
    slot = claim(f, 0, 1, NULL).slot;
    lio_cache_unpin(f->cache, slot);
    f->spy.intrude = pin_block_0;
    f->spy.intruder = f;
    assert_int_not_equal(load(f, 100, 1), slot);

    assert_int_equal(claim(f, 0, 0xffff, NULL).slot, slot);
    assert_int_equal(stats_of(f->cache).used_slots, NSLOTS);
    assert_int_equal(stats_of(f->cache).evictions, 1);
    /* That was nobody's mistake, and the policy has its slot back. */
    assert_int_equal(stats_of(f->cache).lost_victims, 1);
    assert_int_equal(stats_of(f->cache).wrong_victims, 0);
    assert_int_equal(f->spy.removes, 1);
}

static void a_search_may_end_with_nothing_because_of_a_hit(void **state)
{
    struct fixture *f = *state;

    fill_up(f);
    for (uint64_t key = 1; key < NSLOTS; key++)
        (void)claim(f, key, 1, NULL);
    f->spy.intrude = pin_block_0;
    f->spy.intruder = f;
    assert_refused(f, 100);
    assert_int_equal(stats_of(f->cache).lost_victims, 1);
    assert_int_equal(stats_of(f->cache).pinned_slots, NSLOTS);
}

/* -- hits ---------------------------------------------------------------- */

/* What the policy has been told once nothing is held back: before it inserts.
 */
static uint32_t hits_told(struct fixture *f)
{
    load(f, 1000 + f->spy.inserts, 1);
    return f->spy.hits;
}

/* Bytes [from, until) of a block, all of which is there. */
static void touch(struct fixture *f, uint64_t key, uint32_t from,
                  uint32_t until)
{
    struct lio_cache_want want = {
        .key = key,
        .from = from,
        .until = until,
    };
    struct lio_cache_claim claimed;

    for (uint32_t sector = from / LIO_SECTOR_BYTES;
         sector * LIO_SECTOR_BYTES < until; sector++)
        want.sectors |= (uint16_t)(1u << sector);
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
    assert_int_equal(claimed.hit, want.sectors);
    assert_int_equal(claimed.load | claimed.join | claimed.ahead, 0);
    lio_cache_unpin(f->cache, claimed.slot);
}

static void a_hit_needs_every_wanted_sector(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_want want = want_of(5, 0x0003);
    struct lio_cache_claim claimed = { .slot = 77 };

    assert_false(lio_cache_hit(f->cache, &want, &claimed));
    load(f, 5, 0x0001);
    assert_false(lio_cache_hit(f->cache, &want, &claimed));
    (void)claim(f, 5, 0x0002, NULL); /* on its way is not there */
    assert_false(lio_cache_hit(f->cache, &want, &claimed));
    assert_int_equal(claimed.slot, 77);
    want = want_of(5, 0x0001);
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
    assert_int_equal(claimed.hit, 0x0001);
}

static void hits_are_told_in_order_before_the_next_insertion(void **state)
{
    struct fixture *f = *state;

    load(f, 6, 0xffff);
    load(f, 5, 0xffff);
    load(f, 7, 0xffff);
    touch(f, 5, 0, 4096);
    touch(f, 6, 0, 4096);
    assert_int_equal(f->spy.hits, 0);
    assert_int_equal(hits_told(f), 2);
    assert_int_equal(f->spy.last_hit, 6);
}

/* The cache anew, of one shard with at least so many slots. */
static void widen(struct fixture *f, uint32_t nslots)
{
    lio_cache_close(f->cache);
    f->cache = NULL;
    f->config.size_bytes = nslots * (LIO_BLOCK_BYTES + 256) + 4096;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
    assert_in_range(stats_of(f->cache).nslots, nslots, nslots + 4);
}

static void a_seat_does_not_keep_hits_for_long(void **state)
{
    struct fixture *f = *state;

    widen(f, 100);
    for (uint64_t key = 0; key < 90; key++)
        load(f, key, 0xffff);
    for (uint64_t key = 0; key < 80; key++) {
        touch(f, key, 0, 4096);
        assert_in_range(key + 1 - f->spy.hits, 0, 20);
    }
    assert_true(f->spy.hits > 0);
    assert_int_equal(hits_told(f), 80);
}

static void what_was_hit_and_is_gone_is_not_told(void **state)
{
    struct fixture *f = *state;

    load(f, 5, 0xffff);
    load(f, 6, 0xffff);
    touch(f, 5, 0, 4096);
    forget_block(f->cache, 5);
    assert_int_equal(hits_told(f), 0);
}

static void hits_in_a_row_are_one_use(void **state)
{
    struct fixture *f = *state;

    load(f, 5, 0xffff);
    touch(f, 5, 0, 65536); /* loading it was its use */
    assert_int_equal(hits_told(f), 0);
    for (int i = 0; i < 100; i++)
        touch(f, 5, 0, 65536);
    assert_int_equal(hits_told(f), 1);
    touch(f, 5, 0, 65536);
    assert_int_equal(hits_told(f), 2);
}

static void a_large_shard_is_told_less_often(void **state)
{
    struct fixture *f = *state;
    uint32_t period;

    widen(f, 64 * 3);
    period = (uint32_t)stats_of(f->cache).nslots / 64;
    assert_int_equal(period, 3);
    load(f, 5, 0xffff);
    for (uint64_t key = 100; key < 130; key++) {
        touch(f, 5, 0, 65536);
        load(f, key, 0xffff);
    }
    assert_int_equal(f->spy.hits, 29 / period);
}

/* Pieces overlap in sectors, not in bytes; a scan loads blocks in between. */
static void a_scan_in_pieces_is_one_use_whatever_comes_between(void **state)
{
    struct fixture *f = *state;

    widen(f, 100);
    load(f, 5, 0x0001);
    load(f, 5, 0xfffe);
    for (uint32_t at = 4096; at + 1000 <= 65536; at += 1000) {
        load(f, 100 + at / 1000, 1);
        touch(f, 5, at, at + 1000);
    }
    assert_int_equal(hits_told(f), 0);
    touch(f, 5, 0, 1000);
    assert_int_equal(hits_told(f), 1);
}

static void a_wanted_sector_under_way_is_a_hit_too(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_join join;

    load(f, 5, 0x0001);
    load(f, 6, 0x0001);
    (void)claim(f, 5, 0x0003, NULL);
    assert_int_equal(f->spy.hits, 1);
    load(f, 7, 0x0001);
    (void)claim(f, 5, 0x0001 | 0x0002, &join);
    assert_int_equal(f->spy.hits, 2);
    /* The block is known but none of this: a scan is no sign of interest. */
    load(f, 8, 0x0001);
    (void)claim(f, 5, 0x0004, NULL);
    assert_int_equal(f->spy.hits, 2);
}

static void seats_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_want want = want_of(5, 1);
    struct lio_cache_claim claimed;

    lio_cache_close(f->cache);
    f->config.nseats = 2;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
    load(f, 5, 0xffff);
    load(f, 6, 0xffff);
    want.seat = 1;
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
    assert_int_equal(hits_told(f), 0); /* seat 0 speaks for itself */
    want = want_of(50, 1);
    want.seat = 1;
    assert_int_equal(lio_cache_claim(f->cache, &want, NULL, &claimed), 0);
    assert_int_equal(f->spy.hits, 1);
}

/* -- brief hits ---------------------------------------------------------- */

static struct lio_cache_claim hit_briefly(struct fixture *f, uint64_t key)
{
    struct lio_cache_want want = want_of(key, 0xffff);
    struct lio_cache_claim claimed;

    want.brief = true;
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
    return claimed;
}

/* Once in a while a pin does no harm, and spares whoever gives the block up
 * from looking at notes. */
static void a_brief_hit_is_noted_if_it_follows_another(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_claim pinned, noted;

    fill_up(f);
    pinned = hit_briefly(f, 0);
    assert_null(pinned.note);
    noted = hit_briefly(f, 0);
    assert_non_null(noted.note);
    lio_cache_release(f->cache, &pinned);
    assert_int_equal(stats_of(f->cache).pinned_slots, 0);
    load(f, 100, 1);
    lio_cache_release(f->cache, &noted);
    /* It stays so for the block, and ends with it. */
    noted = hit_briefly(f, 0);
    assert_non_null(noted.note);
    lio_cache_release(f->cache, &noted);
    forget_block(f->cache, 0);
    load(f, 0, 0xffff);
    load(f, 101, 1);
    assert_null(hit_briefly(f, 0).note);
}

/* Of block 0, whose hits follow each other. */
static struct lio_cache_claim note(struct fixture *f)
{
    struct lio_cache_claim claimed = hit_briefly(f, 0);

    lio_cache_release(f->cache, &claimed);
    claimed = hit_briefly(f, 0);
    assert_non_null(claimed.note);
    return claimed;
}

static void a_noted_block_is_not_given_up(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_claim noted;

    fill_up(f);
    noted = note(f);
    assert_int_equal(stats_of(f->cache).pinned_slots, 0);
    /* The policy, which knows nothing of notes, gives it up first. */
    assert_int_not_equal(load(f, 100, 1), noted.slot);
    assert_int_equal(stats_of(f->cache).lost_victims, 1);
    forget_block(f->cache, 0);
    assert_int_equal(claim(f, 0, 0xffff, NULL).slot, noted.slot);
}

static void a_note_that_was_given_back_holds_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_claim noted;

    fill_up(f);
    noted = note(f);
    lio_cache_release(f->cache, &noted);
    assert_int_equal(load(f, 100, 1), noted.slot);
    assert_int_equal(stats_of(f->cache).lost_victims, 0);
}

/* Threads that share a seat may be copying at once. */
static void more_notes_than_a_seat_has_are_pins(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_claim held[10];
    uint32_t npins = 0;

    load(f, 5, 0xffff);
    for (uint32_t i = 0; i < LIO_COUNT(held); i++) {
        held[i] = hit_briefly(f, 5);
        npins += !held[i].note;
    }
    assert_in_range(npins, 1, LIO_COUNT(held) - 1);
    assert_int_equal(stats_of(f->cache).pinned_slots, 1);
    for (uint32_t i = 0; i < LIO_COUNT(held); i++)
        lio_cache_release(f->cache, &held[i]);
    assert_int_equal(stats_of(f->cache).pinned_slots, 0);
    assert_non_null(hit_briefly(f, 5).note);
}

/* -- hints --------------------------------------------------------------- */

static struct lio_cache_claim claim_hinted(struct fixture *f, uint64_t key,
                                           uint32_t hints)
{
    struct lio_cache_want want = want_of(key, 0xffff);
    struct lio_cache_claim claimed;

    want.hints = hints;
    assert_int_equal(try_claim(f, &want, NULL, &claimed), 0);
    if (claimed.load)
        assert_null(
            lio_cache_publish(f->cache, claimed.slot, claimed.load, true));
    lio_cache_unpin(f->cache, claimed.slot);
    return claimed;
}

static void reopen_with_hot(struct fixture *f, uint32_t percent)
{
    lio_cache_close(f->cache);
    f->config.hot_percent = percent;
    assert_int_equal(lio_cache_open(&f->config, &f->cache, NULL), 0);
}

static void a_hot_block_is_not_the_policys(void **state)
{
    struct fixture *f = *state;
    uint32_t slot;

    reopen_with_hot(f, 50);
    slot = claim_hinted(f, 5, LIO_CACHE_HOT).slot;
    assert_int_equal(f->spy.removes, 1);
    assert_int_equal(f->spy.last_removed, slot);
    for (uint64_t key = 100; key < 100 + 3 * NSLOTS; key++)
        assert_int_not_equal(load(f, key, 1), slot);
    forget_block(f->cache, 5);
    touch(f, 5, 0, 65536);
    assert_int_equal(hits_told(f), 0);
    assert_int_equal(stats_of(f->cache).hot_slots, 1);

    assert_int_equal(lio_cache_let_go(f->cache, 6, 7), 0);
    assert_int_equal(lio_cache_let_go(f->cache, 5, 5), 1);
    assert_int_equal(f->spy.last_inserted, slot);
    assert_int_equal(stats_of(f->cache).hot_slots, 0);
}

static void hot_blocks_are_bounded(void **state)
{
    struct fixture *f = *state;

    claim_hinted(f, 5, LIO_CACHE_HOT); /* none may be, unless that is said */
    assert_int_equal(stats_of(f->cache).hot_slots, 0);
    assert_int_equal(stats_of(f->cache).hot_refused, 1);

    reopen_with_hot(f, 50);
    for (uint64_t key = 0; key < NSLOTS; key++)
        claim_hinted(f, key, LIO_CACHE_HOT);
    assert_int_equal(stats_of(f->cache).hot_slots, NSLOTS / 2);
    assert_int_equal(stats_of(f->cache).hot_refused, NSLOTS / 2);
    assert_int_equal(cached(f, NSLOTS - 1, 0xffff), 0xffff);
}

static void a_hot_block_that_cannot_be_loaded_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_want want = want_of(5, 0xffff);
    struct lio_cache_claim claimed;

    reopen_with_hot(f, 50);
    want.hints = LIO_CACHE_HOT;
    assert_int_equal(lio_cache_claim(f->cache, &want, NULL, &claimed), 0);
    assert_null(lio_cache_publish(f->cache, claimed.slot, 0xffff, false));
    lio_cache_unpin(f->cache, claimed.slot);
    assert_int_equal(stats_of(f->cache).used_slots, 0);
    assert_int_equal(stats_of(f->cache).hot_slots, 0);
}

static void outdated_blocks_go_first(void **state)
{
    struct fixture *f = *state;
    uint32_t slot;

    reopen_with_hot(f, 50);
    load(f, 1, 1);
    slot = claim_hinted(f, 5, LIO_CACHE_HOT).slot;
    load(f, 2, 1);
    load(f, 3, 1);
    lio_cache_outdate(f->cache, 5, 5);
    assert_int_equal(load(f, 4, 1), slot);
    assert_int_equal(f->spy.evicts, 0);
}

static void what_is_read_once_goes_first(void **state)
{
    struct fixture *f = *state;
    uint32_t slot;

    load(f, 1, 1);
    slot = claim_hinted(f, 5, LIO_CACHE_ONCE).slot;
    load(f, 2, 1);
    load(f, 3, 1);
    assert_int_equal(load(f, 4, 1), slot);
    assert_int_equal(f->spy.evicts, 0);
}

static void what_others_use_is_not_the_scans(void **state)
{
    struct fixture *f = *state;

    fill_up(f);
    for (uint64_t key = 0; key < NSLOTS; key++)
        claim_hinted(f, key, key % 2 ? LIO_CACHE_SCAN : LIO_CACHE_ONCE);
    assert_int_equal(f->spy.removes, 0);
    load(f, 100, 1);
    assert_int_equal(f->spy.evicts, 1);
    assert_int_equal(hits_told(f), 0); /* nor is its use a sign of interest */
}

static void a_scan_gives_up_its_own_blocks(void **state)
{
    struct fixture *f = *state;

    widen(f, 64);
    for (uint64_t key = 0; key < 60; key++)
        load(f, key, 0xffff);
    for (uint64_t key = 100; key < 200; key++)
        claim_hinted(f, key, LIO_CACHE_SCAN);
    for (uint64_t key = 0; key < 60; key++)
        assert_int_equal(cached(f, key, 0xffff), 0xffff);
    /* The last of them are still there. */
    assert_int_equal(cached(f, 199, 0xffff), 0xffff);
}

static void what_others_come_to_use_is_the_policys_again(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = claim_hinted(f, 5, LIO_CACHE_SCAN).slot;

    assert_int_equal(f->spy.removes, 1);
    claim_hinted(f, 5, 0);
    assert_int_equal(f->spy.inserts, 2);
    assert_int_equal(f->spy.last_inserted, slot);
    /* A second scan does not take it back. */
    claim_hinted(f, 5, LIO_CACHE_SCAN);
    assert_int_equal(f->spy.removes, 1);
}

static void a_scan_takes_over_what_was_loaded_ahead_of_it(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_want want = want_of(5, 0xffff);
    struct lio_cache_claim claimed;

    assert_int_equal(lio_cache_claim_ahead(f->cache, &want, &claimed), 0);
    assert_null(lio_cache_publish(f->cache, claimed.slot, 0xffff, true));
    lio_cache_unpin(f->cache, claimed.slot);
    assert_int_equal(f->spy.removes, 0);
    assert_int_equal(claim_hinted(f, 5, LIO_CACHE_SCAN).ahead, 0xffff);
    assert_int_equal(f->spy.removes, 1);
}

/* -- ahead --------------------------------------------------------------- */

static void the_first_use_of_what_was_loaded_ahead_is_no_hit(void **state)
{
    struct fixture *f = *state;
    struct lio_cache_want want = want_of(5, 0xffff);
    struct lio_cache_claim claimed;

    assert_int_equal(lio_cache_claim_ahead(f->cache, &want, &claimed), 0);
    assert_int_equal(claimed.load, 0xffff);
    assert_null(lio_cache_publish(f->cache, claimed.slot, 0xffff, true));
    lio_cache_unpin(f->cache, claimed.slot);
    assert_int_equal(lio_cache_ahead_bytes(f->cache), 65536);

    want = want_of(5, 0x00ff);
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
    assert_int_equal(claimed.ahead, 0x00ff);
    assert_int_equal(lio_cache_ahead_bytes(f->cache), 32768);
    assert_int_equal(hits_told(f), 0);
    assert_true(lio_cache_hit(f->cache, &want, &claimed));
    assert_int_equal(claimed.ahead, 0);
    assert_int_equal(hits_told(f), 1);
}

static uint32_t load_ahead(struct fixture *f, uint64_t key)
{
    struct lio_cache_want want = want_of(key, 0xffff);
    struct lio_cache_claim claimed;

    assert_int_equal(lio_cache_claim_ahead(f->cache, &want, &claimed), 0);
    assert_null(lio_cache_publish(f->cache, claimed.slot, 0xffff, true));
    lio_cache_unpin(f->cache, claimed.slot);
    return claimed.slot;
}

static void what_was_loaded_ahead_can_be_dropped(void **state)
{
    struct fixture *f = *state;
    uint32_t slot = load_ahead(f, 5);

    lio_cache_drop_ahead(f->cache, 5);
    assert_int_equal(stats_of(f->cache).used_slots, 0);
    assert_int_equal(stats_of(f->cache).wasted_bytes, 65536);
    assert_int_equal(f->spy.removes, 1);
    assert_int_equal(f->spy.last_removed, slot);
    assert_int_equal(cached(f, 5, 0xffff), 0);
}

static void a_pinned_block_is_not_dropped(void **state)
{
    struct fixture *f = *state;

    (void)load_ahead(f, 5);
    (void)claim(f, 5, 0x00ff, NULL);
    lio_cache_drop_ahead(f->cache, 5);
    assert_int_equal(claim(f, 5, 0xffff, NULL).hit, 0xffff);
}

static void what_was_used_is_not_dropped(void **state)
{
    struct fixture *f = *state;

    load(f, 5, 0xffff);
    lio_cache_drop_ahead(f->cache, 5);
    assert_int_equal(cached(f, 5, 0xffff), 0xffff);
}

static void dropping_what_is_not_there_changes_nothing(void **state)
{
    struct fixture *f = *state;

    fill_up(f);
    lio_cache_drop_ahead(f->cache, 100);
    assert_int_equal(stats_of(f->cache).used_slots, NSLOTS);
    assert_int_equal(f->spy.removes, 0);
}

int main(void)
{
#define SIZE_TEST(test)                                                        \
    cmocka_unit_test_setup_teardown(test, set_up_spy, tear_down)
#define CACHE_TEST(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up_cache, tear_down)
    const struct CMUnitTest tests[] = {
        SIZE_TEST(everything_stays_below_the_ceiling),
        SIZE_TEST(the_policys_memory_counts),
        SIZE_TEST(a_policy_without_footprint_is_taken_to_need_nothing),
        SIZE_TEST(a_boundless_footprint_is_refused),
        SIZE_TEST(the_least_size_is_exact),
        SIZE_TEST(shards_must_be_a_power_of_two),
        SIZE_TEST(automatic_shards_are_never_small),
        SIZE_TEST(a_cache_larger_than_memory_is_an_error),
        SIZE_TEST(a_policy_that_cannot_open_leaves_nothing_behind),
        SIZE_TEST(a_policy_that_answers_nonsense_to_open_is_refused),
        SIZE_TEST(closing_nothing_is_allowed),
        CACHE_TEST(one_claim_loads_and_all_later_ones_join_or_hit),
        CACHE_TEST(one_claim_may_hit_load_and_join),
        CACHE_TEST(claim_and_join_each_hold_a_pin),
        CACHE_TEST(a_pinned_slot_can_be_pinned_again),
        CACHE_TEST(blocks_have_frames_of_their_own),
        CACHE_TEST(a_block_survives_its_last_reader),
        CACHE_TEST(keys_are_told_apart_by_every_bit),
        CACHE_TEST(joins_come_back_in_order_of_arrival),
        CACHE_TEST(a_join_waits_for_all_its_sectors),
        CACHE_TEST(a_failed_load_sends_back_those_who_wait_for_it),
        CACHE_TEST(failed_sectors_are_as_if_never_asked_for),
        CACHE_TEST(an_empty_block_is_forgotten_with_its_last_pin),
        CACHE_TEST(one_valid_sector_keeps_a_block),
        CACHE_TEST(a_full_cache_gives_up_what_the_policy_says),
        CACHE_TEST(pinned_blocks_stay),
        CACHE_TEST(a_claim_is_refused_when_all_is_pinned),
        CACHE_TEST(a_gap_takes_what_nobody_loads),
        CACHE_TEST(a_gap_is_joined_like_other_loads),
        CACHE_TEST(a_gap_gives_up_no_block),
        CACHE_TEST(a_slot_names_its_loader),
        CACHE_TEST(a_victim_out_of_range_is_overruled),
        CACHE_TEST(a_pinned_victim_is_overruled),
        CACHE_TEST(overruling_cannot_free_what_is_pinned),
        CACHE_TEST(a_policy_that_gives_up_nothing_only_costs_speed),
        CACHE_TEST(a_load_that_nobody_joined_needs_no_lock),
        CACHE_TEST(a_victim_that_is_hit_meanwhile_stays),
        CACHE_TEST(a_search_may_end_with_nothing_because_of_a_hit),
        CACHE_TEST(a_hit_needs_every_wanted_sector),
        CACHE_TEST(hits_are_told_in_order_before_the_next_insertion),
        CACHE_TEST(a_seat_does_not_keep_hits_for_long),
        CACHE_TEST(what_was_hit_and_is_gone_is_not_told),
        CACHE_TEST(hits_in_a_row_are_one_use),
        CACHE_TEST(a_large_shard_is_told_less_often),
        CACHE_TEST(a_brief_hit_is_noted_if_it_follows_another),
        CACHE_TEST(a_noted_block_is_not_given_up),
        CACHE_TEST(a_note_that_was_given_back_holds_nothing),
        CACHE_TEST(more_notes_than_a_seat_has_are_pins),
        CACHE_TEST(a_scan_in_pieces_is_one_use_whatever_comes_between),
        CACHE_TEST(a_wanted_sector_under_way_is_a_hit_too),
        CACHE_TEST(seats_are_told_apart),
        CACHE_TEST(a_hot_block_is_not_the_policys),
        CACHE_TEST(hot_blocks_are_bounded),
        CACHE_TEST(a_hot_block_that_cannot_be_loaded_is_forgotten),
        CACHE_TEST(outdated_blocks_go_first),
        CACHE_TEST(what_is_read_once_goes_first),
        CACHE_TEST(what_others_use_is_not_the_scans),
        CACHE_TEST(a_scan_gives_up_its_own_blocks),
        CACHE_TEST(what_others_come_to_use_is_the_policys_again),
        CACHE_TEST(a_scan_takes_over_what_was_loaded_ahead_of_it),
        CACHE_TEST(the_first_use_of_what_was_loaded_ahead_is_no_hit),
        CACHE_TEST(what_was_loaded_ahead_can_be_dropped),
        CACHE_TEST(a_pinned_block_is_not_dropped),
        CACHE_TEST(what_was_used_is_not_dropped),
        CACHE_TEST(dropping_what_is_not_there_changes_nothing),
    };

    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
