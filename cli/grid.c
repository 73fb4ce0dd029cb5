/*
 * Aligned columns.
 *
 * A cell is kept as it will look, up to max_width columns of the screen, and
 * cut again at printing where its column turned out narrower; an ellipsis shows
 * either.  Widths are those of a terminal, not bytes.
 */
#include "cli/grid.h"

#include "cli/number.h"
#include "cli/utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MIN_WIDTH 8 /* columns are not cut further to fit the screen */
#define GAP       2 /* spaces between columns */
#define ELLIPSIS  "\xe2\x80\xa6"

struct cli_grid_cell {
    size_t at, bytes; /* in grid->text */
    unsigned width;   /* on the screen */
    bool is_cut;      /* there was more */
};

int cli_grid_init(struct cli_grid *grid, struct cli_out *out, size_t ncolumns)
{
    /* One more, so that no columns do not look like no memory. */
    size_t n = ncolumns + 1;

    *grid = (struct cli_grid){ .out = out, .ncolumns = ncolumns };
    grid->align_right = calloc(n, sizeof(*grid->align_right));
    grid->needed = calloc(n, sizeof(*grid->needed));
    grid->widths = calloc(n, sizeof(*grid->widths));
    if (!grid->align_right || !grid->needed || !grid->widths)
        return ENOMEM;
    return cli_out_init_memory(&grid->text);
}

void cli_grid_release(struct cli_grid *grid)
{
    cli_out_release(&grid->text);
    free(grid->align_right);
    free(grid->cells);
    free(grid->needed);
    free(grid->widths);
    *grid = (struct cli_grid){ 0 };
}

/* One character, or what stands for it: controls would move the cursor.
 * Returns how much of `text` it was, or 0 if there is no room. */
static size_t put_char(struct cli_out *out, const char *text, size_t bytes,
                       unsigned room, unsigned *ret_width)
{
    static const char hex[] = "0123456789abcdef";
    char escape[] = { '\\', 'x', 0, 0 };
    const char *shown = text;
    uint32_t c;
    size_t taken = cli_utf8_decode(text, bytes, &c), n = taken;
    unsigned width = 1;

    if (taken == 0) {
        taken = 1;
        shown = CLI_UTF8_BAD;
        n = strlen(shown);
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        escape[2] = hex[c >> 4];
        escape[3] = hex[c & 15];
        shown = escape;
        n = width = sizeof(escape);
    } else {
        width = cli_utf8_width(c);
    }
    if (width > room)
        return 0;
    cli_out_bytes(out, shown, n);
    *ret_width = width;
    return taken;
}

static void set_cell(struct cli_grid *grid, struct cli_grid_cell *cell,
                     const char *text, size_t bytes)
{
    unsigned max_width = grid->max_width ? grid->max_width : UINT_MAX;
    size_t done = 0;

    *cell = (struct cli_grid_cell){ .at = grid->text.used };
    while (done < bytes) {
        unsigned width;
        size_t taken = put_char(&grid->text, text + done, bytes - done,
                                max_width - cell->width, &width);

        if (taken == 0)
            break;
        done += taken;
        cell->width += width;
    }
    cell->is_cut = done < bytes;
    cell->bytes = grid->text.used - cell->at;
}

static struct cli_grid_cell *add_cell(struct cli_grid *grid)
{
    size_t room = grid->room ? grid->room * 2 : 64;
    struct cli_grid_cell *cells;

    if (grid->ncells < grid->room)
        return &grid->cells[grid->ncells++];
    cells = realloc(grid->cells, room * sizeof(*cells));
    if (!cells)
        return NULL;
    grid->cells = cells;
    grid->room = room;
    return &grid->cells[grid->ncells++];
}

void cli_grid_bytes(struct cli_grid *grid, const char *text, size_t bytes)
{
    struct cli_grid_cell *cell = grid->failed ? NULL : add_cell(grid);

    if (cell)
        set_cell(grid, cell, text, bytes);
    grid->failed = !cell || grid->text.os_errno;
}

void cli_grid_text(struct cli_grid *grid, const char *text)
{
    cli_grid_bytes(grid, text, strlen(text));
}

void cli_grid_number(struct cli_grid *grid, uint64_t number)
{
    char text[CLI_U64_ROOM];

    cli_grid_bytes(grid, text, (size_t)(cli_u64_put(text, number) - text));
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static size_t total_width(const struct cli_grid *grid, unsigned cap)
{
    size_t total = 0;

    for (size_t i = 0; i < grid->ncolumns; i++)
        total += smaller(grid->needed[i], cap) + (i > 0 ? GAP : 0);
    return total;
}

/* The largest width of a column with which all columns fit on the screen. */
static unsigned find_cap(const struct cli_grid *grid)
{
    unsigned screen = grid->screen_columns, cap;

    if (screen == 0 || total_width(grid, UINT_MAX) <= screen)
        return UINT_MAX;
    for (cap = screen; cap > MIN_WIDTH; cap--)
        if (total_width(grid, cap) <= screen)
            break;
    return cap > MIN_WIDTH ? cap : MIN_WIDTH;
}

bool cli_grid_fit(struct cli_grid *grid)
{
    bool changed = false;
    unsigned cap;

    for (size_t i = 0; i < grid->ncells; i++) {
        unsigned *needed = &grid->needed[i % grid->ncolumns];

        if (grid->cells[i].width > *needed)
            *needed = grid->cells[i].width;
    }
    cap = find_cap(grid);
    for (size_t i = 0; i < grid->ncolumns; i++) {
        unsigned width = smaller(grid->needed[i], cap);

        changed = changed || width != grid->widths[i];
        grid->widths[i] = width;
    }
    return changed;
}

static void put_repeated(struct cli_out *out, char c, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        cli_out_char(out, c);
}

/* As many bytes of `text` as are at most `width` wide; tells how wide. */
static size_t cut(const char *text, size_t bytes, unsigned width,
                  unsigned *ret_width)
{
    unsigned used = 0;
    size_t done = 0;

    while (done < bytes) {
        uint32_t c;
        size_t n = cli_utf8_decode(text + done, bytes - done, &c);

        /* set_cell() has left nothing that does not decode. */
        if (n == 0 || used + cli_utf8_width(c) > width)
            break;
        used += cli_utf8_width(c);
        done += n;
    }
    *ret_width = used;
    return done;
}

/* Blanks before text are kept back in `blanks` until there is text, so that no
 * line ends in any. */
static void put_cell(struct cli_grid *grid, const struct cli_grid_cell *cell,
                     size_t column, unsigned *blanks)
{
    const char *text = grid->text.base + cell->at;
    unsigned width = grid->widths[column], used = cell->width;
    bool is_cut = width > 0 && (cell->is_cut || used > width);
    bool right = grid->align_right[column];
    size_t bytes = cell->bytes;

    if (is_cut) {
        bytes = cut(text, bytes, width - 1, &used);
        used++;
    }
    if (right)
        *blanks += width - used;
    if (used > 0) {
        put_repeated(grid->out, ' ', *blanks);
        *blanks = 0;
    }
    cli_out_bytes(grid->out, text, bytes);
    if (is_cut)
        cli_out_text(grid->out, ELLIPSIS);
    if (!right)
        *blanks += width - used;
    *blanks += GAP;
}

static bool has_failed(struct cli_grid *grid)
{
    if (grid->failed && !grid->out->os_errno)
        grid->out->os_errno = ENOMEM;
    return grid->failed;
}

void cli_grid_print(struct cli_grid *grid, size_t first_row, size_t nrows)
{
    if (has_failed(grid))
        return;
    for (size_t row = first_row; row < first_row + nrows; row++) {
        unsigned blanks = 0;

        for (size_t i = 0; i < grid->ncolumns; i++)
            put_cell(grid, &grid->cells[row * grid->ncolumns + i], i, &blanks);
        cli_out_char(grid->out, '\n');
    }
}

void cli_grid_rule(struct cli_grid *grid)
{
    if (has_failed(grid))
        return;
    for (size_t i = 0; i < grid->ncolumns; i++) {
        if (i > 0)
            put_repeated(grid->out, ' ', GAP);
        put_repeated(grid->out, '-', grid->widths[i]);
    }
    cli_out_char(grid->out, '\n');
}

void cli_grid_clear(struct cli_grid *grid)
{
    grid->ncells = 0;
    grid->text.used = 0;
}
