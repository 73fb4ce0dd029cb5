/*
 * prefetch-strided on sequences of numbers: equal steps, cycles of steps, and
 * what it leaves alone.
 */
#include <lanceio/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/prefetch_model.h"

/* Of prefetch-strided, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define KIB   UINT64_C(1024)
#define MIB   (KIB * 1024)
#define BLOCK (64 * KIB)

static void begin(struct model *model, uint64_t file_bytes, uint64_t latency)
{
    model_begin(model, lio_plugin_entry(), file_bytes, latency);
    model_open(model);
}

static void the_third_equal_step_starts_it(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 256 * MIB, 0);
    for (uint64_t n = 0; n < 3; n++) {
        model_access(&model, n * 4 * BLOCK, BLOCK);
        assert_int_equal(model.answer, LIO_PREFETCH_UNKNOWN);
    }
    for (uint64_t n = 3; n < 1000; n++)
        model_access(&model, n * 4 * BLOCK, BLOCK);
    assert_int_equal(model.nwaited, 4);
    /* Only what lies in the steps, none of what lies between. */
    assert_true(model.proposed - model.used <= 2 * MIB);
    assert_int_equal(model.nlargest, BLOCK);
    model_end(&model);
}

static void steps_may_lead_backwards(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 256 * MIB, 0);
    for (uint64_t n = 1000; n > 0; n--)
        model_access(&model, n * 4 * BLOCK, BLOCK);
    assert_int_equal(model.nwaited, 4);
    model_end(&model);
}

/* A scan of k columns that lie in groups of 16 pages of a block: a cycle of k
 * steps, each page at another place of its group. */
static void scan_columns(struct model *model, uint64_t ncolumns,
                         uint64_t ngroups)
{
    static const uint64_t pages[] = { 0, 1, 3, 6, 7, 10, 12, 15 };

    for (uint64_t group = 0; group < ngroups; group++)
        for (uint64_t c = 0; c < ncolumns; c++)
            model_access(model, (group * 16 + pages[c]) * BLOCK, BLOCK);
}

static void a_scan_of_columns_is_a_cycle(void **state LIO_UNUSED)
{
    for (uint64_t ncolumns = 1; ncolumns <= 8; ncolumns++) {
        struct model model;

        begin(&model, 512 * MIB, 0);
        scan_columns(&model, ncolumns, 300);
        /* Two cycles to learn, and the first access. */
        assert_in_range(model.nwaited, 3, 2 * ncolumns + 2);
        assert_true(model.proposed - model.used <= 2 * MIB);
        model_end(&model);
    }
}

static void pages_of_a_cycle_may_differ_in_size(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 512 * MIB, 0);
    for (uint64_t group = 0; group < 200; group++) {
        model_access(&model, group * MIB, 4 * KIB);
        model_access(&model, group * MIB + 256 * KIB, 128 * KIB);
        model_access(&model, group * MIB + 512 * KIB, 20 * KIB);
    }
    assert_in_range(model.nwaited, 6, 8);
    model_end(&model);
}

static void plain_sequences_are_left_to_others(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    for (uint64_t at = 0; at < 8 * MIB; at += BLOCK) {
        model_access(&model, at, BLOCK);
        assert_int_equal(model.answer, LIO_PREFETCH_UNKNOWN);
    }
    model_end(&model);
}

static void going_to_and_fro_leads_nowhere(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    for (uint64_t n = 0; n < 100; n++)
        model_access(&model, n % 2 * 8 * MIB, BLOCK);
    for (uint64_t n = 0; n < 100; n++)
        model_access(&model, 20 * MIB, BLOCK);
    assert_int_equal(model.proposed, 0);
    model_end(&model);
}

static void a_broken_pattern_is_forgotten_at_once(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t proposed;

    begin(&model, 512 * MIB, 0);
    for (uint64_t n = 0; n < 100; n++)
        model_access(&model, n * 4 * BLOCK, BLOCK);
    proposed = model.proposed;
    model_access(&model, 300 * MIB, BLOCK);
    assert_int_equal(model.answer, LIO_PREFETCH_UNKNOWN);
    model_access(&model, 302 * MIB, BLOCK);
    assert_int_equal(model.proposed, proposed);
    model_end(&model);
}

static void a_reader_that_waits_gets_more(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 2048 * MIB, 20);
    scan_columns(&model, 4, 1900);
    assert_true(model.nlate > 0);
    assert_true(model.nwaited < 4 * 1900 / 10);
    assert_in_range(model.proposed - model.used, 20 * BLOCK, 2 * MIB);
    model_end(&model);
}

static void random_reads_trigger_nothing(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t seed = 3;

    begin(&model, 64 * MIB, 0);
    for (uint32_t n = 0; n < 20000; n++)
        model_access(&model, model_random(&seed) % 16384 * 4096, 4096);
    assert_int_equal(model.proposed, 0);
    model_end(&model);
}

static void steps_past_either_end_are_not_taken(void **state LIO_UNUSED)
{
    struct lio_range out[16];
    struct lio_access access = { .range.length = BLOCK };
    struct model model;
    int32_t n;

    begin(&model, MIB, 0);
    for (uint64_t i = 8; i-- > 0;) {
        access.range.offset = i * 4 * BLOCK;
        n = model.ops->observe(model.stream, &access, out, 16);
        for (int32_t j = 0; j < n; j++)
            assert_true(out[j].offset < 8 * 4 * BLOCK);
    }
    for (uint64_t i = 0; i < 8; i++) {
        access.range.offset = INT64_MAX - (16 - 2 * i) * BLOCK;
        n = model.ops->observe(model.stream, &access, out, 16);
        for (int32_t j = 0; j < n; j++)
            assert_true(out[j].offset + out[j].length <= INT64_MAX);
    }
    model_end(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_third_equal_step_starts_it),
        cmocka_unit_test(steps_may_lead_backwards),
        cmocka_unit_test(a_scan_of_columns_is_a_cycle),
        cmocka_unit_test(pages_of_a_cycle_may_differ_in_size),
        cmocka_unit_test(plain_sequences_are_left_to_others),
        cmocka_unit_test(going_to_and_fro_leads_nowhere),
        cmocka_unit_test(a_broken_pattern_is_forgotten_at_once),
        cmocka_unit_test(a_reader_that_waits_gets_more),
        cmocka_unit_test(random_reads_trigger_nothing),
        cmocka_unit_test(steps_past_either_end_are_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
