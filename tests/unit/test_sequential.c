/*
 * prefetch-sequential on sequences of numbers: what it finds, what it does not
 * take for a sequence, and how far it reads ahead.
 */
#include <lanceio/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/prefetch_model.h"

/* Of prefetch-sequential, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define KIB   UINT64_C(1024)
#define MIB   (KIB * 1024)
#define BLOCK (64 * KIB)

enum { MIN_DISTANCE, MAX_DISTANCE, WINDOW, STREAMS };

static void begin(struct model *model, uint64_t file_bytes, uint64_t latency)
{
    model_begin(model, lio_plugin_entry(), file_bytes, latency);
    model_open(model);
}

static void the_second_read_in_a_row_starts_it(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    model_access(&model, 10 * MIB, BLOCK);
    assert_int_equal(model.answer, LIO_PREFETCH_UNKNOWN);
    model_access(&model, 10 * MIB + BLOCK, BLOCK);
    assert_int_equal(model.answer, 1);
    assert_int_equal(model.proposed, 2 * BLOCK);
    for (uint64_t at = 10 * MIB + 2 * BLOCK; at < 40 * MIB; at += BLOCK)
        model_access(&model, at, BLOCK);
    assert_int_equal(model.nwaited, 2);
    model_end(&model);
}

static void without_room_it_learns_and_proposes_later(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    model_access_only(&model, 0, BLOCK);
    model_access_only(&model, BLOCK, BLOCK);
    assert_int_equal(model.answer, 0);
    model_access(&model, 2 * BLOCK, BLOCK);
    assert_int_equal(model.answer, 1);
    model_end(&model);
}

/* Reads of any size, and of changing sizes, are in order if they touch. */
static void the_size_of_the_reads_does_not_matter(void **state LIO_UNUSED)
{
    static const uint64_t sizes[] = { 4 * KIB, 16 * KIB, 1000, 300 * KIB };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++) {
        struct model model;
        uint64_t at = 0;

        begin(&model, 64 * MIB, 0);
        for (uint32_t n = 0; at < 32 * MIB; n++) {
            uint64_t length = i + 1 < LIO_COUNT(sizes)
                                  ? sizes[i]
                                  : sizes[n % LIO_COUNT(sizes)];

            model_access(&model, at, length);
            at += length;
        }
        assert_in_range(model.nwaited, 1, 16);
        assert_true(model.proposed - model.used <= 3 * MIB);
        model_end(&model);
    }
}

static void it_never_proposes_more_than_was_read(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    for (uint64_t at = 0; at < 8 * MIB; at += 4 * KIB) {
        model_access(&model, at, 4 * KIB);
        /* Ends are rounded up to a block, once there is more than one. */
        assert_true(model.proposed - model.used <= at + 4 * KIB + BLOCK);
    }
    model_end(&model);
}

static void a_reader_that_waits_gets_twice_the_distance(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t distance;

    begin(&model, 256 * MIB, 20);
    for (uint64_t at = 0; at < 128 * MIB; at += BLOCK)
        model_access(&model, at, BLOCK);
    /* 20 reads of a block are on their way at any time: 1.25 MiB. */
    distance = model.proposed - model.used;
    assert_in_range(distance, 20 * BLOCK, 2 * MIB);
    assert_true(model.nlate > 0);
    assert_true(model.nwaited < 128 * MIB / BLOCK / 10);
    model_end(&model);
}

static void the_distance_ends_at_its_maximum(void **state LIO_UNUSED)
{
    struct model model;

    model_begin(&model, lio_plugin_entry(), 64 * MIB, 1000);
    model.params[MAX_DISTANCE].u = 512 * KIB;
    model_open(&model);
    for (uint64_t at = 0; at < 32 * MIB; at += BLOCK) {
        model_access(&model, at, BLOCK);
        assert_true(model.proposed - model.used <= 512 * KIB + BLOCK);
    }
    model_end(&model);
}

static void it_shrinks_when_nobody_waits(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t at = 0;

    begin(&model, 512 * MIB, 20);
    for (; at < 64 * MIB; at += BLOCK)
        model_access(&model, at, BLOCK);
    model.latency = 0;
    for (; at < 256 * MIB; at += BLOCK)
        model_access(&model, at, BLOCK);
    assert_in_range(model.proposed - model.used, BLOCK, 4 * BLOCK);
    model_end(&model);
}

/* What was proposed is gone when the reader arrives. */
static void it_shrinks_when_memory_is_short(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t at = 0;

    begin(&model, 512 * MIB, 20);
    for (; at < 64 * MIB; at += BLOCK)
        model_access(&model, at, BLOCK);
    for (; at < 96 * MIB; at += BLOCK) {
        model_forget(&model);
        model.proposed = model.used = 0;
        model_access(&model, at, BLOCK);
    }
    assert_true(model.proposed <= 4 * BLOCK);
    model_end(&model);
}

/* -- order --------------------------------------------------------------- */

/* Blocks 0, 1, 2, ... with those of each window shuffled. */
static void shuffled_within(uint64_t window, uint64_t nblocks,
                            struct model *model)
{
    uint64_t order[16], seed = window;

    for (uint64_t base = 0; base < nblocks; base += window) {
        for (uint64_t i = 0; i < window; i++)
            order[i] = base + i;
        for (uint64_t i = window; i-- > 1;) {
            uint64_t j = model_random(&seed) % (i + 1), was = order[i];

            order[i] = order[j];
            order[j] = was;
        }
        for (uint64_t i = 0; i < window; i++)
            model_access(model, order[i] * BLOCK, BLOCK);
    }
}

static void reads_may_arrive_out_of_order(void **state LIO_UNUSED)
{
    for (uint64_t window = 2; window <= 8; window *= 2) {
        struct model model;

        begin(&model, 256 * MIB, 0);
        shuffled_within(window, 1024, &model);
        assert_true(model.nwaited <= 24);
        assert_true(model.proposed - model.used <= 2 * MIB + BLOCK);
        model_end(&model);
    }
}

static void gaps_do_not_end_a_sequence(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t at = 0, reads = 0;

    begin(&model, 256 * MIB, 0);
    for (uint64_t n = 0; at < 128 * MIB; n++, reads++) {
        model_access(&model, at, BLOCK);
        at += n % 10 == 9 ? 2 * BLOCK : BLOCK;
    }
    assert_true(model.nwaited <= 4);
    /* The blocks in the gaps are read in vain: one in eleven. */
    assert_in_range(model_waste(&model), 50, 130);
    model_end(&model);
}

static void reading_backwards_is_no_sequence(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    for (uint64_t at = 32 * MIB; at > 0; at -= BLOCK)
        model_access(&model, at, BLOCK);
    assert_int_equal(model.proposed, 0);
    model_end(&model);
}

static void reading_one_place_again_is_no_sequence(void **state LIO_UNUSED)
{
    struct model model;

    begin(&model, 64 * MIB, 0);
    for (uint32_t n = 0; n < 100; n++)
        model_access(&model, 5 * MIB, 4 * KIB);
    assert_int_equal(model.proposed, 0);
    model_end(&model);
}

/* -- several ------------------------------------------------------------- */

static void several_readers_do_not_disturb_each_other(void **state LIO_UNUSED)
{
    for (uint64_t nstreams = 2; nstreams <= 8; nstreams++) {
        struct model model;

        begin(&model, 512 * MIB, 0);
        for (uint64_t n = 0; n < 128; n++)
            for (uint64_t s = 0; s < nstreams; s++)
                model_access(&model, s * 64 * MIB + n * BLOCK, BLOCK);
        assert_int_equal(model.nwaited, 2 * nstreams);
        model_end(&model);
    }
}

/* One reader is where another has been. */
static void a_second_reader_may_follow_the_first(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t behind = 0;

    begin(&model, 256 * MIB, 0);
    for (uint64_t at = 0; at < 64 * MIB; at += BLOCK) {
        model_access(&model, at, BLOCK);
        if (at >= 32 * MIB) {
            model_access(&model, behind, BLOCK);
            behind += BLOCK;
        }
    }
    assert_int_equal(model.nwaited, 2);
    model_end(&model);
}

static void random_reads_between_do_not_disturb(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t seed = 1, waited = 0, before;

    begin(&model, 1024 * MIB, 0);
    for (uint64_t n = 0; n < 512; n++) {
        before = model.nwaited;
        model_access(&model, n * BLOCK, BLOCK);
        waited += model.nwaited - before;
        for (uint64_t i = 0; i < 8; i++)
            model_access(&model,
                         512 * MIB +
                             model_random(&seed) % (512 * MIB / 4096) * 4096,
                         4096);
    }
    assert_true(waited <= 4);
    model_end(&model);
}

/* -- random -------------------------------------------------------------- */

static void play_random(uint64_t file_bytes, uint64_t length, uint64_t n,
                        struct model *model)
{
    uint64_t seed = file_bytes ^ length;

    begin(model, file_bytes, 0);
    while (n-- > 0)
        model_access(model,
                     model_random(&seed) % (file_bytes / length) * length,
                     length);
}

/* Of what is read at random, less than one byte in a hundred is read in vain:
 * also in small files, where chance makes neighbours often. */
static void random_reads_waste_next_to_nothing(void **state LIO_UNUSED)
{
    static const uint64_t files[] = { 64 * MIB, 256 * MIB, 1024 * MIB };
    static const uint64_t sizes[] = { 4 * KIB, 16 * KIB, 64 * KIB };

    for (uint32_t f = 0; f < LIO_COUNT(files); f++)
        for (uint32_t s = 0; s < LIO_COUNT(sizes); s++) {
            struct model model;
            uint64_t n = files[f] / sizes[s] / 4;

            play_random(files[f], sizes[s], n < 20000 ? n : 20000, &model);
            assert_true(model_waste(&model) < 10);
            model_end(&model);
        }
}

/* Two blocks here, two blocks there: after a few disappointments a pair is not
 * taken for a beginning. */
static void pairs_are_seen_through(void **state LIO_UNUSED)
{
    struct model model;
    uint64_t seed = 7, at;

    begin(&model, 1024 * MIB, 0);
    for (uint32_t n = 0; n < 4000; n++) {
        at = model_random(&seed) % (1024 * MIB / BLOCK - 2) * BLOCK;
        model_access(&model, at, BLOCK);
        model_access(&model, at + BLOCK, BLOCK);
    }
    assert_true(model_waste(&model) < 100);
    model_end(&model);
}

static void one_stream_is_enough_for_one_reader(void **state LIO_UNUSED)
{
    struct model model;

    model_begin(&model, lio_plugin_entry(), 64 * MIB, 0);
    model.params[STREAMS].u = 1;
    model.params[WINDOW].u = 0;
    model_open(&model);
    for (uint64_t at = 0; at < 32 * MIB; at += BLOCK)
        model_access(&model, at, BLOCK);
    assert_int_equal(model.nwaited, 2);
    model_end(&model);
}

static void the_largest_offsets_are_no_danger(void **state LIO_UNUSED)
{
    struct lio_range out;
    struct lio_access access = {
        .range = { INT64_MAX - 3 * BLOCK, BLOCK },
        .flags = LIO_ACCESS_WAITED,
    };
    struct model model;

    begin(&model, MIB, 0);
    for (uint32_t n = 0; n < 3; n++) {
        (void)model.ops->observe(model.stream, &access, &out, 1);
        access.range.offset += BLOCK;
    }
    access.range = (struct lio_range){ 0, INT64_MAX };
    (void)model.ops->observe(model.stream, &access, &out, 1);
    access.range = (struct lio_range){ INT64_MAX - 1, 1 };
    assert_true(model.ops->observe(model.stream, &access, &out, 1) <= 1);
    model_end(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_read_in_a_row_starts_it),
        cmocka_unit_test(without_room_it_learns_and_proposes_later),
        cmocka_unit_test(the_size_of_the_reads_does_not_matter),
        cmocka_unit_test(it_never_proposes_more_than_was_read),
        cmocka_unit_test(a_reader_that_waits_gets_twice_the_distance),
        cmocka_unit_test(the_distance_ends_at_its_maximum),
        cmocka_unit_test(it_shrinks_when_nobody_waits),
        cmocka_unit_test(it_shrinks_when_memory_is_short),
        cmocka_unit_test(reads_may_arrive_out_of_order),
        cmocka_unit_test(gaps_do_not_end_a_sequence),
        cmocka_unit_test(reading_backwards_is_no_sequence),
        cmocka_unit_test(reading_one_place_again_is_no_sequence),
        cmocka_unit_test(several_readers_do_not_disturb_each_other),
        cmocka_unit_test(a_second_reader_may_follow_the_first),
        cmocka_unit_test(random_reads_between_do_not_disturb),
        cmocka_unit_test(random_reads_waste_next_to_nothing),
        cmocka_unit_test(pairs_are_seen_through),
        cmocka_unit_test(one_stream_is_enough_for_one_reader),
        cmocka_unit_test(the_largest_offsets_are_no_danger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
