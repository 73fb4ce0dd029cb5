/*
 * cache-arc: what it learns, on numbers, and every victim against the paper's
 * algorithm written down as it is printed there.
 */
#include "support/policy_host.h"

#include "plugins/cache-arc/arc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct lio_arc *arc_of(const struct policy_host *host)
{
    return host->policy;
}

static void access_all(struct policy_host *host, uint32_t first, uint32_t last)
{
    for (uint32_t key = first; key <= last; key++)
        (void)policy_host_access(host, key);
}

/* Four slots: T2 = 2 1, T1 = 4 3. */
static struct policy_host *open_half_and_half(void)
{
    struct policy_host *host = policy_host_open(4, NULL);

    access_all(host, 1, 2);
    access_all(host, 1, 2);
    access_all(host, 3, 4);
    return host;
}

static void blocks_used_once_make_room_at_first(void **state LIO_UNUSED)
{
    struct policy_host *host = open_half_and_half();

    assert_int_equal(policy_host_access(host, 5), 3);
    assert_int_equal(policy_host_access(host, 6), 4);
    assert_int_equal(policy_host_access(host, 7), 5);
    policy_host_close(host);
}

static void a_scan_does_not_touch_what_was_used_again(void **state LIO_UNUSED)
{
    struct policy_host *host = open_half_and_half();

    access_all(host, 100, 1000);
    assert_true(host->slot_of[1] != LIO_NO_SLOT);
    assert_true(host->slot_of[2] != LIO_NO_SLOT);
    policy_host_close(host);
}

static void a_ghost_used_once_gives_t1_more(void **state LIO_UNUSED)
{
    struct policy_host *host = open_half_and_half();

    (void)policy_host_access(host, 5); /* B1 = 3 */
    assert_true(arc_of(host)->target == 0);
    assert_int_equal(policy_host_access(host, 3), 4);
    assert_true(arc_of(host)->target == 1);
    policy_host_close(host);
}

static void a_ghost_used_again_takes_it_back(void **state LIO_UNUSED)
{
    struct policy_host *host = open_half_and_half();

    (void)policy_host_access(host, 5);
    (void)policy_host_access(host, 3); /* T1 = 5, T2 = 3 2 1, B1 = 4 */
    assert_int_equal(policy_host_access(host, 4), 1); /* B2 = 1 */
    assert_true(arc_of(host)->target == 2);
    (void)policy_host_access(host, 1);
    assert_true(arc_of(host)->target == 1);
    policy_host_close(host);
}

static void a_ghost_is_known_while_slots_are_free(void **state LIO_UNUSED)
{
    struct policy_host *host = open_half_and_half();
    uint32_t slot;

    (void)policy_host_access(host, 5); /* B1 = 3 */
    slot = host->slot_of[5];
    host->ops->remove(host->policy, slot);
    host->ops->insert(host->policy, slot, 3);
    assert_true(arc_of(host)->target == 1);
    policy_host_close(host);
}

static void the_other_list_serves_when_one_is_pinned(void **state LIO_UNUSED)
{
    struct policy_host *host = open_half_and_half();

    host->pinned[host->slot_of[3]] = true;
    assert_int_equal(policy_host_access(host, 5), 4);
    host->pinned[host->slot_of[5]] = true;
    assert_int_equal(policy_host_access(host, 6), 1);
    policy_host_close(host);
}

/* -- against the paper --------------------------------------------------- */

/* The names are those of Figure 4 in Megiddo and Modha 2003. */
struct textbook {
    struct line t1, t2, b1, b2;
    double p;
    uint32_t c;
};

static uint32_t replace(struct textbook *book, bool in_b2)
{
    bool from_t1 =
        book->t1.count >= 1 &&
        (book->t1.count > book->p || (in_b2 && book->t1.count == book->p));
    uint32_t victim = line_pop_oldest(from_t1 ? &book->t1 : &book->t2);

    line_push(from_t1 ? &book->b1 : &book->b2, victim);
    return victim;
}

static double step(const struct line *same, const struct line *other)
{
    double ratio = (double)other->count / same->count;

    return ratio > 1 ? ratio : 1;
}

/* Case IV: in none of the lists. */
static uint32_t access_new(struct textbook *book, uint32_t key)
{
    uint32_t l1 = book->t1.count + book->b1.count;
    uint32_t all = l1 + book->t2.count + book->b2.count, victim = NO_KEY;

    if (l1 == book->c) {
        if (book->t1.count < book->c) {
            (void)line_pop_oldest(&book->b1);
            victim = replace(book, false);
        } else {
            victim = line_pop_oldest(&book->t1);
        }
    } else if (all >= book->c) {
        if (all == 2 * book->c)
            (void)line_pop_oldest(&book->b2);
        victim = replace(book, false);
    }
    line_push(&book->t1, key);
    return victim;
}

static uint32_t textbook_access(void *arg, uint32_t key)
{
    struct textbook *book = arg;
    uint32_t victim = NO_KEY;

    if (line_take(&book->t1, key) || line_take(&book->t2, key)) {
        /* Case I */
    } else if (line_find(&book->b1, key) != NO_KEY) {
        book->p += step(&book->b1, &book->b2);
        book->p = book->p < book->c ? book->p : book->c;
        victim = replace(book, false);
        (void)line_take(&book->b1, key);
    } else if (line_find(&book->b2, key) != NO_KEY) {
        book->p -= step(&book->b2, &book->b1);
        book->p = book->p > 0 ? book->p : 0;
        victim = replace(book, true);
        (void)line_take(&book->b2, key);
    } else {
        return access_new(book, key);
    }
    line_push(&book->t2, key);
    return victim;
}

static void victims_and_target_are_those_of_the_paper(void **state LIO_UNUSED)
{
    static const uint32_t sizes[] = { 1, 2, 3, 10, 100, 333, 1000 };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++) {
        struct textbook *book = calloc(1, sizeof(*book));
        struct policy_host *host = policy_host_open(sizes[i], NULL);

        assert_non_null(book);
        book->c = sizes[i];
        compare_with_textbook(host, textbook_access, book);
        assert_true(arc_of(host)->target == book->p);
        policy_host_close(host);
        free(book);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_used_once_make_room_at_first),
        cmocka_unit_test(a_scan_does_not_touch_what_was_used_again),
        cmocka_unit_test(a_ghost_used_once_gives_t1_more),
        cmocka_unit_test(a_ghost_used_again_takes_it_back),
        cmocka_unit_test(a_ghost_is_known_while_slots_are_free),
        cmocka_unit_test(the_other_list_serves_when_one_is_pinned),
        cmocka_unit_test(victims_and_target_are_those_of_the_paper),
    };

    return cmocka_run_group_tests_name("arc", tests, NULL, NULL);
}
