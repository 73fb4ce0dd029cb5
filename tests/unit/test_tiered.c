/*
 * coalesce-tiered: what it merges on a device of known figures, and up to where
 * exactly.
 */
#include <lanceio/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Of coalesce-tiered, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define US UINT64_C(1000)
#define MB UINT64_C(1000000)

enum { GAP, MAX_SIZE, WASTE, DENSE, NPARAMS }; /* as in the plugin's table */

/* 200,000 bytes in the time of a read, and a queue of one: two thirds of that
 * for a gap. */
static const struct lio_device_model alone = {
    .latency_ns = 80 * US,
    .latency_alone_ns = 80 * US,
    .bandwidth_bytes_sec = 2500 * MB,
    .in_flight = 1,
    .waiting = 99,
};

/* 600,000 bytes: an operation is worth 18,750, and two thirds of that for a
 * gap; nine gaps for a read.  All but 120,000 of the 600,000 are due to the
 * queue. */
static const struct lio_device_model busy = {
    .latency_ns = 400 * US,
    .latency_alone_ns = 80 * US,
    .bandwidth_bytes_sec = 1500 * MB,
    .in_flight = 32,
    .waiting = 99,
};

#define ALONE_GAP 133333u
#define BUSY_GAP  12500u
#define BUSY_READ 112500u

/* Nobody waits for anything: a twentieth of 200,000 for all gaps. */
static const struct lio_device_model idle = {
    .latency_ns = 80 * US,
    .latency_alone_ns = 80 * US,
    .bandwidth_bytes_sec = 2500 * MB,
    .in_flight = 2,
};

#define IDLE_GAPS 10000u

struct fixture {
    union lio_value params[NPARAMS];
    struct lio_coalesce_setup setup;
    struct lio_range ranges[LIO_COALESCE_MAX];
    uint32_t nranges;
    struct lio_group groups[LIO_COALESCE_MAX];
};

static const struct lio_coalesce_ops *tiered_ops(void)
{
    return lio_plugin_entry()->ops;
}

static int set_up(void **state)
{
    const struct lio_plugin *plugin = lio_plugin_entry();
    struct fixture *f = test_calloc(1, sizeof(*f));

    assert_int_equal(plugin->nparams, NPARAMS);
    for (uint32_t i = 0; i < NPARAMS; i++)
        f->params[i].u = plugin->params[i].preset;
    f->setup = (struct lio_coalesce_setup){
        .params = f->params,
        .max_bytes = 64 * MB,
        .max_members = LIO_COALESCE_MAX,
    };
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    test_free(*state);
    return 0;
}

/* One range more, `gap` after the last. */
static void add(struct fixture *f, uint64_t gap, uint64_t length)
{
    const struct lio_range *last =
        f->nranges ? &f->ranges[f->nranges - 1] : NULL;
    uint64_t at = last ? last->offset + last->length + gap : gap;

    f->ranges[f->nranges++] = (struct lio_range){ at, length };
}

static void put(struct fixture *f, uint64_t offset, uint64_t length)
{
    f->ranges[f->nranges++] = (struct lio_range){ offset, length };
}

/* How many reads they become. */
static uint32_t plan(struct fixture *f, const struct lio_device_model *device)
{
    uint32_t ngroups;
    void *tiered;

    assert_int_equal(tiered_ops()->open(&f->setup, &tiered, NULL), 0);
    ngroups =
        tiered_ops()->plan(tiered, f->ranges, f->nranges, device, f->groups);
    tiered_ops()->close(tiered);
    return ngroups;
}

/* -- tier 0 -------------------------------------------------------------- */

static void ranges_that_touch_become_one(void **state)
{
    struct fixture *f = *state;

    f->params[WASTE].u = 0;
    put(f, 1000, 100);
    put(f, 1100, 100);
    assert_int_equal(plan(f, &busy), 1);
    assert_int_equal(f->groups[0].range.offset, 1000);
    assert_int_equal(f->groups[0].range.length, 200);
    assert_int_equal(f->groups[0].count, 2);
    assert_int_equal(f->groups[0].tier, LIO_TIER_TOUCHING);
}

static void ranges_that_overlap_or_repeat_become_one(void **state)
{
    struct fixture *f = *state;

    f->params[WASTE].u = 0;
    put(f, 1000, 500);
    put(f, 1000, 500);
    put(f, 1000, 20);
    put(f, 1100, 10);
    put(f, 1400, 200);
    assert_int_equal(plan(f, &busy), 1);
    assert_int_equal(f->groups[0].range.length, 600);
    assert_int_equal(f->groups[0].count, 5);
}

static void without_waste_one_byte_keeps_them_apart(void **state)
{
    struct fixture *f = *state;

    f->params[WASTE].u = 0;
    add(f, 0, 100);
    add(f, 1, 100);
    assert_int_equal(plan(f, &alone), 2);
    assert_int_equal(f->groups[1].range.offset, 101);
    assert_int_equal(f->groups[1].first, 1);
}

static void a_merged_read_is_no_longer_than_max_size(void **state)
{
    struct fixture *f = *state;

    f->params[MAX_SIZE].u = 4096;
    for (int i = 0; i < 9; i++)
        add(f, 0, 1024);
    assert_int_equal(plan(f, &alone), 3);
    assert_int_equal(f->groups[0].range.length, 4096);
    assert_int_equal(f->groups[1].range.length, 4096);
    assert_int_equal(f->groups[2].range.length, 1024);
}

static void a_merged_read_is_no_longer_than_the_core_takes(void **state)
{
    struct fixture *f = *state;

    f->setup.max_bytes = 2048;
    for (int i = 0; i < 4; i++)
        add(f, 0, 1024);
    assert_int_equal(plan(f, &alone), 2);
}

static void a_merged_read_has_no_more_members_than_the_core_takes(void **state)
{
    struct fixture *f = *state;

    f->setup.max_members = 3;
    for (int i = 0; i < 7; i++)
        put(f, 1000, 100);
    assert_int_equal(plan(f, &alone), 3);
    assert_int_equal(f->groups[0].count, 3);
    assert_int_equal(f->groups[2].count, 1);
}

static void what_lies_in_a_longer_range_goes_with_it(void **state)
{
    struct fixture *f = *state;

    f->params[MAX_SIZE].u = 4096;
    put(f, 0, 100000);
    put(f, 50000, 100);
    put(f, 99990, 10);
    put(f, 99995, 10); /* would make it longer still */
    assert_int_equal(plan(f, &alone), 2);
    assert_int_equal(f->groups[0].count, 3);
    assert_int_equal(f->groups[0].range.length, 100000);
}

/* -- tier 1 -------------------------------------------------------------- */

static void a_gap_is_read_up_to_half_of_its_price(void **state)
{
    struct fixture *f = *state;

    add(f, 0, 5000);
    add(f, BUSY_GAP, 5000);
    assert_int_equal(plan(f, &busy), 1);
    assert_int_equal(f->groups[0].tier, LIO_TIER_GAP);

    f->ranges[1].offset++;
    assert_int_equal(plan(f, &busy), 2);
}

static void a_queue_of_one_pays_for_longer_gaps(void **state)
{
    struct fixture *f = *state;

    add(f, 0, 40000);
    add(f, ALONE_GAP, 40000);
    assert_int_equal(plan(f, &busy), 2);
    assert_int_equal(plan(f, &alone), 1);

    f->ranges[1].offset++;
    assert_int_equal(plan(f, &alone), 2);
}

static void an_idle_device_is_not_kept_waiting_for_gaps(void **state)
{
    struct fixture *f = *state;

    add(f, 0, 40000);
    add(f, IDLE_GAPS / 2, 40000);
    add(f, IDLE_GAPS / 2, 40000);
    assert_int_equal(plan(f, &idle), 1);

    f->ranges[2].offset++;
    assert_int_equal(plan(f, &idle), 2);

    /* Wherever in the plan they are. */
    f->ranges[2].offset += MB;
    add(f, IDLE_GAPS / 2 + 1, 40000);
    assert_int_equal(plan(f, &idle), 3);
}

static void only_the_time_in_the_queue_is_worth_a_gap(void **state)
{
    struct lio_device_model device = busy;
    struct fixture *f = *state;

    /* 480,000 bytes in 320 us: 15,000 an operation, two thirds for a gap. */
    device.waiting = 0;
    f->params[DENSE].u = 100;
    f->params[WASTE].u = 99;
    for (int i = 0; i < 20; i++)
        add(f, 10000, 1000);
    assert_int_equal(plan(f, &device), 2);

    /* A twentieth of 120,000 is too little for one more. */
    for (int i = 0; i < 20; i++)
        f->ranges[i].offset += (uint64_t)i;
    assert_int_equal(plan(f, &device), 20);
}

static void while_bytes_are_moved_operations_are_free(void **state)
{
    struct fixture *f = *state;

    /* 31 others move 620,000 bytes, more than the 600,000 of a read's time. */
    add(f, 0, 20000);
    add(f, 7000, 20000);
    assert_int_equal(plan(f, &busy), 2);

    f->ranges[1].offset -= 1000; /* a twentieth of 120,000 */
    assert_int_equal(plan(f, &busy), 1);
}

static void as_many_gaps_are_lent_as_reads_wait(void **state)
{
    struct lio_device_model device = idle;
    struct fixture *f = *state;

    /* Of 200,000 bytes the other one moves 40,000; of the rest two thirds are
     * 53,333 bytes of gap for each that waits, and 10,000 there are for all. */
    device.waiting = 2;
    for (int i = 0; i < 4; i++)
        add(f, 50000, 40000);
    assert_int_equal(plan(f, &device), 2);
    device.waiting = 1;
    assert_int_equal(plan(f, &device), 3);
    device.waiting = 0;
    assert_int_equal(plan(f, &device), 4);
}

static void a_read_with_gaps_is_nine_gaps_long_at_most(void **state)
{
    struct fixture *f = *state;

    f->params[DENSE].u = 100;
    f->params[WASTE].u = 99;
    for (int i = 0; i < 10; i++)
        add(f, 10000, 1000);
    add(f, 10000, BUSY_READ - 110000);
    assert_int_equal(plan(f, &busy), 1);

    f->ranges[10].length++;
    assert_int_equal(plan(f, &busy), 2);
}

static void a_slower_device_gets_longer_gaps(void **state)
{
    static const struct lio_device_model network = {
        .latency_ns = 5000 * US,
        .latency_alone_ns = 5000 * US,
        .bandwidth_bytes_sec = 100 * MB,
        .in_flight = 1,
        .waiting = 99,
    };
    struct fixture *f = *state;

    add(f, 0, 200000);
    add(f, 250000, 200000);
    assert_int_equal(plan(f, &alone), 2);
    assert_int_equal(plan(f, &network), 1);
}

static void a_gap_in_the_configuration_overrules_the_device(void **state)
{
    struct fixture *f = *state;

    f->params[GAP].u = 1000;
    f->params[DENSE].u = 100;
    add(f, 0, 1000);
    add(f, 1000, 1000);
    add(f, 1001, 1000);
    assert_int_equal(plan(f, &alone), 2);
    assert_int_equal(f->groups[0].count, 2);

    f->params[GAP].u = 1001;
    assert_int_equal(plan(f, &busy), 1);
}

static void a_read_with_gaps_keeps_to_the_waste_cap(void **state)
{
    struct fixture *f = *state;

    f->params[WASTE].u = 50;
    add(f, 0, 1000);
    add(f, 2000, 1000);
    assert_int_equal(plan(f, &alone), 1);

    f->ranges[1].offset++;
    assert_int_equal(plan(f, &alone), 2);
}

static void gaps_do_not_make_a_long_range_longer(void **state)
{
    struct fixture *f = *state;

    add(f, 0, 2 * MB);
    add(f, 1, 100);
    assert_int_equal(plan(f, &alone), 2);
}

static void figures_beyond_all_bounds_are_survived(void **state)
{
    static const struct lio_device_model odd[] = {
        { 0 },
        { .latency_alone_ns = UINT64_MAX, .bandwidth_bytes_sec = UINT64_MAX },
        { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX },
        { UINT64_MAX, 0, UINT64_MAX, 0, 0 },
        { 1, 1, UINT64_MAX, 1, 1 },
    };
    struct fixture *f = *state;

    put(f, 0, 100);
    put(f, 5000, INT64_MAX - 5000);
    put(f, INT64_MAX - 10, 10);
    for (uint32_t i = 0; i < LIO_COUNT(odd); i++) {
        assert_int_equal(plan(f, &odd[i]), 2);
        assert_int_equal(f->groups[1].range.length, INT64_MAX - 5000);
    }
}

/* -- tier 2 -------------------------------------------------------------- */

static void an_extent_is_read_whole_if_most_of_it_is_wanted(void **state)
{
    struct fixture *f = *state;

    /* One of its gaps is too long for tier 1. */
    f->params[DENSE].u = 30;
    add(f, 0, 3000);
    add(f, BUSY_GAP + 1000, 3000);
    add(f, 1000, 3000);
    assert_int_equal(plan(f, &busy), 1);
    assert_int_equal(f->groups[0].tier, LIO_TIER_EXTENT);
    assert_int_equal(f->groups[0].count, 3);
}

static void an_extent_that_costs_more_than_it_saves_is_not_read(void **state)
{
    struct lio_device_model device = busy;
    struct fixture *f = *state;

    /* 10,000 bytes for the operation, and a twentieth of 120,000. */
    device.waiting = 0;
    f->params[DENSE].u = 30;
    add(f, 0, 3800);
    add(f, 16000, 3800);
    assert_int_equal(plan(f, &device), 1);

    f->ranges[1].offset++;
    assert_int_equal(plan(f, &device), 2);
}

static void with_a_gap_of_ones_own_density_alone_decides(void **state)
{
    struct fixture *f = *state;

    f->params[GAP].u = 1;
    f->params[DENSE].u = 80;
    add(f, 0, 200000);
    add(f, 100000, 200000);
    assert_int_equal(plan(f, &busy), 1);
    assert_int_equal(f->groups[0].tier, LIO_TIER_EXTENT);

    f->ranges[1].offset++;
    assert_int_equal(plan(f, &busy), 2);
}

static void an_extent_may_begin_thin_and_become_dense(void **state)
{
    struct fixture *f = *state;

    f->params[GAP].u = 1;
    add(f, 0, 1000);
    add(f, 10000, 1000);
    add(f, 2, 200000);
    assert_int_equal(plan(f, &busy), 1);
    assert_int_equal(f->groups[0].count, 3);
}

static void an_extent_is_no_longer_than_max_size(void **state)
{
    struct fixture *f = *state;

    f->params[GAP].u = 1;
    f->params[MAX_SIZE].u = 250000;
    for (int i = 0; i < 4; i++)
        add(f, 10, 100000);
    assert_int_equal(plan(f, &busy), 2);
    assert_int_equal(f->groups[0].count, 2);
    assert_int_equal(f->groups[1].count, 2);
}

static void an_extent_keeps_to_the_waste_cap(void **state)
{
    struct fixture *f = *state;

    f->params[GAP].u = 1;
    f->params[WASTE].u = 5;
    add(f, 0, 100000);
    add(f, 15000, 100000);
    assert_int_equal(plan(f, &busy), 2);
    f->params[WASTE].u = 10;
    assert_int_equal(plan(f, &busy), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ranges_that_touch_become_one),
        TEST(ranges_that_overlap_or_repeat_become_one),
        TEST(without_waste_one_byte_keeps_them_apart),
        TEST(a_merged_read_is_no_longer_than_max_size),
        TEST(a_merged_read_is_no_longer_than_the_core_takes),
        TEST(a_merged_read_has_no_more_members_than_the_core_takes),
        TEST(what_lies_in_a_longer_range_goes_with_it),
        TEST(a_gap_is_read_up_to_half_of_its_price),
        TEST(a_queue_of_one_pays_for_longer_gaps),
        TEST(an_idle_device_is_not_kept_waiting_for_gaps),
        TEST(only_the_time_in_the_queue_is_worth_a_gap),
        TEST(while_bytes_are_moved_operations_are_free),
        TEST(as_many_gaps_are_lent_as_reads_wait),
        TEST(a_read_with_gaps_is_nine_gaps_long_at_most),
        TEST(a_slower_device_gets_longer_gaps),
        TEST(a_gap_in_the_configuration_overrules_the_device),
        TEST(a_read_with_gaps_keeps_to_the_waste_cap),
        TEST(gaps_do_not_make_a_long_range_longer),
        TEST(figures_beyond_all_bounds_are_survived),
        TEST(an_extent_is_read_whole_if_most_of_it_is_wanted),
        TEST(an_extent_that_costs_more_than_it_saves_is_not_read),
        TEST(with_a_gap_of_ones_own_density_alone_decides),
        TEST(an_extent_may_begin_thin_and_become_dense),
        TEST(an_extent_is_no_longer_than_max_size),
        TEST(an_extent_keeps_to_the_waste_cap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
