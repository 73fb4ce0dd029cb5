/* Every Arrow type as JSON, as text, and raw. */
#include "arrow_literal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RAW CLI_VALUE_RAW

static void integers_of_every_width_reach_both_ends(void **state)
{
    struct ArrowSchema c = SCHEMA("c"), s = SCHEMA("s"), i = SCHEMA("i"),
                       l = SCHEMA("l"), C = SCHEMA("C"), S = SCHEMA("S"),
                       I = SCHEMA("I"), L = SCHEMA("L");
    struct ArrowArray i8 = ARRAY(1, NULL, (int8_t[]){ INT8_MIN });
    struct ArrowArray i16 = ARRAY(1, NULL, (int16_t[]){ INT16_MIN });
    struct ArrowArray i32 = ARRAY(1, NULL, (int32_t[]){ INT32_MIN });
    struct ArrowArray i64 = ARRAY(1, NULL, (int64_t[]){ INT64_MIN });
    struct ArrowArray ones = ARRAY(1, NULL, (uint64_t[]){ UINT64_MAX });

    (void)state;
    assert_json("-128", &c, 0, &i8, 0);
    assert_json("-32768", &s, 0, &i16, 0);
    assert_json("-2147483648", &i, 0, &i32, 0);
    assert_json("-9223372036854775808", &l, 0, &i64, 0);
    assert_json("255", &C, 0, &ones, 0);
    assert_json("65535", &S, 0, &ones, 0);
    assert_json("4294967295", &I, 0, &ones, 0);
    assert_json("18446744073709551615", &L, 0, &ones, 0);
}

static void bits_are_booleans(void **state)
{
    struct ArrowSchema b = SCHEMA("b");
    struct ArrowArray array = ARRAY(10, NULL, (uint8_t[]){ 0x01, 0x02 });

    (void)state;
    assert_json("true", &b, 0, &array, 0);
    assert_json("false", &b, 0, &array, 8);
    assert_text("true", &b, 0, &array, 9);
}

static void floats_that_json_has_no_number_for_are_strings(void **state)
{
    struct ArrowSchema e = SCHEMA("e"), f = SCHEMA("f"), g = SCHEMA("g");
    struct ArrowArray f16 = ARRAY(3, NULL, (uint16_t[]){ 0x7e00, 0, 0x3c00 });
    struct ArrowArray f32 = ARRAY(2, NULL, (float[]){ INFINITY, 0.1f });
    struct ArrowArray f64 = ARRAY(2, NULL, (double[]){ -HUGE_VAL, -0.0 });

    (void)state;
    assert_json("\"NaN\"", &e, 0, &f16, 0);
    assert_json("1.0", &e, 0, &f16, 2);
    assert_json("\"Infinity\"", &f, 0, &f32, 0);
    assert_json("0.1", &f, 0, &f32, 1);
    assert_json("\"-Infinity\"", &g, 0, &f64, 0);
    assert_json("-0.0", &g, 0, &f64, 1);
    assert_text("-Infinity", &g, 0, &f64, 0);
}

static void strings_are_escaped_in_json_and_bare_in_text(void **state)
{
    struct ArrowSchema u = SCHEMA("u"), U = SCHEMA("U");
    struct ArrowArray small = ARRAY(2, NULL, (int32_t[]){ 0, 3, 3 }, "a\"b");
    struct ArrowArray large = ARRAY(1, NULL, (int64_t[]){ 0, 3 }, "a\"b");

    (void)state;
    assert_json("\"a\\\"b\"", &u, 0, &small, 0);
    assert_json("\"\"", &u, 0, &small, 1);
    assert_text("a\"b", &u, 0, &small, 0);
    assert_json("\"a\\\"b\"", &U, 0, &large, 0);
}

static void strings_that_are_all_empty_need_no_memory(void **state)
{
    struct ArrowSchema u = SCHEMA("u"), w = SCHEMA("w:0");
    struct ArrowArray strings = ARRAY(1, NULL, (int32_t[]){ 0, 0 }, NULL);
    struct ArrowArray sized = ARRAY(1, NULL, NULL);

    (void)state;
    assert_json("\"\"", &u, 0, &strings, 0);
    assert_json("\"\"", &w, 0, &sized, 0);
}

static void binary_is_base64_with_padding(void **state)
{
    struct ArrowSchema z = SCHEMA("z"), Z = SCHEMA("Z"), w = SCHEMA("w:3");
    const uint8_t bytes[] = { 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa };
    struct ArrowArray small =
        ARRAY(4, NULL, (int32_t[]){ 0, 1, 3, 6, 6 }, bytes);
    struct ArrowArray large = ARRAY(1, NULL, (int64_t[]){ 2, 6 }, bytes);
    struct ArrowArray fixed = ARRAY(2, NULL, bytes);

    (void)state;
    assert_json("\"/w==\"", &z, 0, &small, 0);
    assert_json("\"/v0=\"", &z, 0, &small, 1);
    assert_json("\"/Pv6\"", &z, 0, &small, 2);
    assert_json("\"\"", &z, 0, &small, 3);
    assert_text("/v0=", &z, 0, &small, 1);
    assert_json("\"/fz7+g==\"", &Z, 0, &large, 0);
    assert_json("\"/Pv6\"", &w, 0, &fixed, 1);
    assert_json("\"/Pv6\"", &w, RAW, &fixed, 1);
}

static void dates_are_iso_and_raw_the_stored_integer(void **state)
{
    struct ArrowSchema day = SCHEMA("tdD"), ms = SCHEMA("tdm");
    struct ArrowArray days = ARRAY(1, NULL, (int32_t[]){ -1 });
    struct ArrowArray millis =
        ARRAY(2, NULL, (int64_t[]){ 86400000, 86400001 });

    (void)state;
    assert_json("\"1969-12-31\"", &day, 0, &days, 0);
    assert_text("1969-12-31", &day, 0, &days, 0);
    assert_json("-1", &day, RAW, &days, 0);
    assert_json("\"1970-01-02\"", &ms, 0, &millis, 0);
    assert_json("\"1970-01-02T00:00:00.001\"", &ms, 0, &millis, 1);
    assert_json("86400000", &ms, RAW, &millis, 0);
}

static void times_are_iso_and_raw_the_stored_integer(void **state)
{
    struct ArrowSchema s = SCHEMA("tts"), ms = SCHEMA("ttm"),
                       us = SCHEMA("ttu"), ns = SCHEMA("ttn");
    struct ArrowArray narrow = ARRAY(1, NULL, (int32_t[]){ 61001 });
    struct ArrowArray wide = ARRAY(1, NULL, (int64_t[]){ 61001 });

    (void)state;
    assert_json("\"16:56:41\"", &s, 0, &narrow, 0);
    assert_json("\"00:01:01.001\"", &ms, 0, &narrow, 0);
    assert_json("\"00:00:00.061001\"", &us, 0, &wide, 0);
    assert_json("\"00:00:00.000061001\"", &ns, 0, &wide, 0);
    assert_json("61001", &ms, RAW, &narrow, 0);
    assert_json("61001", &ns, RAW, &wide, 0);
}

static void timestamps_with_a_zone_are_instants(void **state)
{
    struct ArrowSchema plain = SCHEMA("tsu:"), zoned = SCHEMA("tsu:UTC"),
                       paris = SCHEMA("tsn:Europe/Paris"), s = SCHEMA("tss:"),
                       ms = SCHEMA("tsm:");
    struct ArrowArray array = ARRAY(1, NULL, (int64_t[]){ 978307260000000 });

    (void)state;
    assert_json("\"2001-01-01T00:01:00.000000\"", &plain, 0, &array, 0);
    assert_json("\"2001-01-01T00:01:00.000000Z\"", &zoned, 0, &array, 0);
    assert_json("\"1970-01-12T07:45:07.260000000Z\"", &paris, 0, &array, 0);
    assert_json("\"+31003292-12-09T10:40:00\"", &s, 0, &array, 0);
    assert_text("+032971-04-28T16:40:00.000", &ms, 0, &array, 0);
    assert_json("978307260000000", &zoned, RAW, &array, 0);
}

static void durations_are_iso_and_raw_the_stored_integer(void **state)
{
    struct ArrowSchema s = SCHEMA("tDs"), ms = SCHEMA("tDm"),
                       us = SCHEMA("tDu"), ns = SCHEMA("tDn");
    struct ArrowArray array = ARRAY(1, NULL, (int64_t[]){ -90061 });

    (void)state;
    assert_json("\"-PT25H1M1S\"", &s, 0, &array, 0);
    assert_json("\"-PT1M30.061S\"", &ms, 0, &array, 0);
    assert_json("\"-PT0.090061S\"", &us, 0, &array, 0);
    assert_json("\"-PT0.000090061S\"", &ns, 0, &array, 0);
    assert_json("-90061", &ns, RAW, &array, 0);
}

static void decimals_are_numbers_and_raw_unscaled(void **state)
{
    struct ArrowSchema d128 = SCHEMA("d:30,3"), d256 = SCHEMA("d:60,2,256"),
                       d64 = SCHEMA("d:10,2,64"), d32 = SCHEMA("d:5,-2,32");
    uint64_t values[] = { (uint64_t)-1500, UINT64_MAX, UINT64_MAX, UINT64_MAX };
    struct ArrowArray array = ARRAY(1, NULL, values);

    (void)state;
    assert_json("-1.500", &d128, 0, &array, 0);
    assert_json("-1500", &d128, RAW, &array, 0);
    assert_json("-15.00", &d256, 0, &array, 0);
    assert_json("-15.00", &d64, 0, &array, 0);
    assert_json("-150000", &d32, 0, &array, 0);
    assert_json("-1500", &d32, RAW, &array, 0);
}

static void nulls_are_null_in_json_and_nothing_in_text(void **state)
{
    struct ArrowSchema n = SCHEMA("n"), i = SCHEMA("i");
    struct ArrowArray nothing = { .length = 1, .null_count = 1 };
    struct ArrowArray ints = ARRAY(2, (uint8_t[]){ 0x02 }, (int32_t[]){ 7, 8 });

    (void)state;
    assert_json("null", &n, 0, &nothing, 0);
    assert_text("", &n, 0, &nothing, 0);
    assert_json("null", &i, 0, &ints, 0);
    assert_text("", &i, 0, &ints, 0);
    assert_json("8", &i, 0, &ints, 1);
}

static void a_null_count_of_zero_wins_over_the_bits(void **state)
{
    struct ArrowSchema i = SCHEMA("i");
    struct ArrowArray ints = ARRAY(1, (uint8_t[]){ 0x00 }, (int32_t[]){ 7 });

    (void)state;
    ints.null_count = 0;
    assert_json("7", &i, 0, &ints, 0);
}

static void an_offset_moves_bits_numbers_and_strings(void **state)
{
    struct ArrowSchema i = SCHEMA("i"), b = SCHEMA("b"), u = SCHEMA("u"),
                       w = SCHEMA("w:1");
    struct ArrowArray ints =
        ARRAY(2, (uint8_t[]){ 0x05 }, (int32_t[]){ 7, 8, 9 });
    struct ArrowArray bits = ARRAY(1, NULL, (uint8_t[]){ 0, 1 });
    struct ArrowArray text = ARRAY(1, NULL, (int32_t[]){ 0, 1, 3 }, "abc");
    struct ArrowArray fixed = ARRAY(1, NULL, "\0\1");

    (void)state;
    ints.offset = 1;
    bits.offset = 8;
    text.offset = 1;
    fixed.offset = 1;
    assert_json("null", &i, 0, &ints, 0);
    assert_json("9", &i, 0, &ints, 1);
    assert_json("true", &b, 0, &bits, 0);
    assert_json("\"bc\"", &u, 0, &text, 0);
    assert_json("\"AQ==\"", &w, 0, &fixed, 0);
}

static void numbers_may_lie_at_any_address(void **state)
{
    struct ArrowSchema l = SCHEMA("l"), d = SCHEMA("d:38,0"), g = SCHEMA("g");
    char bytes[33] = { 0 };
    struct ArrowArray array = ARRAY(1, NULL, bytes + 1);

    (void)state;
    bytes[1] = 5;
    assert_json("5", &l, 0, &array, 0);
    assert_json("5", &d, 0, &array, 0);
    assert_json("2.5e-323", &g, 0, &array, 0);
}

static void lists_nest(void **state)
{
    struct ArrowSchema item = FIELD("item", "i");
    struct ArrowSchema inner = PARENT_SCHEMA("item", "+L", 1, &item);
    struct ArrowSchema outer = PARENT_SCHEMA("x", "+l", 1, &inner);
    struct ArrowArray ints =
        ARRAY(4, (uint8_t[]){ 0x0b }, (int32_t[]){ 1, 2, 3, 4 });
    struct ArrowArray lists = PARENT_ARRAY(
        3, BUFFERS((uint8_t[]){ 0x05 }, (int64_t[]){ 0, 3, 3, 4 }), 1, &ints);
    struct ArrowArray array =
        PARENT_ARRAY(2, BUFFERS(NULL, (int32_t[]){ 0, 3, 3 }), 1, &lists);

    (void)state;
    assert_json("[[1,2,null],null,[4]]", &outer, 0, &array, 0);
    assert_json("[]", &outer, 0, &array, 1);
    assert_text("[[1,2,null],null,[4]]", &outer, 0, &array, 0);
}

static void offsets_of_a_list_and_of_its_items_add_up(void **state)
{
    struct ArrowSchema item = FIELD("item", "i");
    struct ArrowSchema list = PARENT_SCHEMA("x", "+l", 1, &item);
    struct ArrowArray ints = ARRAY(3, NULL, (int32_t[]){ 0, 1, 2, 3 });
    struct ArrowArray array =
        PARENT_ARRAY(1, BUFFERS(NULL, (int32_t[]){ 0, 1, 3 }), 1, &ints);

    (void)state;
    ints.offset = 1;
    array.offset = 1;
    assert_json("[2,3]", &list, 0, &array, 0);
}

static void fixed_size_lists_multiply_their_offset(void **state)
{
    struct ArrowSchema item = FIELD("item", "f");
    struct ArrowSchema list = PARENT_SCHEMA("x", "+w:2", 1, &item);
    struct ArrowArray floats = ARRAY(6, NULL, (float[]){ 0, 1, 2, 3, 4, 5 });
    struct ArrowArray array =
        PARENT_ARRAY(2, BUFFERS((uint8_t[]){ 0x02 }), 1, &floats);

    (void)state;
    array.offset = 1;
    assert_json("[2.0,3.0]", &list, 0, &array, 0);
    assert_json("null", &list, 0, &array, 1);
}

static void structs_are_objects_in_the_order_of_their_fields(void **state)
{
    struct ArrowSchema b = FIELD("b\"", "u"), a = FIELD("a", "tdD");
    struct ArrowSchema schema = PARENT_SCHEMA("x", "+s", 2, &b, &a);
    struct ArrowArray text =
        ARRAY(3, (uint8_t[]){ 0x06 }, (int32_t[]){ 0, 0, 1, 3 }, "xyz");
    struct ArrowArray days = ARRAY(3, NULL, (int32_t[]){ 0, 1, 2 });
    struct ArrowArray array =
        PARENT_ARRAY(2, BUFFERS((uint8_t[]){ 0x02 }), 2, &text, &days);

    (void)state;
    array.offset = 1;
    assert_json("{\"b\\\"\":\"x\",\"a\":\"1970-01-02\"}", &schema, 0, &array,
                0);
    assert_json("null", &schema, 0, &array, 1);
    array.offset = 0;
    assert_json("null", &schema, 0, &array, 0);
}

static void a_struct_without_fields_is_an_empty_object(void **state)
{
    struct ArrowSchema schema = SCHEMA("+s");
    struct ArrowArray array = ARRAY(1, NULL);

    (void)state;
    assert_json("{}", &schema, 0, &array, 0);
}

static void maps_are_lists_of_key_and_value(void **state)
{
    struct ArrowSchema k = FIELD("keys", "u"), v = FIELD("values", "tdD");
    struct ArrowSchema entries = PARENT_SCHEMA("e", "+s", 2, &k, &v);
    struct ArrowSchema map = PARENT_SCHEMA("x", "+m", 1, &entries);
    struct ArrowArray keys = ARRAY(2, NULL, (int32_t[]){ 0, 1, 2 }, "ab");
    struct ArrowArray values =
        ARRAY(2, (uint8_t[]){ 0x01 }, (int32_t[]){ 3, 0 });
    struct ArrowArray pairs = PARENT_ARRAY(2, BUFFERS(NULL), 2, &keys, &values);
    struct ArrowArray array = PARENT_ARRAY(
        2, BUFFERS((uint8_t[]){ 0x01 }, (int32_t[]){ 0, 2, 2 }), 1, &pairs);

    (void)state;
    assert_json("[{\"key\":\"a\",\"value\":3},{\"key\":\"b\",\"value\":null}]",
                &map, RAW, &array, 0);
    assert_json("null", &map, RAW, &array, 1);
}

static void dictionaries_show_their_values(void **state)
{
    struct ArrowSchema words = SCHEMA("u");
    struct ArrowSchema small = SCHEMA("c"), big = SCHEMA("C");
    struct ArrowArray values =
        ARRAY(3, (uint8_t[]){ 0x05 }, (int32_t[]){ 0, 3, 3, 4 }, "redg");
    struct ArrowArray array =
        ARRAY(4, (uint8_t[]){ 0x07 }, (int8_t[]){ 2, 0, 1, 0 });

    (void)state;
    small.dictionary = &words;
    big.dictionary = &words;
    array.dictionary = &values;
    assert_json("\"g\"", &small, 0, &array, 0);
    assert_text("red", &big, 0, &array, 1);
    assert_json("null", &small, 0, &array, 2); /* the value is null */
    assert_json("null", &small, 0, &array, 3); /* the index is null */
    assert_text("", &small, 0, &array, 2);
}

static void a_dictionary_index_may_use_its_upper_bit(void **state)
{
    struct ArrowSchema ints = SCHEMA("i"), index = SCHEMA("C");
    int32_t numbers[256] = { [200] = 42 };
    struct ArrowArray values = ARRAY(256, NULL, numbers);
    struct ArrowArray array = ARRAY(1, NULL, (uint8_t[]){ 200 });

    (void)state;
    index.dictionary = &ints;
    array.dictionary = &values;
    assert_json("42", &index, 0, &array, 0);
}

static void assert_refused(const struct ArrowSchema *schema, int code,
                           const char *said)
{
    struct cli_value *value = NULL;
    struct lio_error err;

    assert_int_equal(cli_value_open(schema, 0, &value, &err), code);
    assert_null(value);
    assert_non_null(strstr(err.msg, said));
    assert_non_null(strstr(err.msg, "'x'"));
}

static void unknown_formats_are_refused_by_name(void **state)
{
    static const char *const formats[] = {
        "",          "q",       "ii",     "tsq:", "ts",        "tsu",
        "d:",        "d:0,1",   "d:77,1", "d:10", "d:10,1,16", "d:10,x",
        "d:10,2000", "d:10,1,", "w:",     "w:-1", "w:3x",      "tiM",
        "+us:0,1",   "+r",      "vu",     "tdx",  "+w:x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct ArrowSchema schema = SCHEMA(formats[i]);
        char quoted[32];

        (void)snprintf(quoted, sizeof(quoted), "'%s'", formats[i]);
        assert_refused(&schema, LIO_EUNSUPPORTED, quoted);
    }
}

static void wrong_numbers_of_children_are_refused(void **state)
{
    struct ArrowSchema item = FIELD("item", "i");
    struct ArrowSchema childless = SCHEMA("+l");
    struct ArrowSchema two = PARENT_SCHEMA("x", "+w:2", 2, &item, &item);
    struct ArrowSchema scalar = PARENT_SCHEMA("x", "i", 1, &item);
    struct ArrowSchema negative = SCHEMA("+s");

    (void)state;
    negative.n_children = -1;
    assert_refused(&childless, LIO_EINVAL, "0 children");
    assert_refused(&two, LIO_EINVAL, "2 children");
    assert_refused(&scalar, LIO_EINVAL, "1 children");
    assert_refused(&negative, LIO_EINVAL, "-1 children");
}

static void a_map_of_something_else_is_refused(void **state)
{
    struct ArrowSchema item = FIELD("item", "i");
    struct ArrowSchema map = PARENT_SCHEMA("x", "+m", 1, &item);

    (void)state;
    assert_refused(&map, LIO_EINVAL, "two fields");
}

static void an_index_that_is_no_integer_is_refused(void **state)
{
    struct ArrowSchema words = SCHEMA("u"), index = SCHEMA("f");

    (void)state;
    index.dictionary = &words;
    assert_refused(&index, LIO_EINVAL, "index");
}

static void nesting_has_an_end(void **state)
{
    enum { LEVELS = CLI_VALUE_MAX_DEPTH + 2 };
    struct ArrowSchema schemas[LEVELS], *children[LEVELS];
    struct cli_value *value;
    struct lio_error err;

    (void)state;
    for (int i = 0; i < LEVELS; i++) {
        children[i] = &schemas[i + 1 < LEVELS ? i + 1 : i];
        schemas[i] = (struct ArrowSchema){ .format = "+l",
                                           .name = "x",
                                           .n_children = 1,
                                           .children = &children[i] };
    }
    assert_refused(&schemas[0], LIO_EUNSUPPORTED, "deeper");
    schemas[CLI_VALUE_MAX_DEPTH].format = "i";
    schemas[CLI_VALUE_MAX_DEPTH].n_children = 0;
    assert_int_equal(cli_value_open(&schemas[0], 0, &value, &err), 0);
    cli_value_close(value);
}

static void numbers_are_told_from_text(void **state)
{
    static const struct {
        const char *format;
        bool is_number;
    } cases[] = { { "i", true },     { "g", true },   { "d:9,2", true },
                  { "tDs", true },   { "u", false },  { "b", false },
                  { "tsu:", false }, { "tdD", false } };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ArrowSchema schema = SCHEMA(cases[i].format);
        struct cli_value *value;

        assert_int_equal(cli_value_open(&schema, 0, &value, NULL), 0);
        assert_int_equal(cli_value_is_number(value), cases[i].is_number);
        cli_value_close(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_every_width_reach_both_ends),
        cmocka_unit_test(bits_are_booleans),
        cmocka_unit_test(floats_that_json_has_no_number_for_are_strings),
        cmocka_unit_test(strings_are_escaped_in_json_and_bare_in_text),
        cmocka_unit_test(strings_that_are_all_empty_need_no_memory),
        cmocka_unit_test(binary_is_base64_with_padding),
        cmocka_unit_test(dates_are_iso_and_raw_the_stored_integer),
        cmocka_unit_test(times_are_iso_and_raw_the_stored_integer),
        cmocka_unit_test(timestamps_with_a_zone_are_instants),
        cmocka_unit_test(durations_are_iso_and_raw_the_stored_integer),
        cmocka_unit_test(decimals_are_numbers_and_raw_unscaled),
        cmocka_unit_test(nulls_are_null_in_json_and_nothing_in_text),
        cmocka_unit_test(a_null_count_of_zero_wins_over_the_bits),
        cmocka_unit_test(an_offset_moves_bits_numbers_and_strings),
        cmocka_unit_test(numbers_may_lie_at_any_address),
        cmocka_unit_test(lists_nest),
        cmocka_unit_test(offsets_of_a_list_and_of_its_items_add_up),
        cmocka_unit_test(fixed_size_lists_multiply_their_offset),
        cmocka_unit_test(structs_are_objects_in_the_order_of_their_fields),
        cmocka_unit_test(a_struct_without_fields_is_an_empty_object),
        cmocka_unit_test(maps_are_lists_of_key_and_value),
        cmocka_unit_test(dictionaries_show_their_values),
        cmocka_unit_test(a_dictionary_index_may_use_its_upper_bit),
        cmocka_unit_test(unknown_formats_are_refused_by_name),
        cmocka_unit_test(wrong_numbers_of_children_are_refused),
        cmocka_unit_test(a_map_of_something_else_is_refused),
        cmocka_unit_test(an_index_that_is_no_integer_is_refused),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(numbers_are_told_from_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
