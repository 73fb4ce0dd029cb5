/*
 * Deleted rows as runs: where the others are.
 */
#include "column/gaps.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define ROWS 40

static void nothing_deleted_changes_nothing(void **state)
{
    const struct lio_gaps gaps = { 0 };
    uint64_t end;

    (void)state;
    assert_int_equal(lio_gaps_row(&gaps, 7), 7);
    assert_int_equal(lio_gaps_skip(&gaps, 7, &end), 7);
    assert_true(end == UINT64_MAX);
    assert_int_equal(lio_gaps_end(&gaps), 0);
}

static void runs_that_touch_become_one(void **state)
{
    struct lio_gaps gaps = { 0 };

    (void)state;
    assert_int_equal(lio_gaps_add(&gaps, 3, 2), 0);
    assert_int_equal(lio_gaps_add(&gaps, 5, 1), 0);
    assert_int_equal(lio_gaps_add(&gaps, 7, 1), 0);
    assert_int_equal(gaps.n, 2);
    assert_int_equal(gaps.rows, 4);
    assert_int_equal(gaps.all[1].before, 3);
    assert_int_equal(lio_gaps_end(&gaps), 8);
    lio_gaps_release(&gaps);
}

static void rows_out_of_order_are_refused(void **state)
{
    struct lio_gaps gaps = { 0 };

    (void)state;
    assert_int_equal(lio_gaps_add(&gaps, 3, 2), 0);
    assert_int_equal(lio_gaps_add(&gaps, 4, 1), LIO_EINVAL);
    assert_int_equal(lio_gaps_add(&gaps, 0, 1), LIO_EINVAL);
    assert_int_equal(gaps.rows, 2);
    lio_gaps_release(&gaps);
}

/* Every pattern of a few, against counting. */
static void check_pattern(uint64_t deleted)
{
    struct lio_gaps gaps = { 0 };
    uint64_t live = 0;

    for (unsigned i = 0; i < ROWS; i++)
        if (deleted >> i & 1)
            assert_int_equal(lio_gaps_add(&gaps, i, 1), 0);
    for (unsigned i = 0; i < ROWS; i++) {
        uint64_t end, row = lio_gaps_skip(&gaps, i, &end);
        unsigned next = i, last;

        while (deleted >> next & 1)
            next++;
        for (last = next; last < ROWS && !(deleted >> last & 1);)
            last++;
        assert_int_equal(row, next);
        if (last < ROWS)
            assert_int_equal(end, last);
        if (next == i)
            assert_int_equal(lio_gaps_row(&gaps, live++), i);
    }
    lio_gaps_release(&gaps);
}

static void rows_are_found_between_any_gaps(void **state)
{
    (void)state;
    for (uint64_t pattern = 0; pattern < 256; pattern++) {
        check_pattern(pattern);
        check_pattern(pattern << (ROWS - 8));
        check_pattern(pattern * UINT64_C(0x0101010101));
        check_pattern(~pattern & ((UINT64_C(1) << ROWS) - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_deleted_changes_nothing),
        cmocka_unit_test(runs_that_touch_become_one),
        cmocka_unit_test(rows_out_of_order_are_refused),
        cmocka_unit_test(rows_are_found_between_any_gaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
