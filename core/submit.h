/*
 * The way in, for those parts of the core that make requests themselves.
 */
#ifndef LIO_CORE_SUBMIT_H
#define LIO_CORE_SUBMIT_H

#include "core/batch.h"

/* lio_submit() without running callbacks: the caller ends the batch. */
int lio_submit_batch(struct lio_engine *engine,
                     const struct lio_request *requests, uint32_t n,
                     uint64_t *ret_ids, struct lio_batch *batch,
                     struct lio_error *err);

#endif
