/*
 * Reads: from a caller's request to operations, and back.
 */
#ifndef LIO_CORE_READ_H
#define LIO_CORE_READ_H

#include "core/batch.h"

/*
 * Plan a request of kind READ (state NEW): copy what the cache holds, join what
 * is being loaded, and put the operations that are needed, if any, into
 * `batch->planned`.  Afterwards the request may be finished already.
 */
void lio_read_plan(struct lio_io *request, struct lio_batch *batch);

struct lio_read_ahead_limits {
    uint64_t op_bytes; /* of one operation */
    uint64_t bytes;    /* of all; the block that reaches it is the last */
    uint32_t nops;
};

/*
 * Load what the cache lacks of `range`, rounded to sectors and clipped to the
 * file, as operations of their own in `batch->planned`.  What the limits do not
 * allow is left in `range`.  Returns the bytes that will be loaded.
 */
uint64_t lio_read_ahead(struct lio_file *file, struct lio_lane *lane,
                        struct lio_range *range,
                        const struct lio_read_ahead_limits *limits,
                        struct lio_batch *batch, uint32_t *ret_nops);

/* A read that was its own operation is over: what of its range there is. */
void lio_read_itself_ended(struct lio_io *request);

/* A part that read something is over: publish, copy, wake who joined it. */
void lio_read_part_ended(struct lio_io *part, struct lio_batch *batch);

/* If a fill that the request had joined failed, read it all past the cache: on
 * its own authority, once.  True if it is under way again. */
bool lio_read_again(struct lio_io *request, struct lio_batch *batch);

/* How many bytes there are, and whether that is enough. */
void lio_read_finish(struct lio_io *request);

#endif
