/*
 * Merging vectors.
 */
#include "column/merge.h"

#include "column/bytes.h"

/* Children that only this vector has, to be changed. */
static int own_children(struct lio_vector *vector)
{
    struct lio_vectors *shared = vector->children, *own;

    own = lio_vectors_new(vector->type->nchildren);
    if (!own)
        return LIO_ENOMEM;
    for (uint32_t i = 0; shared && i < own->n; i++)
        own->all[i] = lio_vector_share(&shared->all[i]);
    lio_vectors_put(shared);
    vector->children = own;
    return 0;
}

static bool agree(const struct lio_vector *a, const struct lio_vector *b)
{
    if (a->type != b->type || a->rows != b->rows || a->nulls != b->nulls)
        return false;
    return a->type->kind != LIO_KIND_LIST ||
           memcmp(a->values->data, b->values->data,
                  (size_t)(a->rows + 1) * (a->type->bits / 8)) == 0;
}

int lio_vector_merge(struct lio_vector *into, const struct lio_vector *from)
{
    int rc;

    if (!agree(into, from))
        return LIO_ECORRUPT;
    /* What a type holds by itself came as a whole. */
    if (into->type->own || !from->children)
        return 0;
    rc = own_children(into);
    for (uint32_t i = 0; i < from->children->n && rc == 0; i++) {
        const struct lio_vector *child = &from->children->all[i];

        if (!child->type)
            continue;
        if (into->children->all[i].type)
            rc = lio_vector_merge(&into->children->all[i], child);
        else
            into->children->all[i] = lio_vector_share(child);
    }
    return rc;
}

/* How many rows the children of a vector have. */
static uint64_t child_rows(const struct lio_vector *vector)
{
    switch (vector->type->kind) {
    case LIO_KIND_LIST:
        return lio_vector_offset(vector, vector->rows);
    case LIO_KIND_FIXED_LIST:
        return vector->rows * vector->type->dimension;
    default:
        return vector->rows;
    }
}

int lio_vector_add_nulls(struct lio_vector *into, const struct lio_leaf *leaf)
{
    struct lio_leaf inner = *leaf;
    int rc = 0;

    while (inner.nlayers > 1 && rc == 0) {
        struct lio_vector *child;

        inner.nlayers--;
        rc = own_children(into);
        if (rc < 0)
            return rc;
        child = &into->children->all[leaf->places[inner.nlayers]];
        if (!child->type)
            return lio_leaf_nulls(&inner, child_rows(into), child);
        into = child;
    }
    return rc;
}
