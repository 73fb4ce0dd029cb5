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

struct fixture {
    struct backend backend;
    struct lio_backend_ops ops;
    struct lio_executor *executor;
    void *queue;
    struct lio_op op[DEPTH];
    struct lio_op *ptr[DEPTH];
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    *f =
        (struct fixture){ .backend.self = pthread_self(), .ops.run = fake_run };
    lio_blocking_adapt(&f->ops);
    assert_int_equal(lio_executor_open(4, 16, &f->executor, NULL), 0);
    assert_int_equal(lio_blocking_queue_open(&f->ops, &f->backend, f->executor,
                                             DEPTH, &f->queue, NULL),
                     0);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
