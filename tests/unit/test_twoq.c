/*
 * cache-2q: the queues on numbers, and every victim against the paper's
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

/* kin, kout */
static const union lio_value params[] = { { .u = 25 }, { .u = 50 } };

static void access_all(struct policy_host *host, uint32_t first, uint32_t last)
{
    for (uint32_t key = first; key <= last; key++)
        (void)policy_host_access(host, key);
}

/* Four slots, Kin 1, Kout 2: A1in = 6 5, A1out = 4 3, Am = 2 1. */
static struct policy_host *open_with_hot_keys(void)
{
    struct policy_host *host = policy_host_open(4, params);

    access_all(host, 1, 4);
    access_all(host, 5, 6); /* A1in = 6 5 4 3, A1out = 2 1 */
    access_all(host, 1, 2);
    return host;
}

static void a_hit_on_a_new_block_moves_nothing(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, params);

    access_all(host, 1, 4);
    for (int i = 0; i < 10; i++)
        (void)policy_host_access(host, 1);
    assert_int_equal(policy_host_access(host, 5), 1);
    policy_host_close(host);
}

static void a_block_that_comes_back_is_kept_from_scans(void **state LIO_UNUSED)
{
    struct policy_host *host = open_with_hot_keys();

    access_all(host, 100, 1000);
    assert_true(host->slot_of[1] != LIO_NO_SLOT);
    assert_true(host->slot_of[2] != LIO_NO_SLOT);
    policy_host_close(host);
}

static void am_is_lru_and_leaves_no_ghosts(void **state LIO_UNUSED)
{
    struct policy_host *host = open_with_hot_keys();

    (void)policy_host_access(host, 1); /* Am = 1 2 */
    assert_int_equal(policy_host_access(host, 3), 5);
    /* A1in = 6 is no more than Kin: now Am has to pay. */
    assert_int_equal(policy_host_access(host, 4), 2);
    assert_int_equal(policy_host_access(host, 2), 1);
    /* So 2 was new and went to A1in, which is too long again. */
    assert_int_equal(policy_host_access(host, 7), 6);
    policy_host_close(host);
}

static void only_kout_ghosts_are_remembered(void **state LIO_UNUSED)
{
    struct policy_host *host = policy_host_open(4, params);

    access_all(host, 1, 7); /* A1in = 7 6 5 4, A1out = 3 2 */
    (void)policy_host_access(host, 1);
    (void)policy_host_access(host, 3); /* still there: 1 drove out 2 only */
    access_all(host, 10, 20);
    assert_true(host->slot_of[1] == LIO_NO_SLOT);
    assert_true(host->slot_of[3] != LIO_NO_SLOT);
    policy_host_close(host);
}

static void the_other_queue_serves_when_one_is_pinned(void **state LIO_UNUSED)
{
    struct policy_host *host = open_with_hot_keys();

    host->pinned[host->slot_of[5]] = true;
    host->pinned[host->slot_of[6]] = true;
    assert_int_equal(policy_host_access(host, 3), 1); /* Am = 3 2 */
    memset(host->pinned, true, sizeof(host->pinned));
    host->pinned[host->slot_of[6]] = false;
    assert_int_equal(policy_host_access(host, 7), 6);
    policy_host_close(host);
}

/* -- against the paper --------------------------------------------------- */

/* The names are those of the full version in Johnson and Shasha 1994. */
struct textbook {
    struct line a1in, a1out, am;
    uint32_t capacity, kin, kout;
};

static uint32_t reclaim(struct textbook *book)
{
    uint32_t victim;

    if (book->a1in.count + book->am.count < book->capacity)
        return NO_KEY;
    if (book->a1in.count <= book->kin && book->am.count > 0)
        return line_pop_oldest(&book->am);
    victim = line_pop_oldest(&book->a1in);
    line_push(&book->a1out, victim);
    if (book->a1out.count > book->kout)
        (void)line_pop_oldest(&book->a1out);
    return victim;
}

static uint32_t textbook_access(void *arg, uint32_t key)
{
    struct textbook *book = arg;
    uint32_t victim;

    if (line_find(&book->a1in, key) != NO_KEY)
        return NO_KEY;
    if (line_take(&book->am, key)) {
        line_push(&book->am, key);
        return NO_KEY;
    }
    if (line_take(&book->a1out, key)) {
        victim = reclaim(book);
        line_push(&book->am, key);
        return victim;
    }
    victim = reclaim(book);
    line_push(&book->a1in, key);
    return victim;
}

static void compare(uint32_t nslots, const union lio_value *values)
{
    struct textbook *book = calloc(1, sizeof(*book));
    struct policy_host *host = policy_host_open(nslots, values);

    assert_non_null(book);
    book->capacity = nslots;
    book->kin = nslots * (uint32_t)values[0].u / 100;
    book->kout = nslots * (uint32_t)values[1].u / 100;
    compare_with_textbook(host, textbook_access, book);
    policy_host_close(host);
    free(book);
}

static void victims_are_those_of_the_paper(void **state LIO_UNUSED)
{
    static const uint32_t sizes[] = { 1, 2, 3, 10, 100, 333, 1000 };
    static const union lio_value small[] = { { .u = 1 }, { .u = 1 } };
    static const union lio_value large[] = { { .u = 100 }, { .u = 100 } };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++) {
        compare(sizes[i], params);
        compare(sizes[i], small);
        compare(sizes[i], large);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hit_on_a_new_block_moves_nothing),
        cmocka_unit_test(a_block_that_comes_back_is_kept_from_scans),
        cmocka_unit_test(am_is_lru_and_leaves_no_ghosts),
        cmocka_unit_test(only_kout_ghosts_are_remembered),
        cmocka_unit_test(the_other_queue_serves_when_one_is_pinned),
        cmocka_unit_test(victims_are_those_of_the_paper),
    };

    return cmocka_run_group_tests_name("twoq", tests, NULL, NULL);
}
