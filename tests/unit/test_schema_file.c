/* Schemas as JSON. */
#include "text_input.h"

static int read_text(const char *text, struct cli_fields *fields,
                     struct lio_error *err)
{
    struct text_file file = text_file_make(text, strlen(text));
    int rc = cli_schema_read(file.path, fields, err);

    (void)close(file.fd);
    return rc;
}

static void what_is_printed_is_read(void **state LIO_UNUSED)
{
    static const char text[] =
        "[\n"
        "  {\"name\": \"a \\\"b\\\"\", \"type\": \"int64\", \"nullable\": "
        "false},\n"
        "  {\"name\": \"l\", \"type\": \"list\", \"nullable\": true, "
        "\"fields\": "
        "[\n"
        "    {\"name\": \"item\", \"type\": \"string\", \"nullable\": true}\n"
        "  ]},\n"
        "  {\"name\": \"b\", \"type\": \"large_binary\", \"nullable\": true, "
        "\"metadata\": {\"lance-encoding:blob\": \"true\", \"x\": \"\"}}\n"
        "]\n";
    struct cli_fields fields = { 0 };
    struct lio_error err;
    struct cli_out out;

    assert_int_equal(read_text(text, &fields, &err), 0);
    assert_int_equal(cli_out_init_memory(&out), 0);
    cli_schema_print(fields.all, fields.n, &out);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, text);
    cli_out_release(&out);
    cli_fields_free(&fields);
}

static void fields_are_nullable_unless_said_otherwise(void **state LIO_UNUSED)
{
    struct cli_fields fields = { 0 };

    assert_int_equal(
        read_text("[{\"type\":\"int8\",\"name\":\"a\"}]", &fields, NULL), 0);
    assert_int_equal(fields.n, 1);
    assert_true(fields.all[0].nullable);
    assert_null(fields.all[0].metadata);
    assert_int_equal(fields.all[0].parent, -1);
    cli_fields_free(&fields);
}

static void refused(const char *text, const char *why)
{
    struct cli_fields fields = { 0 };
    struct ArrowSchema schema;
    struct lio_error err;
    int rc = read_text(text, &fields, &err);

    if (rc == 0)
        rc = cli_schema_make("file", &fields, &schema, &err);
    assert_int_equal(rc, LIO_EINVAL);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
    cli_fields_free(&fields);
}

static void what_is_no_schema_is_refused(void **state LIO_UNUSED)
{
    refused("{}", "a schema is a list of fields");
    refused("[\n  {\"name\": 'a'}]", "line 2, column 12: this is not JSON");
    refused("", "line 1, column 1: there is no value");
    refused("[3]", "a field: is no object");
    refused("[{\"type\":\"int8\"}]", "a field: has no \"name\"");
    refused("[{\"name\":\"a\"}]", "field 'a': has no \"type\"");
    refused("[{\"name\":1}]", "\"name\" is no string");
    refused("[{\"name\":\"a\",\"type\":[]}]", "field 'a': \"type\" is no");
    refused("[{\"name\":\"a\",\"nullable\":1}]", "\"nullable\" is no bool");
    refused("[{\"name\":\"a\",\"fields\":1}]", "\"fields\" is no list");
    refused("[{\"name\":\"a\",\"metadata\":1}]", "\"metadata\" is no object");
    refused("[{\"name\":\"a\",\"type\":\"int8\",\"metadata\":{\"x\":1}}]",
            "the values of \"metadata\" are strings");
    refused("[{\"name\":\"a\",\"nulable\":true}]", "'nulable' is not known");
}

static void what_is_no_type_is_refused(void **state LIO_UNUSED)
{
    refused("[{\"name\":\"a\",\"type\":\"int65\"}]",
            "file: field 'a': 'int65' is not a type");
    refused("[{\"name\":\"a\",\"type\":\"list\"}]", "field 0 'a'");
}

static void names_are_there_once(void **state LIO_UNUSED)
{
    refused("[{\"name\":\"a\",\"type\":\"int8\"},{\"name\":\"b\",\"type\":"
            "\"int8\"},"
            "{\"name\":\"a\",\"type\":\"int8\"}]",
            "file: two fields have the name 'a'");
}

static void files_that_are_not_there_are_named(void **state LIO_UNUSED)
{
    struct cli_fields fields = { 0 };
    struct lio_error err;

    assert_int_equal(cli_schema_read("/nonexistent", &fields, &err),
                     LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, "/nonexistent: "));
    assert_int_equal(cli_schema_read("/", &fields, &err), LIO_EIO);
}

static void deep_nesting_is_refused(void **state LIO_UNUSED)
{
    char text[200001];

    memset(text, '[', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    refused(text, "nest deeper than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read),
        cmocka_unit_test(fields_are_nullable_unless_said_otherwise),
        cmocka_unit_test(what_is_no_schema_is_refused),
        cmocka_unit_test(what_is_no_type_is_refused),
        cmocka_unit_test(names_are_there_once),
        cmocka_unit_test(files_that_are_not_there_are_named),
        cmocka_unit_test(deep_nesting_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
