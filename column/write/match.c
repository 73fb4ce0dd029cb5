/*
 * Comparing fields.  Both lists are walked depth first, side by side, so the
 * first that differs is the first a reader of the schema would see:
 *
 *     rows                 table
 *     when  timestamp      when  timestamp      the same
 *     where struct         where struct         the same
 *     where.lat double     where.lat float      differs: the type
 *
 * A table lists its fields depth first, too, until columns are added to it:
 * hence the walk.
 */
#include "column/write/match.h"

#include <stdlib.h>

#define NOT_THERE UINT32_MAX

/* Numbers of fields, depth first. */
struct walk {
    uint32_t *order;
    uint32_t *first_child; /* of a field; of the top at nfields */
    uint32_t *last_child;
    uint32_t *next; /* with the same parent */
    uint32_t n;
};

static int no_memory(const char *path, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to compare fields",
                         path);
}

static void release(struct walk *walk)
{
    free(walk->order);
    free(walk->first_child);
    free(walk->last_child);
    free(walk->next);
}

static void link_children(struct walk *walk, const struct lio_schema *schema)
{
    for (uint32_t i = 0; i <= schema->nfields; i++)
        walk->first_child[i] = walk->last_child[i] = walk->next[i] = NOT_THERE;
    for (uint32_t i = 0; i < schema->nfields; i++) {
        int32_t parent = schema->fields[i].parent;
        uint32_t above = parent < 0 ? schema->nfields : (uint32_t)parent;

        if (walk->first_child[above] == NOT_THERE)
            walk->first_child[above] = i;
        else
            walk->next[walk->last_child[above]] = i;
        walk->last_child[above] = i;
    }
}

/* The field after `number`: its first child, or what comes behind it, or
 * behind what it is in. */
static uint32_t after(const struct walk *walk, const struct lio_schema *schema,
                      uint32_t number)
{
    if (walk->first_child[number] != NOT_THERE)
        return walk->first_child[number];
    while (walk->next[number] == NOT_THERE &&
           schema->fields[number].parent >= 0)
        number = (uint32_t)schema->fields[number].parent;
    return walk->next[number];
}

static int walk_down(const char *path, const struct lio_schema *schema,
                     struct walk *ret_walk, struct lio_error *err)
{
    size_t room = (size_t)schema->nfields + 1;
    struct walk walk = {
        .order = calloc(room, sizeof(uint32_t)),
        .first_child = calloc(room, sizeof(uint32_t)),
        .last_child = calloc(room, sizeof(uint32_t)),
        .next = calloc(room, sizeof(uint32_t)),
    };

    if (!walk.order || !walk.first_child || !walk.last_child || !walk.next) {
        release(&walk);
        return no_memory(path, err);
    }
    link_children(&walk, schema);
    for (uint32_t at = walk.first_child[schema->nfields]; at != NOT_THERE;
         at = after(&walk, schema, at))
        walk.order[walk.n++] = at;
    *ret_walk = walk;
    return 0;
}

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

static int differs(const char *path, const struct lio_field *ours,
                   const struct lio_field *theirs, struct lio_error *err)
{
    if (ours->depth != theirs->depth || strcmp(ours->name, theirs->name) != 0)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: the rows have column '%s' where the dataset "
                             "has '%s': names and order must be the same",
                             path, ours->path, theirs->path);
    if (!same_type(ours->logical_type, theirs->logical_type))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: column '%s' is of type %s in the rows, and "
                             "of type %s in the dataset",
                             path, ours->path, ours->logical_type,
                             theirs->logical_type);
    if (ours->nullable && !theirs->nullable)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: column '%s' may be null in the rows, but "
                             "not in the dataset",
                             path, ours->path);
    if (ours->packed != theirs->packed)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: column '%s' %s a packed struct in the "
                             "dataset: its metadata must say the same",
                             path, ours->path,
                             theirs->packed ? "is" : "is not");
    return 0;
}

static int compare(const char *path, const struct lio_schema *ours,
                   const struct lio_schema *theirs, const uint32_t *order,
                   struct lio_error *err)
{
    uint32_t n =
        ours->nfields < theirs->nfields ? ours->nfields : theirs->nfields;

    for (uint32_t i = 0; i < n; i++) {
        int rc =
            differs(path, &ours->fields[i], &theirs->fields[order[i]], err);

        if (rc < 0)
            return rc;
    }
    if (ours->nfields > n)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: the dataset has no column '%s'", path,
                             ours->fields[n].path);
    if (theirs->nfields > n)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: the rows lack column '%s' of the dataset",
                             path, theirs->fields[order[n]].path);
    return 0;
}

static bool is_blob(const Lio__Pb__Field *field)
{
    for (size_t i = 0; i < field->n_metadata; i++)
        if (field->metadata[i]->key &&
            strcmp(field->metadata[i]->key, "lance-encoding:blob") == 0)
            return true;
    return false;
}

static const Lio__Pb__Field *find_id(Lio__Pb__Field **messages, uint32_t n,
                                     int32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        if (messages[i]->id == id)
            return messages[i];
    return NULL;
}

/* Columns of blobs hold descriptors, and the bytes are beside them: both must
 * be of that kind.  The messages have the table's ids already. */
static int compare_blobs(const char *path, Lio__Pb__Field **messages,
                         uint32_t n, const Lio__Pb__Manifest *manifest,
                         struct lio_error *err)
{
    const Lio__Pb__Field *differs = NULL;

    for (uint32_t i = 0; i < n && !differs; i++)
        if (is_blob(messages[i]) &&
            !is_blob(find_id(manifest->fields, (uint32_t)manifest->n_fields,
                             messages[i]->id)))
            differs = messages[i];
    for (size_t i = 0; i < manifest->n_fields && !differs; i++) {
        const Lio__Pb__Field *ours;

        if (!is_blob(manifest->fields[i]))
            continue;
        ours = find_id(messages, n, manifest->fields[i]->id);
        if (ours && !is_blob(ours))
            differs = ours;
    }
    if (!differs)
        return 0;
    return lio_error_set(err, LIO_EINVAL,
                         "%s: column '%s' is of blobs in %s alone: the "
                         "metadata of the field must say the same",
                         path, differs->name,
                         is_blob(differs) ? "the rows" : "the dataset");
}

static void take_ids(Lio__Pb__Field **messages, const struct lio_schema *ours,
                     const struct lio_schema *theirs, const uint32_t *order)
{
    for (uint32_t i = 0; i < ours->nfields; i++) {
        int32_t parent = theirs->fields[order[i]].parent;

        messages[i]->id = theirs->fields[order[i]].id;
        messages[i]->has_id = messages[i]->id != 0;
        messages[i]->parent_id = parent < 0 ? -1 : theirs->fields[parent].id;
        messages[i]->has_parent_id = messages[i]->parent_id != 0;
    }
}

int lio_fields_match(const char *path, Lio__Pb__Field **messages,
                     const struct lio_schema *schema,
                     const Lio__Pb__Manifest *manifest, struct lio_error *err)
{
    struct lio_schema theirs;
    struct walk walk;
    int rc = lio_schema_parse(path, manifest->fields, manifest->n_fields,
                              &theirs, err);

    if (rc < 0)
        return rc;
    rc = walk_down(path, &theirs, &walk, err);
    if (rc == 0) {
        rc = compare(path, schema, &theirs, walk.order, err);
        if (rc == 0) {
            take_ids(messages, schema, &theirs, walk.order);
            rc = compare_blobs(path, messages, schema->nfields, manifest, err);
        }
        release(&walk);
    }
    lio_schema_release(&theirs);
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
