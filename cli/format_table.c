/*
 * A table for people: aligned columns, numbers to the right.
 *
 *     date                        delay  origin
 *     --------------------------  -----  ------
 *     2001-01-01T00:01:00.000000     33  LAS
 *
 * Widths cannot be known before the last row, and rows are not kept that long:
 * they are taken a slice at a time, and each slice may widen the columns.  When
 * one does, the header is printed again above it.
 */
#include "cli/format.h"

#include "cli/grid.h"

#include <errno.h>
#include <stdlib.h>

#define SLICE_ROWS 1000
#define MAX_WIDTH  60 /* of a cell, in columns of the screen */

struct table {
    const struct cli_value *columns;
    struct cli_grid grid;
    struct cli_out value; /* one value as it is */
    bool has_header;
};

static void add_header(struct table *table)
{
    cli_grid_clear(&table->grid);
    for (size_t i = 0; i < table->columns->nchildren; i++)
        cli_grid_text(&table->grid, table->columns->children[i].name);
}

static void add_row(struct table *table, const struct ArrowArray *batch,
                    int64_t row)
{
    for (size_t i = 0; i < table->columns->nchildren; i++) {
        const struct cli_value *column = &table->columns->children[i];
        const struct ArrowArray *array = batch->children[i];
        int64_t at = batch->offset + row;

        table->value.used = 0;
        if (cli_value_is_null(column, array, at))
            cli_out_text(&table->value, "NULL");
        else
            cli_value_text(column, array, at, &table->value);
        cli_grid_bytes(&table->grid, table->value.base, table->value.used);
    }
}

static void put_slice(struct table *table, const struct ArrowArray *batch,
                      int64_t first, int64_t nrows)
{
    add_header(table);
    for (int64_t i = 0; i < nrows; i++)
        add_row(table, batch, first + i);
    if (table->value.os_errno)
        table->grid.failed = true;

    if (cli_grid_fit(&table->grid) || !table->has_header) {
        cli_grid_print(&table->grid, 0, 1);
        cli_grid_rule(&table->grid);
        table->has_header = true;
    }
    cli_grid_print(&table->grid, 1, (size_t)nrows);
}

static void table_rows(void *printer, const struct ArrowArray *batch)
{
    for (int64_t row = 0; row < batch->length; row += SLICE_ROWS) {
        int64_t left = batch->length - row;

        put_slice(printer, batch, row, left < SLICE_ROWS ? left : SLICE_ROWS);
    }
}

/* A result without rows still shows what it has none of. */
static void table_end(void *printer)
{
    struct table *table = printer;

    if (!table->has_header)
        put_slice(table, NULL, 0, 0);
}

static void table_close(void *printer)
{
    struct table *table = printer;

    cli_grid_release(&table->grid);
    cli_out_release(&table->value);
    free(table);
}

static int table_open(const struct cli_format_setup *setup, void **ret_printer,
                      struct lio_error *err)
{
    const struct cli_value *columns = setup->columns;
    struct table *table = calloc(1, sizeof(*table));

    if (!table)
        return lio_error_set(err, LIO_ENOMEM, "no memory to print a table");
    if (cli_grid_init(&table->grid, setup->out, columns->nchildren) ||
        cli_out_init_memory(&table->value)) {
        table_close(table);
        return lio_error_set(err, LIO_ENOMEM, "no memory to print a table");
    }
    table->columns = columns;
    table->grid.max_width = MAX_WIDTH;
    table->grid.screen_columns = setup->screen_columns;
    for (size_t i = 0; i < columns->nchildren; i++)
        table->grid.align_right[i] = cli_value_is_number(&columns->children[i]);
    *ret_printer = table;
    return 0;
}

const struct cli_format cli_format_table = {
    .name = "table",
    .open = table_open,
    .rows = table_rows,
    .end = table_end,
    .close = table_close,
};
