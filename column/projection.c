/*
 * Choosing columns by name.
 */
#include "column/projection.h"

#include "column/row_column.h"

#include "common/sentence.h"
#include "common/suggest.h"

#include <stdlib.h>

/* The child of `parent` (-1: a top-level field) with this name, or -1. */
static int64_t find_child(const struct lio_schema *schema, int64_t parent,
                          const char *name, size_t n)
{
    for (uint32_t i = (uint32_t)(parent + 1); i < schema->nfields; i++)
        if (schema->fields[i].parent == parent &&
            strlen(schema->fields[i].name) == n &&
            memcmp(schema->fields[i].name, name, n) == 0)
            return i;
    return -1;
}

/* The field that the `length` bytes of `name` lead to from `parent` on, or -1.
 * A name may have dots itself: the longest that is one is taken. */
static int64_t find_path(const struct lio_schema *schema, int64_t parent,
                         const char *name, size_t length)
{
    size_t n = length;

    for (;;) {
        int64_t child = find_child(schema, parent, name, n);

        if (child >= 0 && n < length)
            child = find_path(schema, child, name + n + 1, length - n - 1);
        if (child >= 0)
            return child;
        do {
            if (n == 0)
                return -1;
        } while (name[--n] != '.');
    }
}

/* The field that a wrong name leads to, as far as it does, or -1; and what
 * stands behind that. */
static int64_t find_above(const struct lio_schema *schema, const char *name,
                          const char **ret_rest)
{
    for (size_t n = strlen(name); n > 0; n--) {
        int64_t found = -1;

        if (name[n - 1] == '.')
            found = find_path(schema, -1, name, n - 1);
        if (found >= 0) {
            *ret_rest = name + n;
            return found;
        }
    }
    *ret_rest = name;
    return -1;
}

/* What there is, and the nearest: the message for a wrong name. */
static int unknown_column(const struct lio_schema *schema, const char *name,
                          const char *path, struct lio_error *err)
{
    const char **names = calloc(schema->nfields + (size_t)1, sizeof(*names));
    const char *nearest, *rest;
    int64_t above = find_above(schema, name, &rest);
    struct lio_sentence text;
    size_t n = 0;

    if (!names)
        return lio_error_set(err, LIO_EINVAL, "%s: there is no column '%s'",
                             path, name);
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].parent == above)
            names[n++] = schema->fields[i].name;
    nearest = lio_suggest(rest, names, n);

    lio_sentence_init(&text);
    lio_sentence_add(&text, "there is no column '%s'", name);
    if (above >= 0)
        lio_sentence_add(&text, ": '%s' has", schema->fields[above].path);
    lio_sentence_add(&text, above < 0 ? "; there are: "
                            : n > 0   ? " "
                                      : " no parts");
    lio_sentence_list(&text, 400, names, n);
    if (nearest)
        lio_sentence_add(&text, "; did you mean '%s'?", nearest);
    free(names);
    return lio_error_set(err, LIO_EINVAL, "%s: %s", path, text.text);
}

/* A field, all above it, and all below it. */
static void want(struct lio_projection *projection, uint32_t number)
{
    const struct lio_schema *schema = projection->schema;

    for (int64_t i = schema->fields[number].parent; i >= 0;
         i = schema->fields[i].parent)
        projection->wanted[i] = true;
    for (uint32_t i = number; i < schema->nfields; i++)
        if (lio_schema_is_below(schema, i, number))
            projection->wanted[i] = true;
}

static bool has_column(const struct lio_projection *projection, uint32_t number)
{
    for (uint32_t i = 0; i < projection->ncolumns; i++)
        if (projection->columns[i] == number)
            return true;
    return false;
}

/* A part of a column that is there joins the others of it. */
static bool add_name(struct lio_projection *projection, const char *name)
{
    const struct lio_schema *schema = projection->schema;
    int64_t found = find_path(schema, -1, name, strlen(name)), top = found;
    uint32_t rows = lio_row_column_find(name);

    if (found < 0 && rows == 0)
        return false;
    if (found < 0) {
        projection->columns[projection->ncolumns++] = rows;
        return true;
    }
    want(projection, (uint32_t)found);
    while (schema->fields[top].parent >= 0)
        top = schema->fields[top].parent;
    if (found == top || !has_column(projection, (uint32_t)top))
        projection->columns[projection->ncolumns++] = (uint32_t)top;
    return true;
}

static void add_all(struct lio_projection *projection)
{
    const struct lio_schema *schema = projection->schema;

    for (uint32_t i = 0; i < schema->nfields; i++) {
        projection->wanted[i] = true;
        if (schema->fields[i].parent < 0)
            projection->columns[projection->ncolumns++] = i;
    }
}

int lio_projection_init(struct lio_projection *projection,
                        const struct lio_schema *schema,
                        const char *const *names, uint32_t nnames,
                        const char *path, struct lio_error *err)
{
    size_t room = nnames > 0 ? nnames : schema->nfields;

    *projection = (struct lio_projection){ .schema = schema };
    projection->columns = calloc(room + 1, sizeof(*projection->columns));
    projection->wanted =
        calloc(schema->nfields + (size_t)1, sizeof(*projection->wanted));
    if (!projection->columns || !projection->wanted) {
        lio_projection_release(projection);
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for a scan", path);
    }
    if (nnames == 0)
        add_all(projection);
    for (uint32_t i = 0; i < nnames; i++)
        if (!add_name(projection, names[i])) {
            lio_projection_release(projection);
            return unknown_column(schema, names[i], path, err);
        }
    return 0;
}

void lio_projection_release(struct lio_projection *projection)
{
    free(projection->columns);
    free(projection->wanted);
    *projection = (struct lio_projection){ 0 };
}
