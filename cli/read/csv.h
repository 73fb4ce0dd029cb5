/*
 * Comma-separated values (RFC 4180), as events: the parser is libcsv, told to
 * be strict and to keep blanks.  Lines end in LF, CR LF or CR.
 */
#ifndef LIO_CLI_READ_CSV_H
#define LIO_CLI_READ_CSV_H

#include <lanceio/error.h>

#include <stdbool.h>
#include <stddef.h>

/* What is done with fields and rows.  Each returns 0, or a negative code and a
 * phrase in `err`, after which there are no more events. */
struct cli_csv_events {
    /* `text` is NULL for an empty field without quotes. */
    int (*field)(void *sink, const char *text, size_t bytes,
                 struct lio_error *err);
    int (*row)(void *sink, struct lio_error *err);
};

struct cli_csv_parser;

/* `events` and `sink` outlive the parser.  LIO_ENOMEM. */
LIO_MUST_CHECK int cli_csv_parser_open(char delimiter,
                                       const struct cli_csv_events *events,
                                       void *sink,
                                       struct cli_csv_parser **ret_parser,
                                       struct lio_error *err);
void cli_csv_parser_close(struct cli_csv_parser *parser);

/* Parse a line; a field in quotes may go on in the next.  On failure `err` has
 * a phrase and `*ret_at` says at which byte, or is SIZE_MAX if an event
 * failed.  LIO_EINVAL for what is not CSV, LIO_ENOMEM, or what the sink said.
 */
LIO_MUST_CHECK int cli_csv_parse(struct cli_csv_parser *parser,
                                 const char *text, size_t bytes, size_t *ret_at,
                                 struct lio_error *err);

/* Does a row go on in the next line? */
bool cli_csv_in_row(const struct cli_csv_parser *parser);

#endif
