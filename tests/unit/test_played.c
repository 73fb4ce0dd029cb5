/*
 * The device that filter-throttle plays: times in, times out, no clock.
 */
#include "plugins/filter-throttle/played.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

static struct lio_played made(struct lio_played_config config)
{
    struct lio_played device;
    struct lio_error err;

    assert_int_equal(lio_played_init(&device, &config, &err), 0);
    return device;
}

static void a_device_without_limits_takes_no_time(void **state)
{
    struct lio_played device = made((struct lio_played_config){ .seed = 5 });

    (void)state;
    assert_true(lio_played_unlimited(&device));
    assert_int_equal(lio_played_done(&device, 1234, UINT64_MAX), 1234);
    lio_played_release(&device);
}

static void latency_is_suffered_side_by_side(void **state)
{
    struct lio_played device =
        made((struct lio_played_config){ .latency_ns = 5 * MS });

    (void)state;
    assert_false(lio_played_unlimited(&device));
    for (uint64_t now = 10; now < 20; now++)
        assert_int_equal(lio_played_done(&device, now, 1), now + 5 * MS);
    lio_played_release(&device);
}

static void operations_begin_at_the_pace(void **state)
{
    struct lio_played device =
        made((struct lio_played_config){ .iops = 1000, .latency_ns = 7 });

    (void)state;
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(lio_played_done(&device, 100, 1), 100 + i * MS + 7);
    /* A rest is not saved up. */
    assert_int_equal(lio_played_done(&device, SEC, 1), SEC + 7);
    assert_int_equal(lio_played_done(&device, SEC, 1), SEC + MS + 7);
    lio_played_release(&device);
}

static void transfers_follow_each_other(void **state)
{
    struct lio_played device = made(
        (struct lio_played_config){ .bytes_per_sec = 1000, .latency_ns = 3 });

    (void)state;
    assert_int_equal(lio_played_done(&device, 0, 100), 100 * MS + 3);
    assert_int_equal(lio_played_done(&device, 0, 50), 150 * MS + 3);
    assert_int_equal(lio_played_done(&device, 0, 0), 150 * MS + 3);
    assert_int_equal(lio_played_done(&device, SEC, 1), SEC + MS + 3);
    lio_played_release(&device);
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    struct lio_played device =
        made((struct lio_played_config){ .bytes_per_sec = LIO_BANDWIDTH_MAX });
    struct lio_played slow =
        made((struct lio_played_config){ .bytes_per_sec = 1024 });

    (void)state;
    assert_int_equal(lio_played_done(&device, 0, LIO_BANDWIDTH_MAX * 2 - 1),
                     2 * SEC - 1); /* rounded down */
    assert_int_equal(lio_played_done(&slow, 0, UINT64_MAX),
                     (UINT64_C(1) << 30) * SEC); /* longer than any is */
    lio_played_release(&device);
    lio_played_release(&slow);
}

static void places_are_taken_in_turn(void **state)
{
    struct lio_played device =
        made((struct lio_played_config){ .depth = 3, .latency_ns = 10 });

    (void)state;
    for (uint64_t i = 0; i < 9; i++)
        assert_int_equal(lio_played_done(&device, 0, 1), (i / 3 + 1) * 10);
    assert_int_equal(lio_played_done(&device, 100, 1), 110);
    lio_played_release(&device);
}

/* The place that is free first is the next one's, in whatever order they were
 * taken: against the plainest model. */
static void the_first_free_place_is_taken(void **state)
{
    enum { DEPTH = 7 };
    struct lio_played device = made((struct lio_played_config){
        .depth = DEPTH, .latency_ns = 1, .jitter_ns = 1000, .seed = 3 });
    uint64_t busy[DEPTH] = { 0 };

    (void)state;
    for (uint64_t now = 0; now < 3000; now += 3) {
        uint64_t first = 0, done;

        for (uint64_t i = 1; i < DEPTH; i++)
            if (busy[i] < busy[first])
                first = i;
        done = lio_played_done(&device, now, 1);
        assert_true(done > (busy[first] > now ? busy[first] : now));
        assert_true(done <= (busy[first] > now ? busy[first] : now) + 1001);
        busy[first] = done;
    }
    lio_played_release(&device);
}

static void jitter_is_spread_and_comes_from_the_seed(void **state)
{
    struct lio_played_config config = { .jitter_ns = 99, .seed = 11 };
    struct lio_played device = made(config), twin = made(config);
    uint32_t low = 0, high = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t done = lio_played_done(&device, 0, 1);

        assert_true(done <= 99);
        assert_int_equal(lio_played_done(&twin, 0, 1), done);
        low += done < 10;
        high += done >= 90;
    }
    assert_in_range(low, 50, 200); /* fixed by the seed */
    assert_in_range(high, 50, 200);
    lio_played_release(&device);
    lio_played_release(&twin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_without_limits_takes_no_time),
        cmocka_unit_test(latency_is_suffered_side_by_side),
        cmocka_unit_test(operations_begin_at_the_pace),
        cmocka_unit_test(transfers_follow_each_other),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
        cmocka_unit_test(places_are_taken_in_turn),
        cmocka_unit_test(the_first_free_place_is_taken),
        cmocka_unit_test(jitter_is_spread_and_comes_from_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
