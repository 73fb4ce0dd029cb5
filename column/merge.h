/*
 * Putting a nested column together.  Each of its leaves is decoded by itself,
 * to vectors that have no children but those on the way to it:
 *
 *     struct { a . }  +  struct { . b }  =  struct { a b }
 *
 * What is above the leaves, lengths of lists and nulls, each of them tells;
 * that must be the same.
 */
#ifndef LIO_COLUMN_MERGE_H
#define LIO_COLUMN_MERGE_H

#include "column/leaf.h"

/* Add the children of `from` to `into`, sharing them.  LIO_ENOMEM, or
 * LIO_ECORRUPT if the two do not agree. */
LIO_MUST_CHECK int lio_vector_merge(struct lio_vector *into,
                                    const struct lio_vector *from);

/* Add a leaf that is stored nowhere, all null, where the others are.
 * LIO_ENOMEM. */
LIO_MUST_CHECK int lio_vector_add_nulls(struct lio_vector *into,
                                        const struct lio_leaf *leaf);

#endif
