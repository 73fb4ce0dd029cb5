/*
 * Comparing fields: by name, whatever the order, as LanceDB does.
 *
 *     rows                 table
 *     lat   double         when  timestamp?     missing: null in these rows
 *     id    int64     ───► id    int64
 *                └───────► lat   double
 *
 * What a table lacks has no place to go, and is refused.  Of packed structs and
 * maps the children are told apart by their places, not by their names: there
 * the order counts, and nothing may be missing.
 */
#include "column/write/match.h"

#include "column/write/blob_fields.h"
#include "column/write/failed.h"

#include <stdlib.h>

#define NOT_THERE UINT32_MAX

/* Of names that are listed in an error. */
#define NAMES_BYTES 256

/* A field, to be found by its name. */
struct key {
    int32_t parent; /* number, -1 at the top */
    const char *name;
    uint32_t number;
};

struct match {
    const char *path; /* in errors */
    const struct lio_schema *rows, *table;
    Lio__Pb__Field **messages; /* of the rows */
    struct key *keys;          /* of the table's fields, sorted */
    uint32_t *theirs;          /* by field of the rows, or NOT_THERE */
    bool *found;               /* by field of the table: the rows have it */
    bool *blobs;               /* likewise: it holds blobs */
    struct lio_error *err;
};

/* -- to find ------------------------------------------------------------- */

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;

    if (a->parent != b->parent)
        return (a->parent > b->parent) - (a->parent < b->parent);
    return strcmp(a->name, b->name);
}

static void find_blobs(struct match *match, const Lio__Pb__Manifest *manifest)
{
    for (size_t i = 0; i < manifest->n_fields; i++) {
        int64_t number =
            lio_schema_find_id(match->table, manifest->fields[i]->id);

        if (number >= 0)
            match->blobs[number] = match->table->fields[number].blob_22 ||
                                   lio_field_is_blob(manifest->fields[i]);
    }
}

static int open_match(struct match *match, const Lio__Pb__Manifest *manifest)
{
    uint32_t n = match->table->nfields;

    match->keys = calloc((size_t)n + 1, sizeof(*match->keys));
    match->found = calloc((size_t)n + 1, sizeof(*match->found));
    match->blobs = calloc((size_t)n + 1, sizeof(*match->blobs));
    match->theirs =
        calloc((size_t)match->rows->nfields + 1, sizeof(*match->theirs));
    if (!match->keys || !match->found || !match->blobs || !match->theirs)
        return lio_write_no_memory(match->path, match->err);
    for (uint32_t i = 0; i < n; i++)
        match->keys[i] = (struct key){ match->table->fields[i].parent,
                                       match->table->fields[i].name, i };
    qsort(match->keys, n, sizeof(*match->keys), compare_keys);
    find_blobs(match, manifest);
    return 0;
}

static void close_match(struct match *match)
{
    free(match->keys);
    free(match->found);
    free(match->blobs);
    free(match->theirs);
}

static uint32_t find(const struct match *match, const struct lio_field *field)
{
    struct key key = { .parent = -1, .name = field->name };
    const struct key *found;

    if (field->parent >= 0) {
        uint32_t parent = match->theirs[field->parent];

        if (parent == NOT_THERE)
            return NOT_THERE;
        key.parent = (int32_t)parent;
    }
    found = bsearch(&key, match->keys, match->table->nfields, sizeof(key),
                    compare_keys);
    return found ? found->number : NOT_THERE;
}

/* -- names for errors ---------------------------------------------------- */

struct names {
    char text[NAMES_BYTES];
    size_t bytes;
    uint32_t n;
};

/* "'a', 'b'", as many as there is room for. */
static void add_name(struct names *names, const char *name)
{
    size_t room = sizeof(names->text) - names->bytes;
    int n = snprintf(names->text + names->bytes, room, "%s'%s'",
                     names->n > 0 ? ", " : "", name);

    names->n++;
    if (n > 0 && (size_t)n < room)
        names->bytes += (size_t)n;
    else
        names->text[names->bytes] = '\0';
}

static const char *columns(const struct names *names)
{
    return names->n == 1 ? "column" : "columns";
}

/* -- what only one of both has ------------------------------------------- */

static int check_extra(struct match *match)
{
    struct names extra = { .n = 0 };

    for (uint32_t i = 0; i < match->rows->nfields; i++) {
        const struct lio_field *field = &match->rows->fields[i];

        match->theirs[i] = find(match, field);
        if (match->theirs[i] != NOT_THERE)
            match->found[match->theirs[i]] = true;
        else if (field->parent < 0 || match->theirs[field->parent] != NOT_THERE)
            add_name(&extra, field->path);
    }
    if (extra.n == 0)
        return 0;
    return lio_error_set(match->err, LIO_EINVAL, "%s: the dataset has no %s %s",
                         match->path, columns(&extra), extra.text);
}

/* Whether children are told apart by their places. */
static bool counts_places(const struct lio_field *field)
{
    return field->in_packed ||
           (field->type.arrow && strcmp(field->type.arrow, "+m") == 0);
}

/* Whether the rows can do without field `number` of the table. */
static bool may_be_missing(const struct match *match, uint32_t number)
{
    const struct lio_field *field = &match->table->fields[number], *parent;

    if (!field->nullable)
        return false;
    if (field->parent < 0)
        return true;
    parent = &match->table->fields[field->parent];
    return parent->type.kind == LIO_KIND_STRUCT && !counts_places(parent);
}

static int check_missing(struct match *match)
{
    struct names missing = { .n = 0 };

    for (uint32_t i = 0; i < match->table->nfields; i++) {
        const struct lio_field *field = &match->table->fields[i];

        if (match->found[i] ||
            (field->parent >= 0 && !match->found[field->parent]))
            continue;
        if (!may_be_missing(match, i))
            add_name(&missing, field->path);
    }
    if (missing.n == 0)
        return 0;
    return lio_error_set(match->err, LIO_EINVAL,
                         "%s: the rows lack %s %s of the dataset, which must "
                         "be there",
                         match->path, columns(&missing), missing.text);
}

/* -- what both have ------------------------------------------------------ */

/* Lists of structs have a name of their own, which not all writers use. */
static bool same_type(const char *ours, const char *theirs)
{
    static const char of_structs[] = ".struct";
    size_t n = strlen(ours), m = strlen(theirs), tail = strlen(of_structs);

    if (n > tail && strcmp(ours + n - tail, of_structs) == 0)
        n -= tail;
    if (m > tail && strcmp(theirs + m - tail, of_structs) == 0)
        m -= tail;
    return n == m && strncmp(ours, theirs, n) == 0;
}

/* Columns of blobs tell where the bytes are: both must be of that kind. */
static int compare_blobs(const struct match *match, uint32_t number,
                         bool *ret_blobs)
{
    uint32_t theirs = match->theirs[number];

    *ret_blobs = lio_field_is_blob(match->messages[number]);
    if (*ret_blobs == match->blobs[theirs])
        return 0;
    return lio_error_set(match->err, LIO_EINVAL,
                         "%s: column '%s' is of blobs in %s alone: the "
                         "metadata of the field must say the same",
                         match->path, match->table->fields[theirs].path,
                         *ret_blobs ? "the rows" : "the dataset");
}

static int compare_packing(const struct match *match,
                           const struct lio_field *ours,
                           const struct lio_field *theirs)
{
    const struct lio_field *parent;

    if (ours->packed != theirs->packed)
        return lio_error_set(match->err, LIO_EINVAL,
                             "%s: column '%s' %s a packed struct in the "
                             "dataset: its metadata must say the same",
                             match->path, theirs->path,
                             theirs->packed ? "is" : "is not");
    if (theirs->parent < 0)
        return 0;
    parent = &match->table->fields[theirs->parent];
    if (!counts_places(parent) || ours->place == theirs->place)
        return 0;
    return lio_error_set(match->err, LIO_EINVAL,
                         "%s: column '%s' is child %u in the rows, and child "
                         "%u in the dataset, and the order of what is in '%s' "
                         "must be the same",
                         match->path, theirs->path, ours->place + 1,
                         theirs->place + 1, parent->path);
}

static int compare(const struct match *match, uint32_t number)
{
    const struct lio_field *ours = &match->rows->fields[number];
    const struct lio_field *theirs =
        &match->table->fields[match->theirs[number]];
    bool blobs;
    int rc = compare_blobs(match, number, &blobs);

    if (rc < 0)
        return rc;
    if (!(blobs && theirs->blob_22) &&
        !same_type(ours->logical_type, theirs->logical_type))
        return lio_error_set(match->err, LIO_EINVAL,
                             "%s: column '%s' is of type %s in the rows, and "
                             "of type %s in the dataset",
                             match->path, theirs->path, ours->logical_type,
                             theirs->logical_type);
    if (theirs->has_children && !ours->has_children)
        return lio_error_set(match->err, LIO_EINVAL,
                             "%s: column '%s' has nothing in it in the rows",
                             match->path, theirs->path);
    return compare_packing(match, ours, theirs);
}

static int compare_all(struct match *match)
{
    int rc = check_extra(match);

    for (uint32_t i = 0; i < match->rows->nfields && rc == 0; i++)
        rc = compare(match, i);
    return rc < 0 ? rc : check_missing(match);
}

/* The table's word counts, also about nulls: the rows are held to it. */
static void take_over(const struct match *match, struct lio_schema *rows)
{
    for (uint32_t i = 0; i < rows->nfields; i++) {
        const struct lio_field *field = &match->table->fields[match->theirs[i]];
        Lio__Pb__Field *message = match->messages[i];

        rows->fields[i].nullable &= field->nullable;
        message->nullable = rows->fields[i].nullable;
        message->has_nullable = message->nullable;
        message->id = field->id;
        message->has_id = message->id != 0;
        message->parent_id =
            field->parent < 0 ? -1 : match->table->fields[field->parent].id;
        message->has_parent_id = message->parent_id != 0;
    }
}

int lio_fields_match(const char *path, Lio__Pb__Field **messages,
                     struct lio_schema *schema,
                     const Lio__Pb__Manifest *manifest, struct lio_error *err)
{
    struct lio_schema table;
    struct match match = { .path = path,
                           .rows = schema,
                           .table = &table,
                           .messages = messages,
                           .err = err };
    int rc = lio_schema_parse(path, manifest->fields, manifest->n_fields,
                              &table, err);

    if (rc < 0)
        return rc;
    rc = open_match(&match, manifest);
    if (rc == 0)
        rc = compare_all(&match);
    if (rc == 0)
        take_over(&match, schema);
    close_match(&match);
    lio_schema_release(&table);
    return rc;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static bool same_field(const Lio__Pb__Field *a, const Lio__Pb__Field *b)
{
    return a->id == b->id && a->parent_id == b->parent_id &&
           a->nullable == b->nullable &&
           strcmp(text_of(a->name), text_of(b->name)) == 0 &&
           strcmp(text_of(a->logical_type), text_of(b->logical_type)) == 0;
}

const char *lio_fields_changed(const Lio__Pb__Manifest *before,
                               const Lio__Pb__Manifest *after_it)
{
    size_t n = before->n_fields < after_it->n_fields ? before->n_fields
                                                     : after_it->n_fields;

    for (size_t i = 0; i < n; i++)
        if (!same_field(before->fields[i], after_it->fields[i]))
            return text_of(before->fields[i]->name);
    if (before->n_fields > n)
        return text_of(before->fields[n]->name);
    return after_it->n_fields > n ? text_of(after_it->fields[n]->name) : NULL;
}
