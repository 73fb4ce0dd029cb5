/*
 * Arrow's schema as the fields of the format: a list, depth first, in which
 * each names its parent.
 *
 *     struct {                                  id 0  parent -1  "when"
 *       when:  tsu:                             id 1  parent -1  "where"
 *       where: +s { lat: g, lon: g }            id 2  parent  1  "lat"
 *     }                                         id 3  parent  1  "lon"
 *
 * The list is then parsed by what parses the schemas of files that are read, so
 * that both sides agree on what can be in a file.
 */
#include "column/write/fields.h"

#include "column/write/blob_fields.h"
#include "column/write/logical.h"
#include "column/write/rows.h"

#include <stdlib.h>

/* What is walked down. */
struct walk {
    const char *path;
    enum lio_format format;
    bool in_list; /* what is walked now */
    struct lio_fields *fields;
    uint32_t room; /* for messages */
    int32_t id;    /* of the next field */
    struct lio_error *err;
};

static int no_memory(const struct walk *walk)
{
    return lio_error_set(walk->err, LIO_ENOMEM, "%s: no memory for its schema",
                         walk->path);
}

/* -- metadata ------------------------------------------------------------ */

static int copy_text(const char *text, size_t n, ProtobufCBinaryData *ret)
{
    ret->data = malloc(n > 0 ? n : 1);
    if (!ret->data)
        return LIO_ENOMEM;
    memcpy(ret->data, text, n);
    ret->len = n;
    return 0;
}

/* Takes an int32 and that many bytes. */
static const char *take_text(const char **at, int32_t *ret_bytes)
{
    const char *text = *at + sizeof(*ret_bytes);

    memcpy(ret_bytes, *at, sizeof(*ret_bytes));
    *at = text + *ret_bytes;
    return text;
}

static bool is_blob_key(const char *key, int32_t nkey)
{
    static const char blob[] = "lance-encoding:blob";

    return (size_t)nkey == strlen(blob) && memcmp(key, blob, (size_t)nkey) == 0;
}

static int add_metadata(Lio__Pb__Field *field, const char *key, int32_t nkey,
                        const char *value, int32_t nvalue)
{
    Lio__Pb__MetadataEntry *entry = malloc(sizeof(*entry));

    if (!entry)
        return LIO_ENOMEM;
    lio__pb__metadata_entry__init(entry);
    field->metadata[field->n_metadata++] = entry;
    entry->key = strndup(key, (size_t)nkey);
    entry->has_value = true;
    return entry->key ? copy_text(value, (size_t)nvalue, &entry->value)
                      : LIO_ENOMEM;
}

/* Whether blobs are written as the bytes they hold, in pages as any others, so
 * that who reads them must not look for descriptors: 2.1 has no lists of them.
 */
static bool forgets_blobs(const struct walk *walk)
{
    return walk->format == LIO_FORMAT_21 && walk->in_list;
}

/* Arrow's metadata: int32 pairs, each int32 bytes, key, int32 bytes, value. */
static int copy_metadata(const struct walk *walk, const char *metadata,
                         Lio__Pb__Field *field)
{
    const char *at = metadata + sizeof(int32_t);
    int32_t pairs;
    int rc = 0;

    memcpy(&pairs, metadata, sizeof(pairs));
    if (pairs < 0)
        return LIO_EINVAL;
    field->metadata = calloc((size_t)pairs + 1, sizeof(*field->metadata));
    if (!field->metadata)
        return LIO_ENOMEM;
    for (int32_t i = 0; i < pairs && rc == 0; i++) {
        int32_t nkey, nvalue;
        const char *key = take_text(&at, &nkey);
        const char *value = take_text(&at, &nvalue);

        if (!forgets_blobs(walk) || !is_blob_key(key, nkey))
            rc = add_metadata(field, key, nkey, value, nvalue);
    }
    return rc;
}

/* -- fields -------------------------------------------------------------- */

static int grow(struct walk *walk)
{
    uint32_t room = walk->room > 0 ? walk->room * 2 : 16;
    Lio__Pb__Field **more;

    if (walk->fields->n < walk->room)
        return 0;
    more = realloc(walk->fields->messages, room * sizeof(*more));
    if (!more)
        return LIO_ENOMEM;
    walk->fields->messages = more;
    walk->room = room;
    return 0;
}

static int add_message(struct walk *walk, const struct ArrowSchema *arrow,
                       int32_t parent, Lio__Pb__Field **ret_field)
{
    Lio__Pb__Field *field;
    int rc = 0;

    if (grow(walk) < 0 || !(field = malloc(sizeof(*field))))
        return LIO_ENOMEM;
    lio__pb__field__init(field);
    field->has_id = walk->id > 0;
    field->id = walk->id++;
    walk->fields->messages[walk->fields->n++] = field;
    field->has_parent_id = true;
    field->parent_id = parent;
    field->nullable = (arrow->flags & ARROW_FLAG_NULLABLE) != 0;
    field->has_nullable = field->nullable;
    field->name = strdup(arrow->name ? arrow->name : "");
    if (!field->name)
        return LIO_ENOMEM;
    *ret_field = field;
    if (arrow->metadata)
        rc = copy_metadata(walk, arrow->metadata, field);
    if (walk->format >= LIO_FORMAT_22 && lio_field_is_blob(field))
        walk->id += LIO_BLOB_IDS - 1;
    return rc;
}

static bool is_list(const struct ArrowSchema *arrow)
{
    return strcmp(arrow->format, "+l") == 0 ||
           strcmp(arrow->format, "+L") == 0 || strcmp(arrow->format, "+m") == 0;
}

/* Whether the items of a fixed-size list are fields, too, and not only in the
 * spelling of its type. */
static bool has_field_children(const struct ArrowSchema *arrow)
{
    if (arrow->dictionary)
        return false;
    if (strncmp(arrow->format, "+w:", 3) == 0)
        return strcmp(arrow->children[0]->format, "+s") == 0;
    return true;
}

static int add_field(struct walk *walk, const struct ArrowSchema *arrow,
                     int32_t parent, uint32_t depth);

static int add_children(struct walk *walk, const struct ArrowSchema *arrow,
                        int32_t parent, uint32_t depth)
{
    int rc = 0;

    for (int64_t i = 0; i < arrow->n_children && rc == 0; i++) {
        const struct ArrowSchema *child = arrow->children[i];

        if (!child || !child->format)
            return lio_error_set(walk->err, LIO_EINVAL,
                                 "%s: column %lld of its schema, or a child of "
                                 "it, has no type",
                                 walk->path, (long long)i);
        rc = add_field(walk, child, parent, depth + 1);
    }
    return rc;
}

static int refuse_type(const struct walk *walk, const Lio__Pb__Field *field,
                       const struct ArrowSchema *arrow)
{
    return lio_error_set(walk->err, LIO_EUNSUPPORTED,
                         "%s: the Arrow type '%s'%s of column '%s' cannot be "
                         "stored in Lance files",
                         walk->path, arrow->format,
                         arrow->dictionary ? ", a dictionary," : "",
                         field->name);
}

/* Types that are stored as others, which the metadata tells: what it says of
 * them is said in places of their own, too. */
static int name_extension(Lio__Pb__Field *field)
{
    static const char key[] = "ARROW:extension:name", json[] = "lance.json";
    const Lio__Pb__MetadataEntry *entry = NULL;
    char *logical;

    for (size_t i = 0; i < field->n_metadata && !entry; i++)
        if (strcmp(field->metadata[i]->key, key) == 0)
            entry = field->metadata[i];
    if (!entry)
        return 0;
    field->extension_name =
        strndup((const char *)entry->value.data, entry->value.len);
    if (!field->extension_name)
        return LIO_ENOMEM;
    if (strcmp(field->extension_name, json) != 0 ||
        strcmp(field->logical_type, "large_binary") != 0)
        return 0;
    logical = strdup("json");
    if (!logical)
        return LIO_ENOMEM;
    free(field->logical_type);
    field->logical_type = logical;
    return 0;
}

static int add_field(struct walk *walk, const struct ArrowSchema *arrow,
                     int32_t parent, uint32_t depth)
{
    Lio__Pb__Field *field = NULL;
    int32_t id = walk->id;
    bool in_list;
    int rc = add_message(walk, arrow, parent, &field);

    if (rc == LIO_ENOMEM)
        return no_memory(walk);
    if (rc == 0)
        rc = lio_logical_type(arrow, &field->logical_type);
    if (rc == 0)
        rc = name_extension(field);
    if (rc == LIO_ENOMEM)
        return no_memory(walk);
    if (rc < 0 || depth > LIO_DEPTH_MAX)
        return refuse_type(walk, field, arrow);
    if (!has_field_children(arrow))
        return 0;
    in_list = walk->in_list;
    walk->in_list |= is_list(arrow);
    rc = add_children(walk, arrow, id, depth);
    walk->in_list = in_list;
    return rc;
}

static int compare_names(const void *left, const void *right)
{
    const struct lio_field *a = *(const struct lio_field *const *)left;
    const struct lio_field *b = *(const struct lio_field *const *)right;

    if (a->parent != b->parent)
        return (a->parent > b->parent) - (a->parent < b->parent);
    return strcmp(a->name, b->name);
}

/* Whether two children of one parent have the same name: readers find columns
 * by name. */
static int check_names(const char *path, const struct lio_schema *schema,
                       struct lio_error *err)
{
    const struct lio_field **sorted = calloc(schema->nfields, sizeof(*sorted));
    int rc = 0;

    if (!sorted)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for its schema",
                             path);
    for (uint32_t i = 0; i < schema->nfields; i++)
        sorted[i] = &schema->fields[i];
    qsort(sorted, schema->nfields, sizeof(*sorted), compare_names);
    for (uint32_t i = 1; i < schema->nfields && rc == 0; i++)
        if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
            rc = lio_error_set(err, LIO_EINVAL,
                               "%s: two columns are called '%s'", path,
                               sorted[i]->path);
    free(sorted);
    return rc;
}

static bool is_map(const struct lio_field *field)
{
    return field->type.arrow && strcmp(field->type.arrow, "+m") == 0;
}

/* Text would come back as bytes. */
static bool is_binary(const struct lio_type *type)
{
    return type->kind == LIO_KIND_VARIABLE &&
           (strcmp(type->arrow, "z") == 0 || strcmp(type->arrow, "Z") == 0);
}

static int check_blobs(const char *path, const struct lio_fields *fields,
                       struct lio_error *err)
{
    for (uint32_t i = 0; i < fields->schema.nfields; i++) {
        const struct lio_field *field = &fields->schema.fields[i];

        if (field->blob_22)
            return lio_error_set(err, LIO_EUNSUPPORTED,
                                 "%s: column '%s': blobs are written from "
                                 "their bytes: a binary or large_binary with "
                                 "the metadata \"lance-encoding:blob\": "
                                 "\"true\", not a struct",
                                 path, field->path);
        if (lio_field_is_blob(fields->messages[i]) && !is_binary(&field->type))
            return lio_error_set(err, LIO_EUNSUPPORTED,
                                 "%s: column '%s' of type '%s' cannot be blobs",
                                 path, field->path, field->logical_type);
    }
    return 0;
}

static bool is_bool(const struct lio_type *type)
{
    return type->kind == LIO_KIND_FIXED && type->bits == 1;
}

/* LanceDB panics when it reads these. */
static bool has_lost_bools(const struct lio_type *type, enum lio_format format)
{
    bool in_list = type->kind == LIO_KIND_FIXED_LIST;

    while (type->kind == LIO_KIND_FIXED_LIST)
        type = type->children[0];
    return is_bool(type) && (in_list || format == LIO_FORMAT_20);
}

/* Why a packed struct cannot be written, or NULL.  Rows of it are values side
 * by side: of which kinds, LanceDB shows by what it writes. */
static const char *cannot_pack(const struct lio_type *type,
                               enum lio_format format)
{
    bool varies = lio_struct_varies(type);

    for (uint32_t i = 0; i < type->nchildren; i++) {
        const struct lio_type *child = type->children[i];
        const char *why;

        if (has_lost_bools(child, format))
            return "packed structs of bools need file version 2.1, and cannot "
                   "have lists of them";
        if (lio_type_is_fixed(child) || child->kind == LIO_KIND_VARIABLE)
            continue;
        if (child->kind != LIO_KIND_STRUCT)
            return "packed structs of lists, nulls or dictionaries cannot be "
                   "written";
        if (format == LIO_FORMAT_21)
            return "packed structs of structs need file version 2.0, or 2.2 if "
                   "each has strings in it; they cannot be written in 2.1";
        if (format >= LIO_FORMAT_22 && !lio_struct_varies(child))
            return "packed structs of structs without strings in them need "
                   "file version 2.0";
        why = cannot_pack(child, format);
        if (why)
            return why;
    }
    return varies && format < LIO_FORMAT_22
               ? "packed structs of strings need file version 2.2"
               : NULL;
}

/* LanceDB fails to write them, so that how they lie in pages is not known. */
static bool is_loose_list(const struct lio_field *field)
{
    return field->type.kind == LIO_KIND_FIXED_LIST && field->type.own &&
           !lio_type_is_fixed(&field->type);
}

/* What the format has, but not in this version of it. */
static const char *too_new(const struct lio_field *field,
                           enum lio_format format)
{
    bool fixed = field->type.kind == LIO_KIND_FIXED_LIST && !field->type.own;

    if (is_map(field) && format < LIO_FORMAT_22)
        return "maps";
    if (fixed && format < LIO_FORMAT_22)
        return "fixed-size lists of structs";
    return NULL;
}

static int check(const char *path, const struct lio_schema *schema,
                 enum lio_format format, struct lio_error *err)
{
    int rc = check_names(path, schema, err);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < schema->nfields; i++) {
        const struct lio_field *field = &schema->fields[i];
        const char *what = too_new(field, format);
        const char *unpacked =
            field->packed ? cannot_pack(&field->type, format) : NULL;

        if (field->unsupported)
            return lio_error_set(err, LIO_EUNSUPPORTED, "%s: column '%s' %s",
                                 path, field->path, field->unsupported);
        if (unpacked)
            return lio_error_set(err, LIO_EUNSUPPORTED, "%s: column '%s': %s",
                                 path, field->path, unpacked);
        if (is_loose_list(field))
            return lio_error_set(err, LIO_EUNSUPPORTED,
                                 "%s: column '%s': fixed-size lists of values "
                                 "that have no fixed width cannot be written",
                                 path, field->path);
        if (what)
            return lio_error_set(err, LIO_EUNSUPPORTED,
                                 "%s: column '%s': %s need file version 2.2, "
                                 "not %s",
                                 path, field->path, what,
                                 lio_format_name(format));
    }
    return 0;
}

int lio_fields_import(const char *path, const struct ArrowSchema *arrow,
                      enum lio_format format, struct lio_fields *ret_fields,
                      struct lio_error *err)
{
    struct lio_fields fields = { 0 };
    struct walk walk = {
        .path = path, .format = format, .fields = &fields, .err = err
    };
    int rc;

    if (!arrow || !arrow->format || strcmp(arrow->format, "+s") != 0)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: its schema is not a struct of columns", path);
    if (arrow->n_children == 0)
        return lio_error_set(err, LIO_EINVAL, "%s: its schema has no columns",
                             path);
    rc = add_children(&walk, arrow, -1, 0);
    if (rc == 0)
        rc = lio_schema_parse(path, fields.messages, fields.n, &fields.schema,
                              err);
    if (rc == LIO_ECORRUPT) { /* what in a file would be damage */
        rc = LIO_EINVAL;
        if (err)
            err->code = rc;
    }
    if (rc == 0)
        rc = check(path, &fields.schema, format, err);
    if (rc == 0)
        rc = check_blobs(path, &fields, err);
    if (rc < 0) {
        lio_fields_release(&fields);
        return rc;
    }
    *ret_fields = fields;
    return 0;
}

void lio_fields_release(struct lio_fields *fields)
{
    for (uint32_t i = 0; i < fields->n; i++)
        lio__pb__field__free_unpacked(fields->messages[i], NULL);
    free(fields->messages);
    lio_schema_release(&fields->schema);
    *fields = (struct lio_fields){ 0 };
}
