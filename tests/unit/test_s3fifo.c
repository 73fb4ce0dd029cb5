/*
 * cache-s3fifo: the queues on numbers, and every victim against the paper's
 * algorithm.
 */
#include "support/policy_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* small, ghost, promote */
static const union lio_value presets[] = { { .u = 10 },
                                           { .u = 90 },
                                           { .u = 2 } };
static const union lio_value quarter[] = { { .u = 25 },
                                           { .u = 100 },
                                           { .u = 1 } };

static void access_all(struct policy_host *host, uint32_t first, uint32_t last)
{
    for (uint32_t key = first; key <= last; key++)
        (void)policy_host_access(host, key);
}

static void what_is_used_once_goes_in_order(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, quarter);

    access_all(host, 1, 4);
    assert_int_equal(policy_host_access(host, 5), 1);
    assert_int_equal(policy_host_access(host, 6), 2);
    policy_host_close(host);
}

static void what_was_used_goes_on_to_main(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, quarter);

    access_all(host, 1, 4);
    access_all(host, 1, 2);
    assert_int_equal(policy_host_access(host, 5), 3);
    access_all(host, 100, 1000);
    assert_true(host->slot_of[1] != LIO_NO_SLOT);
    assert_true(host->slot_of[2] != LIO_NO_SLOT);
    policy_host_close(host);
}

static void fewer_uses_than_promote_are_not_enough(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, presets);

    access_all(host, 1, 4);
    (void)policy_host_access(host, 1);
    assert_int_equal(policy_host_access(host, 5), 1);
    (void)policy_host_access(host, 2);
    (void)policy_host_access(host, 2);
    assert_int_equal(policy_host_access(host, 6), 3);
    policy_host_close(host);
}

static void a_ghost_goes_to_main(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, quarter);

    access_all(host, 1, 5);            /* 1 is a ghost */
    (void)policy_host_access(host, 1); /* main */
    access_all(host, 100, 1000);
    assert_true(host->slot_of[1] != LIO_NO_SLOT);
    policy_host_close(host);
}

/* How many of these accesses a block of main survives that has been hit so
 * often before. */
static uint32_t survived_by_main(uint32_t hits)
{
    struct policy_host *host = policy_host_open(4, quarter);
    uint32_t naccesses = 0;

    access_all(host, 1, 4);
    access_all(host, 1, 4);
    (void)policy_host_access(host, 5); /* main 4 3 2, small 5 */
    for (uint32_t i = 0; i < hits; i++)
        (void)policy_host_access(host, 2);
    while (host->slot_of[2] != LIO_NO_SLOT && naccesses < 1000)
        (void)policy_host_access(host, 10 + naccesses++ % 4);
    policy_host_close(host);
    return naccesses;
}

static void
main_gives_a_round_for_each_use_but_three_at_most(void **state LIO_UNUSED)
{
    assert_true(survived_by_main(0) < survived_by_main(1));
    assert_true(survived_by_main(1) < survived_by_main(2));
    assert_true(survived_by_main(2) < survived_by_main(3));
    assert_int_equal(survived_by_main(3), survived_by_main(4));
    assert_int_equal(survived_by_main(3), survived_by_main(1000));
    assert_true(survived_by_main(3) < 1000);
}

static void what_is_pinned_is_passed_over(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, quarter);

    access_all(host, 1, 4);
    host->pinned[host->slot_of[1]] = true;
    host->pinned[host->slot_of[3]] = true;
    assert_int_equal(policy_host_access(host, 5), 2);
    host->pinned[host->slot_of[1]] = false;
    assert_int_equal(policy_host_access(host, 6), 1);
    policy_host_close(host);
}

static void
small_serves_when_main_is_too_long_and_pinned(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, quarter);

    access_all(host, 1, 4);
    access_all(host, 1, 4);
    (void)policy_host_access(host, 5); /* main 4 3 2, small 5 */
    (void)policy_host_access(host, 1); /* main 1 4 3 2: one too long */
    memset(host->pinned, true, sizeof(host->pinned));
    host->pinned[host->slot_of[1]] = false;
    (void)policy_host_access(host, 1);
    assert_int_equal(policy_host_access(host, 6), 1);
    policy_host_close(host);
}

/* -- against the paper --------------------------------------------------- */

/* The names are those of Algorithm 1 in Yang and others 2023. */
struct textbook {
    struct line s, m, g;
    uint8_t freq[HOST_KEYS];
    uint32_t capacity, s_size, g_size, promote;
};

static uint32_t evict_m(struct textbook *book)
{
    while (book->m.count > 0) {
        uint32_t tail = line_pop_oldest(&book->m);

        if (book->freq[tail] == 0)
            return tail;
        book->freq[tail]--;
        line_push(&book->m, tail);
    }
    return NO_KEY;
}

static uint32_t evict_s(struct textbook *book)
{
    while (book->s.count > 0) {
        uint32_t tail = line_pop_oldest(&book->s);

        if (book->freq[tail] >= book->promote) {
            book->freq[tail] = 0;
            line_push(&book->m, tail);
            continue;
        }
        line_push(&book->g, tail);
        if (book->g.count > book->g_size)
            (void)line_pop_oldest(&book->g);
        return tail;
    }
    return NO_KEY;
}

static uint32_t make_room(struct textbook *book)
{
    uint32_t victim = NO_KEY;

    while (book->s.count + book->m.count == book->capacity) {
        if (book->m.count > book->capacity - book->s_size || book->s.count == 0)
            victim = evict_m(book);
        else
            victim = evict_s(book);
    }
    return victim;
}

static uint32_t textbook_access(void *arg, uint32_t key)
{
    struct textbook *book = arg;
    uint32_t victim;
    bool in_g;

    if (line_find(&book->s, key) != NO_KEY ||
        line_find(&book->m, key) != NO_KEY) {
        book->freq[key] += book->freq[key] < 3;
        return NO_KEY;
    }
    in_g = line_take(&book->g, key);
    victim = make_room(book);
    book->freq[key] = 0;
    line_push(in_g ? &book->m : &book->s, key);
    return victim;
}

static void compare(uint32_t nslots, const union lio_value *params)
{
    struct textbook *book = calloc(1, sizeof(*book));
    struct policy_host *host = policy_host_open(nslots, params);

    assert_non_null(book);
    book->capacity = nslots;
    book->s_size = nslots * (uint32_t)params[0].u / 100;
    book->s_size += book->s_size == 0;
    book->g_size = nslots * (uint32_t)params[1].u / 100;
    book->promote = (uint32_t)params[2].u;
    compare_with_textbook(host, textbook_access, book);
    policy_host_close(host);
    free(book);
}

static void victims_are_those_of_the_paper(void **state LIO_UNUSED)
{
    static const uint32_t sizes[] = { 1, 2, 3, 10, 100, 333, 1000 };
    static const union lio_value large[] = { { .u = 99 },
                                             { .u = 100 },
                                             { .u = 3 } };
    static const union lio_value small[] = { { .u = 1 },
                                             { .u = 1 },
                                             { .u = 1 } };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++) {
        compare(sizes[i], presets);
        compare(sizes[i], quarter);
        compare(sizes[i], large);
        compare(sizes[i], small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_used_once_goes_in_order),
        cmocka_unit_test(what_was_used_goes_on_to_main),
        cmocka_unit_test(fewer_uses_than_promote_are_not_enough),
        cmocka_unit_test(a_ghost_goes_to_main),
        cmocka_unit_test(main_gives_a_round_for_each_use_but_three_at_most),
        cmocka_unit_test(what_is_pinned_is_passed_over),
        cmocka_unit_test(small_serves_when_main_is_too_long_and_pinned),
        cmocka_unit_test(victims_are_those_of_the_paper),
    };

    return cmocka_run_group_tests_name("s3fifo", tests, NULL, NULL);
}
