/*
 * Reads of a batch, put together one at a time, and done together.
 *
 *     reads     | 8 |  | 8 | 8 |     | 8 |            | 8 |
 *     done as   |-------------------------|            | 8 |
 *
 * A small read costs what some 10 KiB more of a large one do, and a device
 * reads 4 KiB whatever is wanted of them; so small ones that lie near each
 * other are one, and what was wanted is copied out of it.
 */
#ifndef LIO_COLUMN_READS_H
#define LIO_COLUMN_READS_H

#include "column/source.h"

struct lio_reads {
    struct lio_source_read *all;
    uint32_t n;
    uint32_t room;
};

/* Add one; it becomes part of the last if it continues that, in the file and in
 * memory.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_reads_add(struct lio_reads *reads,
                                 const struct lio_source_read *read);

/* Do them all, and wait for them. */
LIO_MUST_CHECK int lio_reads_run(const struct lio_reads *reads,
                                 struct lio_error *err);
void lio_reads_release(struct lio_reads *reads);

#endif
