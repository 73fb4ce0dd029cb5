/* Histogram buckets, names, and the sum of lanes. */
#include "core/stats_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_value_lies_between_its_buckets_edges(void **state)
{
    uint64_t value = 88172645463325252; /* xorshift: any seed but 0 */

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t small;
        uint32_t bucket;

        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
        small = value >> (i % 64);
        bucket = lio_hist_bucket(small);
        assert_true(bucket < LIO_HIST_BUCKETS);
        assert_true(lio_hist_floor(bucket) <= small);
        if (bucket + 1 < LIO_HIST_BUCKETS)
            assert_true(small < lio_hist_floor(bucket + 1));
    }
}

static void buckets_begin_at_zero_and_end_at_the_largest_value(void **state)
{
    (void)state;
    assert_int_equal(lio_hist_bucket(0), 0);
    assert_int_equal(lio_hist_bucket(UINT64_MAX), LIO_HIST_BUCKETS - 1);
    assert_int_equal(lio_hist_floor(0), 0);
}

static void a_buckets_edges_are_within_an_eighth_of_each_other(void **state)
{
    (void)state;
    for (uint32_t bucket = 8; bucket + 1 < LIO_HIST_BUCKETS; bucket++) {
        uint64_t floor = lio_hist_floor(bucket);
        uint64_t width = lio_hist_floor(bucket + 1) - floor;

        assert_true(width >= 1 && width <= floor / 8);
    }
}

static void sizes_go_to_the_bucket_of_their_power_of_two(void **state)
{
    struct lio_lane_stats *lane = calloc(1, sizeof(*lane));

    (void)state;
    assert_non_null(lane);
    lio_stat_size(lane, LIO_STAT_READ, 0);
    lio_stat_size(lane, LIO_STAT_READ, 1);
    lio_stat_size(lane, LIO_STAT_READ, 4096);
    lio_stat_size(lane, LIO_STAT_READ, 8191);
    lio_stat_size(lane, LIO_STAT_WRITE, UINT64_MAX);
    assert_int_equal(lane->sizes[LIO_STAT_READ][0], 2);
    assert_int_equal(lane->sizes[LIO_STAT_READ][12], 2);
    assert_int_equal(lane->sizes[LIO_STAT_WRITE][LIO_SIZE_BUCKETS - 1], 1);
    free(lane);
}

static void the_sum_adds_every_figure_of_every_lane(void **state)
{
    struct lio_lane_stats *lanes = calloc(2, sizeof(*lanes));
    struct lio_stats_snapshot *sum = calloc(1, sizeof(*sum));
    size_t last = LIO_HIST_BUCKETS - 1;

    (void)state;
    assert_non_null(lanes);
    assert_non_null(sum);
    for (int i = 0; i < 2; i++) {
        lio_count(&lanes[i], LIO_COUNT_REQUESTS, 5);
        lio_count(&lanes[i], LIO_COUNT_STALE, 7 + (uint64_t)i);
        lio_hist_add(&lanes[i].latency[LIO_STAGE_TOTAL][LIO_STAT_SYNC],
                     UINT64_MAX);
        lio_stat_size(&lanes[i], LIO_STAT_SYNC, 1);
        lio_stats_sum_counters(sum, &lanes[i]);
        lio_stats_sum_buckets(sum, &lanes[i]);
    }
    assert_int_equal(sum->counters[LIO_COUNT_REQUESTS], 10);
    assert_int_equal(sum->counters[LIO_COUNT_STALE], 15);
    assert_int_equal(sum->counters[LIO_COUNT_DELIVERED], 0);
    assert_int_equal(sum->latency[LIO_STAGE_TOTAL][LIO_STAT_SYNC][last], 2);
    assert_int_equal(sum->sizes[LIO_STAT_SYNC][0], 2);
    free(lanes);
    free(sum);
}

static void every_figure_has_a_name_of_its_own_and_a_meaning(void **state)
{
    const struct lio_stats_figure *figures = lio_stats_figures;

    (void)state;
    for (uint32_t i = 0; i < lio_stats_nfigures; i++) {
        assert_true(*figures[i].meaning);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(figures[i].name, figures[k].name);
    }
    assert_string_equal(figures[LIO_COUNT_STALE].name, "stale_completions");
}

static void stages_and_kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(lio_stage_name(LIO_STAGE_QUEUE), "queue");
    assert_string_equal(lio_stage_name(LIO_STAGE_TOTAL), "total");
    assert_string_equal(lio_stat_kind_name(LIO_STAT_READ), "read");
    assert_string_equal(lio_stat_kind_name(LIO_STAT_SYNC), "sync");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_lies_between_its_buckets_edges),
        cmocka_unit_test(buckets_begin_at_zero_and_end_at_the_largest_value),
        cmocka_unit_test(a_buckets_edges_are_within_an_eighth_of_each_other),
        cmocka_unit_test(sizes_go_to_the_bucket_of_their_power_of_two),
        cmocka_unit_test(the_sum_adds_every_figure_of_every_lane),
        cmocka_unit_test(every_figure_has_a_name_of_its_own_and_a_meaning),
        cmocka_unit_test(stages_and_kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
