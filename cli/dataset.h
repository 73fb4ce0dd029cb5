/*
 * Which dataset, in which state, and which of its rows: what commands that open
 * one share.
 */
#ifndef LIO_CLI_DATASET_H
#define LIO_CLI_DATASET_H

#include "cli/cli.h"

#include <lanceio/column.h>

enum {
    CLI_OPT_VERSION = 900,
    CLI_OPT_BRANCH,
    CLI_OPT_TAG,
    CLI_OPT_OFFSET,
    CLI_OPT_LIMIT
};

/* For a command's table of options, and for its help. */
#define CLI_DATASET_LONGS                                                      \
    { "version", required_argument, NULL, CLI_OPT_VERSION },                   \
        { "branch", required_argument, NULL, CLI_OPT_BRANCH },                 \
    {                                                                          \
        "tag", required_argument, NULL, CLI_OPT_TAG                            \
    }
#define CLI_DATASET_HELP                                                       \
    "      --version N         version N of the dataset, not the latest\n"     \
    "      --branch NAME       this branch of it\n"                            \
    "      --tag NAME          the version with this tag\n"

#define CLI_RANGE_LONGS                                                        \
    { "offset", required_argument, NULL, CLI_OPT_OFFSET },                     \
    {                                                                          \
        "limit", required_argument, NULL, CLI_OPT_LIMIT                        \
    }

/* Take one of these options.  Returns 0 or an exit code, reported. */
int cli_dataset_option(const struct cli *cli, int opt,
                       struct lio_dataset_options *options);

/* The one path that is left when the options have been read. */
int cli_dataset_path(const struct cli *cli, int argc, char **argv,
                     const char **ret_path);

/* Open a dataset; `engine` may be NULL.  Returns 0 or an exit code, reported.
 */
int cli_dataset_open(const struct cli *cli, struct lio_engine *engine,
                     const char *path,
                     const struct lio_dataset_options *options,
                     struct lio_dataset **ret_dataset);

/* -- rows ---------------------------------------------------------------- */

/* Those from `offset` on. */
struct cli_range {
    uint64_t offset;
    uint64_t limit; /* rows at the most, if there is one: 0 is none of them */
    bool has_limit;
};

/* Take --offset or --limit.  Returns 0 or an exit code, reported. */
int cli_range_option(const struct cli *cli, int opt, struct cli_range *range);

/* How many rows of the dataset these are. */
uint64_t cli_range_rows(const struct cli_range *range,
                        const struct lio_dataset *dataset);

/* Report that a stream could not go on: it has only errno and a sentence.
 * Returns the exit code. */
int cli_fail_stream(const struct cli *cli, struct ArrowArrayStream *stream,
                    int os_errno);

#endif
