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
    assert_int_equal(gaps.end, 0);
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
    assert_int_equal(gaps.end, 8);
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
static void check_rows(const struct lio_gaps *gaps, uint64_t deleted)
{
    uint64_t live = 0;

    for (unsigned i = 0; i < ROWS; i++) {
        uint64_t end, row = lio_gaps_skip(gaps, i, &end);
        unsigned next = i, last;

        while (deleted >> next & 1)
            next++;
        for (last = next; last < ROWS && !(deleted >> last & 1);)
            last++;
        assert_int_equal(row, next);
        if (last < ROWS)
            assert_int_equal(end, last);
        if (next == i)
            assert_int_equal(lio_gaps_row(gaps, live++), i);
    }
}

static void check_pattern(uint64_t deleted)
{
    struct lio_gaps gaps = { 0 };

    for (unsigned i = 0; i < ROWS; i++)
        if (deleted >> i & 1)
            assert_int_equal(lio_gaps_add(&gaps, i, 1), 0);
    check_rows(&gaps, deleted);
    lio_gaps_pack(&gaps);
    check_rows(&gaps, deleted);
    lio_gaps_release(&gaps);
}

static void few_runs_are_kept_many_become_a_bitmap(void **state)
{
    struct lio_gaps gaps = { 0 };

    (void)state;
    assert_int_equal(lio_gaps_add(&gaps, 1, 1), 0);
    assert_int_equal(lio_gaps_add(&gaps, 1000000, 1000000), 0);
    lio_gaps_pack(&gaps);
    assert_null(gaps.left);
    lio_gaps_release(&gaps);
    for (uint64_t row = 0; row < 3000; row += 3)
        assert_int_equal(lio_gaps_add(&gaps, row, 1), 0);
    lio_gaps_pack(&gaps);
    assert_non_null(gaps.left);
    assert_null(gaps.all);
    assert_int_equal(gaps.rows, 1000);
    assert_int_equal(gaps.end, 2998);
    lio_gaps_release(&gaps);
}

/* Words, blocks of words, and what lies behind the last. */
static void bitmap_says_the_same_as_runs(void **state)
{
    enum { N = 20000 };
    struct lio_gaps runs = { 0 }, bitmap = { 0 };
    uint64_t random = 1, row = 0;

    (void)state;
    while (row < N) {
        uint64_t n;

        random = random * UINT64_C(6364136223846793005) + 1;
        n = 1 + (random >> 60) + (random >> 40 & 0xfff ? 0 : 5000);
        assert_int_equal(lio_gaps_add(&runs, row, n), 0);
        assert_int_equal(lio_gaps_add(&bitmap, row, n), 0);
        row += n + 1 + (random >> 56 & 7);
    }
    lio_gaps_pack(&bitmap);
    assert_non_null(bitmap.left);
    for (row = 0; row < N + 200; row++) {
        uint64_t end, same_end, left = lio_gaps_left(&bitmap, row);

        assert_int_equal(lio_gaps_skip(&bitmap, row, &end),
                         lio_gaps_skip(&runs, row, &same_end));
        assert_true(end == same_end);
        assert_int_equal(lio_gaps_row(&bitmap, row), lio_gaps_row(&runs, row));
        for (unsigned i = 0; i < 64; i += 21)
            assert_int_equal(left >> i & 1,
                             lio_gaps_skip(&runs, row + i, &end) == row + i);
    }
    lio_gaps_release(&runs);
    lio_gaps_release(&bitmap);
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
        cmocka_unit_test(few_runs_are_kept_many_become_a_bitmap),
        cmocka_unit_test(bitmap_says_the_same_as_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
