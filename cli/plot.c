/*
 * From numbers to SVG.
 *
 *     (0,0) ┌──────────────────────────────────────────┐
 *           │              title                       │
 *           │  LEFT ┌──────────────────────┐  curve    │
 *           │       │ the plane            │  names    │
 *           │       └──────────────────────┘  RIGHT    │
 *           │              x label                     │
 *           └──────────────────────────────────────────┘ (WIDTH, HEIGHT)
 *
 * Colours and background are said outright, so that the chart looks the same
 * on a dark page.
 */
#include "cli/plot.h"

#include <math.h>
#include <stdbool.h>

#define WIDTH  860.0
#define HEIGHT 520.0
#define LEFT   70.0
#define RIGHT  700.0
#define TOP    50.0
#define BOTTOM 450.0

#define LEGEND_STEP 24.0
#define MAX_X_TICKS 12 /* before only powers of ten get a number */
#define MAX_Y_TICKS 10

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The colours of Okabe and Ito, which the colour-blind can tell apart. */
static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73",
                                       "#cc79a7", "#e69f00", "#56b4e9",
                                       "#000000" };

/* Around (0,0).  Their number and that of the colours have no common divisor,
 * so that 35 curves differ. */
static const char *const marks[] = {
    "M-4-4h8v8h-8z",                                /* square */
    "M0-5L5 4H-5z",                                 /* triangle */
    "M0-5.5L5.5 0L0 5.5L-5.5 0z",                   /* diamond */
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z", /* circle */
    "M0 5L5-4H-5z",                                 /* triangle on its head */
};

/* The plane: what its edges stand for. */
struct plane {
    double log_min, log_max; /* of sizes, decimal */
    double share_max;
    double share_step; /* between two lines across */
};

static double x_of(const struct plane *plane, double size)
{
    return LEFT + (RIGHT - LEFT) * (log10(size) - plane->log_min) /
                      (plane->log_max - plane->log_min);
}

static double y_of(const struct plane *plane, double share)
{
    return BOTTOM - (BOTTOM - TOP) * share / plane->share_max;
}

/* -- what the edges stand for -------------------------------------------- */

static double highest_share(const struct cli_plot *plot)
{
    double highest = 0;

    for (size_t curve = 0; curve < plot->ncurves; curve++)
        for (size_t i = 0; i < plot->nsizes; i++)
            highest = fmax(highest, plot->curves[curve].shares[i]);
    return highest;
}

static struct plane plane_for(const struct cli_plot *plot)
{
    static const double steps[] = {
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1
    };
    double highest = highest_share(plot);
    struct plane plane = {
        .log_min = log10((double)plot->sizes[0]),
        .log_max = log10((double)plot->sizes[plot->nsizes - 1]),
    };

    /* A single size stands in the middle. */
    if (plane.log_max <= plane.log_min) {
        plane.log_min -= 0.5;
        plane.log_max += 0.5;
    }
    for (size_t i = 0; i < COUNT(steps); i++) {
        plane.share_step = steps[i];
        if (highest <= MAX_Y_TICKS * steps[i])
            break;
    }
    plane.share_max =
        plane.share_step * fmax(1, ceil(highest / plane.share_step - 1e-9));
    return plane;
}

/* -- text ---------------------------------------------------------------- */

/* Text may come from file names. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else
            fputc(c < ' ' ? '?' : c, out);
    }
}

static void put_text(FILE *out, double x, double y, const char *attributes,
                     const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    put_escaped(out, text);
    fputs("</text>\n", out);
}

/* -- axes ---------------------------------------------------------------- */

static void put_line(FILE *out, double x1, double y1, double x2, double y2)
{
    fprintf(out,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
            "stroke=\"#dddddd\"/>\n",
            x1, y1, x2, y2);
}

static void put_y_axis(FILE *out, const struct plane *plane)
{
    int decimals = plane->share_step < 0.01 ? 1 : 0;
    int nticks = (int)lround(plane->share_max / plane->share_step);

    for (int i = 0; i <= nticks; i++) {
        double share = i * plane->share_step, y = y_of(plane, share);

        put_line(out, LEFT, y, RIGHT, y);
        fprintf(out,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f %%"
                "</text>\n",
                LEFT - 8, y + 4, decimals, share * 100);
    }
}

/* 1, 2, 5, 10, 20, ...: the n-th of them, from 0. */
static double round_size(unsigned n)
{
    static const double digits[] = { 1, 2, 5 };

    return digits[n % 3] * pow(10, n / 3);
}

static bool lies_in_plane(const struct plane *plane, double size)
{
    double log_size = log10(size);

    return log_size >= plane->log_min - 1e-9 &&
           log_size <= plane->log_max + 1e-9;
}

static void put_x_axis(FILE *out, const struct plane *plane)
{
    /* 2^64 is less than the 60th. */
    unsigned nticks = 0, nsizes = 60;

    for (unsigned n = 0; n < nsizes; n++)
        nticks += lies_in_plane(plane, round_size(n));
    for (unsigned n = 0; n < nsizes; n++) {
        double size = round_size(n), x = x_of(plane, size);

        if (!lies_in_plane(plane, size))
            continue;
        put_line(out, x, TOP, x, BOTTOM);
        if (nticks <= MAX_X_TICKS || n % 3 == 0)
            fprintf(out,
                    "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f"
                    "</text>\n",
                    x, BOTTOM + 20, size);
    }
}

static void put_labels(FILE *out, const struct cli_plot *plot)
{
    put_text(out, (LEFT + RIGHT) / 2, TOP - 20,
             "text-anchor=\"middle\" font-size=\"16\"", plot->title);
    put_text(out, (LEFT + RIGHT) / 2, BOTTOM + 48, "text-anchor=\"middle\"",
             plot->x_label);
    fprintf(out,
            "<g transform=\"translate(18,%.1f) rotate(-90)\">"
            "<text text-anchor=\"middle\">",
            (TOP + BOTTOM) / 2);
    put_escaped(out, plot->y_label);
    fputs("</text></g>\n", out);
}

/* -- curves -------------------------------------------------------------- */

static const char *colour_of(size_t curve)
{
    return colours[curve % COUNT(colours)];
}

static void put_mark(FILE *out, size_t curve, double x, double y)
{
    fprintf(out,
            "<path d=\"%s\" transform=\"translate(%.1f,%.1f)\" fill=\"%s\"/>\n",
            marks[curve % COUNT(marks)], x, y, colour_of(curve));
}

static void put_curve(FILE *out, const struct cli_plot *plot,
                      const struct plane *plane, size_t curve)
{
    const double *shares = plot->curves[curve].shares;

    fprintf(out,
            "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
            "points=\"",
            colour_of(curve));
    for (size_t i = 0; i < plot->nsizes; i++)
        fprintf(out, "%s%.1f,%.1f", i ? " " : "",
                x_of(plane, (double)plot->sizes[i]), y_of(plane, shares[i]));
    fputs("\"/>\n", out);
    for (size_t i = 0; i < plot->nsizes; i++)
        put_mark(out, curve, x_of(plane, (double)plot->sizes[i]),
                 y_of(plane, shares[i]));
}

static void put_legend(FILE *out, const struct cli_plot *plot)
{
    for (size_t curve = 0; curve < plot->ncurves; curve++) {
        double y = TOP + 10 + LEGEND_STEP * (double)curve;

        fprintf(out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                "stroke=\"%s\" stroke-width=\"2\"/>\n",
                RIGHT + 20, y, RIGHT + 50, y, colour_of(curve));
        put_mark(out, curve, RIGHT + 35, y);
        put_text(out, RIGHT + 58, y + 4, "", plot->curves[curve].name);
    }
}

void cli_plot_write(const struct cli_plot *plot, FILE *out)
{
    struct plane plane = plane_for(plot);

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
            "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n"
            "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_labels(out, plot);
    put_y_axis(out, &plane);
    put_x_axis(out, &plane);
    for (size_t curve = 0; curve < plot->ncurves; curve++)
        put_curve(out, plot, &plane, curve);
    put_legend(out, plot);
    fputs("</svg>\n", out);
}
