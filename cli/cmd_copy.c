/*
 * lanceio copy: write the rows of a dataset to another, in other columns, file
 * version or encodings.
 *
 *     options -> engine -> dataset -> stream of batches -> writer
 */
#include "cli/dataset.h"
#include "cli/printing.h"
#include "cli/writing.h"

#include <stdlib.h>

static const char copy_help[] =
    "Usage: lanceio copy FROM TO [OPTION...]\n"
    "\n"
    "Write the rows of FROM, a Lance dataset directory or a .lance data file, "
    "to\n"
    "the dataset TO.  Deleted rows are left out.\n"
    "\n"
    "      --columns A,B,...   only these columns, in this order; may be "
    "repeated\n"
    "                          point.x is of column point the part x "
    "alone\n" CLI_DATASET_HELP
    "      --offset N          begin at row N, counted from 0\n"
    "      --limit N           copy N rows at the most\n" CLI_WRITING_HELP "\n"
    "--version, --branch and --tag are about FROM, all options below --limit "
    "about\n"
    "TO.  If anything fails nothing is written.\n"
    "\n"
    "Examples:\n"
    "  lanceio copy flights.lance small.lance --limit 1000\n"
    "  lanceio copy flights.lance old.lance --file-version 2.0\n"
    "  lanceio copy flights.lance delays.lance --columns origin,delay\n"
    "  lanceio copy today.lance all.lance --mode append\n";

static const struct option copy_longs[] = {
    { "columns", required_argument, NULL, CLI_OPT_COLUMNS },
    CLI_DATASET_LONGS,
    CLI_RANGE_LONGS,
    CLI_WRITING_LONGS,
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax copy_syntax = { .longs = copy_longs,
                                               .help = copy_help };

/* What was asked for. */
struct request {
    const char *from, *to;
    struct lio_dataset_options dataset;
    struct cli_names columns;
    struct cli_range range;
};

/* A copy under way. */
struct copy {
    struct lio_dataset *dataset;
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    uint64_t total; /* rows */
    struct cli_writing writing;
};

/* -- options ------------------------------------------------------------- */

static int take_option(const struct cli *cli, int opt, struct request *request,
                       struct cli_writing *writing)
{
    switch (opt) {
    case CLI_OPT_COLUMNS:
        return cli_names_add(cli, optarg, &request->columns);
    case CLI_OPT_OFFSET:
    case CLI_OPT_LIMIT:
        return cli_range_option(cli, opt, &request->range);
    case CLI_OPT_VERSION:
    case CLI_OPT_BRANCH:
    case CLI_OPT_TAG:
        return cli_dataset_option(cli, opt, &request->dataset);
    default:
        return cli_writing_option(cli, opt, writing);
    }
}

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request, struct cli_writing *writing)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &copy_syntax)) >= 0) {
        code = take_option(cli, opt, request, writing);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (argc - optind < 2)
        return cli_usage(cli, "two paths are needed: of the dataset to copy "
                              "and of the one to make");
    if (argc - optind > 2)
        return cli_usage(cli, "'%s' is one path too many", argv[optind + 2]);
    request->from = argv[optind];
    request->to = argv[optind + 1];
    return cli_writing_check(cli, writing);
}

/* -- the copy ------------------------------------------------------------ */

static int open_copy(const struct cli *cli, const struct request *request,
                     struct copy *copy)
{
    const struct lio_scan wanted = { .columns = request->columns.all,
                                     .ncolumns = request->columns.n,
                                     .offset = request->range.offset,
                                     .limit = request->range.limit };
    struct lio_error err;
    int code = cli_dataset_open(cli, copy->writing.engine, request->from,
                                &request->dataset, &copy->dataset);
    int rc;

    if (code)
        return code;
    copy->total = cli_range_rows(&request->range, copy->dataset);
    rc = lio_scan_schema(copy->dataset, &wanted, &copy->schema, &err);
    if (rc == LIO_EINVAL) /* a column that does not exist */
        return cli_usage(cli, "%s", err.msg);
    if (rc < 0 ||
        lio_scan_stream(copy->dataset, &wanted, &copy->stream, &err) < 0)
        return cli_fail(cli, &err);
    return cli_writing_open(cli, request->to, &copy->schema, &copy->writing);
}

static int copy_rows(const struct cli *cli, struct copy *copy)
{
    for (;;) {
        struct ArrowArray batch;
        int os_errno = copy->stream.get_next(&copy->stream, &batch), code;
        uint64_t done;

        if (os_errno) {
            cli_progress_clear(&copy->writing.progress);
            return cli_fail_stream(cli, &copy->stream, os_errno);
        }
        if (!batch.release)
            return CLI_DONE;
        done = copy->writing.rows + (uint64_t)batch.length;
        code = cli_writing_append(cli, &copy->writing, &batch,
                                  (double)done / (double)copy->total);
        if (code)
            return code;
    }
}

static int run(const struct cli *cli, const struct request *request,
               struct copy *copy)
{
    int code = cli_writing_start(cli, &copy->writing);

    if (!code)
        code = open_copy(cli, request, copy);
    if (!code && copy->total > 0)
        code = copy_rows(cli, copy);
    return code ? code : cli_writing_finish(cli, &copy->writing);
}

static int close_copy(const struct cli *cli, struct copy *copy, int code)
{
    if (copy->stream.release)
        copy->stream.release(&copy->stream);
    if (copy->schema.release)
        copy->schema.release(&copy->schema);
    lio_dataset_close(copy->dataset);
    return cli_writing_close(cli, &copy->writing, code);
}

int cmd_copy(struct cli *cli, int argc, char **argv)
{
    struct request request = { 0 };
    struct copy copy = { 0 };
    int code = parse(cli, argc, argv, &request, &copy.writing);

    if (!code && request.from) {
        code = run(cli, &request, &copy);
        code = close_copy(cli, &copy, code);
    }
    cli_names_release(&request.columns);
    return code;
}
