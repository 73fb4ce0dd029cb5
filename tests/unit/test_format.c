/* Whole batches as ndjson, csv and tables. */
#include "cli/format.h"

#include "arrow_literal.h"

#include <stdio.h>
#include <stdlib.h>

/* Print `batches` in a format and compare all of it. */
static void assert_printed(const char *expected, const char *name,
                           unsigned screen_columns,
                           const struct ArrowSchema *schema,
                           const struct ArrowArray *batches, size_t nbatches)
{
    const struct cli_format *format = cli_format_find(name);
    struct cli_format_setup setup = { .screen_columns = screen_columns };
    struct cli_value *columns;
    struct cli_out out;
    struct lio_error err;
    void *printer;

    assert_non_null(format);
    assert_int_equal(cli_out_init_memory(&out), 0);
    assert_int_equal(cli_value_open(schema, 0, &columns, &err), 0);
    setup.columns = columns;
    setup.out = &out;
    assert_int_equal(format->open(&setup, &printer, &err), 0);
    for (size_t i = 0; i < nbatches; i++)
        format->rows(printer, &batches[i]);
    format->end(printer);
    format->close(printer);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, expected);
    cli_value_close(columns);
    cli_out_release(&out);
}

/* Three rows: an int32 with a null in the middle, and strings. */
struct sample {
    struct ArrowSchema n, text, schema, *schemas[2];
    struct ArrowArray ints, strings, batch, *arrays[2];
    const void *int_buffers[2], *string_buffers[3], *no_buffers[1];
    uint8_t validity;
    int32_t numbers[3], offsets[4];
};

static void fill_sample(struct sample *s, const char *first, const char *second,
                        const char *third, char *bytes)
{
    *s = (struct sample){
        .n = FIELD("n", "i"),
        .text = FIELD("text", "u"),
        .schema = { .format = "+s", .n_children = 2 },
        .ints = { .length = 3, .null_count = 1 },
        .strings = { .length = 3 },
        .batch = { .length = 3, .n_children = 2 },
        .validity = 0x05,
        .numbers = { 1, 0, -300 },
    };
    const char *texts[] = { first, second, third };

    for (int i = 0; i < 3; i++) {
        size_t n = strlen(texts[i]);

        memcpy(bytes + s->offsets[i], texts[i], n);
        s->offsets[i + 1] = s->offsets[i] + (int32_t)n;
    }
    s->int_buffers[0] = &s->validity;
    s->int_buffers[1] = s->numbers;
    s->string_buffers[1] = s->offsets;
    s->string_buffers[2] = bytes;
    s->schemas[0] = &s->n;
    s->schemas[1] = &s->text;
    s->schema.children = s->schemas;
    s->ints.buffers = s->int_buffers;
    s->strings.buffers = s->string_buffers;
    s->arrays[0] = &s->ints;
    s->arrays[1] = &s->strings;
    s->batch.buffers = s->no_buffers;
    s->batch.children = s->arrays;
}

static void ndjson_is_an_object_a_line(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "b", "", bytes);
    assert_printed("{\"n\":1,\"text\":\"a\"}\n"
                   "{\"n\":null,\"text\":\"b\"}\n"
                   "{\"n\":-300,\"text\":\"\"}\n",
                   "ndjson", 0, &s.schema, &s.batch, 1);
}

static void ndjson_of_no_rows_is_empty(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "b", "", bytes);
    assert_printed("", "ndjson", 0, &s.schema, NULL, 0);
}

static void a_batch_may_be_a_window(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "b", "c", bytes);
    s.batch.offset = 1;
    s.batch.length = 2;
    assert_printed("{\"n\":null,\"text\":\"b\"}\n"
                   "{\"n\":-300,\"text\":\"c\"}\n",
                   "ndjson", 0, &s.schema, &s.batch, 1);
    assert_printed("n,text\n,b\n-300,c\n", "csv", 0, &s.schema, &s.batch, 1);
    assert_printed("   n  text\n----  ----\nNULL  b\n-300  c\n", "table", 0,
                   &s.schema, &s.batch, 1);
}

static void csv_tells_null_from_empty(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "", "b", bytes);
    assert_printed("n,text\n1,a\n,\"\"\n-300,b\n", "csv", 0, &s.schema,
                   &s.batch, 1);
}

static void csv_quotes_what_rfc_4180_names(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a,b", "say \"hi\"\"", "two\r\nlines", bytes);
    assert_printed("n,text\n"
                   "1,\"a,b\"\n"
                   ",\"say \"\"hi\"\"\"\"\"\n"
                   "-300,\"two\r\nlines\"\n",
                   "csv", 0, &s.schema, &s.batch, 1);
}

static void csv_quotes_names_and_prints_them_without_rows(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "", "", "", bytes);
    s.n.name = "n,\"m\"";
    assert_printed("\"n,\"\"m\"\"\",text\n", "csv", 0, &s.schema, NULL, 0);
}

static void csv_has_nested_values_as_quoted_json(void **state)
{
    struct ArrowSchema item = FIELD("item", "u");
    struct ArrowSchema list = PARENT_SCHEMA("l", "+l", 1, &item);
    struct ArrowSchema schema = PARENT_SCHEMA("", "+s", 1, &list);
    struct ArrowArray text = ARRAY(2, NULL, (int32_t[]){ 0, 1, 2 }, "ab");
    struct ArrowArray lists =
        PARENT_ARRAY(1, BUFFERS(NULL, (int32_t[]){ 0, 2 }), 1, &text);
    struct ArrowArray batch = PARENT_ARRAY(1, BUFFERS(NULL), 1, &lists);

    (void)state;
    assert_printed("l\n\"[\"\"a\"\",\"\"b\"\"]\"\n", "csv", 0, &schema, &batch,
                   1);
}

static void tables_align_numbers_right_and_text_left(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "longer", "c", bytes);
    assert_printed("   n  text\n"
                   "----  ------\n"
                   "   1  a\n"
                   "NULL  longer\n"
                   "-300  c\n",
                   "table", 0, &s.schema, &s.batch, 1);
}

static void tables_count_columns_of_the_screen_not_bytes(void **state)
{
    char bytes[64];
    struct sample s;
    struct ArrowSchema *swapped[2];
    struct ArrowArray *arrays[2];

    (void)state;
    fill_sample(&s, "\xc3\xa9t\xc3\xa9", "\xe4\xb8\xad\xe6\x96\x87",
                "e\xcc\x81", bytes);
    swapped[0] = &s.text;
    swapped[1] = &s.n;
    arrays[0] = &s.strings;
    arrays[1] = &s.ints;
    s.schema.children = swapped;
    s.batch.children = arrays;
    assert_printed("text     n\n"
                   "----  ----\n"
                   "\xc3\xa9t\xc3\xa9      1\n"
                   "\xe4\xb8\xad\xe6\x96\x87  NULL\n"
                   "e\xcc\x81     -300\n",
                   "table", 0, &s.schema, &s.batch, 1);
}

static void tables_escape_what_would_move_the_cursor(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a\nb", "\x1b[2J", "\xff", bytes);
    assert_printed("   n  text\n"
                   "----  -------\n"
                   "   1  a\\x0ab\n"
                   "NULL  \\x1b[2J\n"
                   "-300  \xef\xbf\xbd\n",
                   "table", 0, &s.schema, &s.batch, 1);
}

static void tables_cut_long_cells(void **state)
{
    char bytes[400], text[101], expected[400];
    struct sample s;

    (void)state;
    memset(text, 'x', 100);
    text[100] = '\0';
    fill_sample(&s, text, "b", "c", bytes);
    (void)snprintf(
        expected, sizeof(expected),
        "   n  text\n"
        "----  %.60s\n"
        "   1  %.59s\xe2\x80\xa6\n"
        "NULL  b\n"
        "-300  c\n",
        "------------------------------------------------------------", text);
    assert_printed(expected, "table", 0, &s.schema, &s.batch, 1);
}

static void tables_fit_the_screen(void **state)
{
    char bytes[400];
    struct sample s;

    (void)state;
    fill_sample(&s, "abcdefghijklmnopqrst", "b", "c", bytes);
    assert_printed("   n  text\n"
                   "----  --------------\n"
                   "   1  abcdefghijklm\xe2\x80\xa6\n"
                   "NULL  b\n"
                   "-300  c\n",
                   "table", 20, &s.schema, &s.batch, 1);
}

static void tables_cut_no_cell_in_the_middle_of_a_character(void **state)
{
    char bytes[400];
    struct sample s;

    (void)state;
    /* Five characters of two columns: four and the ellipsis need nine. */
    fill_sample(&s,
                "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad",
                "b", "c", bytes);
    assert_printed("   n  text\n"
                   "----  --------\n"
                   "   1  \xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe2\x80\xa6\n"
                   "NULL  b\n"
                   "-300  c\n",
                   "table", 1, &s.schema, &s.batch, 1);
}

static void tables_repeat_the_header_when_a_column_widens(void **state)
{
    char bytes[64], more_bytes[64];
    struct sample narrow, wide;
    struct ArrowArray batches[3];

    (void)state;
    fill_sample(&narrow, "a", "b", "c", bytes);
    fill_sample(&wide, "a", "longer", "c", more_bytes);
    batches[0] = narrow.batch;
    batches[1] = wide.batch;
    batches[2] = narrow.batch;
    for (int i = 0; i < 3; i++)
        batches[i].length = 2;
    assert_printed("   n  text\n"
                   "----  ----\n"
                   "   1  a\n"
                   "NULL  b\n"
                   "   n  text\n"
                   "----  ------\n"
                   "   1  a\n"
                   "NULL  longer\n"
                   "   1  a\n"
                   "NULL  b\n",
                   "table", 0, &narrow.schema, batches, 3);
}

static void tables_without_rows_show_their_columns(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "b", "c", bytes);
    assert_printed("n  text\n-  ----\n", "table", 0, &s.schema, NULL, 0);
}

static void none_prints_nothing(void **state)
{
    char bytes[64];
    struct sample s;

    (void)state;
    fill_sample(&s, "a", "b", "c", bytes);
    assert_printed("", "none", 0, &s.schema, &s.batch, 1);
}

static void only_the_named_formats_exist(void **state)
{
    (void)state;
    assert_non_null(cli_format_find("csv"));
    assert_null(cli_format_find("CSV"));
    assert_null(cli_format_find(""));
    assert_null(cli_format_find("json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson_is_an_object_a_line),
        cmocka_unit_test(ndjson_of_no_rows_is_empty),
        cmocka_unit_test(a_batch_may_be_a_window),
        cmocka_unit_test(csv_tells_null_from_empty),
        cmocka_unit_test(csv_quotes_what_rfc_4180_names),
        cmocka_unit_test(csv_quotes_names_and_prints_them_without_rows),
        cmocka_unit_test(csv_has_nested_values_as_quoted_json),
        cmocka_unit_test(tables_align_numbers_right_and_text_left),
        cmocka_unit_test(tables_count_columns_of_the_screen_not_bytes),
        cmocka_unit_test(tables_escape_what_would_move_the_cursor),
        cmocka_unit_test(tables_cut_long_cells),
        cmocka_unit_test(tables_fit_the_screen),
        cmocka_unit_test(tables_cut_no_cell_in_the_middle_of_a_character),
        cmocka_unit_test(tables_repeat_the_header_when_a_column_widens),
        cmocka_unit_test(tables_without_rows_show_their_columns),
        cmocka_unit_test(none_prints_nothing),
        cmocka_unit_test(only_the_named_formats_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
