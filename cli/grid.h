/*
 * Cells in aligned columns, for people: the part that `scan --format table` and
 * reports have in common.
 *
 * Cells are added row by row, made printable as they come; then the columns
 * are fitted and rows printed:
 *
 *     cli_grid_init(&grid, &out, 2);
 *     grid.align_right[1] = true;
 *     cli_grid_text(&grid, "name");
 *     cli_grid_text(&grid, "rows");
 *     cli_grid_text(&grid, "flights");
 *     cli_grid_number(&grid, 100000);
 *     cli_grid_fit(&grid);
 *     cli_grid_print(&grid, 0, 2);          name       rows
 *     cli_grid_release(&grid);              flights  100000
 */
#ifndef LIO_CLI_GRID_H
#define LIO_CLI_GRID_H

#include "cli/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_grid_cell;

struct cli_grid {
    struct cli_out *out;
    size_t ncolumns;
    bool *align_right;       /* by column; the caller's to set */
    unsigned max_width;      /* of a cell; longer ones are cut; 0: any */
    unsigned screen_columns; /* cut further to fit into these; 0: any */

    struct cli_out text; /* of the cells */
    struct cli_grid_cell *cells;
    size_t ncells, room;
    unsigned *needed; /* width of each column, as far as is known */
    unsigned *widths; /* as printed: fewer where the screen is narrow */
    bool failed;      /* no memory for a cell */
};

/* Returns 0 or ENOMEM.  Release it in either case. */
int cli_grid_init(struct cli_grid *grid, struct cli_out *out, size_t ncolumns);
void cli_grid_release(struct cli_grid *grid);

/* Add the next cell.  Control characters are escaped. */
void cli_grid_bytes(struct cli_grid *grid, const char *text, size_t bytes);
void cli_grid_text(struct cli_grid *grid, const char *text);
void cli_grid_number(struct cli_grid *grid, uint64_t number);

/* Widen the columns for the cells there are; returns whether any changed. */
bool cli_grid_fit(struct cli_grid *grid);

/* Print rows of cells, or a line under each column.  A grid that found no
 * memory prints nothing and makes `out` fail instead. */
void cli_grid_print(struct cli_grid *grid, size_t first_row, size_t nrows);
void cli_grid_rule(struct cli_grid *grid);

/* Forget the cells; the columns keep their widths. */
void cli_grid_clear(struct cli_grid *grid);

#endif
