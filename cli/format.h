/*
 * How rows are printed: ndjson, csv, table, or not at all.
 *
 *     open(setup) -> rows(batch), rows(batch), ... -> end() -> close()
 *
 * A batch is a struct array whose children are the columns, as an
 * ArrowArrayStream yields it.  Failures of writing are in setup->out->os_errno.
 */
#ifndef LIO_CLI_FORMAT_H
#define LIO_CLI_FORMAT_H

#include "cli/out.h"
#include "cli/value.h"

struct cli_format_setup {
    const struct cli_value *columns; /* of kind CLI_STRUCT */
    struct cli_out *out;
    unsigned screen_columns; /* that a table may take, or 0: any */
};

struct cli_format {
    const char *name;

    /* `setup` and what it points at outlive the printer. */
    int (*open)(const struct cli_format_setup *setup, void **ret_printer,
                struct lio_error *err);
    void (*rows)(void *printer, const struct ArrowArray *batch);
    void (*end)(void *printer); /* after the last batch, if there is any */
    void (*close)(void *printer);
};

extern const struct cli_format cli_format_ndjson;
extern const struct cli_format cli_format_csv;
extern const struct cli_format cli_format_table;
extern const struct cli_format cli_format_none;

/* The format called `name`, or NULL. */
const struct cli_format *cli_format_find(const char *name);

/* The names, as in "ndjson, csv, table or none". */
const char *cli_format_names(void);

#endif
