/*
 * The file that is written: through the engine, or with plain calls.
 *
 * Writes do not wait for each other: each says where it goes.  What fails stays
 * failed: the first error is kept, and all that comes later returns it.
 *
 * Threads: lio_output_write() any, one at a time; so the others.
 */
#ifndef LIO_COLUMN_WRITE_OUTPUT_H
#define LIO_COLUMN_WRITE_OUTPUT_H

#include "column/memory.h"

#include <lanceio/lanceio.h>

#include <stdbool.h>

struct lio_output;

/* Open a file that exists and is empty; `engine` may be NULL.  `direct`: what
 * fills whole blocks goes past the page cache, where the file system can. */
LIO_MUST_CHECK int lio_output_open(struct lio_engine *engine, const char *path,
                                   bool direct, struct lio_output **ret_output,
                                   struct lio_error *err);

/*
 * Write the first `bytes` of `mem`, of which a reference is taken over, at
 * `at`.  With an engine it is under way on return, without one done; an error
 * shows at lio_output_status().
 */
void lio_output_write(struct lio_output *output, struct lio_mem *mem,
                      uint64_t bytes, uint64_t at);

/* Take note of writes that are done; with `wait`, of one at least.  False if
 * none is under way, or its end will never be heard of: the engine was closed.
 */
bool lio_output_reap(struct lio_output *output, bool wait);

/* The first error of all so far, or 0. */
LIO_MUST_CHECK int lio_output_status(struct lio_output *output,
                                     struct lio_error *err);

/* Wait for all writes, which come to a file of `bytes`, and make it durable. */
LIO_MUST_CHECK int lio_output_end(struct lio_output *output, uint64_t bytes,
                                  struct lio_error *err);

/* Waits for what is under way.  Accepts NULL. */
void lio_output_close(struct lio_output *output);

#endif
