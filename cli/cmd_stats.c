/*
 * lanceio stats: what the statistics database knows about past runs.
 *
 *     stats            the latest runs, a line each
 *     stats show RUN   all about one run
 *     stats sql TEXT   whatever one can ask in SQL
 */
#include "cli/stats/stats.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RUNS_SHOWN 20

static const char stats_help[] =
    "Usage: lanceio stats [OPTION...]\n"
    "       lanceio stats show RUN [OPTION...]\n"
    "       lanceio stats sql \"SELECT ...\" [OPTION...]\n"
    "\n"
    "List the latest runs, show all about the run with number RUN (or: last),\n"
    "or ask the statistics database in SQL; it can be read only.  Its tables\n"
    "and views are described in docs/stats.md.\n"
    "\n"
    "      --limit N        list N runs at the most (20)\n"
    "      --format FORMAT  table, csv, json (a list) or ndjson; table on a\n"
    "                       terminal, else csv\n"
    "      --database FILE  instead of the one that the configuration names\n"
    "\n"
    "In CSV a null is an empty field and an empty string is \"\".\n"
    "\n"
    "Examples:\n"
    "  lanceio stats\n"
    "  lanceio stats show last\n"
    "  lanceio stats sql \"SELECT run_id, mb_per_s FROM run_summary\"\n"
    "  lanceio stats sql \"SELECT * FROM latency_percentiles\" --format json\n";

enum { OPT_LIMIT = 1, OPT_FORMAT, OPT_DATABASE };

static const struct option stats_longs[] = {
    { "limit", required_argument, NULL, OPT_LIMIT },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "database", required_argument, NULL, OPT_DATABASE },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax stats_syntax = { .longs = stats_longs,
                                                .help = stats_help };

/* What was asked for, but for where and how. */
struct request {
    char **operands; /* none, show RUN or sql TEXT */
    uint64_t limit;
    bool has_limit, has_format;
};

/* -- options ------------------------------------------------------------- */

static int set_path(struct cli_stats *stats, const char *path)
{
    size_t bytes = strlen(path) + 1;

    if (bytes > sizeof(stats->path))
        return cli_usage(stats->cli, "--database: the path is too long");
    memcpy(stats->path, path, bytes);
    stats->is_named = true;
    return CLI_DONE;
}

static int take_option(struct cli_stats *stats, int opt,
                       struct request *request)
{
    switch (opt) {
    case OPT_LIMIT:
        request->has_limit = true;
        return cli_parse_number(stats->cli, "--limit", optarg, &request->limit);
    case OPT_DATABASE:
        return set_path(stats, optarg);
    default: /* OPT_FORMAT */
        request->has_format = true;
        stats->format = cli_rows_find(optarg);
        if (stats->format)
            return CLI_DONE;
        return cli_usage(stats->cli,
                         "--format %s: choose table, csv, json or ndjson",
                         optarg);
    }
}

/* Do options and operands go together? */
static int check_usage(const struct cli *cli, const struct request *request,
                       int noperands)
{
    const char *verb = request->operands[0]; /* or NULL */

    if (!verb)
        return CLI_DONE;
    if (strcmp(verb, "show") && strcmp(verb, "sql"))
        return cli_usage(cli, "'%s' is neither show nor sql", verb);
    if (noperands == 1)
        return cli_usage(cli, !strcmp(verb, "show")
                                  ? "show which run? A number, or last"
                                  : "a statement is missing");
    if (noperands > 2)
        return cli_usage(cli, "'%s' is one operand too many",
                         request->operands[2]);
    if (request->has_limit)
        return cli_usage(cli, "--limit goes with the list of runs only");
    if (request->has_format && !strcmp(verb, "show"))
        return cli_usage(cli, "--format does not go with show");
    return CLI_DONE;
}

static int parse(struct cli_stats *stats, int argc, char **argv,
                 struct request *request)
{
    int opt, code;

    while ((opt = cli_getopt(stats->cli, argc, argv, &stats_syntax)) >= 0) {
        code = take_option(stats, opt, request);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return stats->cli->exit_code;
    request->operands = argv + optind;
    return check_usage(stats->cli, request, argc - optind);
}

/* -- the answer ---------------------------------------------------------- */

/* Where is it?  The configuration matters only if the user does not say. */
static int find_path(struct cli_stats *stats)
{
    struct lio_config *config;
    struct lio_error err;
    int code;

    if (stats->is_named)
        return cli_check_config(stats->cli);
    code = cli_load_config(stats->cli, &config);
    if (code)
        return code;
    if (lio_config_stats_path(config, stats->path, sizeof(stats->path), &err) <
        0)
        code = cli_fail(stats->cli, &err);
    else if (!*stats->path)
        code = cli_usage(stats->cli, "statistics are off ([stats] database = "
                                     "off); name one with --database");
    lio_config_free(config);
    return code;
}

static int answer(struct cli_stats *stats, const struct request *request)
{
    char **operands = request->operands;

    if (!operands[0])
        return cli_stats_list(stats, request->limit);
    if (!strcmp(operands[0], "show"))
        return cli_stats_show(stats, operands[1]);
    return cli_stats_sql(stats, operands[1]);
}

static void look_at_screen(struct cli_stats *stats)
{
    struct winsize screen;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen) == 0)
        stats->screen_columns = screen.ws_col;
    if (!stats->format)
        stats->format = cli_rows_find(isatty(STDOUT_FILENO) ? "table" : "csv");
}

static int run(struct cli_stats *stats, const struct request *request)
{
    int finished, code = find_path(stats);

    if (code == CLI_DONE)
        code = cli_stats_open(stats);
    if (code == CLI_DONE && cli_out_init(&stats->out, stdout))
        code = cli_no_memory(stats->cli);
    if (code == CLI_DONE) {
        look_at_screen(stats);
        code = answer(stats, request);
        finished = cli_finish_out(stats->cli, &stats->out);
        code = code ? code : finished;
    }
    cli_out_release(&stats->out);
    cli_stats_close(stats);
    return code;
}

int cmd_stats(struct cli *cli, int argc, char **argv)
{
    struct cli_stats stats = { .cli = cli };
    struct request request = { .limit = RUNS_SHOWN };
    int code = parse(&stats, argc, argv, &request);

    return code || !request.operands ? code : run(&stats, &request);
}
