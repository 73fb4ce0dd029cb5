/*
 * The chart: what is in it, and where.
 */
#include "cli/plot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The SVG as a string, to be freed. */
static char *draw(const struct cli_plot *plot)
{
    char *svg = NULL;
    size_t bytes;
    FILE *out = open_memstream(&svg, &bytes);

    assert_non_null(out);
    cli_plot_write(plot, out);
    assert_int_equal(fclose(out), 0);
    return svg;
}

static unsigned count(const char *svg, const char *text)
{
    unsigned n = 0;

    for (const char *at = strstr(svg, text); at; at = strstr(at + 1, text))
        n++;
    return n;
}

/* The first curve's points; returns how many. */
static unsigned read_points(const char *svg, double *xs, double *ys,
                            unsigned max)
{
    const char *at = strstr(svg, "points=\"");
    unsigned n = 0;
    int used;

    assert_non_null(at);
    at += strlen("points=\"");
    while (n < max && sscanf(at, "%lf,%lf%n", &xs[n], &ys[n], &used) == 2) {
        at += used;
        n++;
    }
    return n;
}

static const uint64_t sizes[] = { 10, 100, 1000 };
static const double falling[] = { 1, 0.5, 0 };

static struct cli_plot plot_of(const struct cli_curve *curves, size_t ncurves)
{
    return (struct cli_plot){ .title = "t",
                              .x_label = "x",
                              .y_label = "y",
                              .sizes = sizes,
                              .nsizes = 3,
                              .curves = curves,
                              .ncurves = ncurves };
}

static void every_curve_is_drawn_marked_and_named(void **state)
{
    const struct cli_curve curves[] = { { "one", falling },
                                        { "two", falling } };
    struct cli_plot plot = plot_of(curves, 2);
    char *svg = draw(&plot);

    (void)state;
    assert_int_equal(count(svg, "<polyline"), 2);
    assert_int_equal(count(svg, "<path"), 2 * (3 + 1)); /* and the legend */
    assert_int_equal(count(svg, ">one<"), 1);
    assert_int_equal(count(svg, ">two<"), 1);
    assert_int_equal(count(svg, "</svg>"), 1);
    free(svg);
}

static void sizes_are_spaced_by_their_ratio(void **state)
{
    const struct cli_curve curve = { "one", falling };
    struct cli_plot plot = plot_of(&curve, 1);
    char *svg = draw(&plot);
    double xs[4], ys[4];

    (void)state;
    assert_int_equal(read_points(svg, xs, ys, 4), 3);
    assert_true(xs[0] < xs[1] && xs[1] < xs[2]);
    assert_true(xs[1] - xs[0] > 0.999 * (xs[2] - xs[1]));
    assert_true(xs[1] - xs[0] < 1.001 * (xs[2] - xs[1]));
    /* Upwards is less in SVG. */
    assert_true(ys[0] < ys[1] && ys[1] < ys[2]);
    free(svg);
}

static void the_axis_fits_the_highest_share(void **state)
{
    const double low[] = { 0.031, 0.02, 0.01 }, none[] = { 0, 0, 0 };
    const struct cli_curve high_curve = { "one", falling };
    const struct cli_curve low_curve = { "one", low };
    const struct cli_curve no_curve = { "one", none };
    struct cli_plot plot = plot_of(&high_curve, 1);
    char *svg = draw(&plot);

    (void)state;
    assert_int_equal(count(svg, ">100 %<"), 1);
    free(svg);

    plot.curves = &low_curve;
    svg = draw(&plot);
    assert_int_equal(count(svg, ">3.5 %<"), 1);
    assert_int_equal(count(svg, ">4.0 %<"), 0);
    free(svg);

    plot.curves = &no_curve;
    svg = draw(&plot);
    assert_int_equal(count(svg, "nan"), 0);
    free(svg);
}

static void one_size_stands_in_the_middle(void **state)
{
    const struct cli_curve curve = { "one", falling };
    struct cli_plot plot = plot_of(&curve, 1);
    double xs[2], ys[2];
    char *svg;

    (void)state;
    plot.nsizes = 1;
    svg = draw(&plot);
    assert_int_equal(read_points(svg, xs, ys, 2), 1);
    assert_true(xs[0] > 300 && xs[0] < 500);
    assert_int_equal(count(svg, "nan") + count(svg, "inf"), 0);
    free(svg);
}

static void names_cannot_break_the_file(void **state)
{
    const struct cli_curve curve = { "<&>", falling };
    struct cli_plot plot = plot_of(&curve, 1);
    char *svg;

    (void)state;
    plot.title = "a<b\n";
    svg = draw(&plot);
    assert_int_equal(count(svg, ">&lt;&amp;&gt;<"), 1);
    assert_int_equal(count(svg, ">a&lt;b?<"), 1);
    free(svg);
}

static void the_largest_sizes_have_numbers(void **state)
{
    const uint64_t large[] = { 1, 1000000, UINT64_C(1) << 30 };
    const struct cli_curve curve = { "one", falling };
    struct cli_plot plot = plot_of(&curve, 1);
    char *svg;

    (void)state;
    plot.sizes = large;
    svg = draw(&plot);
    assert_int_equal(count(svg, ">1000000000<"), 1);
    assert_int_equal(count(svg, ">2000000<"), 0); /* too many for all */
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_curve_is_drawn_marked_and_named),
        cmocka_unit_test(sizes_are_spaced_by_their_ratio),
        cmocka_unit_test(the_axis_fits_the_highest_share),
        cmocka_unit_test(one_size_stands_in_the_middle),
        cmocka_unit_test(names_cannot_break_the_file),
        cmocka_unit_test(the_largest_sizes_have_numbers),
    };

    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
