/*
 * Fields of JSON objects, and what is no object.
 */
#include "column/json_fields.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

static bool find(const char *text, struct lio_json_field *fields, size_t n)
{
    return lio_json_find(
        (struct lio_bytes){ (const uint8_t *)text, strlen(text) }, fields, n);
}

static void is(const struct lio_json_field *field, const char *value)
{
    assert_int_equal(field->value.bytes, strlen(value));
    if (*value)
        assert_memory_equal(field->value.data, value, strlen(value));
}

static void fields_are_found_among_others(void **state)
{
    struct lio_json_field fields[] = { { .name = "version" },
                                       { .name = "branch" },
                                       { .name = "absent" } };

    (void)state;
    assert_true(find(" { \"a\" : { \"version\" : 9, \"s\": \"}\\\"\" },\n"
                     "\"branch\":null,\"l\":[1,{}],\"version\" : 12\t} ",
                     fields, 3));
    is(&fields[0], "12");
    is(&fields[1], "null");
    is(&fields[2], "");
    assert_true(find("{}", fields, 3));
    is(&fields[0], "");
}

static void what_is_no_object_is_told(void **state)
{
    static const char *const texts[] = {
        "",          "[]",          "{",          "{\"",       "{\"a\"",
        "{\"a\":",   "{\"a\":1",    "{\"a\":1,",  "{\"a\":}",  "{a:1}",
        "{\"a\":\"", "{\"a\":\"\\", "{\"a\":[{}", "{\"a\" 1}",
    };
    struct lio_json_field field = { .name = "a" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (find(texts[i], &field, 1))
            fail_msg("'%s' is taken for an object", texts[i]);
}

static void values_are_integers_or_strings(void **state)
{
    struct lio_json_field fields[] = { { .name = "n" }, { .name = "s" } };
    uint64_t number;
    char *text;

    (void)state;
    assert_true(find("{\"n\":18446744073709551615,\"s\":\"a/b\"}", fields, 2));
    assert_true(lio_json_u64(fields[0].value, &number));
    assert_true(number == UINT64_MAX);
    assert_false(lio_json_u64(fields[1].value, &number));
    assert_int_equal(lio_json_string(fields[1].value, &text), 0);
    assert_string_equal(text, "a/b");
    free(text);
    assert_int_equal(lio_json_string(fields[0].value, &text), LIO_ECORRUPT);
    assert_true(
        find("{\"n\":18446744073709551616,\"s\":\"\\u0061\"}", fields, 2));
    assert_false(lio_json_u64(fields[0].value, &number));
    assert_int_equal(lio_json_string(fields[1].value, &text), LIO_ECORRUPT);
    assert_true(find("{\"n\":-1}", fields, 2));
    assert_false(lio_json_u64(fields[0].value, &number));
    assert_false(lio_json_u64(fields[1].value, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_among_others),
        cmocka_unit_test(what_is_no_object_is_told),
        cmocka_unit_test(values_are_integers_or_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
