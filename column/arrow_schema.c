/*
 * Arrow schemas.  Names and formats are copied: a schema outlives its dataset.
 *
 * What has fields of its own gets children from them; the items of a fixed-size
 * list and the values of a dictionary are only in the type.
 */
#include "column/arrow_array.h"

#include "column/metadata.h"
#include "column/row_column.h"

#include <stdlib.h>

/* Behind a schema: private_data. */
struct owner {
    char *text; /* name, format, metadata */
    struct ArrowSchema *schemas;
    struct ArrowSchema dictionary;
    struct ArrowSchema *children[];
};

static void owner_release(struct ArrowSchema *schema)
{
    struct owner *owner = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    free(owner->schemas);
    free(owner->text);
    free(owner);
    schema->release = NULL;
}

/* A schema with room for `n` children, none there so far. */
static int make(const char *name, const char *format, bool nullable, uint32_t n,
                const char *metadata, struct ArrowSchema *ret_schema)
{
    size_t nname = strlen(name) + 1, nformat = strlen(format) + 1;
    size_t nmetadata = lio_metadata_bytes(metadata);
    struct owner *owner =
        calloc(1, sizeof(*owner) + n * sizeof(owner->children[0]));

    if (!owner)
        return LIO_ENOMEM;
    owner->text = malloc(nname + nformat + nmetadata);
    owner->schemas = calloc(n + (size_t)1, sizeof(*owner->schemas));
    if (!owner->text || !owner->schemas) {
        free(owner->text);
        free(owner->schemas);
        free(owner);
        return LIO_ENOMEM;
    }
    memcpy(owner->text, name, nname);
    memcpy(owner->text + nname, format, nformat);
    if (metadata)
        memcpy(owner->text + nname + nformat, metadata, nmetadata);
    for (uint32_t i = 0; i < n; i++)
        owner->children[i] = &owner->schemas[i];
    *ret_schema = (struct ArrowSchema){
        .format = owner->text + nname,
        .name = owner->text,
        .metadata = metadata ? owner->text + nname + nformat : NULL,
        .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
        .children = owner->children,
        .release = owner_release,
        .private_data = owner,
    };
    return 0;
}

/* Of a type that is not a field's. */
static int type_schema(const struct lio_type *type, const char *name,
                       bool nullable, const char *metadata,
                       struct ArrowSchema *ret_schema)
{
    struct ArrowSchema schema;
    struct owner *owner;
    int rc =
        make(name, type->arrow, nullable, type->own ? 1 : 0, metadata, &schema);

    if (rc < 0)
        return rc;
    owner = schema.private_data;
    if (type->kind == LIO_KIND_FIXED_LIST) {
        rc = type_schema(type->own, "item", true, NULL, &owner->schemas[0]);
        schema.n_children = rc == 0;
    } else if (type->kind == LIO_KIND_DICTIONARY) {
        rc = type_schema(type->own, "", true, NULL, &owner->dictionary);
        schema.dictionary = rc == 0 ? &owner->dictionary : NULL;
    }
    if (rc < 0) {
        owner_release(&schema);
        return rc;
    }
    *ret_schema = schema;
    return 0;
}

static bool is_wanted(const struct lio_projection *projection, uint32_t number)
{
    return !projection->wanted || projection->wanted[number];
}

static bool is_child(const struct lio_schema *schema, uint32_t number,
                     int64_t parent)
{
    return schema->fields[number].parent == parent;
}

static int field_schema(const struct lio_projection *projection,
                        uint32_t number, struct ArrowSchema *ret_schema);

/* Add the wanted children of a field, or, for -1, the top-level ones. */
static int add_children(const struct lio_projection *projection, int64_t parent,
                        struct ArrowSchema *schema)
{
    const struct lio_schema *from = projection->schema;
    struct owner *owner = schema->private_data;
    int rc = 0;

    for (uint32_t i = (uint32_t)(parent + 1); i < from->nfields && rc == 0;
         i++) {
        if (!is_child(from, i, parent) || !is_wanted(projection, i))
            continue;
        rc = field_schema(projection, i, &owner->schemas[schema->n_children]);
        schema->n_children += rc == 0;
    }
    return rc;
}

/* A map of which not both keys and values are wanted is but a list. */
static const char *format_of(const struct lio_projection *projection,
                             uint32_t number)
{
    const struct lio_schema *schema = projection->schema;
    const char *format = schema->fields[number].type.arrow;

    if (strcmp(format, "+m") != 0)
        return format;
    for (uint32_t i = number; i < schema->nfields; i++)
        if (lio_schema_is_below(schema, i, number) && !is_wanted(projection, i))
            return "+l";
    return format;
}

static int field_schema(const struct lio_projection *projection,
                        uint32_t number, struct ArrowSchema *ret_schema)
{
    const struct lio_field *field = &projection->schema->fields[number];
    struct ArrowSchema schema;
    int rc;

    if (field->type.own || !field->has_children)
        return type_schema(&field->type, field->name, field->nullable,
                           field->metadata, ret_schema);
    rc = make(field->name, format_of(projection, number), field->nullable,
              field->type.nchildren, field->metadata, &schema);
    if (rc < 0)
        return rc;
    rc = add_children(projection, number, &schema);
    if (rc < 0) {
        owner_release(&schema);
        return rc;
    }
    *ret_schema = schema;
    return 0;
}

static int column_schema(const struct lio_projection *projection,
                         uint32_t number, struct ArrowSchema *ret_schema)
{
    if (lio_row_column_is(number))
        return type_schema(&lio_row_column_type, lio_row_column_name(number),
                           false, NULL, ret_schema);
    return field_schema(projection, number, ret_schema);
}

int lio_arrow_schema(const struct lio_projection *projection,
                     struct ArrowSchema *ret_schema)
{
    struct ArrowSchema schema;
    struct owner *owner;
    int rc = make("", "+s", false, projection->ncolumns, NULL, &schema);

    if (rc < 0)
        return rc;
    owner = schema.private_data;
    for (uint32_t i = 0; i < projection->ncolumns && rc == 0; i++) {
        rc = column_schema(projection, projection->columns[i],
                           &owner->schemas[i]);
        schema.n_children += rc == 0;
    }
    if (rc < 0) {
        owner_release(&schema);
        return rc;
    }
    *ret_schema = schema;
    return 0;
}
