/*
 * What is encoded for mini-block pages decodes to the same values, whatever
 * they look like, and is cut as the format wants it.
 */
#include "support/decoding.h"
#include "support/plain.h"
#include "support/seed.h"

#include "column/dictionary.h"
#include "column/values.h"

#include <inttypes.h>
#include <stdio.h>

/* A chunk of 2.1 has 32 KiB; what its levels may need is left. */
#define CHUNK_BYTES_MAX (15 << 10)

struct coding {
    struct decoding d;
    struct lio_arena arena;
    struct lio_encode enc;
    struct lio_chunks chunks;
    struct lio_vector vector;
};

static void coding_begin(struct coding *c)
{
    *c = (struct coding){ .enc = { .format = LIO_FORMAT_22, .column = "c" } };
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

/* -- decoding ------------------------------------------------------------ */

static int decode_indices(struct coding *c, const struct lio_encoded *in,
                          const struct lio_dictionary *dictionary,
                          uint64_t slot, struct lio_builder *builder)
{
    uint32_t bits = (uint32_t)lio_encoding_bits(c->chunks.encoding);
    uint8_t *indices;
    int rc = lio_decode_scratch(&c->d.dec, LIO_SCRATCH_INDICES,
                                in->nvalues * (bits / 8), &indices);

    if (rc == 0)
        rc = lio_fixed_decode(&c->d.dec, c->chunks.encoding, in, bits, indices);
    return rc < 0 ? rc
                  : lio_dictionary_gather(&c->d.dec, dictionary, indices, bits,
                                          slot, in->nvalues, builder);
}

static int decode_chunks(struct coding *c,
                         const struct lio_dictionary *dictionary,
                         struct lio_builder *builder)
{
    uint64_t slot = 0;
    int rc = 0;

    for (uint32_t i = 0; i < c->chunks.nchunks && rc == 0; i++) {
        const struct lio_chunk *chunk = &c->chunks.chunks[i];
        struct lio_encoded in = { .framing = LIO_FRAMING_MINIBLOCK,
                                  .nbuffers = c->chunks.nbuffers,
                                  .nvalues = chunk->slots };

        memcpy(in.buffers, chunk->buffers, in.nbuffers * sizeof(*in.buffers));
        rc = c->chunks.dictionary
                 ? decode_indices(c, &in, dictionary, slot, builder)
                 : lio_values_decode(&c->d.dec, c->chunks.encoding, &in,
                                     builder, slot);
        slot += chunk->slots;
    }
    return rc;
}

static void decode(struct coding *c, const struct lio_plain *plain)
{
    struct lio_dictionary dictionary = { 0 };
    struct lio_builder builder;
    int rc =
        lio_builder_init(&c->d.dec, plain->type, plain->n, false, &builder);

    assert_int_equal(rc, 0);
    if (c->chunks.dictionary)
        rc = lio_dictionary_open(
            &c->d.dec, c->chunks.dictionary, c->chunks.nitems, c->chunks.items,
            plain->children ? plain->type->children[0] : plain->type,
            &dictionary);
    if (rc == 0)
        rc = decode_chunks(c, &dictionary, &builder);
    if (rc == 0 && c->chunks.dictionary)
        lio_dictionary_finish(&dictionary, &builder);
    lio_dictionary_release(&dictionary);
    if (rc < 0)
        fail_msg("%s", c->d.err.msg);
    lio_builder_finish(&builder, &c->vector);
}

static void check_chunks(const struct coding *c, uint64_t n,
                         const uint64_t *entries)
{
    uint64_t slot = 0;

    for (uint32_t i = 0; i < c->chunks.nchunks; i++) {
        const struct lio_chunk *chunk = &c->chunks.chunks[i];
        uint64_t bytes = 0;

        if (i + 1 < c->chunks.nchunks) {
            assert_int_equal(chunk->slots, 1u << chunk->log2);
            assert_true(chunk->slots > 1);
        }
        assert_in_range(chunk->slots, 1, 4096);
        for (uint32_t k = 0; k < c->chunks.nbuffers; k++)
            bytes += chunk->buffers[k].bytes;
        if (chunk->slots > 2)
            assert_in_range(bytes, 0, CHUNK_BYTES_MAX);
        if (entries && chunk->slots > 2)
            assert_in_range(entries[slot + chunk->slots] - entries[slot], 0,
                            LIO_CHUNK_ENTRIES_MAX);
        slot += chunk->slots;
    }
    assert_int_equal(slot, n);
}

static void round_trip_with(const struct lio_plain *plain,
                            const uint64_t *entries, enum lio_format format,
                            enum lio_compression compression)
{
    struct coding c;

    coding_begin(&c);
    c.enc.format = format;
    c.enc.compression = compression;
    assert_int_equal(lio_chunks_encode(&c.enc, plain, entries, &c.chunks), 0);
    check_chunks(&c, plain->n, entries);
    decode(&c, plain);
    sample_equals(plain, &c.vector);
    coding_end(&c);
}

static void round_trip_of(const struct lio_plain *plain)
{
    for (enum lio_format f = LIO_FORMAT_21; f <= LIO_FORMAT_22; f++)
        for (enum lio_compression how = LIO_COMPRESSION_AUTO;
             how <= LIO_COMPRESSION_ZSTD; how++)
            round_trip_with(plain, NULL, f, how);
}

static void round_trip(const char *type, uint64_t n, enum shape shape,
                       uint32_t nulls, uint64_t seed)
{
    struct sample s;

    sample_make(&s, type, n, shape, nulls, seed);
    round_trip_of(&s.plain);
    sample_release(&s);
}

/* -- values -------------------------------------------------------------- */

static const char *const types[] = {
    "bool",
    "int8",
    "uint16",
    "float",
    "int64",
    "double",
    "decimal:128:10:2",
    "decimal:256:40:2",
    "fixed_size_binary:3",
    "string",
    "large_binary",
    "fixed_size_list:float:4",
    "fixed_size_list:bool:3",
    "fixed_size_list:fixed_size_list:int16:2:3",
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

static void every_type_and_shape_returns(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTYPES; t++)
        for (enum shape shape = 0; shape < SHAPE_COUNT; shape++)
            round_trip(types[t], 1500, shape, 0, t);
}

static void nulls_do_not_disturb_their_neighbours(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTYPES; t++) {
        round_trip(types[t], 1100, SHAPE_SMALL, 3, t);
        round_trip(types[t], 1100, SHAPE_RUNS, 3, t);
        round_trip(types[t], 40, SHAPE_RANDOM, 1, t); /* all null */
    }
}

static void few_values_make_one_chunk(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTYPES; t++)
        for (uint64_t n = 0; n < 4; n++)
            round_trip(types[t], n, SHAPE_SMALL, 0, t);
}

static void dictionaries_return(void **state)
{
    static const struct {
        const char *type;
        uint64_t nitems;
        uint32_t nulls;
    } cases[] = {
        { "dict:string:int8:false", 128, 3 },
        { "dict:string:uint16:false", 700, 0 },
        { "dict:string:int32:false", 3, 3 },
        { "dict:large_string:int64:false", 5, 3 },
        { "dict:string:int32:false", 0, 1 }, /* nothing but nulls */
    };
    struct sample_dictionary s;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sample_dictionary_make(&s, cases[i].type, 1500, cases[i].nitems,
                               cases[i].nulls);
        round_trip_of(&s.plain);
        sample_dictionary_release(&s);
    }
}

static void packed_structs_return(void **state)
{
    static const char *const fields[] = { "bool", "fixed_size_list:int16:3",
                                          "double" };
    struct sample_struct s;

    (void)state;
    sample_struct_make(&s, fields, 3, 1500, SHAPE_RANDOM, 0);
    round_trip_of(&s.plain);
    sample_struct_release(&s);
}

/* What is in a null slot may be anything, also long. */
static void bytes_of_null_strings_are_left_out(void **state)
{
    struct sample s;
    struct coding c;

    (void)state;
    sample_make(&s, "string", 400, SHAPE_EXTREMES, 1, 0);
    coding_begin(&c);
    assert_int_equal(lio_chunks_encode(&c.enc, &s.plain, NULL, &c.chunks), 0);
    assert_in_range(c.chunks.bytes, 0, 401 * 4 + 100);
    coding_end(&c);
    sample_release(&s);
}

static void chunks_have_room_for_their_levels(void **state)
{
    static const uint32_t steps[] = { 1, 3, 700, 5000 };
    uint64_t entries[3001];
    struct sample s;

    (void)state;
    sample_make(&s, "int32", 3000, SHAPE_SMALL, 0, 1);
    for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
        for (uint64_t i = 0; i <= 3000; i++)
            entries[i] = i * steps[k];
        round_trip_with(&s.plain, entries, LIO_FORMAT_22, LIO_COMPRESSION_AUTO);
    }
    sample_release(&s);
}

/* A chunk of few slots may start within a byte of a bitmap. */
static void bitmaps_are_cut_anywhere(void **state)
{
    uint64_t entries[101];
    struct sample s;

    (void)state;
    for (uint64_t i = 0; i <= 100; i++)
        entries[i] = i * 1500;
    sample_make(&s, "bool", 100, SHAPE_RANDOM, 0, 1);
    round_trip_with(&s.plain, entries, LIO_FORMAT_22, LIO_COMPRESSION_AUTO);
    sample_release(&s);
    sample_make(&s, "fixed_size_list:bool:3", 100, SHAPE_RANDOM, 5, 1);
    round_trip_with(&s.plain, entries, LIO_FORMAT_22, LIO_COMPRESSION_AUTO);
    sample_release(&s);
}

static void random_samples_return(void **state)
{
    uint64_t seed = seed_or(1);

    (void)state;
    print_message("LIO_SEED=%" PRIu64 "\n", seed);
    for (unsigned i = 0; i < 100; i++) {
        const char *type = types[sample_random(&seed) % NTYPES];
        uint64_t n = sample_random(&seed) % 3000;
        enum shape shape = (enum shape)(sample_random(&seed) % SHAPE_COUNT);

        if (shape == SHAPE_EXTREMES)
            n /= 10;
        round_trip(type, n, shape, (uint32_t)(sample_random(&seed) % 4), seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_shape_returns),
        cmocka_unit_test(nulls_do_not_disturb_their_neighbours),
        cmocka_unit_test(few_values_make_one_chunk),
        cmocka_unit_test(dictionaries_return),
        cmocka_unit_test(packed_structs_return),
        cmocka_unit_test(bytes_of_null_strings_are_left_out),
        cmocka_unit_test(chunks_have_room_for_their_levels),
        cmocka_unit_test(bitmaps_are_cut_anywhere),
        cmocka_unit_test(random_samples_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
