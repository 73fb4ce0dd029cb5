/*
 * Slices of one column on their way into a batch.
 */
#ifndef LIO_COLUMN_SLICES_H
#define LIO_COLUMN_SLICES_H

#include "column/vector.h"

struct lio_slices {
    struct lio_slice *all;
    uint32_t n;
    uint32_t room;
};

/* Room for one more, all zero: n counts it.  NULL without memory. */
struct lio_slice *lio_slices_add(struct lio_slices *slices);

void lio_slices_release(struct lio_slices *slices);

/* One vector of all, which must be some; LIO_ENOMEM or LIO_EINVAL as
 * lio_vector_join() says. */
LIO_MUST_CHECK int lio_slices_join(const struct lio_slices *slices,
                                   struct lio_vector *ret_vector);

#endif
