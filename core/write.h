/*
 * Writes and syncs: from a caller's request to operations.
 */
#ifndef LIO_CORE_WRITE_H
#define LIO_CORE_WRITE_H

#include "core/batch.h"

/* Plan a request of kind WRITE or SYNC (state NEW) into batch->planned. */
void lio_write_plan(struct lio_io *request, struct lio_batch *batch);

#endif
