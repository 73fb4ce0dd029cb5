/*
 * One text of the form of lanceio.ini, through inih; and -s, which is a line of
 * it.
 *
 * inih gets its lines from memory through a reader of ours, which knows what
 * inih does not tell (line numbers in every build of it, sections without
 * keys) and refuses what it would do silently: cut a long line or name, or take
 * an indented line as a continuation of the one before.
 */
#include "core/config_parts.h"

#include <ini.h>

#include <stdlib.h>
#include <string.h>

#define MAX_SECTION 48u /* inih cuts at 49 */

struct parse {
    struct lio_config *config;
    const char *source; /* name of the text */
    const char *next;   /* line to be read */
    uint32_t line;      /* line being parsed, from 1 */
    struct lio_error *err;
    int rc; /* of the first thing that went wrong in our own code */
};

static const char *keep_origin(const struct parse *parse)
{
    char number[16];
    const char *origin;
    size_t len = strlen(parse->source);
    char *joined;

    if (!strcmp(parse->source, LIO_BUILT_IN))
        return LIO_BUILT_IN;
    (void)snprintf(number, sizeof(number), ":%u", parse->line);
    joined = malloc(len + sizeof(number));
    if (!joined)
        return NULL;
    memcpy(joined, parse->source, len);
    memcpy(joined + len, number, strlen(number) + 1);
    origin = lio_config_keep_all(parse->config, joined);
    free(joined);
    return origin;
}

static int refuse_line(struct parse *parse, const char *why)
{
    parse->rc = lio_error_set(parse->err, LIO_ECONFIG, "%.200s:%u: %s",
                              parse->source, parse->line, why);
    return parse->rc;
}

/* inih reports a section with its first key only; an empty one must not go
 * unchecked. */
static int note_section(struct parse *parse, const char *line, size_t len)
{
    const char *close = memchr(line, ']', len);
    size_t name_len;

    if (!close)
        return refuse_line(parse, "a section begins with '[' but does not end "
                                  "with ']'");
    name_len = (size_t)(close - line) - 1;
    if (name_len >= MAX_SECTION)
        return refuse_line(parse, "the name of the section is too long");
    parse->rc = lio_config_add(
        parse->config,
        (struct lio_entry){
            .section = lio_config_keep(parse->config, line + 1, name_len),
            .value = "",
            .origin = keep_origin(parse),
            .source = parse->source,
            .line = parse->line,
        });
    return parse->rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* An ini_reader, like fgets(), for the text in memory. */
static char *read_line(char *buf, int bytes, void *stream)
{
    struct parse *parse = stream;
    const char *line = parse->next;
    size_t len = strcspn(line, "\n");

    if (!*line || parse->rc < 0)
        return NULL;
    parse->line++;
    parse->next = line + len + (line[len] == '\n');

    for (; len > 0 && is_blank(*line); len--)
        line++;
    if (len > 0 && (*line == ';' || *line == '#'))
        len = 0;
    if (len > 0 && *line == '[' && note_section(parse, line, len) < 0)
        return NULL;
    if (len + 2 > (size_t)bytes) {
        (void)refuse_line(parse, "the line is too long: 190 characters are "
                                 "certain to fit");
        return NULL;
    }
    memcpy(buf, line, len);
    buf[len] = '\0';
    return buf;
}

static const struct lio_entry *find_twin(const struct parse *parse,
                                         const char *section, const char *key)
{
    for (const struct lio_entry *e = parse->config->first; e; e = e->next)
        if (e->source == parse->source && e->key && !strcmp(e->key, key) &&
            !strcmp(e->section, section))
            return e;
    return NULL;
}

/* An ini_handler: 0 stops, as read_line() then ends the text. */
static int take_pair(void *user, const char *section, const char *key,
                     const char *value)
{
    struct parse *parse = user;
    struct lio_config *config = parse->config;
    const struct lio_entry *twin;
    struct lio_entry entry = {
        .section = lio_config_keep_all(config, section),
        .key = lio_config_keep_all(config, key),
        .value = lio_config_keep_all(config, value),
        .origin = keep_origin(parse),
        .source = parse->source,
        .line = parse->line,
    };

    if (parse->rc < 0)
        return 0;
    if (!entry.section || !entry.key || !entry.value || !entry.origin) {
        parse->rc = LIO_ENOMEM;
        return 0;
    }
    twin = find_twin(parse, section, key);
    if (!*section)
        (void)refuse_line(parse, "a key stands before the first [section]");
    else if (!*key)
        (void)refuse_line(parse, "there is no key before the value");
    else if (twin)
        parse->rc = lio_config_complain(
            &entry, parse->err, "is set in line %u already", twin->line);
    else
        parse->rc = lio_config_add(config, entry);
    return parse->rc == 0;
}

int lio_config_parse(struct lio_config *config, const char *source,
                     const char *text, struct lio_error *err)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct parse parse = { config, source, text, 0, err, 0 };
    int bad_line;

    if (!strncmp(text, bom, 3))
        parse.next += 3;
    bad_line = ini_parse_stream(read_line, &parse, take_pair, &parse);
    if (bad_line < 0)
        parse.rc = LIO_ENOMEM;
    if (parse.rc == LIO_ENOMEM)
        return lio_config_no_memory(err);
    /* A line that inih could not read comes before what stopped us, if it is
     * another one. */
    if (bad_line > 0 && (parse.rc == 0 || (uint32_t)bad_line < parse.line)) {
        parse.line = (uint32_t)bad_line;
        return refuse_line(&parse, "this is neither [section] nor key = value");
    }
    return parse.rc;
}

/* -- overrides ----------------------------------------------------------- */

static const char *keep_trimmed(struct lio_config *config, const char *from,
                                const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return lio_config_keep(config, from, (size_t)(to - from));
}

/* An override is a line of lanceio.ini, so that `lanceio config` can print it
 * as one; NULL, or why it cannot be. */
static const char *no_line(const char *value)
{
    if (strpbrk(value, "\r\n"))
        return "a value stands on one line";
    if (*value == ';' || strstr(value, " ;") || strstr(value, "\t;"))
        return "a ';' at the start or after a blank begins a comment";
    return NULL;
}

int lio_config_override(struct lio_config *config, const char *text,
                        struct lio_error *err)
{
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    struct lio_entry entry = { .origin = LIO_OVERRIDE, .source = LIO_OVERRIDE };
    const char *wrong;

    if (!dot || !equals || dot > equals)
        return lio_error_set(err, LIO_ECONFIG,
                             LIO_OVERRIDE " %.100s: write section.key=value",
                             text);
    entry.section = keep_trimmed(config, text, dot);
    entry.key = keep_trimmed(config, dot + 1, equals);
    entry.value = keep_trimmed(config, equals + 1, text + strlen(text));
    if (!entry.key || lio_config_add(config, entry) < 0)
        return lio_config_no_memory(err);
    wrong = no_line(entry.value);
    return wrong ? lio_config_complain(&entry, err, "%s", wrong) : 0;
}
