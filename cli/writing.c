/* From options and batches to a dataset, and a summary on stderr. */
#include "cli/writing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- options ------------------------------------------------------------- */

static int set_mode(const struct cli *cli, const char *name,
                    struct lio_write_options *options)
{
    static const struct {
        const char *name;
        enum lio_write_mode mode;
    } modes[] = {
        { "create", LIO_WRITE_CREATE },
        { "append", LIO_WRITE_APPEND },
        { "overwrite", LIO_WRITE_OVERWRITE },
        { "file", LIO_WRITE_FILE },
    };

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (!strcmp(name, modes[i].name)) {
            options->mode = modes[i].mode;
            return CLI_DONE;
        }
    return cli_usage(cli, "--mode %s: choose create, append, overwrite or file",
                     name);
}

static int set_rows_per_file(const struct cli *cli, const char *text,
                             struct lio_write_options *options)
{
    int code =
        cli_parse_number(cli, "--rows-per-file", text, &options->rows_per_file);

    if (code == CLI_DONE && options->rows_per_file == 0)
        return cli_usage(cli, "--rows-per-file 0: a file has a row at least");
    return code;
}

int cli_writing_check(const struct cli *cli, const struct cli_writing *writing)
{
    const struct lio_write_options *options = &writing->options;

    if (options->mode == LIO_WRITE_FILE && options->rows_per_file)
        return cli_usage(cli, "--rows-per-file does not go with --mode file: "
                              "that is one file");
    return CLI_DONE;
}

int cli_writing_option(const struct cli *cli, int opt,
                       struct cli_writing *writing)
{
    switch (opt) {
    case CLI_OPT_MODE:
        return set_mode(cli, optarg, &writing->options);
    case CLI_OPT_FILE_VERSION:
        writing->options.format_version = optarg;
        return CLI_DONE;
    case CLI_OPT_COMPRESSION:
        writing->options.compression = optarg;
        return CLI_DONE;
    case CLI_OPT_ROWS_PER_FILE:
        return set_rows_per_file(cli, optarg, &writing->options);
    case CLI_OPT_PAGE_CACHE:
        writing->options.page_cache = 1;
        return CLI_DONE;
    default:
        writing->no_engine = true;
        return CLI_DONE;
    }
}

/* -- rows ---------------------------------------------------------------- */

int cli_writing_start(const struct cli *cli, struct cli_writing *writing)
{
    FILE *stream = cli->quiet ? NULL : cli_progress_terminal();
    int code;

    cli_interrupt_open(&writing->interrupt);
    writing->start_ns = cli_progress_now();
    cli_progress_init(&writing->progress, stream, 0, writing->start_ns);
    code = writing->no_engine ? cli_check_config(cli)
                              : cli_open_engine(cli, &writing->engine);
    if (writing->engine)
        writing->live = cli_live_start(writing->engine);
    return code;
}

int cli_writing_open(const struct cli *cli, const char *path,
                     const struct ArrowSchema *schema,
                     struct cli_writing *writing)
{
    struct lio_error err;
    int rc = lio_writer_open(writing->engine, path, schema, &writing->options,
                             &writing->writer, &err);

    if (rc == LIO_EINVAL) /* options that are none, or do not go together */
        return cli_usage(cli, "%s", err.msg);
    return rc < 0 ? cli_fail(cli, &err) : CLI_DONE;
}

static int fail(const struct cli *cli, struct cli_writing *writing,
                const struct lio_error *err)
{
    cli_progress_clear(&writing->progress);
    return cli_fail(cli, err);
}

int cli_writing_append(const struct cli *cli, struct cli_writing *writing,
                       struct ArrowArray *batch, double share)
{
    uint64_t rows = (uint64_t)batch->length;
    struct lio_error err;

    if (cli_interrupt_came(&writing->interrupt)) {
        batch->release(batch);
        lio_error_set(&err, LIO_ECANCELED, "interrupted");
        return fail(cli, writing, &err);
    }
    if (lio_writer_append(writing->writer, batch, &err) < 0)
        return fail(cli, writing, &err);
    writing->rows += rows;
    cli_progress_share(&writing->progress, writing->rows, share,
                       cli_progress_now());
    return CLI_DONE;
}

/* -- the end ------------------------------------------------------------- */

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* "version 3", of a dataset; else "one data file". */
static void print_result(const struct lio_write_summary *summary, char *ret,
                         size_t bytes)
{
    if (summary->version)
        (void)snprintf(ret, bytes, "version %" PRIu64, summary->version);
    else
        (void)snprintf(ret, bytes, "a data file");
}

static void print_engine(struct lio_engine *engine, char *ret, size_t bytes)
{
    struct lio_engine_info info;

    if (!engine) {
        (void)snprintf(ret, bytes, "no engine");
        return;
    }
    lio_engine_info(engine, &info);
    if (info.run_id)
        (void)snprintf(ret, bytes, "%s, run %" PRId64, info.backend_used,
                       info.run_id);
    else
        (void)snprintf(ret, bytes, "%s, not recorded", info.backend_used);
}

int cli_writing_finish(const struct cli *cli, struct cli_writing *writing)
{
    struct lio_write_summary summary;
    char result[64], engine[96];
    uint64_t moved;
    struct lio_error err;
    double seconds;

    if (lio_writer_finish(writing->writer, &summary, &err) < 0)
        return fail(cli, writing, &err);
    seconds = (double)(cli_progress_now() - writing->start_ns) / 1e9;
    cli_progress_clear(&writing->progress);
    print_result(&summary, result, sizeof(result));
    print_engine(writing->engine, engine, sizeof(engine));
    moved = writing->text ? writing->text : summary.bytes;
    cli_note(cli,
             "%s: %" PRIu64 " row%s, %" PRIu64 " bytes in %" PRIu32
             " file%s, %.3f s, %.1f MB/s%s, %s",
             result, summary.rows, plural(summary.rows), summary.bytes,
             summary.nfiles, plural(summary.nfiles), seconds,
             (double)moved / 1e6 / seconds, writing->text ? " of text" : "",
             engine);
    return CLI_DONE;
}

int cli_writing_close(const struct cli *cli, struct cli_writing *writing,
                      int code)
{
    cli_progress_clear(&writing->progress);
    lio_writer_close(writing->writer);
    cli_live_stop(writing->live);
    cli_close_engine(cli, writing->engine);
    cli_interrupt_close(&writing->interrupt);
    return code && writing->interrupt.signal ? 128 + writing->interrupt.signal
                                             : code;
}
