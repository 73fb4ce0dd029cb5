/*
 * Schemas.  The format lists the fields of a tree depth first, with the id of
 * the parent:
 *
 *     id 0  parent -1  "when"   timestamp:us:-     column 0
 *     id 1  parent -1  "where"  struct             column 1 in 2.0, none later
 *     id 2  parent  1  "lat"    double             column 2           1
 *     id 3  parent  1  "lon"    double             column 3           2
 *
 * Types are a tree of their own, linked along the fields'.  What cannot be read
 * is there, too, with the reason why not.
 */
#include "column/schema.h"

#include "column/metadata.h"

#include <inttypes.h>
#include <stdlib.h>

/* The name of the extension that makes a struct a blob. */
#define BLOB_TYPE "lance.blob.v2"

/* What older blobs have in their metadata. */
#define BLOB_KEY   "lance-encoding:blob"
#define BLOB_VALUE "true"

#define NO_ID (-1)

int lio_field_refuse(struct lio_field *field, const char *fmt, ...)
{
    va_list args;
    int n;

    if (field->unsupported)
        return 0;
    va_start(args, fmt);
    n = vasprintf(&field->unsupported, fmt, args);
    va_end(args);
    if (n >= 0)
        return 0;
    field->unsupported = NULL;
    return LIO_ENOMEM;
}

static bool has_metadata(const Lio__Pb__Field *message, const char *key,
                         const char *value)
{
    for (size_t i = 0; i < message->n_metadata; i++) {
        const Lio__Pb__MetadataEntry *entry = message->metadata[i];

        if (entry->key && strcmp(entry->key, key) == 0 &&
            entry->value.len == strlen(value) &&
            memcmp(entry->value.data, value, entry->value.len) == 0)
            return true;
    }
    return false;
}

static bool is_struct(const Lio__Pb__Field *message)
{
    return message->logical_type &&
           strcmp(message->logical_type, "struct") == 0;
}

/* The blobs of version 2.2.  A manifest has them as what writers are given, a
 * data file as their descriptors; both are structs. */
static bool is_blob_22(const Lio__Pb__Field *message)
{
    return is_struct(message) &&
           ((message->extension_name &&
             strcmp(message->extension_name, BLOB_TYPE) == 0) ||
            has_metadata(message, "ARROW:extension:name", BLOB_TYPE) ||
            has_metadata(message, BLOB_KEY, BLOB_VALUE));
}

/* Whether a field is a part of the blob listed before it.  Data files give such
 * parts no place in the tree. */
static bool is_blob_part(const Lio__Pb__Field *message,
                         const Lio__Pb__Field *blob)
{
    return message->parent_id == blob->id || message->id == NO_ID;
}

/* The fields that have values, without the parts of blobs: those are neither
 * stored nor read by themselves.  Returns how many. */
static size_t keep_fields(Lio__Pb__Field **messages, size_t n,
                          Lio__Pb__Field **kept)
{
    const Lio__Pb__Field *blob = NULL;
    size_t nkept = 0;

    for (size_t i = 0; i < n; i++) {
        if (blob && is_blob_part(messages[i], blob))
            continue;
        blob = is_blob_22(messages[i]) ? messages[i] : NULL;
        kept[nkept++] = messages[i];
    }
    return nkept;
}

static int compare_ids(const void *left, const void *right)
{
    const struct lio_field_id *a = left, *b = right;

    return (a->id > b->id) - (a->id < b->id);
}

/* Sort the ids.  False if two fields share one. */
static bool index_ids(struct lio_schema *schema, Lio__Pb__Field **messages)
{
    for (uint32_t i = 0; i < schema->nfields; i++)
        schema->ids[i] = (struct lio_field_id){ messages[i]->id, i };
    qsort(schema->ids, schema->nfields, sizeof(*schema->ids), compare_ids);
    for (uint32_t i = 1; i < schema->nfields; i++)
        if (schema->ids[i - 1].id == schema->ids[i].id)
            return false;
    return true;
}

/* A parent is one of the fields listed before. */
static bool find_parent(const struct lio_schema *schema,
                        const struct lio_field *field, int32_t parent_id,
                        int32_t *ret_parent)
{
    int64_t parent = -1;

    if (parent_id >= 0) {
        parent = lio_schema_find_id(schema, parent_id);
        if (parent < 0 || parent >= field - schema->fields)
            return false;
    }
    *ret_parent = (int32_t)parent;
    return true;
}

/* As much of a parent's path is repeated in its children's: names are as long
 * as the file likes, and there may be many children. */
#define PARENT_PATH_SHOWN 200

static int name_field(struct lio_schema *schema, struct lio_field *field,
                      const char *name)
{
    const struct lio_field *parent =
        field->parent < 0 ? NULL : &schema->fields[field->parent];

    if (asprintf(&field->path, "%.*s%s%s", PARENT_PATH_SHOWN,
                 parent ? parent->path : "", parent ? "." : "", name) < 0) {
        field->path = NULL;
        return LIO_ENOMEM;
    }
    field->name = field->path + strlen(field->path) - strlen(name);
    return 0;
}

/* Where in the tree a field is, which its parent tells. */
static void place_field(struct lio_schema *schema, struct lio_field *field)
{
    struct lio_field *parent;

    field->depth = 1;
    field->row_items = 1;
    field->in_packed = field->packed;
    if (field->parent < 0)
        return;
    parent = &schema->fields[field->parent];
    parent->has_children = true;
    field->depth = parent->depth + 1;
    field->row_items = parent->row_items;
    field->uneven = parent->uneven;
    if (parent->type.kind == LIO_KIND_FIXED_LIST) {
        field->row_items *= parent->type.dimension;
        field->uneven |= parent->below_list;
    }
    field->below_list =
        parent->below_list || parent->type.kind == LIO_KIND_LIST;
    field->in_packed |= parent->in_packed;
}

static bool may_have_children(const struct lio_type *type)
{
    return type->kind == LIO_KIND_LIST || type->kind == LIO_KIND_STRUCT ||
           (type->kind == LIO_KIND_FIXED_LIST && !type->own);
}

/* Make the type of a field a part of its parent's. */
static int link_field(struct lio_schema *schema, struct lio_field *field)
{
    struct lio_field *parent;

    if (field->parent < 0)
        return 0;
    parent = &schema->fields[field->parent];
    if (!may_have_children(&parent->type))
        return lio_field_refuse(field,
                                "is part of '%s', whose type '%s' is "
                                "not supported",
                                parent->path, parent->logical_type);
    field->place = parent->type.nchildren;
    /* What is too deep is refused, and must not make the types so deep. */
    if (field->depth > LIO_DEPTH_MAX)
        return 0;
    return lio_type_link(&parent->type, &field->type);
}

/* Why a field cannot be read whatever its pages hold. */
static int refuse_type(struct lio_field *field)
{
    if (field->type.kind == LIO_KIND_UNSUPPORTED)
        return lio_field_refuse(field,
                                "type '%s' is not supported by this version",
                                field->logical_type);
    if (field->depth > LIO_DEPTH_MAX)
        return lio_field_refuse(field, "is nested deeper than %d levels",
                                LIO_DEPTH_MAX);
    if (field->row_items > UINT32_MAX)
        return lio_field_refuse(field, "its fixed-size lists are too long");
    return 0;
}

/* What a blob of 2.2 is stored as. */
static bool is_of_storage(const Lio__Pb__MetadataEntry *entry)
{
    static const char *const keys[] = { "ARROW:extension:name", "packed",
                                        "lance-encoding:packed", BLOB_KEY };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (entry->key && strcmp(entry->key, keys[i]) == 0)
            return true;
    return false;
}

/* Blobs of 2.2 say that they are some as older ones do: what is given out is
 * bytes, of which writers of any version make blobs again. */
static int pack_metadata_of_blob(const Lio__Pb__Field *message,
                                 char **ret_metadata)
{
    Lio__Pb__MetadataEntry mark = LIO__PB__METADATA_ENTRY__INIT;
    Lio__Pb__MetadataEntry **entries =
        calloc(message->n_metadata + 1, sizeof(*entries));
    size_t n = 0;
    int rc;

    if (!entries)
        return LIO_ENOMEM;
    mark.key = (char *)BLOB_KEY;
    mark.value.data = (uint8_t *)(uintptr_t)BLOB_VALUE;
    mark.value.len = strlen(BLOB_VALUE);
    entries[n++] = &mark;
    for (size_t i = 0; i < message->n_metadata; i++)
        if (!is_of_storage(message->metadata[i]))
            entries[n++] = message->metadata[i];
    rc = lio_metadata_pack(entries, n, ret_metadata);
    free(entries);
    return rc;
}

static int parse_field(struct lio_schema *schema, struct lio_field *field,
                       const Lio__Pb__Field *message)
{
    const char *name = message->name ? message->name : "";
    const char *logical = message->logical_type ? message->logical_type : "";
    int32_t parent_id = message->has_parent_id ? message->parent_id : 0;
    int rc;

    field->id = message->id;
    field->nullable = message->nullable;
    field->packed = has_metadata(message, "packed", "true") ||
                    has_metadata(message, "lance-encoding:packed", "true");
    /* What is given out is what blobs hold: no struct. */
    field->blob_22 = is_blob_22(message);
    if (field->blob_22) {
        logical = BLOB_TYPE;
        field->packed = false;
    }
    if (!find_parent(schema, field, parent_id, &field->parent))
        return LIO_ECORRUPT;
    place_field(schema, field);
    field->logical_type = strdup(logical);
    rc = field->logical_type ? name_field(schema, field, name) : LIO_ENOMEM;
    if (rc == 0)
        rc = field->blob_22
                 ? pack_metadata_of_blob(message, &field->metadata)
                 : lio_metadata_pack(message->metadata, message->n_metadata,
                                     &field->metadata);
    if (rc == 0)
        rc = lio_type_parse(field->blob_22 ? "large_binary" : logical,
                            &field->type);
    if (rc == 0)
        rc = link_field(schema, field);
    return rc < 0 ? rc : refuse_type(field);
}

/* -- once all children are known ----------------------------------------- */

static bool is_map(const struct lio_field *field)
{
    return strcmp(field->logical_type, "map") == 0;
}

/* Broken: not what a writer can mean.  Children come behind their parents, so
 * theirs were linked when the last field was parsed. */
static int check_children(const struct lio_field *field)
{
    const struct lio_type *type = &field->type;
    bool fixed = type->kind == LIO_KIND_FIXED_LIST && !type->own;

    /* Its children are too deep: it will not be read. */
    if (field->depth >= LIO_DEPTH_MAX && field->has_children)
        return 0;
    if ((type->kind == LIO_KIND_LIST || fixed) && type->nchildren != 1)
        return LIO_ECORRUPT;
    if (fixed && type->children[0]->kind != LIO_KIND_STRUCT)
        return LIO_ECORRUPT;
    if (is_map(field) && (type->children[0]->kind != LIO_KIND_STRUCT ||
                          type->children[0]->nchildren != 2))
        return LIO_ECORRUPT;
    return 0;
}

/* What is in something that cannot be read cannot, either: its type may not
 * even be linked. */
static int refuse_part(const struct lio_schema *schema, struct lio_field *field)
{
    const struct lio_field *parent;

    if (field->parent < 0)
        return 0;
    parent = &schema->fields[field->parent];
    if (!parent->unsupported)
        return 0;
    return lio_field_refuse(field, "is part of '%s', which cannot be read",
                            parent->path);
}

static int broken_field(const char *file, uint32_t number, const char *name,
                        int code, struct lio_error *err)
{
    if (code == LIO_ENOMEM)
        return lio_error_set(err, code, "%s: no memory for its schema", file);
    return lio_error_set(err, code,
                         "%s: field %" PRIu32 " '%s': its type, its parent "
                         "and its children do not go together",
                         file, number, name);
}

static int parse_fields(const char *file, struct lio_schema *schema,
                        Lio__Pb__Field **messages, struct lio_error *err)
{
    if (!index_ids(schema, messages))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: two fields of its schema have the same id",
                             file);
    for (uint32_t i = 0; i < schema->nfields; i++) {
        const char *name = messages[i]->name ? messages[i]->name : "";
        int rc = parse_field(schema, &schema->fields[i], messages[i]);

        if (rc < 0)
            return broken_field(file, i, name, rc, err);
    }
    for (uint32_t i = 0; i < schema->nfields; i++) {
        int rc = check_children(&schema->fields[i]);

        if (rc == 0)
            rc = refuse_part(schema, &schema->fields[i]);
        if (rc < 0)
            return broken_field(file, i, schema->fields[i].name, rc, err);
    }
    return 0;
}

int lio_schema_parse(const char *file, Lio__Pb__Field **messages,
                     size_t nmessages, struct lio_schema *ret_schema,
                     struct lio_error *err)
{
    struct lio_schema schema = { 0 };
    Lio__Pb__Field **kept;
    int rc;

    if (nmessages >= INT32_MAX)
        return lio_error_set(err, LIO_ECORRUPT, "%s: has too many fields",
                             file);
    /* One more than needed: an empty schema is no failed allocation. */
    schema.fields = calloc(nmessages + 1, sizeof(*schema.fields));
    schema.ids = calloc(nmessages + 1, sizeof(*schema.ids));
    kept = calloc(nmessages + 1, sizeof(*kept));
    if (schema.fields && schema.ids && kept) {
        schema.nfields = (uint32_t)keep_fields(messages, nmessages, kept);
        rc = parse_fields(file, &schema, kept, err);
    } else {
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory for its schema",
                           file);
    }
    free(kept);
    if (rc < 0) {
        lio_schema_release(&schema);
        return rc;
    }
    *ret_schema = schema;
    return 0;
}

void lio_schema_release(struct lio_schema *schema)
{
    for (uint32_t i = 0; i < schema->nfields; i++) {
        lio_type_release(&schema->fields[i].type);
        free(schema->fields[i].path);
        free(schema->fields[i].logical_type);
        free(schema->fields[i].metadata);
        free(schema->fields[i].unsupported);
    }
    free(schema->fields);
    free(schema->ids);
    *schema = (struct lio_schema){ 0 };
}

int64_t lio_schema_find_id(const struct lio_schema *schema, int32_t id)
{
    const struct lio_field_id key = { .id = id };
    const struct lio_field_id *found = bsearch(
        &key, schema->ids, schema->nfields, sizeof(*schema->ids), compare_ids);

    return found ? (int64_t)found->number : -1;
}

/* Whether a field's values lie in the column of a field above it. */
static bool in_packed(const struct lio_schema *schema, uint32_t number)
{
    int32_t parent = schema->fields[number].parent;

    return parent >= 0 && schema->fields[parent].in_packed;
}

bool lio_schema_is_below(const struct lio_schema *schema, uint32_t number,
                         uint32_t above)
{
    /* Parents come first: their numbers are smaller. */
    while (number > above && schema->fields[number].parent >= 0)
        number = (uint32_t)schema->fields[number].parent;
    return number == above;
}

const char *lio_schema_unsupported(const struct lio_schema *schema,
                                   uint32_t number)
{
    if (!schema->fields[number].has_children)
        return schema->fields[number].unsupported;
    for (uint32_t i = number; i < schema->nfields; i++)
        if (schema->fields[i].unsupported &&
            lio_schema_is_below(schema, i, number))
            return schema->fields[i].unsupported;
    return NULL;
}

/* -- once the version of the files is known ------------------------------ */

void lio_schema_settle(struct lio_schema *schema, enum lio_format format)
{
    for (uint32_t i = 0; i < schema->nfields; i++) {
        struct lio_field *field = &schema->fields[i];

        field->in_packed |= in_packed(schema, i);
        if (format == LIO_FORMAT_20 && !field->in_packed &&
            field->type.kind == LIO_KIND_FIXED_LIST && !field->type.own)
            field->packed = field->in_packed = true;
    }
}

bool lio_schema_has_column(const struct lio_schema *schema, uint32_t number,
                           enum lio_format format)
{
    const struct lio_field *field = &schema->fields[number];

    return (format == LIO_FORMAT_20 || !field->has_children || field->packed) &&
           !in_packed(schema, number);
}

uint32_t lio_schema_columns(const struct lio_schema *schema,
                            enum lio_format format, uint32_t *columns)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < schema->nfields; i++)
        columns[i] =
            lio_schema_has_column(schema, i, format) ? next++ : LIO_NO_COLUMN;
    return next;
}
