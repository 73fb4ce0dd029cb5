/*
 * Printing rows: what commands that do share, from options to the last line on
 * stderr.
 */
#ifndef LIO_CLI_PRINTING_H
#define LIO_CLI_PRINTING_H

#include "cli/cli.h"
#include "cli/dataset.h"
#include "cli/format.h"
#include "cli/live.h"

/* -- options ------------------------------------------------------------- */

/* Zero it. */
struct cli_names {
    const char **all; /* copies */
    uint32_t n;
};

/* Add the names in "a,b".  The list is copied and not cut apart where it is:
 * the engine records the command line as argv has it.  Returns 0 or an exit
 * code, reported. */
int cli_names_add(const struct cli *cli, const char *list,
                  struct cli_names *names);
void cli_names_release(struct cli_names *names);

enum {
    CLI_OPT_COLUMNS = 700,
    CLI_OPT_FORMAT,
    CLI_OPT_RAW,
    CLI_OPT_PLAIN /* --no-engine */
};

/* For a command's table of options, and for its help: these come with those of
 * a dataset. */
#define CLI_PRINTING_LONGS                                                     \
    { "columns", required_argument, NULL, CLI_OPT_COLUMNS },                   \
        CLI_DATASET_LONGS,                                                     \
        { "format", required_argument, NULL, CLI_OPT_FORMAT },                 \
        { "raw", no_argument, NULL, CLI_OPT_RAW },                             \
    {                                                                          \
        "no-engine", no_argument, NULL, CLI_OPT_PLAIN                          \
    }
#define CLI_PRINTING_HELP                                                      \
    "      --format FORMAT     ndjson, csv, table or none (read all, print "   \
    "nothing);\n"                                                              \
    "                          table on a terminal, else ndjson\n"             \
    "      --raw               dates, times, durations and decimals as the\n"  \
    "                          integers that are stored\n"                     \
    "      --no-engine         read with plain synchronous calls: no cache, "  \
    "no\n"                                                                     \
    "                          statistics, the same rows\n"

/* Rows on their way to stdout. */
struct cli_printing {
    /* what was asked for */
    struct lio_dataset_options options;
    struct cli_names columns;
    const struct cli_format *format;
    uint32_t value_flags;
    bool no_engine;

    struct lio_engine *engine; /* or NULL */
    struct cli_live *live;
    struct lio_dataset *dataset;
    struct ArrowSchema schema;
    struct cli_value *values; /* a column each */
    struct cli_out out;
    void *printer; /* of the format */
    int64_t start_ns;
};

/* Take one of the options above, or of a dataset.  Returns 0 or an exit code,
 * reported, as all below; close it on failure, too. */
int cli_printing_option(const struct cli *cli, int opt,
                        struct cli_printing *printing);

/* -- rows ---------------------------------------------------------------- */

/* The clock starts; open the engine, unless there is to be none, and the
 * dataset. */
int cli_printing_start(const struct cli *cli, const char *path,
                       struct cli_printing *printing);

/* Print what begins the rows of `wanted`. */
int cli_printing_open(const struct cli *cli, const struct lio_scan *wanted,
                      struct cli_printing *printing);
void cli_printing_rows(struct cli_printing *printing,
                       const struct ArrowArray *batch);

/* What ends them, all of it flushed. */
int cli_printing_end(struct cli *cli, struct cli_printing *printing);

/* The last line: what `rows` took since the start. */
void cli_print_summary(const struct cli *cli,
                       const struct cli_printing *printing, uint64_t rows);

void cli_printing_close(const struct cli *cli, struct cli_printing *printing);

#endif
