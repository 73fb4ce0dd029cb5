/*
 * backend-gate, backend-gate-blocking: a device that does what a test says.
 *
 * One source, two plugins: the asynchronous shape and, with GATE_BLOCKING, the
 * blocking one.  Operations are done with pread() and friends on real files,
 * but only once they have passed the gate (gate.h).  Both watch the core: calls
 * that may not overlap, ids that repeat, queues that overflow, handles closed
 * while in use.
 *
 * The state is of the file, against the rule for plugins: the test reaches the
 * gate from outside of the engine.  One lock guards all of it.
 */
#include <lanceio/plugin.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gate.h"

#define MAX_HELD   8192u
#define PATIENCE_S 60

struct gate_file {
    int fd;
    uint32_t in_use; /* operations at the gate */
};

struct gate_queue {
    uint32_t depth;
    uint32_t in_flight; /* submitted, not reaped */
    uint32_t nstaged;
    uint32_t ndone;
    bool woken;
    atomic_flag submitting; /* submit, flush, cancel, wake */
    atomic_flag reaping;
    const struct lio_op **staged; /* `depth` of them */
    struct lio_completion *done;  /* `depth` of them, in order */
    pthread_cond_t changed;
};

struct held {
    const struct lio_op *op;
    struct gate_queue *queue; /* NULL: run() waits until op is NULL */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t held_changed = PTHREAD_COND_INITIALIZER;
static struct held held[MAX_HELD]; /* oldest first */
static uint32_t nheld;
static bool is_shut;
static bool uncancellable;
static uint32_t nspoiled;
static int spoiled_errno;
static uint32_t nchoked;
static bool is_stalled;
static pthread_cond_t stalled_changed = PTHREAD_COND_INITIALIZER;
static struct gate_counts counts;

static void violation(const char *what)
{
    if (counts.violations++ == 0)
        counts.violation = what;
}

/* -- operations ---------------------------------------------------------- */

static int64_t move(const struct lio_op *op, uint64_t limit)
{
    const struct gate_file *file = op->handle;
    int64_t total = 0;

    for (uint32_t i = 0; i < op->niov && limit > 0; i++) {
        size_t len = op->iov[i].len < limit ? op->iov[i].len : (size_t)limit;
        off_t at = (off_t)(op->offset + (uint64_t)total);
        ssize_t n = op->kind == LIO_OP_READ
                        ? pread(file->fd, op->iov[i].base, len, at)
                        : pwrite(file->fd, op->iov[i].base, len, at);

        if (n < 0)
            return -errno;
        total += n;
        limit -= (uint64_t)n;
        if ((size_t)n < len)
            break;
    }
    return total;
}

/* What becomes of an operation that passes the gate now. */
static int64_t pass(const struct lio_op *op)
{
    const struct gate_file *file = op->handle;
    uint64_t limit = op->length;

    if (nspoiled > 0) {
        nspoiled--;
        if (spoiled_errno != 0)
            return -spoiled_errno;
        limit = (limit + 1) / 2;
    }
    if (op->kind == LIO_OP_SYNC)
        return fdatasync(file->fd) < 0 ? -errno : 0;
    return move(op, limit);
}

static void check_op(const struct lio_op *op)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < op->niov; i++)
        sum += op->iov[i].len;
    if (sum != op->length)
        violation("length is not the sum of the iovecs");
    if (op->niov > LIO_IOV_MAX)
        violation("too many iovecs");
    if (op->kind < LIO_OP_READ || op->kind > LIO_OP_SYNC)
        violation("unknown kind of operation");
    for (uint32_t i = 0; i < nheld; i++)
        if (held[i].op->id == op->id)
            violation("an id is in flight twice");
}

static void arrive(const struct lio_op *op)
{
    struct gate_file *file = op->handle;

    check_op(op);
    counts.operations++;
    file->in_use++;
}

static void complete(struct gate_queue *queue, const struct lio_op *op,
                     int64_t result)
{
    struct gate_file *file = op->handle;

    file->in_use--;
    queue->done[queue->ndone++] =
        (struct lio_completion){ .id = op->id, .result = result };
    pthread_cond_broadcast(&queue->changed);
}

static void hold(const struct lio_op *op, struct gate_queue *queue)
{
    if (nheld == MAX_HELD) {
        violation("more operations than the gate can hold");
        return;
    }
    held[nheld++] = (struct held){ .op = op, .queue = queue };
    if (nheld > counts.most_held)
        counts.most_held = nheld;
    pthread_cond_broadcast(&held_changed);
}

static struct held take(uint32_t index)
{
    struct held one = held[index];

    for (nheld--; index < nheld; index++)
        held[index] = held[index + 1];
    return one;
}

/* A run() that waits sees that its operation is not held any more. */
static void let_through(uint32_t index)
{
    struct held one = take(index);

    if (one.queue)
        complete(one.queue, one.op, pass(one.op));
    pthread_cond_broadcast(&held_changed);
}

/* -- control ------------------------------------------------------------- */

static void control_reset(void)
{
    pthread_mutex_lock(&lock);
    if (nheld > 0)
        violation("reset with operations held");
    is_shut = false;
    uncancellable = false;
    nspoiled = 0;
    nchoked = 0;
    is_stalled = false;
    counts = (struct gate_counts){ 0 };
    pthread_mutex_unlock(&lock);
}

static void control_shut(void)
{
    pthread_mutex_lock(&lock);
    is_shut = true;
    pthread_mutex_unlock(&lock);
}

static void control_open(void)
{
    pthread_mutex_lock(&lock);
    is_shut = false;
    while (nheld > 0)
        let_through(0);
    pthread_mutex_unlock(&lock);
}

static bool control_await_held(uint32_t n)
{
    struct timespec until;
    bool there;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&lock);
    while (nheld < n && rc == 0)
        rc = pthread_cond_timedwait(&held_changed, &lock, &until);
    there = nheld >= n;
    pthread_mutex_unlock(&lock);
    return there;
}

static uint32_t control_held(void)
{
    uint32_t n;

    pthread_mutex_lock(&lock);
    n = nheld;
    pthread_mutex_unlock(&lock);
    return n;
}

static void control_release(uint32_t index)
{
    pthread_mutex_lock(&lock);
    if (index < nheld)
        let_through(index);
    pthread_mutex_unlock(&lock);
}

static void control_spoil(uint32_t n, int os_errno)
{
    pthread_mutex_lock(&lock);
    nspoiled = n;
    spoiled_errno = os_errno;
    pthread_mutex_unlock(&lock);
}

static void control_choke(uint32_t n)
{
    pthread_mutex_lock(&lock);
    nchoked = n;
    pthread_mutex_unlock(&lock);
}

static void control_stall(bool yes)
{
    pthread_mutex_lock(&lock);
    is_stalled = yes;
    pthread_cond_broadcast(&stalled_changed);
    pthread_mutex_unlock(&lock);
}

static void control_cancellable(bool yes)
{
    pthread_mutex_lock(&lock);
    uncancellable = !yes;
    pthread_mutex_unlock(&lock);
}

static struct gate_counts control_counts(void)
{
    struct gate_counts copy;

    pthread_mutex_lock(&lock);
    copy = counts;
    pthread_mutex_unlock(&lock);
    return copy;
}

static const struct gate_control control = {
    .reset = control_reset,
    .shut = control_shut,
    .open = control_open,
    .await_held = control_await_held,
    .held = control_held,
    .release = control_release,
    .spoil = control_spoil,
    .choke = control_choke,
    .stall = control_stall,
    .cancellable = control_cancellable,
    .counts = control_counts,
};

LIO_PLUGIN_EXPORT const struct gate_control *gate_control(void);
const struct gate_control *gate_control(void)
{
    return &control;
}

/* -- files --------------------------------------------------------------- */

static int gate_open(const struct lio_backend_setup *setup, void **ret_backend,
                     struct lio_error *err)
{
    (void)setup;
    (void)err;
    *ret_backend = &lock; /* there is only one gate */
    return 0;
}

static void gate_close(void *backend)
{
    (void)backend;
}

static int open_flags(uint32_t flags)
{
    bool reads = flags & LIO_OPEN_READ, writes = flags & LIO_OPEN_WRITE;

    return (reads && writes ? O_RDWR
            : writes        ? O_WRONLY
                            : O_RDONLY) |
           (flags & LIO_OPEN_CREATE ? O_CREAT : 0) |
           (flags & LIO_OPEN_TRUNCATE ? O_TRUNC : 0) | O_CLOEXEC;
}

static int gate_file_stat(void *backend, void *handle,
                          struct lio_file_info *ret_info, struct lio_error *err)
{
    const struct gate_file *file = handle;
    struct stat st;

    (void)backend;
    if (fstat(file->fd, &st) < 0) {
        int os_errno = errno;

        lio_error_set(err, lio_code_of_errno(os_errno), "fstat failed");
        err->os_errno = os_errno;
        return err->code;
    }
    *ret_info = (struct lio_file_info){
        .size_bytes = (uint64_t)st.st_size,
        .dev = st.st_dev,
        .ino = st.st_ino,
        .mtime_ns =
            st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec,
        .ctime_ns =
            st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec,
        .offset_align = 1,
        .memory_align = 1,
    };
    return 0;
}

static int gate_file_open(void *backend, const char *uri, uint32_t flags,
                          void **ret_handle, struct lio_file_info *ret_info,
                          struct lio_error *err)
{
    struct gate_file *file = calloc(1, sizeof(*file));

    if (!file)
        return lio_error_set(err, LIO_ENOMEM, "no memory to open %s", uri);
    file->fd = open(uri, open_flags(flags), 0666);
    if (file->fd < 0) {
        int os_errno = errno;

        free(file);
        lio_error_set(err, lio_code_of_errno(os_errno), "cannot open %s", uri);
        err->os_errno = os_errno;
        return err->code;
    }
    pthread_mutex_lock(&lock);
    counts.file_opens++;
    pthread_mutex_unlock(&lock);
    *ret_handle = file;
    return gate_file_stat(backend, file, ret_info, err);
}

static void gate_file_close(void *backend, void *handle)
{
    struct gate_file *file = handle;

    (void)backend;
    pthread_mutex_lock(&lock);
    counts.file_closes++;
    if (file->in_use > 0)
        violation("a handle is closed while it is in use");
    pthread_mutex_unlock(&lock);
    (void)close(file->fd); /* nothing of value: the test syncs what it needs */
    free(file);
}

#ifdef GATE_BLOCKING

static bool is_held(const struct lio_op *op)
{
    for (uint32_t i = 0; i < nheld; i++)
        if (held[i].op == op)
            return true;
    return false;
}

static int64_t gate_run(void *backend, const struct lio_op *op)
{
    struct gate_file *file = op->handle;
    int64_t result;

    (void)backend;
    pthread_mutex_lock(&lock);
    arrive(op);
    if (is_shut)
        hold(op, NULL);
    while (is_held(op))
        pthread_cond_wait(&held_changed, &lock);
    result = pass(op);
    file->in_use--;
    pthread_mutex_unlock(&lock);
    return result;
}

static const struct lio_backend_ops gate_ops = {
    .open = gate_open,
    .close = gate_close,
    .file_open = gate_file_open,
    .file_stat = gate_file_stat,
    .file_close = gate_file_close,
    .run = gate_run,
};

LIO_BACKEND_PLUGIN("backend-gate-blocking", "1", "blocks until a test lets go",
                   NULL, 0, gate_ops)

#else

/* -- queues -------------------------------------------------------------- */

static void gate_queue_close(void *queue)
{
    struct gate_queue *q = queue;

    pthread_mutex_lock(&lock);
    if (q->in_flight > 0)
        violation("a queue is closed with operations in flight");
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&q->changed);
    free(q->staged);
    free(q->done);
    free(q);
}

static int gate_queue_open(void *backend, uint32_t depth, void **ret_queue,
                           struct lio_error *err)
{
    struct gate_queue *q = calloc(1, sizeof(*q));
    pthread_condattr_t attr;

    (void)backend;
    if (q) {
        q->depth = depth;
        q->staged = calloc(depth, sizeof(struct lio_op *));
        q->done = calloc(depth, sizeof(*q->done));
    }
    if (!q || !q->staged || !q->done) {
        if (q) {
            free(q->staged);
            free(q->done);
        }
        free(q);
        return lio_error_set(err, LIO_ENOMEM, "no memory for a queue");
    }
    atomic_flag_clear(&q->submitting);
    atomic_flag_clear(&q->reaping);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attr);
    pthread_condattr_destroy(&attr);
    *ret_queue = q;
    return 0;
}

/* Lock for a call that may not overlap others guarded by `flag`. */
static void enter(atomic_flag *flag, const char *what)
{
    bool overlaps = atomic_flag_test_and_set(flag);

    pthread_mutex_lock(&lock);
    if (overlaps)
        violation(what);
}

static void leave(atomic_flag *flag)
{
    pthread_mutex_unlock(&lock);
    atomic_flag_clear(flag);
}

static uint32_t gate_submit(void *queue, struct lio_op *const *ops,
                            uint32_t nops)
{
    struct gate_queue *q = queue;
    uint32_t n = 0;

    enter(&q->submitting, "submit overlaps a call on its queue");
    for (; n < nops && q->in_flight < q->depth; n++) {
        arrive(ops[n]);
        q->staged[q->nstaged++] = ops[n];
        q->in_flight++;
    }
    leave(&q->submitting);
    return n;
}

static void send_staged(struct gate_queue *q)
{
    for (uint32_t i = 0; i < q->nstaged; i++) {
        if (is_shut)
            hold(q->staged[i], q);
        else
            complete(q, q->staged[i], pass(q->staged[i]));
    }
    q->nstaged = 0;
}

static int gate_flush(void *queue)
{
    struct gate_queue *q = queue;
    int rc = 0;

    enter(&q->submitting, "flush overlaps a call on its queue");
    counts.stalled++;
    while (is_stalled && q->nstaged > 0)
        pthread_cond_wait(&stalled_changed, &lock);
    counts.stalled--;
    if (q->nstaged > 0 && nchoked > 0) {
        nchoked--;
        rc = -EBUSY;
    } else {
        send_staged(q);
    }
    leave(&q->submitting);
    return rc;
}

/* Sleep until `min` are done, a wake or the end of time; under the lock. */
static void sleep_in_queue(struct gate_queue *q, uint32_t min,
                           int64_t timeout_ns)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ns >= 0) {
        timeout_ns += until.tv_nsec;
        until.tv_sec += timeout_ns / 1000000000;
        until.tv_nsec = timeout_ns % 1000000000;
    }
    counts.asleep++;
    while (q->ndone < min && !q->woken && rc == 0)
        rc = timeout_ns < 0
                 ? pthread_cond_wait(&q->changed, &lock)
                 : pthread_cond_timedwait(&q->changed, &lock, &until);
    counts.asleep--;
}

static int gate_reap(void *queue, struct lio_completion *out, uint32_t max,
                     uint32_t min, int64_t timeout_ns)
{
    struct gate_queue *q = queue;
    uint32_t n;

    enter(&q->reaping, "reap overlaps reap");
    send_staged(q);
    if (min > max)
        violation("reap for more than there is room for");
    if (timeout_ns != 0 && max > 0)
        sleep_in_queue(q, min, timeout_ns);
    if (max > 0)
        q->woken = false;

    n = q->ndone < max ? q->ndone : max;
    for (uint32_t i = 0; i < n; i++)
        out[i] = q->done[i];
    q->ndone -= n;
    q->in_flight -= n;
    for (uint32_t i = 0; i < q->ndone; i++)
        q->done[i] = q->done[i + n];
    leave(&q->reaping);
    return (int)n;
}

static int gate_cancel(void *queue, uint64_t id)
{
    struct gate_queue *q = queue;
    int rc = -ENOENT;

    enter(&q->submitting, "cancel overlaps a call on its queue");
    counts.cancels++;
    for (uint32_t i = 0; i < nheld && rc == -ENOENT; i++) {
        if (held[i].queue != q || held[i].op->id != id)
            continue;
        rc = uncancellable ? -EALREADY : 0;
        if (rc == 0) {
            struct held one = take(i);

            complete(q, one.op, -ECANCELED);
        }
    }
    leave(&q->submitting);
    return rc;
}

static int gate_wake(void *queue)
{
    struct gate_queue *q = queue;

    enter(&q->submitting, "wake overlaps a call on its queue");
    q->woken = true;
    pthread_cond_broadcast(&q->changed);
    leave(&q->submitting);
    return 0;
}

static const struct lio_backend_ops gate_ops = {
    .open = gate_open,
    .close = gate_close,
    .file_open = gate_file_open,
    .file_stat = gate_file_stat,
    .file_close = gate_file_close,
    .queue_open = gate_queue_open,
    .queue_close = gate_queue_close,
    .submit = gate_submit,
    .flush = gate_flush,
    .reap = gate_reap,
    .cancel = gate_cancel,
    .wake = gate_wake,
};

LIO_BACKEND_PLUGIN("backend-gate", "1", "completes what a test lets through",
                   NULL, 0, gate_ops)

#endif
