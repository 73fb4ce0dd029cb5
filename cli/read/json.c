/*
 * yajl, with its callbacks turned into events.
 *
 * It is told to take several values from one handle, so that the handle can be
 * used again; values are counted here, to refuse a second one.  It replaces
 * half a surrogate pair by a question mark and takes overlong UTF-8 for good,
 * so the text is looked at before it gets it.
 */
#include "cli/read/json.h"

#include "cli/utf8.h"

#include <yajl/yajl_parse.h>

#include <stdlib.h>

struct cli_json_parser {
    yajl_handle yajl;
    const struct cli_json_events *events;
    void *sink;
    unsigned depth;  /* of what has begun and not ended */
    unsigned values; /* at depth 0 */

    /* Of the parse under way. */
    struct lio_error *err;
    int code;     /* of an event that failed, or 0 */
    size_t token; /* bytes of the token it was about; 0: a string, look */
};

/* -- callbacks ----------------------------------------------------------- */

/* 1 goes on, 0 ends the parsing. */
static int result(struct cli_json_parser *parser, int rc, size_t token)
{
    if (rc == 0)
        return 1;
    parser->code = rc;
    parser->token = token;
    return 0;
}

/* A value begins: at depth 0 it must be the first. */
static bool is_welcome(struct cli_json_parser *parser)
{
    if (parser->depth > 0 || parser->values++ == 0)
        return true;
    lio_error_set(parser->err, LIO_EINVAL,
                  "a second value, where each has a line of its own");
    return false;
}

static bool go_deeper(struct cli_json_parser *parser)
{
    if (parser->depth++ < CLI_JSON_DEPTH_MAX)
        return true;
    lio_error_set(parser->err, LIO_EINVAL,
                  "values that nest deeper than %d levels", CLI_JSON_DEPTH_MAX);
    return false;
}

static int on_null(void *context)
{
    struct cli_json_parser *parser = context;

    if (!is_welcome(parser))
        return result(parser, LIO_EINVAL, 4);
    return result(parser, parser->events->null(parser->sink, parser->err), 4);
}

static int on_boolean(void *context, int value)
{
    struct cli_json_parser *parser = context;
    size_t token = value ? 4 : 5;

    if (!is_welcome(parser))
        return result(parser, LIO_EINVAL, token);
    return result(
        parser, parser->events->boolean(parser->sink, value != 0, parser->err),
        token);
}

static int on_number(void *context, const char *text, size_t bytes)
{
    struct cli_json_parser *parser = context;

    if (!is_welcome(parser))
        return result(parser, LIO_EINVAL, bytes);
    return result(
        parser, parser->events->number(parser->sink, text, bytes, parser->err),
        bytes);
}

static int on_string(void *context, const unsigned char *text, size_t bytes)
{
    struct cli_json_parser *parser = context;

    if (!is_welcome(parser))
        return result(parser, LIO_EINVAL, 0);
    return result(parser,
                  parser->events->string(parser->sink, (const char *)text,
                                         bytes, parser->err),
                  0);
}

static int on_key(void *context, const unsigned char *text, size_t bytes)
{
    struct cli_json_parser *parser = context;

    return result(parser,
                  parser->events->key(parser->sink, (const char *)text, bytes,
                                      parser->err),
                  0);
}

static int on_begin_object(void *context)
{
    struct cli_json_parser *parser = context;

    if (!is_welcome(parser) || !go_deeper(parser))
        return result(parser, LIO_EINVAL, 1);
    return result(parser,
                  parser->events->begin_object(parser->sink, parser->err), 1);
}

static int on_end_object(void *context)
{
    struct cli_json_parser *parser = context;

    parser->depth--;
    return result(parser, parser->events->end_object(parser->sink, parser->err),
                  1);
}

static int on_begin_list(void *context)
{
    struct cli_json_parser *parser = context;

    if (!is_welcome(parser) || !go_deeper(parser))
        return result(parser, LIO_EINVAL, 1);
    return result(parser, parser->events->begin_list(parser->sink, parser->err),
                  1);
}

static int on_end_list(void *context)
{
    struct cli_json_parser *parser = context;

    parser->depth--;
    return result(parser, parser->events->end_list(parser->sink, parser->err),
                  1);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_begin_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end_object,
    .yajl_start_array = on_begin_list,
    .yajl_end_array = on_end_list,
};

/* -- the parser ---------------------------------------------------------- */

int cli_json_parser_open(const struct cli_json_events *events, void *sink,
                         struct cli_json_parser **ret_parser,
                         struct lio_error *err)
{
    struct cli_json_parser *parser = calloc(1, sizeof(*parser));

    if (parser)
        parser->yajl = yajl_alloc(&callbacks, NULL, parser);
    if (!parser || !parser->yajl) {
        free(parser);
        return lio_error_set(err, LIO_ENOMEM, "no memory for a JSON parser");
    }
    parser->events = events;
    parser->sink = sink;
    yajl_config(parser->yajl, yajl_allow_multiple_values, 1);
    yajl_config(parser->yajl, yajl_dont_validate_strings, 1);
    *ret_parser = parser;
    return 0;
}

void cli_json_parser_close(struct cli_json_parser *parser)
{
    if (!parser)
        return;
    yajl_free(parser->yajl);
    free(parser);
}

/* -- text ---------------------------------------------------------------- */

/* The four hexadecimal digits behind \u, or -1. */
static int32_t unit_at(const char *text, const char *end)
{
    int32_t unit = 0;

    if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9')
            unit = unit << 4 | (c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            unit = unit << 4 | ((c | 32) - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

/* The first escape that is half a pair of surrogates, or NULL. */
static const char *find_half_pair(const char *text, const char *end)
{
    while ((text = memchr(text, '\\', (size_t)(end - text)))) {
        int32_t unit = unit_at(text, end);

        if (unit >= 0xd800 && unit <= 0xdbff) {
            int32_t low = unit_at(text + 6, end);

            if (low < 0xdc00 || low > 0xdfff)
                return text;
            text += 12;
        } else if (unit >= 0xdc00 && unit <= 0xdfff) {
            return text;
        } else if (end - text < 2) {
            return NULL;
        } else {
            text += 2;
        }
    }
    return NULL;
}

static int check_text(const char *text, size_t bytes, size_t *ret_at,
                      struct lio_error *err)
{
    size_t valid = cli_utf8_valid(text, bytes);
    const char *half;

    if (valid < bytes) {
        *ret_at = valid;
        return lio_error_set(err, LIO_EINVAL,
                             "the byte 0x%02x is not valid UTF-8",
                             (unsigned char)text[valid]);
    }
    half = find_half_pair(text, text + bytes);
    if (half) {
        *ret_at = (size_t)(half - text);
        return lio_error_set(err, LIO_EINVAL,
                             "%.6s is half of a pair of surrogates, and no "
                             "character",
                             half);
    }
    return 0;
}

bool cli_json_is_blank(const char *text, size_t bytes)
{
    size_t at = 0;

    while (at < bytes && strchr(" \t\r\n", text[at]) && text[at])
        at++;
    return at == bytes;
}

/* -- errors -------------------------------------------------------------- */

/* Where the string ends whose closing quote is before `end`: at its opening
 * quote, the nearest one that is not escaped. */
static size_t string_start(const char *text, size_t end)
{
    size_t at = end - 1;

    while (at > 0) {
        size_t slashes = 0;

        at--;
        if (text[at] != '"')
            continue;
        while (slashes < at && text[at - slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            break;
    }
    return at;
}

/* Python writes these, and JSON has none of them. */
static const char *hint_at(const char *text, size_t bytes, size_t at)
{
    static const char *const words[] = { "NaN", "Infinity", "-Infinity" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i]);

        if (bytes - at >= n && !memcmp(text + at, words[i], n))
            return "; NaN and Infinity must be in quotes";
    }
    return "";
}

/* What yajl has to say, without its full stop and LF. */
static int fail_syntax(struct cli_json_parser *parser, const char *text,
                       size_t bytes, size_t *ret_at, struct lio_error *err)
{
    size_t at = yajl_get_bytes_consumed(parser->yajl);
    unsigned char *said = yajl_get_error(parser->yajl, 0, NULL, 0);
    const char *hint;
    size_t n = said ? strcspn((const char *)said, ".\n") : 0;

    /* It stands at or behind the byte that it cannot take. */
    at = at > 0 && at <= bytes ? at - 1 : 0;
    hint = hint_at(text, bytes, at);
    lio_error_set(err, LIO_EINVAL, "this is not JSON: %.*s%s", (int)n,
                  said ? (const char *)said : "", hint);
    if (said)
        yajl_free_error(parser->yajl, said);
    *ret_at = at;
    return LIO_EINVAL;
}

static int fail_event(struct cli_json_parser *parser, const char *text,
                      size_t bytes, size_t *ret_at)
{
    size_t at = yajl_get_bytes_consumed(parser->yajl);

    if (at == 0 || at > bytes)
        *ret_at = 0;
    else if (parser->token == 0)
        *ret_at = string_start(text, at);
    else
        *ret_at = at > parser->token ? at - parser->token : 0;
    return parser->code;
}

int cli_json_parse(struct cli_json_parser *parser, const char *text,
                   size_t bytes, size_t *ret_at, struct lio_error *err)
{
    static const unsigned char lf = '\n';
    yajl_status status;
    int rc = check_text(text, bytes, ret_at, err);

    if (rc < 0)
        return rc;
    parser->err = err;
    parser->code = 0;
    parser->depth = 0;
    parser->values = 0;
    status = yajl_parse(parser->yajl, (const unsigned char *)text, bytes);
    /* A number at the very end is one only if nothing can follow it. */
    if (status == yajl_status_ok && (bytes == 0 || text[bytes - 1] != '\n'))
        status = yajl_parse(parser->yajl, &lf, 1);
    if (status == yajl_status_client_canceled)
        return fail_event(parser, text, bytes, ret_at);
    if (status != yajl_status_ok)
        return fail_syntax(parser, text, bytes, ret_at, err);
    if (parser->depth > 0 || parser->values == 0) {
        *ret_at = bytes > 0 ? bytes - 1 : 0;
        return lio_error_set(err, LIO_EINVAL, "%s",
                             parser->values ? "the text ends in the middle of "
                                              "a value"
                                            : "there is no value");
    }
    return 0;
}
