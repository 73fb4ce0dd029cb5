/*
 * What filters are made of: operations by id, completions by time, files by
 * path.
 */
#include "plugins/filter/due.h"
#include "plugins/filter/ids.h"
#include "plugins/filter/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/clock.h"
#include "support/pattern.h"

/* -- ids ------------------------------------------------------------------ */

static void an_id_has_one_slot_until_it_is_removed(void **state)
{
    enum { SLOTS = 100 };
    uint64_t held[SLOTS] = { 0 }, seed = 1, next_id = 1;
    struct lio_error err;
    struct lio_ids ids;

    (void)state;
    assert_int_equal(lio_ids_init(&ids, SLOTS, &err), 0);
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t at = (uint32_t)(lio_test_random(&seed) % SLOTS), slot;

        if (held[at]) {
            assert_int_equal(lio_ids_find(&ids, held[at]), at);
            lio_ids_remove(&ids, at);
            assert_int_equal(lio_ids_find(&ids, held[at]), LIO_NO_ID);
            held[at] = 0;
        } else {
            uint64_t id = next_id++ << 32 | at;

            slot = lio_ids_add(&ids, id);
            assert_true(slot < SLOTS && held[slot] == 0);
            held[slot] = id;
        }
    }
    lio_ids_release(&ids);
}

static void no_more_ids_than_slots(void **state)
{
    struct lio_error err;
    struct lio_ids ids;

    (void)state;
    assert_int_equal(lio_ids_init(&ids, 3, &err), 0);
    for (uint64_t id = 0; id < 3; id++)
        assert_int_not_equal(lio_ids_add(&ids, id), LIO_NO_ID);
    assert_int_equal(lio_ids_add(&ids, 3), LIO_NO_ID);
    lio_ids_remove(&ids, lio_ids_find(&ids, 1));
    assert_int_not_equal(lio_ids_add(&ids, 3), LIO_NO_ID);
    assert_int_equal(ids.nused, 3);
    lio_ids_release(&ids);
}

static void absurd_depths_are_refused(void **state)
{
    static const uint32_t wrong[] = { 0, LIO_FILTER_DEPTH_MAX + 1, UINT32_MAX };
    struct lio_error err;
    struct lio_ids ids;

    (void)state;
    for (uint32_t i = 0; i < LIO_COUNT(wrong); i++)
        assert_int_equal(lio_ids_init(&ids, wrong[i], &err), LIO_ECONFIG);
}

/* -- dues ----------------------------------------------------------------- */

static void what_is_due_first_comes_first(void **state)
{
    enum { N = 500 };
    uint64_t seed = 9, last = 0, last_id = 0;
    struct lio_error err;
    struct lio_dues dues;
    struct lio_due due;

    (void)state;
    assert_int_equal(lio_dues_init(&dues, N, &err), 0);
    assert_true(lio_dues_next(&dues) == LIO_NO_DEADLINE);
    for (uint64_t id = 0; id < N; id++)
        assert_true(lio_dues_add(
            &dues, (struct lio_due){ .at_ns = lio_test_random(&seed) % 50 + 1,
                                     .done.id = id }));
    assert_false(lio_dues_add(&dues, (struct lio_due){ .at_ns = 1 }));
    assert_false(lio_dues_pop(&dues, 0, &due));
    for (uint32_t i = 0; i < N; i++) {
        uint64_t next = lio_dues_next(&dues);

        assert_false(lio_dues_pop(&dues, next - 1, &due));
        assert_true(lio_dues_pop(&dues, next, &due));
        assert_int_equal(due.at_ns, next);
        assert_true(next > last || (next == last && due.done.id > last_id));
        last = next;
        last_id = due.done.id;
    }
    assert_true(lio_dues_next(&dues) == LIO_NO_DEADLINE);
    lio_dues_release(&dues);
}

static void one_can_be_taken_out_of_the_middle(void **state)
{
    enum { N = 200 };
    uint64_t seed = 4, last = 0;
    struct lio_error err;
    struct lio_dues dues;
    struct lio_due due;

    (void)state;
    assert_int_equal(lio_dues_init(&dues, N, &err), 0);
    for (uint64_t id = 0; id < N; id++)
        assert_true(lio_dues_add(
            &dues, (struct lio_due){ .at_ns = lio_test_random(&seed) % 1000,
                                     .done.id = id }));
    for (uint64_t id = 0; id < N; id += 3) {
        assert_true(lio_dues_take(&dues, id, &due));
        assert_int_equal(due.done.id, id);
        assert_false(lio_dues_take(&dues, id, &due));
    }
    for (uint32_t left = dues.n; left > 0; left--) {
        assert_true(lio_dues_pop(&dues, 1000, &due));
        assert_true(due.done.id % 3 != 0 && due.at_ns >= last);
        last = due.at_ns;
    }
    assert_false(lio_dues_pop(&dues, 1000, &due));
    lio_dues_release(&dues);
}

/* -- paths ---------------------------------------------------------------- */

static void count_entry(struct lio_path *entry, void *user)
{
    uint32_t *made = user;

    assert_int_equal(entry->number, ++*made);
}

static void a_path_has_one_number(void **state)
{
    enum { N = 1000 };
    struct lio_path *entries[N];
    struct lio_paths paths;
    struct lio_error err;
    uint32_t made = 0;
    char path[32];

    (void)state;
    assert_int_equal(lio_paths_init(&paths, sizeof(struct lio_path), &err), 0);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < N; i++) {
            struct lio_path *entry;

            (void)snprintf(path, sizeof(path), "/data/%u", i);
            entry = lio_paths_get(&paths, path, count_entry, &made);
            assert_non_null(entry);
            assert_int_equal(entry->number, i + 1);
            assert_string_equal(entry->path, path);
            if (round == 0)
                entries[i] = entry;
            assert_ptr_equal(entry, entries[i]);
        }
    assert_int_equal(made, N);
    lio_paths_release(&paths, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_one_slot_until_it_is_removed),
        cmocka_unit_test(no_more_ids_than_slots),
        cmocka_unit_test(absurd_depths_are_refused),
        cmocka_unit_test(what_is_due_first_comes_first),
        cmocka_unit_test(one_can_be_taken_out_of_the_middle),
        cmocka_unit_test(a_path_has_one_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
