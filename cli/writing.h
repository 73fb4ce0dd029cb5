/*
 * Writing a dataset: what commands that do share, from options to the last line
 * on stderr.
 */
#ifndef LIO_CLI_WRITING_H
#define LIO_CLI_WRITING_H

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/progress.h"

#include <lanceio/column.h>

enum {
    CLI_OPT_MODE = 800,
    CLI_OPT_FILE_VERSION,
    CLI_OPT_COMPRESSION,
    CLI_OPT_ROWS_PER_FILE,
    CLI_OPT_PAGE_CACHE,
    CLI_OPT_NO_ENGINE
};

/* For a command's table of options, and for its help. */
#define CLI_WRITING_LONGS                                                      \
    { "mode", required_argument, NULL, CLI_OPT_MODE },                         \
        { "file-version", required_argument, NULL, CLI_OPT_FILE_VERSION },     \
        { "compression", required_argument, NULL, CLI_OPT_COMPRESSION },       \
        { "rows-per-file", required_argument, NULL, CLI_OPT_ROWS_PER_FILE },   \
        { "page-cache", no_argument, NULL, CLI_OPT_PAGE_CACHE },               \
    {                                                                          \
        "no-engine", no_argument, NULL, CLI_OPT_NO_ENGINE                      \
    }
#define CLI_WRITING_HELP                                                       \
    "      --mode MODE         create (a dataset; it must not exist), "        \
    "append,\n"                                                                \
    "                          overwrite (a new version with these rows "      \
    "alone)\n"                                                                 \
    "                          or file (one data file, no dataset; replaces "  \
    "one);\n"                                                                  \
    "                          create\n"                                       \
    "      --file-version V    2.0, 2.1 or 2.2; that of the dataset appended " \
    "to,\n"                                                                    \
    "                          else what current LanceDB writes\n"             \
    "      --compression NAME  none, fsst, lz4 or zstd; chosen by what is "    \
    "smallest\n"                                                               \
    "      --rows-per-file N   begin another file after N rows (1M)\n"         \
    "      --page-cache        keep what is written in the page cache, for "   \
    "who "                                                                     \
    "reads\n"                                                                  \
    "                          it soon; else large pages go past it\n"         \
    "      --no-engine         plain synchronous calls: no statistics, the\n"  \
    "                          same bytes\n"

/* A dataset on its way. */
struct cli_writing {
    struct lio_write_options options; /* of the command line */
    bool no_engine;

    struct cli_interrupt interrupt; /* which gives the rows up */
    struct lio_engine *engine;      /* or NULL */
    struct cli_live *live;
    struct lio_writer *writer;
    struct cli_progress progress;
    uint64_t rows; /* appended */
    uint64_t text; /* bytes of text that they are from, or 0 */
    int64_t start_ns;
};

/* Take one of the options above.  Returns 0 or an exit code, reported. */
int cli_writing_option(const struct cli *cli, int opt,
                       struct cli_writing *writing);

/* Do they go together, as far as that can be told from them?  The same. */
int cli_writing_check(const struct cli *cli, const struct cli_writing *writing);

/* Open the engine, unless there is to be none; before anything is read through
 * it.  The clock starts.  Returns 0 or an exit code, reported, as all below;
 * close it on failure, too. */
int cli_writing_start(const struct cli *cli, struct cli_writing *writing);

/* Open `path` for rows of `schema`. */
int cli_writing_open(const struct cli *cli, const char *path,
                     const struct ArrowSchema *schema,
                     struct cli_writing *writing);

/* Append a batch, which is moved in; `share` is of all the work, or below 0. */
int cli_writing_append(const struct cli *cli, struct cli_writing *writing,
                       struct ArrowArray *batch, double share);

/* Commit, and say what has been written. */
int cli_writing_finish(const struct cli *cli, struct cli_writing *writing);

/* Without a finish nothing stays.  Returns `code`, or that of a signal that
 * was the cause of it. */
int cli_writing_close(const struct cli *cli, struct cli_writing *writing,
                      int code);

#endif
