/*
 * Rows of several items: what is left of levels and values.
 */
#include "column/groups.h"

#include "support/decoding.h"
#include "support/vector_text.h"

#include <stdlib.h>

static const struct lio_type integer = { .kind = LIO_KIND_FIXED,
                                         .bits = 32,
                                         .arrow = (char *)"i" };

#define HOLDER(name_, kind_, child_)                                           \
    static const struct lio_type *name_##_children[] = { &(child_) };          \
    static const struct lio_type name_ = { .kind = LIO_KIND_##kind_,           \
                                           .bits = 32,                         \
                                           .dimension = 2,                     \
                                           .nchildren = 1,                     \
                                           .children = name_##_children }

HOLDER(list, LIST, integer);
HOLDER(list_record, STRUCT, list);
HOLDER(list_pairs, FIXED_LIST, list_record);
HOLDER(record, STRUCT, integer);
HOLDER(pairs, FIXED_LIST, record);

static const struct lio_leaf listed = {
    .nlayers = 4,
    .types = { &integer, &list, &list_record, &list_pairs },
};
static const struct lio_leaf plain = {
    .nlayers = 3,
    .types = { &integer, &record, &pairs },
};

#define KINDS(...) ((const uint32_t[]){ __VA_ARGS__ })
#define U16(...)   ((const uint16_t[]){ __VA_ARGS__ })
#define RUNS(...)                                                              \
    ((struct lio_runs){ sizeof((struct lio_run[]){ __VA_ARGS__ }) /            \
                            sizeof(struct lio_run),                            \
                        (struct lio_run[]){ __VA_ARGS__ } })

struct fixture {
    struct decoding d;
    const struct lio_leaf *leaf;
    struct lio_levels levels;
    struct lio_vector values;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ 0 };
    decoding_begin(&f.d);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_levels_release(&f->levels);
    lio_vector_release(&f->values);
    decoding_end(&f->d);
    return 0;
}

/* Values 0, 1, 2, ... */
static void count(struct fixture *f, uint64_t n)
{
    f->values = (struct lio_vector){ .type = &integer,
                                     .rows = n,
                                     .values = lio_mem_new(n * 4) };
    for (uint32_t i = 0; i < n; i++)
        memcpy(f->values.values->data + (size_t)i * 4, &i, 4);
}

/* Levels of `n` entries, and a value in each slot. */
static void start(struct fixture *f, const struct lio_leaf *leaf,
                  const uint32_t *kinds, const uint16_t *rep,
                  const uint16_t *def, uint64_t n)
{
    uint64_t slots;

    f->leaf = leaf;
    assert_int_equal(
        lio_levels_init(&f->d.dec, leaf, kinds, leaf->nlayers, &f->levels), 0);
    assert_int_equal(
        lio_levels_append(&f->d.dec, &f->levels, rep, def, n, &slots), 0);
    count(f, slots);
}

static void rows_are(struct fixture *f, struct lio_runs runs, uint64_t rows,
                     const char *want)
{
    struct lio_vector vector;
    char *text;

    assert_int_equal(lio_groups_keep(&f->d.dec, &runs, &f->levels, &f->values),
                     0);
    assert_int_equal(
        lio_levels_check(&f->d.dec, &f->levels, rows * 2, f->values.rows), 0);
    if (lio_levels_unravel(&f->d.dec, &f->levels, f->leaf, rows, &f->values,
                           &vector) < 0)
        fail_msg("%s", f->d.err.msg);
    text = vector_text(&vector);
    assert_string_equal(text, want);
    free(text);
    lio_vector_release(&vector);
}

static void runs_that_touch_are_one(void **state)
{
    struct lio_run all[3];
    struct lio_runs runs = { 0, all };

    (void)state;
    lio_runs_add(&runs, 3, 2);
    lio_runs_add(&runs, 5, 4);
    lio_runs_add(&runs, 10, 1);
    assert_int_equal(runs.n, 2);
    assert_int_equal(all[0].first, 3);
    assert_int_equal(all[0].n, 6);
    assert_int_equal(all[1].first, 10);
    assert_int_equal(all[1].n, 1);
}

static void items_outside_of_runs_go(void **state)
{
    struct fixture *f = *state;

    /* ~ 1 | ~ ~ | {~} 5 | 6 */
    start(f, &plain, KINDS(3, 3, 3), NULL, U16(2, 0, 3, 3, 1, 0, 0), 7);
    rows_are(f, RUNS({ 0, 2 }, { 4, 2 }), 2, "[~ {1}] [{~} {5}]");
}

static void a_run_may_begin_anywhere(void **state)
{
    struct fixture *f = *state;

    start(f, &plain, KINDS(1, 1, 1), NULL, NULL, 7);
    rows_are(f, RUNS({ 1, 4 }), 2, "[{1} {2}] [{3} {4}]");
}

/* {[0 ~]} {~} | {[]} {[2]} | ~ {[3 4]}: the first item goes on in a second
 * entry, and two have no value. */
static void lists_take_their_entries_along(void **state)
{
    struct fixture *f = *state;
    const uint16_t rep[] = { 1, 0, 1, 1, 1, 1, 1, 0 };
    const uint16_t def[] = { 0, 1, 2, 3, 0, 4, 0, 0 };

    start(f, &listed, KINDS(3, 6, 3, 3), rep, def, 8);
    rows_are(f, RUNS({ 1, 2 }, { 4, 2 }), 2, "[{~} {[]}] [~ {[3 4]}]");
}

static void no_values_may_be_left(void **state)
{
    struct fixture *f = *state;

    start(f, &listed, KINDS(1, 6, 1, 1), U16(1, 1, 1, 1), U16(0, 2, 1, 0), 4);
    rows_are(f, RUNS({ 1, 2 }), 1, "[{[]} {~}]");
}

/* What is not there makes no rows: who asked for it sees that. */
static void runs_past_the_end_are_empty(void **state)
{
    struct fixture *f = *state;
    struct lio_runs runs = RUNS({ 2, 2 }, { 6, 2 });

    start(f, &plain, KINDS(1, 1, 1), NULL, NULL, 3);
    assert_int_equal(lio_groups_keep(&f->d.dec, &runs, &f->levels, &f->values),
                     0);
    assert_int_equal(f->levels.rows, 1);
    assert_int_equal(f->values.rows, 1);
}

static void values_may_have_no_levels(void **state)
{
    struct fixture *f = *state;
    struct lio_runs runs = RUNS({ 0, 1 }, { 3, 2 });
    char *text;

    count(f, 6);
    assert_int_equal(lio_groups_keep(&f->d.dec, &runs, NULL, &f->values), 0);
    text = vector_text(&f->values);
    assert_string_equal(text, "0 3 4");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(runs_that_touch_are_one),   TEST(items_outside_of_runs_go),
        TEST(a_run_may_begin_anywhere),  TEST(lists_take_their_entries_along),
        TEST(no_values_may_be_left),     TEST(runs_past_the_end_are_empty),
        TEST(values_may_have_no_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
