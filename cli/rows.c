/*
 * Rows of a query, as they come.
 *
 * Only a table has to know rows before it can print them: it keeps a slice, and
 * prints the header again where a later slice needs wider columns.
 */
#include "cli/rows.h"

#include "cli/csv.h"
#include "cli/json.h"

#include <string.h>

#define SLICE_ROWS 1000

struct cli_rows_format {
    const char *name;
    void (*begin)(struct cli_rows *rows);
    void (*put)(struct cli_rows *rows, const struct cli_cell *cells);
    void (*end)(struct cli_rows *rows);
};

/* -- table --------------------------------------------------------------- */

static void keep_header(struct cli_rows *rows)
{
    for (size_t i = 0; i < rows->ncolumns; i++)
        cli_grid_text(&rows->grid, rows->names[i]);
}

static void table_begin(struct cli_rows *rows)
{
    rows->grid.failed =
        cli_grid_init(&rows->grid, rows->out, rows->ncolumns) != 0;
    rows->grid.screen_columns = rows->screen_columns;
    keep_header(rows);
}

/* Without memory for the grid, printing it makes `out` fail. */
static void print_slice(struct cli_rows *rows)
{
    bool changed = !rows->grid.failed && cli_grid_fit(&rows->grid);

    if (changed || !rows->has_header) {
        cli_grid_print(&rows->grid, 0, 1);
        cli_grid_rule(&rows->grid);
        rows->has_header = true;
    }
    cli_grid_print(&rows->grid, 1, rows->nkept);
    cli_grid_clear(&rows->grid);
    rows->nkept = 0;
    keep_header(rows);
}

static void table_put(struct cli_rows *rows, const struct cli_cell *cells)
{
    for (size_t i = 0; i < rows->ncolumns && !rows->grid.failed; i++) {
        if (cells[i].kind == CLI_CELL_NUMBER)
            rows->grid.align_right[i] = true;
        if (cells[i].kind == CLI_CELL_NULL)
            cli_grid_text(&rows->grid, "NULL");
        else
            cli_grid_bytes(&rows->grid, cells[i].text, cells[i].bytes);
    }
    if (++rows->nkept == SLICE_ROWS)
        print_slice(rows);
}

static void table_end(struct cli_rows *rows)
{
    if (rows->nkept > 0 || !rows->has_header)
        print_slice(rows);
    cli_grid_release(&rows->grid);
}

/* -- csv ----------------------------------------------------------------- */

static void csv_begin(struct cli_rows *rows)
{
    for (size_t i = 0; i < rows->ncolumns; i++) {
        if (i > 0)
            cli_out_char(rows->out, ',');
        cli_csv_field(rows->out, rows->names[i], strlen(rows->names[i]));
    }
    cli_out_char(rows->out, '\n');
}

static void csv_put(struct cli_rows *rows, const struct cli_cell *cells)
{
    for (size_t i = 0; i < rows->ncolumns; i++) {
        if (i > 0)
            cli_out_char(rows->out, ',');
        if (cells[i].kind != CLI_CELL_NULL)
            cli_csv_field(rows->out, cells[i].text, cells[i].bytes);
    }
    cli_out_char(rows->out, '\n');
}

static void csv_end(struct cli_rows *rows)
{
    (void)rows;
}

/* -- json ---------------------------------------------------------------- */

/* SQL knows an infinity, JSON does not. */
static bool is_json_number(const struct cli_cell *cell)
{
    return cell->kind == CLI_CELL_NUMBER &&
           !memchr(cell->text, 'I', cell->bytes);
}

static void put_object(struct cli_rows *rows, const struct cli_cell *cells)
{
    cli_out_char(rows->out, '{');
    for (size_t i = 0; i < rows->ncolumns; i++) {
        if (i > 0)
            cli_out_char(rows->out, ',');
        cli_json_string(rows->out, rows->names[i], strlen(rows->names[i]));
        cli_out_char(rows->out, ':');
        if (cells[i].kind == CLI_CELL_NULL)
            cli_out_text(rows->out, "null");
        else if (is_json_number(&cells[i]))
            cli_out_bytes(rows->out, cells[i].text, cells[i].bytes);
        else
            cli_json_string(rows->out, cells[i].text, cells[i].bytes);
    }
    cli_out_char(rows->out, '}');
}

static void ndjson_begin(struct cli_rows *rows)
{
    (void)rows;
}

static void ndjson_put(struct cli_rows *rows, const struct cli_cell *cells)
{
    put_object(rows, cells);
    cli_out_char(rows->out, '\n');
}

static void ndjson_end(struct cli_rows *rows)
{
    (void)rows;
}

static void json_begin(struct cli_rows *rows)
{
    cli_out_char(rows->out, '[');
}

static void json_put(struct cli_rows *rows, const struct cli_cell *cells)
{
    cli_out_text(rows->out, rows->nrows > 0 ? ",\n" : "\n");
    put_object(rows, cells);
}

static void json_end(struct cli_rows *rows)
{
    cli_out_text(rows->out, rows->nrows > 0 ? "\n]\n" : "]\n");
}

/* -- all ----------------------------------------------------------------- */

static const struct cli_rows_format formats[] = {
    { "table", table_begin, table_put, table_end },
    { "csv", csv_begin, csv_put, csv_end },
    { "ndjson", ndjson_begin, ndjson_put, ndjson_end },
    { "json", json_begin, json_put, json_end },
};

const struct cli_rows_format *cli_rows_find(const char *name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (!strcmp(formats[i].name, name))
            return &formats[i];
    return NULL;
}

void cli_rows_begin(struct cli_rows *rows, const struct cli_rows_format *format,
                    struct cli_out *out, const char *const *names,
                    size_t ncolumns, unsigned screen_columns)
{
    *rows = (struct cli_rows){ .format = format,
                               .out = out,
                               .names = names,
                               .ncolumns = ncolumns,
                               .screen_columns = screen_columns };
    format->begin(rows);
}

void cli_rows_put(struct cli_rows *rows, const struct cli_cell *cells)
{
    rows->format->put(rows, cells);
    rows->nrows++;
}

void cli_rows_end(struct cli_rows *rows)
{
    rows->format->end(rows);
}
