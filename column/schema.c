/*
 * Schemas.  The format lists the fields of a tree depth first, with the id of
 * the parent:
 *
 *     id 0  parent -1  "when"   timestamp:us:-     column 0
 *     id 1  parent -1  "where"  struct             column 1 in 2.0, none later
 *     id 2  parent  1  "lat"    double             column 2           1
 *     id 3  parent  1  "lon"    double             column 3           2
 *
 * Only top-level fields without children can be read so far; the others are
 * there with the reason why not.
 */
#include "column/schema.h"

#include <inttypes.h>
#include <stdlib.h>

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

static bool has_metadata(const Lio__Pb__Field *message, const char *key)
{
    for (size_t i = 0; i < message->n_metadata; i++) {
        const Lio__Pb__MetadataEntry *entry = message->metadata[i];

        if (entry->key && strcmp(entry->key, key) == 0 &&
            entry->value.len == strlen("true") &&
            memcmp(entry->value.data, "true", entry->value.len) == 0)
            return true;
    }
    return false;
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

/* Why a field cannot be read whatever its pages hold. */
static int refuse_type(struct lio_schema *schema, struct lio_field *field,
                       bool blob)
{
    if (blob)
        return lio_field_refuse(field,
                                "blobs are not supported by this version");
    if (field->type.kind == LIO_KIND_UNSUPPORTED)
        return lio_field_refuse(field,
                                "type '%s' is not supported by this version",
                                field->logical_type);
    if (field->parent >= 0)
        return lio_field_refuse(field,
                                "is part of '%s', whose type '%s' is "
                                "not supported",
                                schema->fields[field->parent].path,
                                schema->fields[field->parent].logical_type);
    return 0;
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
    field->packed = has_metadata(message, "packed") ||
                    has_metadata(message, "lance-encoding:packed");
    if (!find_parent(schema, field, parent_id, &field->parent))
        return LIO_ECORRUPT;
    if (field->parent >= 0) {
        schema->fields[field->parent].has_children = true;
        field->in_packed = schema->fields[field->parent].in_packed;
    }
    field->in_packed |= field->packed;
    field->logical_type = strdup(logical);
    rc = field->logical_type ? name_field(schema, field, name) : LIO_ENOMEM;
    if (rc == 0)
        rc = lio_type_parse(logical, &field->type);
    if (rc == 0)
        rc = refuse_type(schema, field,
                         has_metadata(message, "lance-encoding:blob"));
    return rc;
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

        if (rc == LIO_ENOMEM)
            return lio_error_set(err, rc, "%s: no memory for its schema", file);
        if (rc < 0)
            return lio_error_set(err, rc,
                                 "%s: field %" PRIu32 " '%s' of its schema has "
                                 "a broken type or parent",
                                 file, i, name);
    }
    return 0;
}

int lio_schema_parse(const char *file, Lio__Pb__Field **messages,
                     size_t nmessages, struct lio_schema *ret_schema,
                     struct lio_error *err)
{
    struct lio_schema schema = { 0 };
    int rc;

    if (nmessages >= INT32_MAX)
        return lio_error_set(err, LIO_ECORRUPT, "%s: has too many fields",
                             file);
    /* One more than needed: an empty schema is no failed allocation. */
    schema.fields = calloc(nmessages + 1, sizeof(*schema.fields));
    schema.ids = calloc(nmessages + 1, sizeof(*schema.ids));
    schema.nfields = schema.fields ? (uint32_t)nmessages : 0;
    if (schema.fields && schema.ids)
        rc = parse_fields(file, &schema, messages, err);
    else
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory for its schema",
                           file);
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
static bool inside_packed(const struct lio_schema *schema, uint32_t number)
{
    int32_t parent = schema->fields[number].parent;

    return parent >= 0 && schema->fields[parent].in_packed;
}

uint32_t lio_schema_columns(const struct lio_schema *schema,
                            enum lio_format format, uint32_t *columns)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < schema->nfields; i++) {
        const struct lio_field *field = &schema->fields[i];
        bool own =
            format == LIO_FORMAT_20 || !field->has_children || field->packed;

        if (own && !inside_packed(schema, i))
            columns[i] = next++;
        else
            columns[i] = LIO_NO_COLUMN;
    }
    return next;
}
