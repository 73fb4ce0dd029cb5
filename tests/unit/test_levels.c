/*
 * Levels, by the examples of the format: what they nest to, and what is wrong
 * with others.
 */
#include "column/levels.h"

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
HOLDER(lists, LIST, list);
HOLDER(record, STRUCT, integer);
HOLDER(records, LIST, record);
HOLDER(list_record, STRUCT, list);
HOLDER(pairs, FIXED_LIST, record);

struct fixture {
    struct decoding d;
    struct lio_leaf leaf;
    struct lio_levels levels;
    struct lio_vector vector;
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
    lio_vector_release(&f->vector);
    decoding_end(&f->d);
    return 0;
}

/* The leaf in up to two layers around it. */
static void nest(struct fixture *f, const struct lio_type *inner,
                 const struct lio_type *outer)
{
    f->leaf = (struct lio_leaf){
        .nlayers = outer ? 3 : 2,
        .types = { &integer, inner, outer },
    };
}

static int start(struct fixture *f, const uint32_t *kinds)
{
    lio_levels_release(&f->levels);
    return lio_levels_init(&f->d.dec, &f->leaf, kinds, f->leaf.nlayers,
                           &f->levels);
}

static uint64_t add(struct fixture *f, const uint16_t *rep, const uint16_t *def,
                    uint64_t n)
{
    uint64_t slots = 0;

    assert_int_equal(
        lio_levels_append(&f->d.dec, &f->levels, rep, def, n, &slots), 0);
    return slots;
}

/* Values 1, 2, ... in the slots. */
static int unravel(struct fixture *f, uint64_t rows)
{
    struct lio_vector values = { .type = &integer, .rows = f->levels.slots };

    values.values = lio_mem_new(values.rows * 4);
    for (uint32_t i = 0; i < values.rows; i++)
        memcpy(values.values->data + i * 4, &(uint32_t){ i + 1 }, 4);
    lio_vector_release(&f->vector);
    return lio_levels_unravel(&f->d.dec, &f->levels, &f->leaf, rows, &values,
                              &f->vector);
}

static void nests_to(struct fixture *f, uint64_t rows, const char *want)
{
    char *text;

    if (unravel(f, rows) < 0)
        fail_msg("%s", f->d.err.msg);
    text = vector_text(&f->vector);
    assert_string_equal(text, want);
    free(text);
}

#define KINDS(...) ((const uint32_t[]){ __VA_ARGS__ })
#define U16(...)   ((const uint16_t[]){ __VA_ARGS__ })

static void list_is_null_empty_or_has_items(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, NULL);
    assert_int_equal(start(f, KINDS(3, 6)), 0);
    assert_int_equal(add(f, U16(1, 0, 1, 1, 1), U16(0, 1, 2, 3, 0), 5), 3);
    assert_int_equal(lio_levels_check(&f->d.dec, &f->levels, 4, 3), 0);
    nests_to(f, 4, "[1 ~] ~ [] [3]");
}

/* A row that goes on in the next chunk. */
static void levels_may_come_in_parts(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, NULL);
    assert_int_equal(start(f, KINDS(1, 2)), 0);
    assert_int_equal(add(f, U16(1, 0), NULL, 2), 2);
    assert_int_equal(add(f, U16(0, 1), NULL, 2), 2);
    nests_to(f, 2, "[1 2 3] [4]");
}

static void lists_of_lists(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, &lists);
    assert_int_equal(start(f, KINDS(1, 5, 4)), 0);
    /* [[1 2] [] [3]] null [[4]] */
    assert_int_equal(add(f, U16(2, 0, 1, 1, 2, 2), U16(0, 0, 1, 0, 2, 0), 6),
                     4);
    nests_to(f, 3, "[[1 2] [] [3]] ~ [[4]]");
}

static void structs_in_lists_are_null_by_themselves(void **state)
{
    struct fixture *f = *state;

    nest(f, &record, &records);
    assert_int_equal(start(f, KINDS(3, 3, 6)), 0);
    assert_int_equal(add(f, U16(1, 0, 0, 1, 1), U16(0, 1, 2, 3, 4), 5), 3);
    nests_to(f, 3, "[{1} {~} ~] ~ []");
}

static void struct_that_is_null_has_no_list(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, &list_record);
    assert_int_equal(start(f, KINDS(3, 6, 3)), 0);
    assert_int_equal(add(f, U16(1, 1, 1, 1), U16(4, 3, 2, 0), 4), 1);
    nests_to(f, 4, "~ {[]} {~} {[1]}");
}

static void fixed_size_list_of_structs_counts_items(void **state)
{
    struct fixture *f = *state;

    nest(f, &record, &pairs);
    assert_int_equal(start(f, KINDS(3, 1, 3)), 0);
    assert_int_equal(add(f, NULL, U16(0, 1, 2, 2, 0, 0), 6), 6);
    nests_to(f, 3, "[{1} {~}] ~ [{5} {6}]");
    assert_int_equal(start(f, KINDS(3, 1, 3)), 0);
    (void)add(f, NULL, U16(0, 1, 2), 3);
    assert_int_equal(unravel(f, 2), LIO_ECORRUPT);
    decoding_says(&f->d, "a part of a list of 2 items");
}

static void kinds_must_go_with_types(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, NULL);
    assert_int_equal(start(f, KINDS(3, 3)), LIO_ECORRUPT);
    decoding_says(&f->d, "layer kind 3 for what is a list");
    assert_int_equal(start(f, KINDS(6, 6)), LIO_ECORRUPT);
    decoding_says(&f->d, "layer kind 6 for what is not a list");
    assert_int_equal(start(f, KINDS(1, 7)), LIO_ECORRUPT);
    f->leaf.nlayers = 1;
    assert_int_equal(
        lio_levels_init(&f->d.dec, &f->leaf, KINDS(1, 2), 2, &f->levels),
        LIO_ECORRUPT);
    decoding_says(&f->d, "2 layers for a column of 1");
}

static void levels_have_bounds(void **state)
{
    struct fixture *f = *state;
    uint64_t slots;

    nest(f, &list, NULL);
    assert_int_equal(start(f, KINDS(3, 4)), 0);
    assert_int_equal(
        lio_levels_append(&f->d.dec, &f->levels, U16(2), U16(0), 1, &slots),
        LIO_ECORRUPT);
    decoding_says(&f->d, "repetition level 2");
    assert_int_equal(
        lio_levels_append(&f->d.dec, &f->levels, U16(1), U16(3), 1, &slots),
        LIO_ECORRUPT);
    decoding_says(&f->d, "definition level 3");
}

static void rows_and_values_are_counted(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, NULL);
    assert_int_equal(start(f, KINDS(1, 2)), 0);
    (void)add(f, U16(0, 1, 0), NULL, 3);
    assert_int_equal(lio_levels_check(&f->d.dec, &f->levels, 1, 2),
                     LIO_ECORRUPT);
    decoding_says(&f->d, "2 values for 3 entries");
    assert_int_equal(lio_levels_check(&f->d.dec, &f->levels, 2, 3),
                     LIO_ECORRUPT);
    decoding_says(&f->d, "levels of 1 rows in a page of 2");
    assert_int_equal(lio_levels_check(&f->d.dec, &f->levels, 1, 3),
                     LIO_ECORRUPT);
    decoding_says(&f->d, "first entry starts no row");
}

/* The second entry says of a list that goes on that it is empty. */
static void items_must_add_up(void **state)
{
    struct fixture *f = *state;

    nest(f, &list, NULL);
    assert_int_equal(start(f, KINDS(1, 5)), 0);
    (void)add(f, U16(1, 0), U16(0, 1), 2);
    assert_int_equal(unravel(f, 1), LIO_ECORRUPT);
    decoding_says(&f->d, "lists of 2 items over 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(list_is_null_empty_or_has_items),
        TEST(levels_may_come_in_parts),
        TEST(lists_of_lists),
        TEST(structs_in_lists_are_null_by_themselves),
        TEST(struct_that_is_null_has_no_list),
        TEST(fixed_size_list_of_structs_counts_items),
        TEST(kinds_must_go_with_types),
        TEST(levels_have_bounds),
        TEST(rows_and_values_are_counted),
        TEST(items_must_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
