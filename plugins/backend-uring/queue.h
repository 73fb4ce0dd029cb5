/*
 * One ring: the queue that a lane of the core drives.
 */
#ifndef LIO_URING_QUEUE_H
#define LIO_URING_QUEUE_H

#include <lanceio/plugin.h>

struct io_uring;

/* The instance: what the parameters say. */
struct uring_backend {
    uint64_t async_bytes;  /* buffered reads from this length on may go to a
                              kernel thread; 0 = none does */
    uint32_t iowq_workers; /* kernel threads at most; 0 = the kernel's choice */
};

/* The queue callbacks of struct lio_backend_ops. */
int uring_queue_open(void *backend, uint32_t depth, void **ret_queue,
                     struct lio_error *err);
void uring_queue_close(void *queue);
uint32_t uring_submit(void *queue, struct lio_op *const *ops, uint32_t nops);
int uring_flush(void *queue);
int uring_reap(void *queue, struct lio_completion *out, uint32_t max,
               uint32_t min, int64_t timeout_ns);
int uring_cancel(void *queue, uint64_t id);
int uring_wake(void *queue);

struct io_uring *lio_uring_queue_ring(void *queue);

#endif
