/*
 * Text out of thin air, read as ndjson or CSV with a schema of all kinds of
 * types or with one that is found: what comes of it is what its schema says.
 *
 * The first byte chooses; the rest is the text.
 */
#include "cli/read/input.h"
#include "cli/read/schema_file.h"

#include "support/arrow_check.h"
#include "support/arrow_release.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names are a letter each, so that they are hit upon. */
static const struct lio_field_info all_kinds[] = {
    { .name = "a", .logical_type = "int8", .parent = -1, .nullable = 1 },
    { .name = "b", .logical_type = "uint64", .parent = -1, .nullable = 1 },
    { .name = "c", .logical_type = "float", .parent = -1, .nullable = 1 },
    { .name = "d",
      .logical_type = "decimal:256:50:3",
      .parent = -1,
      .nullable = 1 },
    { .name = "e", .logical_type = "string", .parent = -1, .nullable = 1 },
    { .name = "f",
      .logical_type = "fixed_size_binary:2",
      .parent = -1,
      .nullable = 1 },
    { .name = "g",
      .logical_type = "timestamp:ns:UTC",
      .parent = -1,
      .nullable = 1 },
    { .name = "h", .logical_type = "duration:us", .parent = -1, .nullable = 1 },
    { .name = "i",
      .logical_type = "dict:string:int8:false",
      .parent = -1,
      .nullable = 1 },
    { .name = "j",
      .logical_type = "fixed_size_list:halffloat:2",
      .parent = -1,
      .nullable = 1 },
    { .name = "k", .logical_type = "list", .parent = -1, .nullable = 1 },
    { .name = "item", .logical_type = "struct", .parent = 10, .nullable = 1 },
    { .name = "x", .logical_type = "bool", .parent = 11, .nullable = 1 },
    { .name = "y", .logical_type = "dict:int32:uint8:false", .parent = 11 },
    { .name = "m", .logical_type = "map", .parent = -1, .nullable = 1 },
    { .name = "entries", .logical_type = "struct", .parent = 14 },
    { .name = "key", .logical_type = "string", .parent = 15 },
    { .name = "value", .logical_type = "binary", .parent = 15, .nullable = 1 },
    { .name = "n", .logical_type = "null", .parent = -1, .nullable = 1 },
    { .name = "o", .logical_type = "date64:ms", .parent = -1, .nullable = 1 },
    { .name = "p", .logical_type = "time32:ms", .parent = -1, .nullable = 1 },
};

static void read_rows(const struct cli_input_setup *setup,
                      const struct cli_input_format *format)
{
    struct ArrowArray batch;
    char why[200];
    void *rows;

    if (format->open(setup, &rows, NULL) < 0)
        return;
    while (format->read(rows, &batch, NULL) > 0) {
        if (arrow_check(setup->schema, &batch, why, sizeof(why)) < 0 ||
            arrow_release_array(&batch, why, sizeof(why)) < 0) {
            (void)fprintf(stderr, "%s\n", why);
            abort();
        }
    }
    format->close(rows);
}

/* What was found out about the text must do for all of it that was seen. */
static int find_schema(struct cli_input_setup *setup,
                       const struct cli_input_format *format,
                       struct ArrowSchema *schema)
{
    struct cli_fields fields = { 0 };
    struct lio_error err;
    int rc = format->infer(setup, &fields, &err);

    if (rc == 0)
        rc = cli_schema_make("text", &fields, schema, &err);
    cli_fields_free(&fields);
    return rc;
}

static void read_text(uint8_t choice, struct cli_source *source)
{
    const struct cli_input_format *format =
        choice & 1 ? &cli_input_csv : &cli_input_ndjson;
    struct ArrowSchema schema;
    struct cli_input_setup setup = { .source = source,
                                     .schema = &schema,
                                     .delimiter = ',',
                                     .infer_rows = 3,
                                     .batch_bytes = 1000,
                                     .batch_rows = 5 };
    int rc;

    if (choice & 2)
        rc = find_schema(&setup, format, &schema);
    else
        rc = lio_schema_make(
            all_kinds, sizeof(all_kinds) / sizeof(all_kinds[0]), &schema, NULL);
    if (rc < 0)
        return;
    read_rows(&setup, format);
    schema.release(&schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cli_source source;
    char path[32];
    int fd;

    if (size == 0)
        return 0;
    fd = memfd_create("text", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (cli_source_open(path, &source, NULL) == 0) {
        read_text(data[0], &source);
        cli_source_close(&source);
    }
    (void)close(fd);
    return 0;
}
