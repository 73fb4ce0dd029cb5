/* Bytes from base64, to the last bit. */
#include "cli/read/base64.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

static void texts_of_the_rfc_are_decoded(void **state)
{
    static const char *const pairs[][2] = {
        { "", "" },
        { "Zg==", "f" },
        { "Zm8=", "fo" },
        { "Zm9v", "foo" },
        { "Zm9vYg==", "foob" },
        { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        uint8_t bytes[16];
        size_t n;

        assert_true(
            cli_base64_decode(pairs[i][0], strlen(pairs[i][0]), bytes, &n));
        assert_int_equal(n, strlen(pairs[i][1]));
        assert_memory_equal(bytes, pairs[i][1], n);
    }
}

static void every_character_counts(void **state)
{
    uint8_t bytes[3];
    size_t n;

    (void)state;
    assert_true(cli_base64_decode("+/+/", 4, bytes, &n));
    assert_memory_equal(bytes, "\xfb\xff\xbf", 3);
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const texts[] = { "Zg",   "Zg=",  "Zm9",  "Zm9v=",
                                         "====", "Z===", "Z=g=", "Zm-_",
                                         "Zm 9", "Zh==", "Zm9=", "Zg==Zg==" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint8_t bytes[16];
        size_t n;

        assert_false(cli_base64_decode(texts[i], strlen(texts[i]), bytes, &n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_the_rfc_are_decoded),
        cmocka_unit_test(every_character_counts),
        cmocka_unit_test(what_is_no_base64_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
