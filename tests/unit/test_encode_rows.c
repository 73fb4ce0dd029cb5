/*
 * What is encoded for full-zip pages decodes to the same values.
 */
#include "support/decoding.h"
#include "support/plain.h"
#include "support/seed.h"

#include "column/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LAYER_VALID = 1, LAYER_NULLABLE = 3 };

struct coding {
    struct decoding d;
    struct lio_arena arena;
    struct lio_encode enc;
    struct lio_rows rows;
    struct lio_vector vector;
};

static void coding_begin(struct coding *c, enum lio_format format,
                         enum lio_compression compression)
{
    *c = (struct coding){ .enc = { .format = format, .column = "c" } };
    c->enc.compression = compression;
    c->enc.arena = &c->arena;
    c->enc.err = &c->d.err;
    decoding_begin(&c->d);
    c->d.dec.budget = 1 << 30;
}

static void coding_end(struct coding *c)
{
    lio_vector_release(&c->vector);
    lio_arena_release(&c->arena);
    decoding_end(&c->d);
}

/* Entries: a byte that is the level if there are nulls, then the value, with
 * its length in front if it varies. */
static struct lio_mem *zip(const struct coding *c,
                           const struct lio_plain *plain)
{
    uint64_t fixed = c->rows.bits_per_value / 8, at = 0;
    uint32_t width = c->rows.bits_per_offset / 8;
    uint64_t all = fixed > 0 ? plain->n * fixed : c->rows.offsets[plain->n];
    struct lio_mem *mem = lio_mem_new(plain->n * (1 + width) + all);

    assert_non_null(mem);
    for (uint64_t i = 0; i < plain->n; i++) {
        bool valid = lio_plain_valid(plain, i);
        uint64_t bytes = fixed;

        if (plain->validity)
            mem->data[at++] = !valid;
        if (fixed > 0) {
            memcpy(mem->data + at, c->rows.values + i * fixed, fixed);
        } else if (valid) {
            bytes = c->rows.offsets[i + 1] - c->rows.offsets[i];
            memcpy(mem->data + at, &bytes, width);
            at += width;
            if (bytes > 0)
                memcpy(mem->data + at, c->rows.data + c->rows.offsets[i],
                       bytes);
        } else {
            assert_int_equal(c->rows.offsets[i + 1], c->rows.offsets[i]);
        }
        at += bytes;
    }
    mem->bytes = at;
    return mem;
}

static void decode(struct coding *c, const struct lio_plain *plain)
{
    const struct lio_leaf leaf = lio_leaf_alone(plain->type);
    uint32_t layer = plain->validity ? LAYER_NULLABLE : LAYER_VALID;
    Lio__Pb__FullZipLayout layout = LIO__PB__FULL_ZIP_LAYOUT__INIT;
    struct lio_mem *buffers[2] = { zip(c, plain), lio_mem_zeroed(64) };
    bool varies = c->rows.bits_per_value == 0;
    const struct lio_page_input in = { .rows = plain->n,
                                       .leaf = &leaf,
                                       .type = plain->type,
                                       .nbuffers = varies ? 2 : 1,
                                       .buffers = buffers };

    layout.bits_def = plain->validity ? 1 : 0;
    layout.details_case =
        varies ? LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET
               : LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE;
    layout.bits_per_offset =
        varies ? c->rows.bits_per_offset : (uint32_t)c->rows.bits_per_value;
    layout.nitems = layout.nvisible_items = plain->n;
    layout.value_compression = c->rows.encoding;
    layout.n_layers = 1;
    layout.layers = &layer;
    if (lio_fullzip_decode(&c->d.dec, &layout, &in, &c->vector) < 0)
        fail_msg("%s", c->d.err.msg);
    lio_mem_put(buffers[0]);
    lio_mem_put(buffers[1]);
}

static void round_trip_of(const struct lio_plain *plain, enum lio_format format)
{
    struct coding c;

    for (enum lio_compression how = LIO_COMPRESSION_AUTO;
         how <= LIO_COMPRESSION_ZSTD; how++) {
        coding_begin(&c, format, how);
        assert_int_equal(lio_rows_encode(&c.enc, plain, &c.rows), 0);
        decode(&c, plain);
        sample_equals(plain, &c.vector);
        coding_end(&c);
    }
}

static void round_trip(const char *type, uint64_t n, enum shape shape,
                       uint32_t nulls, uint64_t seed)
{
    struct sample s;

    sample_make(&s, type, n, shape, nulls, seed);
    round_trip_of(&s.plain, LIO_FORMAT_21);
    sample_release(&s);
}

static const char *const types[] = {
    "bool",
    "int16",
    "double",
    "decimal:128:10:2",
    "fixed_size_binary:300",
    "string",
    "large_string",
    "fixed_size_list:float:80",
    "fixed_size_list:fixed_size_list:int16:2:3",
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

static void every_type_and_shape_returns(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTYPES; t++)
        for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
            round_trip(types[t], 300, shape, 0, t);
            round_trip(types[t], 300, shape, 3, t);
            round_trip(types[t], 1, shape, 0, t);
        }
}

/* The name of the encoding of strings that are all `bytes` long. */
static const char *encoding_of_strings(uint64_t n, enum shape shape,
                                       enum lio_compression compression)
{
    struct sample s;
    struct coding c;
    const char *name;

    sample_make(&s, "string", n, shape, 0, 1);
    coding_begin(&c, LIO_FORMAT_22, compression);
    assert_int_equal(lio_rows_encode(&c.enc, &s.plain, &c.rows), 0);
    name = lio_encoding_name(c.rows.encoding);
    coding_end(&c);
    sample_release(&s);
    return name;
}

static void strings_take_what_is_smallest(void **state)
{
    (void)state;
    assert_string_equal(
        encoding_of_strings(20, SHAPE_SMALL, LIO_COMPRESSION_AUTO), "variable");
    assert_string_equal(
        encoding_of_strings(2000, SHAPE_SMALL, LIO_COMPRESSION_AUTO), "fsst");
    assert_string_equal(
        encoding_of_strings(2000, SHAPE_RANDOM, LIO_COMPRESSION_AUTO),
        "variable");
    assert_string_equal(
        encoding_of_strings(2000, SHAPE_SMALL, LIO_COMPRESSION_NONE),
        "variable");
    assert_string_equal(
        encoding_of_strings(200, SHAPE_EXTREMES, LIO_COMPRESSION_LZ4),
        "general");
}

static void long_values_are_compressed_each(void **state)
{
    static const uint32_t offsets[] = { 0, 40000, 40000, 80000 };
    struct lio_type type = { .kind = LIO_KIND_VARIABLE, .bits = 32 };
    struct lio_plain plain = { .type = &type,
                               .n = 3,
                               .offsets = (const uint8_t *)offsets };
    uint8_t *data = calloc(1, 80000);
    struct coding c;

    (void)state;
    assert_non_null(data);
    memset(data, 'x', 60000);
    plain.data = data;
    coding_begin(&c, LIO_FORMAT_21, LIO_COMPRESSION_AUTO);
    assert_int_equal(lio_rows_encode(&c.enc, &plain, &c.rows), 0);
    assert_string_equal(lio_encoding_name(c.rows.encoding), "general");
    assert_in_range(c.rows.offsets[3], 1, 1000);
    decode(&c, &plain);
    sample_equals(&plain, &c.vector);
    coding_end(&c);
    free(data);
}

/* -- packed structs ------------------------------------------------------ */

static const char *const fields[] = { "int32", "string",
                                      "fixed_size_list:bool:3",
                                      "large_binary" };

static void packed_structs_with_strings_return(void **state)
{
    struct sample_struct s;

    (void)state;
    for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
        static const uint8_t odd[25] = { 0x55, 0xf0, 0x33 };

        if (shape == SHAPE_EXTREMES)
            continue;
        sample_struct_make(
            &s, (const char *const[]){ "int32", "string", "large_binary" }, 3,
            200, shape, 0);
        round_trip_of(&s.plain, LIO_FORMAT_22);
        s.plain.validity = odd;
        round_trip_of(&s.plain, LIO_FORMAT_22);
        sample_struct_release(&s);
    }
}

static void refused_with(const struct lio_plain *plain, enum lio_format format,
                         const char *words)
{
    struct coding c;

    coding_begin(&c, format, LIO_COMPRESSION_AUTO);
    assert_int_equal(lio_rows_encode(&c.enc, plain, &c.rows), LIO_EINVAL);
    if (!strstr(c.d.err.msg, words))
        fail_msg("'%s' does not say '%s'", c.d.err.msg, words);
    coding_end(&c);
}

static void what_the_format_cannot_say_is_refused(void **state)
{
    struct sample_struct s;
    struct sample bools;

    (void)state;
    sample_struct_make(&s, fields, 2, 50, SHAPE_SMALL, 0);
    refused_with(&s.plain, LIO_FORMAT_21, "need file version 2.2");
    sample_struct_release(&s);
    sample_struct_make(&s, fields, 2, 50, SHAPE_SMALL, 4);
    refused_with(&s.plain, LIO_FORMAT_22, "cannot hold nulls");
    sample_struct_release(&s);
    sample_make(&bools, "fixed_size_list:bool:3", 50, SHAPE_SMALL, 0, 1);
    refused_with(&bools.plain, LIO_FORMAT_22, "bools cannot be");
    sample_release(&bools);
}

static void random_samples_return(void **state)
{
    uint64_t seed = seed_or(1);

    (void)state;
    print_message("LIO_SEED=%" PRIu64 "\n", seed);
    for (unsigned i = 0; i < 100; i++) {
        const char *type = types[sample_random(&seed) % NTYPES];
        uint64_t n = 1 + sample_random(&seed) % 300;
        enum shape shape = (enum shape)(sample_random(&seed) % SHAPE_COUNT);

        round_trip(type, n, shape, (uint32_t)(sample_random(&seed) % 4), seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_shape_returns),
        cmocka_unit_test(strings_take_what_is_smallest),
        cmocka_unit_test(long_values_are_compressed_each),
        cmocka_unit_test(packed_structs_with_strings_return),
        cmocka_unit_test(what_the_format_cannot_say_is_refused),
        cmocka_unit_test(random_samples_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
