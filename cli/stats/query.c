/* Rows of a query, from SQLite to stdout. */
#include "cli/stats/stats.h"

#include <sqlite3.h>
#include <stdlib.h>

struct cli_cell cli_stats_cell(sqlite3_stmt *query, int column)
{
    int type = sqlite3_column_type(query, column);
    struct cli_cell cell = { .kind = CLI_CELL_TEXT };

    cell.text = (const char *)sqlite3_column_text(query, column);
    cell.bytes = (size_t)sqlite3_column_bytes(query, column);
    if (type == SQLITE_NULL)
        cell.kind = CLI_CELL_NULL;
    else if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
        cell.kind = CLI_CELL_NUMBER;
    if (!cell.text)
        cell.text = ""; /* a null, or an empty blob */
    return cell;
}

static void put_row(sqlite3_stmt *query, struct cli_rows *rows,
                    struct cli_cell *cells)
{
    for (size_t i = 0; i < rows->ncolumns; i++)
        cells[i] = cli_stats_cell(query, (int)i);
    cli_rows_put(rows, cells);
}

int cli_stats_print(struct cli_stats *stats, sqlite3_stmt *query,
                    const char *title)
{
    const struct cli_rows_format *format =
        title ? cli_rows_find("table") : stats->format;
    size_t ncolumns = (size_t)sqlite3_column_count(query);
    const char **names = calloc(ncolumns + 1, sizeof(*names));
    struct cli_cell *cells = calloc(ncolumns + 1, sizeof(*cells));
    struct cli_rows rows;
    int rc = SQLITE_NOMEM;

    if (!names || !cells)
        goto out;
    for (size_t i = 0; i < ncolumns; i++)
        names[i] = sqlite3_column_name(query, (int)i);

    rc = sqlite3_step(query);
    if (rc != SQLITE_ROW && (rc != SQLITE_DONE || title))
        goto out;
    if (title)
        cli_out_text(&stats->out, title);
    cli_rows_begin(&rows, format, &stats->out, names, ncolumns,
                   stats->screen_columns);
    for (; rc == SQLITE_ROW && !stats->out.os_errno; rc = sqlite3_step(query))
        put_row(query, &rows, cells);
    cli_rows_end(&rows);
out:
    free(names);
    free(cells);
    if (rc == SQLITE_DONE || stats->out.os_errno)
        return CLI_DONE;
    return rc == SQLITE_NOMEM ? cli_no_memory(stats->cli)
                              : cli_stats_fail(stats);
}
