/*
 * The cursor over bytes, and checked arithmetic.
 */
#include "common/checked.h"
#include "common/cursor.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void fields_are_taken_in_order(void **state)
{
    static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
                                     0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
                                     0x0d, 0x0e, 'L',  'A',  'N',  'C' };
    struct lio_cursor cur = lio_cursor_over(bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(lio_cursor_u16(&cur), 0x0201);
    assert_int_equal(lio_cursor_u32(&cur), 0x06050403);
    assert_true(lio_cursor_u64(&cur) == UINT64_C(0x0e0d0c0b0a090807));
    assert_true(lio_cursor_is(&cur, "LANC"));
    assert_int_equal(cur.left, 0);
    assert_false(cur.overrun);
}

static void field_past_the_end_is_zero_and_remembered(void **state)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    struct lio_cursor cur = lio_cursor_over(bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(lio_cursor_u32(&cur), 0);
    assert_true(cur.overrun);
    /* Not even what would fit, or fields would be mixed up. */
    assert_int_equal(lio_cursor_u16(&cur), 0);
    assert_false(lio_cursor_is(&cur, ""));
}

static void taking_nothing_from_nothing_is_fine(void **state)
{
    struct lio_cursor cur = lio_cursor_over(NULL, 0);

    (void)state;
    (void)lio_cursor_take(&cur, 0);
    assert_false(cur.overrun);
    assert_null(lio_cursor_take(&cur, 1));
    assert_true(cur.overrun);
}

static void other_magic_is_told_apart(void **state)
{
    struct lio_cursor cur = lio_cursor_over("LANXLANC", 8);

    (void)state;
    assert_false(lio_cursor_is(&cur, "LANC"));
    assert_true(lio_cursor_is(&cur, "LANC"));
}

static void overflow_is_told_and_writes_nothing(void **state)
{
    uint64_t result = 5;

    (void)state;
    assert_false(lio_checked_add(UINT64_MAX, 1, &result));
    assert_false(
        lio_checked_mul(UINT64_C(1) << 32, UINT64_C(1) << 32, &result));
    assert_int_equal(result, 5);
    assert_true(lio_checked_add(UINT64_MAX - 1, 1, &result));
    assert_true(result == UINT64_MAX);
    assert_true(lio_checked_mul(0, UINT64_MAX, &result));
    assert_int_equal(result, 0);
}

static void ranges_at_the_edge_fit(void **state)
{
    (void)state;
    assert_true(lio_range_fits(10, 0, 10));
    assert_true(lio_range_fits(0, 10, 10));
    assert_false(lio_range_fits(1, 10, 10));
    assert_false(lio_range_fits(11, 0, 10));
    assert_false(lio_range_fits(5, UINT64_MAX, 10));
    assert_false(lio_range_fits(UINT64_MAX, UINT64_MAX, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_taken_in_order),
        cmocka_unit_test(field_past_the_end_is_zero_and_remembered),
        cmocka_unit_test(taking_nothing_from_nothing_is_fine),
        cmocka_unit_test(other_magic_is_told_apart),
        cmocka_unit_test(overflow_is_told_and_writes_nothing),
        cmocka_unit_test(ranges_at_the_edge_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
