/*
 * A chart as SVG: shares of a whole over sizes, one curve each.
 *
 *     100 % ┤
 *           │ o──o__            o lru      The sizes are on a logarithmic axis,
 *      50 % ┤  x──x_ `o──o      x arc      the shares on one from 0 %.  Curves
 *           │       `x──x                  differ in colour and in marks.
 *       0 % ┼──┬─────┬─────┬─
 *             100   1000  10000
 */
#ifndef LIO_CLI_PLOT_H
#define LIO_CLI_PLOT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cli_curve {
    const char *name;
    const double *shares; /* 0 .. 1, one for each size */
};

struct cli_plot {
    const char *title;
    const char *x_label;
    const char *y_label;
    const uint64_t *sizes; /* ascending, the first at least 1 */
    size_t nsizes;         /* at least 1 */
    const struct cli_curve *curves;
    size_t ncurves;
};

/* Write it; whether that worked is for the caller to ask of `out`. */
void cli_plot_write(const struct cli_plot *plot, FILE *out);

#endif
