/*
 * The engine against pread(2) and pwrite(2).
 *
 *     random operations ──┬──► engine ──► faults ──► file-1, file-2
 *                         └──► pread, pwrite ──────► file-101, file-102
 *
 * What a read delivers must be what the copy holds; what fails must carry an
 * error that was injected; and at the end both files must be alike.  Operations
 * that touch the same bytes, of which one is a write, are never under way
 * together: what they do is nobody's promise.
 *
 * A seed decides on settings, operations and faults.  A failure prints it, and
 * LIO_SEED=<seed> replays it.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/seed.h"
#include "support/sanitizer.h"
#include "watchdog.h"

#define NFILES     2u
#define FILE_BYTES (600 * KIB + 123u)
#define FILE_MOST  (900 * KIB) /* as far as writes may extend it */
#define OP_MOST    (160 * KIB)
#define UNDER_WAY  48u
#define BATCH      12u
#define NOPS       (LIO_TEST_SLOW ? 600u : 3000u)
#define NSEEDS     (LIO_TEST_SLOW ? 3u : 8u)
#define SECONDS    240u
#define COPY       100u /* number of a file's copy, less the file's */

struct op {
    struct lio_request request;
    uint64_t id;
    uint32_t which; /* file */
    bool busy;
    bool stopped;
};

struct diff {
    struct fixture *f;
    uint64_t seed;  /* as printed */
    uint64_t state; /* of the generator */
    struct lio_cq *queue;
    struct lio_file *files[NFILES];
    int real[NFILES], copy[NFILES];
    int poison[NFILES]; /* errno of the sync that failed, or 0 */
    struct op ops[UNDER_WAY];
};

static uint64_t draw(struct diff *d, uint64_t n)
{
    return lio_test_random(&d->state) % n;
}

static void wrong(const struct diff *d, const struct lio_result *r,
                  const char *what)
{
    fail_msg("LIO_SEED=%llu: %s: kind %u, %llu bytes at %llu of %s: code %d, "
             "errno %d, %llu bytes",
             (unsigned long long)d->seed, what, r->kind,
             (unsigned long long)r->length, (unsigned long long)r->offset,
             lio_file_name(r->file), r->code, r->os_errno,
             (unsigned long long)r->bytes);
}

/* -- the oracle ----------------------------------------------------------- */

static uint64_t size_of(int fd)
{
    struct stat info;

    assert_int_equal(fstat(fd, &info), 0);
    return (uint64_t)info.st_size;
}

static void check_read_result(struct diff *d, const struct op *op,
                              const struct lio_result *r)
{
    char *want = grab(r->length);
    ssize_t n = pread(d->copy[op->which], want, r->length, (off_t)r->offset);
    uint64_t at = 0;
    bool same = n >= 0 && r->bytes == (uint64_t)n;

    if (same && !r->view) {
        same = memcmp(op->request.buf, want, r->bytes) == 0;
    } else if (same) {
        for (uint32_t i = 0; same && i < r->view->nsegments; i++) {
            const struct lio_segment *s = &r->view->segments[i];

            same = s->len <= r->bytes - at &&
                   memcmp(s->base, want + at, s->len) == 0;
            at += s->len;
        }
        same = same && at == r->bytes;
    }
    if (!same)
        wrong(d, r, "not what pread reads");
    lio_view_put(r->view);
    free(want);
}

static void check_write_result(struct diff *d, const struct op *op,
                               const struct lio_result *r)
{
    if (r->bytes != r->length ||
        pwrite(d->copy[op->which], op->request.buf, r->length,
               (off_t)r->offset) != (ssize_t)r->length)
        wrong(d, r, "the write is short");
}

/* A write that failed has written any of its bytes, and no others: take them
 * over. */
static void adopt(struct diff *d, const struct op *op,
                  const struct lio_result *r)
{
    char *now = grab(r->length), *old = grab(r->length);
    int real = d->real[op->which], copy = d->copy[op->which];
    ssize_t n = pread(real, now, r->length, (off_t)r->offset);
    ssize_t before = pread(copy, old, r->length, (off_t)r->offset);
    const char *meant = op->request.buf;

    for (ssize_t i = 0; i < n; i++)
        if (now[i] != meant[i] && now[i] != (i < before ? old[i] : 0))
            wrong(d, r, "a failed write left bytes of neither");
    if (n > 0 && pwrite(copy, now, (size_t)n, (off_t)r->offset) != n)
        wrong(d, r, "the copy cannot be written");
    free(old);
    free(now);
}

/* Injected, and for this kind of operation. */
static bool injected(struct diff *d, const struct op *op,
                     const struct lio_result *r)
{
    int e = r->os_errno;

    if (r->code == LIO_ECANCELED)
        return op->stopped;
    if (r->code != lio_code_of_errno(e))
        return false;
    if (r->kind == LIO_REQUEST_READ)
        return e == EIO || e == EREMOTEIO;
    if (r->kind == LIO_REQUEST_WRITE)
        return e == ENOSPC || e == EIO;
    if (d->poison[op->which] && d->poison[op->which] != e)
        return false;
    d->poison[op->which] = e;
    return e == EDQUOT;
}

static void check_result(struct diff *d, struct op *op,
                         const struct lio_result *r)
{
    if (r->code && !injected(d, op, r))
        wrong(d, r, "an error that nobody injected");
    if (r->code && r->kind == LIO_REQUEST_WRITE)
        adopt(d, op, r);
    if (r->code)
        return;
    if (r->kind == LIO_REQUEST_READ)
        check_read_result(d, op, r);
    else if (r->kind == LIO_REQUEST_WRITE)
        check_write_result(d, op, r);
    else if (d->poison[op->which])
        wrong(d, r, "a sync is believed after one has failed");
}

/* -- taking results ------------------------------------------------------- */

static void end(struct diff *d, struct op *op, const struct lio_result *r)
{
    check_result(d, op, r);
    drop_at(op->request.buf);
    op->busy = false;
}

static void collect(struct diff *d, struct op *op)
{
    struct lio_result r;

    if (!op->request.queue) {
        r = wait_for(d->f, op->id);
        end(d, op, &r);
        return;
    }
    while (op->busy) {
        assert_int_equal(lio_cq_wait(d->queue, &r, 1, 1, PATIENCE_NS), 1);
        end(d, r.user, &r);
    }
}

/* Only reads: what became of a dropped write would be unknown. */
static void drop(struct diff *d, struct op *op)
{
    assert_int_equal(lio_drop(d->f->engine, op->id), 0);
    drop_at(op->request.buf);
    op->busy = false;
}

static void get_rid_of(struct diff *d, struct op *op)
{
    uint64_t how = draw(d, 16);

    if (!op->busy)
        return;
    if (how == 0 && op->request.kind == LIO_REQUEST_READ &&
        !op->request.queue) {
        drop(d, op);
        return;
    }
    if (how == 1) {
        op->stopped = true;
        (void)lio_cancel(d->f->engine, op->id); /* stale if it is done */
    }
    collect(d, op);
}

static void collect_all(struct diff *d)
{
    for (uint32_t i = 0; i < UNDER_WAY; i++)
        get_rid_of(d, &d->ops[i]);
}

/* -- operations ----------------------------------------------------------- */

static bool conflict(struct diff *d, const struct op *a, const struct op *b)
{
    const struct lio_request *x = &a->request, *y = &b->request;
    uint64_t size = size_of(d->copy[a->which]);

    if (!b->busy || a == b || a->which != b->which ||
        (x->kind == LIO_REQUEST_READ && y->kind == LIO_REQUEST_READ))
        return false;
    /* One that fails decides about those after it. */
    if (x->kind == LIO_REQUEST_SYNC && y->kind == LIO_REQUEST_SYNC)
        return true;
    /* What extends the file changes what reads past its end see. */
    return (x->offset < y->offset + y->length &&
            y->offset < x->offset + x->length) ||
           x->offset + x->length > size || y->offset + y->length > size;
}

static void random_op(struct diff *d, struct op *op)
{
    static const uint32_t flags[] = { LIO_VIEW, LIO_NOCACHE, LIO_STAGE };
    struct lio_request *request = &op->request;
    uint64_t kind = draw(d, 100);

    op->which = (uint32_t)draw(d, NFILES);
    op->stopped = false;
    *request = (struct lio_request){
        .file = d->files[op->which],
        .offset = draw(d, FILE_MOST - OP_MOST),
        .length = draw(d, draw(d, 3) ? 6000 : OP_MOST),
        .io_class = (uint32_t)draw(d, LIO_CLASS_BACKGROUND + 1),
        .priority = (int32_t)draw(d, 8) - 4,
        .queue = draw(d, 3) ? NULL : d->queue,
        .user = op,
    };
    if (draw(d, 4) == 0) { /* on sectors, as O_DIRECT likes it */
        request->offset &= ~4095ull;
        request->length &= ~(size_t)4095;
    }
    request->buf =
        grab_at(request->length, draw(d, 3) ? request->offset : draw(d, 4096));
    if (kind < 70) {
        for (uint32_t i = 0; i < 3; i++)
            request->flags |= draw(d, 5) ? 0 : flags[i];
        return;
    }
    request->kind = kind < 98 ? LIO_REQUEST_WRITE : LIO_REQUEST_SYNC;
    lio_test_fill(request->buf, request->length, (uint32_t)draw(d, 1000) + 500,
                  0);
}

/* Does the newest operation conflict with one that goes along with it? */
static bool clash_in_batch(struct diff *d, uint32_t first, uint32_t made)
{
    for (uint32_t i = 0; i < made; i++) {
        struct op peer = d->ops[(first + i) % UNDER_WAY];

        peer.busy = true; /* soon */
        if (conflict(d, &d->ops[(first + made) % UNDER_WAY], &peer))
            return true;
    }
    return false;
}

static void submit_batch(struct diff *d, uint32_t first, uint32_t n)
{
    struct lio_request requests[BATCH];
    uint64_t ids[BATCH];
    uint32_t made = 0;

    for (; made < n; made++) {
        struct op *op = &d->ops[(first + made) % UNDER_WAY];
        bool clash = false;

        get_rid_of(d, op);
        random_op(d, op);
        for (uint32_t i = 0; i < UNDER_WAY; i++)
            clash |= conflict(d, op, &d->ops[i]);
        if (clash_in_batch(d, first, made)) {
            drop_at(op->request.buf);
            break;
        }
        if (clash)
            collect_all(d);
        requests[made] = op->request;
    }
    submit_all(d->f, requests, made, ids);
    for (uint32_t i = 0; i < made; i++) {
        struct op *op = &d->ops[(first + i) % UNDER_WAY];

        op->id = ids[i];
        op->busy = true;
    }
}

/* -- a run ---------------------------------------------------------------- */

static const char *const faults[] = {
    "filter-fault.rules=any:rate=0.05:reorder=2; any:rate=0.03:delay=100us;"
    "any:rate=0.01:late=1ms; any:rate=0.02:duplicate",
    "filter-fault.rules2=read:rate=0.02:errno=EREMOTEIO;"
    "read:rate=0.03:errno=EIO; read:rate=0.03:errno=EINTR;"
    "read:rate=0.03:short=1000",
    "filter-fault.rules3=write:rate=0.03:errno=ENOSPC;"
    "write:rate=0.02:errno=EIO; write:rate=0.04:short=777;"
    "write:rate=0.02:errno=EAGAIN; sync:rate=0.1:errno=EDQUOT",
};

static struct fixture *open_engine(uint64_t seed)
{
    static const char *const budgets[] = { "engine.in_flight=1",
                                           "engine.in_flight=0",
                                           "engine.in_flight=64K" };
    char filter_seed[48];
    const char *overrides[] = {
        budgets[seed % 3],
        seed / 3 % 2 ? "engine.queue_depth=16" : "engine.queue_depth=2",
        seed % 2 ? "coalesce.plugin=coalesce-tiered" : "coalesce.plugin=none",
        "engine.lanes=1",
        "engine.max_op_size=64K",
        "cache.size=512K",
        "backend.filters=filter-fault",
        filter_seed,
        faults[0],
        faults[1],
        faults[2],
        NULL,
    };

    (void)snprintf(filter_seed, sizeof(filter_seed), "filter-fault.seed=%llu",
                   (unsigned long long)(seed & INT64_MAX));
    return fixture_open(overrides);
}

static int open_plain(struct fixture *f, uint32_t number)
{
    int fd = open(fixture_path(f, number), O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void start(struct diff *d, uint64_t seed)
{
    char *bytes = grab(FILE_BYTES);

    memset(d, 0, sizeof(*d));
    d->seed = seed;
    d->state = lio_test_mix(seed);
    d->f = open_engine(seed);
    d->f->duplicates = true;
    assert_int_equal(lio_cq_open(d->f->engine, &d->queue, NULL), 0);
    for (uint32_t i = 0; i < NFILES; i++) {
        fixture_make(d->f, i + 1, FILE_BYTES);
        d->real[i] = open_plain(d->f, i + 1);
        d->files[i] = fixture_file(
            d->f, i + 1, LIO_READ | LIO_WRITE | (i == 1 ? LIO_DIRECT : 0));
        fixture_make(d->f, i + 1 + COPY, 0);
        d->copy[i] = open_plain(d->f, i + 1 + COPY);
        lio_test_fill(bytes, FILE_BYTES, i + 1, 0);
        assert_int_equal(pwrite(d->copy[i], bytes, FILE_BYTES, 0), FILE_BYTES);
    }
    free(bytes);
}

/* Byte for byte. */
static void compare_files(struct diff *d, uint32_t i)
{
    uint64_t size = size_of(d->real[i]);
    char *real = grab(size), *copy = grab(size);

    if (size != size_of(d->copy[i]) ||
        pread(d->real[i], real, size, 0) != (ssize_t)size ||
        pread(d->copy[i], copy, size, 0) != (ssize_t)size ||
        memcmp(real, copy, size))
        fail_msg("LIO_SEED=%llu: file %u and its copy differ",
                 (unsigned long long)d->seed, i + 1);
    free(copy);
    free(real);
}

static void finish(struct diff *d)
{
    for (uint32_t i = 0; i < NFILES; i++) {
        lio_file_close(d->files[i]);
        compare_files(d, i);
        assert_int_equal(close(d->real[i]), 0);
        assert_int_equal(close(d->copy[i]), 0);
    }
    lio_cq_close(d->queue);
    assert_int_equal(fixture_stats(d->f).memory_bytes, 0);
    assert_true(fixture_stats(d->f).stale_completions > 0);
    fixture_release(d->f);
}

static void run_seed(uint64_t seed)
{
    struct diff *d = grab(sizeof(*d));
    struct watchdog *dog;
    char what[64];

    (void)snprintf(what, sizeof(what), "LIO_SEED=%llu",
                   (unsigned long long)seed);
    start(d, seed);
    dog = watchdog_start(d->f->engine, SECONDS, what);
    for (uint32_t done = 0; done < NOPS;) {
        uint32_t n = 1 + (uint32_t)draw(d, BATCH);

        submit_batch(d, done % UNDER_WAY, n);
        done += n;
    }
    collect_all(d);
    watchdog_stop(dog);
    finish(d);
    free(d);
}

static void does_what_pread_and_pwrite_do(void **state)
{
    uint64_t seed;

    (void)state;
    if (seed_given(&seed)) {
        run_seed(seed);
        return;
    }
    for (seed = 1; seed <= NSEEDS; seed++)
        run_seed(seed);
    /* Once: a read from the middle of a sector at which the file now ended was
     * said to have 2^64 - 1832 bytes. */
    run_seed(81180733504558u);
    /* A short read past the size that was known, after a write that had failed
     * had extended the file, was taken for its end. */
    run_seed(3101);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_pread_and_pwrite_do),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
