/*
 * The footer: read whole, and every way in which it can be wrong.
 */
#include "column/footer.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define FILE_BYTES 638 /* of the file that this is the footer of */

/* As a writer leaves it: two columns, one global buffer, version 2.2. */
static const uint8_t good[LIO_FOOTER_BYTES] = {
    0x3c, 0x01, 0,    0,    0, 0, 0, 0, 0x26, 0x02, 0,   0,   0, 0,
    0,    0,    0x46, 0x02, 0, 0, 0, 0, 0,    0,    1,   0,   0, 0,
    2,    0,    0,    0,    2, 0, 2, 0, 'L',  'A',  'N', 'C',
};

struct footer_fixture {
    uint8_t bytes[LIO_FOOTER_BYTES];
    struct lio_footer footer;
    struct lio_error err;
};

static int parse(struct footer_fixture *f)
{
    return lio_footer_parse("f.lance", FILE_BYTES,
                            (struct lio_bytes){ f->bytes, sizeof(f->bytes) },
                            &f->footer, &f->err);
}

static int setup(void **state)
{
    static struct footer_fixture fixture;

    memcpy(fixture.bytes, good, sizeof(good));
    fixture.footer = (struct lio_footer){ 0 };
    *state = &fixture;
    return 0;
}

static void refused(struct footer_fixture *f, int code, const char *words)
{
    assert_int_equal(parse(f), code);
    if (!strstr(f->err.msg, words) || !strstr(f->err.msg, "f.lance"))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
    assert_int_equal(f->footer.ncolumns, 0);
}

static void good_footer_is_read(void **state)
{
    struct footer_fixture *f = *state;

    assert_int_equal(parse(f), 0);
    assert_int_equal(f->footer.column_meta_at, 0x13c);
    assert_int_equal(f->footer.column_table_at, 0x226);
    assert_int_equal(f->footer.global_table_at, 0x246);
    assert_int_equal(f->footer.nglobals, 1);
    assert_int_equal(f->footer.ncolumns, 2);
    assert_int_equal(f->footer.format, LIO_FORMAT_22);
}

static void version_0_3_means_2_0(void **state)
{
    struct footer_fixture *f = *state;

    f->bytes[32] = 0;
    f->bytes[34] = 3;
    assert_int_equal(parse(f), 0);
    assert_string_equal(lio_format_name(f->footer.format), "2.0");
}

static void unknown_versions_are_unsupported(void **state)
{
    static const uint8_t versions[][2] = {
        { 2, 3 }, { 0, 2 }, { 3, 0 }, { 1, 1 }
    };
    struct footer_fixture *f = *state;

    for (size_t i = 0; i < 4; i++) {
        f->bytes[32] = versions[i][0];
        f->bytes[34] = versions[i][1];
        refused(f, LIO_EUNSUPPORTED, "is not supported");
    }
}

static void wrong_magic_is_no_lance_file(void **state)
{
    struct footer_fixture *f = *state;

    f->bytes[39] = 'E';
    refused(f, LIO_ECORRUPT, "not a Lance file");
}

static void short_file_is_said(void **state)
{
    struct footer_fixture *f = *state;

    assert_int_equal(lio_footer_parse("f.lance", 39,
                                      (struct lio_bytes){ f->bytes, 39 },
                                      &f->footer, &f->err),
                     LIO_ECORRUPT);
    assert_non_null(strstr(f->err.msg, "39 bytes cannot hold"));
}

static void more_columns_than_room_are_found(void **state)
{
    struct footer_fixture *f = *state;

    f->bytes[28] = 5; /* (598 - 0x226) / 16 = 3 */
    refused(f, LIO_ECORRUPT, "table of 5 columns");
    f->bytes[31] = 0xff; /* whose product with 16 would overflow 32 bits */
    refused(f, LIO_ECORRUPT, "columns");
}

static void more_globals_than_room_are_found(void **state)
{
    struct footer_fixture *f = *state;

    f->bytes[24] = 2;
    refused(f, LIO_ECORRUPT, "table of 2 global buffers");
}

static void tables_past_the_end_are_found(void **state)
{
    struct footer_fixture *f = *state;

    f->bytes[15] = 0xff;
    refused(f, LIO_ECORRUPT, "columns");
    f->bytes[15] = 0;
    f->bytes[23] = 0xff;
    refused(f, LIO_ECORRUPT, "global buffers");
}

static void tables_out_of_order_are_found(void **state)
{
    struct footer_fixture *f = *state;

    f->bytes[7] = 0x7f; /* metadata behind its table */
    refused(f, LIO_ECORRUPT, "out of order");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_footer_is_read, setup),
        cmocka_unit_test_setup(version_0_3_means_2_0, setup),
        cmocka_unit_test_setup(unknown_versions_are_unsupported, setup),
        cmocka_unit_test_setup(wrong_magic_is_no_lance_file, setup),
        cmocka_unit_test_setup(short_file_is_said, setup),
        cmocka_unit_test_setup(more_columns_than_room_are_found, setup),
        cmocka_unit_test_setup(more_globals_than_room_are_found, setup),
        cmocka_unit_test_setup(tables_past_the_end_are_found, setup),
        cmocka_unit_test_setup(tables_out_of_order_are_found, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
