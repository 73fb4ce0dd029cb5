/*
 * The frames of a JSON value, and which builder is next.
 *
 * Keys mostly come in the order in which they came in the row before, so each
 * child remembers who came after it: that one is tried first, then those behind
 * it in the schema.
 */
#include "cli/read/fill.h"

#include <inttypes.h>
#include <stdlib.h>

void cli_fill_start(struct cli_fill *fill, struct cli_builder *target)
{
    fill->target = target;
    fill->depth = 0;
}

static struct cli_fill_frame *top_of(struct cli_fill *fill)
{
    return &fill->frames[fill->depth - 1];
}

/* Whom the next value is for. */
static struct cli_builder *target_of(struct cli_fill *fill)
{
    const struct cli_fill_frame *top;

    if (fill->depth == 0)
        return fill->target;
    top = top_of(fill);
    if (top->builder->type->kind == CLI_STRUCT)
        return top->child;
    if (top->is_object)
        return &top->builder->children->children[1];
    return top->builder->children;
}

static int mismatch(const struct cli_builder *builder, const char *what,
                    struct lio_error *err)
{
    return lio_error_set(err, LIO_EINVAL, "%s is not %s", what,
                         cli_builder_wants(builder));
}

/* The types nest as deep as the frames at the most. */
static void push(struct cli_fill *fill, struct cli_builder *builder,
                 bool is_object)
{
    fill->frames[fill->depth++] = (struct cli_fill_frame){
        .builder = builder,
        .guess = &builder->first,
        .first = builder->type->nchildren ? builder->children->rows : 0,
        .is_object = is_object,
    };
}

/* -- values -------------------------------------------------------------- */

static int on_null(void *sink, struct lio_error *err)
{
    return cli_builder_null(target_of(sink), err);
}

static int on_boolean(void *sink, bool value, struct lio_error *err)
{
    return cli_builder_bool(target_of(sink), value, err);
}

static int on_number(void *sink, const char *text, size_t bytes,
                     struct lio_error *err)
{
    return cli_builder_number(target_of(sink), text, bytes, err);
}

static int on_string(void *sink, const char *text, size_t bytes,
                     struct lio_error *err)
{
    return cli_builder_text(target_of(sink), text, bytes, err);
}

/* -- objects ------------------------------------------------------------- */

static int on_begin_object(void *sink, struct lio_error *err)
{
    struct cli_fill *fill = sink;
    struct cli_builder *builder = target_of(fill);
    enum cli_kind kind = builder->type->kind;

    if (kind != CLI_STRUCT && kind != CLI_MAP)
        return mismatch(builder, "an object", err);
    push(fill, builder, kind == CLI_MAP);
    return 0;
}

static bool is_named(const struct cli_builder *child, const char *name,
                     size_t bytes)
{
    return child->type->name_bytes == bytes &&
           memcmp(child->type->name, name, bytes) == 0;
}

static struct cli_builder *find_child(struct cli_fill_frame *frame,
                                      const char *name, size_t bytes)
{
    struct cli_builder *parent = frame->builder;
    size_t n = parent->type->nchildren;

    for (size_t tried = 0, i = *frame->guess; tried < n; tried++, i++) {
        if (i >= n)
            i = 0;
        if (!is_named(&parent->children[i], name, bytes))
            continue;
        *frame->guess = i;
        frame->guess = &parent->children[i].after;
        return &parent->children[i];
    }
    return NULL;
}

/* A key of a map that is written as an object begins an entry. */
static int begin_entry(struct cli_builder *map, const char *text, size_t bytes,
                       struct lio_error *err)
{
    struct cli_builder *entry = map->children;
    int rc = cli_builder_text(entry->children, text, bytes, err);

    if (rc < 0)
        return rc;
    return cli_builder_valid(entry) < 0 ? cli_builder_no_memory(err) : 0;
}

static int shown(size_t bytes)
{
    return bytes < 100 ? (int)bytes : 100;
}

static int on_key(void *sink, const char *text, size_t bytes,
                  struct lio_error *err)
{
    struct cli_fill *fill = sink;
    struct cli_fill_frame *top = top_of(fill);

    if (top->is_object)
        return begin_entry(top->builder, text, bytes, err);
    top->child = find_child(top, text, bytes);
    if (!top->child)
        return cli_builder_no_child(top->builder, text, bytes, err);
    if (top->child->rows > top->builder->rows)
        return lio_error_set(err, LIO_EINVAL, "'%.*s' is here twice",
                             shown(bytes), text);
    return 0;
}

/* What is complete is no longer on the way, should the rest fail. */
static int on_end(void *sink, struct lio_error *err)
{
    struct cli_fill *fill = sink;
    struct cli_fill_frame *top = top_of(fill);

    fill->depth--;
    return cli_builder_end(top->builder, err);
}

/* -- lists --------------------------------------------------------------- */

static int on_begin_list(void *sink, struct lio_error *err)
{
    struct cli_fill *fill = sink;
    struct cli_builder *builder = target_of(fill);
    enum cli_kind kind = builder->type->kind;

    if (kind != CLI_LIST && kind != CLI_MAP && kind != CLI_FIXED_LIST)
        return mismatch(builder, "a list", err);
    push(fill, builder, false);
    return 0;
}

const struct cli_json_events cli_fill_events = {
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

/* -- the way ------------------------------------------------------------- */

static void add_name(const char *name, char *path, size_t room)
{
    size_t used = strlen(path);

    (void)snprintf(path + used, room - used, "%s%s", used ? "." : "", name);
}

static void add_index(int64_t index, char *path, size_t room)
{
    size_t used = strlen(path);

    (void)snprintf(path + used, room - used, "[%" PRId64 "]", index);
}

void cli_fill_path(const struct cli_fill *fill, char *ret_path, size_t room)
{
    ret_path[0] = '\0';
    for (size_t i = 0; i < fill->depth; i++) {
        const struct cli_fill_frame *frame = &fill->frames[i];

        if (frame->builder->type->kind != CLI_STRUCT)
            add_index(frame->builder->children->rows - frame->first, ret_path,
                      room);
        else if (frame->child)
            add_name(frame->child->type->name, ret_path, room);
    }
}
