/*
 * Crews: each step is done once, whoever does it, and the first that fails is
 * the one that is told of.  The executor is a thread for each task, or comes
 * when all is over.
 */
#include "column/crew.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NSTEPS    200
#define TASKS_MAX 256

/* -- an executor --------------------------------------------------------- */

static struct {
    void (*work)(void *);
    void *user;
    pthread_t thread;
} tasks[TASKS_MAX];
static unsigned ntasks;
static bool late; /* tasks are kept until run_tasks() */

static void *run_task(void *arg)
{
    unsigned *i = arg;

    tasks[*i].work(tasks[*i].user);
    return NULL;
}

int __wrap_lio_execute(struct lio_engine *engine, void (*work)(void *),
                       void *user);
int __wrap_lio_execute(struct lio_engine *engine, void (*work)(void *),
                       void *user)
{
    static unsigned numbers[TASKS_MAX];
    unsigned i = ntasks++;

    assert_non_null(engine);
    assert_true(i < TASKS_MAX);
    tasks[i].work = work;
    tasks[i].user = user;
    numbers[i] = i;
    if (!late)
        assert_int_equal(
            pthread_create(&tasks[i].thread, NULL, run_task, &numbers[i]), 0);
    return 0;
}

static void end_tasks(void)
{
    for (unsigned i = 0; i < ntasks; i++) {
        if (late)
            tasks[i].work(tasks[i].user);
        else
            assert_int_equal(pthread_join(tasks[i].thread, NULL), 0);
    }
    ntasks = 0;
}

static struct lio_engine *any_engine(void)
{
    static char engine;

    return (struct lio_engine *)(void *)&engine;
}

/* -- steps --------------------------------------------------------------- */

struct steps {
    atomic_int started[NSTEPS];
    atomic_int finished[NSTEPS];
    uint64_t fails_at_start; /* NSTEPS: none does */
    uint64_t fails_at_finish;
    char log[64]; /* of one thread */
};

static void note(struct steps *steps, char what, uint64_t step)
{
    size_t used = strlen(steps->log);

    (void)snprintf(steps->log + used, sizeof(steps->log) - used, "%c%d ", what,
                   (int)step);
}

static int fail_at(uint64_t step, uint64_t failing, struct lio_error *err)
{
    return step == failing
               ? lio_error_set(err, LIO_EIO, "step %d failed", (int)step)
               : 0;
}

static int start(void *user, uint64_t step, struct lio_error *err)
{
    struct steps *steps = user;

    atomic_fetch_add(&steps->started[step], 1);
    return fail_at(step, steps->fails_at_start, err);
}

static int finish(void *user, uint64_t step, struct lio_error *err)
{
    struct steps *steps = user;

    /* No asserts: those are for the test's own thread. */
    if (steps->started[step] != 1)
        return lio_error_set(err, LIO_EINVAL, "step %d was not started",
                             (int)step);
    atomic_fetch_add(&steps->finished[step], 1);
    return fail_at(step, steps->fails_at_finish, err);
}

static const struct lio_crew_ops ops = { start, finish };

static int start_and_note(void *user, uint64_t step, struct lio_error *err)
{
    note(user, '+', step);
    return start(user, step, err);
}

static int finish_and_note(void *user, uint64_t step, struct lio_error *err)
{
    note(user, '-', step);
    return finish(user, step, err);
}

static const struct lio_crew_ops noting = { start_and_note, finish_and_note };

static struct steps fresh(void)
{
    return (struct steps){ .fails_at_start = NSTEPS,
                           .fails_at_finish = NSTEPS };
}

static void all_are_done_once(const struct steps *steps, uint64_t n)
{
    for (uint64_t i = 0; i < NSTEPS; i++) {
        assert_int_equal(steps->started[i], i < n);
        assert_int_equal(steps->finished[i], i < n);
    }
}

/* -- tests --------------------------------------------------------------- */

static void one_thread_starts_the_next_step_before_it_finishes_one(void **state)
{
    struct steps steps = fresh();

    (void)state;
    assert_int_equal(lio_crew_run(NULL, &noting, &steps, 3, NULL), 0);
    assert_string_equal(steps.log, "+0 +1 -0 +2 -1 -2 ");
}

static void no_steps_are_done_at_once(void **state)
{
    struct steps steps = fresh();

    (void)state;
    assert_int_equal(lio_crew_run(NULL, &ops, &steps, 0, NULL), 0);
    all_are_done_once(&steps, 0);
}

static void steps_are_done_once_by_several_threads(void **state)
{
    struct steps steps = fresh();

    (void)state;
    assert_int_equal(lio_crew_run(any_engine(), &ops, &steps, NSTEPS, NULL), 0);
    all_are_done_once(&steps, NSTEPS);
    end_tasks();
}

static void workers_that_come_late_find_nothing_to_do(void **state)
{
    struct steps steps = fresh();

    (void)state;
    late = true;
    assert_int_equal(lio_crew_run(any_engine(), &ops, &steps, NSTEPS, NULL), 0);
    all_are_done_once(&steps, NSTEPS);
    memset(&steps, 0, sizeof(steps)); /* which they do not touch */
    end_tasks();
    all_are_done_once(&steps, 0);
    late = false;
}

/* What was started before it is finished, and nothing after it started. */
static void step_that_fails_ends_it(void **state)
{
    struct steps steps = fresh();
    struct lio_error err;

    (void)state;
    steps.fails_at_start = 2;
    assert_int_equal(lio_crew_run(NULL, &noting, &steps, 9, &err), LIO_EIO);
    assert_string_equal(steps.log, "+0 +1 -0 +2 -1 ");
    assert_string_equal(err.msg, "step 2 failed");
    steps = fresh();
    steps.fails_at_finish = 1;
    assert_int_equal(lio_crew_run(NULL, &noting, &steps, 9, NULL), LIO_EIO);
    assert_string_equal(steps.log, "+0 +1 -0 +2 -1 -2 ");
}

static void first_step_that_fails_is_told_of(void **state)
{
    struct lio_error err;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct steps steps = fresh();

        steps.fails_at_finish = 50; /* found out about after the other */
        steps.fails_at_start = 51;
        assert_int_equal(lio_crew_run(any_engine(), &ops, &steps, NSTEPS, &err),
                         LIO_EIO);
        assert_string_equal(err.msg, "step 50 failed");
        for (uint64_t k = 0; k <= 50; k++)
            assert_int_equal(steps.finished[k], 1);
        for (uint64_t k = 51; k < NSTEPS; k++)
            assert_int_equal(steps.finished[k],
                             k != 51 && steps.started[k] == 1);
        end_tasks();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            one_thread_starts_the_next_step_before_it_finishes_one),
        cmocka_unit_test(no_steps_are_done_at_once),
        cmocka_unit_test(steps_are_done_once_by_several_threads),
        cmocka_unit_test(workers_that_come_late_find_nothing_to_do),
        cmocka_unit_test(step_that_fails_ends_it),
        cmocka_unit_test(first_step_that_fails_is_told_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
