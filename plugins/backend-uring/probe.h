/*
 * Does io_uring work here?
 */
#ifndef LIO_URING_PROBE_H
#define LIO_URING_PROBE_H

#include "queue.h"

/* Write and read a few bytes through a ring of `depth`.  Returns 0, or
 * LIO_EUNSUPPORTED with the reason. */
int lio_uring_probe(struct uring_backend *backend, uint32_t depth,
                    struct lio_error *err);

#endif
