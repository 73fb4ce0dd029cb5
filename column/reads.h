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

#include "column/memory.h"
#include "column/source.h"

struct lio_reads {
    struct lio_source_read *all;
    uint32_t n;
    uint32_t room;
    struct lio_source_batch *batch; /* under way */
    struct lio_mem *spans;          /* what is read as one */
};

/* Add one; it becomes part of the last if it continues that, in the file and in
 * memory.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_reads_add(struct lio_reads *reads,
                                 const struct lio_source_read *read);

/* Start them all. */
LIO_MUST_CHECK int lio_reads_start(struct lio_reads *reads,
                                   const struct lio_source_manner *manner,
                                   struct lio_error *err);

/* Wait for those that were started. */
LIO_MUST_CHECK int lio_reads_finish(struct lio_reads *reads,
                                    struct lio_error *err);

/* Start and finish. */
LIO_MUST_CHECK int lio_reads_run(struct lio_reads *reads,
                                 struct lio_error *err);

/* What is under way is given up. */
void lio_reads_release(struct lio_reads *reads);

#endif
