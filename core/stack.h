/*
 * The stack: a backend, and what the configuration puts in front of it.
 *
 *     lanes, file pool
 *           │  ops, backend: the outermost layer
 *           ▼
 *     filter-trace ─► filter-throttle ─► [blocking] ─► backend-pread
 *      layers[2]        layers[1]                       layers[0]
 *
 * The layer over a blocking backend is the core's own (core/blocking.h); with
 * it every filter has an asynchronous one behind it.  Layers are opened from
 * the inside out and closed the other way.
 */
#ifndef LIO_CORE_STACK_H
#define LIO_CORE_STACK_H

#include "core/blocking.h"
#include "core/config.h"

/* An instance of a plugin. */
struct lio_layer {
    const struct lio_loaded *plugin;
    union lio_value *values; /* of its parameters */
    void *instance;
};

struct lio_stack {
    const struct lio_backend_ops *ops; /* what the engine talks to, */
    void *backend;                     /* and its instance */

    struct lio_layer *layers; /* the backend, then the filters inside out */
    uint32_t nlayers;         /* 0: not open */
    struct lio_blocking *blocking; /* NULL if the backend is asynchronous */
};

/* What a stack is made for. */
struct lio_stack_setup {
    const struct lio_config *config;
    const struct lio_loaded *backend;
    struct lio_executor *executor; /* runs a backend that blocks */
    uint32_t nlanes, queue_depth;
};

/* Open `setup->backend` and the filters of [backend] filters. */
int lio_stack_open(const struct lio_stack_setup *setup,
                   struct lio_stack *ret_stack, struct lio_error *err);

/* All handles and queues are closed.  Accepts a stack that is not open. */
void lio_stack_close(struct lio_stack *stack);

/* Free the memory alone, for a forked child. */
void lio_stack_abandon(struct lio_stack *stack);

#endif
