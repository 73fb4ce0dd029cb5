/*
 * backend-uring: asynchronous reads and writes through Linux' io_uring.
 *
 * This file is the table and the parameters; queue.c is the ring, probe.c finds
 * out whether there is one, refusal.c says why not.
 */
#include "probe.h"
#include "queue.h"

#include "plugins/posix/posix_file.h"

#include <stdlib.h>

enum { ASYNC_THRESHOLD, IOWQ_WORKERS }; /* as in uring_params */

static const struct lio_param uring_params[] = {
    { .name = "async_threshold",
      .type = LIO_PARAM_SIZE,
      .preset = 128 * 1024,
      .help = "buffered reads this long go to kernel threads if more than 4 "
              "are in flight; 0 = none" },
    { .name = "iowq_workers",
      .type = LIO_PARAM_UINT,
      .max = 1024,
      .preset = 8,
      .help = "kernel threads that may copy or block for a submitting thread; "
              "0 = the kernel's choice" },
};

static int uring_open(const struct lio_backend_setup *setup, void **ret_backend,
                      struct lio_error *err)
{
    struct uring_backend *uring = malloc(sizeof(*uring));
    int rc;

    if (!uring)
        return lio_error_set(err, LIO_ENOMEM, "no memory for backend-uring");
    uring->async_bytes = setup->params[ASYNC_THRESHOLD].u;
    uring->iowq_workers = (uint32_t)setup->params[IOWQ_WORKERS].u;

    rc = lio_uring_probe(uring, setup->queue_depth, err);
    if (rc < 0) {
        free(uring);
        return rc;
    }
    *ret_backend = uring;
    return 0;
}

static const struct lio_backend_ops uring_ops = {
    .open = uring_open,
    .close = free,
    .file_open = lio_posix_file_open,
    .file_stat = lio_posix_file_stat,
    .file_close = lio_posix_file_close,
    .queue_open = uring_queue_open,
    .queue_close = uring_queue_close,
    .submit = uring_submit,
    .flush = uring_flush,
    .reap = uring_reap,
    .cancel = uring_cancel,
    .wake = uring_wake,
};

LIO_BACKEND_PLUGIN("backend-uring", "1.0.0",
                   "asynchronous reads and writes through io_uring",
                   uring_params, LIO_COUNT(uring_params), uring_ops)
