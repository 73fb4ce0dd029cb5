/*
 * Leaves.
 */
#include "column/leaf.h"

struct lio_leaf lio_leaf_of(const struct lio_schema *schema, uint32_t field,
                            enum lio_format format)
{
    struct lio_leaf leaf = lio_leaf_alone(&schema->fields[field].type);
    int64_t number = field;

    while (format != LIO_FORMAT_20 && schema->fields[number].parent >= 0 &&
           leaf.nlayers < LIO_DEPTH_MAX) {
        leaf.places[leaf.nlayers] = schema->fields[number].place;
        number = schema->fields[number].parent;
        leaf.types[leaf.nlayers++] = &schema->fields[number].type;
    }
    return leaf;
}

int lio_leaf_wrap(const struct lio_leaf *leaf, uint32_t i,
                  struct lio_vector *child, struct lio_vector *vector)
{
    lio_vectors_put(vector->children);
    vector->children = lio_vectors_new(leaf->types[i]->nchildren);
    if (!vector->children) {
        lio_vector_release(child);
        return LIO_ENOMEM;
    }
    vector->children->all[leaf->places[i]] = *child;
    *child = (struct lio_vector){ 0 };
    return 0;
}

/* How many rows layer `i` has if the layer above has `rows` nulls. */
static uint64_t rows_below(const struct lio_type *above, uint64_t rows)
{
    if (above->kind == LIO_KIND_LIST)
        return 0;
    return above->kind == LIO_KIND_FIXED_LIST ? rows * above->dimension : rows;
}

static int nulls(const struct lio_leaf *leaf, uint32_t i, uint64_t rows,
                 struct lio_vector *ret_vector)
{
    /* Without its children: lio_vector_nulls() would make all of them. */
    struct lio_type bare = *leaf->types[i];
    struct lio_vector vector, child;
    int rc;

    if (i == 0)
        return lio_vector_nulls(leaf->types[0], rows, ret_vector);
    bare.nchildren = 0;
    rc = lio_vector_nulls(&bare, rows, &vector);
    if (rc < 0)
        return rc;
    vector.type = leaf->types[i];
    rc = nulls(leaf, i - 1, rows_below(leaf->types[i], rows), &child);
    if (rc == 0)
        rc = lio_leaf_wrap(leaf, i, &child, &vector);
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}

int lio_leaf_nulls(const struct lio_leaf *leaf, uint64_t rows,
                   struct lio_vector *ret_vector)
{
    return nulls(leaf, leaf->nlayers - 1, rows, ret_vector);
}
