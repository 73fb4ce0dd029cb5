/*
 * One JSON value, as events: the parser is yajl, used again for every line, and
 * what it lets pass is checked here: UTF-8 to the letter, escaped surrogates
 * that are half a pair, and that there is one value and nothing else.
 *
 * Numbers are given as they are written.
 */
#ifndef LIO_CLI_READ_JSON_H
#define LIO_CLI_READ_JSON_H

#include <lanceio/error.h>

#include <stdbool.h>
#include <stddef.h>

/* What is done with a value.  Each returns 0, or a negative code and a phrase
 * in `err`, which ends the parsing.  Texts are valid during the call. */
struct cli_json_events {
    int (*null)(void *sink, struct lio_error *err);
    int (*boolean)(void *sink, bool value, struct lio_error *err);
    int (*number)(void *sink, const char *text, size_t bytes,
                  struct lio_error *err);
    int (*string)(void *sink, const char *text, size_t bytes,
                  struct lio_error *err);
    int (*begin_object)(void *sink, struct lio_error *err);
    int (*key)(void *sink, const char *text, size_t bytes,
               struct lio_error *err);
    int (*end_object)(void *sink, struct lio_error *err);
    int (*begin_list)(void *sink, struct lio_error *err);
    int (*end_list)(void *sink, struct lio_error *err);
};

struct cli_json_parser;

/* Values nest no deeper: who follows them may recurse. */
#define CLI_JSON_DEPTH_MAX 1000

/* `events` and `sink` outlive the parser.  LIO_ENOMEM. */
LIO_MUST_CHECK int cli_json_parser_open(const struct cli_json_events *events,
                                        void *sink,
                                        struct cli_json_parser **ret_parser,
                                        struct lio_error *err);
void cli_json_parser_close(struct cli_json_parser *parser);

/*
 * Parse `text`, one value with white space around it.  On failure `err` has a
 * phrase, and `*ret_at` says at which byte; the parser can then only be closed.
 * LIO_EINVAL for what is no JSON, else what the sink said.
 */
LIO_MUST_CHECK int cli_json_parse(struct cli_json_parser *parser,
                                  const char *text, size_t bytes,
                                  size_t *ret_at, struct lio_error *err);

/* Is there a value at all, and not only white space? */
bool cli_json_is_blank(const char *text, size_t bytes);

#endif
