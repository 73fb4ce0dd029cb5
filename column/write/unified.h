/*
 * The dictionaries of many arrays as one: each value once.
 */
#ifndef LIO_COLUMN_WRITE_UNIFIED_H
#define LIO_COLUMN_WRITE_UNIFIED_H

#include "column/write/collect.h"

#define LIO_NOT_UNIFIED UINT64_MAX

/* All zero is empty. */
struct lio_unified {
    uint64_t *table; /* number of a value + 1, or 0; `room` of them */
    uint64_t room;   /* a power of two, or 0 */
};

void lio_unified_release(struct lio_unified *unified);

/* The number of value `at` of an array, which is not null, among those that
 * `values` has collected, or LIO_NOT_UNIFIED. */
uint64_t lio_unified_find(const struct lio_unified *unified,
                          const struct lio_collect *values,
                          const struct ArrowArray *array, uint64_t at);

/* The same, appended if it is not there.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_unified_add(struct lio_unified *unified,
                                   struct lio_collect *values,
                                   const struct ArrowArray *array, uint64_t at,
                                   uint64_t *ret_number);

#endif
