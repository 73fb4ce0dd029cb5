/* JSON strings and the writer for reports. */
#include "cli/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

static void assert_string(const char *expected, const char *text, size_t bytes)
{
    struct cli_out out;

    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_json_string(&out, text, bytes);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, expected);
    cli_out_release(&out);
}

static void plain_text_is_only_quoted(void **state)
{
    (void)state;
    assert_string("\"\"", "", 0);
    assert_string("\"a b/c\x7f\"", "a b/c\x7f", 6);
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    assert_string("\"a\\\"b\\\\c\"", "a\"b\\c", 5);
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    assert_string("\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", 5);
    assert_string("\"\\u0000x\\u001f\"", "\0x\x1f", 3);
}

static void utf8_is_kept(void **state)
{
    (void)state;
    assert_string("\"\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\"",
                  "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", 9);
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    assert_string("\"a\xef\xbf\xbd"
                  "b\"",
                  "a\xff"
                  "b",
                  3);
    assert_string("\"\xef\xbf\xbd\xef\xbf\xbd\"", "\xe2\x82", 2);
}

static void reports_nest_and_indent(void **state)
{
    struct cli_out out;
    struct cli_json json = { .out = &out };

    (void)state;
    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_json_open(&json, NULL, '{');
    cli_json_number(&json, "n", UINT64_MAX);
    cli_json_open(&json, "list", '[');
    cli_json_open_flat(&json, NULL, '{');
    cli_json_bool(&json, "yes", true);
    cli_json_text(&json, "no", NULL);
    cli_json_close(&json, '}');
    cli_json_text(&json, NULL, "a\nb");
    cli_json_close(&json, ']');
    cli_json_open(&json, "empty", '[');
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, "{\n"
                                  "  \"n\": 18446744073709551615,\n"
                                  "  \"list\": [\n"
                                  "    {\"yes\": true, \"no\": null},\n"
                                  "    \"a\\nb\"\n"
                                  "  ],\n"
                                  "  \"empty\": []\n"
                                  "}\n");
    cli_out_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_only_quoted),
        cmocka_unit_test(quotes_and_backslashes_are_escaped),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(utf8_is_kept),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(reports_nest_and_indent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
