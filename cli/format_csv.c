/*
 * Comma-separated values: RFC 4180 with a header line, and lines that end in LF
 * alone, which every reader takes and every Unix tool wants.
 *
 * A null is an empty field; the empty string is "", so that the two differ for
 * readers that look.  Nested values are JSON in quotes.
 */
#include "cli/format.h"

#include "cli/csv.h"

#include <stdlib.h>
#include <string.h>

struct csv {
    const struct cli_value *columns;
    struct cli_out *out;
    struct cli_out field; /* the text of one, before quoting */
};

static void put_value(struct csv *csv, const struct cli_value *column,
                      const struct ArrowArray *array, int64_t row)
{
    if (cli_value_is_null(column, array, row))
        return;
    csv->field.used = 0;
    cli_value_text(column, array, row, &csv->field);
    cli_csv_field(csv->out, csv->field.base, csv->field.used);
}

static void put_header(struct csv *csv)
{
    for (size_t i = 0; i < csv->columns->nchildren; i++) {
        const char *name = csv->columns->children[i].name;

        if (i > 0)
            cli_out_char(csv->out, ',');
        cli_csv_field(csv->out, name, strlen(name));
    }
    cli_out_char(csv->out, '\n');
}

static int csv_open(const struct cli_format_setup *setup, void **ret_printer,
                    struct lio_error *err)
{
    struct csv *csv = malloc(sizeof(*csv));

    if (!csv || cli_out_init_memory(&csv->field)) {
        free(csv);
        return lio_error_set(err, LIO_ENOMEM, "no memory to print rows");
    }
    csv->columns = setup->columns;
    csv->out = setup->out;
    put_header(csv);
    *ret_printer = csv;
    return 0;
}

static void csv_rows(void *printer, const struct ArrowArray *batch)
{
    struct csv *csv = printer;

    for (int64_t row = 0; row < batch->length; row++) {
        for (size_t i = 0; i < csv->columns->nchildren; i++) {
            if (i > 0)
                cli_out_char(csv->out, ',');
            put_value(csv, &csv->columns->children[i], batch->children[i],
                      batch->offset + row);
        }
        cli_out_char(csv->out, '\n');
    }
    /* A field that found no memory is missing: that is a failure to write. */
    if (csv->field.os_errno)
        csv->out->os_errno = csv->field.os_errno;
}

static void csv_end(void *printer LIO_UNUSED)
{
}

static void csv_close(void *printer)
{
    struct csv *csv = printer;

    cli_out_release(&csv->field);
    free(csv);
}

const struct cli_format cli_format_csv = {
    .name = "csv",
    .open = csv_open,
    .rows = csv_rows,
    .end = csv_end,
    .close = csv_close,
};
