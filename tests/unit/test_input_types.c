/*
 * What scan prints is read back as the same rows: of every type that there is a
 * dataset of, in both formats.
 */
#include "cli/format.h"
#include "text_input.h"

#include <glob.h>
#include <lanceio/column.h>

/* All rows of a dataset in `format`. */
static void print_dataset(struct lio_dataset *dataset,
                          const struct cli_format *format, struct cli_out *out)
{
    const struct lio_scan all = { 0 };
    struct cli_format_setup setup = { .out = out };
    struct ArrowSchema schema;
    struct ArrowArray rows;
    struct cli_value *type;
    void *printer;

    assert_int_equal(lio_scan_schema(dataset, &all, &schema, NULL), 0);
    assert_int_equal(lio_scan_read(dataset, &all, &rows, NULL), 0);
    assert_int_equal(cli_value_open(&schema, 0, &type, NULL), 0);
    setup.columns = type;
    assert_int_equal(format->open(&setup, &printer, NULL), 0);
    format->rows(printer, &rows);
    format->end(printer);
    format->close(printer);
    cli_value_close(type);
    rows.release(&rows);
    schema.release(&schema);
}

/* The schema, by way of the text that stands for it. */
static void take_schema(struct lio_dataset *dataset, struct text_input *input)
{
    struct lio_field_info *fields;
    struct lio_dataset_info info;
    struct text_file file;
    struct cli_out text;
    int rc;

    lio_dataset_info(dataset, &info);
    fields = calloc(info.nfields + 1, sizeof(*fields));
    assert_non_null(fields);
    for (uint32_t i = 0; i < info.nfields; i++)
        assert_int_equal(lio_dataset_field(dataset, i, &fields[i]), 0);
    assert_int_equal(cli_out_init_memory(&text), 0);
    cli_schema_print(fields, info.nfields, &text);
    file = text_file_make(text.base, text.used);
    rc = cli_schema_read(file.path, &input->fields, &input->err);
    if (rc == 0)
        rc = cli_schema_make("s", &input->fields, &input->schema, &input->err);
    if (rc < 0)
        fail_msg("%s", input->err.msg);
    (void)close(file.fd);
    cli_out_release(&text);
    free(fields);
}

static void check(const char *path, struct lio_dataset *dataset,
                  const struct cli_format *printed,
                  const struct cli_input_format *format)
{
    struct cli_out text, wanted, got;
    struct text_input input;

    assert_int_equal(cli_out_init_memory(&text), 0);
    assert_int_equal(cli_out_init_memory(&wanted), 0);
    assert_int_equal(cli_out_init_memory(&got), 0);
    print_dataset(dataset, &cli_format_ndjson, &wanted);
    print_dataset(dataset, printed, &text);
    text_input_open(&input, text.base, text.used);
    take_schema(dataset, &input);
    if (text_input_read(&input, format, &got) < 0)
        fail_msg("%s: %s: %s", path, format->name, input.err.msg);
    if (got.used != wanted.used || memcmp(got.base, wanted.base, got.used) != 0)
        fail_msg("%s: %s: other rows", path, format->name);
    text_input_close(&input);
    cli_out_release(&text);
    cli_out_release(&wanted);
    cli_out_release(&got);
}

/* Dictionaries of bools are not made of text. */
static bool is_readable(struct lio_dataset *dataset)
{
    struct lio_dataset_info info;
    struct lio_field_info field;

    lio_dataset_info(dataset, &info);
    for (uint32_t i = 0; i < info.nfields; i++)
        if (lio_dataset_field(dataset, i, &field) < 0 || field.unsupported ||
            strncmp(field.logical_type, "dict:bool:", 10) == 0)
            return false;
    return true;
}

static void rows_come_back(void **state LIO_UNUSED)
{
    const char *data = getenv("LIO_TEST_DATA");
    size_t ntypes = 0;
    char pattern[512];
    glob_t found;

    assert_non_null(data);
    (void)snprintf(pattern, sizeof(pattern), "%s/types/*/v2_[12].lance", data);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        struct lio_dataset *dataset;

        assert_int_equal(lio_dataset_open(NULL, path, &dataset, NULL), 0);
        if (is_readable(dataset)) {
            check(path, dataset, &cli_format_ndjson, &cli_input_ndjson);
            check(path, dataset, &cli_format_csv, &cli_input_csv);
            ntypes++;
        }
        lio_dataset_close(dataset);
    }
    globfree(&found);
    assert_true(ntypes > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(rows_come_back) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
