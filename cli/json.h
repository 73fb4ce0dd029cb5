/*
 * JSON as text: strings with what must be escaped, and a small writer that
 * sets commas and indents, for reports.
 *
 *     cli_json_open(&json, NULL, '{');
 *     cli_json_number(&json, "rows", 3);
 *     cli_json_open(&json, "names", '[');
 *     cli_json_text(&json, NULL, "a");
 *     cli_json_close(&json, ']');
 *     cli_json_close(&json, '}');
 *
 * Why no library: for the 100,000 rows of the flights dataset yajl's generator
 * takes 60 ms where this takes 11, and it cannot write into the middle of a
 * table's cell.
 */
#ifndef LIO_CLI_JSON_H
#define LIO_CLI_JSON_H

#include "cli/out.h"

#include <stdbool.h>
#include <stdint.h>

/* A string in quotes.  Bytes that are not UTF-8 become U+FFFD. */
void cli_json_string(struct cli_out *out, const char *text, size_t bytes);

struct cli_json {
    struct cli_out *out;
    unsigned depth;
    bool first; /* in the innermost object or list */
    bool flat;  /* the innermost is on one line */
};

/* Begin an object '{' or list '['; `key` is NULL in a list and outermost. */
void cli_json_open(struct cli_json *json, const char *key, char bracket);

/* The same, on one line: for small ones without objects or lists inside. */
void cli_json_open_flat(struct cli_json *json, const char *key, char bracket);

/* End it, with '}' or ']'. */
void cli_json_close(struct cli_json *json, char bracket);

void cli_json_number(struct cli_json *json, const char *key, uint64_t number);
void cli_json_signed(struct cli_json *json, const char *key, int64_t number);
void cli_json_bool(struct cli_json *json, const char *key, bool value);

/* A string, or null if `text` is NULL. */
void cli_json_text(struct cli_json *json, const char *key, const char *text);

#endif
