/*
 * The executor: everything offered is done once, by it or by the caller.
 */
#include "core/executor.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define NTASKS 5000

static void count(void *user)
{
    atomic_fetch_add((_Atomic uint32_t *)user, 1);
}

static void close_finishes_what_is_queued(void **state)
{
    _Atomic uint32_t done = 0;
    struct lio_executor *ex;

    (void)state;
    assert_int_equal(lio_executor_open(3, 64, &ex, NULL), 0);
    for (int i = 0; i < NTASKS; i++)
        if (!lio_executor_offer(ex, count, &done))
            count(&done);
    lio_executor_close(ex);
    assert_int_equal(atomic_load(&done), NTASKS);
}

/* A worker that is kept busy until the test lets it go. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside;
    int open;
};

static void wait_at_gate(void *user)
{
    struct gate *gate = user;

    pthread_mutex_lock(&gate->lock);
    gate->inside++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void a_full_queue_refuses(void **state)
{
    struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0,
                         0 };
    _Atomic uint32_t done = 0;
    struct lio_executor *ex;

    (void)state;
    assert_int_equal(lio_executor_open(1, 2, &ex, NULL), 0);
    assert_true(lio_executor_offer(ex, wait_at_gate, &gate));
    pthread_mutex_lock(&gate.lock);
    while (!gate.inside)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);

    /* The only worker is busy: two wait, the third has no room. */
    assert_true(lio_executor_offer(ex, count, &done));
    assert_true(lio_executor_offer(ex, count, &done));
    assert_false(lio_executor_offer(ex, count, &done));

    pthread_mutex_lock(&gate.lock);
    gate.open = 1;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    lio_executor_close(ex);
    assert_int_equal(atomic_load(&done), 2);
}

static void workers_run_side_by_side(void **state)
{
    struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0,
                         0 };
    struct lio_executor *ex;

    (void)state;
    assert_int_equal(lio_executor_open(4, 8, &ex, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_true(lio_executor_offer(ex, wait_at_gate, &gate));
    pthread_mutex_lock(&gate.lock);
    while (gate.inside < 4) /* hangs if they ran one after the other */
        pthread_cond_wait(&gate.changed, &gate.lock);
    gate.open = 1;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    lio_executor_close(ex);
}

struct offering {
    struct lio_executor *executor;
    _Atomic uint32_t *done;
};

static void *offer_many(void *arg)
{
    struct offering *offering = arg;

    for (int i = 0; i < NTASKS; i++)
        if (!lio_executor_offer(offering->executor, count, offering->done))
            count(offering->done);
    return NULL;
}

static void threads_may_offer_at_once(void **state)
{
    _Atomic uint32_t done = 0;
    struct offering offering = { NULL, &done };
    pthread_t threads[4];

    (void)state;
    assert_int_equal(lio_executor_open(2, 16, &offering.executor, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, offer_many, &offering), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    lio_executor_close(offering.executor);
    assert_int_equal(atomic_load(&done), 4 * NTASKS);
}

static void an_idle_executor_closes(void **state)
{
    struct lio_executor *ex;

    (void)state;
    assert_int_equal(lio_executor_open(2, 16, &ex, NULL), 0);
    lio_executor_close(ex);
    lio_executor_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_finishes_what_is_queued),
        cmocka_unit_test(a_full_queue_refuses),
        cmocka_unit_test(workers_run_side_by_side),
        cmocka_unit_test(threads_may_offer_at_once),
        cmocka_unit_test(an_idle_executor_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
