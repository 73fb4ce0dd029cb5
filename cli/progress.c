/* The progress bar. */
#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_NS  500000000 /* work shorter than this needs no bar */
#define REDRAW_NS 100000000
#define BAR       28

int64_t cli_progress_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

FILE *cli_progress_terminal(void)
{
    const char *kind = getenv("TERM");

    if (!isatty(STDERR_FILENO) || !kind || !strcmp(kind, "dumb"))
        return NULL;
    return stderr;
}

void cli_progress_init(struct cli_progress *progress, FILE *stream,
                       uint64_t total, int64_t now_ns)
{
    *progress = (struct cli_progress){ .stream = stream,
                                       .total = total,
                                       .start_ns = now_ns };
}

static void draw_bar(const struct cli_progress *progress, double share)
{
    char bar[BAR + 1];

    if (share > 1)
        share = 1;
    for (int i = 0; i < BAR; i++)
        bar[i] = i < share * BAR ? '#' : '-';
    bar[BAR] = '\0';
    fprintf(progress->stream, "[%s] %3.0f %%  ", bar, share * 100);
}

/* "1.4 M rows", or K, or as many as there are if these are few. */
static void draw_count(const struct cli_progress *progress, double rows)
{
    if (rows < 1e3)
        fprintf(progress->stream, "%.0f rows", rows);
    else
        fprintf(progress->stream, "%.1f %c rows",
                rows / (rows < 1e6 ? 1e3 : 1e6), rows < 1e6 ? 'K' : 'M');
}

/* The line end is cleared, so that a shorter text leaves nothing behind. */
static void draw_rows(const struct cli_progress *progress, double done,
                      double seconds)
{
    draw_count(progress, done);
    fputs("  ", progress->stream);
    draw_count(progress, done / seconds);
    fputs("/s\x1b[K", progress->stream);
    fflush(progress->stream);
}

void cli_progress_update(struct cli_progress *progress, uint64_t done,
                         int64_t now_ns)
{
    double share =
        progress->total ? (double)done / (double)progress->total : -1;

    cli_progress_share(progress, done, share, now_ns);
}

void cli_progress_share(struct cli_progress *progress, uint64_t done,
                        double share, int64_t now_ns)
{
    if (!progress->stream || now_ns - progress->start_ns < FIRST_NS ||
        now_ns - progress->drawn_ns < REDRAW_NS)
        return;
    fputc('\r', progress->stream);
    if (share >= 0)
        draw_bar(progress, share);
    draw_rows(progress, (double)done,
              (double)(now_ns - progress->start_ns) / 1e9);
    progress->drawn_ns = now_ns;
}

void cli_progress_clear(struct cli_progress *progress)
{
    if (!progress->drawn_ns)
        return;
    fputs("\r\x1b[K", progress->stream);
    fflush(progress->stream);
    progress->drawn_ns = 0;
}
