/* From options and batches to rows on stdout, and a summary on stderr. */
#include "cli/printing.h"

#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* -- options ------------------------------------------------------------- */

static int add_name(const char *name, size_t bytes, struct cli_names *names)
{
    const char **all =
        reallocarray(names->all, names->n + (size_t)1, sizeof(*all));

    if (!all)
        return LIO_ENOMEM;
    names->all = all;
    all[names->n] = strndup(name, bytes);
    if (!all[names->n])
        return LIO_ENOMEM;
    names->n++;
    return 0;
}

int cli_names_add(const struct cli *cli, const char *list,
                  struct cli_names *names)
{
    for (;;) {
        size_t bytes = strcspn(list, ",");

        if (add_name(list, bytes, names) < 0)
            return cli_no_memory(cli);
        if (list[bytes] == '\0')
            return CLI_DONE;
        list += bytes + 1;
    }
}

void cli_names_release(struct cli_names *names)
{
    for (uint32_t i = 0; i < names->n; i++)
        free((char *)names->all[i]);
    free(names->all);
}

static int set_format(const struct cli *cli, const char *name,
                      struct cli_printing *printing)
{
    printing->format = cli_format_find(name);
    if (!printing->format)
        return cli_usage(cli, "--format %s: choose %s", name,
                         cli_format_names());
    return CLI_DONE;
}

int cli_printing_option(const struct cli *cli, int opt,
                        struct cli_printing *printing)
{
    switch (opt) {
    case CLI_OPT_COLUMNS:
        return cli_names_add(cli, optarg, &printing->columns);
    case CLI_OPT_FORMAT:
        return set_format(cli, optarg, printing);
    case CLI_OPT_RAW:
        printing->value_flags |= CLI_VALUE_RAW;
        return CLI_DONE;
    case CLI_OPT_PLAIN:
        printing->no_engine = true;
        return CLI_DONE;
    default:
        return cli_dataset_option(cli, opt, &printing->options);
    }
}

/* -- rows ---------------------------------------------------------------- */

static unsigned screen_columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}

int cli_printing_start(const struct cli *cli, const char *path,
                       struct cli_printing *printing)
{
    int code;

    printing->start_ns = cli_progress_now();
    if (!printing->format)
        printing->format =
            isatty(STDOUT_FILENO) ? &cli_format_table : &cli_format_ndjson;
    code = printing->no_engine ? cli_check_config(cli)
                               : cli_open_engine(cli, &printing->engine);
    if (code)
        return code;
    if (printing->engine)
        printing->live = cli_live_start(printing->engine);
    return cli_dataset_open(cli, printing->engine, path, &printing->options,
                            &printing->dataset);
}

/* The format's own printer, for values of the schema. */
static int open_printer(struct cli_printing *printing, struct lio_error *err)
{
    struct cli_format_setup setup = { .out = &printing->out,
                                      .screen_columns = screen_columns() };
    int rc = cli_value_open(&printing->schema, printing->value_flags,
                            &printing->values, err);

    if (rc < 0)
        return rc;
    if (cli_out_init(&printing->out, stdout))
        return lio_error_set(err, LIO_ENOMEM, "no memory to print rows");
    setup.columns = printing->values;
    return printing->format->open(&setup, &printing->printer, err);
}

int cli_printing_open(const struct cli *cli, const struct lio_scan *wanted,
                      struct cli_printing *printing)
{
    struct lio_error err;
    int rc =
        lio_scan_schema(printing->dataset, wanted, &printing->schema, &err);

    if (rc == LIO_EINVAL) /* a column that does not exist */
        return cli_usage(cli, "%s", err.msg);
    if (rc < 0 || open_printer(printing, &err) < 0)
        return cli_fail(cli, &err);
    return CLI_DONE;
}

void cli_printing_rows(struct cli_printing *printing,
                       const struct ArrowArray *batch)
{
    printing->format->rows(printing->printer, batch);
}

int cli_printing_end(struct cli *cli, struct cli_printing *printing)
{
    printing->format->end(printing->printer);
    return cli_finish_out(cli, &printing->out);
}

void cli_printing_close(const struct cli *cli, struct cli_printing *printing)
{
    if (printing->printer)
        printing->format->close(printing->printer);
    cli_out_release(&printing->out);
    cli_value_close(printing->values);
    if (printing->schema.release)
        printing->schema.release(&printing->schema);
    lio_dataset_close(printing->dataset);
    cli_live_stop(printing->live);
    cli_close_engine(cli, printing->engine);
    cli_names_release(&printing->columns);
}

/* -- the last line ------------------------------------------------------- */

static void print_hit_ratio(const struct lio_engine_stats *stats, char *ret,
                            size_t bytes)
{
    uint64_t lookups = stats->cache_hits + stats->cache_misses;

    if (lookups == 0)
        (void)snprintf(ret, bytes, "no cache lookups");
    else
        (void)snprintf(ret, bytes, "hit ratio %.1f %%",
                       100.0 * (double)stats->cache_hits / (double)lookups);
}

static void print_run(int64_t run_id, char *ret, size_t bytes)
{
    if (run_id == 0)
        (void)snprintf(ret, bytes, "not recorded");
    else
        (void)snprintf(ret, bytes, "run %" PRId64, run_id);
}

void cli_print_summary(const struct cli *cli,
                       const struct cli_printing *printing, uint64_t rows)
{
    int64_t took_ns = cli_progress_now() - printing->start_ns;
    double seconds = (double)took_ns / 1e9;
    char hits[32], run[32];
    struct lio_engine_stats stats;
    struct lio_engine_info info;
    uint64_t operations;

    if (!printing->engine) {
        cli_note(cli, "%" PRIu64 " %s, %.3f s, no engine", rows,
                 rows == 1 ? "row" : "rows", seconds);
        return;
    }
    lio_engine_stats(printing->engine, &stats);
    lio_engine_info(printing->engine, &info);
    operations = stats.device_reads + stats.device_writes + stats.device_syncs;
    print_hit_ratio(&stats, hits, sizeof(hits));
    print_run(info.run_id, run, sizeof(run));
    cli_note(cli,
             "%" PRIu64 " %s, %" PRIu64 " bytes, %.3f s, %.1f MB/s, %" PRIu64
             " %s, %s, %s, %s",
             rows, rows == 1 ? "row" : "rows", stats.bytes_read, seconds,
             (double)stats.bytes_read / 1e6 / seconds, operations,
             operations == 1 ? "operation" : "operations", hits,
             info.backend_used, run);
}
