/*
 * A queue for backends that block: run() made to look asynchronous.
 *
 * With it everything above sees one shape of backend only.  Operations wait in
 * a list; executor threads take them from it, and so does whoever reaps, so
 * that a waiter never sleeps while it could work.  A single read that is waited
 * for at once therefore runs on the thread that wants it, without a hand-off.
 */
#ifndef LIO_CORE_BLOCKING_H
#define LIO_CORE_BLOCKING_H

#include <lanceio/plugin.h>

#include "core/executor.h"

/*
 * Fill in the queue half of `ops`, a copy of a blocking backend's table, so
 * that it can be used like an asynchronous one's.
 */
void lio_blocking_adapt(struct lio_backend_ops *ops);

/* queue_open() of an adapted backend: needs more than the vtable gives. */
int lio_blocking_queue_open(const struct lio_backend_ops *ops, void *backend,
                            struct lio_executor *executor, uint32_t depth,
                            void **ret_queue, struct lio_error *err);

/* Free the memory alone, for a forked child. */
void lio_blocking_queue_abandon(void *queue);

#endif
