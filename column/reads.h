/*
 * Reads of a batch, put together one at a time.
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
void lio_reads_release(struct lio_reads *reads);

#endif
