/* The formats by name, and the one that prints nothing. */
#include "cli/format.h"

#include <string.h>

static int none_open(const struct cli_format_setup *setup, void **ret_printer,
                     struct lio_error *err LIO_UNUSED)
{
    *ret_printer = setup->out;
    return 0;
}

static void none_rows(void *printer LIO_UNUSED,
                      const struct ArrowArray *batch LIO_UNUSED)
{
}

static void none_end(void *printer LIO_UNUSED)
{
}

const struct cli_format cli_format_none = {
    .name = "none",
    .open = none_open,
    .rows = none_rows,
    .end = none_end,
    .close = none_end,
};

const struct cli_format *cli_format_find(const char *name)
{
    static const struct cli_format *const formats[] = {
        &cli_format_ndjson,
        &cli_format_csv,
        &cli_format_table,
        &cli_format_none,
    };

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (!strcmp(formats[i]->name, name))
            return formats[i];
    return NULL;
}

const char *cli_format_names(void)
{
    return "ndjson, csv, table or none";
}
