/*
 * Text written down in a test as the input of a reader, and what it becomes:
 * batches that are checked as Arrow has them, and printed as JSON.
 */
#ifndef LIO_TESTS_TEXT_INPUT_H
#define LIO_TESTS_TEXT_INPUT_H

#include "cli/read/input.h"
#include "cli/read/schema_file.h"
#include "support/arrow_check.h"
#include "support/arrow_release.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

/* A file that has `text`, and its path. */
struct text_file {
    int fd;
    char path[32];
};

static inline struct text_file text_file_make(const char *text, size_t bytes)
{
    struct text_file file = { .fd = memfd_create("input", MFD_CLOEXEC) };

    assert_true(file.fd >= 0);
    assert_int_equal(write(file.fd, text, bytes), bytes);
    (void)snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

/* Everything between a text and its rows. */
struct text_input {
    struct text_file file;
    struct cli_source source;
    struct cli_fields fields;
    struct ArrowSchema schema;
    struct cli_input_setup setup;
    struct lio_error err;
};

static inline void text_input_open(struct text_input *input, const char *text,
                                   size_t bytes)
{
    *input = (struct text_input){ .file = text_file_make(text, bytes) };
    assert_int_equal(
        cli_source_open(input->file.path, &input->source, &input->err), 0);
    input->source.name = "in";
    input->setup = (struct cli_input_setup){ .source = &input->source,
                                             .schema = &input->schema,
                                             .infer_rows = CLI_INFER_ROWS,
                                             .batch_bytes = 1 << 20,
                                             .batch_rows = 1000 };
}

static inline void text_input_close(struct text_input *input)
{
    char why[100];

    if (input->schema.release &&
        arrow_release_schema(&input->schema, why, sizeof(why)) < 0)
        fail_msg("%s", why);
    cli_fields_free(&input->fields);
    cli_source_close(&input->source);
    (void)close(input->file.fd);
}

/* The rows of a batch, a line each. */
static inline void print_batch(const struct ArrowSchema *schema,
                               const struct ArrowArray *batch,
                               struct cli_out *out)
{
    struct cli_value *type;

    assert_int_equal(cli_value_open(schema, 0, &type, NULL), 0);
    for (int64_t row = 0; row < batch->length; row++) {
        cli_value_json(type, batch, row, out);
        cli_out_char(out, '\n');
    }
    cli_value_close(type);
}

/* Read everything; 0 and the rows as ndjson, or the error. */
static inline int text_input_read(struct text_input *input,
                                  const struct cli_input_format *format,
                                  struct cli_out *out)
{
    struct ArrowArray batch;
    char why[512];
    void *rows;
    int rc = format->open(&input->setup, &rows, &input->err);

    if (rc < 0)
        return rc;
    while ((rc = format->read(rows, &batch, &input->err)) > 0) {
        if (arrow_check(&input->schema, &batch, why, sizeof(why)) < 0)
            fail_msg("%s", why);
        print_batch(&input->schema, &batch, out);
        if (arrow_release_array(&batch, why, sizeof(why)) < 0)
            fail_msg("%s", why);
    }
    format->close(rows);
    return rc;
}

/* Rows of `text`, whose schema is that of the JSON in `schema` or, if that is
 * NULL, found out: as ndjson, or what the error says, in `out`. */
static inline int text_input_convert(const struct cli_input_format *format,
                                     const char *schema, const char *text,
                                     size_t bytes, struct cli_out *out)
{
    struct text_input input;
    int rc = 0;

    assert_int_equal(cli_out_init_memory(out), 0);
    text_input_open(&input, text, bytes);
    if (schema) {
        struct text_file file = text_file_make(schema, strlen(schema));

        rc = cli_schema_read(file.path, &input.fields, &input.err);
        (void)close(file.fd);
    } else {
        rc = format->infer(&input.setup, &input.fields, &input.err);
    }
    if (rc == 0)
        rc =
            cli_schema_make("schema", &input.fields, &input.schema, &input.err);
    if (rc == 0)
        rc = text_input_read(&input, format, out);
    if (rc < 0) {
        out->used = 0;
        cli_out_text(out, input.err.msg);
    }
    cli_out_char(out, '\0');
    text_input_close(&input);
    return rc;
}

static inline void assert_becomes(const struct cli_input_format *format,
                                  const char *schema, const char *text,
                                  const char *rows)
{
    struct cli_out out;

    (void)text_input_convert(format, schema, text, strlen(text), &out);
    assert_string_equal(out.base, rows);
    cli_out_release(&out);
}

static inline void assert_refused(const struct cli_input_format *format,
                                  const char *schema, const char *text,
                                  const char *why)
{
    struct cli_out out;

    assert_int_equal(
        text_input_convert(format, schema, text, strlen(text), &out),
        LIO_EINVAL);
    if (!strstr(out.base, why))
        fail_msg("'%s' does not say '%s'", out.base, why);
    cli_out_release(&out);
}

#endif
