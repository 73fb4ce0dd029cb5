/*
 * A leaf of the tree of fields: what a column holds, and what is above it.
 *
 *     list<struct<x>>     types  [0] x   [1] struct   [2] list
 *
 * The layers of a page of file version 2.1 and later are in the same order,
 * from the inside out.  In 2.0 a column is one layer: what is above it is in
 * columns of its own.
 */
#ifndef LIO_COLUMN_LEAF_H
#define LIO_COLUMN_LEAF_H

#include "column/schema.h"
#include "column/vector.h"

struct lio_leaf {
    uint32_t nlayers;
    const struct lio_type *types[LIO_DEPTH_MAX];
    uint32_t places[LIO_DEPTH_MAX]; /* types[i - 1] is that child of types[i] */
};

/* A leaf with nothing above it. */
static inline struct lio_leaf lio_leaf_alone(const struct lio_type *type)
{
    return (struct lio_leaf){ .nlayers = 1, .types = { type } };
}

/* That of a field's column in a file of this version. */
struct lio_leaf lio_leaf_of(const struct lio_schema *schema, uint32_t field,
                            enum lio_format format);

/* Make `child` the only child that layer `i` of a leaf has: the vector then
 * takes it over.  LIO_ENOMEM: it is released. */
LIO_MUST_CHECK int lio_leaf_wrap(const struct lio_leaf *leaf, uint32_t i,
                                 struct lio_vector *child,
                                 struct lio_vector *vector);

/* A vector of `rows` nulls, with no children but those that lead to the leaf.
 * LIO_ENOMEM. */
LIO_MUST_CHECK int lio_leaf_nulls(const struct lio_leaf *leaf, uint64_t rows,
                                  struct lio_vector *ret_vector);

#endif
