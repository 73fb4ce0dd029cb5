/*
 * Printing rows: what commands that do share, from the names of columns to the
 * last line on stderr.
 */
#ifndef LIO_CLI_PRINTING_H
#define LIO_CLI_PRINTING_H

#include "cli/cli.h"
#include "cli/format.h"

/* -- options ------------------------------------------------------------- */

struct cli_names {
    const char **all; /* parts of argv; free() it */
    uint32_t n;
};

/* The names in "a,b", cut apart where they stand.  Returns 0 or an exit code,
 * reported, as the next. */
int cli_names_add(const struct cli *cli, char *list, struct cli_names *names);
int cli_set_format(const struct cli *cli, const char *name,
                   const struct cli_format **ret_format);

/* A table for a terminal, else ndjson. */
const struct cli_format *cli_default_format(void);

/* -- rows ---------------------------------------------------------------- */

struct cli_printing {
    struct ArrowSchema schema; /* set it before opening */
    const struct cli_format *format;
    struct cli_value *columns;
    struct cli_out out;
    void *printer; /* of the format */
};

/* On failure, too, close it. */
LIO_MUST_CHECK int cli_printing_open(struct cli_printing *printing,
                                     const struct cli_format *format,
                                     uint32_t value_flags,
                                     struct lio_error *err);
void cli_printing_rows(struct cli_printing *printing,
                       const struct ArrowArray *batch);
void cli_printing_end(struct cli_printing *printing);
void cli_printing_close(struct cli_printing *printing);

/* The last line: what it took since `start_ns`; `engine` may be NULL. */
void cli_print_summary(const struct cli *cli, struct lio_engine *engine,
                       uint64_t rows, int64_t start_ns);

#endif
