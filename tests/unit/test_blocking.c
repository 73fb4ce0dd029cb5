/*
 * A blocking backend behind the calls of an asynchronous one.
 */
#include "core/blocking.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define DEPTH 8u

/* The result is told from the operation; runs are counted by thread. */
struct backend {
    pthread_t self;
    _Atomic uint32_t here, elsewhere;
    uint32_t nopen;
};

static int64_t fake_run(void *arg, const struct lio_op *op)
{
    struct backend *backend = arg;

    if (pthread_equal(backend->self, pthread_self()))
        atomic_fetch_add(&backend->here, 1);
    else
        atomic_fetch_add(&backend->elsewhere, 1);
    return (int64_t)op->offset;
}

/* A handle is the backend itself; files are counted. */
static int fake_file_open(void *arg, const char *uri LIO_UNUSED, uint32_t flags,
                          void **ret_handle, struct lio_file_info *ret_info,
                          struct lio_error *err LIO_UNUSED)
{
    struct backend *backend = arg;

    backend->nopen++;
    *ret_handle = backend;
    *ret_info = (struct lio_file_info){ .size_bytes = flags };
    return 0;
}

static int fake_file_stat(void *arg, void *handle,
                          struct lio_file_info *ret_info,
                          struct lio_error *err LIO_UNUSED)
{
    assert_ptr_equal(arg, handle);
    *ret_info = (struct lio_file_info){ .size_bytes = 7 };
    return 0;
}

static void fake_file_close(void *arg, void *handle)
{
    struct backend *backend = arg;

    assert_ptr_equal(backend, handle);
    backend->nopen--;
}

static const struct lio_backend_ops fake_ops = {
    .file_open = fake_file_open,
    .file_stat = fake_file_stat,
    .file_close = fake_file_close,
    .run = fake_run,
};

struct fixture {
    struct backend backend;
    struct lio_backend_ops ops;
    struct lio_blocking *layer;
    struct lio_executor *executor;
    void *queue;
    struct lio_op op[DEPTH];
    struct lio_op *ptr[DEPTH];
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    *f = (struct fixture){ .backend.self = pthread_self(),
                           .ops = *lio_blocking_ops() };
    assert_int_equal(lio_executor_open(4, 16, &f->executor, NULL), 0);
    assert_int_equal(
        lio_blocking_open(&fake_ops, &f->backend, f->executor, &f->layer, NULL),
        0);
    assert_int_equal(f->ops.queue_open(f->layer, DEPTH, &f->queue, NULL), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        f->op[i].id = 100 + i;
        f->op[i].offset = 1000 + i;
        f->ptr[i] = &f->op[i];
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->ops.queue_close(f->queue);
    lio_blocking_close(f->layer);
    lio_executor_close(f->executor);
    return 0;
}

static void reap_all(struct fixture *f, uint32_t n, bool *seen)
{
    struct lio_completion done[DEPTH];
    uint32_t got = 0;

    while (got < n) {
        int k = f->ops.reap(f->queue, done, DEPTH, 1, -1);

        assert_true(k > 0);
        for (int i = 0; i < k; i++) {
            uint64_t at = done[i].id - 100;

            assert_true(at < DEPTH);
            assert_false(seen[at]); /* once each */
            seen[at] = true;
            if (done[i].result != -ECANCELED)
                assert_int_equal(done[i].result, 1000 + at);
        }
        got += (uint32_t)k;
    }
    assert_int_equal(got, n);
}

static void a_single_operation_runs_on_the_reaper(void **state)
{
    struct fixture *f = *state;
    bool seen[DEPTH] = { false };

    assert_int_equal(f->ops.submit(f->queue, f->ptr, 1), 1);
    reap_all(f, 1, seen);
    assert_int_equal(atomic_load(&f->backend.here), 1);
    assert_int_equal(atomic_load(&f->backend.elsewhere), 0);
}

static void a_batch_completes_each_once(void **state)
{
    struct fixture *f = *state;

    for (int round = 0; round < 500; round++) {
        bool seen[DEPTH] = { false };

        assert_int_equal(f->ops.submit(f->queue, f->ptr, DEPTH), DEPTH);
        if (round % 2)
            assert_int_equal(f->ops.flush(f->queue), 0);
        reap_all(f, DEPTH, seen);
    }
}

static void a_full_queue_takes_a_prefix(void **state)
{
    struct fixture *f = *state;
    bool seen[DEPTH] = { false };

    assert_int_equal(f->ops.submit(f->queue, f->ptr, DEPTH - 2), DEPTH - 2);
    assert_int_equal(f->ops.submit(f->queue, f->ptr + DEPTH - 2, 2), 2);
    assert_int_equal(f->ops.submit(f->queue, f->ptr, 1), 0);
    reap_all(f, DEPTH, seen);
}

static void what_waits_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    bool seen[DEPTH] = { false };

    /* Not flushed and not reaped: nothing has begun. */
    assert_int_equal(f->ops.submit(f->queue, f->ptr, 4), 4);
    assert_int_equal(f->ops.cancel(f->queue, 102), 0);
    assert_int_equal(f->ops.cancel(f->queue, 102), -ENOENT);
    assert_int_equal(f->ops.cancel(f->queue, 999), -ENOENT);
    reap_all(f, 4, seen);
    assert_int_equal(
        atomic_load(&f->backend.here) + atomic_load(&f->backend.elsewhere), 3);
}

static void a_wake_ends_the_next_wait(void **state)
{
    struct fixture *f = *state;
    struct lio_completion done[DEPTH];

    assert_int_equal(f->ops.wake(f->queue), 0);
    assert_int_equal(f->ops.reap(f->queue, done, DEPTH, 1, -1), 0);
}

static void a_wait_without_work_times_out(void **state)
{
    struct fixture *f = *state;
    struct lio_completion done[DEPTH];

    assert_int_equal(f->ops.reap(f->queue, done, DEPTH, 1, 0), 0);
    assert_int_equal(f->ops.reap(f->queue, done, DEPTH, 1, 1000000), 0);
}

static void files_are_the_backends_own(void **state)
{
    struct fixture *f = *state;
    struct lio_file_info info;
    void *handle = NULL;

    assert_int_equal(f->ops.file_open(f->layer, "x", 3, &handle, &info, NULL),
                     0);
    assert_ptr_equal(handle, &f->backend);
    assert_int_equal(info.size_bytes, 3);
    assert_int_equal(f->backend.nopen, 1);
    assert_int_equal(f->ops.file_stat(f->layer, handle, &info, NULL), 0);
    assert_int_equal(info.size_bytes, 7);
    f->ops.file_close(f->layer, handle);
    assert_int_equal(f->backend.nopen, 0);
}

/* As after a fork: the sanitizers tell what was left. */
static void abandoning_frees_the_queues_too(void **state)
{
    struct fixture *f = *state;
    struct lio_blocking *layer;
    void *queue;

    assert_int_equal(
        lio_blocking_open(&fake_ops, &f->backend, f->executor, &layer, NULL),
        0);
    assert_int_equal(f->ops.queue_open(layer, 1, &queue, NULL), 0);
    assert_int_equal(f->ops.queue_open(layer, 2, &queue, NULL), 0);
    lio_blocking_abandon(layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_single_operation_runs_on_the_reaper,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_completes_each_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_takes_a_prefix, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_waits_can_be_cancelled, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wake_ends_the_next_wait, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wait_without_work_times_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(files_are_the_backends_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(abandoning_frees_the_queues_too, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
