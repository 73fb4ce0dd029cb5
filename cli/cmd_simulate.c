/*
 * lanceio simulate: which cache, and how large, for this sequence of reads?
 *
 *     trace ──► each policy, at each size ──► CSV on stdout
 *                                         ├─► the best for each size on stderr
 *                                         └─► curves as SVG
 */
#include "cli/cli.h"

#include "cli/grid.h"
#include "cli/plot.h"
#include "cli/progress.h"
#include "cli/trace.h"

#include <lanceio/simulate.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND         "cache-" /* leads the name of every policy */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_BLOCKS   (UINT64_C(1) << 30)

static const char simulate_help[] =
    "Usage: lanceio simulate TRACE [OPTION...]\n"
    "\n"
    "Count how often a block cache would miss: run replacement policies, the\n"
    "plugins themselves with their parameters from lanceio.ini, over a trace\n"
    "of reads.  Each run begins with an empty cache, in one shard.\n"
    "\n"
    "TRACE has one block number on each line, in the order of the reads; '#'\n"
    "begins a comment.  Or it is a file of filter-trace, CSV or binary: then "
    "its\n"
    "reads count, as blocks of 64 KiB, in the order of submission; record it\n"
    "with -s cache.plugin=none, for what a cache answers never gets so far.\n"
    "'-' is stdin.\n"
    "\n"
    "      --policy A,B,...   policies, by the names of their plugins without\n"
    "                         'cache-': lru, arc; all that are found\n"
    "      --slots N,N,...    sizes of the cache, in blocks (64, 256, 1K, 4K, "
    "16K)\n"
    "      --plot FILE        draw miss ratios over sizes, as SVG\n"
    "\n"
    "Prints CSV: policy,slots,requests,misses,miss_ratio.  A table on stderr\n"
    "names the best and the worst policy for each size, of equal ones the\n"
    "first, and how fast the simulation was.\n"
    "\n"
    "Examples:\n"
    "  lanceio simulate reads.txt\n"
    "  lanceio simulate reads.txt --policy lru,arc --slots 1000,2000 --plot "
    "m.svg\n"
    "  lanceio scan flights.lance --format none -s cache.plugin=none \\\n"
    "      -s backend.filters=filter-trace -s filter-trace.path=reads.csv\n"
    "  lanceio simulate reads.csv\n"
    "  xzcat reads.txt.xz | lanceio simulate - -s cache-2q.kin=10\n";

enum { OPT_POLICY = 1, OPT_SLOTS, OPT_PLOT };

static const struct option simulate_longs[] = {
    { "policy", required_argument, NULL, OPT_POLICY },
    { "slots", required_argument, NULL, OPT_SLOTS },
    { "plot", required_argument, NULL, OPT_PLOT },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax simulate_syntax = { .longs = simulate_longs,
                                                   .help = simulate_help };

static const uint64_t default_sizes[] = { 64, 256, 1024, 4096, 16384 };

struct simulate {
    const char *path; /* of the trace */
    const char *plot_path;
    char **plugins; /* "cache-lru" */
    size_t nplugins;
    uint64_t *sizes; /* ascending, each once */
    size_t nsizes;

    struct lio_config *config;
    struct cli_trace trace;
    FILE *plot;     /* open, if there is a plot_path */
    double *ratios; /* of misses; [plugin * nsizes + size] */
    int64_t run_ns;
};

/* -- options ------------------------------------------------------------- */

/* As users call a policy. */
static const char *short_name(const char *plugin)
{
    size_t len = strlen(KIND);

    return strncmp(plugin, KIND, len) == 0 ? plugin + len : plugin;
}

/* Add a policy, unless it is there.  Returns 0 or LIO_ENOMEM. */
static int add_plugin(struct simulate *sim, const char *name)
{
    char **plugins, *plugin;

    if (asprintf(&plugin, "%s%s", KIND, short_name(name)) < 0)
        return LIO_ENOMEM;
    for (size_t i = 0; i < sim->nplugins; i++) {
        if (!strcmp(sim->plugins[i], plugin)) {
            free(plugin);
            return 0;
        }
    }
    plugins =
        reallocarray(sim->plugins, sim->nplugins + 1, sizeof(*sim->plugins));
    if (!plugins) {
        free(plugin);
        return LIO_ENOMEM;
    }
    sim->plugins = plugins;
    sim->plugins[sim->nplugins++] = plugin;
    return 0;
}

static int add_plugins(const struct cli *cli, struct simulate *sim, char *list)
{
    char *name;

    while ((name = strsep(&list, ","))) {
        if (!*name)
            return cli_usage(cli, "--policy: a name is missing");
        if (add_plugin(sim, name) < 0)
            return cli_no_memory(cli);
    }
    return CLI_DONE;
}

static int add_found(const struct lio_plugin_info *info, void *user)
{
    if (info->refused || strcmp(info->kind, "cache") != 0)
        return 0;
    return add_plugin(user, info->name);
}

/* Keeps the sizes in order. */
static int add_size(struct simulate *sim, uint64_t size)
{
    size_t at = sim->nsizes;
    uint64_t *sizes;

    while (at > 0 && sim->sizes[at - 1] >= size)
        at--;
    if (at < sim->nsizes && sim->sizes[at] == size)
        return 0;
    sizes = reallocarray(sim->sizes, sim->nsizes + 1, sizeof(*sizes));
    if (!sizes)
        return LIO_ENOMEM;
    sim->sizes = sizes;
    memmove(&sizes[at + 1], &sizes[at], (sim->nsizes - at) * sizeof(*sizes));
    sizes[at] = size;
    sim->nsizes++;
    return 0;
}

static int add_sizes(const struct cli *cli, struct simulate *sim, char *list)
{
    char *text;

    while ((text = strsep(&list, ","))) {
        uint64_t size;
        int code = cli_parse_number(cli, "--slots", text, &size);

        if (code)
            return code;
        if (size < 1 || size > MAX_BLOCKS)
            return cli_usage(cli, "--slots %s: from 1 to 1G", text);
        if (add_size(sim, size) < 0)
            return cli_no_memory(cli);
    }
    return CLI_DONE;
}

static int take_option(const struct cli *cli, int opt, struct simulate *sim)
{
    switch (opt) {
    case OPT_POLICY:
        return add_plugins(cli, sim, optarg);
    case OPT_SLOTS:
        return add_sizes(cli, sim, optarg);
    default:
        sim->plot_path = optarg;
        return CLI_DONE;
    }
}

static int parse(struct cli *cli, int argc, char **argv, struct simulate *sim)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &simulate_syntax)) >= 0) {
        code = take_option(cli, opt, sim);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (optind == argc)
        return cli_usage(cli, "the trace is missing");
    if (optind + 1 < argc)
        return cli_usage(cli, "'%s' is one trace too many", argv[optind + 1]);
    sim->path = argv[optind];
    return CLI_DONE;
}

/* -- before the run ------------------------------------------------------ */

/* What was not said. */
static int fill_in(const struct cli *cli, struct simulate *sim)
{
    int rc = 0;

    if (sim->nplugins == 0)
        rc = lio_plugins_each(sim->config, add_found, sim);
    if (rc == 0 && sim->nplugins == 0)
        return cli_usage(cli, "no policy was found: 'lanceio plugins' lists "
                              "those refused");
    if (sim->nsizes == 0)
        for (size_t i = 0; rc == 0 && i < COUNT(default_sizes); i++)
            rc = add_size(sim, default_sizes[i]);
    if (rc < 0)
        return cli_no_memory(cli);

    sim->ratios = calloc(sim->nplugins, sim->nsizes * sizeof(*sim->ratios));
    return sim->ratios ? CLI_DONE : cli_no_memory(cli);
}

/* Before anything is printed: unknown ones are refused, with those there are.
 */
static int try_policies(const struct cli *cli, const struct simulate *sim)
{
    for (size_t i = 0; i < sim->nplugins; i++) {
        struct lio_simulation *run;
        struct lio_error err;

        if (lio_simulation_open(sim->config, sim->plugins[i], 1, &run, &err) <
            0)
            return cli_fail(cli, &err);
        lio_simulation_close(run);
    }
    return CLI_DONE;
}

/* A path that cannot be written should not cost a long run. */
static int open_plot(const struct cli *cli, struct simulate *sim)
{
    struct lio_error err;

    if (!sim->plot_path)
        return CLI_DONE;
    sim->plot = fopen(sim->plot_path, "w");
    if (sim->plot)
        return CLI_DONE;
    lio_error_set(&err, LIO_EIO, "--plot %s: %s", sim->plot_path,
                  strerror(errno));
    return cli_fail(cli, &err);
}

static int prepare(struct cli *cli, struct simulate *sim)
{
    int code = cli_load_config(cli, &sim->config);

    if (code == CLI_DONE)
        code = fill_in(cli, sim);
    if (code == CLI_DONE)
        code = try_policies(cli, sim);
    if (code == CLI_DONE)
        code = cli_trace_load(cli, sim->path, &sim->trace);
    if (code == CLI_DONE)
        code = open_plot(cli, sim);
    return code;
}

/* -- the run ------------------------------------------------------------- */

static int count_misses(struct simulate *sim, const char *plugin, uint64_t size,
                        uint64_t *ret_misses, struct lio_error *err)
{
    struct lio_simulation *run;
    int64_t start_ns;
    int rc = lio_simulation_open(sim->config, plugin, size, &run, err);

    if (rc < 0)
        return rc;
    start_ns = cli_progress_now();
    rc = lio_simulation_run(run, sim->trace.blocks, sim->trace.nblocks,
                            ret_misses, err);
    sim->run_ns += cli_progress_now() - start_ns;
    lio_simulation_close(run);
    return rc;
}

static int simulate_policy(const struct cli *cli, struct simulate *sim,
                           size_t plugin)
{
    const char *name = sim->plugins[plugin];

    for (size_t i = 0; i < sim->nsizes && !ferror(stdout); i++) {
        struct lio_error err;
        uint64_t misses;
        double ratio;

        if (count_misses(sim, name, sim->sizes[i], &misses, &err) < 0)
            return cli_fail(cli, &err);
        ratio = (double)misses / (double)sim->trace.nblocks;
        sim->ratios[plugin * sim->nsizes + i] = ratio;
        printf("%s,%" PRIu64 ",%zu,%" PRIu64 ",%.6f\n", short_name(name),
               sim->sizes[i], sim->trace.nblocks, misses, ratio);
    }
    return CLI_DONE;
}

static int simulate_all(struct cli *cli, struct simulate *sim)
{
    int code = CLI_DONE;

    puts("policy,slots,requests,misses,miss_ratio");
    for (size_t i = 0; code == CLI_DONE && i < sim->nplugins; i++)
        code = simulate_policy(cli, sim, i);
    return code ? code : cli_finish_printf(cli);
}

/* -- what came of it ----------------------------------------------------- */

static void add_verdict(struct cli_grid *grid, const struct simulate *sim,
                        size_t plugin, size_t size)
{
    char ratio[32];

    cli_grid_text(grid, short_name(sim->plugins[plugin]));
    (void)snprintf(ratio, sizeof(ratio), "%.2f %%",
                   sim->ratios[plugin * sim->nsizes + size] * 100);
    cli_grid_text(grid, ratio);
}

static void compare_policies(struct cli_grid *grid, const struct simulate *sim,
                             size_t size)
{
    const double *ratios = sim->ratios + size;
    size_t best = 0, worst = 0;

    for (size_t i = 1; i < sim->nplugins; i++) {
        if (ratios[i * sim->nsizes] < ratios[best * sim->nsizes])
            best = i;
        if (ratios[i * sim->nsizes] > ratios[worst * sim->nsizes])
            worst = i;
    }
    cli_grid_number(grid, sim->sizes[size]);
    add_verdict(grid, sim, best, size);
    add_verdict(grid, sim, worst, size);
}

static void fill_grid(struct cli_grid *grid, const struct simulate *sim)
{
    static const char *const heads[] = { "slots", "best", "misses", "worst",
                                         "misses" };

    for (size_t i = 0; i < COUNT(heads); i++) {
        cli_grid_text(grid, heads[i]);
        grid->align_right[i] = i % 2 == 0;
    }
    for (size_t i = 0; i < sim->nsizes; i++)
        compare_policies(grid, sim, i);
    (void)cli_grid_fit(grid);
    cli_grid_print(grid, 0, 1);
    cli_grid_rule(grid);
    cli_grid_print(grid, 1, sim->nsizes);
}

static int print_best(const struct cli *cli, const struct simulate *sim)
{
    struct cli_out out = { 0 };
    struct cli_grid grid = { 0 };
    int code = CLI_DONE;

    if (cli->quiet)
        return CLI_DONE;
    if (cli_out_init(&out, stderr) || cli_grid_init(&grid, &out, 5)) {
        code = cli_no_memory(cli);
    } else {
        fill_grid(&grid, sim);
        (void)cli_out_flush(&out); /* where else would it be said? */
    }
    cli_grid_release(&grid);
    cli_out_release(&out);
    return code;
}

static void note_speed(const struct cli *cli, const struct simulate *sim)
{
    double total = (double)sim->trace.nblocks * (double)sim->nplugins *
                   (double)sim->nsizes;
    double seconds = (double)sim->run_ns / 1e9;

    cli_note(cli, "%.1f million requests in %.2f s, %.1f million a second",
             total / 1e6, seconds, seconds > 0 ? total / 1e6 / seconds : 0);
}

static int draw_plot(const struct cli *cli, struct simulate *sim)
{
    struct cli_curve *curves = calloc(sim->nplugins, sizeof(*curves));
    struct cli_plot plot = { .title =
                                 strcmp(sim->path, "-") ? sim->path : "stdin",
                             .x_label = "cache size, blocks",
                             .y_label = "miss ratio",
                             .sizes = sim->sizes,
                             .nsizes = sim->nsizes,
                             .curves = curves,
                             .ncurves = sim->nplugins };
    struct lio_error err;
    bool failed;

    if (!curves)
        return cli_no_memory(cli);
    for (size_t i = 0; i < sim->nplugins; i++)
        curves[i] = (struct cli_curve){ short_name(sim->plugins[i]),
                                        sim->ratios + i * sim->nsizes };
    cli_plot_write(&plot, sim->plot);
    free(curves);
    failed = ferror(sim->plot);
    failed |= fclose(sim->plot) != 0;
    sim->plot = NULL;
    if (!failed)
        return CLI_DONE;
    lio_error_set(&err, LIO_EIO, "--plot %s: could not be written",
                  sim->plot_path);
    return cli_fail(cli, &err);
}

static int report(const struct cli *cli, struct simulate *sim)
{
    int code = print_best(cli, sim);

    if (sim->trace.lost > 0)
        cli_note(cli, "%" PRIu64 " operations are missing from the trace",
                 sim->trace.lost);
    note_speed(cli, sim);
    if (code == CLI_DONE && sim->plot)
        code = draw_plot(cli, sim);
    return code;
}

static void release(struct simulate *sim)
{
    for (size_t i = 0; i < sim->nplugins; i++)
        free(sim->plugins[i]);
    free(sim->plugins);
    free(sim->sizes);
    free(sim->ratios);
    cli_trace_release(&sim->trace);
    if (sim->plot)
        (void)fclose(sim->plot); /* an error has been reported already */
    lio_config_free(sim->config);
}

static int simulate(struct cli *cli, struct simulate *sim)
{
    int code = prepare(cli, sim);

    if (code == CLI_DONE)
        code = simulate_all(cli, sim);
    if (code == CLI_DONE)
        code = report(cli, sim);
    return code;
}

int cmd_simulate(struct cli *cli, int argc, char **argv)
{
    struct simulate sim = { 0 };
    int code = parse(cli, argc, argv, &sim);

    /* --help is done as well, and has no trace. */
    if (code == CLI_DONE && sim.path)
        code = simulate(cli, &sim);
    release(&sim);
    return code;
}
