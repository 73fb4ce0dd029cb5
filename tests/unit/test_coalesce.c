/*
 * What the core does around a coalescer: here one that answers as it is told.
 */
#include "core/coalesce.h"

#include "core/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BYTES   1000u
#define MAX_MEMBERS 8u
#define DEPTH       32u

/* A coalescer that notes what it is asked and gives a prepared answer. */
struct script {
    uint32_t calls, closed;
    uint64_t max_bytes; /* of the setup */
    uint32_t max_members;
    int open_result;
    uint32_t n; /* of the last question */
    struct lio_range ranges[LIO_COALESCE_MAX];
    struct lio_device_model device;
    uint32_t ngroups; /* the answer */
    struct lio_group groups[LIO_COALESCE_MAX];
};

struct fixture {
    struct script script;
    struct lio_device device;
    struct lio_coalescer coalescer;
    struct lio_coalesce_load load;
    struct lio_coalesce_plan plan;
};

static int script_open(const struct lio_coalesce_setup *setup,
                       void **ret_coalescer, struct lio_error *err)
{
    /* A parameter that is a pointer: where the script is. */
    struct script *script = (struct script *)(uintptr_t)setup->params[0].u;

    script->max_bytes = setup->max_bytes;
    script->max_members = setup->max_members;
    if (script->open_result < 0)
        return lio_error_set(err, script->open_result, "told to fail");
    *ret_coalescer = script;
    return 0;
}

static void script_close(void *coalescer)
{
    ((struct script *)coalescer)->closed++;
}

static uint32_t script_plan(void *coalescer, const struct lio_range *ranges,
                            uint32_t n, const struct lio_device_model *device,
                            struct lio_group *out)
{
    struct script *script = coalescer;

    script->calls++;
    script->n = n;
    script->device = *device;
    memcpy(script->ranges, ranges, n * sizeof(*ranges));
    memcpy(out, script->groups,
           (script->ngroups < n ? script->ngroups : n) * sizeof(*out));
    return script->ngroups;
}

static int open_script(struct fixture *f, struct lio_error *err)
{
    static const struct lio_loaded plugin = {
        .name = "scripted",
        .kind = LIO_KIND_COALESCE,
        .ops.coalesce = { .open = script_open,
                          .close = script_close,
                          .plan = script_plan },
    };
    union lio_value value = { .u = (uint64_t)(uintptr_t)&f->script };

    return lio_coalescer_open(&f->coalescer, &plugin, &value, MAX_BYTES,
                              MAX_MEMBERS, err);
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    lio_device_init(&f->device);
    f->load =
        (struct lio_coalesce_load){ .device = &f->device, .depth = DEPTH };
    assert_int_equal(open_script(f, NULL), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    lio_coalescer_close(&f->coalescer);
    test_free(f);
    return 0;
}

static void ask(struct fixture *f, struct lio_member *members, uint32_t n)
{
    lio_coalesce(&f->coalescer, members, n, &f->load, &f->plan);
}

/* The script's next answer has one group more. */
static void answer(struct fixture *f, uint64_t offset, uint64_t length,
                   uint32_t first, uint32_t count, uint32_t tier)
{
    f->script.groups[f->script.ngroups++] = (struct lio_group){
        .range = { offset, length },
        .first = first,
        .count = count,
        .tier = tier,
    };
}

static uint64_t refused(struct fixture *f)
{
    return atomic_load(&f->coalescer.refused);
}

/* Each of the members is read for itself. */
static void are_apart(const struct lio_coalesce_plan *plan,
                      const struct lio_member *members)
{
    assert_int_equal(plan->ngroups, plan->nmembers);
    for (uint32_t i = 0; i < plan->ngroups; i++) {
        assert_int_equal(plan->groups[i].first, i);
        assert_int_equal(plan->groups[i].count, 1);
        assert_int_equal(plan->groups[i].tier, LIO_TIER_TOUCHING);
        assert_int_equal(plan->groups[i].range.offset, members[i].offset);
        assert_int_equal(plan->groups[i].range.length, members[i].length);
        assert_int_equal(plan->groups[i].asked, members[i].length);
    }
}

/* -- the question -------------------------------------------------------- */

static void members_are_asked_about_in_order(void **state)
{
    struct lio_member members[] = {
        { 500, 10, 0 }, { 100, 10, 1 }, { 300, 10, 2 },
        { 100, 90, 3 }, { 100, 10, 4 },
    };
    static const uint32_t order[] = { 3, 1, 4, 2, 0 };
    struct fixture *f = *state;

    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.n, LIO_COUNT(members));
    for (uint32_t i = 0; i < LIO_COUNT(members); i++) {
        assert_int_equal(members[i].index, order[i]);
        assert_int_equal(f->script.ranges[i].offset, members[i].offset);
        assert_int_equal(f->script.ranges[i].length, members[i].length);
    }
}

static void empty_members_are_set_aside(void **state)
{
    struct lio_member members[] = {
        { 7, 0, 0 }, { 300, 10, 1 }, { 305, 0, 2 }, { 100, 10, 3 }, { 0, 0, 4 },
    };
    struct fixture *f = *state;

    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.n, 2);
    assert_int_equal(f->plan.nmembers, 2);
    assert_int_equal(f->plan.ngroups, 2);
    assert_int_equal(members[0].index, 3);
    assert_int_equal(members[1].index, 1);
    for (uint32_t i = 2; i < LIO_COUNT(members); i++)
        assert_int_equal(members[i].length, 0);
}

static void nothing_at_all_is_a_plan_without_groups(void **state)
{
    struct lio_member empty = { 100, 0, 0 };
    struct fixture *f = *state;

    ask(f, NULL, 0);
    assert_int_equal(f->plan.ngroups, 0);
    ask(f, &empty, 1);
    assert_int_equal(f->plan.nmembers, 0);
    assert_int_equal(f->plan.ngroups, 0);
    assert_int_equal(f->script.calls, 0);
}

static void a_read_that_is_alone_is_nobodys_business(void **state)
{
    struct lio_member members[] = { { 100, 10, 0 }, { 100, 0, 1 } };
    struct fixture *f = *state;

    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.calls, 0);
    are_apart(&f->plan, members);
    assert_int_equal(refused(f), 0);
}

static void the_device_is_asked_about_with_all_members_on_it(void **state)
{
    struct lio_member members[] = {
        { 100, 10, 0 }, { 110, 10, 1 }, { 115, 10, 2 },
        { 200, 10, 3 }, { 300, 10, 4 },
    };
    struct fixture *f = *state;

    /* Three: the first three touch and will be one in any case. */
    f->load.in_flight = 5;
    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.device.in_flight, 5 + 3);
    assert_int_equal(f->script.device.waiting, 0);

    /* There is room for two more only. */
    f->load.in_flight = DEPTH - 2;
    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.device.in_flight, DEPTH);
    assert_int_equal(f->script.device.waiting, 1);

    f->load.in_flight = DEPTH + 7;
    f->load.queued = UINT32_MAX - 3;
    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.device.in_flight, DEPTH + 7);
    assert_int_equal(f->script.device.waiting, UINT32_MAX);
}

/* -- right answers ------------------------------------------------------- */

static void a_right_answer_is_taken(void **state)
{
    struct lio_member members[] = {
        { 400, 100, 0 },
        { 100, 50, 1 },
        { 120, 50, 2 },
        { 200, 10, 3 },
    };
    struct fixture *f = *state;

    answer(f, 100, 110, 0, 3, LIO_TIER_GAP);
    answer(f, 400, 100, 3, 1, LIO_TIER_TOUCHING);
    ask(f, members, LIO_COUNT(members));

    assert_int_equal(refused(f), 0);
    assert_int_equal(f->plan.ngroups, 2);
    assert_int_equal(f->plan.groups[0].range.offset, 100);
    assert_int_equal(f->plan.groups[0].range.length, 110);
    assert_int_equal(f->plan.groups[0].tier, LIO_TIER_GAP);
    /* 100 to 170 and 200 to 210: what two ask for counts once. */
    assert_int_equal(f->plan.groups[0].asked, 80);
    assert_int_equal(f->plan.groups[1].first, 3);
    assert_int_equal(f->plan.groups[1].asked, 100);
}

static void a_group_may_be_as_long_as_its_longest_member(void **state)
{
    struct lio_member members[] = {
        { 0, 3 * MAX_BYTES, 0 },
        { 10, 10, 1 },
        { 2 * MAX_BYTES, 10, 2 },
    };
    struct fixture *f = *state;

    answer(f, 0, 3 * MAX_BYTES, 0, 3, LIO_TIER_TOUCHING);
    ask(f, members, LIO_COUNT(members));
    assert_int_equal(refused(f), 0);
    assert_int_equal(f->plan.ngroups, 1);
    assert_int_equal(f->plan.groups[0].asked, 3 * MAX_BYTES);
}

static void ranges_may_end_where_files_end(void **state)
{
    struct lio_member members[] = {
        { INT64_MAX - 10, 10, 0 },
        { INT64_MAX - 30, 10, 1 },
    };
    struct fixture *f = *state;

    answer(f, INT64_MAX - 30, 30, 0, 2, LIO_TIER_EXTENT);
    ask(f, members, LIO_COUNT(members));
    assert_int_equal(refused(f), 0);
    assert_int_equal(f->plan.groups[0].asked, 20);
}

/* -- wrong answers ------------------------------------------------------- */

#define PAIR                                                                   \
    {                                                                          \
        { 100, 10, 0 }, { 120, 10, 1 },                                        \
        {                                                                      \
            600, 10, 2                                                         \
        }                                                                      \
    }

/* The answer that was prepared is dropped, and counted. */
static void is_refused(struct fixture *f, struct lio_member *members,
                       uint32_t n)
{
    ask(f, members, n);
    assert_int_equal(f->script.calls, 1);
    assert_int_equal(refused(f), 1);
    are_apart(&f->plan, members);
}

static void an_answer_without_groups_is_refused(void **state)
{
    struct lio_member members[] = PAIR;

    is_refused(*state, members, 3);
}

static void an_answer_that_forgets_the_last_member_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 30, 0, 2, LIO_TIER_GAP);
    is_refused(f, members, 3);
}

static void an_answer_that_leaves_one_out_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 10, 0, 1, LIO_TIER_TOUCHING);
    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    is_refused(f, members, 3);
}

static void an_answer_that_has_one_twice_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 30, 0, 2, LIO_TIER_GAP);
    answer(f, 120, 490, 1, 2, LIO_TIER_GAP);
    is_refused(f, members, 3);
}

static void an_answer_out_of_order_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    answer(f, 100, 30, 0, 2, LIO_TIER_GAP);
    is_refused(f, members, 3);
}

static void an_empty_group_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 0, 0, 0, LIO_TIER_TOUCHING);
    answer(f, 100, 510, 0, 3, LIO_TIER_GAP);
    is_refused(f, members, 3);
}

static void a_group_beyond_the_last_member_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 30, 0, 2, LIO_TIER_GAP);
    answer(f, 600, 10, 2, 2, LIO_TIER_GAP);
    is_refused(f, members, 3);
}

static void a_count_that_wraps_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 30, 0, 2, LIO_TIER_GAP);
    answer(f, 600, 10, 2, UINT32_MAX, LIO_TIER_GAP);
    is_refused(f, members, 3);
}

static void more_groups_than_members_are_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    f->script.ngroups = UINT32_MAX;
    is_refused(f, members, 3);
}

static void a_range_that_misses_bytes_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 29, 0, 2, LIO_TIER_GAP);
    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    is_refused(f, members, 3);
}

static void a_range_that_begins_too_late_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 101, 29, 0, 2, LIO_TIER_GAP);
    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    is_refused(f, members, 3);
}

static void a_range_with_bytes_around_it_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 96, 40, 0, 2, LIO_TIER_GAP);
    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    is_refused(f, members, 3);
}

static void a_group_that_is_too_long_is_refused(void **state)
{
    struct lio_member members[] = { { 0, 10, 0 }, { MAX_BYTES, 1, 1 } };
    struct fixture *f = *state;

    answer(f, 0, MAX_BYTES + 1, 0, 2, LIO_TIER_GAP);
    is_refused(f, members, 2);
}

static void a_long_member_is_no_excuse_for_a_longer_group(void **state)
{
    struct lio_member members[] = {
        { 0, 3 * MAX_BYTES, 0 },
        { 3 * MAX_BYTES, 1, 1 },
    };
    struct fixture *f = *state;

    answer(f, 0, 3 * MAX_BYTES + 1, 0, 2, LIO_TIER_TOUCHING);
    is_refused(f, members, 2);
}

static void a_group_of_too_many_is_refused(void **state)
{
    struct lio_member members[MAX_MEMBERS + 1];
    struct fixture *f = *state;

    for (uint32_t i = 0; i <= MAX_MEMBERS; i++)
        members[i] = (struct lio_member){ 10 * i, 10, i };
    answer(f, 0, 10 * (MAX_MEMBERS + 1), 0, MAX_MEMBERS + 1, LIO_TIER_TOUCHING);
    is_refused(f, members, MAX_MEMBERS + 1);
}

static void a_tier_that_does_not_exist_is_refused(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    answer(f, 100, 30, 0, 2, LIO_COALESCE_TIERS);
    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    is_refused(f, members, 3);
}

static void a_wrong_answer_does_not_spoil_the_next(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;

    is_refused(f, members, 3);
    answer(f, 100, 30, 0, 2, LIO_TIER_GAP);
    answer(f, 600, 10, 2, 1, LIO_TIER_TOUCHING);
    ask(f, members, 3);
    assert_int_equal(f->plan.ngroups, 2);
    assert_int_equal(refused(f), 1);
}

/* -- opening ------------------------------------------------------------- */

static void a_plugin_is_told_the_limits_and_closed_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(f->script.max_bytes, MAX_BYTES);
    assert_int_equal(f->script.max_members, MAX_MEMBERS);
    lio_coalescer_close(&f->coalescer);
    lio_coalescer_close(&f->coalescer);
    assert_int_equal(f->script.closed, 1);
}

static void without_a_plugin_each_member_is_read_alone(void **state)
{
    struct lio_member members[] = {
        { 120, 10, 0 },
        { 100, 10, 1 },
        { 100, 10, 2 },
        { 110, 10, 3 },
    };
    struct fixture *f = *state;

    lio_coalescer_close(&f->coalescer);
    assert_int_equal(lio_coalescer_open(&f->coalescer, NULL, NULL, 0, 0, NULL),
                     0);
    ask(f, members, LIO_COUNT(members));
    assert_int_equal(f->script.calls, 0);
    are_apart(&f->plan, members);
    assert_int_equal(members[0].index, 1);
    assert_int_equal(members[3].index, 0);
    assert_int_equal(refused(f), 0);
}

static void a_plugin_that_cannot_be_opened_leaves_none(void **state)
{
    struct lio_member members[] = PAIR;
    struct fixture *f = *state;
    struct lio_error err = { 0 };

    lio_coalescer_close(&f->coalescer);
    f->script.open_result = LIO_ENOMEM;
    assert_int_equal(open_script(f, &err), LIO_ENOMEM);
    assert_string_equal(err.msg, "told to fail");
    ask(f, members, 3);
    are_apart(&f->plan, members);
    assert_int_equal(f->script.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_are_asked_about_in_order),
        TEST(empty_members_are_set_aside),
        TEST(nothing_at_all_is_a_plan_without_groups),
        TEST(a_read_that_is_alone_is_nobodys_business),
        TEST(the_device_is_asked_about_with_all_members_on_it),
        TEST(a_right_answer_is_taken),
        TEST(a_group_may_be_as_long_as_its_longest_member),
        TEST(ranges_may_end_where_files_end),
        TEST(an_answer_without_groups_is_refused),
        TEST(an_answer_that_forgets_the_last_member_is_refused),
        TEST(an_answer_that_leaves_one_out_is_refused),
        TEST(an_answer_that_has_one_twice_is_refused),
        TEST(an_answer_out_of_order_is_refused),
        TEST(an_empty_group_is_refused),
        TEST(a_group_beyond_the_last_member_is_refused),
        TEST(a_count_that_wraps_is_refused),
        TEST(more_groups_than_members_are_refused),
        TEST(a_range_that_misses_bytes_is_refused),
        TEST(a_range_that_begins_too_late_is_refused),
        TEST(a_range_with_bytes_around_it_is_refused),
        TEST(a_group_that_is_too_long_is_refused),
        TEST(a_long_member_is_no_excuse_for_a_longer_group),
        TEST(a_group_of_too_many_is_refused),
        TEST(a_tier_that_does_not_exist_is_refused),
        TEST(a_wrong_answer_does_not_spoil_the_next),
        TEST(a_plugin_is_told_the_limits_and_closed_once),
        TEST(without_a_plugin_each_member_is_read_alone),
        TEST(a_plugin_that_cannot_be_opened_leaves_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
