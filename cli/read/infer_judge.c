/* From what values looked like to the type that fits them, or to what is wrong.
 */
#include "cli/read/inferred.h"

#include <inttypes.h>
#include <string.h>

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
        return lio_error_set(verdict->err, LIO_ENOMEM,
                             "no memory for the types found");
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
