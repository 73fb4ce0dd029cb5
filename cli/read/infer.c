/* Looking at values, and making up one's mind. */
#include "cli/read/infer.h"

#include "cli/read/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

enum look {
    LOOK_BOOL,
    LOOK_INT,
    LOOK_NUMBER, /* with a point or an exponent */
    LOOK_WORD,   /* NaN, Infinity: a number among numbers, text among text */
    LOOK_TEXT,
    LOOK_LIST,
    LOOK_OBJECT,
    LOOKS
};

/* Lines count from 1: 0 is none. */
struct cli_inferred {
    char *name; /* of a field, else NULL */
    size_t name_bytes;
    uint64_t line[LOOKS];           /* of the first value that looked so */
    uint64_t negative;              /* of the first integer below 0, */
    uint64_t large;                 /* above INT64_MAX, */
    uint64_t beyond;                /* with more than 64 bits, */
    uint64_t inexact;               /* that no double equals */
    struct cli_inferred **children; /* fields of objects, items of lists */
    size_t nchildren;
    size_t first, after; /* as in a builder: see fill.c */
    size_t *guess;
};

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

/* -- the verdict --------------------------------------------------------- */

#define HOW_TO_SAY "; say what it is with --schema"

struct verdict {
    bool all_is_text;
    struct cli_fields *fields;
    char path[256]; /* of the node being judged */
    struct lio_error *err;
};

static const char *const look_names[] = {
    "a bool",   "an integer", "a number",  "a number",
    "a string", "a list",     "an object",
};

static int disagree(const struct verdict *verdict, uint64_t line,
                    const char *what, uint64_t other_line,
                    const char *other_what)
{
    return lio_error_set(verdict->err, LIO_EINVAL,
                         "column '%s': line %" PRIu64 " has %s, line %" PRIu64
                         " %s" HOW_TO_SAY,
                         verdict->path, line, what, other_line, other_what);
}

/* Can one type have both? */
static bool agree(enum look a, enum look b)
{
    static const uint8_t others[LOOKS] = {
        [LOOK_INT] = 1 << LOOK_NUMBER | 1 << LOOK_WORD,
        [LOOK_NUMBER] = 1 << LOOK_INT | 1 << LOOK_WORD,
        [LOOK_WORD] = 1 << LOOK_INT | 1 << LOOK_NUMBER | 1 << LOOK_TEXT,
        [LOOK_TEXT] = 1 << LOOK_WORD,
    };

    return others[a] >> b & 1;
}

/* The first two looks that one type cannot have: an error, or 0. */
static int find_conflict(const struct cli_inferred *node,
                         const struct verdict *verdict)
{
    for (enum look a = 0; a < LOOKS; a++)
        for (enum look b = a + 1; b < LOOKS; b++)
            if (node->line[a] && node->line[b] && !agree(a, b))
                return disagree(verdict, node->line[a], look_names[a],
                                node->line[b], look_names[b]);
    return 0;
}

static int judge_number(const struct cli_inferred *node,
                        const struct verdict *verdict, const char **ret_type)
{
    bool exact = !node->inexact;
    uint64_t number = node->line[LOOK_NUMBER] ? node->line[LOOK_NUMBER]
                                              : node->line[LOOK_WORD];

    if (number || (node->beyond && exact)) {
        *ret_type = "double";
        if (exact)
            return 0;
        return disagree(verdict, number, "a number", node->inexact,
                        "an integer that no double equals");
    }
    *ret_type = node->large ? "uint64" : "int64";
    if (node->beyond)
        return lio_error_set(verdict->err, LIO_EINVAL,
                             "column '%s': line %" PRIu64
                             " has an integer of more than 64 bits" HOW_TO_SAY
                             " (decimal:128:38:0, for instance)",
                             verdict->path, node->beyond);
    if (node->large && node->negative)
        return disagree(verdict, node->negative, "an integer below 0",
                        node->large, "one that only uint64 can hold");
    return 0;
}

/* The format has structs without fields; LanceDB 0.39 breaks off reading them.
 */
static int refuse_empty(const struct cli_inferred *node,
                        const struct verdict *verdict)
{
    return lio_error_set(verdict->err, LIO_EINVAL,
                         "column '%s': all its objects are empty, the first "
                         "in line %" PRIu64
                         ", and a struct without fields cannot be stored; "
                         "leave them out",
                         verdict->path, node->line[LOOK_OBJECT]);
}

static int judge(const struct cli_inferred *node, const struct verdict *verdict,
                 const char **ret_type)
{
    int rc = find_conflict(node, verdict);

    if (rc < 0)
        return rc;
    if (node->line[LOOK_INT] || node->line[LOOK_NUMBER])
        return judge_number(node, verdict, ret_type);
    if (node->line[LOOK_BOOL])
        *ret_type = "bool";
    else if (node->line[LOOK_TEXT] || node->line[LOOK_WORD])
        *ret_type = "string";
    else if (node->line[LOOK_LIST])
        *ret_type = "list";
    else if (node->line[LOOK_OBJECT] && node->nchildren == 0)
        return refuse_empty(node, verdict);
    else if (node->line[LOOK_OBJECT])
        *ret_type = "struct";
    else
        *ret_type = verdict->all_is_text ? "string" : "null";
    return 0;
}

/* The name of a child behind that of its parent, of which `used` is kept. */
static size_t extend_path(struct verdict *verdict,
                          const struct cli_inferred *node)
{
    size_t used = strlen(verdict->path);

    (void)snprintf(verdict->path + used, sizeof(verdict->path) - used, "%s%s",
                   used && node->name ? "." : "",
                   node->name ? node->name : "[]");
    return used;
}

static int emit_children(const struct cli_inferred *node, int32_t parent,
                         struct verdict *verdict);

static int emit(const struct cli_inferred *node, int32_t parent,
                struct verdict *verdict)
{
    size_t used = extend_path(verdict, node);
    const char *type, *name = node->name ? node->name : "item";
    int64_t number;
    int rc = judge(node, verdict, &type);

    if (rc == LIO_EINVAL && verdict->all_is_text) {
        type = "string";
        rc = 0;
    }
    if (rc < 0)
        return rc;
    number =
        cli_fields_add(verdict->fields, parent, name, strlen(name), type, true);
    if (number < 0)
        return no_memory(verdict->err);
    rc = emit_children(node, (int32_t)number, verdict);
    verdict->path[used] = '\0';
    return rc;
}

static int emit_children(const struct cli_inferred *node, int32_t parent,
                         struct verdict *verdict)
{
    int rc = 0;

    for (size_t i = 0; i < node->nchildren && rc == 0; i++)
        rc = emit(node->children[i], parent, verdict);
    return rc;
}

int cli_infer_fields(const struct cli_infer *infer, bool all_is_text,
                     struct cli_fields *fields, struct lio_error *err)
{
    struct verdict verdict = { .all_is_text = all_is_text,
                               .fields = fields,
                               .err = err };

    return emit_children(infer->root, -1, &verdict);
}
