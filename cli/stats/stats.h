/*
 * What the rooms of lanceio stats share: a statistics database that can only be
 * read, and where its rows are printed.
 *
 *     list.c       the latest runs
 *     show.c       all about one run
 *     sql.c        whatever the user asks
 *     query.c      rows of a query, printed
 *     database.c   the file, and what may be done with it
 *
 * Functions return 0 or an exit code, reported.
 */
#ifndef LIO_CLI_STATS_STATS_H
#define LIO_CLI_STATS_STATS_H

#include "cli/cli.h"
#include "cli/rows.h"

#include <limits.h>

struct sqlite3;
struct sqlite3_stmt;

struct cli_stats {
    struct cli *cli;
    char path[PATH_MAX];
    bool is_named; /* by the user, and not by the configuration */
    struct sqlite3 *sql;
    bool was_denied; /* something that is not reading */

    const struct cli_rows_format *format; /* of rows without a title */
    unsigned screen_columns;              /* 0: any */
    struct cli_out out;
};

/* -- the database (database.c) -------------------------------------------- */

/* Open `path`; close it on failure, too. */
int cli_stats_open(struct cli_stats *stats);
void cli_stats_close(struct cli_stats *stats);

/* Report what SQLite says about the database as a whole. */
int cli_stats_fail(const struct cli_stats *stats);

/* Prepare one of our own queries, about a run or with a limit: ?1. */
int cli_stats_prepare(struct cli_stats *stats, const char *text, int64_t number,
                      struct sqlite3_stmt **ret_query);

/* -- rows (query.c) ------------------------------------------------------- */

/* The value in a column of the row that the query stands at. */
struct cli_cell cli_stats_cell(struct sqlite3_stmt *query, int column);

/* Print the rows of a query: in the format of `stats`; or, as one part of many,
 * in a table with a title, both left out if there are no rows. */
int cli_stats_print(struct cli_stats *stats, struct sqlite3_stmt *query,
                    const char *title);

/* -- what can be asked (list.c, show.c, sql.c) ---------------------------- */

/* The latest runs, `limit` of them at the most. */
int cli_stats_list(struct cli_stats *stats, uint64_t limit);

/* All about the run with this number, or the last one. */
int cli_stats_show(struct cli_stats *stats, const char *run);

/* The rows of a statement of the user's. */
int cli_stats_sql(struct cli_stats *stats, const char *text);

#endif
