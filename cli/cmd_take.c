/*
 * lanceio take: print single rows of a dataset, in the order asked for.
 *
 * What scan is for many rows: it shows what a random access costs.
 */
#include "cli/dataset.h"

#include "cli/live.h"
#include "cli/printing.h"
#include "cli/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char take_help[] =
    "Usage: lanceio take PATH --rows N,N,... | --random N [OPTION...]\n"
    "\n"
    "Print rows of PATH, a Lance dataset directory or a .lance data file, by "
    "their\n"
    "numbers: counted from 0, in the order in which scan prints them.\n"
    "\n"
    "      --rows N,N,...      these rows, in this order; may be repeated\n"
    "      --random N          N rows drawn by chance, some maybe twice\n"
    "      --seed N            draw other rows (1)\n"
    "      --columns A,B,...   only these columns, in this order; may be "
    "repeated\n" CLI_DATASET_HELP
    "      --format FORMAT     ndjson, csv, table or none (read all, print "
    "nothing);\n"
    "                          table on a terminal, else ndjson\n"
    "      --raw               dates, times, durations and decimals as the\n"
    "                          integers that are stored\n"
    "      --no-engine         read with plain synchronous calls: no cache, "
    "no\n"
    "                          statistics, the same rows\n"
    "\n"
    "Where the layout of a column allows, no more of it is read than the rows\n"
    "need.  Rows and values look as in scan, and so does the last line.\n"
    "\n"
    "Examples:\n"
    "  lanceio take flights.lance --rows 5,1,9\n"
    "  lanceio take flights.lance --random 1000 --columns delay --format "
    "none\n";

enum {
    OPT_ROWS = 1,
    OPT_RANDOM,
    OPT_SEED,
    OPT_COLUMNS,
    OPT_FORMAT,
    OPT_RAW,
    OPT_NO_ENGINE
};

static const struct option take_longs[] = {
    { "rows", required_argument, NULL, OPT_ROWS },
    { "random", required_argument, NULL, OPT_RANDOM },
    { "seed", required_argument, NULL, OPT_SEED },
    { "columns", required_argument, NULL, OPT_COLUMNS },
    CLI_DATASET_LONGS,
    { "format", required_argument, NULL, OPT_FORMAT },
    { "raw", no_argument, NULL, OPT_RAW },
    { "no-engine", no_argument, NULL, OPT_NO_ENGINE },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax take_syntax = { .longs = take_longs,
                                               .help = take_help };

/* More would be a scan. */
#define ROWS_MAX UINT64_C(100000000)

/* What was asked for. */
struct request {
    const char *path;
    struct lio_dataset_options dataset;
    struct cli_names columns;
    struct cli_names numbers; /* of rows, as they were written */
    uint64_t nrandom, seed;
    const struct cli_format *format;
    uint32_t value_flags;
    bool no_engine;
};

/* A take under way. */
struct take {
    struct lio_engine *engine; /* or NULL */
    struct cli_live *live;
    struct lio_dataset *dataset;
    uint64_t *rows; /* nrows */
    uint64_t nrows;
    struct cli_printing printing;
};

/* -- options ------------------------------------------------------------- */

static int set_random(const struct cli *cli, const char *text,
                      struct request *request)
{
    int code = cli_parse_number(cli, "--random", text, &request->nrandom);

    if (code == CLI_DONE &&
        (request->nrandom == 0 || request->nrandom > ROWS_MAX))
        return cli_usage(cli, "--random %s: from 1 to %" PRIu64, text,
                         ROWS_MAX);
    return code;
}

static int take_option(const struct cli *cli, int opt, struct request *request)
{
    switch (opt) {
    case OPT_ROWS:
        return cli_names_add(cli, optarg, &request->numbers);
    case OPT_RANDOM:
        return set_random(cli, optarg, request);
    case OPT_SEED:
        return cli_parse_number(cli, "--seed", optarg, &request->seed);
    case OPT_COLUMNS:
        return cli_names_add(cli, optarg, &request->columns);
    case OPT_FORMAT:
        return cli_set_format(cli, optarg, &request->format);
    case OPT_RAW:
        request->value_flags |= CLI_VALUE_RAW;
        return CLI_DONE;
    case OPT_NO_ENGINE:
        request->no_engine = true;
        return CLI_DONE;
    default:
        return cli_dataset_option(cli, opt, &request->dataset);
    }
}

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &take_syntax)) >= 0) {
        code = take_option(cli, opt, request);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    code = cli_dataset_path(cli, argc, argv, &request->path);
    if (code)
        return code;
    if (!request->numbers.n == !request->nrandom)
        return cli_usage(cli, "say which rows: --rows or --random");
    if (!request->format)
        request->format = cli_default_format();
    return CLI_DONE;
}

/* -- rows ---------------------------------------------------------------- */

/* Numbers that look drawn by chance, the same on every machine: splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int draw_rows(const struct cli *cli, const struct request *request,
                     struct take *take)
{
    struct lio_dataset_info info;
    uint64_t state = request->seed;

    lio_dataset_info(take->dataset, &info);
    if (info.rows == 0)
        return cli_usage(cli, "%s has no rows to draw from", request->path);
    for (uint64_t i = 0; i < take->nrows; i++)
        take->rows[i] = next_random(&state) % info.rows;
    return CLI_DONE;
}

static int choose_rows(const struct cli *cli, const struct request *request,
                       struct take *take)
{
    int code = CLI_DONE;

    take->nrows = request->nrandom ? request->nrandom : request->numbers.n;
    take->rows = calloc((size_t)take->nrows, sizeof(*take->rows));
    if (!take->rows)
        return cli_no_memory(cli);
    if (request->nrandom)
        return draw_rows(cli, request, take);
    for (uint64_t i = 0; i < take->nrows && !code; i++)
        code = cli_parse_number(cli, "--rows", request->numbers.all[i],
                                &take->rows[i]);
    return code;
}

/* -- the take ------------------------------------------------------------ */

static int open_take(const struct cli *cli, const struct request *request,
                     struct take *take)
{
    int code;

    if (!request->no_engine) {
        code = cli_open_engine(cli, &take->engine);
        if (code)
            return code;
        take->live = cli_live_start(take->engine);
    }
    code = cli_dataset_open(cli, take->engine, request->path, &request->dataset,
                            &take->dataset);
    return code ? code : choose_rows(cli, request, take);
}

static void close_take(const struct cli *cli, struct take *take)
{
    cli_printing_close(&take->printing);
    free(take->rows);
    lio_dataset_close(take->dataset);
    cli_live_stop(take->live);
    cli_close_engine(cli, take->engine);
}

static int read_rows(const struct cli *cli, const struct request *request,
                     struct take *take)
{
    const struct lio_scan columns = { .columns = request->columns.all,
                                      .ncolumns = request->columns.n };
    struct ArrowArray array;
    struct lio_error err;
    int rc;

    rc = lio_scan_schema(take->dataset, &columns, &take->printing.schema, &err);
    if (rc == 0)
        rc = cli_printing_open(&take->printing, request->format,
                               request->value_flags, &err);
    if (rc == 0)
        rc = lio_take_rows(take->dataset, take->rows, take->nrows, &columns,
                           &array, &err);
    if (rc == LIO_EINVAL) /* a column or a row that does not exist */
        return cli_usage(cli, "%s", err.msg);
    if (rc < 0)
        return cli_fail(cli, &err);
    cli_printing_rows(&take->printing, &array);
    array.release(&array);
    cli_printing_end(&take->printing);
    return CLI_DONE;
}

static int run(struct cli *cli, const struct request *request,
               struct take *take)
{
    int64_t start_ns = cli_progress_now();
    int code = open_take(cli, request, take);

    if (!code)
        code = read_rows(cli, request, take);
    if (!code)
        code = cli_finish_out(cli, &take->printing.out);
    if (!code)
        cli_print_summary(cli, take->engine, take->nrows, start_ns);
    return code;
}

int cmd_take(struct cli *cli, int argc, char **argv)
{
    struct request request = { .seed = 1 };
    struct take take = { 0 };
    int code = parse(cli, argc, argv, &request);

    if (!code && request.path) {
        code = run(cli, &request, &take);
        close_take(cli, &take);
    }
    free(request.numbers.all);
    free(request.columns.all);
    return code;
}
