/* UTF-8: what is decoded, what is refused, how wide it is. */
#include "cli/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void assert_decodes(const char *text, uint32_t expected)
{
    uint32_t c = 0;

    assert_int_equal(cli_utf8_decode(text, strlen(text), &c), strlen(text));
    assert_int_equal(c, expected);
}

static void assert_refused(const char *text)
{
    uint32_t c = 12345;

    assert_int_equal(cli_utf8_decode(text, strlen(text), &c), 0);
    assert_int_equal(c, 12345);
}

static void the_ends_of_each_length_decode(void **state)
{
    (void)state;
    assert_decodes("\x7f", 0x7f);
    assert_decodes("\xc2\x80", 0x80);
    assert_decodes("\xdf\xbf", 0x7ff);
    assert_decodes("\xe0\xa0\x80", 0x800);
    assert_decodes("\xef\xbf\xbf", 0xffff);
    assert_decodes("\xf0\x90\x80\x80", 0x10000);
    assert_decodes("\xf4\x8f\xbf\xbf", 0x10ffff);
}

static void overlong_forms_are_refused(void **state)
{
    (void)state;
    assert_refused("\xc0\x80");
    assert_refused("\xc1\xbf");
    assert_refused("\xe0\x9f\xbf");
    assert_refused("\xf0\x8f\xbf\xbf");
}

static void surrogates_are_refused(void **state)
{
    (void)state;
    assert_refused("\xed\xa0\x80");
    assert_refused("\xed\xbf\xbf");
}

static void what_lies_past_unicode_is_refused(void **state)
{
    (void)state;
    assert_refused("\xf4\x90\x80\x80");
    assert_refused("\xf5\x80\x80\x80");
}

static void lone_continuations_are_refused(void **state)
{
    (void)state;
    assert_refused("\x80");
    assert_refused("\xbf");
}

static void a_cut_off_character_is_refused(void **state)
{
    (void)state;
    assert_refused("\xc3");
    assert_refused("\xe2\x82");
    assert_refused("\xf0\x9f\x98");
}

static void a_character_that_breaks_off_is_refused(void **state)
{
    (void)state;
    assert_refused("\xc3"
                   "A");
    assert_refused("\xe2\x82"
                   "A");
}

static void wide_and_combining_characters_are_known(void **state)
{
    (void)state;
    assert_int_equal(cli_utf8_width('A'), 1);
    assert_int_equal(cli_utf8_width(0xe9), 1);
    assert_int_equal(cli_utf8_width(0x4e2d), 2);
    assert_int_equal(cli_utf8_width(0x1f600), 2);
    assert_int_equal(cli_utf8_width(0x301), 0);
    assert_int_equal(cli_utf8_width(0x200d), 0);
    assert_int_equal(cli_utf8_width(0x2026), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_each_length_decode),
        cmocka_unit_test(overlong_forms_are_refused),
        cmocka_unit_test(surrogates_are_refused),
        cmocka_unit_test(what_lies_past_unicode_is_refused),
        cmocka_unit_test(lone_continuations_are_refused),
        cmocka_unit_test(a_cut_off_character_is_refused),
        cmocka_unit_test(a_character_that_breaks_off_is_refused),
        cmocka_unit_test(wide_and_combining_characters_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
