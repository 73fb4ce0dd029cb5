/*
 * LZ4 blocks a piece at a time: against the library, and against the format,
 * wherever input and output are cut.
 */
#include "support/lz4_reference.h"
#include "support/seed.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lz4.h>

#define MAX ((size_t)400 << 10)

struct pieces {
    uint64_t state;
    size_t most; /* 0: `in` and `out` in turn */
    size_t in;
    size_t out;
    bool turn;
};

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static size_t next_piece(void *user)
{
    struct pieces *pieces = user;

    if (pieces->most > 0)
        return 1 + next(&pieces->state) % pieces->most;
    pieces->turn = !pieces->turn;
    return pieces->turn ? pieces->out : pieces->in;
}

struct buffers {
    uint8_t *plain;
    uint8_t *packed;
    uint8_t *reference;
    uint8_t *library;
    uint8_t *stream;
};

static int setup(void **state)
{
    struct buffers *buffers = malloc(sizeof(*buffers));

    if (!buffers)
        return -1;
    buffers->plain = malloc(MAX);
    buffers->packed = malloc((size_t)LZ4_compressBound((int)MAX));
    buffers->reference = malloc(MAX);
    buffers->library = malloc(MAX);
    buffers->stream = malloc(MAX);
    *state = buffers;
    return 0;
}

static int teardown(void **state)
{
    struct buffers *buffers = *state;

    free(buffers->plain);
    free(buffers->packed);
    free(buffers->reference);
    free(buffers->library);
    free(buffers->stream);
    free(buffers);
    return 0;
}

/* All three must agree on a block, but for what the library does not look for,
 * and what it asks of the last bytes, which the format asks of writers. */
static void compare(const struct buffers *buffers, struct lio_bytes packed,
                    struct pieces *pieces)
{
    bool zero;
    ptrdiff_t n = lz4_reference(packed, buffers->reference, MAX, &zero);
    int library =
        LZ4_decompress_safe((const char *)packed.data, (char *)buffers->library,
                            (int)packed.bytes, (int)(n < 0 ? MAX : (size_t)n));

    if (library >= 0 && !zero) {
        assert_int_equal(library, n);
        assert_memory_equal(buffers->library, buffers->reference, (size_t)n);
    }
    assert_int_equal(
        lz4_reference_stream(packed, buffers->stream, MAX, next_piece, pieces),
        n);
    if (n > 0)
        assert_memory_equal(buffers->stream, buffers->reference, (size_t)n);
}

static struct lio_bytes compress(const struct buffers *buffers, size_t bytes)
{
    int n = LZ4_compress_default((const char *)buffers->plain,
                                 (char *)buffers->packed, (int)bytes,
                                 LZ4_compressBound((int)MAX));

    assert_true(n > 0);
    return (struct lio_bytes){ buffers->packed, (size_t)n };
}

/* Runs, repetitions near and far, noise: matches and literals of all lengths
 * and offsets. */
static void make_plain(const struct buffers *buffers, size_t bytes,
                       uint64_t *state)
{
    uint8_t *plain = buffers->plain;
    size_t at = 0;

    while (at < bytes) {
        size_t n = 1 + next(state) % (UINT64_C(1) << next(state) % 14);
        size_t back = 1 + next(state) % (UINT64_C(1) << next(state) % 17);
        bool noise = back > at || next(state) % 3 == 0;

        for (; n > 0 && at < bytes; n--, at++)
            plain[at] = noise ? (uint8_t)next(state) : plain[at - back];
    }
}

static void small_blocks_at_every_split(void **state)
{
    const struct buffers *buffers = *state;
    uint64_t random = seed_or(1);

    for (int i = 0; i < 12; i++) {
        size_t bytes = next(&random) % 200;
        struct lio_bytes packed;

        make_plain(buffers, bytes, &random);
        packed = compress(buffers, bytes);
        for (size_t in = 1; in <= packed.bytes; in++)
            for (size_t out = 1; out <= bytes + 1; out += 1 + out / 8) {
                struct pieces pieces = { .in = in, .out = out };

                compare(buffers, packed, &pieces);
            }
    }
}

static void large_blocks_in_pieces_of_any_size(void **state)
{
    static const size_t most[] = { 7, 100, 5000, 70000, 300000 };
    const struct buffers *buffers = *state;
    uint64_t random = seed_or(2);

    for (int i = 0; i < 15; i++) {
        struct pieces pieces = { .state = next(&random), .most = most[i % 5] };
        size_t bytes = MAX / 4 + next(&random) % (MAX * 3 / 4);

        make_plain(buffers, bytes, &random);
        compare(buffers, compress(buffers, bytes), &pieces);
    }
}

/* A bit here or there, or an end that is missing, or too much. */
static void damaged_blocks_are_as_damaged_as_the_format_says(void **state)
{
    const struct buffers *buffers = *state;
    uint64_t random = seed_or(3);

    for (int i = 0; i < 5000; i++) {
        struct pieces pieces = { .state = next(&random),
                                 .most = 1 + next(&random) % 300 };
        struct lio_bytes packed;

        make_plain(buffers, next(&random) % 600, &random);
        packed = compress(buffers, next(&random) % 600);
        for (uint64_t n = next(&random) % 4; n > 0; n--)
            buffers->packed[next(&random) % packed.bytes] ^=
                (uint8_t)(1u << next(&random) % 8);
        packed.bytes = next(&random) % 4 > 0 ? packed.bytes
                                             : next(&random) % packed.bytes + 1;
        compare(buffers, packed, &pieces);
    }
}

static ptrdiff_t run(const struct buffers *buffers, const uint8_t *bytes,
                     size_t n)
{
    struct pieces pieces = { .in = n, .out = MAX };

    return lz4_reference_stream((struct lio_bytes){ bytes, n }, buffers->stream,
                                MAX, next_piece, &pieces);
}

static void what_no_block_may_be_is_refused(void **state)
{
    static const uint8_t empty[] = { 0 };
    static const uint8_t before_start[] = { 0x10, 'a', 2, 0, 0x10, 'b' };
    static const uint8_t offset_zero[] = { 0x10, 'a', 0, 0, 0x10, 'b' };
    static const uint8_t ends_with_match[] = { 0x10, 'a', 1, 0 };
    static const uint8_t sound[] = { 0x10, 'a', 1, 0, 0x10, 'b' };
    static const uint8_t half_offset[] = { 0x10, 'a', 1 };
    static const uint8_t endless[] = { 0xf0, 255, 255, 255, 255 };

    assert_int_equal(run(*state, empty, sizeof(empty)), 0);
    assert_int_equal(run(*state, empty, 0), -1);
    assert_int_equal(run(*state, sound, sizeof(sound)), 6);
    assert_int_equal(run(*state, before_start, sizeof(before_start)), -1);
    assert_int_equal(run(*state, offset_zero, sizeof(offset_zero)), -1);
    assert_int_equal(run(*state, ends_with_match, sizeof(ends_with_match)), -1);
    assert_int_equal(run(*state, half_offset, sizeof(half_offset)), -1);
    assert_int_equal(run(*state, endless, sizeof(endless)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_blocks_at_every_split, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(large_blocks_in_pieces_of_any_size,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            damaged_blocks_are_as_damaged_as_the_format_says, setup, teardown),
        cmocka_unit_test_setup_teardown(what_no_block_may_be_is_refused, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
