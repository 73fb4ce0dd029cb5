/*
 * A table for people: aligned columns, numbers to the right.
 *
 *     date                        delay  origin
 *     --------------------------  -----  ------
 *     2001-01-01T00:01:00.000000     33  LAS
 *
 * Widths cannot be known before the last row, and rows are not kept that long:
 * they are taken a slice at a time, and each slice may widen the columns.  When
 * one does, the header is printed again above it.  A cell is cut to MAX_CELL
 * columns, or to what the screen has room for, and shows it by an ellipsis.
 */
#include "cli/format.h"

#include "cli/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_ROWS 1000
#define MAX_CELL   60 /* columns of the screen */
#define MIN_CELL   8  /* not cut further to make the table fit */
#define GAP        2  /* spaces between columns */
#define ELLIPSIS   "\xe2\x80\xa6"

/* A cell, made printable, at `at` in table->text. */
struct cell {
    size_t at, bytes;
    unsigned width; /* on the screen, at most MAX_CELL */
    bool is_cut;    /* there was more */
};

struct table {
    const struct cli_value *columns;
    struct cli_out *out;
    unsigned screen_columns;
    bool has_header;
    struct cli_out value; /* one value as it is */
    struct cli_out text;  /* the cells of a slice; first the header's */
    struct cell *cells;   /* ncolumns of the header, then of each row */
    unsigned *needed;     /* width of each column, as far as is known */
    unsigned *widths;     /* as printed: fewer where the screen is narrow */
};

/* One character, or what stands for it: controls would move the cursor. */
static size_t put_char(struct table *table, const char *text, size_t bytes,
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
    } else if (c < 0x20 || c == 0x7f) {
        escape[2] = hex[c >> 4];
        escape[3] = hex[c & 15];
        shown = escape;
        n = width = sizeof(escape);
    } else {
        width = cli_utf8_width(c);
    }
    if (width > room)
        return 0;
    cli_out_bytes(&table->text, shown, n);
    *ret_width = width;
    return taken;
}

static void set_cell(struct table *table, struct cell *cell, const char *text,
                     size_t bytes)
{
    size_t done = 0;

    *cell = (struct cell){ .at = table->text.used };
    while (done < bytes) {
        unsigned width;
        size_t taken = put_char(table, text + done, bytes - done,
                                MAX_CELL - cell->width, &width);

        if (taken == 0)
            break;
        done += taken;
        cell->width += width;
    }
    cell->is_cut = done < bytes;
    if (table->text.os_errno)
        *cell = (struct cell){ 0 };
    else
        cell->bytes = table->text.used - cell->at;
}

static void set_header(struct table *table)
{
    table->text.used = 0;
    for (size_t i = 0; i < table->columns->nchildren; i++) {
        const char *name = table->columns->children[i].name;

        set_cell(table, &table->cells[i], name, strlen(name));
    }
}

static void set_row(struct table *table, struct cell *cells,
                    const struct ArrowArray *batch, int64_t row)
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
        set_cell(table, &cells[i], table->value.base, table->value.used);
    }
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The largest width of a column with which all columns fit on the screen. */
static unsigned find_cap(const struct table *table)
{
    unsigned cap = MAX_CELL;

    if (table->screen_columns == 0)
        return cap;
    for (; cap > MIN_CELL; cap--) {
        size_t total = 0;

        for (size_t i = 0; i < table->columns->nchildren; i++)
            total += smaller(table->needed[i], cap) + (i > 0 ? GAP : 0);
        if (total <= table->screen_columns)
            break;
    }
    return cap;
}

/* Widen the columns for what is in the cells; returns whether any changed. */
static bool set_widths(struct table *table, size_t nrows)
{
    size_t ncolumns = table->columns->nchildren;
    bool changed = false;
    unsigned cap;

    for (size_t i = 0; i < ncolumns * (nrows + 1); i++)
        if (table->cells[i].width > table->needed[i % ncolumns])
            table->needed[i % ncolumns] = table->cells[i].width;

    cap = find_cap(table);
    for (size_t i = 0; i < ncolumns; i++) {
        unsigned width = smaller(table->needed[i], cap);

        changed = changed || width != table->widths[i];
        table->widths[i] = width;
    }
    return changed;
}

static void put_repeated(struct cli_out *out, char c, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        cli_out_char(out, c);
}

/* As many bytes of `text` as are at most `width` wide; tells how wide. */
static size_t fit(const char *text, size_t bytes, unsigned width,
                  unsigned *ret_width)
{
    unsigned used = 0;
    size_t done = 0;

    while (done < bytes) {
        uint32_t c;
        size_t n = cli_utf8_decode(text + done, bytes - done, &c);

        /* The cells hold only what set_cell() has made valid. */
        if (n == 0 || used + cli_utf8_width(c) > width)
            break;
        used += cli_utf8_width(c);
        done += n;
    }
    *ret_width = used;
    return done;
}

static void put_cell(struct table *table, const struct cell *cell,
                     unsigned column)
{
    const char *text = table->text.base + cell->at;
    unsigned width = table->widths[column], used = cell->width;
    bool cut = cell->is_cut || used > width;
    bool right = cli_value_is_number(&table->columns->children[column]);
    bool last = column + 1 == table->columns->nchildren;
    size_t bytes = cell->bytes;

    if (cut) {
        bytes = fit(text, bytes, width > 0 ? width - 1 : 0, &used);
        used++;
    }
    if (right)
        put_repeated(table->out, ' ', width - used);
    cli_out_bytes(table->out, text, bytes);
    if (cut)
        cli_out_text(table->out, ELLIPSIS);
    if (!right && !last)
        put_repeated(table->out, ' ', width - used);
}

static void put_row(struct table *table, const struct cell *cells)
{
    for (unsigned i = 0; i < table->columns->nchildren; i++) {
        if (i > 0)
            put_repeated(table->out, ' ', GAP);
        put_cell(table, &cells[i], i);
    }
    cli_out_char(table->out, '\n');
}

static void put_header(struct table *table)
{
    put_row(table, table->cells);
    for (unsigned i = 0; i < table->columns->nchildren; i++) {
        if (i > 0)
            put_repeated(table->out, ' ', GAP);
        put_repeated(table->out, '-', table->widths[i]);
    }
    cli_out_char(table->out, '\n');
    table->has_header = true;
}

static void put_slice(struct table *table, const struct ArrowArray *batch,
                      int64_t first, int64_t nrows)
{
    size_t ncolumns = table->columns->nchildren;

    set_header(table);
    for (int64_t i = 0; i < nrows; i++)
        set_row(table, table->cells + (size_t)(i + 1) * ncolumns, batch,
                first + i);
    if (table->value.os_errno || table->text.os_errno) {
        table->out->os_errno = ENOMEM;
        return;
    }
    if (set_widths(table, (size_t)nrows) || !table->has_header)
        put_header(table);
    for (int64_t i = 0; i < nrows; i++)
        put_row(table, table->cells + (size_t)(i + 1) * ncolumns);
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

    cli_out_release(&table->value);
    cli_out_release(&table->text);
    free(table->cells);
    free(table->needed);
    free(table->widths);
    free(table);
}

static int table_open(const struct cli_format_setup *setup, void **ret_printer,
                      struct lio_error *err)
{
    struct table *table = calloc(1, sizeof(*table));
    size_t ncolumns = setup->columns->nchildren;

    if (!table)
        goto fail;
    table->columns = setup->columns;
    table->out = setup->out;
    table->screen_columns = setup->screen_columns;
    /* One more, so that no columns do not look like no memory. */
    table->cells =
        calloc(ncolumns * (SLICE_ROWS + 1) + 1, sizeof(*table->cells));
    table->needed = calloc(ncolumns + 1, sizeof(*table->needed));
    table->widths = calloc(ncolumns + 1, sizeof(*table->widths));
    if (!table->cells || !table->needed || !table->widths ||
        cli_out_init_memory(&table->value) || cli_out_init_memory(&table->text))
        goto fail;
    *ret_printer = table;
    return 0;
fail:
    if (table)
        table_close(table);
    return lio_error_set(err, LIO_ENOMEM, "no memory to print a table");
}

const struct cli_format cli_format_table = {
    .name = "table",
    .open = table_open,
    .rows = table_rows,
    .end = table_end,
    .close = table_close,
};
