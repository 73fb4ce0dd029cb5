/*
 * A progress bar on a terminal, for work that turns out to be long.
 *
 *     [#############---------------]  46 %  1.4 M rows  2.8 M rows/s
 *
 *     1.4 M rows  2.8 M rows/s            when nobody knows how many there are
 *
 * It is drawn by whoever does the work, between two pieces of it: no thread,
 * nothing to stop when the work fails.
 */
#ifndef LIO_CLI_PROGRESS_H
#define LIO_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cli_progress {
    FILE *stream;     /* or NULL: never draw */
    uint64_t total;   /* rows; 0: not known, so there is no bar */
    int64_t start_ns; /* monotonic */
    int64_t drawn_ns; /* when last, or 0 */
};

/* Nanoseconds on the monotonic clock. */
int64_t cli_progress_now(void);

/* Where a bar can be drawn: stderr, if it is a terminal that can wipe a line;
 * else NULL. */
FILE *cli_progress_terminal(void);

/* Begin at `now_ns`; `stream` is a terminal, or NULL. */
void cli_progress_init(struct cli_progress *progress, FILE *stream,
                       uint64_t total, int64_t now_ns);

/* `done` rows are; draws if it is time to. */
void cli_progress_update(struct cli_progress *progress, uint64_t done,
                         int64_t now_ns);

/* The same, if something else than rows tells how far the work is: `share` of
 * it, from 0 to 1, or below 0 if nothing does. */
void cli_progress_share(struct cli_progress *progress, uint64_t done,
                        double share, int64_t now_ns);

/* Wipe it away, if it was ever drawn. */
void cli_progress_clear(struct cli_progress *progress);

#endif
