/*
 * Rows of a query as text: cells that know by themselves what they are, unlike
 * the typed columns of format.h.
 *
 *     cli_rows_begin(&rows, cli_rows_find("csv"), &out, names, 2);
 *     cli_rows_put(&rows, cells);
 *     cli_rows_end(&rows);
 *
 * Failures of writing are in out->os_errno.
 */
#ifndef LIO_CLI_ROWS_H
#define LIO_CLI_ROWS_H

#include "cli/grid.h"
#include "cli/out.h"

enum cli_cell_kind { CLI_CELL_NULL, CLI_CELL_NUMBER, CLI_CELL_TEXT };

struct cli_cell {
    enum cli_cell_kind kind;
    const char *text; /* of a number too */
    size_t bytes;
};

struct cli_rows_format;

struct cli_rows {
    const struct cli_rows_format *format;
    struct cli_out *out;
    const char *const *names;
    size_t ncolumns;
    uint64_t nrows;          /* put so far */
    unsigned screen_columns; /* that a table may take, or 0: any */

    struct cli_grid grid; /* of a table: the header, then rows */
    size_t nkept;         /* rows in the grid */
    bool has_header;
};

/* "table", "csv", "ndjson" or "json" (a list), or NULL. */
const struct cli_rows_format *cli_rows_find(const char *name);

/* `names` and `out` outlive the rows. */
void cli_rows_begin(struct cli_rows *rows, const struct cli_rows_format *format,
                    struct cli_out *out, const char *const *names,
                    size_t ncolumns, unsigned screen_columns);

/* A row of ncolumns cells. */
void cli_rows_put(struct cli_rows *rows, const struct cli_cell *cells);

/* Print what is left, and free. */
void cli_rows_end(struct cli_rows *rows);

#endif
