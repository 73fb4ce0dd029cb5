/* Rows from lines of JSON, with and without a schema. */
#include "text_input.h"

#define NDJSON &cli_input_ndjson

/* A schema of one column, `x`. */
#define X(type) "[{\"name\": \"x\", \"type\": \"" type "\"}]"
#define X_LIST                                                                 \
    "[{\"name\": \"x\", \"type\": \"list\", \"fields\": "                      \
    "[{\"name\": \"item\", \"type\": \"int8\", \"nullable\": false}]}]"
#define X_MAP                                                                  \
    "[{\"name\": \"x\", \"type\": \"map\", \"fields\": [{\"name\": "           \
    "\"entries\", \"type\": \"struct\", \"nullable\": false, \"fields\": "     \
    "[{\"name\": \"key\", \"type\": \"string\", \"nullable\": false}, "        \
    "{\"name\": \"value\", \"type\": \"int8\"}]}]}]"
#define X_STRUCT                                                               \
    "[{\"name\": \"x\", \"type\": \"struct\", \"fields\": [{\"name\": \"a\", " \
    "\"type\": \"int8\", \"nullable\": false}, {\"name\": \"b\", \"type\": "   \
    "\"string\"}]}]"

static void types_are_found(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, NULL, "{\"a\":1,\"b\":true,\"c\":\"x\",\"d\":null}",
                   "{\"a\":1,\"b\":true,\"c\":\"x\",\"d\":null}\n");
    assert_becomes(NDJSON, NULL, "{\"a\":1}\n{\"a\":1.5}\n{\"a\":\"NaN\"}\n",
                   "{\"a\":1.0}\n{\"a\":1.5}\n{\"a\":\"NaN\"}\n");
    assert_becomes(NDJSON, NULL, "{\"a\":\"NaN\"}\n{\"a\":\"none\"}\n",
                   "{\"a\":\"NaN\"}\n{\"a\":\"none\"}\n");
    assert_becomes(NDJSON, NULL,
                   "{\"a\":9223372036854775807}\n{\"a\":-9223372036854775808}",
                   "{\"a\":9223372036854775807}\n{\"a\":-9223372036854775808}"
                   "\n");
    assert_becomes(NDJSON, NULL, "{\"a\":18446744073709551615}",
                   "{\"a\":18446744073709551615}\n");
    assert_becomes(NDJSON, NULL, "{\"a\":100000000000000000000}",
                   "{\"a\":100000000000000000000.0}\n");
    assert_becomes(NDJSON, NULL, "{\"a\":-0}", "{\"a\":-0.0}\n");
}

static void nested_types_are_found(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, NULL,
                   "{\"p\":{\"x\":1,\"l\":[[1],null,[]]}}\n"
                   "{\"p\":{\"l\":[[2.5]],\"y\":[]}}\n{\"p\":null}\n",
                   "{\"p\":{\"x\":1,\"l\":[[1.0],null,[]],\"y\":null}}\n"
                   "{\"p\":{\"x\":null,\"l\":[[2.5]],\"y\":[]}}\n"
                   "{\"p\":null}\n");
}

static void missing_keys_are_null_in_any_order(void **state LIO_UNUSED)
{
    assert_becomes(
        NDJSON, NULL,
        "{\"a\":1,\"b\":2,\"c\":3}\n{\"c\":4}\n{\"b\":5,\"a\":6}\n"
        "{}\n{\"c\":7,\"b\":8,\"a\":9}",
        "{\"a\":1,\"b\":2,\"c\":3}\n{\"a\":null,\"b\":null,\"c\":4}\n"
        "{\"a\":6,\"b\":5,\"c\":null}\n"
        "{\"a\":null,\"b\":null,\"c\":null}\n"
        "{\"a\":9,\"b\":8,\"c\":7}\n");
}

static void blank_lines_are_skipped(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, NULL, "\n{\"a\":1}\r\n \t\r\n{\"a\":2}",
                   "{\"a\":1}\n{\"a\":2}\n");
}

static void what_disagrees_names_both_lines(void **state LIO_UNUSED)
{
    assert_refused(NDJSON, NULL, "{\"a\":1}\n\n{\"a\":\"x\"}\n",
                   "in: column 'a': line 1 has an integer, line 3 a string");
    assert_refused(NDJSON, NULL, "{\"a\":{\"b\":[true]}}\n{\"a\":{\"b\":[1]}}",
                   "column 'a.b[]': line 1 has a bool, line 2 an integer");
    assert_refused(NDJSON, NULL, "{\"a\":1}\n{\"a\":[1]}\n",
                   "line 1 has an integer, line 2 a list");
    assert_refused(NDJSON, NULL, "{\"a\":1e3}\n{\"a\":{}}\n",
                   "line 1 has a number, line 2 an object");
    assert_refused(NDJSON, NULL, "{\"a\":9007199254740993}\n{\"a\":0.5}\n",
                   "line 2 has a number, line 1 an integer that no double");
    assert_refused(
        NDJSON, NULL, "{\"a\":-1}\n{\"a\":9223372036854775808}\n",
        "line 1 has an integer below 0, line 2 one that only uint64");
    assert_refused(NDJSON, NULL, "{\"a\":100000000000000000001}",
                   "line 1 has an integer of more than 64 bits");
    assert_refused(NDJSON, NULL, "{\"a\":-9223372036854775809}",
                   "line 1 has an integer of more than 64 bits");
    assert_refused(NDJSON, NULL, "{\"a\":null}\n{\"a\":{}}",
                   "column 'a': all its objects are empty, the first in line "
                   "2");
}

/* The types are from fewer rows than there are. */
static void later_rows_must_fit(void **state LIO_UNUSED)
{
    static const char text[] = "{\"a\":1}\n{\"a\":2}\n{\"a\":3,\"b\":4}\n";
    struct text_input input;
    struct cli_out out;

    assert_int_equal(cli_out_init_memory(&out), 0);
    text_input_open(&input, text, strlen(text));
    input.setup.infer_rows = 2;
    assert_int_equal(cli_input_ndjson.infer(&input.setup, &input.fields, NULL),
                     0);
    assert_int_equal(cli_schema_make("s", &input.fields, &input.schema, NULL),
                     0);
    assert_int_equal(text_input_read(&input, NDJSON, &out), LIO_EINVAL);
    assert_string_equal(input.err.msg,
                        "in: line 3, column 8: the schema has no 'b' here; "
                        "it has: a "
                        "(columns and types are from the lines up to 2: see "
                        "--infer-rows and --schema)");
    text_input_close(&input);
    cli_out_release(&out);
}

static void what_is_no_object_is_refused(void **state LIO_UNUSED)
{
    assert_refused(NDJSON, NULL, "[{\"a\":1}]", "jq -c '.[]'");
    assert_refused(NDJSON, NULL, "3", "a line must be an object");
    assert_refused(NDJSON, NULL, "{\"a\":1}{\"a\":2}",
                   "line 1, column 8: a second value");
    assert_refused(NDJSON, NULL, "{\"a\":1} 5",
                   "line 1, column 9: a second value");
}

static void what_is_no_json_is_refused(void **state LIO_UNUSED)
{
    assert_refused(NDJSON, NULL, "{\"a\":1}\n{\"a\":",
                   "in: line 2, column 6: the text ends in the middle");
    assert_refused(NDJSON, NULL, "{\"a\":\n1}", "line 1, column 6: the text");
    assert_refused(NDJSON, NULL, "{\"a\":tru}", "this is not JSON");
    assert_refused(NDJSON, NULL, "{\"a\":01}", "this is not JSON");
    assert_refused(NDJSON, NULL, "{\"a\":1,}", "this is not JSON");
    assert_refused(NDJSON, NULL, "{\"a\":NaN}", "must be in quotes");
    assert_refused(NDJSON, NULL, "{\"a\":\"\t\"}", "this is not JSON");
    assert_refused(NDJSON, NULL, "{\"a\\u0000b\":1}", "\\u0000");
}

static void text_is_checked_to_the_letter(void **state LIO_UNUSED)
{
    assert_refused(NDJSON, NULL, "{\"\xc3\xa4\":\"\xc3(\"}",
                   "in: line 1, column 7: the byte 0xc3");
    assert_refused(NDJSON, NULL, "{\"a\":\"\xed\xa0\x80\"}", "the byte 0xed");
    assert_refused(NDJSON, NULL, "{\"a\":\"\\ud83d\"}",
                   "column 7: \\ud83d is half of a pair");
    assert_refused(NDJSON, NULL, "{\"a\":\"\\ud83dxxxxxx\"}", "half of a pair");
    assert_refused(NDJSON, NULL, "{\"a\":\"\\uDE00\"}", "half of a pair");
    assert_becomes(NDJSON, NULL, "{\"a\":\"\\ud83d\\uDE00\\\\ud83d\\u0041\"}",
                   "{\"a\":\"\xf0\x9f\x98\x80\\\\ud83dA\"}\n");
}

static void numbers_must_fit_their_type(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, X("int8"), "{\"x\":-128}\n{\"x\":\"127\"}",
                   "{\"x\":-128}\n{\"x\":127}\n");
    assert_refused(NDJSON, X("int8"), "{\"x\":128}",
                   "line 1, column 6, field 'x': '128' is too large for an "
                   "int8");
    assert_refused(NDJSON, X("uint8"), "{\"x\":-1}", "too large for a uint8");
    assert_refused(NDJSON, X("int8"), "{\"x\":1.5}", "'1.5' is not a whole");
    assert_refused(NDJSON, X("int8"), "{\"x\":true}", "true is not an int8");
    assert_refused(NDJSON, X("int8"), "{\"x\":\"\"}", "'' is not an int8");
    assert_refused(NDJSON, X("int8"), "{\"x\":[]}", "a list is not an int8");
    assert_refused(NDJSON, X("int8"), "{\"x\":{}}", "an object is not an int8");
    assert_refused(NDJSON, X("bool"), "{\"x\":1}",
                   "the number 1 is not a bool");
    assert_refused(NDJSON, X("string"), "{\"x\":1}",
                   "the number 1 is not a string");
    assert_refused(NDJSON, X("float"), "{\"x\":1e39}", "too large for a float");
    assert_refused(NDJSON, X("decimal:128:4:2"), "{\"x\":1.234}",
                   "'1.234' has more digits than the 2");
    assert_becomes(NDJSON, X("decimal:128:38:2"),
                   "{\"x\":123456789012345678901234567890123456.78}",
                   "{\"x\":123456789012345678901234567890123456.78}\n");
}

static void times_are_text_or_counts(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, X("timestamp:ms:UTC"),
                   "{\"x\":\"2001-01-31T13:59:00+01:00\"}\n{\"x\":1500}",
                   "{\"x\":\"2001-01-31T12:59:00.000Z\"}\n"
                   "{\"x\":\"1970-01-01T00:00:01.500Z\"}\n");
    assert_becomes(NDJSON, X("date64:ms"), "{\"x\":\"2001-01-31\"}",
                   "{\"x\":\"2001-01-31\"}\n");
    assert_refused(NDJSON, X("date32:day"), "{\"x\":\"31.1.2001\"}",
                   "'31.1.2001' is not a date (2001-01-31)");
    assert_refused(NDJSON, X("time32:s"), "{\"x\":\"13:59:00.5\"}",
                   "has more digits than the 0 of a second");
    assert_refused(NDJSON, X("timestamp:ns:-"), "{\"x\":\"2300-01-01\"}",
                   "too large");
    assert_refused(NDJSON, X("date32:day"), "{\"x\":2147483648}", "too large");
}

static void binary_is_base64(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, X("binary"), "{\"x\":\"Zm8=\"}\n{\"x\":\"\"}",
                   "{\"x\":\"Zm8=\"}\n{\"x\":\"\"}\n");
    assert_becomes(NDJSON, X("fixed_size_binary:2"), "{\"x\":\"Zm8=\"}\n{}",
                   "{\"x\":\"Zm8=\"}\n{\"x\":null}\n");
    assert_refused(NDJSON, X("binary"), "{\"x\":\"Zm8\"}", "is not binary");
    assert_refused(NDJSON, X("fixed_size_binary:3"), "{\"x\":\"Zm8=\"}",
                   "2 bytes, not 3");
}

static void lists_have_items(void **state LIO_UNUSED)
{
    assert_becomes(NDJSON, X_LIST, "{\"x\":[1,2]}\n{\"x\":[]}\n{\"x\":null}",
                   "{\"x\":[1,2]}\n{\"x\":[]}\n{\"x\":null}\n");
    assert_refused(NDJSON, X_LIST, "{\"x\":[1,null]}",
                   "column 9, field 'x[1]': null, where the schema");
    assert_refused(NDJSON, X_LIST, "{\"x\":3}", "the number 3 is not a list");
    assert_becomes(NDJSON, X("fixed_size_list:float:2"),
                   "{\"x\":[1,2]}\n{\"x\":null}\n{\"x\":[null,4]}",
                   "{\"x\":[1.0,2.0]}\n{\"x\":null}\n{\"x\":[null,4.0]}\n");
    assert_refused(NDJSON, X("fixed_size_list:float:2"), "{\"x\":[1]}",
                   "a list of 1 items, not 2");
    assert_refused(NDJSON, X("fixed_size_list:float:2"), "{\"x\":[1,2,3]}",
                   "a list of 3 items, not 2");
}

static void maps_have_two_forms(void **state LIO_UNUSED)
{
    static const char rows[] = "{\"x\":[{\"key\":\"a\",\"value\":1},"
                               "{\"key\":\"b\",\"value\":null}]}\n";

    assert_becomes(NDJSON, X_MAP, rows, rows);
    assert_becomes(NDJSON, X_MAP, "{\"x\":{\"a\":1,\"b\":null}}", rows);
    assert_becomes(NDJSON, X_MAP, "{\"x\":{}}\n{\"x\":null}",
                   "{\"x\":[]}\n{\"x\":null}\n");
    assert_refused(NDJSON, X_MAP, "{\"x\":[{\"value\":1}]}",
                   "field 'x[0]': 'key' is missing");
    assert_refused(NDJSON, X_MAP, "{\"x\":{\"a\":1,\"b\":\"y\"}}",
                   "'y' is not an int8");
    assert_refused(NDJSON, X_MAP, "{\"x\":[null]}", "null, where the schema");
}

static void structs_have_their_fields(void **state LIO_UNUSED)
{
    assert_becomes(
        NDJSON, X_STRUCT,
        "{\"x\":{\"b\":\"y\",\"a\":1}}\n{\"x\":null}\n{\"x\":{\"a\":2}}",
        "{\"x\":{\"a\":1,\"b\":\"y\"}}\n{\"x\":null}\n"
        "{\"x\":{\"a\":2,\"b\":null}}\n");
    assert_refused(NDJSON, X_STRUCT, "{\"x\":{\"b\":\"y\"}}",
                   "field 'x': 'a' is missing");
    assert_refused(NDJSON, X_STRUCT, "{\"x\":{\"a\":null}}",
                   "field 'x.a': null");
    assert_refused(NDJSON, X_STRUCT, "{\"x\":{\"a\":1,\"c\":2}}",
                   "column 13, field 'x': the schema has no 'c' here; it "
                   "has: a, b");
    assert_refused(NDJSON, X_STRUCT, "{\"x\":{\"a\":1,\"a\":2}}",
                   "'a' is here twice");
}

static void dictionaries_know_their_values(void **state LIO_UNUSED)
{
    char text[300 * 12] = "", *at = text;

    assert_becomes(
        NDJSON, X("dict:string:int8:false"),
        "{}\n{\"x\":\"a\"}\n{\"x\":\"\"}\n{\"x\":\"a\"}\n",
        "{\"x\":null}\n{\"x\":\"a\"}\n{\"x\":\"\"}\n{\"x\":\"a\"}\n");
    assert_becomes(NDJSON, X("dict:int32:uint8:false"),
                   "{\"x\":1}\n{\"x\":1.0}\n{\"x\":-7}",
                   "{\"x\":1}\n{\"x\":1}\n{\"x\":-7}\n");
    for (int i = 0; i < 200; i++)
        at += sprintf(at, "{\"x\":\"%d\"}\n", i);
    assert_becomes(NDJSON, X("dict:string:uint8:false"), text, text);
    assert_refused(NDJSON, X("dict:string:int8:false"), text,
                   "line 129, column 6, field 'x': there are more different "
                   "values than the 128");
}

static void strange_values_are_shown_safely(void **state LIO_UNUSED)
{
    assert_refused(NDJSON, X("int8"), "{\"x\":\"\\u001b[2J\xc2\x9b\"}",
                   "'?[2J?"
                   "?' is not an int8");
    assert_refused(
        NDJSON, X("int8"),
        "{\"x\":\"0123456789012345678901234567890123456789\xc3\xa4\"}",
        "'0123456789012345678901234567890123456789...' is not");
}

static void deep_values_are_refused(void **state LIO_UNUSED)
{
    char text[3000];

    memset(text, '[', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text, "{\"a\":", 5);
    assert_refused(NDJSON, NULL, text, "column 105: a value that is nested");
}

/* Batches of few rows, whatever the text. */
static void batches_end_at_their_limits(void **state LIO_UNUSED)
{
    struct text_input input;
    struct ArrowArray batch;
    struct cli_out text;
    int64_t rows = 0, largest = 0;
    void *reader;

    assert_int_equal(cli_out_init_memory(&text), 0);
    for (int i = 0; i < 5000; i++)
        cli_out_text(&text, "{\"x\":[1,2,3,4,5,6,7,8]}\n");
    text_input_open(&input, text.base, text.used);
    input.setup.batch_bytes = 10000;
    assert_int_equal(cli_input_ndjson.infer(&input.setup, &input.fields, NULL),
                     0);
    assert_int_equal(cli_schema_make("s", &input.fields, &input.schema, NULL),
                     0);
    assert_int_equal(cli_input_ndjson.open(&input.setup, &reader, NULL), 0);
    while (cli_input_ndjson.read(reader, &batch, NULL) > 0) {
        rows += batch.length;
        largest = batch.length > largest ? batch.length : largest;
        batch.release(&batch);
    }
    assert_int_equal(rows, 5000);
    assert_true(largest >= 10000 / 68 && largest <= 10000 / 68 + 64);
    cli_input_ndjson.close(reader);
    text_input_close(&input);
    cli_out_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found),
        cmocka_unit_test(nested_types_are_found),
        cmocka_unit_test(missing_keys_are_null_in_any_order),
        cmocka_unit_test(blank_lines_are_skipped),
        cmocka_unit_test(what_disagrees_names_both_lines),
        cmocka_unit_test(later_rows_must_fit),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(text_is_checked_to_the_letter),
        cmocka_unit_test(numbers_must_fit_their_type),
        cmocka_unit_test(times_are_text_or_counts),
        cmocka_unit_test(binary_is_base64),
        cmocka_unit_test(lists_have_items),
        cmocka_unit_test(maps_have_two_forms),
        cmocka_unit_test(structs_have_their_fields),
        cmocka_unit_test(dictionaries_know_their_values),
        cmocka_unit_test(strange_values_are_shown_safely),
        cmocka_unit_test(deep_values_are_refused),
        cmocka_unit_test(batches_end_at_their_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
