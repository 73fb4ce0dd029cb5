/*
 * lanceio inspect: how a dataset is laid out.
 *
 * Reads metadata only, with plain synchronous calls: there is nothing to
 * configure and no run to record.
 */
#include "cli/dataset.h"

#include "cli/grid.h"
#include "cli/json.h"
#include "cli/read/schema_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char inspect_help[] =
    "Usage: lanceio inspect PATH [--json | --pages | --schema] [OPTION...]\n"
    "\n"
    "Show how PATH, a Lance dataset directory or a .lance data file, is laid "
    "out:\n"
    "schema, fragments, and for each column its pages, bytes and encodings.\n"
    "\n"
    "      --pages             every page, with the offset and size of its "
    "buffers\n" CLI_DATASET_HELP
    "      --json              everything, as one JSON object\n"
    "      --schema            the schema alone, as `lanceio write --schema` "
    "takes it\n"
    "\n"
    "Examples:\n"
    "  lanceio inspect flights.lance\n"
    "  lanceio inspect flights.lance --pages\n"
    "  lanceio inspect flights.lance --json | jq '.pages[].buffers[].bytes'\n"
    "  lanceio inspect flights.lance --schema > schema.json\n";

enum { OPT_JSON = 1, OPT_PAGES, OPT_SCHEMA };

static const struct option inspect_longs[] = {
    { "json", no_argument, NULL, OPT_JSON },
    { "pages", no_argument, NULL, OPT_PAGES },
    { "schema", no_argument, NULL, OPT_SCHEMA },
    CLI_DATASET_LONGS,
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax inspect_syntax = { .longs = inspect_longs,
                                                  .help = inspect_help };

/* What the pages of a field come to. */
struct field_sum {
    uint64_t npages;
    uint64_t bytes;
    uint64_t rows;
    const char *encoding; /* of the first page */
    uint64_t nother;      /* pages encoded in another way */
};

/* All that is known of a dataset, by number. */
struct report {
    struct lio_dataset *dataset;
    struct lio_dataset_info info;
    struct lio_field_info *fields;
    struct field_sum *sums; /* one a field */
    struct lio_fragment_info *fragments;
    struct lio_page_info *pages;
    struct cli_out out;
};

/* -- the facts ----------------------------------------------------------- */

static uint64_t page_bytes(const struct lio_page_info *page)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < page->nbuffers; i++)
        bytes += page->buffers[i].bytes;
    return bytes;
}

static void add_page(struct field_sum *sum, const struct lio_page_info *page)
{
    if (sum->npages == 0)
        sum->encoding = page->encoding;
    else if (strcmp(sum->encoding, page->encoding) != 0)
        sum->nother++;
    sum->npages++;
    sum->bytes += page_bytes(page);
    sum->rows += page->rows;
}

/* One more of each, so that none does not look like no memory. */
static int allocate(struct report *report, struct lio_error *err)
{
    const struct lio_dataset_info *info = &report->info;

    report->fields = calloc(info->nfields + (size_t)1, sizeof(*report->fields));
    report->sums = calloc(info->nfields + (size_t)1, sizeof(*report->sums));
    report->fragments =
        calloc(info->nfragments + (size_t)1, sizeof(*report->fragments));
    report->pages = calloc(info->npages + (size_t)1, sizeof(*report->pages));
    if (!report->fields || !report->sums || !report->fragments ||
        !report->pages || cli_out_init(&report->out, stdout))
        return lio_error_set(err, LIO_ENOMEM, "no memory for a report");
    return 0;
}

static int collect(struct report *report, struct lio_error *err)
{
    const struct lio_dataset_info *info = &report->info;
    int rc = allocate(report, err);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < info->nfields && rc == 0; i++)
        rc = lio_dataset_field(report->dataset, i, &report->fields[i]);
    for (uint32_t i = 0; i < info->nfragments && rc == 0; i++)
        rc = lio_dataset_fragment(report->dataset, i, &report->fragments[i]);
    for (uint32_t i = 0; i < info->npages && rc == 0; i++) {
        rc = lio_dataset_page(report->dataset, i, &report->pages[i]);
        if (rc == 0)
            add_page(&report->sums[report->pages[i].field], &report->pages[i]);
    }
    if (rc < 0)
        return lio_error_set(err, rc, "%s: its layout cannot be described",
                             info->path);
    return 0;
}

static void release(struct report *report)
{
    cli_out_release(&report->out);
    free(report->fields);
    free(report->sums);
    free(report->fragments);
    free(report->pages);
    lio_dataset_close(report->dataset);
}

/* -- for people ---------------------------------------------------------- */

static void put_line(struct report *report, const char *fmt, ...)
    LIO_PRINTF(2, 3);

static void put_line(struct report *report, const char *fmt, ...)
{
    char line[CLI_OUT_ROOM];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    cli_out_text(&report->out, line);
    cli_out_char(&report->out, '\n');
}

/* A grid with its header; columns in `right` are aligned to the right. */
static void begin_grid(struct report *report, struct cli_grid *grid,
                       const char *const *header, size_t ncolumns,
                       const char *right)
{
    if (cli_grid_init(grid, &report->out, ncolumns)) {
        grid->failed = true;
        return;
    }
    for (size_t i = 0; i < ncolumns; i++) {
        grid->align_right[i] = right[i] == 'r';
        cli_grid_text(grid, header[i]);
    }
}

static void end_grid(struct cli_grid *grid, size_t nrows)
{
    cli_grid_fit(grid);
    cli_grid_print(grid, 0, nrows + 1);
    cli_grid_release(grid);
}

static void put_summary(struct report *report)
{
    const struct lio_dataset_info *info = &report->info;

    put_line(report, "%s", info->path);
    if (info->version)
        put_line(report, "dataset, %s%s%sversion %" PRIu64 ", format %s",
                 info->branch ? "branch " : "",
                 info->branch ? info->branch : "", info->branch ? ", " : "",
                 info->version, info->format_version);
    else
        put_line(report, "data file, format %s", info->format_version);
    put_line(report, "%" PRIu64 " rows, %" PRIu64 " bytes", info->rows,
             info->bytes);
}

/* Names are indented as they nest; parents come before their children. */
static void put_schema(struct report *report)
{
    static const char *const header[] = { "field", "type", "nullable",
                                          "remark" };
    struct cli_grid grid;

    put_line(report, "\nschema");
    begin_grid(report, &grid, header, 4, "llll");
    for (uint32_t i = 0; i < report->info.nfields; i++) {
        const struct lio_field_info *field = &report->fields[i];
        struct cli_out name;

        if (cli_out_init_memory(&name)) {
            grid.failed = true;
            break;
        }
        for (int32_t up = field->parent; up >= 0;
             up = report->fields[up].parent)
            cli_out_text(&name, "  ");
        cli_out_text(&name, field->name);
        cli_grid_bytes(&grid, name.base, name.used);
        cli_out_release(&name);
        cli_grid_text(&grid, field->logical_type);
        cli_grid_text(&grid, field->nullable ? "yes" : "no");
        cli_grid_text(&grid, field->unsupported ? field->unsupported : "");
    }
    end_grid(&grid, report->info.nfields);
}

static void put_fragments(struct report *report)
{
    static const char *const header[] = { "fragment", "rows", "deleted",
                                          "files" };
    struct cli_grid grid;

    put_line(report, "\nfragments");
    begin_grid(report, &grid, header, 4, "rrrr");
    for (uint32_t i = 0; i < report->info.nfragments; i++) {
        const struct lio_fragment_info *fragment = &report->fragments[i];

        cli_grid_number(&grid, fragment->id);
        cli_grid_number(&grid, fragment->physical_rows);
        cli_grid_number(&grid, fragment->deleted_rows);
        cli_grid_number(&grid, fragment->nfiles);
    }
    end_grid(&grid, report->info.nfragments);
}

/* The full name of a field: "address.city". */
static void put_path(struct report *report, uint32_t number,
                     struct cli_out *out)
{
    const struct lio_field_info *field = &report->fields[number];

    if (field->parent >= 0) {
        put_path(report, (uint32_t)field->parent, out);
        cli_out_char(out, '.');
    }
    cli_out_text(out, field->name);
}

static void add_path(struct report *report, struct cli_grid *grid,
                     uint32_t number)
{
    struct cli_out path;

    if (cli_out_init_memory(&path)) {
        grid->failed = true;
        return;
    }
    put_path(report, number, &path);
    cli_grid_bytes(grid, path.base, path.used);
    cli_out_release(&path);
}

static void add_encoding(struct cli_grid *grid, const struct field_sum *sum)
{
    char text[512];

    if (sum->nother == 0) {
        cli_grid_text(grid, sum->encoding);
        return;
    }
    (void)snprintf(text, sizeof(text), "%s; %" PRIu64 " pages otherwise",
                   sum->encoding, sum->nother);
    cli_grid_text(grid, text);
}

static void add_ratio(struct cli_grid *grid, uint64_t bytes, uint64_t rows)
{
    char text[32] = "-";

    if (rows > 0)
        (void)snprintf(text, sizeof(text), "%.2f",
                       (double)bytes / (double)rows);
    cli_grid_text(grid, text);
}

static void put_columns(struct report *report)
{
    static const char *const header[] = { "column", "pages", "bytes",
                                          "bytes/row", "encoding" };
    struct cli_grid grid;
    size_t nrows = 0;

    put_line(report, "\ncolumns");
    begin_grid(report, &grid, header, 5, "lrrrl");
    for (uint32_t i = 0; i < report->info.nfields; i++) {
        const struct field_sum *sum = &report->sums[i];

        if (sum->npages == 0)
            continue;
        add_path(report, &grid, i);
        cli_grid_number(&grid, sum->npages);
        cli_grid_number(&grid, sum->bytes);
        add_ratio(&grid, sum->bytes, sum->rows);
        add_encoding(&grid, sum);
        nrows++;
    }
    end_grid(&grid, nrows);
}

static void add_buffers(struct cli_grid *grid, const struct lio_page_info *page)
{
    struct cli_out text;

    if (cli_out_init_memory(&text)) {
        grid->failed = true;
        return;
    }
    for (uint32_t i = 0; i < page->nbuffers; i++) {
        char buffer[48];

        (void)snprintf(buffer, sizeof(buffer), "%s%" PRIu64 "+%" PRIu64,
                       i ? " " : "", page->buffers[i].offset,
                       page->buffers[i].bytes);
        cli_out_text(&text, buffer);
    }
    cli_grid_bytes(grid, text.base, text.used);
    cli_out_release(&text);
}

static void put_pages(struct report *report)
{
    static const char *const header[] = { "page",     "fragment",
                                          "column",   "first row",
                                          "rows",     "bytes",
                                          "encoding", "buffers (offset+bytes)",
                                          "file" };
    struct cli_grid grid;

    put_line(report, "\npages");
    begin_grid(report, &grid, header, 9, "rrlrrrlll");
    for (uint32_t i = 0; i < report->info.npages; i++) {
        const struct lio_page_info *page = &report->pages[i];

        cli_grid_number(&grid, page->number);
        cli_grid_number(&grid, report->fragments[page->fragment].id);
        add_path(report, &grid, page->field);
        cli_grid_number(&grid, page->first_row);
        cli_grid_number(&grid, page->rows);
        cli_grid_number(&grid, page_bytes(page));
        cli_grid_text(&grid, page->encoding);
        add_buffers(&grid, page);
        cli_grid_text(&grid, page->file);
    }
    end_grid(&grid, report->info.npages);
}

static void put_text(struct report *report, bool with_pages)
{
    put_summary(report);
    put_schema(report);
    put_fragments(report);
    put_columns(report);
    if (with_pages)
        put_pages(report);
}

/* -- for programs -------------------------------------------------------- */

static void put_json_fields(struct report *report, struct cli_json *json)
{
    cli_json_open(json, "fields", '[');
    for (uint32_t i = 0; i < report->info.nfields; i++) {
        const struct lio_field_info *field = &report->fields[i];
        const struct field_sum *sum = &report->sums[i];

        cli_json_open(json, NULL, '{');
        cli_json_number(json, "number", i);
        cli_json_signed(json, "id", field->id);
        cli_json_signed(json, "parent", field->parent);
        cli_json_text(json, "name", field->name);
        cli_json_text(json, "logical_type", field->logical_type);
        cli_json_bool(json, "nullable", field->nullable != 0);
        cli_json_text(json, "unsupported", field->unsupported);
        cli_json_number(json, "pages", sum->npages);
        cli_json_number(json, "bytes", sum->bytes);
        cli_json_number(json, "rows", sum->rows);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

static void put_json_fragments(struct report *report, struct cli_json *json)
{
    cli_json_open(json, "fragments", '[');
    for (uint32_t i = 0; i < report->info.nfragments; i++) {
        const struct lio_fragment_info *fragment = &report->fragments[i];

        cli_json_open_flat(json, NULL, '{');
        cli_json_number(json, "number", i);
        cli_json_number(json, "id", fragment->id);
        cli_json_number(json, "physical_rows", fragment->physical_rows);
        cli_json_number(json, "deleted_rows", fragment->deleted_rows);
        cli_json_number(json, "files", fragment->nfiles);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

static void put_json_page(const struct lio_page_info *page,
                          struct cli_json *json)
{
    cli_json_open(json, NULL, '{');
    cli_json_number(json, "number", page->number);
    cli_json_number(json, "fragment", page->fragment);
    cli_json_number(json, "field", page->field);
    cli_json_number(json, "column", page->column);
    cli_json_text(json, "file", page->file);
    cli_json_number(json, "first_row", page->first_row);
    cli_json_number(json, "rows", page->rows);
    cli_json_text(json, "encoding", page->encoding);
    cli_json_open(json, "buffers", '[');
    for (uint32_t i = 0; i < page->nbuffers; i++) {
        cli_json_open_flat(json, NULL, '{');
        cli_json_number(json, "offset", page->buffers[i].offset);
        cli_json_number(json, "bytes", page->buffers[i].bytes);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
    cli_json_close(json, '}');
}

static void put_json(struct report *report)
{
    const struct lio_dataset_info *info = &report->info;
    struct cli_json json = { .out = &report->out };

    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "path", info->path);
    cli_json_number(&json, "version", info->version);
    cli_json_text(&json, "branch", info->branch);
    cli_json_text(&json, "format_version", info->format_version);
    cli_json_number(&json, "rows", info->rows);
    cli_json_number(&json, "bytes", info->bytes);
    put_json_fields(report, &json);
    put_json_fragments(report, &json);
    cli_json_open(&json, "pages", '[');
    for (uint32_t i = 0; i < info->npages; i++)
        put_json_page(&report->pages[i], &json);
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
}

/* -- the command --------------------------------------------------------- */

struct request {
    const char *path;
    struct lio_dataset_options dataset;
    bool json, pages, schema;
};

static int parse(struct cli *cli, int argc, char **argv,
                 struct request *request)
{
    int opt, code = CLI_DONE;

    while (!code && (opt = cli_getopt(cli, argc, argv, &inspect_syntax)) >= 0) {
        if (opt == OPT_JSON)
            request->json = true;
        else if (opt == OPT_PAGES)
            request->pages = true;
        else if (opt == OPT_SCHEMA)
            request->schema = true;
        else
            code = cli_dataset_option(cli, opt, &request->dataset);
    }
    if (code)
        return code;
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (request->json + request->pages + request->schema > 1)
        return cli_usage(cli, "--json, --pages and --schema: choose one");
    return cli_dataset_path(cli, argc, argv, &request->path);
}

static int run(struct cli *cli, const struct request *request,
               struct report *report)
{
    struct lio_error err;
    int code = cli_check_config(cli);

    if (!code)
        code = cli_dataset_open(cli, NULL, request->path, &request->dataset,
                                &report->dataset);
    if (code)
        return code;
    lio_dataset_info(report->dataset, &report->info);
    if (collect(report, &err) < 0)
        return cli_fail(cli, &err);
    if (request->schema)
        cli_schema_print(report->fields, report->info.nfields, &report->out);
    else if (request->json)
        put_json(report);
    else
        put_text(report, request->pages);
    return cli_finish_out(cli, &report->out);
}

int cmd_inspect(struct cli *cli, int argc, char **argv)
{
    struct request request = { 0 };
    struct report report = { 0 };
    int code = parse(cli, argc, argv, &request);

    if (code || !request.path)
        return code;
    code = run(cli, &request, &report);
    release(&report);
    return code;
}
