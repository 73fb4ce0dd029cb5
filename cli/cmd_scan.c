/*
 * lanceio scan: print the rows of a dataset.
 *
 *     options -> engine -> dataset -> stream of batches -> format -> stdout
 *
 * Rows go to stdout and nothing else does; the summary goes to stderr.
 */
#include "cli/printing.h"
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const char scan_help[] =
    "Usage: lanceio scan PATH [OPTION...]\n"
    "\n"
    "Print the rows of PATH, a Lance dataset directory or a .lance data file.\n"
    "\n"
    "      --columns A,B,...   only these columns, in this order; may be "
    "repeated\n"
    "                          point.x is of column point the part x "
    "alone;\n"
    "                          _rowid and _rowaddr say which rows these "
    "are\n" CLI_DATASET_HELP
    "      --offset N          begin at row N, counted from 0\n"
    "      --limit N           print N rows at the most\n" CLI_PRINTING_HELP
    "      --batch-rows N      decode N rows at a time (8192, fewer if they "
    "are\n"
    "                          large)\n"
    "      --memory N          hold N MiB at the most while reading (64)\n"
    "\n"
    "Dates and times are ISO 8601, timestamps with a time zone are in UTC and\n"
    "end in Z, decimals keep all their digits, binary is base64.  In CSV a "
    "null\n"
    "is an empty field and an empty string is \"\".\n"
    "\n"
    "A last line on stderr tells rows, bytes delivered by the engine, "
    "seconds,\n"
    "operations of the device, cache hits, backend, and the run's number in "
    "the\n"
    "statistics (lanceio stats show N).\n"
    "\n"
    "Examples:\n"
    "  lanceio scan flights.lance --limit 10\n"
    "  lanceio scan flights.lance --version 3\n"
    "  lanceio scan flights.lance --columns origin,delay --format csv > d.csv\n"
    "  lanceio scan flights.lance | jq -r .destination | sort | uniq -c\n"
    "  lanceio scan flights.lance --format none -s backend.plugin="
    "backend-pread\n";

enum { OPT_BATCH_ROWS = 1, OPT_MEMORY };

static const struct option scan_longs[] = {
    CLI_PRINTING_LONGS,
    CLI_RANGE_LONGS,
    { "batch-rows", required_argument, NULL, OPT_BATCH_ROWS },
    { "memory", required_argument, NULL, OPT_MEMORY },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax scan_syntax = { .longs = scan_longs,
                                               .help = scan_help };

#define MEMORY_MAX (1u << 20) /* MiB: a TiB */

/* What was asked for. */
struct request {
    const char *path;
    struct cli_range range;
    uint64_t batch_rows;
    uint64_t memory; /* MiB; 0: as the library likes */
};

/* A scan under way. */
struct scan {
    struct cli_printing printing;
    struct ArrowArrayStream stream;
    struct cli_progress progress;
    uint64_t rows; /* printed so far */
};

/* -- options ------------------------------------------------------------- */

static int set_batch_rows(const struct cli *cli, const char *text,
                          struct request *request)
{
    int code =
        cli_parse_number(cli, "--batch-rows", text, &request->batch_rows);

    if (code == CLI_DONE &&
        (request->batch_rows == 0 || request->batch_rows > UINT32_MAX))
        return cli_usage(cli, "--batch-rows %s: from 1 to %" PRIu32, text,
                         UINT32_MAX);
    return code;
}

static int set_memory(const struct cli *cli, const char *text,
                      struct request *request)
{
    int code = cli_parse_number(cli, "--memory", text, &request->memory);

    if (code == CLI_DONE &&
        (request->memory == 0 || request->memory > MEMORY_MAX))
        return cli_usage(cli, "--memory %s: from 1 to %u", text, MEMORY_MAX);
    return code;
}

static int take_option(const struct cli *cli, int opt, struct request *request,
                       struct cli_printing *printing)
{
    switch (opt) {
    case CLI_OPT_OFFSET:
    case CLI_OPT_LIMIT:
        return cli_range_option(cli, opt, &request->range);
    case OPT_BATCH_ROWS:
        return set_batch_rows(cli, optarg, request);
    case OPT_MEMORY:
        return set_memory(cli, optarg, request);
    default:
        return cli_printing_option(cli, opt, printing);
    }
}

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request, struct cli_printing *printing)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &scan_syntax)) >= 0) {
        code = take_option(cli, opt, request, printing);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    return cli_dataset_path(cli, argc, argv, &request->path);
}

/* -- the scan ------------------------------------------------------------ */

static struct lio_scan make_scan(const struct request *request,
                                 const struct cli_printing *printing)
{
    return (struct lio_scan){ .columns = printing->columns.all,
                              .ncolumns = printing->columns.n,
                              .offset = request->range.offset,
                              .limit = request->range.limit,
                              .batch_rows = (uint32_t)request->batch_rows,
                              .memory = request->memory << 20 };
}

/* Rows that scroll past are progress enough. */
static FILE *progress_stream(const struct cli *cli,
                             const struct cli_printing *printing)
{
    bool rows_visible =
        isatty(STDOUT_FILENO) && printing->format != &cli_format_none;

    return rows_visible || cli->quiet ? NULL : cli_progress_terminal();
}

static int open_scan(const struct cli *cli, const struct request *request,
                     struct scan *scan)
{
    struct lio_scan wanted = make_scan(request, &scan->printing);
    struct lio_error err;
    int code = cli_printing_start(cli, request->path, &scan->printing);

    if (!code)
        code = cli_printing_open(cli, &wanted, &scan->printing);
    if (code)
        return code;
    cli_progress_init(&scan->progress, progress_stream(cli, &scan->printing),
                      cli_range_rows(&request->range, scan->printing.dataset),
                      scan->printing.start_ns);
    if (lio_scan_stream(scan->printing.dataset, &wanted, &scan->stream, &err) <
        0)
        return cli_fail(cli, &err);
    return CLI_DONE;
}

static void close_scan(const struct cli *cli, struct scan *scan)
{
    if (scan->stream.release)
        scan->stream.release(&scan->stream);
    cli_printing_close(cli, &scan->printing);
}

/* The rows before it are good. */
static int fail_stream(const struct cli *cli, struct scan *scan, int os_errno)
{
    cli_progress_clear(&scan->progress);
    (void)cli_out_flush(&scan->printing.out);
    return cli_fail_stream(cli, &scan->stream, os_errno);
}

static int print_rows(const struct cli *cli, struct scan *scan)
{
    while (!scan->printing.out.os_errno) {
        struct ArrowArray batch;
        int os_errno = scan->stream.get_next(&scan->stream, &batch);

        if (os_errno)
            return fail_stream(cli, scan, os_errno);
        if (!batch.release)
            break;
        cli_printing_rows(&scan->printing, &batch);
        scan->rows += (uint64_t)batch.length;
        batch.release(&batch);
        cli_progress_update(&scan->progress, scan->rows, cli_progress_now());
    }
    return CLI_DONE;
}

static int run(struct cli *cli, const struct request *request,
               struct scan *scan)
{
    int code = open_scan(cli, request, scan);

    if (code)
        return code;
    if (!request->range.has_limit || request->range.limit > 0)
        code = print_rows(cli, scan);
    cli_progress_clear(&scan->progress);
    if (!code)
        code = cli_printing_end(cli, &scan->printing);
    if (!code)
        cli_print_summary(cli, &scan->printing, scan->rows);
    return code;
}

int cmd_scan(struct cli *cli, int argc, char **argv)
{
    struct request request = { 0 };
    struct scan scan = { 0 };
    int code = parse(cli, argc, argv, &request, &scan.printing);

    if (!code && request.path)
        code = run(cli, &request, &scan);
    close_scan(cli, &scan);
    return code;
}
