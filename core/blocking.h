/*
 * The layer over a backend that blocks: run() made to look asynchronous.
 *
 * With it everything above, filters included, sees one shape of backend only.
 * Operations wait in a list; executor threads take them from it, and so does
 * whoever reaps, so that a waiter never sleeps while it could work.  A single
 * read that is waited for at once therefore runs on the thread that wants it,
 * without a hand-off.
 */
#ifndef LIO_CORE_BLOCKING_H
#define LIO_CORE_BLOCKING_H

#include <lanceio/plugin.h>

#include "core/executor.h"

struct lio_blocking;

/*
 * Put a layer over `backend`, whose table `ops` has run().  Both, and the
 * executor, outlive the layer.
 */
int lio_blocking_open(const struct lio_backend_ops *ops, void *backend,
                      struct lio_executor *executor,
                      struct lio_blocking **ret_layer, struct lio_error *err);

/* The layer's queues are closed.  Accepts NULL. */
void lio_blocking_close(struct lio_blocking *layer);

/* Free the memory alone, the queues' too, for a forked child. */
void lio_blocking_abandon(struct lio_blocking *layer);

/* How to talk to a layer: asynchronous, with the layer as the backend, and
 * without open() and close(), which are the two above. */
const struct lio_backend_ops *lio_blocking_ops(void);

#endif
