/*
 * lanceio take: print single rows of a dataset, in the order asked for.
 *
 * What scan is for many rows: it shows what a random access costs.
 */
#include "cli/printing.h"

#include <inttypes.h>
#include <stdlib.h>

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
    "repeated\n" CLI_DATASET_HELP CLI_PRINTING_HELP "\n"
    "Where the layout of a column allows, no more of it is read than the rows\n"
    "need.  Rows and values look as in scan, and so does the last line.\n"
    "\n"
    "Examples:\n"
    "  lanceio take flights.lance --rows 5,1,9\n"
    "  lanceio take flights.lance --random 1000 --columns delay --format "
    "none\n";

enum { OPT_ROWS = 1, OPT_RANDOM, OPT_SEED };

static const struct option take_longs[] = {
    { "rows", required_argument, NULL, OPT_ROWS },
    { "random", required_argument, NULL, OPT_RANDOM },
    { "seed", required_argument, NULL, OPT_SEED },
    CLI_PRINTING_LONGS,
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax take_syntax = { .longs = take_longs,
                                               .help = take_help };

/* More would be a scan. */
#define ROWS_MAX UINT64_C(100000000)

/* What was asked for. */
struct request {
    const char *path;
    struct cli_names numbers; /* of rows, as they were written */
    uint64_t nrandom, seed;
    bool has_seed;
};

/* A take under way. */
struct take {
    struct cli_printing printing;
    uint64_t *rows; /* nrows */
    uint64_t nrows;
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

static int take_option(const struct cli *cli, int opt, struct request *request,
                       struct cli_printing *printing)
{
    switch (opt) {
    case OPT_ROWS:
        return cli_names_add(cli, optarg, &request->numbers);
    case OPT_RANDOM:
        return set_random(cli, optarg, request);
    case OPT_SEED:
        request->has_seed = true;
        return cli_parse_number(cli, "--seed", optarg, &request->seed);
    default:
        return cli_printing_option(cli, opt, printing);
    }
}

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request, struct cli_printing *printing)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &take_syntax)) >= 0) {
        code = take_option(cli, opt, request, printing);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    code = cli_dataset_path(cli, argc, argv, &request->path);
    if (code)
        return code;
    if (!request->numbers.n == !request->nrandom)
        return cli_usage(cli, "say which rows: %s",
                         request->nrandom ? "either --rows or --random"
                                          : "--rows or --random");
    if (request->has_seed && !request->nrandom)
        return cli_usage(cli, "--seed goes with --random only");
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

/* Of a table without rows there are none to draw: that is its answer, as it is
 * to a scan. */
static void draw_rows(const struct request *request, struct take *take)
{
    struct lio_dataset_info info;
    uint64_t state = request->seed;

    lio_dataset_info(take->printing.dataset, &info);
    if (info.rows == 0)
        take->nrows = 0;
    for (uint64_t i = 0; i < take->nrows; i++)
        take->rows[i] = next_random(&state) % info.rows;
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
        draw_rows(request, take);
    for (uint64_t i = 0; i < request->numbers.n && !code; i++)
        code = cli_parse_number(cli, "--rows", request->numbers.all[i],
                                &take->rows[i]);
    return code;
}

/* -- the take ------------------------------------------------------------ */

static int print_rows(const struct cli *cli, const struct lio_scan *columns,
                      struct take *take)
{
    struct ArrowArray array;
    struct lio_error err;
    int rc = lio_take_rows(take->printing.dataset, take->rows, take->nrows,
                           columns, &array, &err);

    if (rc == LIO_EINVAL) /* a row that does not exist */
        return cli_usage(cli, "%s", err.msg);
    if (rc < 0)
        return cli_fail(cli, &err);
    cli_printing_rows(&take->printing, &array);
    array.release(&array);
    return CLI_DONE;
}

static int run(struct cli *cli, const struct request *request,
               struct take *take)
{
    const struct lio_scan columns = { .columns = take->printing.columns.all,
                                      .ncolumns = take->printing.columns.n };
    int code = cli_printing_start(cli, request->path, &take->printing);

    if (!code)
        code = choose_rows(cli, request, take);
    if (!code)
        code = cli_printing_open(cli, &columns, &take->printing);
    if (!code)
        code = print_rows(cli, &columns, take);
    if (!code)
        code = cli_printing_end(cli, &take->printing);
    if (!code)
        cli_print_summary(cli, &take->printing, take->nrows);
    return code;
}

int cmd_take(struct cli *cli, int argc, char **argv)
{
    struct request request = { .seed = 1 };
    struct take take = { 0 };
    int code = parse(cli, argc, argv, &request, &take.printing);

    if (!code && request.path)
        code = run(cli, &request, &take);
    cli_printing_close(cli, &take.printing);
    free(take.rows);
    cli_names_release(&request.numbers);
    return code;
}
