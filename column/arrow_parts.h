/*
 * Parts of packed structs.
 *
 *     page                    p { a  b  c }     decoded together
 *     wanted  "p.a", "p.c"    p { a     c }     given out
 *
 * Of all other columns what is not wanted is not read, and not there.
 */
#ifndef LIO_COLUMN_ARROW_PARTS_H
#define LIO_COLUMN_ARROW_PARTS_H

#include "column/projection.h"

#include <lanceio/arrow.h>

/* Release what is not wanted of an array of field `number`. */
void lio_arrow_keep_wanted(const struct lio_projection *projection,
                           uint32_t number, struct ArrowArray *array);

#endif
