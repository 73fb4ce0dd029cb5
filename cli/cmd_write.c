/*
 * lanceio write: make a dataset of text.
 *
 *     options -> input -> schema -> engine -> writer <- batches <- lines
 *
 * The schema is that of --schema, or of the dataset appended to, or what the
 * first rows look like.
 */
#include "cli/read/input.h"
#include "cli/read/schema_file.h"
#include "cli/writing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BATCH_ROWS  65536
#define BATCH_BYTES ((uint64_t)8 << 20)

static const char write_help[] =
    "Usage: lanceio write PATH [OPTION...]\n"
    "\n"
    "Make the Lance dataset PATH of rows of text.\n"
    "\n"
    "      --from FILE         read FILE, or stdin for - (stdin)\n"
    "      --format FORMAT     ndjson or csv; csv for a FILE that ends in .csv "
    "or\n"
    "                          .tsv, else ndjson\n"
    "      --delimiter C       what is between the fields of csv (a comma; a "
    "tab\n"
    "                          for .tsv)\n"
    "      --schema FILE       the columns and their types, as `lanceio "
    "inspect\n"
    "                          --schema` prints them\n"
    "      --infer-rows N      without it: find the types in the first N rows "
    "(10000)\n"
    "      --print-schema      print the schema, and write nothing; needs no "
    "PATH\n" CLI_WRITING_HELP "\n"
    "ndjson is an object a line; csv has a header.  Values are written as "
    "scan\n"
    "prints them: dates and times in ISO 8601, binary in base64, decimals and\n"
    "integers exactly or not at all, NaN and infinities as strings.  A key "
    "that\n"
    "is missing is null, and so is an empty field of csv; \"\" is an empty "
    "string.\n"
    "\n"
    "Types that are found are bool, int64, uint64, double, string, list and\n"
    "struct; everything else takes a schema.  What is appended has that of "
    "the\n"
    "dataset.  If anything fails nothing is written.\n"
    "\n"
    "Examples:\n"
    "  lanceio write flights.lance --from flights.csv\n"
    "  zcat log.gz | lanceio write log.lance --mode append --from -\n"
    "  lanceio inspect old.lance --schema > schema.json\n"
    "  lanceio scan old.lance | lanceio write new.lance --schema schema.json\n";

enum {
    OPT_FROM = 1,
    OPT_FORMAT,
    OPT_DELIMITER,
    OPT_SCHEMA,
    OPT_INFER_ROWS,
    OPT_PRINT_SCHEMA
};

static const struct option write_longs[] = {
    { "from", required_argument, NULL, OPT_FROM },
    { "format", required_argument, NULL, OPT_FORMAT },
    { "delimiter", required_argument, NULL, OPT_DELIMITER },
    { "schema", required_argument, NULL, OPT_SCHEMA },
    { "infer-rows", required_argument, NULL, OPT_INFER_ROWS },
    { "print-schema", no_argument, NULL, OPT_PRINT_SCHEMA },
    CLI_WRITING_LONGS,
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax write_syntax = { .longs = write_longs,
                                                .help = write_help };

/* What was asked for. */
struct request {
    const char *path, *from, *schema_path;
    const struct cli_input_format *format;
    char delimiter;
    uint64_t infer_rows; /* 0: as many as is usual */
    bool print_schema;
};

/* A dataset under way. */
struct job {
    struct cli_source source;
    struct ArrowSchema schema;
    struct cli_input_setup setup;
    void *input;
    struct cli_writing writing;
};

/* -- options ------------------------------------------------------------- */

static int set_format(const struct cli *cli, const char *name,
                      struct request *request)
{
    request->format = cli_input_find(name);
    if (!request->format)
        return cli_usage(cli, "--format %s: choose ndjson or csv", name);
    return CLI_DONE;
}

static int set_delimiter(const struct cli *cli, const char *text,
                         struct request *request)
{
    if (!strcmp(text, "\\t") || !strcmp(text, "tab"))
        text = "\t";
    if (strlen(text) != 1 || strchr("\"\r\n", *text))
        return cli_usage(cli,
                         "--delimiter %s: one character, and neither a quote "
                         "nor the end of a line; 'tab' is a tab",
                         text);
    request->delimiter = *text;
    return CLI_DONE;
}

static int set_infer_rows(const struct cli *cli, const char *text,
                          struct request *request)
{
    int code =
        cli_parse_number(cli, "--infer-rows", text, &request->infer_rows);

    if (code == CLI_DONE && request->infer_rows == 0)
        return cli_usage(cli, "--infer-rows 0: without rows there are no "
                              "types; give a --schema");
    return code;
}

static int take_option(const struct cli *cli, int opt, struct request *request,
                       struct cli_writing *writing)
{
    switch (opt) {
    case OPT_FROM:
        request->from = optarg;
        return CLI_DONE;
    case OPT_FORMAT:
        return set_format(cli, optarg, request);
    case OPT_DELIMITER:
        return set_delimiter(cli, optarg, request);
    case OPT_SCHEMA:
        request->schema_path = optarg;
        return CLI_DONE;
    case OPT_INFER_ROWS:
        return set_infer_rows(cli, optarg, request);
    case OPT_PRINT_SCHEMA:
        request->print_schema = true;
        return CLI_DONE;
    default:
        return cli_writing_option(cli, opt, writing);
    }
}

static bool ends_in(const char *path, const char *end)
{
    size_t bytes = strlen(path), n = strlen(end);

    return bytes >= n && !strcmp(path + bytes - n, end);
}

/* What the name of the input says, where nothing else does. */
static void complete(struct request *request)
{
    bool is_tsv;

    if (!request->from)
        request->from = "-";
    is_tsv = ends_in(request->from, ".tsv");
    if (!request->format)
        request->format = is_tsv || ends_in(request->from, ".csv")
                              ? &cli_input_csv
                              : &cli_input_ndjson;
    if (is_tsv && !request->delimiter)
        request->delimiter = '\t';
}

/* What would be without effect is a mistake. */
static int check_together(const struct cli *cli, const struct request *request,
                          const struct cli_writing *writing)
{
    if (request->infer_rows && request->schema_path)
        return cli_usage(cli, "--infer-rows and --schema: choose one");
    if (request->delimiter && request->format != &cli_input_csv)
        return cli_usage(cli, "--delimiter goes with csv only: --format csv");
    return cli_writing_check(cli, writing);
}

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request, struct cli_writing *writing)
{
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &write_syntax)) >= 0) {
        code = take_option(cli, opt, request, writing);
        if (code)
            return code;
    }
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (optind == argc && !request->print_schema)
        return cli_usage(cli, "the path of the dataset to make is missing");
    if (optind + 1 < argc)
        return cli_usage(cli,
                         "'%s' is one path too many; what is read is given "
                         "with --from",
                         argv[optind + 1]);
    if (!request->from && isatty(STDIN_FILENO))
        return cli_usage(cli, "there is nothing to read: give --from FILE");
    request->path = argv[optind]; /* or NULL */
    complete(request);
    return check_together(cli, request, writing);
}

/* -- the schema ---------------------------------------------------------- */

/* That of the dataset, so that what is appended need not look like all of it.
 */
static int schema_of_dataset(const char *path, struct ArrowSchema *ret_schema,
                             struct lio_error *err)
{
    const struct lio_scan all = { 0 };
    struct lio_dataset *dataset;
    int rc = lio_dataset_open(NULL, path, &dataset, err);

    if (rc == LIO_ENOTFOUND)
        return lio_error_set(err, rc, "%s: there is no dataset to append to",
                             path);
    if (rc < 0)
        return rc;
    rc = lio_scan_schema(dataset, &all, ret_schema, err);
    lio_dataset_close(dataset);
    return rc;
}

static int infer(const struct request *request, struct job *job,
                 struct cli_fields *fields, struct lio_error *err)
{
    int rc = request->format->infer(&job->setup, fields, err);

    if (rc == 0 && fields->n == 0)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: there are no rows to find columns and types "
                             "in; give a --schema",
                             job->source.name);
    return rc;
}

/* What was said about the columns, or is found out about them. */
static int find_fields(const struct request *request, struct job *job,
                       struct cli_fields *fields, struct lio_error *err)
{
    if (request->schema_path)
        return cli_schema_read(request->schema_path, fields, err);
    return infer(request, job, fields, err);
}

static int print_schema(struct cli *cli, const struct request *request,
                        struct job *job)
{
    struct cli_fields fields = { 0 };
    struct lio_error err;
    struct cli_out out;
    int code = cli_check_config(cli);

    if (code)
        return code;
    if (find_fields(request, job, &fields, &err) < 0) {
        code = cli_fail(cli, &err);
    } else if (cli_out_init(&out, stdout)) {
        code = cli_no_memory(cli);
    } else {
        cli_schema_print(fields.all, fields.n, &out);
        code = cli_finish_out(cli, &out);
        cli_out_release(&out);
    }
    cli_fields_free(&fields);
    return code;
}

static int make_schema(const struct request *request, struct job *job,
                       struct lio_error *err)
{
    const char *name =
        request->schema_path ? request->schema_path : job->source.name;
    struct cli_fields fields = { 0 };
    int rc;

    if (!request->schema_path && job->writing.options.mode == LIO_WRITE_APPEND)
        return schema_of_dataset(request->path, &job->schema, err);
    rc = find_fields(request, job, &fields, err);
    if (rc == 0)
        rc = cli_schema_make(name, &fields, &job->schema, err);
    cli_fields_free(&fields);
    return rc;
}

/* -- rows ---------------------------------------------------------------- */

static int open_source(const struct cli *cli, const struct request *request,
                       struct job *job)
{
    struct lio_error err;

    if (cli_source_open(request->from, &job->source, &err) < 0)
        return cli_fail(cli, &err);
    job->setup = (struct cli_input_setup){
        .source = &job->source,
        .schema = &job->schema,
        .delimiter = request->delimiter,
        .infer_rows =
            request->infer_rows ? request->infer_rows : CLI_INFER_ROWS,
        .batch_bytes = BATCH_BYTES,
        .batch_rows = BATCH_ROWS,
    };
    return CLI_DONE;
}

static int open_input(const struct cli *cli, const struct request *request,
                      struct job *job)
{
    struct lio_error err;

    if (make_schema(request, job, &err) < 0 ||
        request->format->open(&job->setup, &job->input, &err) < 0)
        return cli_fail(cli, &err);
    return CLI_DONE;
}

/* How much of the input has been read, as far as anybody knows. */
static double share_of(const struct cli_source *source)
{
    return source->bytes ? (double)source->taken / (double)source->bytes : -1;
}

static int write_rows(const struct cli *cli, const struct request *request,
                      struct job *job)
{
    for (;;) {
        struct ArrowArray batch;
        struct lio_error err;
        int rc = request->format->read(job->input, &batch, &err);

        if (rc < 0) {
            cli_progress_clear(&job->writing.progress);
            return cli_fail(cli, &err);
        }
        if (rc == 0)
            break;
        rc = cli_writing_append(cli, &job->writing, &batch,
                                share_of(&job->source));
        if (rc)
            return rc;
    }
    job->writing.text = job->source.taken;
    return CLI_DONE;
}

static int run(struct cli *cli, const struct request *request, struct job *job)
{
    int code = open_source(cli, request, job);

    if (!code && request->print_schema)
        return print_schema(cli, request, job);
    if (!code)
        code = open_input(cli, request, job);
    if (!code)
        code = cli_writing_start(cli, &job->writing);
    if (!code)
        code =
            cli_writing_open(cli, request->path, &job->schema, &job->writing);
    job->source.interrupt = &job->writing.interrupt;
    if (!code)
        code = write_rows(cli, request, job);
    return code ? code : cli_writing_finish(cli, &job->writing);
}

static int close_job(const struct cli *cli, const struct request *request,
                     struct job *job, int code)
{
    code = cli_writing_close(cli, &job->writing, code);
    if (job->input)
        request->format->close(job->input);
    if (job->schema.release)
        job->schema.release(&job->schema);
    cli_source_close(&job->source);
    return code;
}

int cmd_write(struct cli *cli, int argc, char **argv)
{
    struct request request = { 0 };
    struct job job = { .source = { .fd = -1 } };
    int code = parse(cli, argc, argv, &request, &job.writing);

    if (code || !request.from) /* none, if help was asked for */
        return code;
    code = run(cli, &request, &job);
    return close_job(cli, &request, &job, code);
}
