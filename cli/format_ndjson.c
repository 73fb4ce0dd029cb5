/* Newline-delimited JSON: a row is an object on a line. */
#include "cli/format.h"

#include <stdlib.h>

struct ndjson {
    const struct cli_value *columns;
    struct cli_out *out;
};

static int ndjson_open(const struct cli_format_setup *setup, void **ret_printer,
                       struct lio_error *err)
{
    struct ndjson *ndjson = malloc(sizeof(*ndjson));

    if (!ndjson)
        return lio_error_set(err, LIO_ENOMEM, "no memory to print rows");
    ndjson->columns = setup->columns;
    ndjson->out = setup->out;
    *ret_printer = ndjson;
    return 0;
}

static void ndjson_rows(void *printer, const struct ArrowArray *batch)
{
    struct ndjson *ndjson = printer;

    for (int64_t row = 0; row < batch->length; row++) {
        cli_value_json(ndjson->columns, batch, row, ndjson->out);
        cli_out_char(ndjson->out, '\n');
    }
}

static void ndjson_end(void *printer LIO_UNUSED)
{
}

const struct cli_format cli_format_ndjson = {
    .name = "ndjson",
    .open = ndjson_open,
    .rows = ndjson_rows,
    .end = ndjson_end,
    .close = free,
};
