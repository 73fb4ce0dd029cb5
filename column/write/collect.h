/*
 * The values of a column, collected from any number of Arrow arrays: each is
 * copied once, behind those before.
 *
 * What comes out are plain values.  Null ones that vary in length have none,
 * whatever bytes the array keeps for them.
 */
#ifndef LIO_COLUMN_WRITE_COLLECT_H
#define LIO_COLUMN_WRITE_COLLECT_H

#include "column/write/growing.h"
#include "column/write/plain.h"

#include <lanceio/arrow.h>

struct lio_unified;

/* Initialise by lio_collect_init(); what is in it then is its own. */
struct lio_collect {
    const struct lio_type *type;
    uint64_t n;
    uint64_t nulls;
    struct lio_growing validity; /* bitmap; empty while there are no nulls */
    struct lio_growing values;
    struct lio_growing offsets; /* of type->bits; n + 1 if n > 0 */
    struct lio_growing data;
    uint32_t nchildren; /* 0 if the children have columns of their own */
    struct lio_collect *children;
    struct lio_plain *views;     /* of them, for lio_collect_view() */
    struct lio_unified *unified; /* of a DICTIONARY */
};

/* LIO_ENOMEM.  The type must be supported.  `packed`: the fields of a struct
 * are part of its values.  Memory comes from `pool`, which may be NULL. */
LIO_MUST_CHECK int lio_collect_init(struct lio_collect *collect,
                                    const struct lio_type *type, bool packed,
                                    struct lio_pool *pool);
void lio_collect_release(struct lio_collect *collect);

/* Expect as much as `before` has, which is of the same type. */
void lio_collect_expect(struct lio_collect *collect,
                        const struct lio_collect *before);

/* Append values `from` .. `from + n` of an array that lio_input_check() has
 * passed.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_collect_append(struct lio_collect *collect,
                                      const struct ArrowArray *array,
                                      uint64_t from, uint64_t n);

/* Append `n` nulls.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_collect_nulls(struct lio_collect *collect, uint64_t n);

/* How many items of the dictionary of an array are not among the distinct
 * values. */
uint64_t lio_collect_unknown(const struct lio_collect *collect,
                             const struct ArrowArray *array);

/* What has been collected; it lives as long as that is not touched. */
struct lio_plain lio_collect_view(struct lio_collect *collect);

#endif
