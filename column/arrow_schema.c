/*
 * Arrow schemas.  Names and formats are copied: a schema outlives its dataset.
 */
#include "column/arrow_array.h"

#include <stdlib.h>

static void leaf_release(struct ArrowSchema *schema)
{
    free(schema->private_data);
    schema->release = NULL;
}

static int leaf_schema(const struct lio_field *field,
                       struct ArrowSchema *ret_schema)
{
    size_t nname = strlen(field->name) + 1;
    size_t nformat = strlen(field->type.arrow) + 1;
    char *text = malloc(nname + nformat);

    if (!text)
        return LIO_ENOMEM;
    memcpy(text, field->name, nname);
    memcpy(text + nname, field->type.arrow, nformat);
    *ret_schema = (struct ArrowSchema){
        .format = text + nname,
        .name = text,
        .flags = field->nullable ? ARROW_FLAG_NULLABLE : 0,
        .release = leaf_release,
        .private_data = text,
    };
    return 0;
}

/* Behind a struct schema: private_data. */
struct parent {
    struct ArrowSchema *schemas;
    struct ArrowSchema *children[];
};

static void parent_release(struct ArrowSchema *schema)
{
    struct parent *parent = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    free(parent->schemas);
    free(parent);
    schema->release = NULL;
}

int lio_arrow_schema(const struct lio_field *const *fields, uint32_t n,
                     struct ArrowSchema *ret_schema)
{
    struct parent *parent =
        calloc(1, sizeof(*parent) + n * sizeof(parent->children[0]));
    struct ArrowSchema *schemas = calloc(n > 0 ? n : 1, sizeof(*schemas));
    struct ArrowSchema schema = {
        .format = "+s",
        .name = "",
        .children = parent ? parent->children : NULL,
        .release = parent_release,
        .private_data = parent,
    };

    if (!parent || !schemas) {
        free(parent);
        free(schemas);
        return LIO_ENOMEM;
    }
    parent->schemas = schemas;
    for (uint32_t i = 0; i < n; i++) {
        parent->children[i] = &schemas[i];
        if (leaf_schema(fields[i], &schemas[i]) < 0) {
            parent_release(&schema);
            return LIO_ENOMEM;
        }
        schema.n_children = i + 1;
    }
    *ret_schema = schema;
    return 0;
}
