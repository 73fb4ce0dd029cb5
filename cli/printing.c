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

int cli_names_add(const struct cli *cli, char *list, struct cli_names *names)
{
    char *name;

    while ((name = strsep(&list, ","))) {
        const char **all =
            realloc(names->all, (names->n + (size_t)1) * sizeof(*all));

        if (!all)
            return cli_no_memory(cli);
        names->all = all;
        all[names->n++] = name;
    }
    return CLI_DONE;
}

int cli_set_format(const struct cli *cli, const char *name,
                   const struct cli_format **ret_format)
{
    const struct cli_format *format = cli_format_find(name);

    if (!format)
        return cli_usage(cli, "--format %s: choose %s", name,
                         cli_format_names());
    *ret_format = format;
    return CLI_DONE;
}

const struct cli_format *cli_default_format(void)
{
    return isatty(STDOUT_FILENO) ? &cli_format_table : &cli_format_ndjson;
}

/* -- rows ---------------------------------------------------------------- */

static unsigned screen_columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}

int cli_printing_open(struct cli_printing *printing,
                      const struct cli_format *format, uint32_t value_flags,
                      struct lio_error *err)
{
    struct cli_format_setup setup = { .out = &printing->out,
                                      .screen_columns = screen_columns() };
    int rc =
        cli_value_open(&printing->schema, value_flags, &printing->columns, err);

    if (rc < 0)
        return rc;
    if (cli_out_init(&printing->out, stdout))
        return lio_error_set(err, LIO_ENOMEM, "no memory to print rows");
    printing->format = format;
    setup.columns = printing->columns;
    return format->open(&setup, &printing->printer, err);
}

void cli_printing_rows(struct cli_printing *printing,
                       const struct ArrowArray *batch)
{
    printing->format->rows(printing->printer, batch);
}

void cli_printing_end(struct cli_printing *printing)
{
    printing->format->end(printing->printer);
}

void cli_printing_close(struct cli_printing *printing)
{
    if (printing->printer)
        printing->format->close(printing->printer);
    cli_out_release(&printing->out);
    cli_value_close(printing->columns);
    if (printing->schema.release)
        printing->schema.release(&printing->schema);
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

static const char *rows_word(uint64_t rows)
{
    return rows == 1 ? "row" : "rows";
}

void cli_print_summary(const struct cli *cli, struct lio_engine *engine,
                       uint64_t rows, int64_t start_ns)
{
    int64_t took_ns = cli_progress_now() - start_ns;
    double seconds = (double)took_ns / 1e9;
    char hits[32], run[32];
    struct lio_engine_stats stats;
    struct lio_engine_info info;

    if (!engine) {
        cli_note(cli, "%" PRIu64 " %s, %.3f s, no engine", rows,
                 rows_word(rows), seconds);
        return;
    }
    lio_engine_stats(engine, &stats);
    lio_engine_info(engine, &info);
    print_hit_ratio(&stats, hits, sizeof(hits));
    print_run(info.run_id, run, sizeof(run));
    cli_note(cli,
             "%" PRIu64 " %s, %" PRIu64 " bytes, %.3f s, %.1f MB/s, %" PRIu64
             " operations, %s, %s, %s",
             rows, rows_word(rows), stats.bytes_read, seconds,
             (double)stats.bytes_read / 1e6 / seconds,
             stats.device_reads + stats.device_writes + stats.device_syncs,
             hits, info.backend_used, run);
}
