/* Rows of a query in each format. */
#include "cli/rows.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

static const char *const names[] = { "n", "text" };

static struct cli_cell cell(enum cli_cell_kind kind, const char *text)
{
    return (struct cli_cell){ kind, text, strlen(text) };
}

/* What two rows look like: a number and a text, a null and an empty text. */
static void expect(const char *format, const char *expected)
{
    struct cli_cell full[] = { cell(CLI_CELL_NUMBER, "12"),
                               cell(CLI_CELL_TEXT, "a,\"b\"") };
    struct cli_cell bare[] = { cell(CLI_CELL_NULL, ""),
                               cell(CLI_CELL_TEXT, "") };
    struct cli_rows rows;
    struct cli_out out;

    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_rows_begin(&rows, cli_rows_find(format), &out, names, 2, 0);
    cli_rows_put(&rows, full);
    cli_rows_put(&rows, bare);
    cli_rows_end(&rows);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, expected);
    cli_out_release(&out);
}

static void expect_empty(const char *format, const char *expected)
{
    struct cli_rows rows;
    struct cli_out out;

    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_rows_begin(&rows, cli_rows_find(format), &out, names, 2, 0);
    cli_rows_end(&rows);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, expected);
    cli_out_release(&out);
}

static void a_null_differs_from_an_empty_text(void **state)
{
    (void)state;
    expect("csv", "n,text\n12,\"a,\"\"b\"\"\"\n,\"\"\n");
    expect("ndjson", "{\"n\":12,\"text\":\"a,\\\"b\\\"\"}\n"
                     "{\"n\":null,\"text\":\"\"}\n");
    expect("json", "[\n{\"n\":12,\"text\":\"a,\\\"b\\\"\"},\n"
                   "{\"n\":null,\"text\":\"\"}\n]\n");
    expect("table", "   n  text\n----  -----\n  12  a,\"b\"\nNULL\n");
}

static void no_rows_still_have_their_columns(void **state)
{
    (void)state;
    expect_empty("csv", "n,text\n");
    expect_empty("ndjson", "");
    expect_empty("json", "[]\n");
    expect_empty("table", "n  text\n-  ----\n");
}

static void json_has_no_infinity(void **state)
{
    struct cli_cell cells[] = { cell(CLI_CELL_NUMBER, "-Inf"),
                                cell(CLI_CELL_NUMBER, "1.5e+300") };
    struct cli_rows rows;
    struct cli_out out;

    (void)state;
    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_rows_begin(&rows, cli_rows_find("ndjson"), &out, names, 2, 0);
    cli_rows_put(&rows, cells);
    cli_rows_end(&rows);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, "{\"n\":\"-Inf\",\"text\":1.5e+300}\n");
    cli_out_release(&out);
}

/* A table is printed in slices of 1,000 rows. */
static void a_table_repeats_its_header_where_a_column_widens(void **state)
{
    struct cli_cell narrow[] = { cell(CLI_CELL_NUMBER, "1"),
                                 cell(CLI_CELL_TEXT, "b") };
    struct cli_cell wide[] = { cell(CLI_CELL_NUMBER, "1000000"),
                               cell(CLI_CELL_TEXT, "b") };
    const char *header = "n  text\n-  ----\n1  b\n";
    struct cli_rows rows;
    struct cli_out out;

    (void)state;
    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_rows_begin(&rows, cli_rows_find("table"), &out, names, 2, 0);
    for (int i = 0; i < 2000; i++)
        cli_rows_put(&rows, narrow);
    cli_rows_put(&rows, wide);
    cli_rows_end(&rows);
    cli_out_char(&out, '\0');
    assert_memory_equal(out.base, header, strlen(header));
    assert_null(strstr(out.base + 1, "\nn  text\n"));
    assert_non_null(strstr(out.base, "1  b\n"
                                     "      n  text\n"
                                     "-------  ----\n"
                                     "1000000  b\n"));
    cli_out_release(&out);
}

static void a_format_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    assert_null(cli_rows_find("xml"));
    assert_null(cli_rows_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_differs_from_an_empty_text),
        cmocka_unit_test(no_rows_still_have_their_columns),
        cmocka_unit_test(json_has_no_infinity),
        cmocka_unit_test(a_table_repeats_its_header_where_a_column_widens),
        cmocka_unit_test(a_format_that_does_not_exist_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
