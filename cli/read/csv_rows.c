/*
 * Comma-separated values with a header: each column goes where the schema has
 * its name.
 *
 *     empty field       null; "" where the schema allows no null
 *     ""                "" of text and binary, else null: some quote everything
 *     lists, structs    JSON
 *
 * A line without a field is skipped, unless there is one column: then it is a
 * null, as scan writes it.
 */
#include "cli/read/csv.h"
#include "cli/read/fill.h"
#include "cli/read/infer.h"
#include "cli/read/input.h"

#include <inttypes.h>
#include <stdlib.h>

struct csv {
    const struct cli_input_setup *setup;
    struct cli_csv_parser *parser;
    uint64_t row_line; /* where the row began */
    size_t field;      /* of the row, the next one */
    char **names;      /* of the header */
    size_t nnames;
    bool has_header;

    struct cli_infer *infer; /* while looking, else NULL */
    uint64_t looked;         /* rows looked at */

    struct cli_batch batch;
    struct cli_builder **columns; /* by field */
    struct cli_json_parser *json; /* of nested values */
    struct cli_fill fill;
};

static int no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory for the columns");
}

/* -- the header ---------------------------------------------------------- */

static int header_field(struct csv *csv, const char *text, size_t bytes,
                        struct lio_error *err)
{
    size_t n = csv->nnames;
    char **names;

    if (bytes == 0)
        return lio_error_set(err, LIO_EINVAL,
                             "a column without a name; give it one");
    if (memchr(text, '\0', bytes))
        return lio_error_set(err, LIO_EINVAL, "a name with a NUL in it");
    for (size_t i = 0; i < n; i++)
        if (strlen(csv->names[i]) == bytes &&
            memcmp(csv->names[i], text, bytes) == 0)
            return lio_error_set(err, LIO_EINVAL,
                                 "'%s' is the name of column %zu, too",
                                 csv->names[i], i + 1);
    names = realloc(csv->names, (n + 1) * sizeof(*names));
    if (!names)
        return no_memory(err);
    csv->names = names;
    names[n] = strndup(text, bytes);
    if (!names[n])
        return no_memory(err);
    csv->nnames++;
    return 0;
}

/* The column of the schema for each field. */
static int map_columns(struct csv *csv, struct lio_error *err)
{
    struct cli_builder *rows = csv->batch.rows;

    csv->columns = calloc(csv->nnames, sizeof(struct cli_builder *));
    if (!csv->columns)
        return no_memory(err);
    for (csv->field = 0; csv->field < csv->nnames; csv->field++) {
        const char *name = csv->names[csv->field];

        for (size_t j = 0; j < rows->type->nchildren; j++)
            if (!strcmp(rows->children[j].type->name, name))
                csv->columns[csv->field] = &rows->children[j];
        if (!csv->columns[csv->field])
            return cli_builder_no_child(rows, name, strlen(name), err);
    }
    return 0;
}

/* Text with another delimiter has one column, and that in its name. */
static int check_delimiter(struct csv *csv, struct lio_error *err)
{
    const char *other = csv->nnames == 1 && !csv->setup->delimiter
                            ? strpbrk(csv->names[0], ";\t|")
                            : NULL;

    if (!other)
        return 0;
    csv->field = 0;
    return lio_error_set(
        err, LIO_EINVAL,
        "the header is one field, '%s'; if they are delimited by '%c', "
        "say --delimiter %s%.1s",
        csv->names[0], *other, *other == '\t' ? "tab" : "\\",
        *other == '\t' ? "" : other);
}

static int header_row(struct csv *csv, struct lio_error *err)
{
    int rc;

    if (csv->nnames == 0) /* empty lines before it */
        return 0;
    rc = check_delimiter(csv, err);
    if (rc < 0)
        return rc;
    csv->has_header = true;
    if (!csv->infer)
        return map_columns(csv, err);
    for (size_t i = 0; i < csv->nnames && rc == 0; i++)
        rc = cli_infer_column(csv->infer, csv->names[i], strlen(csv->names[i]),
                              err);
    return rc;
}

/* -- fields -------------------------------------------------------------- */

static bool is_text(const struct cli_value *type)
{
    if (type->kind == CLI_DICTIONARY)
        return is_text(type->children);
    return type->kind == CLI_STRING || type->kind == CLI_BINARY;
}

static bool is_nested(const struct cli_value *type)
{
    return type->kind == CLI_LIST || type->kind == CLI_FIXED_LIST ||
           type->kind == CLI_STRUCT || type->kind == CLI_MAP;
}

static int build_nested(struct csv *csv, struct cli_builder *column,
                        const char *text, size_t bytes, struct lio_error *err)
{
    size_t at;

    cli_fill_start(&csv->fill, column);
    return cli_json_parse(csv->json, text, bytes, &at, err);
}

static int build_field(struct csv *csv, const char *text, size_t bytes,
                       struct lio_error *err)
{
    struct cli_builder *column = csv->columns[csv->field];
    const struct cli_value *type = column->type;

    if (bytes == 0 && is_text(type) && (text || !type->nullable))
        return cli_builder_text(column, "", 0, err);
    if (bytes == 0)
        return cli_builder_null(column, err);
    if (is_nested(type))
        return build_nested(csv, column, text, bytes, err);
    return cli_builder_text(column, text, bytes, err);
}

static int on_field(void *sink, const char *text, size_t bytes,
                    struct lio_error *err)
{
    struct csv *csv = sink;
    int rc = 0;

    if (!csv->has_header)
        rc = header_field(csv, text, bytes, err);
    else if (csv->field >= csv->nnames)
        rc = lio_error_set(err, LIO_EINVAL,
                           "one more than the %zu of the header", csv->nnames);
    else if (csv->infer)
        cli_infer_text(csv->infer, csv->field, text, bytes);
    else
        rc = build_field(csv, text, bytes, err);
    csv->field += rc == 0;
    return rc;
}

static int complete_row(struct csv *csv, struct lio_error *err)
{
    if (csv->field == 0 && csv->nnames > 1)
        return 0;
    if (csv->field == 0) {
        int rc = on_field(csv, NULL, 0, err);

        if (rc < 0)
            return rc;
    }
    if (csv->field < csv->nnames)
        return lio_error_set(err, LIO_EINVAL,
                             "missing; the header has %zu fields", csv->nnames);
    if (!csv->infer)
        return cli_builder_end(csv->batch.rows, err);
    csv->looked++;
    csv->infer->line++;
    return 0;
}

static int on_row(void *sink, struct lio_error *err)
{
    struct csv *csv = sink;
    int rc = csv->has_header ? complete_row(csv, err) : header_row(csv, err);

    if (rc == 0)
        csv->field = 0;
    return rc;
}

static const struct cli_csv_events csv_events = { .field = on_field,
                                                  .row = on_row };

/* -- lines --------------------------------------------------------------- */

/* Of a field the number and name, of what is no CSV the character. */
static int fail(const struct csv *csv, const char *text, size_t at,
                struct lio_error *err)
{
    const char *name = csv->has_header && csv->field < csv->nnames
                           ? csv->names[csv->field]
                           : "";
    char where[400], path[256] = "";

    if (at != SIZE_MAX) {
        (void)snprintf(where, sizeof(where), "column %zu",
                       cli_input_column(text, at));
        return cli_input_fail(csv->setup, csv->setup->source->line, where, err);
    }
    if (csv->columns && *name && csv->columns[csv->field] &&
        is_nested(csv->columns[csv->field]->type))
        cli_fill_path(&csv->fill, path, sizeof(path));
    (void)snprintf(where, sizeof(where), "field %zu%s%.100s%s%s%s",
                   csv->field + 1, *name ? " '" : "", name, *name ? "'" : "",
                   *path ? ", in it " : "", path);
    return cli_input_fail(csv->setup, csv->row_line, where, err);
}

/* Parse the next line.  1, 0 at the end, or an error. */
static int parse_line(struct csv *csv, size_t *ret_bytes, struct lio_error *err)
{
    struct cli_source *source = csv->setup->source;
    size_t at;
    char *text;
    int rc = cli_source_line(source, &text, ret_bytes, err);

    if (rc < 0)
        return rc;
    if (rc == 0 && cli_csv_in_row(csv->parser)) {
        lio_error_set(err, LIO_EINVAL,
                      "the text ends inside of quotes that begin here");
        return fail(csv, "", SIZE_MAX, err);
    }
    if (rc == 0)
        return 0;
    if (!cli_csv_in_row(csv->parser))
        csv->row_line = source->line;
    if (csv->infer)
        csv->infer->line = csv->row_line;
    rc = cli_csv_parse(csv->parser, text, *ret_bytes, &at, err);
    return rc < 0 ? fail(csv, text, at, err) : 1;
}

static void csv_close(void *input)
{
    struct csv *csv = input;

    cli_csv_parser_close(csv->parser);
    cli_json_parser_close(csv->json);
    cli_batch_close(&csv->batch);
    for (size_t i = 0; i < csv->nnames; i++)
        free(csv->names[i]);
    free(csv->names);
    free(csv->columns);
    free(csv);
}

/* Without its batch; on failure nothing is left. */
static int make(const struct cli_input_setup *setup, struct csv **ret_csv,
                struct lio_error *err)
{
    struct csv *csv = calloc(1, sizeof(*csv));
    char delimiter = setup->delimiter ? setup->delimiter : ',';
    int rc;

    if (!csv)
        return no_memory(err);
    csv->setup = setup;
    rc = cli_csv_parser_open(delimiter, &csv_events, csv, &csv->parser, err);
    if (rc < 0)
        csv_close(csv);
    else
        *ret_csv = csv;
    return rc;
}

/* -- inference ----------------------------------------------------------- */

static int look(struct csv *csv, struct lio_error *err)
{
    const struct cli_input_setup *setup = csv->setup;
    size_t bytes;
    int rc = 1;

    while (rc > 0 && csv->looked < setup->infer_rows &&
           setup->source->taken < CLI_INFER_BYTES)
        rc = parse_line(csv, &bytes, err);
    return rc < 0 ? rc : 0;
}

static int csv_infer(struct cli_input_setup *setup, struct cli_fields *fields,
                     struct lio_error *err)
{
    struct cli_infer infer;
    struct csv *csv;
    int rc = make(setup, &csv, err);

    if (rc < 0)
        return rc;
    rc = cli_infer_open(&infer, err);
    csv->infer = &infer;
    if (rc == 0) {
        cli_source_keep(setup->source);
        rc = look(csv, err);
        cli_source_rewind(setup->source);
    }
    if (rc == 0)
        rc = cli_infer_fields(&infer, true, fields, err);
    if (rc == 0)
        setup->inferred_line = csv->row_line;
    cli_infer_close(&infer);
    csv_close(csv);
    return rc;
}

/* -- rows ---------------------------------------------------------------- */

static int csv_open(const struct cli_input_setup *setup, void **ret_input,
                    struct lio_error *err)
{
    struct csv *csv;
    int rc = make(setup, &csv, err);

    if (rc < 0)
        return rc;
    rc = cli_batch_open(setup, &csv->batch, err);
    if (rc == 0)
        rc =
            cli_json_parser_open(&cli_fill_events, &csv->fill, &csv->json, err);
    if (rc < 0)
        csv_close(csv);
    else
        *ret_input = csv;
    return rc;
}

static int csv_read(void *input, struct ArrowArray *ret_batch,
                    struct lio_error *err)
{
    struct csv *csv = input;
    size_t bytes;
    int rc;

    do
        rc = parse_line(csv, &bytes, err);
    while (rc > 0 && (cli_csv_in_row(csv->parser) ||
                      !cli_batch_is_full(&csv->batch, bytes)));
    return rc < 0 ? rc : cli_batch_take(&csv->batch, ret_batch, err);
}

const struct cli_input_format cli_input_csv = {
    .name = "csv",
    .infer = csv_infer,
    .open = csv_open,
    .read = csv_read,
    .close = csv_close,
};
