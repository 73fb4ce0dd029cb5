/*
 * lanceio scan: print the rows of a dataset.
 *
 *     options -> engine -> dataset -> stream of batches -> format -> stdout
 *
 * Rows go to stdout and nothing else does; the summary goes to stderr.
 */
#include "cli/dataset.h"

#include "cli/live.h"
#include "cli/progress.h"
#include "cli/printing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    "      --limit N           print N rows at the most\n"
    "      --format FORMAT     ndjson, csv, table or none (read all, print "
    "nothing);\n"
    "                          table on a terminal, else ndjson\n"
    "      --raw               dates, times, durations and decimals as the\n"
    "                          integers that are stored\n"
    "      --no-engine         read with plain synchronous calls: no cache, "
    "no\n"
    "                          statistics, the same rows\n"
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

enum {
    OPT_COLUMNS = 1,
    OPT_OFFSET,
    OPT_LIMIT,
    OPT_FORMAT,
    OPT_RAW,
    OPT_NO_ENGINE,
    OPT_BATCH_ROWS,
    OPT_MEMORY
};

static const struct option scan_longs[] = {
    { "columns", required_argument, NULL, OPT_COLUMNS },
    CLI_DATASET_LONGS,
    { "offset", required_argument, NULL, OPT_OFFSET },
    { "limit", required_argument, NULL, OPT_LIMIT },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "raw", no_argument, NULL, OPT_RAW },
    { "no-engine", no_argument, NULL, OPT_NO_ENGINE },
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
    struct lio_dataset_options dataset;
    struct cli_names columns;
    uint64_t offset, limit, batch_rows;
    uint64_t memory; /* MiB; 0: as the library likes */
    bool has_limit;  /* a limit of 0 means no rows here */
    const struct cli_format *format;
    uint32_t value_flags;
    bool no_engine;
};

/* A scan under way. */
struct scan {
    struct lio_engine *engine; /* or NULL */
    struct cli_live *live;
    struct lio_dataset *dataset;
    struct ArrowArrayStream stream;
    struct cli_printing printing;
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

static int take_option(const struct cli *cli, int opt, struct request *request)
{
    switch (opt) {
    case OPT_COLUMNS:
        return cli_names_add(cli, optarg, &request->columns);
    case OPT_OFFSET:
        return cli_parse_number(cli, "--offset", optarg, &request->offset);
    case OPT_LIMIT:
        request->has_limit = true;
        return cli_parse_number(cli, "--limit", optarg, &request->limit);
    case OPT_FORMAT:
        return cli_set_format(cli, optarg, &request->format);
    case OPT_RAW:
        request->value_flags |= CLI_VALUE_RAW;
        return CLI_DONE;
    case OPT_NO_ENGINE:
        request->no_engine = true;
        return CLI_DONE;
    case OPT_BATCH_ROWS:
        return set_batch_rows(cli, optarg, request);
    case OPT_MEMORY:
        return set_memory(cli, optarg, request);
    default:
        return cli_dataset_option(cli, opt, &request->dataset);
    }
}

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &scan_syntax)) >= 0) {
        code = take_option(cli, opt, request);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (!request->format)
        request->format = cli_default_format();
    return cli_dataset_path(cli, argc, argv, &request->path);
}

/* -- the scan ------------------------------------------------------------ */

static struct lio_scan make_scan(const struct request *request)
{
    return (struct lio_scan){ .columns = request->columns.all,
                              .ncolumns = request->columns.n,
                              .offset = request->offset,
                              .limit = request->limit,
                              .batch_rows = (uint32_t)request->batch_rows,
                              .memory = request->memory << 20 };
}

/* How many rows there will be. */
static uint64_t count_rows(const struct request *request,
                           const struct lio_dataset *dataset)
{
    struct lio_dataset_info info;
    uint64_t rows;

    lio_dataset_info(dataset, &info);
    rows = info.rows > request->offset ? info.rows - request->offset : 0;
    return request->has_limit && request->limit < rows ? request->limit : rows;
}

/* Rows that scroll past are progress enough. */
static FILE *progress_stream(const struct cli *cli,
                             const struct request *request)
{
    bool rows_visible =
        isatty(STDOUT_FILENO) && request->format != &cli_format_none;

    return isatty(STDERR_FILENO) && !rows_visible && !cli->quiet ? stderr
                                                                 : NULL;
}

static int open_scan(const struct cli *cli, const struct request *request,
                     struct scan *scan)
{
    struct lio_scan wanted = make_scan(request);
    struct lio_error err;
    int code, rc;

    if (!request->no_engine) {
        code = cli_open_engine(cli, &scan->engine);
        if (code)
            return code;
        scan->live = cli_live_start(scan->engine);
    }
    code = cli_dataset_open(cli, scan->engine, request->path, &request->dataset,
                            &scan->dataset);
    if (code)
        return code;
    rc = lio_scan_schema(scan->dataset, &wanted, &scan->printing.schema, &err);
    if (rc == LIO_EINVAL) /* a column that does not exist */
        return cli_usage(cli, "%s", err.msg);
    if (rc < 0 ||
        cli_printing_open(&scan->printing, request->format,
                          request->value_flags, &err) < 0 ||
        lio_scan_stream(scan->dataset, &wanted, &scan->stream, &err) < 0)
        return cli_fail(cli, &err);
    return CLI_DONE;
}

static void close_scan(const struct cli *cli, struct scan *scan)
{
    if (scan->stream.release)
        scan->stream.release(&scan->stream);
    cli_printing_close(&scan->printing);
    lio_dataset_close(scan->dataset);
    cli_live_stop(scan->live);
    cli_close_engine(cli, scan->engine);
}

/* A stream only has errno and a sentence.  The rows before it are good. */
static int fail_stream(const struct cli *cli, struct scan *scan, int os_errno)
{
    const char *said = scan->stream.get_last_error(&scan->stream);
    struct lio_error err;

    cli_progress_clear(&scan->progress);
    (void)cli_out_flush(&scan->printing.out);
    lio_error_set(&err, LIO_EIO, "%s", said ? said : strerror(os_errno));
    return cli_fail(cli, &err);
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

/* -- the end ------------------------------------------------------------- */

static int finish_rows(struct cli *cli, struct scan *scan)
{
    cli_printing_end(&scan->printing);
    cli_progress_clear(&scan->progress);
    return cli_finish_out(cli, &scan->printing.out);
}

static int run(struct cli *cli, const struct request *request,
               struct scan *scan)
{
    int64_t start_ns = cli_progress_now();
    int code = open_scan(cli, request, scan);

    if (code)
        return code;
    cli_progress_init(&scan->progress, progress_stream(cli, request),
                      count_rows(request, scan->dataset), start_ns);
    if (!request->has_limit || request->limit > 0)
        code = print_rows(cli, scan);
    if (!code)
        code = finish_rows(cli, scan);
    if (!code)
        cli_print_summary(cli, scan->engine, scan->rows,
                          scan->progress.start_ns);
    return code;
}

int cmd_scan(struct cli *cli, int argc, char **argv)
{
    struct request request = { 0 };
    struct scan scan = { 0 };
    int code = parse(cli, argc, argv, &request);

    if (!code && request.path) {
        code = run(cli, &request, &scan);
        close_scan(cli, &scan);
    }
    free(request.columns.all);
    return code;
}
