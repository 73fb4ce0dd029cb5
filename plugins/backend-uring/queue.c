/*
 * One ring, driven by two sides at once.
 *
 *     submit, flush, cancel, wake                 reap
 *     one at a time, under the lane's lock        one at a time
 *
 *       tail ──► SQ ring ──► kernel ──► CQ ring ──► head
 *         published by submit      one CQE for each SQE
 *
 * A side writes only its own end; what they must know of each other goes
 * through atomics.  Both may be inside io_uring_enter(2) at once: the kernel
 * takes SQEs in order under a lock of its own, and asking it for more than
 * there are is harmless.  Nothing is lost that way: whoever stages also flushes
 * or reaps afterwards, and then sees all that the other has not taken.
 *
 * The rings cannot overflow.  Whatever may be in flight is counted, and both
 * rings have room for all of it:
 *
 *     entries = depth operations + cancels_max + 1 wake-up
 *
 * so no call here looks for a free SQE, and none has to handle a lost CQE.
 *
 * liburing's own submit and wait functions are not used: they touch both ends.
 * Why the ring is made without flags, and why a reap waits for one CQE at a
 * time: docs/design/0005-two-sides-of-a-ring.md.
 */
#include "queue.h"

#include "common/clock.h"
#include "plugins/posix/posix_file.h"
#include "refusal.h"

#include <assert.h>
#include <liburing.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CACHE_LINE_BYTES 64

/* What the kernel allows is 32768 entries, twice the depth. */
#define DEPTH_MAX   16384u
#define ENTRIES_MIN 4u

/* A copy by a kernel thread pays off only while others run beside it. */
#define ASYNC_MIN_IN_FLIGHT 4u

/* User data of our own SQEs, out of the ids that the core does not use. */
#define TAG_CANCEL UINT64_MAX
#define TAG_WAKE   (UINT64_MAX - 1)

/* An offset the kernel is sure to refuse: it would take UINT64_MAX for "the
 * present position". */
#define OFFSET_INVALID ((uint64_t)1 << 63)

#define OPCODE_INVALID UINT8_MAX

struct uring_queue {
    /* Set by open, then only read. */
    uint32_t depth;
    uint32_t cancels_max; /* in flight */
    uint64_t async_bytes;
    struct io_uring ring;

    /* The submitting side's. */
    alignas(CACHE_LINE_BYTES) uint32_t tail; /* next SQE; runs freely */
    uint32_t taken;                          /* operations, ever */
    uint32_t cancels;                        /* asked for, ever */

    /* The reaping side's; the submitting side reads the atomics. */
    alignas(CACHE_LINE_BYTES) uint32_t head; /* next CQE; runs freely */
    _Atomic uint32_t returned;               /* operations, ever */
    _Atomic uint32_t cancels_answered;       /* ever */
    _Atomic bool wake_pending; /* set by wake(), cleared when its CQE is seen */
};

struct io_uring *lio_uring_queue_ring(void *queue)
{
    struct uring_queue *q = queue;

    return &q->ring;
}

/* -- life ----------------------------------------------------------------- */

static uint32_t entries_for(uint32_t depth)
{
    uint32_t entries = ENTRIES_MIN;

    while (entries < 2 * depth)
        entries *= 2;
    return entries;
}

/* SQEs are used in the order of the ring, so the kernel's table of indices is
 * written once. */
static void number_entries(struct io_uring_sq *sq)
{
    for (uint32_t i = 0; i < sq->ring_entries; i++)
        sq->array[i] = i;
}

static void cap_workers(struct io_uring *ring, uint32_t workers)
{
    unsigned int bounded_unbounded[2] = { workers, 0 };

    /* Kernels before 5.15 cannot, and choose as if it were 0. */
    (void)io_uring_register_iowq_max_workers(ring, bounded_unbounded);
}

int uring_queue_open(void *backend, uint32_t depth, void **ret_queue,
                     struct lio_error *err)
{
    const struct uring_backend *uring = backend;
    struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE };
    struct uring_queue *q;
    int rc;

    if (depth == 0 || depth > DEPTH_MAX)
        return lio_error_set(err, LIO_ECONFIG,
                             "io_uring takes queues of 1 to %u operations, "
                             "not %u",
                             DEPTH_MAX, depth);
    q = aligned_alloc(alignof(struct uring_queue), sizeof(*q));
    if (!q)
        return lio_error_set(err, LIO_ENOMEM, "no memory for an io_uring");
    memset(q, 0, sizeof(*q));

    params.cq_entries = entries_for(depth);
    rc = io_uring_queue_init_params(params.cq_entries, &q->ring, &params);
    if (rc < 0) {
        free(q);
        return lio_uring_refusal(err, "io_uring_setup", -rc);
    }
    q->depth = depth;
    q->cancels_max = q->ring.sq.ring_entries - depth - 1;
    q->async_bytes = uring->async_bytes;
    number_entries(&q->ring.sq);
    if (uring->iowq_workers > 0)
        cap_workers(&q->ring, uring->iowq_workers);
    /* A child that strays into the ring crashes instead of disturbing us. */
    (void)io_uring_ring_dontfork(&q->ring);
    *ret_queue = q;
    return 0;
}

void uring_queue_close(void *queue)
{
    struct uring_queue *q = queue;

    io_uring_queue_exit(&q->ring);
    free(q);
}

/* -- the submitting side -------------------------------------------------- */

static struct io_uring_sqe *next_sqe(struct uring_queue *q)
{
    return &q->ring.sq.sqes[q->tail++ & (q->ring.sq.ring_entries - 1)];
}

static void publish(struct uring_queue *q)
{
    io_uring_smp_store_release(q->ring.sq.ktail, q->tail);
}

/* What is published and not taken by the kernel.  Reading the head first can
 * only make it too much, which does no harm; the other way it could be -1. */
static uint32_t unsent(const struct uring_queue *q)
{
    uint32_t head = io_uring_smp_load_acquire(q->ring.sq.khead);

    return io_uring_smp_load_acquire(q->ring.sq.ktail) - head;
}

static uint8_t opcode_of(const struct lio_op *op, bool single)
{
    switch (op->kind) {
    case LIO_OP_READ:
        return single ? IORING_OP_READ : IORING_OP_READV;
    case LIO_OP_WRITE:
        return single ? IORING_OP_WRITE : IORING_OP_WRITEV;
    default: /* of a kind that a later lanceio may know */
        return OPCODE_INVALID;
    }
}

static bool worth_a_thread(const struct uring_queue *q, const struct lio_op *op,
                           uint32_t in_flight)
{
    const struct lio_posix_file *file = op->handle;

    return q->async_bytes > 0 && op->kind == LIO_OP_READ && !file->direct &&
           op->length >= q->async_bytes && in_flight > ASYNC_MIN_IN_FLIGHT;
}

static void stage(struct uring_queue *q, const struct lio_op *op,
                  uint32_t in_flight)
{
    const struct lio_posix_file *file = op->handle;
    struct io_uring_sqe *sqe = next_sqe(q);

    if (op->kind == LIO_OP_SYNC) {
        io_uring_prep_fsync(sqe, file->fd, IORING_FSYNC_DATASYNC);
    } else {
        bool single = op->niov == 1 && op->iov[0].len <= UINT32_MAX;
        const void *memory = single ? op->iov[0].base : op->iov;
        uint32_t len = single ? (uint32_t)op->iov[0].len : op->niov;
        uint64_t at = op->offset > INT64_MAX ? OFFSET_INVALID : op->offset;

        io_uring_prep_rw(opcode_of(op, single), sqe, file->fd, memory, len, at);
        if (worth_a_thread(q, op, in_flight))
            sqe->flags |= IOSQE_ASYNC;
    }
    io_uring_sqe_set_data64(sqe, op->id);
}

uint32_t uring_submit(void *queue, struct lio_op *const *ops, uint32_t nops)
{
    struct uring_queue *q = queue;
    uint32_t returned =
        atomic_load_explicit(&q->returned, memory_order_acquire);
    uint32_t in_flight = q->taken - returned;
    uint32_t room = q->depth - in_flight;
    uint32_t n = nops < room ? nops : room;

    assert(in_flight <= q->depth);
    for (uint32_t i = 0; i < n; i++)
        stage(q, ops[i], in_flight + i + 1);
    q->taken += n;
    publish(q);
    return n;
}

int uring_flush(void *queue)
{
    const struct uring_queue *q = queue;
    uint32_t staged;
    int rc;

    /* Again if only a part was taken: then there was a bad one among them. */
    while ((staged = unsent(q)) > 0) {
        rc = io_uring_enter((unsigned int)q->ring.ring_fd, staged, 0, 0, NULL);
        if (rc < 0 && rc != -EINTR)
            return rc;
    }
    return 0;
}

int uring_cancel(void *queue, uint64_t id)
{
    struct uring_queue *q = queue;
    uint32_t answered =
        atomic_load_explicit(&q->cancels_answered, memory_order_acquire);
    struct io_uring_sqe *sqe;

    if (q->cancels - answered >= q->cancels_max)
        return -EBUSY;
    sqe = next_sqe(q);
    io_uring_prep_cancel64(sqe, id, 0);
    io_uring_sqe_set_data64(sqe, TAG_CANCEL);
    q->cancels++;
    publish(q);
    return uring_flush(q);
}

/*
 * One NOP is enough for any number of callers: while it is pending, a reap that
 * waits or the next one is going to see it.  Who reads `true` here comes before
 * the exchange in collect(), so the woken reaper sees what the caller did.
 */
int uring_wake(void *queue)
{
    struct uring_queue *q = queue;
    struct io_uring_sqe *sqe;

    if (!atomic_exchange_explicit(&q->wake_pending, true,
                                  memory_order_acq_rel)) {
        sqe = next_sqe(q);
        io_uring_prep_nop(sqe);
        io_uring_sqe_set_data64(sqe, TAG_WAKE);
        publish(q);
    }
    return uring_flush(q);
}

/* -- the reaping side ----------------------------------------------------- */

static bool cq_empty(const struct uring_queue *q)
{
    return io_uring_smp_load_acquire(q->ring.cq.ktail) == q->head;
}

/* Only the reaping side writes these, so a plain addition will do. */
static void advance(_Atomic uint32_t *count, uint32_t by)
{
    uint32_t now = atomic_load_explicit(count, memory_order_relaxed);

    atomic_store_explicit(count, now + by, memory_order_release);
}

/* Move up to `max` results to `out` and swallow the CQEs that are ours.
 * Returns how many results; *woken is set if a wake-up was among them. */
static uint32_t collect(struct uring_queue *q, struct lio_completion *out,
                        uint32_t max, bool *woken)
{
    const struct io_uring_cq *cq = &q->ring.cq;
    uint32_t tail = io_uring_smp_load_acquire(cq->ktail);
    uint32_t head = q->head, n = 0, cancels = 0, wakes = 0;

    if (head == tail)
        return 0;
    for (; head != tail; head++) {
        const struct io_uring_cqe *cqe =
            &cq->cqes[head & (cq->ring_entries - 1)];

        if (cqe->user_data == TAG_CANCEL)
            cancels++;
        else if (cqe->user_data == TAG_WAKE)
            wakes++;
        else if (n < max)
            out[n++] = (struct lio_completion){ cqe->user_data, cqe->res };
        else
            break;
    }
    /* What the submitter wrote has reached us by way of the kernel; this pairs
     * with its publish(), for the language and its checkers. */
    (void)io_uring_smp_load_acquire(q->ring.sq.ktail);

    /* The head goes first: where the counts say that there is room, the ring
     * must have it. */
    q->head = head;
    io_uring_smp_store_release(q->ring.cq.khead, head);
    advance(&q->returned, n);
    advance(&q->cancels_answered, cancels);
    if (wakes > 0) {
        (void)atomic_exchange_explicit(&q->wake_pending, false,
                                       memory_order_acq_rel);
        *woken = true;
    }
    return n;
}

/* Every SQE taken leaves one CQE. */
static bool kernel_is_busy(const struct uring_queue *q)
{
    return io_uring_smp_load_acquire(q->ring.sq.khead) != q->head;
}

/* Submit, and sleep until there is one CQE or `left_ns` has passed. */
static int enter_waiting(const struct uring_queue *q, uint32_t staged,
                         int64_t left_ns)
{
    unsigned int fd = (unsigned int)q->ring.ring_fd;
    struct io_uring_getevents_arg arg = { 0 };
    struct __kernel_timespec limit;

    if (left_ns < 0)
        return io_uring_enter(fd, staged, 1, IORING_ENTER_GETEVENTS, NULL);
    limit.tv_sec = left_ns / (int64_t)LIO_NS_PER_SEC;
    limit.tv_nsec = left_ns % (int64_t)LIO_NS_PER_SEC;
    arg.ts = (uintptr_t)&limit;
    return io_uring_enter2(fd, staged, 1,
                           IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
                           (sigset_t *)&arg, sizeof(arg));
}

static int enter(const struct uring_queue *q, uint32_t staged, bool wait,
                 int64_t left_ns)
{
    int rc;

    if (staged == 0 && !wait)
        return 0;
    if (!wait)
        return io_uring_enter((unsigned int)q->ring.ring_fd, staged, 0, 0,
                              NULL);
    rc = enter_waiting(q, staged, left_ns);
    /* No memory to take more: something has to finish first. */
    if ((rc == -EAGAIN || rc == -EBUSY) && kernel_is_busy(q))
        rc = enter_waiting(q, 0, left_ns);
    return rc;
}

/* Waits for one CQE at a time, never for `min`: a wake-up is one CQE, and would
 * not reach a reaper that waits for more. */
int uring_reap(void *queue, struct lio_completion *out, uint32_t max,
               uint32_t min, int64_t timeout_ns)
{
    struct uring_queue *q = queue;
    uint64_t deadline = lio_deadline_after(timeout_ns);
    int64_t left_ns = timeout_ns;
    uint32_t n = 0, staged;
    bool woken = false, wait;
    int rc;

    if (min > max)
        min = max;
    for (;;) {
        staged = unsent(q);
        wait = n < min && !woken && left_ns != 0 && cq_empty(q);
        rc = enter(q, staged, wait, left_ns);
        n += collect(q, out + n, max - n, &woken);

        if (rc > 0 && (uint32_t)rc < staged)
            continue; /* there was a bad one among them: send the rest */
        if (rc < 0 || n >= min || woken)
            break;
        left_ns = lio_deadline_left(deadline);
        if (left_ns == 0)
            break;
    }
    return n > 0 || rc >= 0 || rc == -ETIME ? (int)n : rc;
}
