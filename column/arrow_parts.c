/*
 * Parts of packed structs.
 *
 * Taken out at the very end, where an array owns its children: vectors share
 * theirs.
 */
#include "column/arrow_parts.h"

#include "column/arrow_array.h"

#include <string.h>

static void remove_child(struct ArrowArray *array, int64_t at)
{
    int64_t behind = array->n_children - at - 1;

    lio_arrow_array_release(array->children[at]);
    memmove(&array->children[at], &array->children[at + 1],
            (size_t)behind * sizeof(*array->children));
    array->n_children--;
}

void lio_arrow_keep_wanted(const struct lio_projection *projection,
                           uint32_t number, struct ArrowArray *array)
{
    const struct lio_schema *schema = projection->schema;
    const struct lio_field *field = &schema->fields[number];
    int64_t at = 0;

    /* Items without a field of their own have no parts. */
    if (field->type.own)
        return;
    for (uint32_t i = number + 1; i < schema->nfields && at < array->n_children;
         i++) {
        if (schema->fields[i].parent != (int64_t)number)
            continue;
        if (projection->wanted[i])
            lio_arrow_keep_wanted(projection, i, array->children[at++]);
        else if (field->in_packed)
            remove_child(array, at);
    }
}
