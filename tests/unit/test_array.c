/*
 * Arrays of file version 2.0 that current writers do not make, and lists, whose
 * pages hold but where they end.
 */
#include "column/array.h"

#include "support/decoding.h"
#include "support/vector_text.h"

#include <stdlib.h>

static const struct lio_type int16_type = { .kind = LIO_KIND_FIXED,
                                            .bits = 16,
                                            .arrow = (char *)"s" };
static const struct lio_type int64_type = { .kind = LIO_KIND_FIXED,
                                            .bits = 64,
                                            .arrow = (char *)"l" };
static const struct lio_type bool_type = { .kind = LIO_KIND_FIXED,
                                           .bits = 1,
                                           .arrow = (char *)"b" };
static const struct lio_type text_type = { .kind = LIO_KIND_VARIABLE,
                                           .bits = 32,
                                           .arrow = (char *)"u" };
static const struct lio_type *texts[] = { &text_type };
static const struct lio_type text_pair_type = { .kind = LIO_KIND_FIXED_LIST,
                                                .dimension = 2,
                                                .nchildren = 1,
                                                .children = texts };
static const struct lio_type null_type = { .kind = LIO_KIND_NULL };
static const struct lio_type *nulls[] = { &null_type };
static const struct lio_type null_pair_type = { .kind = LIO_KIND_FIXED_LIST,
                                                .dimension = 2,
                                                .nchildren = 1,
                                                .children = nulls };
static const struct lio_type empty_type = { .kind = LIO_KIND_STRUCT };
static const struct lio_type *items[] = { &int16_type };
static const struct lio_type list_type = {
    .kind = LIO_KIND_LIST, .bits = 32, .nchildren = 1, .children = items
};

static const struct lio_type dictionary_type = { .kind = LIO_KIND_DICTIONARY,
                                                 .bits = 32,
                                                 .arrow = (char *)"i",
                                                 .nchildren = 1,
                                                 .children = texts };
static const struct lio_type *dictionaries[] = { &dictionary_type };
static const struct lio_type dictionary_pair_type = {
    .kind = LIO_KIND_FIXED_LIST,
    .dimension = 2,
    .nchildren = 1,
    .children = dictionaries,
};

struct fixture {
    struct decoding d;
    Lio__Pb__ArrayEncoding enc;
    struct lio_mem *buffers[1];
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

    lio_vector_release(&f->vector);
    lio_mem_put(f->buffers[0]);
    decoding_end(&f->d);
    return 0;
}

static void set_buffer(struct fixture *f, const void *data, size_t n)
{
    lio_mem_put(f->buffers[0]);
    f->buffers[0] = lio_mem_zeroed(n);
    memcpy(f->buffers[0]->data, data, n);
}

static int decode(struct fixture *f, const struct lio_type *type, uint64_t rows)
{
    const struct lio_leaf leaf = lio_leaf_alone(type);
    const struct lio_page_input in = { .rows = rows,
                                       .leaf = &leaf,
                                       .type = type,
                                       .nbuffers = 1,
                                       .buffers = f->buffers };

    lio_vector_release(&f->vector);
    return lio_array_decode(&f->d.dec, &f->enc, &in, &f->vector);
}

static void holds(struct fixture *f, const struct lio_type *type, uint64_t rows,
                  const char *want)
{
    char *text;

    if (decode(f, type, rows) < 0)
        fail_msg("%s", f->d.err.msg);
    text = vector_text(&f->vector);
    assert_string_equal(text, want);
    free(text);
}

static void refused(struct fixture *f, const struct lio_type *type,
                    uint64_t rows, const char *words)
{
    assert_int_equal(decode(f, type, rows), LIO_ECORRUPT);
    decoding_says(&f->d, words);
}

/* 3 bits each, lowest first: 1, 7, 4, 2 */
static void bits_are_one_string(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__BitpackedArray packed = { .packed_bits = 3, .plain_bits = 16 };

    f->enc.array_case = LIO_ARRAY_CASE(BITPACKED);
    f->enc.bitpacked = &packed;
    set_buffer(f, "\x39\x05", 2);
    holds(f, &int16_type, 4, "1 7 4 2");
    packed.is_signed = 1;
    holds(f, &int16_type, 4, "1 -1 -4 2");
    refused(f, &int16_type, 6, "6 values packed to 3 bits are not in 2 bytes");
    packed.packed_bits = 17;
    refused(f, &int16_type, 1, "packed from 16 to 17");
    packed.packed_bits = 3;
    packed.plain_bits = 32;
    refused(f, &int16_type, 1, "packed from 32 to 3");
}

/* A value that takes parts of nine bytes. */
static void wide_values_cross_words(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__BitpackedArray packed = { .packed_bits = 63, .plain_bits = 64 };
    const uint64_t words[] = { UINT64_C(1) << 63 | 5, UINT64_C(1) << 61 };

    f->enc.array_case = LIO_ARRAY_CASE(BITPACKED);
    f->enc.bitpacked = &packed;
    set_buffer(f, words, sizeof(words));
    holds(f, &int64_type, 2, "5 4611686018427387905");
}

/* Row 0 of 64 lanes is the first word of each: values 0 to 63. */
static void blocks_hold_1024_values(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__BitpackedNonNegArray packed = { .packed_bits = 16,
                                             .plain_bits = 16 };
    uint16_t words[1024] = { 0 };

    words[0] = 7;
    words[2] = 9;
    f->enc.array_case = LIO_ARRAY_CASE(BITPACKED_NON_NEG);
    f->enc.bitpacked_non_neg = &packed;
    set_buffer(f, words, sizeof(words));
    holds(f, &int16_type, 3, "7 0 9");
    refused(f, &int16_type, 1025, "2 blocks packed to 16 bits are not in 2048");
}

static void constants_fill_the_rows(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ConstantArray constant = { .value = { 2, (uint8_t *)"\3\0" } };

    f->enc.array_case = LIO_ARRAY_CASE(CONSTANT);
    f->enc.constant = &constant;
    holds(f, &int16_type, 3, "3 3 3");
    refused(f, &bool_type, 1, "a constant of 2 bytes for values of 1");
    constant.value.len = 1;
    constant.value.data = (uint8_t *)"\1";
    holds(f, &bool_type, 3, "1 1 1");
}

static void bytes_are_grouped_by_width(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FlatArray flat = { .bits = 8 };
    Lio__Pb__ArrayEncoding bytes = { .array_case = LIO_ARRAY_CASE(FLAT),
                                     .flat = &flat };
    Lio__Pb__FixedSizeBinaryArray binary = { .bytes = &bytes, .width = 2 };

    f->enc.array_case = LIO_ARRAY_CASE(FIXED_SIZE_BINARY);
    f->enc.fixed_size_binary = &binary;
    set_buffer(f, "\1\0\2\0", 4);
    holds(f, &int16_type, 2, "1 2");
    refused(f, &int16_type, 3, "6 values of 8 bits are not in 4 bytes");
    binary.width = 3;
    refused(f, &int16_type, 1, "values of 3 bytes where 16 bits are due");
}

static void strings_may_be_all_as_long(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FlatArray flat = { .bits = 8 };
    Lio__Pb__ArrayEncoding bytes = { .array_case = LIO_ARRAY_CASE(FLAT),
                                     .flat = &flat };
    Lio__Pb__FixedSizeBinaryArray binary = { .bytes = &bytes, .width = 3 };

    f->enc.array_case = LIO_ARRAY_CASE(FIXED_SIZE_BINARY);
    f->enc.fixed_size_binary = &binary;
    set_buffer(f, "JFKORDLAX", 9);
    holds(f, &text_type, 3, "\"JFK\" \"ORD\" \"LAX\"");
    refused(f, &text_type, 4, "12 values of 8 bits are not in 9 bytes");
    refused(f, &text_type, INT32_MAX, "2147483647 strings of 3 bytes");
    binary.width = 0;
    refused(f, &text_type, 1, "strings that are all of 0 bytes");
}

/* The flag of validity has no bytes, here or in the format. */
static void fixed_lists_hold_any_array(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FlatArray flat = { .bits = 8 };
    Lio__Pb__ArrayEncoding bytes = { .array_case = LIO_ARRAY_CASE(FLAT),
                                     .flat = &flat };
    Lio__Pb__FixedSizeBinaryArray binary = { .bytes = &bytes, .width = 1 };
    Lio__Pb__ArrayEncoding inner = { .array_case =
                                         LIO_ARRAY_CASE(FIXED_SIZE_BINARY),
                                     .fixed_size_binary = &binary };
    Lio__Pb__FixedSizeListArray list = { .dimension = 2,
                                         .items = &inner,
                                         .has_validity = 1 };

    f->enc.array_case = LIO_ARRAY_CASE(FIXED_SIZE_LIST);
    f->enc.fixed_size_list = &list;
    set_buffer(f, "abcd", 4);
    holds(f, &text_pair_type, 2, "[\"a\" \"b\"] [\"c\" \"d\"]");
    refused(f, &text_pair_type, 3, "6 values of 8 bits are not in 4 bytes");
    list.dimension = 3;
    refused(f, &text_pair_type, 1, "lists of 3 items where 2 are due");
}

static void lists_of_nulls_hold_nothing(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__AllNulls none = LIO__PB__ALL_NULLS__INIT;
    Lio__Pb__NullableArray nullable = {
        .nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS,
        .all_nulls = &none
    };
    Lio__Pb__ArrayEncoding inner = { .array_case = LIO_ARRAY_CASE(NULLABLE),
                                     .nullable = &nullable };
    Lio__Pb__FixedSizeListArray list = { .dimension = 2, .items = &inner };

    f->enc.array_case = LIO_ARRAY_CASE(FIXED_SIZE_LIST);
    f->enc.fixed_size_list = &list;
    holds(f, &null_pair_type, 2, "[~ ~] [~ ~]");
    refused(f, &null_pair_type, UINT64_C(1) << 62, "lists of 2 items");
}

static void structs_without_fields_are_there(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__StructArray structure = LIO__PB__STRUCT_ARRAY__INIT;

    f->enc.array_case = LIO_ARRAY_CASE(STRUCTURE);
    f->enc.structure = &structure;
    assert_int_equal(decode(f, &empty_type, 1000000), 0);
    assert_int_equal(f->vector.rows, 1000000);
    assert_int_equal(f->vector.nulls, 0);
    assert_int_equal(decode(f, &list_type, 1), LIO_EUNSUPPORTED);
}

/* [2 items] [] null [1 item] */
static void lists_end_where_they_say(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FlatArray flat = { .bits = 64 };
    Lio__Pb__ArrayEncoding ends = { .array_case = LIO_ARRAY_CASE(FLAT),
                                    .flat = &flat };
    Lio__Pb__ListArray list = { .offsets = &ends,
                                .null_adjustment = 4,
                                .nitems = 3 };
    uint64_t numbers[] = { 2, 2, 2 + 4, 3 };

    f->enc.array_case = LIO_ARRAY_CASE(LIST);
    f->enc.list = &list;
    set_buffer(f, numbers, sizeof(numbers));
    assert_int_equal(decode(f, &list_type, 4), 0);
    assert_int_equal(f->vector.nulls, 1);
    assert_false(lio_bit_get(f->vector.validity->data, 2));
    assert_int_equal(lio_vector_offset(&f->vector, 1), 2);
    assert_int_equal(lio_vector_offset(&f->vector, 3), 2);
    assert_int_equal(lio_vector_offset(&f->vector, 4), 3);
    refused(f, &list_type, 5, "5 values of 64 bits are not in 32 bytes");
    numbers[1] = 1;
    set_buffer(f, numbers, sizeof(numbers));
    refused(f, &list_type, 4, "do not lie in order in their 3 items");
    list.nitems = 2;
    numbers[1] = 2;
    list.null_adjustment = 3;
    set_buffer(f, numbers, sizeof(numbers));
    refused(f, &list_type, 4, "do not lie in order in their 2 items");
    list.null_adjustment = 2;
    refused(f, &list_type, 4, "with a null adjustment of 2");
}

static void lists_may_all_be_null(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__AllNulls none = { 0 };
    Lio__Pb__NullableArray nullable = {
        .nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS,
        .all_nulls = &none
    };

    f->enc.array_case = LIO_ARRAY_CASE(NULLABLE);
    f->enc.nullable = &nullable;
    assert_int_equal(decode(f, &list_type, 3), 0);
    assert_int_equal(f->vector.nulls, 3);
    for (uint64_t row = 0; row < 3; row++)
        assert_false(lio_bit_get(f->vector.validity->data, row));
    for (uint64_t row = 0; row <= 3; row++)
        assert_int_equal(lio_vector_offset(&f->vector, row), 0);
    refused(f, &list_type, UINT64_MAX / 4, "decodes to more than the limit");
}

/* Nobody looks below a null; but no index may be of a value that is none. */
static void null_lists_have_no_indices(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__AllNulls none = LIO__PB__ALL_NULLS__INIT;
    Lio__Pb__NullableArray nullable = {
        .nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS,
        .all_nulls = &none
    };
    const struct lio_vector *item;

    f->enc.array_case = LIO_ARRAY_CASE(NULLABLE);
    f->enc.nullable = &nullable;
    assert_int_equal(decode(f, &dictionary_pair_type, 3), 0);
    assert_int_equal(f->vector.nulls, 3);
    item = &f->vector.children->all[0];
    assert_int_equal(item->rows, 6);
    assert_int_equal(item->nulls, 6);
    assert_int_equal(item->children->all[0].rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(bits_are_one_string),
        TEST(wide_values_cross_words),
        TEST(blocks_hold_1024_values),
        TEST(constants_fill_the_rows),
        TEST(bytes_are_grouped_by_width),
        TEST(strings_may_be_all_as_long),
        TEST(fixed_lists_hold_any_array),
        TEST(lists_of_nulls_hold_nothing),
        TEST(structs_without_fields_are_there),
        TEST(lists_end_where_they_say),
        TEST(lists_may_all_be_null),
        TEST(null_lists_have_no_indices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
