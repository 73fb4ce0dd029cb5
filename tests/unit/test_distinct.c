/*
 * Distinct values are found, each once, and numbered as they come.
 */
#include "support/plain.h"

#include "column/write/distinct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct finding {
    struct lio_arena arena;
    struct lio_encode enc;
    struct lio_error err;
    struct lio_spans spans;
    struct lio_distinct_of of;
    struct lio_distinct distinct;
};

static void finding_begin(struct finding *f)
{
    *f = (struct finding){ .enc = { .column = "c" } };
    f->enc.arena = &f->arena;
    f->enc.err = &f->err;
}

static void find(struct finding *f, uint32_t items_max, uint64_t bytes_max)
{
    assert_int_equal(
        lio_distinct_find(&f->enc, &f->of, items_max, bytes_max, &f->distinct),
        0);
}

static void open_strings(struct finding *f, const struct lio_plain *plain)
{
    finding_begin(f);
    assert_int_equal(lio_spans_open(&f->enc, plain, &f->spans), 0);
    f->of = (struct lio_distinct_of){ .spans = &f->spans,
                                      .validity = plain->validity,
                                      .n = plain->n };
}

static void values_are_numbered_as_they_come(void **state)
{
    static const uint32_t values[] = { 7, 7, 3, 7, 9, 3 };
    static const uint32_t expected[] = { 0, 0, 1, 0, 2, 1 };
    const struct lio_fixed fixed = { (const uint8_t *)values, 6, 32 };
    struct finding f;

    (void)state;
    finding_begin(&f);
    f.of = (struct lio_distinct_of){ .fixed = &fixed, .n = 6 };
    find(&f, 3, 12);
    assert_true(f.distinct.found);
    assert_int_equal(f.distinct.nitems, 3);
    assert_int_equal(f.distinct.item_bytes, 12);
    assert_memory_equal(f.distinct.indices, expected, sizeof(expected));
    assert_int_equal(f.distinct.items[2], 4);
    find(&f, 2, 12);
    assert_false(f.distinct.found);
    find(&f, 3, 11);
    assert_false(f.distinct.found);
    lio_arena_release(&f.arena);
}

/* A null has no bytes, but is not the empty string that follows it. */
static void null_is_not_the_empty_string(void **state)
{
    static const uint32_t offsets[] = { 0, 1, 1, 1, 1, 2 };
    static const uint8_t validity = 0x1d; /* the second is null */
    struct lio_type type = { .kind = LIO_KIND_VARIABLE, .bits = 32 };
    const struct lio_plain plain = { .type = &type,
                                     .n = 5,
                                     .validity = &validity,
                                     .offsets = (const uint8_t *)offsets,
                                     .data = (const uint8_t *)"aa" };
    static const uint32_t expected[] = { 0, 0, 1, 1, 0 };
    struct finding f;

    (void)state;
    open_strings(&f, &plain);
    find(&f, 10, 10);
    assert_int_equal(f.distinct.nitems, 2);
    assert_memory_equal(f.distinct.indices, expected, sizeof(expected));
    lio_arena_release(&f.arena);
}

/* Past the size with which the table starts. */
static void tables_grow(void **state)
{
    static uint64_t values[5000];
    const struct lio_fixed fixed = { (const uint8_t *)values, 5000, 64 };
    struct finding f;

    (void)state;
    for (uint64_t i = 0; i < 5000; i++)
        values[i] = i % 2500 << 40;
    finding_begin(&f);
    f.of = (struct lio_distinct_of){ .fixed = &fixed, .n = 5000 };
    find(&f, 5000, UINT64_MAX);
    assert_int_equal(f.distinct.nitems, 2500);
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(f.distinct.indices[i], i % 2500);
    lio_arena_release(&f.arena);
}

static uint64_t guess(uint64_t n, uint64_t distinct)
{
    uint64_t *values = calloc(n, sizeof(*values)), nitems, seed = 1;
    const struct lio_fixed fixed = { (const uint8_t *)values, n, 64 };
    struct finding f;

    assert_non_null(values);
    for (uint64_t i = 0; i < n; i++)
        values[i] = sample_random(&seed) % distinct;
    finding_begin(&f);
    f.of = (struct lio_distinct_of){ .fixed = &fixed, .n = n };
    assert_int_equal(lio_distinct_guess(&f.enc, &f.of, &nitems), 0);
    lio_arena_release(&f.arena);
    free(values);
    return nitems;
}

static void guesses_are_of_the_right_size(void **state)
{
    (void)state;
    assert_int_equal(guess(1000, 20), 20);
    assert_in_range(guess(100000, 20), 20, 40);
    assert_in_range(guess(100000, 20000), 12000, 28000);
    assert_true(guess(500000, UINT64_MAX) > 400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_numbered_as_they_come),
        cmocka_unit_test(null_is_not_the_empty_string),
        cmocka_unit_test(tables_grow),
        cmocka_unit_test(guesses_are_of_the_right_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
