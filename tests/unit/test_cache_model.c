/*
 * A random history of claims, loads, joins, failures and drops, checked step by
 * step against a model that is too simple to be wrong: arrays, searched from
 * end to end.  The policy is cache-lru, so the model knows every victim.
 */
#include "core/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/forget.h"

/* Of cache-lru, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define NSLOTS 8u
#define NKEYS  24u
#define NPINS  12u /* claims and joins at once: now and then all is pinned */
#define NSTEPS 200000u

/* What the cache should know of a key. */
struct block {
    bool present;
    uint32_t slot;
    uint16_t valid, loading;
    uint32_t pins;
    uint32_t swept; /* where the last access ended, to the byte pair */
    uint64_t told;  /* insertions when the policy was last told of it */
    uint64_t used_at;
};

/* A claim or a join that still holds its pin. */
struct holder {
    bool live;
    uint32_t key;
    uint16_t loads; /* still to be published */
    bool waits;     /* a join that has not come back */
    uint64_t since; /* order of arrival */
    struct lio_cache_join join;
};

struct model {
    struct lio_cache *cache;
    struct block blocks[NKEYS];
    struct holder holders[NPINS];
    uint64_t seed;
    uint64_t clock;
    uint64_t insertions;
    uint64_t refused, evicted, joined, failed, lockless, same_use;
};

/* xorshift64*: the same history on every machine. */
static uint32_t draw(struct model *m, uint32_t below)
{
    m->seed ^= m->seed >> 12;
    m->seed ^= m->seed << 25;
    m->seed ^= m->seed >> 27;
    return (uint32_t)((m->seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static struct holder *idle_holder(struct model *m)
{
    for (uint32_t i = 0; i < NPINS; i++)
        if (!m->holders[i].live)
            return &m->holders[i];
    return NULL;
}

static uint32_t count_present(const struct model *m)
{
    uint32_t npresent = 0;

    for (uint32_t key = 0; key < NKEYS; key++)
        npresent += m->blocks[key].present;
    return npresent;
}

static struct block *oldest_unpinned(struct model *m)
{
    struct block *oldest = NULL;

    for (uint32_t key = 0; key < NKEYS; key++) {
        struct block *block = &m->blocks[key];

        if (block->present && block->pins == 0 &&
            (!oldest || block->used_at < oldest->used_at))
            oldest = block;
    }
    return oldest;
}

/* `key` is not there: which slot may it get?  False if none. */
static bool make_room(struct model *m, uint32_t *ret_slot)
{
    struct block *victim;

    *ret_slot = LIO_NO_SLOT; /* any of the free ones */
    if (count_present(m) < NSLOTS)
        return true;
    victim = oldest_unpinned(m);
    if (!victim)
        return false;
    *ret_slot = victim->slot;
    *victim = (struct block){ 0 };
    m->evicted++;
    return true;
}

static void hold(struct model *m, struct holder *holder, uint32_t key)
{
    holder->live = true;
    holder->key = key;
    holder->since = m->clock++;
    m->blocks[key].pins++;
}

/* A range of bytes, and the sectors that it touches, with holes now and then:
 * the engine has none, the cache need not care. */
static struct lio_cache_want draw_want(struct model *m)
{
    struct lio_cache_want want = {
        .key = draw(m, NKEYS),
        .from = draw(m, LIO_BLOCK_BYTES),
    };

    want.until = want.from + 1 + draw(m, LIO_BLOCK_BYTES - want.from);
    for (uint32_t sector = want.from / LIO_SECTOR_BYTES;
         sector * LIO_SECTOR_BYTES < want.until; sector++)
        want.sectors |= (uint16_t)(1u << sector);
    if (draw(m, 4) == 0)
        want.sectors = (uint16_t)(1 + draw(m, 0xffff));
    return want;
}

/* Without the lock where all is valid, and then only. */
static int try_claim(struct model *m, const struct lio_cache_want *want,
                     struct lio_cache_join *join, struct lio_cache_claim *claim)
{
    bool valid = !(want->sectors & ~m->blocks[want->key].valid);

    assert_int_equal(lio_cache_hit(m->cache, want, claim), valid);
    m->lockless += valid;
    return valid ? 0 : lio_cache_claim(m->cache, want, join, claim);
}

/* The claim found something, in a block that was there: is that a use? */
static void note_use(struct model *m, const struct lio_cache_want *want,
                     bool found)
{
    struct block *block = &m->blocks[want->key];
    bool new_sweep = want->from < block->swept;

    if (block->told == m->insertions) {
        m->same_use += found;
        return;
    }
    block->swept = want->until / 2 * 2;
    if (!new_sweep) {
        m->same_use += found;
        return;
    }
    block->told = m->insertions;
    if (found)
        block->used_at = m->clock;
}

static void step_claim(struct model *m)
{
    struct lio_cache_want wanted = draw_want(m);
    uint32_t key = (uint32_t)wanted.key, slot;
    uint16_t want = wanted.sectors;
    struct block *block = &m->blocks[key];
    struct holder *holder = idle_holder(m), *joiner;
    struct lio_cache_claim claim;
    int rc;

    if (!holder)
        return;
    holder->live = true;
    joiner = idle_holder(m);
    holder->live = false;
    if (!joiner)
        return;

    rc = try_claim(m, &wanted, &joiner->join, &claim);
    if (!block->present) {
        if (!make_room(m, &slot)) {
            assert_int_equal(rc, LIO_EAGAIN);
            m->refused++;
            return;
        }
        assert_int_equal(rc, 0);
        if (slot != LIO_NO_SLOT)
            assert_int_equal(claim.slot, slot);
        *block = (struct block){
            .present = true,
            .slot = claim.slot,
            .swept = wanted.until / 2 * 2,
            .told = ++m->insertions,
            .used_at = m->clock,
        };
    }
    assert_int_equal(rc, 0);
    assert_int_equal(claim.slot, block->slot);
    assert_int_equal(claim.hit, want & block->valid);
    assert_int_equal(claim.join, want & block->loading);
    assert_int_equal(claim.load, want & ~(block->valid | block->loading));

    note_use(m, &wanted, (claim.hit | claim.join) != 0);
    block->loading |= claim.load;
    hold(m, holder, key);
    holder->loads = claim.load;
    holder->waits = false;
    if (claim.join) {
        hold(m, joiner, key);
        joiner->loads = 0;
        joiner->waits = true;
        m->joined++;
    }
}

/* The join that should come back next for `key`, or NULL. */
static struct holder *next_settled(struct model *m, uint32_t key,
                                   uint16_t failed)
{
    struct holder *first = NULL;

    for (uint32_t i = 0; i < NPINS; i++) {
        struct holder *holder = &m->holders[i];

        if (!holder->live || !holder->waits || holder->key != key)
            continue;
        if ((holder->join.sectors & m->blocks[key].loading & ~failed) &&
            !(holder->join.sectors & failed))
            continue;
        if (!first || holder->since < first->since)
            first = holder;
    }
    return first;
}

static void step_publish(struct model *m)
{
    struct holder *holder = &m->holders[draw(m, NPINS)], *settled;
    struct lio_cache_join *joins;
    struct block *block;
    uint16_t sectors;
    bool ok = draw(m, 4) != 0;

    if (!holder->live || !holder->loads)
        return;
    /* Some loads end in parts. */
    sectors = holder->loads & (uint16_t)draw(m, 0x10000);
    if (!sectors)
        sectors = holder->loads;
    block = &m->blocks[holder->key];
    joins = lio_cache_publish(m->cache, block->slot, sectors, ok);

    holder->loads &= (uint16_t)~sectors;
    block->loading &= (uint16_t)~sectors;
    if (ok)
        block->valid |= sectors;
    while ((settled = next_settled(m, holder->key, ok ? 0 : sectors))) {
        assert_ptr_equal(joins, &settled->join);
        assert_int_equal(joins->failed,
                         !ok && (settled->join.sectors & sectors));
        settled->waits = false;
        m->failed += joins->failed;
        joins = joins->next;
    }
    assert_null(joins);
}

static void step_unpin(struct model *m)
{
    struct holder *holder = &m->holders[draw(m, NPINS)];
    struct block *block = &m->blocks[holder->key];

    if (!holder->live || holder->loads || holder->waits)
        return;
    lio_cache_unpin(m->cache, block->slot);
    holder->live = false;
    block->pins--;
    if (block->pins == 0 && !block->valid)
        *block = (struct block){ 0 };
}

static void step_drop(struct model *m)
{
    uint32_t key = draw(m, NKEYS);

    forget_block(m->cache, key);
    if (m->blocks[key].pins == 0)
        m->blocks[key] = (struct block){ 0 };
}

static void check_ledgers(struct model *m)
{
    struct lio_cache_stats stats;
    uint32_t npinned = 0;

    for (uint32_t key = 0; key < NKEYS; key++)
        npinned += m->blocks[key].pins > 0;
    lio_cache_stats(m->cache, &stats);
    assert_int_equal(stats.used_slots, count_present(m));
    assert_int_equal(stats.pinned_slots, npinned);
    assert_int_equal(stats.evictions, m->evicted);
    assert_int_equal(stats.refused, m->refused);
    assert_int_equal(stats.wrong_victims, 0);
    assert_int_equal(stats.lost_victims, 0);
}

static void a_random_history_is_as_the_model_says(void **state LIO_UNUSED)
{
    const struct lio_plugin *lru = lio_plugin_entry();
    struct lio_cache_config config = {
        .size_bytes = NSLOTS * LIO_BLOCK_BYTES + 4096,
        .shards = 1,
        .ops = lru->ops,
    };
    struct model m = { .seed = 20240229 };

    assert_int_equal(lio_cache_open(&config, &m.cache, NULL), 0);
    for (uint32_t step = 0; step < NSTEPS; step++) {
        switch (draw(&m, 8)) {
        case 0:
        case 1:
            step_claim(&m);
            break;
        case 2:
        case 3:
        case 4:
            step_publish(&m);
            break;
        case 5:
        case 6:
            step_unpin(&m);
            break;
        default:
            if (draw(&m, 8) == 0)
                step_drop(&m);
        }
        m.clock++;
        check_ledgers(&m);
    }
    /* The history has been where it hurts. */
    assert_true(m.refused > 100);
    assert_true(m.evicted > 100);
    assert_true(m.joined > 100);
    assert_true(m.failed > 100);
    assert_true(m.lockless > 100);
    assert_true(m.same_use > 100);
    lio_cache_close(m.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_history_is_as_the_model_says),
    };

    return cmocka_run_group_tests_name("cache_model", tests, NULL, NULL);
}
