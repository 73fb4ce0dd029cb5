/*
 * Timers come out in the order of their time.
 */
#include "core/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void timers_come_in_order(void **state)
{
    struct lio_timers timers;
    struct lio_timer timer;
    unsigned seed = 3;
    uint64_t before = 0;
    bool first;

    (void)state;
    lio_timers_init(&timers);
    for (uint64_t i = 0; i < 1000; i++) {
        timer = (struct lio_timer){ (uint64_t)rand_r(&seed) % 5000, i,
                                    LIO_TIMER_RESUME };
        assert_int_equal(lio_timers_add(&timers, timer, &first), 0);
    }
    for (int i = 0; i < 1000; i++) {
        assert_true(lio_timers_pop(&timers, UINT64_MAX, &timer));
        assert_true(timer.due_ns >= before);
        before = timer.due_ns;
    }
    assert_false(lio_timers_pop(&timers, UINT64_MAX, &timer));
    lio_timers_release(&timers);
}

static void only_what_is_due_comes(void **state)
{
    struct lio_timers timers;
    struct lio_timer timer = { 100, 1, LIO_TIMER_DEADLINE };
    bool first;

    (void)state;
    lio_timers_init(&timers);
    assert_int_equal(lio_timers_next(&timers), UINT64_MAX);
    assert_int_equal(lio_timers_add(&timers, timer, &first), 0);
    assert_true(first);
    timer.due_ns = 200;
    assert_int_equal(lio_timers_add(&timers, timer, &first), 0);
    assert_false(first);
    timer.due_ns = 50;
    assert_int_equal(lio_timers_add(&timers, timer, &first), 0);
    assert_true(first);

    assert_int_equal(lio_timers_next(&timers), 50);
    assert_false(lio_timers_pop(&timers, 49, &timer));
    assert_true(lio_timers_pop(&timers, 100, &timer));
    assert_int_equal(timer.due_ns, 50);
    assert_true(lio_timers_pop(&timers, 100, &timer));
    assert_int_equal(timer.due_ns, 100);
    assert_false(lio_timers_pop(&timers, 100, &timer));
    lio_timers_release(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_come_in_order),
        cmocka_unit_test(only_what_is_due_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
