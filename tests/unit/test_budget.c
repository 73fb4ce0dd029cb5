/*
 * The budget of bytes in flight.
 */
#include "core/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void what_fits_is_taken_and_given_back(void **state)
{
    struct lio_budget_place place = { 0 };
    struct lio_budget budget;

    (void)state;
    lio_budget_init(&budget, 100);
    assert_true(lio_budget_take(&budget, 60, &place));
    assert_true(lio_budget_take(&budget, 40, &place));
    assert_false(lio_budget_take(&budget, 1, &place));
    assert_true(lio_budget_give(&budget, 60)); /* somebody waits */
    assert_true(lio_budget_take(&budget, 1, &place));
    assert_false(lio_budget_give(&budget, 40));
    assert_false(lio_budget_give(&budget, 1));
    assert_int_equal(atomic_load(&budget.taken_bytes), 0);
    lio_budget_release(&budget);
}

static void what_is_too_large_runs_alone(void **state)
{
    struct lio_budget_place place = { 0 };
    struct lio_budget budget;

    (void)state;
    lio_budget_init(&budget, 1);
    assert_true(lio_budget_take(&budget, 1000, &place));
    assert_false(lio_budget_take(&budget, 1, &place));
    (void)lio_budget_give(&budget, 1000);
    assert_true(lio_budget_take(&budget, UINT64_MAX / 2, &place));
    (void)lio_budget_give(&budget, UINT64_MAX / 2);
    lio_budget_release(&budget);
}

static void nothing_costs_nothing(void **state)
{
    struct lio_budget_place place = { 0 };
    struct lio_budget budget;

    (void)state;
    lio_budget_init(&budget, 10);
    assert_true(lio_budget_take(&budget, 10, &place));
    assert_true(lio_budget_take(&budget, 0, &place)); /* a sync */
    assert_false(lio_budget_give(&budget, 0));
    (void)lio_budget_give(&budget, 10);
    lio_budget_release(&budget);
}

static void without_a_limit_all_is_taken(void **state)
{
    struct lio_budget_place place = { 0 };
    struct lio_budget budget;

    (void)state;
    lio_budget_init(&budget, 0);
    for (int i = 0; i < 1000; i++)
        assert_true(lio_budget_take(&budget, 1ull << 40, &place));
    assert_false(place.queued);
    lio_budget_release(&budget);
}

static void who_came_first_is_served_first(void **state)
{
    int a_owner, b_owner;
    struct lio_budget_place a = { .owner = &a_owner },
                            b = { .owner = &b_owner };
    struct lio_budget_place c = { 0 };
    struct lio_budget budget;

    (void)state;
    lio_budget_init(&budget, 100);
    assert_true(lio_budget_take(&budget, 100, &c));
    assert_null(lio_budget_first(&budget));
    assert_false(lio_budget_take(&budget, 80, &a));
    assert_false(lio_budget_take(&budget, 10, &b));
    assert_false(lio_budget_take(&budget, 10, &b)); /* keeps its place */
    assert_ptr_equal(lio_budget_first(&budget), &a_owner);

    assert_true(lio_budget_give(&budget, 50));
    /* There is room for b, but a was first and needs more. */
    assert_false(lio_budget_take(&budget, 10, &b));
    assert_false(lio_budget_take(&budget, 80, &a));
    assert_true(lio_budget_give(&budget, 50));
    assert_false(lio_budget_take(&budget, 10, &b));
    assert_true(lio_budget_take(&budget, 80, &a));
    assert_ptr_equal(lio_budget_first(&budget), &b_owner);
    assert_true(lio_budget_take(&budget, 10, &b));
    assert_null(lio_budget_first(&budget));
    lio_budget_release(&budget);
}

static void who_leaves_holds_nobody_up(void **state)
{
    struct lio_budget_place a = { 0 }, b = { 0 }, c = { 0 };
    struct lio_budget budget;

    (void)state;
    lio_budget_init(&budget, 10);
    assert_true(lio_budget_take(&budget, 10, &c));
    assert_false(lio_budget_take(&budget, 10, &a));
    assert_false(lio_budget_take(&budget, 5, &b));
    (void)lio_budget_give(&budget, 10);
    lio_budget_leave(&budget, &a);
    lio_budget_leave(&budget, &a); /* it is not there any more */
    assert_true(lio_budget_take(&budget, 5, &b));
    lio_budget_release(&budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_taken_and_given_back),
        cmocka_unit_test(what_is_too_large_runs_alone),
        cmocka_unit_test(nothing_costs_nothing),
        cmocka_unit_test(without_a_limit_all_is_taken),
        cmocka_unit_test(who_came_first_is_served_first),
        cmocka_unit_test(who_leaves_holds_nobody_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
