/*
 * What is encoded for pages of 2.0 decodes to the same values.
 */
#include "support/decoding.h"
#include "support/plain.h"
#include "support/seed.h"

#include "column/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct coding {
    struct decoding d;
    struct lio_arena arena;
    struct lio_encode enc;
    struct lio_array array;
    struct lio_vector vector;
};

static void coding_begin(struct coding *c, enum lio_compression compression)
{
    *c = (struct coding){ .enc = { .format = LIO_FORMAT_20, .column = "c" } };
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

/* Through the bytes of the message, as they would be in a file. */
static Lio__Pb__ArrayEncoding *copy_of(const Lio__Pb__ArrayEncoding *message)
{
    size_t bytes = lio__pb__array_encoding__get_packed_size(message);
    uint8_t *packed = malloc(bytes);
    Lio__Pb__ArrayEncoding *copy;

    assert_non_null(packed);
    lio__pb__array_encoding__pack(message, packed);
    copy = lio__pb__array_encoding__unpack(NULL, bytes, packed);
    assert_non_null(copy);
    free(packed);
    return copy;
}

static void decode(struct coding *c, const struct lio_plain *plain)
{
    const struct lio_leaf leaf = lio_leaf_alone(plain->type);
    struct lio_mem *buffers[LIO_ARRAY_BUFFERS_MAX];
    const struct lio_page_input in = { .rows = plain->n,
                                       .leaf = &leaf,
                                       .type = plain->type,
                                       .nbuffers = c->array.nbuffers,
                                       .buffers = buffers };
    Lio__Pb__ArrayEncoding *encoding = copy_of(c->array.encoding);

    for (uint32_t i = 0; i < c->array.nbuffers; i++) {
        buffers[i] = lio_mem_new(c->array.buffers[i].bytes);
        assert_non_null(buffers[i]);
        if (c->array.buffers[i].bytes > 0)
            memcpy(buffers[i]->data, c->array.buffers[i].data,
                   c->array.buffers[i].bytes);
    }
    if (lio_array_decode(&c->d.dec, encoding, &in, &c->vector) < 0)
        fail_msg("%s", c->d.err.msg);
    for (uint32_t i = 0; i < c->array.nbuffers; i++)
        lio_mem_put(buffers[i]);
    lio__pb__array_encoding__free_unpacked(encoding, NULL);
}

static void encode(struct coding *c, const struct lio_plain *plain)
{
    int rc = lio_array_encode(&c->enc, plain, &c->array);

    if (rc < 0)
        fail_msg("%s", c->d.err.msg);
}

static void round_trip_of(const struct lio_plain *plain)
{
    struct coding c;

    for (enum lio_compression how = LIO_COMPRESSION_AUTO;
         how <= LIO_COMPRESSION_ZSTD; how++) {
        coding_begin(&c, how);
        encode(&c, plain);
        decode(&c, plain);
        for (uint64_t i = 0; i < plain->n; i++)
            assert_int_equal(!c.vector.validity ||
                                 lio_bit_get(c.vector.validity->data, i),
                             lio_plain_valid(plain, i));
        sample_equals(plain, &c.vector);
        coding_end(&c);
    }
}

static void round_trip(const char *type, uint64_t n, enum shape shape,
                       uint32_t nulls, uint64_t seed)
{
    struct sample s;

    sample_make(&s, type, n, shape, nulls, seed);
    round_trip_of(&s.plain);
    sample_release(&s);
}

static const char *const types[] = {
    "bool",
    "int8",
    "uint16",
    "float",
    "int64",
    "decimal:128:10:2",
    "fixed_size_binary:3",
    "string",
    "large_binary",
    "fixed_size_list:float:4",
    "fixed_size_list:bool:3",
};

#define NTYPES (sizeof(types) / sizeof(types[0]))

static void every_type_and_shape_returns(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTYPES; t++)
        for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
            round_trip(types[t], 700, shape, 0, t);
            round_trip(types[t], 700, shape, 3, t);
        }
}

static void few_values_and_none_return(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTYPES; t++)
        for (uint64_t n = 0; n < 4; n++) {
            round_trip(types[t], n, SHAPE_SMALL, 0, t);
            round_trip(types[t], n, SHAPE_SMALL, 1, t);
        }
}

/* -- lists --------------------------------------------------------------- */

static void lists_say_where_each_ends(void **state)
{
    static const uint32_t offsets[] = { 5, 7, 7, 7, 10 };
    static const uint8_t validity = 0x0b; /* the third is null */
    struct lio_type type = { .kind = LIO_KIND_LIST, .bits = 32 };
    const struct lio_plain lists = { .type = &type,
                                     .n = 4,
                                     .offsets = (const uint8_t *)offsets,
                                     .validity = &validity };
    static const uint32_t expected[] = { 0, 2, 2, 2, 5 };
    struct coding c;

    (void)state;
    coding_begin(&c, LIO_COMPRESSION_AUTO);
    encode(&c, &lists);
    assert_int_equal(c.array.encoding->list->nitems, 5);
    decode(&c, &lists);
    assert_memory_equal(c.vector.values->data, expected, sizeof(expected));
    assert_int_equal(c.vector.nulls, 1);
    assert_int_equal(c.vector.validity->data[0] & 0x0f, 0x0b);
    coding_end(&c);
}

/* -- dictionaries -------------------------------------------------------- */

static void round_trip_dictionary(const char *logical, uint64_t nitems,
                                  uint32_t nulls)
{
    struct sample_dictionary s;

    sample_dictionary_make(&s, logical, 300, nitems, nulls);
    round_trip_of(&s.plain);
    sample_dictionary_release(&s);
}

static void dictionaries_return_with_their_nulls(void **state)
{
    (void)state;
    round_trip_dictionary("dict:string:int8:false", 5, 0);
    round_trip_dictionary("dict:string:int8:false", 5, 4);
    round_trip_dictionary("dict:string:uint8:false", 200, 4);
    round_trip_dictionary("dict:string:int64:false", 299, 4);
    round_trip_dictionary("dict:string:int32:false", 0, 1); /* all null */
}

/* 128 items take all the numbers of an int8: none is left for null. */
static void full_dictionaries_have_null_indices(void **state)
{
    (void)state;
    round_trip_dictionary("dict:string:int8:false", 127, 4);
    round_trip_dictionary("dict:string:int8:false", 128, 4);
}

/* -- structs ------------------------------------------------------------- */

static void structs_have_a_page_without_buffers(void **state)
{
    struct lio_type type = { .kind = LIO_KIND_STRUCT };
    const struct lio_plain header = { .type = &type, .n = 9 };
    struct coding c;

    (void)state;
    coding_begin(&c, LIO_COMPRESSION_AUTO);
    encode(&c, &header);
    assert_int_equal(c.array.nbuffers, 0);
    assert_int_equal(c.array.encoding->array_case,
                     LIO__PB__ARRAY_ENCODING__ARRAY_STRUCTURE);
    coding_end(&c);
}

static const char *const fields[] = { "int32", "fixed_size_list:float:4",
                                      "bool" };

static void packed_structs_are_rows_of_bytes(void **state)
{
    struct sample_struct s;
    struct coding c;

    (void)state;
    sample_struct_make(&s, fields, 3, 200, SHAPE_RANDOM, 0);
    round_trip_of(&s.plain);
    coding_begin(&c, LIO_COMPRESSION_AUTO);
    encode(&c, &s.plain);
    assert_int_equal(c.array.nbuffers, 1);
    assert_int_equal(c.array.buffers[0].bytes, 200 * (4 + 16 + 1));
    coding_end(&c);
    sample_struct_release(&s);
}

static void nulls_in_packed_structs_are_refused(void **state)
{
    struct sample_struct s;
    struct coding c;

    (void)state;
    sample_struct_make(&s, fields, 3, 200, SHAPE_RANDOM, 7);
    coding_begin(&c, LIO_COMPRESSION_AUTO);
    assert_int_equal(lio_array_encode(&c.enc, &s.plain, &c.array), LIO_EINVAL);
    assert_non_null(strstr(c.d.err.msg, "cannot hold nulls"));
    coding_end(&c);
    sample_struct_release(&s);
}

static void random_samples_return(void **state)
{
    uint64_t seed = seed_or(1);

    (void)state;
    print_message("LIO_SEED=%" PRIu64 "\n", seed);
    for (unsigned i = 0; i < 100; i++) {
        const char *type = types[sample_random(&seed) % NTYPES];
        uint64_t n = sample_random(&seed) % 500;
        enum shape shape = (enum shape)(sample_random(&seed) % SHAPE_COUNT);

        round_trip(type, n, shape, (uint32_t)(sample_random(&seed) % 4), seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_shape_returns),
        cmocka_unit_test(few_values_and_none_return),
        cmocka_unit_test(lists_say_where_each_ends),
        cmocka_unit_test(dictionaries_return_with_their_nulls),
        cmocka_unit_test(full_dictionaries_have_null_indices),
        cmocka_unit_test(structs_have_a_page_without_buffers),
        cmocka_unit_test(packed_structs_are_rows_of_bytes),
        cmocka_unit_test(nulls_in_packed_structs_are_refused),
        cmocka_unit_test(random_samples_return),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
