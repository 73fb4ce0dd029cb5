/*
 * Newline-delimited JSON: each line is an object, and each object a row.  Lines
 * of white space are skipped.
 */
#include "cli/read/fill.h"
#include "cli/read/infer.h"
#include "cli/read/input.h"

#include <inttypes.h>
#include <stdlib.h>

/* The next line with something in it, or as cli_source_line(). */
static int next_line(struct cli_source *source, char **ret_text,
                     size_t *ret_bytes, struct lio_error *err)
{
    int rc;

    do
        rc = cli_source_line(source, ret_text, ret_bytes, err);
    while (rc > 0 && cli_json_is_blank(*ret_text, *ret_bytes));
    return rc;
}

/* A row is an object; what is a list was not meant for lines. */
static int check_row(const char *text, size_t bytes, struct lio_error *err)
{
    size_t at = 0;

    while (at < bytes && strchr(" \t\r", text[at]))
        at++;
    if (text[at] == '[')
        return lio_error_set(err, LIO_EINVAL,
                             "a list, but each line must be an object; jq "
                             "-c '.[]' makes lines of the objects in a list");
    if (text[at] != '{')
        return lio_error_set(err, LIO_EINVAL,
                             "a line must be an object: {\"name\": value, "
                             "...}");
    return 0;
}

static int parse_line(struct cli_json_parser *parser, const char *text,
                      size_t bytes, size_t *ret_at, struct lio_error *err)
{
    int rc = check_row(text, bytes, err);

    if (rc == 0)
        return cli_json_parse(parser, text, bytes, ret_at, err);
    *ret_at = 0;
    return rc;
}

/* -- inference ----------------------------------------------------------- */

static int look(const struct cli_input_setup *setup, struct cli_infer *infer,
                struct cli_json_parser *parser, struct lio_error *err)
{
    struct cli_source *source = setup->source;
    uint64_t rows = 0;
    size_t bytes, at;
    char *text;
    int rc = 1;

    while (rows < setup->infer_rows && source->taken < CLI_INFER_BYTES) {
        rc = next_line(source, &text, &bytes, err);
        if (rc <= 0)
            break;
        infer->line = source->line;
        cli_infer_start(infer);
        rc = parse_line(parser, text, bytes, &at, err);
        if (rc < 0) {
            char where[32];

            (void)snprintf(where, sizeof(where), "column %zu",
                           cli_input_column(text, at));
            return cli_input_fail(setup, source->line, where, err);
        }
        rows++;
    }
    return rc < 0 ? rc : 0;
}

/* A sentence about the file, of one about its columns. */
static int name_source(const struct cli_source *source, int code,
                       struct lio_error *err)
{
    struct lio_error said = *err;

    return lio_error_set(err, code, "%s: %s", source->name, said.msg);
}

static int conclude(const struct cli_input_setup *setup,
                    const struct cli_infer *infer, struct cli_fields *fields,
                    struct lio_error *err)
{
    int rc = cli_infer_fields(infer, false, fields, err);

    return rc < 0 && err ? name_source(setup->source, rc, err) : rc;
}

static int ndjson_infer(struct cli_input_setup *setup,
                        struct cli_fields *fields, struct lio_error *err)
{
    struct cli_json_parser *parser = NULL;
    struct cli_infer infer;
    int rc = cli_infer_open(&infer, err);

    if (rc == 0)
        rc = cli_json_parser_open(&cli_infer_events, &infer, &parser, err);
    if (rc == 0) {
        cli_source_keep(setup->source);
        rc = look(setup, &infer, parser, err);
        cli_source_rewind(setup->source);
    }
    if (rc == 0)
        rc = conclude(setup, &infer, fields, err);
    if (rc == 0)
        setup->inferred_line = infer.line;
    cli_json_parser_close(parser);
    cli_infer_close(&infer);
    return rc;
}

/* -- rows ---------------------------------------------------------------- */

struct ndjson {
    const struct cli_input_setup *setup;
    struct cli_batch batch;
    struct cli_json_parser *parser;
    struct cli_fill fill;
};

static void ndjson_close(void *input)
{
    struct ndjson *ndjson = input;

    cli_json_parser_close(ndjson->parser);
    cli_batch_close(&ndjson->batch);
    free(ndjson);
}

static int ndjson_open(const struct cli_input_setup *setup, void **ret_input,
                       struct lio_error *err)
{
    struct ndjson *ndjson = calloc(1, sizeof(*ndjson));
    int rc;

    if (!ndjson)
        return cli_builder_no_memory(err);
    ndjson->setup = setup;
    rc = cli_batch_open(setup, &ndjson->batch, err);
    if (rc == 0)
        rc = cli_json_parser_open(&cli_fill_events, &ndjson->fill,
                                  &ndjson->parser, err);
    if (rc < 0)
        ndjson_close(ndjson);
    else
        *ret_input = ndjson;
    return rc;
}

static int fail(const struct ndjson *ndjson, const char *text, size_t at,
                struct lio_error *err)
{
    char path[256], where[300];

    cli_fill_path(&ndjson->fill, path, sizeof(path));
    (void)snprintf(where, sizeof(where), "column %zu%s%s%s",
                   cli_input_column(text, at), *path ? ", field '" : "", path,
                   *path ? "'" : "");
    return cli_input_fail(ndjson->setup, ndjson->setup->source->line, where,
                          err);
}

static int ndjson_read(void *input, struct ArrowArray *ret_batch,
                       struct lio_error *err)
{
    struct ndjson *ndjson = input;
    struct cli_source *source = ndjson->setup->source;
    size_t bytes = 0, at;
    char *text;

    do {
        int rc = next_line(source, &text, &bytes, err);

        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
        cli_fill_start(&ndjson->fill, ndjson->batch.rows);
        rc = parse_line(ndjson->parser, text, bytes, &at, err);
        if (rc < 0)
            return fail(ndjson, text, at, err);
    } while (!cli_batch_is_full(&ndjson->batch, bytes));
    return cli_batch_take(&ndjson->batch, ret_batch, err);
}

const struct cli_input_format cli_input_ndjson = {
    .name = "ndjson",
    .infer = ndjson_infer,
    .open = ndjson_open,
    .read = ndjson_read,
    .close = ndjson_close,
};
