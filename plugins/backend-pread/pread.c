/*
 * backend-pread: one blocking system call for an operation.
 *
 * The shortest correct backend, and the one to read first.  It keeps no state,
 * so there is no instance: what open() returns is never looked at.  Everything
 * else, threads included, is the core's.
 */
#include <lanceio/plugin.h>

#include "plugins/posix/posix_file.h"

#include <sys/uio.h>
#include <unistd.h>

_Static_assert(sizeof(struct lio_iovec) == sizeof(struct iovec) &&
                   offsetof(struct lio_iovec, base) ==
                       offsetof(struct iovec, iov_base) &&
                   offsetof(struct lio_iovec, len) ==
                       offsetof(struct iovec, iov_len),
               "segments go to the kernel as they are");

static int pread_open(const struct lio_backend_setup *setup LIO_UNUSED,
                      void **ret_backend, struct lio_error *err LIO_UNUSED)
{
    *ret_backend = NULL;
    return 0;
}

static void pread_close(void *backend LIO_UNUSED)
{
}

static int64_t pread_run(void *backend LIO_UNUSED, const struct lio_op *op)
{
    const struct lio_posix_file *file = op->handle;
    const struct iovec *iov = (const struct iovec *)op->iov;
    int niov = (int)op->niov;
    off_t at = (off_t)op->offset; /* too large is negative, hence EINVAL */
    int64_t n = -1;

    errno = EINVAL; /* of a kind that a later lanceio may know */
    switch (op->kind) {
    case LIO_OP_READ:
        n = niov == 1 ? pread(file->fd, iov->iov_base, iov->iov_len, at)
                      : preadv(file->fd, iov, niov, at);
        break;
    case LIO_OP_WRITE:
        n = niov == 1 ? pwrite(file->fd, iov->iov_base, iov->iov_len, at)
                      : pwritev(file->fd, iov, niov, at);
        break;
    case LIO_OP_SYNC:
        n = fdatasync(file->fd);
        break;
    }
    return n < 0 ? -errno : n;
}

static const struct lio_backend_ops pread_ops = {
    .open = pread_open,
    .close = pread_close,
    .file_open = lio_posix_file_open,
    .file_stat = lio_posix_file_stat,
    .file_close = lio_posix_file_close,
    .run = pread_run,
};

LIO_BACKEND_PLUGIN("backend-pread", "1.0.0",
                   "blocking reads and writes, one system call each", NULL, 0,
                   pread_ops)
