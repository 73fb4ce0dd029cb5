/*
 * libcsv, with its callbacks turned into events.
 *
 * It takes CR and LF for the end of a row each, and is told to report all of
 * them, because an empty line is a row if there is one column.  So the LF of a
 * CR LF comes as an empty row, and is dropped here.
 */
#include "cli/read/csv.h"

#include "cli/utf8.h"

#include <csv.h>

#include <stdlib.h>

struct cli_csv_parser {
    struct csv_parser csv;
    const struct cli_csv_events *events;
    void *sink;
    bool has_fields; /* the row has any so far */
    bool after_cr;   /* the last row ended with one */

    /* Of the parse under way. */
    struct lio_error *err;
    int code; /* of an event that failed, or 0 */
};

/* -- callbacks ----------------------------------------------------------- */

static void on_field(void *text, size_t bytes, void *context)
{
    struct cli_csv_parser *parser = context;

    parser->has_fields = true;
    if (parser->code == 0)
        parser->code =
            parser->events->field(parser->sink, text, bytes, parser->err);
}

static void on_row(int end, void *context)
{
    struct cli_csv_parser *parser = context;
    bool is_second_half =
        end == '\n' && parser->after_cr && !parser->has_fields;

    parser->after_cr = end == '\r';
    parser->has_fields = false;
    if (!is_second_half && parser->code == 0)
        parser->code = parser->events->row(parser->sink, parser->err);
}

/* Blanks belong to the fields they are in. */
static int is_blank(unsigned char c LIO_UNUSED)
{
    return 0;
}

/* -- the parser ---------------------------------------------------------- */

int cli_csv_parser_open(char delimiter, const struct cli_csv_events *events,
                        void *sink, struct cli_csv_parser **ret_parser,
                        struct lio_error *err)
{
    struct cli_csv_parser *parser = calloc(1, sizeof(*parser));

    if (!parser || csv_init(&parser->csv,
                            CSV_STRICT | CSV_REPALL_NL | CSV_EMPTY_IS_NULL)) {
        free(parser);
        return lio_error_set(err, LIO_ENOMEM, "no memory for a CSV parser");
    }
    csv_set_delim(&parser->csv, (unsigned char)delimiter);
    csv_set_space_func(&parser->csv, is_blank);
    parser->events = events;
    parser->sink = sink;
    *ret_parser = parser;
    return 0;
}

void cli_csv_parser_close(struct cli_csv_parser *parser)
{
    if (!parser)
        return;
    csv_free(&parser->csv);
    free(parser);
}

static int fail_syntax(struct cli_csv_parser *parser, struct lio_error *err)
{
    if (csv_error(&parser->csv) != CSV_EPARSE)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a field");
    return lio_error_set(err, LIO_EINVAL,
                         "a quote in the middle of a field; a field with "
                         "quotes in it begins and ends with one, and has the "
                         "others twice");
}

int cli_csv_parse(struct cli_csv_parser *parser, const char *text, size_t bytes,
                  size_t *ret_at, struct lio_error *err)
{
    size_t valid = cli_utf8_valid(text, bytes), parsed;

    if (valid < bytes) {
        *ret_at = valid;
        return lio_error_set(err, LIO_EINVAL,
                             "the byte 0x%02x is not valid UTF-8; iconv "
                             "converts other encodings",
                             (unsigned char)text[valid]);
    }
    parser->err = err;
    parser->code = 0;
    parsed = csv_parse(&parser->csv, text, bytes, on_field, on_row, parser);
    if (parser->code < 0) {
        *ret_at = SIZE_MAX;
        return parser->code;
    }
    if (parsed < bytes) {
        *ret_at = parsed;
        return fail_syntax(parser, err);
    }
    return 0;
}

/* Rows end where lines do, unless the line ends inside of quotes. */
bool cli_csv_in_row(const struct cli_csv_parser *parser)
{
    return parser->has_fields || parser->csv.quoted;
}
