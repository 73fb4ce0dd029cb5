/*
 * cache-lru against textbook LRU: an array in order of use, searched and
 * shifted from end to end.  Not only the misses agree, but every victim.
 */
#include <lanceio/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of cache-lru, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define KEY_BITS  12u
#define NKEYS     (1u << KEY_BITS)
#define NACCESSES 50000u
#define NOT_THERE UINT32_MAX

static const struct lio_cache_ops *lru_ops(void)
{
    return lio_plugin_entry()->ops;
}

static bool always(void *host LIO_UNUSED, uint32_t slot LIO_UNUSED)
{
    return true;
}

static bool unless_pinned(void *host, uint32_t slot)
{
    const bool *pinned = host;

    return !pinned[slot];
}

static void *open_lru(uint32_t nslots, bool (*evictable)(void *, uint32_t),
                      void *host)
{
    struct lio_cache_setup setup = {
        .nslots = nslots,
        .evictable = evictable,
        .host = host,
    };
    void *policy = NULL;

    assert_int_equal(lru_ops()->open(&setup, &policy, NULL), 0);
    return policy;
}

/* -- against the textbook ------------------------------------------------ */

/* Keys, the latest used first. */
struct textbook {
    uint32_t keys[NKEYS];
    uint32_t nkeys, capacity;
    uint64_t misses;
};

/* Returns the key given up, or NOT_THERE. */
static uint32_t textbook_access(struct textbook *book, uint32_t key)
{
    uint32_t victim = NOT_THERE, at = 0;

    while (at < book->nkeys && book->keys[at] != key)
        at++;
    if (at == book->nkeys) {
        book->misses++;
        if (book->nkeys == book->capacity)
            victim = book->keys[--at];
        else
            book->nkeys++;
    }
    memmove(&book->keys[1], &book->keys[0], at * sizeof(book->keys[0]));
    book->keys[0] = key;
    return victim;
}

/* A host as simple as can be: which key is in which slot, and where. */
struct host {
    void *policy;
    uint32_t slot_of[NKEYS];
    uint32_t key_of[NKEYS];
    uint32_t nused, nslots;
    uint64_t misses;
};

static uint32_t host_access(struct host *host, uint32_t key)
{
    uint32_t victim = NOT_THERE, slot = host->slot_of[key];

    if (slot != NOT_THERE) {
        lru_ops()->hit(host->policy, slot, key);
        return NOT_THERE;
    }
    host->misses++;
    if (host->nused < host->nslots) {
        slot = host->nused++;
    } else {
        slot = lru_ops()->evict(host->policy, key);
        assert_true(slot < host->nslots);
        victim = host->key_of[slot];
        host->slot_of[victim] = NOT_THERE;
    }
    lru_ops()->insert(host->policy, slot, key);
    host->slot_of[key] = slot;
    host->key_of[slot] = key;
    return victim;
}

/* As skewed as Zipf's law: each power of two of keys is as popular as the
 * next, by xorshift64*. */
static uint32_t skewed_key(uint64_t *seed)
{
    uint64_t drawn;

    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    drawn = *seed * UINT64_C(2685821657736338717);
    return (uint32_t)((drawn >> 40) % (1u << (drawn >> 32) % (KEY_BITS + 1)));
}

static void compare_with_textbook(uint32_t nslots)
{
    struct textbook *book = calloc(1, sizeof(*book));
    struct host *host = calloc(1, sizeof(*host));
    uint64_t seed = 42;

    assert_true(book && host);
    book->capacity = nslots;
    host->nslots = nslots;
    host->policy = open_lru(nslots, always, NULL);
    memset(host->slot_of, 0xff, sizeof(host->slot_of));
    for (uint32_t i = 0; i < NACCESSES; i++) {
        uint32_t key = skewed_key(&seed);

        assert_int_equal(host_access(host, key), textbook_access(book, key));
    }
    assert_int_equal(host->misses, book->misses);
    assert_in_range(book->misses, 1, NACCESSES - 1);
    lru_ops()->close(host->policy);
    free(host);
    free(book);
}

static void
misses_and_victims_are_those_of_the_textbook(void **state LIO_UNUSED)
{
    static const uint32_t sizes[] = { 1, 2, 3, 10, 64, 100, 333, 1000, NKEYS };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++)
        compare_with_textbook(sizes[i]);
}

/* -- pins, removal, memory ----------------------------------------------- */

static void the_oldest_that_is_free_to_go_goes(void **state LIO_UNUSED)
{
    bool pinned[4] = { true, true, false, false };
    void *lru = open_lru(4, unless_pinned, pinned);

    for (uint32_t slot = 0; slot < 4; slot++)
        lru_ops()->insert(lru, slot, slot);
    assert_int_equal(lru_ops()->evict(lru, 10), 2);
    lru_ops()->insert(lru, 2, 10);

    /* Being passed over is no use: the order is still 0, 1, 3, 2. */
    memset(pinned, 0, sizeof(pinned));
    assert_int_equal(lru_ops()->evict(lru, 11), 0);
    assert_int_equal(lru_ops()->evict(lru, 12), 1);
    assert_int_equal(lru_ops()->evict(lru, 13), 3);
    assert_int_equal(lru_ops()->evict(lru, 14), 2);
    assert_int_equal(lru_ops()->evict(lru, 15), LIO_NO_SLOT);
    lru_ops()->close(lru);
}

static void a_hit_makes_a_block_the_newest(void **state LIO_UNUSED)
{
    void *lru = open_lru(3, always, NULL);

    for (uint32_t slot = 0; slot < 3; slot++)
        lru_ops()->insert(lru, slot, slot);
    lru_ops()->hit(lru, 0, 0);
    assert_int_equal(lru_ops()->evict(lru, 10), 1);
    assert_int_equal(lru_ops()->evict(lru, 11), 2);
    assert_int_equal(lru_ops()->evict(lru, 12), 0);
    lru_ops()->close(lru);
}

static void
a_removed_slot_leaves_the_order_of_the_others(void **state LIO_UNUSED)
{
    void *lru = open_lru(3, always, NULL);

    for (uint32_t slot = 0; slot < 3; slot++)
        lru_ops()->insert(lru, slot, slot);
    lru_ops()->remove(lru, 1);
    assert_int_equal(lru_ops()->evict(lru, 10), 0);
    assert_int_equal(lru_ops()->evict(lru, 11), 2);
    assert_int_equal(lru_ops()->evict(lru, 12), LIO_NO_SLOT);
    lru_ops()->close(lru);
}

static void a_slot_costs_eight_bytes(void **state LIO_UNUSED)
{
    size_t one = lru_ops()->footprint(1, NULL);

    assert_int_equal(lru_ops()->footprint(1001, NULL) - one, 8000);
    assert_true(one < 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_and_victims_are_those_of_the_textbook),
        cmocka_unit_test(the_oldest_that_is_free_to_go_goes),
        cmocka_unit_test(a_hit_makes_a_block_the_newest),
        cmocka_unit_test(a_removed_slot_leaves_the_order_of_the_others),
        cmocka_unit_test(a_slot_costs_eight_bytes),
    };

    return cmocka_run_group_tests_name("lru", tests, NULL, NULL);
}
