/*
 * Ghosts: found by key, dropped by age, never more than there is room for.
 */
#include "common/ghost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct lio_ghosts ghosts;
    void *memory;
};

static struct fixture open_ghosts(uint32_t max)
{
    struct fixture f;

    f.memory = malloc(lio_ghosts_bytes(max));
    assert_non_null(f.memory);
    lio_ghosts_init(&f.ghosts, f.memory, max);
    return f;
}

static void close_ghosts(struct fixture *f)
{
    free(f->memory);
}

static bool has(const struct fixture *f, uint64_t key)
{
    return lio_ghosts_find(&f->ghosts, key) != LIO_NO_GHOST;
}

static void a_ghost_is_found_until_it_is_dropped(void **state)
{
    struct fixture f = open_ghosts(4);

    (void)state;
    lio_ghosts_add(&f.ghosts, 0, 7);
    lio_ghosts_add(&f.ghosts, 1, UINT64_MAX);
    assert_true(has(&f, 7) && has(&f, UINT64_MAX) && !has(&f, 8));
    assert_int_equal(
        lio_ghosts_line(&f.ghosts, lio_ghosts_find(&f.ghosts, UINT64_MAX)), 1);

    assert_true(lio_ghosts_take(&f.ghosts, 7));
    assert_false(lio_ghosts_take(&f.ghosts, 7));
    assert_false(has(&f, 7));
    assert_int_equal(lio_ghosts_count(&f.ghosts, 0), 0);
    assert_int_equal(lio_ghosts_count(&f.ghosts, 1), 1);
    close_ghosts(&f);
}

static void a_new_one_drives_out_the_oldest_of_its_line(void **state)
{
    struct fixture f = open_ghosts(3);

    (void)state;
    lio_ghosts_add(&f.ghosts, 1, 1);
    lio_ghosts_add(&f.ghosts, 0, 2);
    lio_ghosts_add(&f.ghosts, 0, 3);
    lio_ghosts_add(&f.ghosts, 0, 4);
    assert_true(has(&f, 1) && !has(&f, 2) && has(&f, 3) && has(&f, 4));
    close_ghosts(&f);
}

static void a_line_with_none_takes_from_the_other(void **state)
{
    struct fixture f = open_ghosts(2);

    (void)state;
    lio_ghosts_add(&f.ghosts, 0, 1);
    lio_ghosts_add(&f.ghosts, 0, 2);
    lio_ghosts_add(&f.ghosts, 1, 3);
    assert_true(!has(&f, 1) && has(&f, 2) && has(&f, 3));
    close_ghosts(&f);
}

static void with_no_room_there_are_no_ghosts(void **state)
{
    struct fixture f = open_ghosts(0);

    (void)state;
    lio_ghosts_add(&f.ghosts, 0, 1);
    assert_false(has(&f, 1));
    lio_ghosts_drop_oldest(&f.ghosts, 0);
    assert_int_equal(lio_ghosts_count(&f.ghosts, 0), 0);
    close_ghosts(&f);
}

static void keys_that_share_buckets_are_told_apart(void **state)
{
    /* 100 keys in 128 buckets, and far more that come and go. */
    struct fixture f = open_ghosts(100);

    (void)state;
    for (uint64_t key = 0; key < 10000; key++) {
        lio_ghosts_add(&f.ghosts, key % 2, key * 4096);
        if (key % 3 == 0)
            assert_true(lio_ghosts_take(&f.ghosts, key * 4096));
        if (key >= 400)
            assert_false(has(&f, (key - 400) * 4096));
    }
    assert_int_equal(
        lio_ghosts_count(&f.ghosts, 0) + lio_ghosts_count(&f.ghosts, 1), 99);
    assert_true(has(&f, 9998 * 4096) && !has(&f, 9999 * 4096));
    close_ghosts(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ghost_is_found_until_it_is_dropped),
        cmocka_unit_test(a_new_one_drives_out_the_oldest_of_its_line),
        cmocka_unit_test(a_line_with_none_takes_from_the_other),
        cmocka_unit_test(with_no_room_there_are_no_ghosts),
        cmocka_unit_test(keys_that_share_buckets_are_told_apart),
    };

    return cmocka_run_group_tests_name("ghost", tests, NULL, NULL);
}
