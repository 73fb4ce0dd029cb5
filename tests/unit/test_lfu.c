/*
 * cache-lfu: the algorithm on numbers, and against a textbook that searches all
 * it has for the lowest count.
 */
#include "support/policy_host.h"

#include "plugins/cache-lfu/lfu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool unless_pinned(void *host, uint32_t slot)
{
    const bool *pinned = host;

    return !pinned[slot];
}

/* Slots 0 .. nslots-1 used once, in that order. */
static struct lio_lfu *open_full(uint32_t nslots, bool *pinned)
{
    struct lio_cache_setup setup = { .nslots = nslots,
                                     .evictable = unless_pinned,
                                     .host = pinned };
    struct lio_lfu *lfu = malloc(lio_lfu_bytes(nslots));

    assert_non_null(lfu);
    lio_lfu_init(lfu, &setup);
    for (uint32_t slot = 0; slot < nslots; slot++)
        lio_lfu_insert(lfu, slot);
    return lfu;
}

static void hit_times(struct lio_lfu *lfu, uint32_t slot, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++)
        lio_lfu_hit(lfu, slot);
}

static void the_least_used_goes_first(void **state LIO_UNUSED)
{
    bool pinned[4] = { false };
    struct lio_lfu *lfu = open_full(4, pinned);

    hit_times(lfu, 0, 3);
    hit_times(lfu, 1, 1);
    hit_times(lfu, 2, 2);
    assert_int_equal(lio_lfu_evict(lfu), 3);
    assert_int_equal(lio_lfu_evict(lfu), 1);
    assert_int_equal(lio_lfu_evict(lfu), 2);
    assert_int_equal(lio_lfu_evict(lfu), 0);
    assert_int_equal(lio_lfu_evict(lfu), LIO_NO_SLOT);
    free(lfu);
}

static void
of_equals_the_one_that_came_to_its_count_first_goes(void **state LIO_UNUSED)
{
    bool pinned[4] = { false };
    struct lio_lfu *lfu = open_full(4, pinned);

    /* Not when they were cached counts, but when they were hit. */
    hit_times(lfu, 3, 1);
    hit_times(lfu, 0, 1);
    hit_times(lfu, 2, 1);
    hit_times(lfu, 1, 1);
    assert_int_equal(lio_lfu_evict(lfu), 3);
    assert_int_equal(lio_lfu_evict(lfu), 0);
    assert_int_equal(lio_lfu_evict(lfu), 2);
    assert_int_equal(lio_lfu_evict(lfu), 1);
    free(lfu);
}

static void a_count_is_forgotten_with_its_block(void **state LIO_UNUSED)
{
    bool pinned[2] = { false };
    struct lio_lfu *lfu = open_full(2, pinned);

    hit_times(lfu, 0, 5);
    lio_lfu_remove(lfu, 0);
    hit_times(lfu, 1, 1);
    lio_lfu_insert(lfu, 0);
    assert_int_equal(lio_lfu_evict(lfu), 0);
    free(lfu);
}

static void pinned_slots_are_passed_over_in_every_count(void **state LIO_UNUSED)
{
    bool pinned[4] = { true, true, true, false };
    struct lio_lfu *lfu = open_full(4, pinned);

    hit_times(lfu, 2, 1);
    hit_times(lfu, 3, 2);
    assert_int_equal(lio_lfu_evict(lfu), 3);
    assert_int_equal(lio_lfu_evict(lfu), LIO_NO_SLOT);
    memset(pinned, 0, sizeof(pinned));
    assert_int_equal(lio_lfu_evict(lfu), 0);
    free(lfu);
}

/* -- against the textbook ------------------------------------------------ */

struct textbook {
    struct line cached; /* the last to change its count first */
    uint64_t uses[HOST_KEYS];
    uint32_t capacity;
};

static uint32_t least_used(const struct textbook *book)
{
    uint32_t least = book->cached.count - 1;

    for (uint32_t at = least; at-- > 0;)
        if (book->uses[book->cached.keys[at]] <
            book->uses[book->cached.keys[least]])
            least = at;
    return book->cached.keys[least];
}

static uint32_t textbook_access(void *arg, uint32_t key)
{
    struct textbook *book = arg;
    uint32_t victim = NO_KEY;

    if (line_take(&book->cached, key)) {
        book->uses[key]++;
    } else {
        book->uses[key] = 1;
        if (book->cached.count == book->capacity) {
            victim = least_used(book);
            (void)line_take(&book->cached, victim);
        }
    }
    line_push(&book->cached, key);
    return victim;
}

static void victims_are_those_of_the_textbook(void **state LIO_UNUSED)
{
    static const uint32_t sizes[] = { 1, 2, 3, 10, 100, 333 };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++) {
        struct textbook *book = calloc(1, sizeof(*book));
        struct policy_host *host = policy_host_open(sizes[i], NULL);

        assert_non_null(book);
        book->capacity = sizes[i];
        compare_with_textbook(host, textbook_access, book);
        policy_host_close(host);
        free(book);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_used_goes_first),
        cmocka_unit_test(of_equals_the_one_that_came_to_its_count_first_goes),
        cmocka_unit_test(a_count_is_forgotten_with_its_block),
        cmocka_unit_test(pinned_slots_are_passed_over_in_every_count),
        cmocka_unit_test(victims_are_those_of_the_textbook),
    };

    return cmocka_run_group_tests_name("lfu", tests, NULL, NULL);
}
