/*
 * Levels return from every form they may take, and the shortest is taken.
 */
#include "support/decoding.h"
#include "support/plain.h"
#include "support/seed.h"

#include <inttypes.h>
#include <stdio.h>

#define NLEVELS 6000

struct coding {
    struct decoding d;
    struct lio_arena arena;
    struct lio_encode enc;
    struct lio_level_parts parts;
};

static uint64_t encode(struct coding *c, const uint16_t *levels,
                       const uint64_t *ends, uint32_t nparts)
{
    uint64_t bytes = 0;

    *c = (struct coding){ .enc = { .format = LIO_FORMAT_22, .column = "c" } };
    decoding_begin(&c->d);
    c->enc.arena = &c->arena;
    c->enc.err = &c->d.err;
    assert_int_equal(
        lio_levels_encode(&c->enc, levels, ends, nparts, &c->parts), 0);
    for (uint32_t i = 0; i < nparts; i++)
        bytes += c->parts.parts[i].bytes;
    return bytes;
}

static void coding_end(struct coding *c)
{
    lio_arena_release(&c->arena);
    decoding_end(&c->d);
}

static void decode(struct coding *c, const uint16_t *levels,
                   const uint64_t *ends, uint32_t nparts)
{
    uint16_t out[NLEVELS + 64];
    uint64_t start = 0;

    for (uint32_t i = 0; i < nparts; i++) {
        uint64_t n = ends[i] - start;
        const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                        .nbuffers = 1,
                                        .buffers = { c->parts.parts[i] },
                                        .nvalues = n };

        if (lio_fixed_decode(&c->d.dec, c->parts.encoding, &in, 16,
                             (uint8_t *)out) < 0)
            fail_msg("%s", c->d.err.msg);
        if (n > 0)
            assert_memory_equal(out, levels + start, n * 2);
        start = ends[i];
    }
}

/* Encode, decode, and say which form was taken and how long it is. */
static const char *round_trip(const uint16_t *levels, const uint64_t *ends,
                              uint32_t nparts, uint64_t *ret_bytes)
{
    struct coding c;
    const char *name;

    *ret_bytes = encode(&c, levels, ends, nparts);
    decode(&c, levels, ends, nparts);
    name = lio_encoding_name(c.parts.encoding);
    coding_end(&c);
    return name;
}

static void few_levels_are_flat(void **state)
{
    static const uint16_t levels[] = { 0, 1, 0 };
    static const uint64_t ends[] = { 3 };
    uint64_t bytes;

    (void)state;
    assert_string_equal(round_trip(levels, ends, 1, &bytes), "flat");
    assert_int_equal(bytes, 6);
}

static void no_levels_and_no_parts_are_fine(void **state)
{
    static const uint64_t ends[] = { 0 };
    uint64_t bytes;

    (void)state;
    (void)round_trip(NULL, ends, 0, &bytes);
    assert_int_equal(bytes, 0);
    (void)round_trip((const uint16_t *)ends, ends, 1, &bytes);
}

/* The second part needs more bits: each has its own width inline. */
static void parts_of_different_widths_are_packed_inline(void **state)
{
    static const uint64_t ends[] = { 1024, 2048 };
    uint16_t levels[2048];
    uint64_t seed = 1, bytes;

    (void)state;
    for (size_t i = 0; i < 2048; i++)
        levels[i] = (uint16_t)(sample_random(&seed) % (i < 1024 ? 2 : 8));
    assert_string_equal(round_trip(levels, ends, 2, &bytes), "bit-packed");
    assert_int_equal(bytes, 2 + 128 + 2 + 3 * 128);
}

/* More than a block in a part, and a rest that is too short for one. */
static void long_parts_are_packed_out_of_line(void **state)
{
    static const uint64_t ends[] = { 3 * 1024 + 10 };
    uint16_t levels[3 * 1024 + 10];
    uint64_t seed = 1, bytes;

    (void)state;
    for (size_t i = 0; i < ends[0]; i++)
        levels[i] = (uint16_t)(sample_random(&seed) % 4);
    assert_string_equal(round_trip(levels, ends, 1, &bytes),
                        "out-of-line bit-packed");
    assert_int_equal(bytes, 3 * 256 + 20);
}

static void equal_levels_are_runs(void **state)
{
    static const uint64_t ends[] = { 4096 };
    static uint16_t levels[4096];
    uint64_t bytes;

    (void)state;
    assert_string_equal(round_trip(levels, ends, 1, &bytes), "rle");
    assert_int_equal(bytes, 8 + 17 * 3);
}

/* Runs would save much in all, but not fit into the last chunk. */
static void no_part_is_longer_than_plain_levels(void **state)
{
    static const uint64_t ends[] = { 1024, 5120 };
    static uint16_t levels[5120];
    uint64_t seed = 1;
    struct coding c;

    (void)state;
    for (size_t i = 1024; i < 5120; i++)
        levels[i] = (uint16_t)sample_random(&seed);
    (void)encode(&c, levels, ends, 2);
    assert_in_range(c.parts.parts[1].bytes, 1, 8192);
    decode(&c, levels, ends, 2);
    coding_end(&c);
}

static void random_levels_return(void **state)
{
    uint64_t seed = seed_or(1);
    static uint16_t levels[NLEVELS];

    (void)state;
    print_message("LIO_SEED=%" PRIu64 "\n", seed);
    for (unsigned i = 0; i < 300; i++) {
        uint64_t highest = UINT64_C(1) << sample_random(&seed) % 17, bytes;
        uint64_t same = 1 + sample_random(&seed) % 300, ends[8], end = 0;
        uint32_t nparts = 1 + (uint32_t)(sample_random(&seed) % 8);

        for (uint32_t k = 0; k < nparts; k++) {
            end += sample_random(&seed) % (NLEVELS / 8);
            ends[k] = end;
        }
        for (uint64_t k = 0; k < end; k++)
            levels[k] = k % same ? levels[k - 1]
                                 : (uint16_t)(sample_random(&seed) % highest);
        (void)round_trip(levels, ends, nparts, &bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_levels_are_flat),
        cmocka_unit_test(no_levels_and_no_parts_are_fine),
        cmocka_unit_test(parts_of_different_widths_are_packed_inline),
        cmocka_unit_test(long_parts_are_packed_out_of_line),
        cmocka_unit_test(equal_levels_are_runs),
        cmocka_unit_test(no_part_is_longer_than_plain_levels),
        cmocka_unit_test(random_levels_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
