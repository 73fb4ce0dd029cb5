/* Rows from comma-separated values, with and without a schema. */
#include "text_input.h"

#define CSV &cli_input_csv

#define A(type) "{\"name\": \"a\", \"type\": \"" type "\"}"

static void types_are_found(void **state LIO_UNUSED)
{
    assert_becomes(
        CSV, NULL, "i,d,b,s,e\n1,1.5,true,x,\n-2,,FALSE,3,\n",
        "{\"i\":1,\"d\":1.5,\"b\":true,\"s\":\"x\",\"e\":null}\n"
        "{\"i\":-2,\"d\":null,\"b\":false,\"s\":\"3\",\"e\":null}\n");
}

static void what_disagrees_is_text(void **state LIO_UNUSED)
{
    assert_becomes(CSV, NULL, "a\n1\nx\n", "{\"a\":\"1\"}\n{\"a\":\"x\"}\n");
    assert_becomes(CSV, NULL, "a\ntrue\n1\n",
                   "{\"a\":\"true\"}\n{\"a\":\"1\"}\n");
    assert_becomes(CSV, NULL, "a\n99999999999999999999\n",
                   "{\"a\":\"99999999999999999999\"}\n");
}

static void numbers_that_would_lose_characters_are_text(void **state LIO_UNUSED)
{
    assert_becomes(CSV, NULL, "a,b,c,d\n007,+49,1.0,0.5\n",
                   "{\"a\":\"007\",\"b\":\"+49\",\"c\":1.0,\"d\":0.5}\n");
    assert_becomes(CSV, NULL, "a,b\nNaN,inf\n1,x\n",
                   "{\"a\":\"NaN\",\"b\":\"inf\"}\n{\"a\":1.0,\"b\":\"x\"}\n");
    assert_becomes(CSV, NULL, "a,b\n 1,1 \n", "{\"a\":\" 1\",\"b\":\"1 \"}\n");
}

static void quotes_may_hold_anything(void **state LIO_UNUSED)
{
    assert_becomes(CSV, NULL, "a,\"b,\"\"c\"\"\"\n\"x\r\ny\",\"1\"\n",
                   "{\"a\":\"x\\r\\ny\",\"b,\\\"c\\\"\":1}\n");
}

static void lines_end_in_any_way(void **state LIO_UNUSED)
{
    static const char rows[] = "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n";

    assert_becomes(CSV, NULL, "a,b\n1,2\n3,4", rows);
    assert_becomes(CSV, NULL, "a,b\r\n1,2\r\n\r\n3,4\r\n", rows);
    assert_becomes(CSV, NULL, "\na,b\r1,2\r\r3,4\r", rows);
}

static void empty_and_null_differ(void **state LIO_UNUSED)
{
    assert_becomes(CSV, NULL, "a,b\n,\"\"\n1,x\n",
                   "{\"a\":null,\"b\":\"\"}\n{\"a\":1,\"b\":\"x\"}\n");
    assert_becomes(CSV, NULL, "a,b\n\"\",y\n\"1\",x\n",
                   "{\"a\":null,\"b\":\"y\"}\n{\"a\":1,\"b\":\"x\"}\n");
    assert_becomes(CSV,
                   "[{\"name\":\"a\",\"type\":\"string\",\"nullable\":false},"
                   "{\"name\":\"b\",\"type\":\"int8\"}]",
                   "b,a\n1,\n", "{\"a\":\"\",\"b\":1}\n");
}

static void one_column_may_have_empty_lines(void **state LIO_UNUSED)
{
    assert_becomes(CSV, NULL, "a\n1\n\n2\n",
                   "{\"a\":1}\n{\"a\":null}\n{\"a\":2}\n");
}

static void columns_go_by_name(void **state LIO_UNUSED)
{
    assert_becomes(CSV, "[" A("int8") ",{\"name\":\"b\",\"type\":\"int8\"}]",
                   "b\n7\n", "{\"a\":null,\"b\":7}\n");
    assert_refused(
        CSV, "[" A("int8") "]", "b\n1\n",
        "in: line 1, field 1 'b': the schema has no 'b' here; it has: a");
    assert_refused(CSV,
                   "[" A("int8") ",{\"name\":\"b\",\"type\":\"int8\","
                                 "\"nullable\":false}]",
                   "a\n1\n", "in: line 2, field 2: 'b' is missing");
}

static void headers_are_checked(void **state LIO_UNUSED)
{
    assert_refused(CSV, NULL, "a,b,a\n",
                   "line 1, field 3: 'a' is the name of "
                   "column 1, too");
    assert_refused(CSV, NULL, ",a\n", "field 1: a column without a name");
    assert_refused(CSV, NULL, "a;b\n1;2\n", "say --delimiter \\;");
    assert_refused(CSV, NULL, "a\tb\n1\t2\n", "say --delimiter tab");
}

static void rows_have_as_many_fields_as_the_header(void **state LIO_UNUSED)
{
    assert_refused(CSV, NULL, "a,b\n1,2\n3\n",
                   "in: line 3, field 2 'b': missing; the header has 2");
    assert_refused(CSV, NULL, "a,b\n1,\"\n\",3\n",
                   "in: line 2, field 3: one more than the 2");
}

static void quotes_are_checked(void **state LIO_UNUSED)
{
    assert_refused(CSV, NULL, "a,b\n1,x\"y\n",
                   "in: line 2, column 4: a quote in the middle");
    assert_refused(CSV, NULL, "a,b\n1,\"x\"y\n", "a quote in the middle");
    assert_refused(CSV, NULL, "a,b\n1,2\n3,\"x\ny\n",
                   "in: line 3, field 2 'b': the text ends inside of quotes");
}

static void text_is_checked_to_the_letter(void **state LIO_UNUSED)
{
    assert_refused(CSV, NULL, "a\n\xc3\xa4\xff\n",
                   "in: line 2, column 2: the byte 0xff");
}

static void fields_must_fit_their_type(void **state LIO_UNUSED)
{
    assert_refused(CSV, "[" A("int8") "]", "a\nx\n",
                   "in: line 2, field 1 'a': 'x' is not an int8");
    assert_refused(CSV, "[" A("double") "]", "a\n1\n1e400\n",
                   "in: line 3, field 1 'a': '1e400' is too large");
    assert_refused(CSV, "[" A("bool") "]", "a\nyes\n", "'yes' is not a bool");
}

static void nested_values_are_json(void **state LIO_UNUSED)
{
    static const char list[] = "[{\"name\":\"a\",\"type\":\"list\",\"fields\":"
                               "[{\"name\":\"item\",\"type\":\"int8\"}]}]";

    assert_becomes(
        CSV, list, "a\n\"[1,null]\"\n\n[]\n\"\"\n",
        "{\"a\":[1,null]}\n{\"a\":null}\n{\"a\":[]}\n{\"a\":null}\n");
    assert_refused(CSV, list, "a\n\"[1,300]\"\n",
                   "in: line 2, field 1 'a', in it [1]: '300' is too large");
    assert_refused(CSV, list, "a\n[1\n", "the text ends in the middle");
    assert_refused(CSV, list, "a\n5\n", "the number 5 is not a list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found),
        cmocka_unit_test(what_disagrees_is_text),
        cmocka_unit_test(numbers_that_would_lose_characters_are_text),
        cmocka_unit_test(quotes_may_hold_anything),
        cmocka_unit_test(lines_end_in_any_way),
        cmocka_unit_test(empty_and_null_differ),
        cmocka_unit_test(one_column_may_have_empty_lines),
        cmocka_unit_test(columns_go_by_name),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(rows_have_as_many_fields_as_the_header),
        cmocka_unit_test(quotes_are_checked),
        cmocka_unit_test(text_is_checked_to_the_letter),
        cmocka_unit_test(fields_must_fit_their_type),
        cmocka_unit_test(nested_values_are_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
