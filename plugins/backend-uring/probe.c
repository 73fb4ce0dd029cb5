/*
 * Proof by doing: a ring as the lanes will have it, the operations they use,
 * and a word that goes into a file in memory and comes back.  A kernel that
 * creates rings need not let anybody enter them.
 */
#include "probe.h"

#include "plugins/posix/posix_file.h"
#include "refusal.h"

#include <liburing.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0 /* built where nobody could have asked */
#endif

/* A generous time for something that does not leave memory. */
#define PATIENCE_NS INT64_C(10000000000)

/* Valgrind runs one thread at a time, and takes io_uring_enter() for a call
 * that does not wait: a reaper that sleeps in it stops the thread that would
 * end its sleep.  Nor does it know that the kernel writes to memory afterwards.
 */
static int check_tool(struct lio_error *err)
{
    if (!RUNNING_ON_VALGRIND)
        return 0;
    (void)lio_error_set(err, LIO_EUNSUPPORTED,
                        "io_uring does not work under Valgrind, which stops "
                        "all threads while one waits in io_uring_enter");
    err->os_errno = EDEADLK;
    return err->code;
}

static int check_features(const struct io_uring *ring, struct lio_error *err)
{
    /* NODROP is older; without it a CQE could be lost. */
    const uint32_t needed = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP;

    if ((ring->features & needed) == needed)
        return 0;
    (void)lio_error_set(
        err, LIO_EUNSUPPORTED,
        "this kernel's io_uring cannot wait with a timeout; it takes "
        "Linux 5.11 or later");
    err->os_errno = ENOSYS;
    return err->code;
}

static const char *missing_opcode(const struct io_uring_probe *probe)
{
    static const struct {
        int opcode;
        const char *name;
    } needed[] = {
        { IORING_OP_NOP, "NOP" },
        { IORING_OP_READ, "READ" },
        { IORING_OP_READV, "READV" },
        { IORING_OP_WRITE, "WRITE" },
        { IORING_OP_WRITEV, "WRITEV" },
        { IORING_OP_FSYNC, "FSYNC" },
        { IORING_OP_ASYNC_CANCEL, "ASYNC_CANCEL" },
    };

    for (uint32_t i = 0; i < LIO_COUNT(needed); i++)
        if (!io_uring_opcode_supported(probe, needed[i].opcode))
            return needed[i].name;
    return NULL;
}

static int check_opcodes(struct io_uring *ring, struct lio_error *err)
{
    struct io_uring_probe *probe =
        calloc(1, sizeof(*probe) + IORING_OP_LAST * sizeof(probe->ops[0]));
    const char *missing;
    int rc;

    if (!probe)
        return lio_error_set(err, LIO_ENOMEM, "no memory for an io_uring");
    rc = io_uring_register_probe(ring, probe, IORING_OP_LAST);
    missing = missing_opcode(probe);
    free(probe);
    if (rc < 0)
        return lio_uring_refusal(err, "io_uring_register", -rc);
    if (!missing)
        return 0;
    (void)lio_error_set(err, LIO_EUNSUPPORTED,
                        "this kernel's io_uring lacks the operation %s; it "
                        "takes Linux 5.11 or later",
                        missing);
    err->os_errno = ENOSYS;
    return err->code;
}

/* Do one operation; its result is the size of `word` or the probe has failed.
 */
static int transfer(void *queue, struct lio_posix_file *file, uint16_t kind,
                    uint64_t *word, struct lio_error *err)
{
    struct lio_iovec iov = { word, sizeof(*word) };
    struct lio_op op = { .handle = file,
                         .iov = &iov,
                         .niov = 1,
                         .kind = kind,
                         .length = sizeof(*word) };
    struct lio_op *ops[] = { &op };
    struct lio_completion done = { .result = -ETIMEDOUT };
    int rc;

    (void)uring_submit(queue, ops, 1);
    do
        rc = uring_reap(queue, &done, 1, 1, PATIENCE_NS);
    while (rc == -EINTR);
    if (rc < 0)
        return lio_uring_refusal(err, "io_uring_enter", -rc);
    if (done.result < 0)
        return lio_uring_refusal(err, "a trial of io_uring", (int)-done.result);
    if (done.result != sizeof(*word))
        return lio_uring_refusal(err, "a trial of io_uring", EIO);
    return 0;
}

static int check_transfer(void *queue, struct lio_error *err)
{
    struct lio_posix_file file = { .fd = memfd_create("lanceio", MFD_CLOEXEC) };
    uint64_t out = UINT64_C(0x6c616e6365696f21), in = 0;
    int rc;

    if (file.fd < 0)
        return lio_uring_refusal(err, "memfd_create", errno);
    rc = transfer(queue, &file, LIO_OP_WRITE, &out, err);
    if (rc == 0)
        rc = transfer(queue, &file, LIO_OP_READ, &in, err);
    if (rc == 0 && in != out)
        rc = lio_uring_refusal(err, "a trial of io_uring", EIO);
    (void)close(file.fd);
    return rc;
}

int lio_uring_probe(struct uring_backend *backend, uint32_t depth,
                    struct lio_error *err)
{
    void *queue;
    int rc = check_tool(err);

    if (rc < 0)
        return rc;
    rc = uring_queue_open(backend, depth, &queue, err);
    if (rc < 0)
        return rc;
    rc = check_features(lio_uring_queue_ring(queue), err);
    if (rc == 0)
        rc = check_opcodes(lio_uring_queue_ring(queue), err);
    if (rc == 0)
        rc = check_transfer(queue, err);
    uring_queue_close(queue);
    return rc;
}
