/* Looking at values; what to make of it is infer_judge.c's. */
#include "cli/read/inferred.h"

#include "cli/read/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

static int no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory to find the types");
}

/* -- the tree ------------------------------------------------------------ */

static void release(struct cli_inferred *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->nchildren; i++)
        release(node->children[i]);
    free(node->children);
    free(node->name);
    free(node);
}

int cli_infer_open(struct cli_infer *infer, struct lio_error *err)
{
    *infer = (struct cli_infer){ .root = calloc(1, sizeof(*infer->root)) };
    return infer->root ? 0 : no_memory(err);
}

void cli_infer_close(struct cli_infer *infer)
{
    release(infer->root);
    infer->root = NULL;
}

void cli_infer_start(struct cli_infer *infer)
{
    infer->target = infer->root;
    infer->depth = 0;
}

/* A power of two is full: twice as many. */
static int make_room(struct cli_inferred *node)
{
    size_t n = node->nchildren;
    struct cli_inferred **more;

    if (n & (n - 1))
        return 0;
    more = realloc(node->children, (n ? 2 * n : 1) * sizeof(*more));
    if (!more)
        return LIO_ENOMEM;
    node->children = more;
    return 0;
}

/* A child named `name`, or NULL for the items of a list. */
static int add_child(struct cli_infer *infer, struct cli_inferred *node,
                     const char *name, size_t bytes, struct lio_error *err)
{
    struct cli_inferred *child;

    if (infer->nfields == CLI_INFER_FIELDS_MAX)
        return lio_error_set(err, LIO_EINVAL,
                             "more than %d different fields; if these are "
                             "the keys of a map, say so with --schema",
                             CLI_INFER_FIELDS_MAX);
    child = calloc(1, sizeof(*child));
    if (child && name)
        child->name = strndup(name, bytes);
    if (!child || (name && !child->name) || make_room(node) < 0) {
        release(child);
        return no_memory(err);
    }
    child->name_bytes = bytes;
    child->after = node->nchildren + 1;
    node->children[node->nchildren++] = child;
    infer->nfields++;
    return 0;
}

static void see(struct cli_infer *infer, enum look look)
{
    if (!infer->target->line[look])
        infer->target->line[look] = infer->line;
}

/* -- numbers ------------------------------------------------------------- */

/* Does the nearest double, written out, have these digits? */
static bool is_double(const struct cli_digits *digits)
{
    char copy[320], back[320];
    double number;

    if (digits->exact) {
        number = (double)digits->value;
        return number < 0x1p64 && (uint64_t)number == digits->value;
    }
    if (digits->bytes >= sizeof(copy))
        return false;
    memcpy(copy, digits->text, digits->bytes);
    copy[digits->bytes] = '\0';
    number = strtod(copy, NULL);
    return snprintf(back, sizeof(back), "%.0f", number) < (int)sizeof(back) &&
           strcmp(copy, back) == 0;
}

static void note(uint64_t *line, uint64_t now, bool is_so)
{
    if (is_so && *line == 0)
        *line = now;
}

/* `text` is a number as JSON has it. */
static void see_number(struct cli_infer *infer, const char *text, size_t bytes)
{
    struct cli_inferred *node = infer->target;
    struct cli_digits digits;
    uint64_t value;
    bool fits, is_large;

    /* Minus zero is no integer, if its sign is to stay. */
    if (!cli_digits_split(text, bytes, &digits) || digits.has_point ||
        (digits.negative && digits.exact && digits.value == 0)) {
        see(infer, LOOK_NUMBER);
        return;
    }
    fits = cli_u64_parse(digits.text, digits.bytes, &value) == CLI_PARSE_OK;
    see(infer, LOOK_INT);
    note(&node->negative, infer->line, digits.negative);
    is_large = !fits || value > (uint64_t)INT64_MAX + digits.negative;
    note(&node->large, infer->line, is_large);
    note(&node->beyond, infer->line, !fits || (is_large && digits.negative));
    note(&node->inexact, infer->line, !is_double(&digits));
}

/* What JSON has to say as a string. */
static bool is_number_word(const char *text, size_t bytes)
{
    double number;

    return bytes >= 3 && bytes <= 9 && strchr("NnIi-+", *text) &&
           cli_f64_parse(text, bytes, &number) == CLI_PARSE_OK &&
           !isfinite(number);
}

/* -- JSON ---------------------------------------------------------------- */

static int push(struct cli_infer *infer, struct lio_error *err)
{
    if (infer->depth == CLI_INFER_DEPTH_MAX)
        return lio_error_set(err, LIO_EINVAL,
                             "a value that is nested deeper than %d levels",
                             CLI_INFER_DEPTH_MAX);
    infer->frames[infer->depth++] = infer->target;
    return 0;
}

static int on_null(void *sink LIO_UNUSED, struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static int on_boolean(void *sink, bool value LIO_UNUSED,
                      struct lio_error *err LIO_UNUSED)
{
    see(sink, LOOK_BOOL);
    return 0;
}

static int on_number(void *sink, const char *text, size_t bytes,
                     struct lio_error *err LIO_UNUSED)
{
    see_number(sink, text, bytes);
    return 0;
}

static int on_string(void *sink, const char *text, size_t bytes,
                     struct lio_error *err LIO_UNUSED)
{
    see(sink, is_number_word(text, bytes) ? LOOK_WORD : LOOK_TEXT);
    return 0;
}

static int on_begin_object(void *sink, struct lio_error *err)
{
    struct cli_infer *infer = sink;

    see(infer, LOOK_OBJECT);
    infer->target->guess = &infer->target->first;
    return push(infer, err);
}

/* The child with this name, found as builders find theirs. */
static struct cli_inferred *find_child(struct cli_inferred *node,
                                       const char *name, size_t bytes)
{
    size_t n = node->nchildren;

    for (size_t tried = 0, i = *node->guess; tried < n; tried++, i++) {
        struct cli_inferred *child;

        if (i >= n)
            i = 0;
        child = node->children[i];
        if (!child->name || child->name_bytes != bytes ||
            memcmp(child->name, name, bytes) != 0)
            continue;
        *node->guess = i;
        node->guess = &child->after;
        return child;
    }
    return NULL;
}

static int on_key(void *sink, const char *text, size_t bytes,
                  struct lio_error *err)
{
    struct cli_infer *infer = sink;
    struct cli_inferred *node = infer->frames[infer->depth - 1];
    int rc;

    if (memchr(text, '\0', bytes))
        return lio_error_set(err, LIO_EINVAL, "a key with \\u0000 in it");
    infer->target = find_child(node, text, bytes);
    if (infer->target)
        return 0;
    rc = add_child(infer, node, text, bytes, err);
    if (rc < 0)
        return rc;
    infer->target = node->children[node->nchildren - 1];
    *node->guess = node->nchildren - 1;
    node->guess = &infer->target->after;
    return 0;
}

static int on_begin_list(void *sink, struct lio_error *err)
{
    struct cli_infer *infer = sink;
    struct cli_inferred *node = infer->target;
    int rc = push(infer, err);

    see(infer, LOOK_LIST);
    for (size_t i = 0; i < node->nchildren && rc == 0; i++)
        if (!node->children[i]->name) {
            infer->target = node->children[i];
            return 0;
        }
    if (rc == 0)
        rc = add_child(infer, node, NULL, 0, err);
    if (rc == 0)
        infer->target = node->children[node->nchildren - 1];
    return rc;
}

/* In a list the next value is an item of it again; in an object there is a key
 * before. */
static int on_end(void *sink, struct lio_error *err LIO_UNUSED)
{
    struct cli_infer *infer = sink;

    infer->target = infer->frames[--infer->depth];
    return 0;
}

const struct cli_json_events cli_infer_events = {
    .null = on_null,
    .boolean = on_boolean,
    .number = on_number,
    .string = on_string,
    .begin_object = on_begin_object,
    .key = on_key,
    .end_object = on_end,
    .begin_list = on_begin_list,
    .end_list = on_end,
};

/* -- CSV ----------------------------------------------------------------- */

int cli_infer_column(struct cli_infer *infer, const char *name, size_t bytes,
                     struct lio_error *err)
{
    infer->root->line[LOOK_OBJECT] = 1;
    return add_child(infer, infer->root, name, bytes, err);
}

static bool is_word(const char *text, size_t bytes, const char *word)
{
    return bytes == strlen(word) && !strncasecmp(text, word, bytes);
}

/* Not of codes such as 007 and +49: as numbers they would lose characters. */
static bool looks_like_number(const char *text, size_t bytes)
{
    bool negative = bytes > 0 && *text == '-';
    const char *digits = text + negative;
    size_t n = bytes - negative;
    double number;

    if (n == 0 || *digits == '+' ||
        (n > 1 && digits[0] == '0' && digits[1] != '.' && digits[1] != 'e' &&
         digits[1] != 'E'))
        return false;
    return cli_f64_parse(text, bytes, &number) != CLI_PARSE_FORM;
}

void cli_infer_text(struct cli_infer *infer, size_t number, const char *text,
                    size_t bytes)
{
    infer->target = infer->root->children[number];
    if (bytes == 0)
        return;
    if (is_word(text, bytes, "true") || is_word(text, bytes, "false"))
        see(infer, LOOK_BOOL);
    else if (is_number_word(text, bytes))
        see(infer, LOOK_WORD);
    else if (looks_like_number(text, bytes))
        see_number(infer, text, bytes);
    else
        see(infer, LOOK_TEXT);
}
