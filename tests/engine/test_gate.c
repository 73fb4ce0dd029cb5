/*
 * The engine over a device that obeys the test (tests/plugins/gate.h): states
 * that a real device passes through too fast to be met on purpose.
 *
 * Nothing here waits for time to pass.  A test waits until the device holds so
 * many operations, or until a counter of the engine says that somebody has
 * come so far, and then lets go.
 */
#include "fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/plugins/gate.h"

#define FILE_BYTES (4 * MIB)
#define DEPTH      4u
#define MANY       20u
#define PIECE      3000u

/* Of the program, set once by main(). */
static const struct gate_control *gate;

static bool blocking(void)
{
    return strcmp(fixture_backend(), "backend-gate-blocking") == 0;
}

/* One lane with room for DEPTH operations, DEPTH workers; file 1 is open, and
 * nothing of it is in the cache. */
struct gated {
    struct fixture *f;
    struct lio_file *file;
    char *memory;                      /* MANY pieces */
    struct lio_request requests[MANY]; /* of sectors far from each other */
    uint64_t ids[MANY];
};

static struct gated *gated(void **state)
{
    return *state;
}

static int gated_setup(void **state)
{
    static const char *const small[] = { "engine.lanes=1",
                                         "engine.queue_depth=4",
                                         "engine.workers=4", NULL };
    struct gated *g = grab(sizeof(*g));

    gate->reset();
    g->f = fixture_open(small);
    fixture_make(g->f, 1, FILE_BYTES);
    g->file = fixture_file(g->f, 1, LIO_READ | LIO_WRITE);
    g->memory = grab((size_t)MANY * PIECE);
    for (uint32_t i = 0; i < MANY; i++)
        g->requests[i] = read_request(g->file, g->memory + (size_t)i * PIECE,
                                      PIECE, (uint64_t)i * 3 * 65536 + 100);
    *state = g;
    return 0;
}

static int gated_teardown(void **state)
{
    struct gated *g = gated(state);
    struct gate_counts counts;

    gate->open();
    lio_file_close(g->file);
    free(g->memory);
    fixture_release(g->f);
    free(g);

    counts = gate->counts();
    if (counts.violations > 0)
        fail_msg("the core broke the contract of backends: %s",
                 counts.violation);
    assert_int_equal(counts.file_opens, counts.file_closes);
    return 0;
}

/* A read that is its own operation.  What is read into the cache is read to its
 * end, because others may have joined it. */
static void pass_the_cache(struct gated *g)
{
    for (uint32_t i = 0; i < MANY; i++)
        g->requests[i].flags |= LIO_NOCACHE;
}

/* -- a thread that waits ------------------------------------------------- */

/* Results are judged by the test's own thread: cmocka knows no other. */
struct waiter {
    pthread_t thread;
    struct gated *g;
    uint64_t id;
    int rc;
    struct lio_result result;
    _Atomic bool back;
};

static void *waiter_run(void *arg)
{
    struct waiter *w = arg;

    w->rc = lio_wait(w->g->f->engine, w->id, PATIENCE_NS, &w->result);
    atomic_store(&w->back, true);
    return NULL;
}

static void waiter_start(struct waiter *w, struct gated *g, uint64_t id)
{
    *w = (struct waiter){ .g = g, .id = id };
    assert_int_equal(pthread_create(&w->thread, NULL, waiter_run, w), 0);
}

/* It comes back with a complete and correct read. */
static void waiter_join(struct waiter *w)
{
    assert_int_equal(pthread_join(w->thread, NULL), 0);
    assert_int_equal(w->rc, 0);
    assert_int_equal(w->result.id, w->id);
    assert_int_equal(w->result.code, 0);
    assert_int_equal(w->result.bytes, PIECE);
    check_bytes(w->result.user, PIECE, 1, w->result.offset);
}

/* -- waiting ------------------------------------------------------------- */

static void a_wait_times_out_and_may_be_repeated(void **state)
{
    struct gated *g = gated(state);
    struct lio_engine *engine = g->f->engine;
    struct lio_result result;

    gate->shut();
    submit_all(g->f, g->requests, 2, g->ids);
    assert_int_equal(lio_wait(engine, g->ids[0], 0, &result), LIO_ETIMEDOUT);
    assert_int_equal(lio_wait(engine, g->ids[0], 1000000, &result),
                     LIO_ETIMEDOUT);
    assert_int_equal(lio_wait_any(engine, g->ids, 2, 0, &result),
                     LIO_ETIMEDOUT);
    assert_int_equal(lio_wait_any(engine, g->ids, 2, 1000000, &result),
                     LIO_ETIMEDOUT);
    assert_true(gate->await_held(2));
    gate->open();
    wait_for_read(g->f, g->ids[1], 1);
    wait_for_read(g->f, g->ids[0], 1);
}

static void a_queue_times_out_with_what_there_is(void **state)
{
    struct gated *g = gated(state);
    struct lio_result results[MANY];
    struct lio_cq *queue = NULL;
    int n;

    assert_int_equal(lio_cq_open(g->f->engine, &queue, NULL), 0);
    for (uint32_t i = 0; i < 3; i++)
        g->requests[i].queue = queue;
    gate->shut();
    submit_all(g->f, g->requests, 3, NULL);
    assert_int_equal(lio_cq_wait(queue, results, MANY, 1, 1000000), 0);
    assert_true(gate->await_held(3));
    gate->release(1);
    n = lio_cq_wait(queue, results, MANY, 1, PATIENCE_NS);
    assert_int_equal(n, 1);
    assert_int_equal(lio_cq_wait(queue, results, MANY, 2, 1000000), 0);
    gate->open();
    assert_int_equal(lio_cq_wait(queue, results, MANY, MANY, PATIENCE_NS), 2);
    lio_cq_close(queue);
}

static void wait_any_returns_the_one_that_is_done(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->shut();
    submit_all(g->f, g->requests, 4, g->ids);
    assert_int_equal(lio_wait_any(g->f->engine, g->ids, 4, 0, &result),
                     LIO_ETIMEDOUT);
    assert_true(gate->await_held(4));
    gate->release(2);
    assert_int_equal(
        lio_wait_any(g->f->engine, g->ids, 4, PATIENCE_NS, &result), 0);
    assert_int_equal(result.code, 0);
    check_bytes(result.user, PIECE, 1, result.offset);
    gate->open();
    for (uint32_t i = 0; i < 4; i++)
        if (g->ids[i] != result.id)
            wait_for_read(g->f, g->ids[i], 1);
}

/* One reaps, the others sleep elsewhere; in whatever order the device answers,
 * each comes back when its own read is done, with the rest still held. */
static void each_waiter_returns_with_its_own_request(void **state)
{
    struct gated *g = gated(state);
    uint64_t seed = 1;

    for (uint32_t round = 0; round < 50; round++) {
        struct waiter waiters[DEPTH];
        uint32_t order[DEPTH] = { 0, 1, 2, 3 };

        gate->shut();
        for (uint32_t i = 0; i < DEPTH; i++) {
            g->requests[i].flags = LIO_NOCACHE;
            g->ids[i] = submit_one(g->f, &g->requests[i]);
            waiter_start(&waiters[i], g, g->ids[i]);
            assert_true(gate->await_held(i + 1));
        }
        for (uint32_t left = DEPTH; left > 0; left--) {
            uint32_t pick = (uint32_t)(lio_test_random(&seed) % left);
            uint32_t which = order[pick];

            gate->release(pick);
            for (uint32_t i = pick; i + 1 < left; i++)
                order[i] = order[i + 1];
            if (!blocking())
                waiter_join(&waiters[which]);
        }
        for (uint32_t i = 0; blocking() && i < DEPTH; i++)
            waiter_join(&waiters[i]);
    }
}

static void *submit_and_leave(void *arg)
{
    struct gated *g = arg;

    return lio_submit(g->f->engine, g->requests, 3, g->ids, NULL) < 0 ? g
                                                                      : NULL;
}

static void another_thread_waits_for_what_a_dead_one_submitted(void **state)
{
    struct gated *g = gated(state);
    pthread_t thread;
    void *failed;

    gate->shut();
    assert_int_equal(pthread_create(&thread, NULL, submit_and_leave, g), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    gate->open();
    for (uint32_t i = 0; i < 3; i++)
        wait_for_read(g->f, g->ids[i], 1);
}

struct callback_count {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t n;
};

static void on_done(const struct lio_result *result, void *user)
{
    struct callback_count *count = user;

    pthread_mutex_lock(&count->lock);
    count->n += result->code == 0;
    pthread_cond_signal(&count->changed);
    pthread_mutex_unlock(&count->lock);
}

static void count_begin(struct callback_count *count)
{
    *count = (struct callback_count){ .n = 0 };
    pthread_mutex_init(&count->lock, NULL);
    pthread_cond_init(&count->changed, NULL);
}

/* Wait for `n` callbacks, without being inside the engine. */
static void count_end(struct callback_count *count, uint32_t n)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_NS / 1000000000;
    pthread_mutex_lock(&count->lock);
    while (count->n < n && rc == 0)
        rc = pthread_cond_timedwait(&count->changed, &count->lock, &until);
    pthread_mutex_unlock(&count->lock);
    assert_int_equal(count->n, n);
    pthread_mutex_destroy(&count->lock);
    pthread_cond_destroy(&count->changed);
}

/* Nobody is inside the engine when the device answers. */
static void a_callback_needs_nobody_inside(void **state)
{
    struct gated *g = gated(state);
    struct callback_count count;

    count_begin(&count);
    for (uint32_t i = 0; i < MANY; i++) {
        g->requests[i].callback = on_done;
        g->requests[i].user = &count;
    }
    gate->shut();
    submit_all(g->f, g->requests, MANY, NULL);
    assert_true(gate->await_held(DEPTH));
    gate->open();
    count_end(&count, MANY);
}

/* What the service thread waits for is on a lane that nobody reaps: whoever has
 * submitted there waits for the callback first. */
static void check_callback_beside(struct fixture *f,
                                  const struct lio_request *first,
                                  const struct lio_request *second)
{
    struct lio_request request = *second;
    struct callback_count count;
    uint64_t id;

    count_begin(&count);
    request.callback = on_done;
    request.user = &count;
    gate->shut();
    id = submit_one(f, first);
    assert_true(gate->await_held(1));
    submit_all(f, &request, 1, NULL);
    gate->open();
    count_end(&count, 1);
    wait_for_read(f, id, 1);
}

static void a_callback_needs_nobody_to_look_after_a_load(void **state)
{
    struct gated *g = gated(state);

    for (uint32_t i = 0; i < 8; i++) {
        /* No pattern that would be read ahead. */
        g->requests[0].offset = g->requests[1].offset = i * i * 65536;
        check_callback_beside(g->f, &g->requests[0], &g->requests[1]);
    }
}

/* Of two reads one has all of the budget, or the only handle. */
static void check_callback_behind(const char *setting)
{
    const char *overrides[] = { setting, NULL };
    struct lio_request first, second;
    struct lio_file *files[2];
    char bufs[2][PIECE];
    struct fixture *f;

    gate->reset();
    f = fixture_open(overrides);
    for (uint32_t i = 0; i < 2; i++) {
        fixture_make(f, 2 - i, FILE_BYTES);
        files[i] = fixture_file(f, 2 - i, LIO_READ);
    }
    first = read_request(files[1], bufs[0], PIECE, 0);
    second = read_request(files[0], bufs[1], PIECE, 65536);
    for (uint32_t i = 0; i < 20; i++) {
        first.flags = second.flags = LIO_NOCACHE;
        check_callback_beside(f, &first, &second);
    }
    for (uint32_t i = 0; i < 2; i++)
        lio_file_close(files[i]);
    fixture_release(f);
}

static void a_callback_needs_nobody_to_give_the_budget_back(void **state)
{
    (void)state;
    check_callback_behind("engine.in_flight=4096");
}

static void a_callback_needs_nobody_to_give_a_handle_back(void **state)
{
    (void)state;
    check_callback_behind("files.max_open=1");
}

/* -- limits -------------------------------------------------------------- */

static void no_more_is_in_flight_than_the_queue_is_deep(void **state)
{
    struct gated *g = gated(state);
    struct waiter last;

    gate->shut();
    submit_all(g->f, g->requests, MANY, g->ids);
    waiter_start(&last, g, g->ids[MANY - 1]);
    assert_true(gate->await_held(DEPTH));
    for (uint32_t i = 0; i < MANY; i++) {
        assert_true(gate->await_held(1));
        gate->release(gate->held() - 1);
    }
    waiter_join(&last);
    for (uint32_t i = 0; i + 1 < MANY; i++)
        wait_for_read(g->f, g->ids[i], 1);
    /* Blocking operations run on workers and on those who wait. */
    assert_in_range(gate->counts().most_held, DEPTH,
                    blocking() ? DEPTH + 1 : DEPTH);
}

static void submitting_does_not_wait_for_the_device(void **state)
{
    struct gated *g = gated(state);

    gate->shut();
    submit_all(g->f, g->requests, MANY, g->ids); /* five times the depth */
    assert_true(gate->await_held(DEPTH));
    gate->open();
    for (uint32_t i = 0; i < MANY; i++)
        wait_for_read(g->f, g->ids[i], 1);
}

static void a_busy_queue_is_tried_again(void **state)
{
    struct gated *g = gated(state);

    gate->choke(5);
    submit_all(g->f, g->requests, MANY, g->ids);
    for (uint32_t i = 0; i < MANY; i++)
        wait_for_read(g->f, g->ids[i], 1);
}

/* Nothing of it reaches the device, and the rest is none the worse. */
static void what_may_not_wait_is_refused_at_once(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->shut();
    pass_the_cache(g);
    g->requests[DEPTH - 1].flags |= LIO_NOWAIT; /* there is room for it */
    g->requests[DEPTH].flags |= LIO_NOWAIT;
    submit_all(g->f, g->requests, DEPTH + 1, g->ids);
    assert_true(gate->await_held(DEPTH));
    assert_int_equal(lio_wait(g->f->engine, g->ids[DEPTH], 0, &result), 0);
    assert_int_equal(result.code, LIO_EAGAIN);
    assert_int_equal(result.os_errno, EAGAIN);
    assert_int_equal(result.bytes, 0);
    gate->open();
    for (uint32_t i = 0; i < DEPTH; i++)
        wait_for_read(g->f, g->ids[i], 1);
    assert_int_equal(gate->counts().operations, DEPTH);
}

/* Those before it in its batch are still to be merged: that is no wait. */
static void what_may_not_wait_may_be_one_of_a_merged_batch(void **state)
{
    static const char *const merging[] = { "engine.lanes=1",
                                           "engine.queue_depth=4",
                                           "coalesce.plugin=coalesce-tiered",
                                           NULL };
    struct fixture *f;
    struct lio_file *file;
    struct lio_request requests[DEPTH];
    uint64_t ids[DEPTH];
    char buf[DEPTH][PIECE];

    (void)state;
    gate->reset();
    f = fixture_open(merging);
    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    for (uint32_t i = 0; i < DEPTH; i++) {
        requests[i] = read_request(file, buf[i], PIECE, (uint64_t)i * MIB);
        requests[i].flags = LIO_NOCACHE | LIO_NOWAIT;
    }
    submit_all(f, requests, DEPTH, ids);
    for (uint32_t i = 0; i < DEPTH; i++)
        wait_for_read(f, ids[i], 1);
    lio_file_close(file);
    fixture_release(f);
}

/* Staged, and nobody comes back for it: the one who reaps is asleep, and waits
 * for something else. */
static void what_is_staged_beside_a_sleeping_reaper_is_sent(void **state)
{
    struct gated *g = gated(state);
    struct waiter waiter;

    if (blocking())
        return; /* nobody sleeps in such a queue */
    gate->shut();
    pass_the_cache(g);
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    waiter_start(&waiter, g, g->ids[0]);
    while (gate->counts().asleep < 1)
        (void)sched_yield();
    g->requests[1].flags |= LIO_STAGE;
    g->ids[1] = submit_one(g->f, &g->requests[1]);
    assert_true(gate->await_held(2));
    gate->open();
    waiter_join(&waiter);
    wait_for_read(g->f, g->ids[1], 1);
}

/* Six files, two handles: one in use is never closed. */
static void handles_in_use_stay_open(void **state)
{
    static const char *const two[] = { "files.max_open=2", NULL };
    struct fixture *f;
    struct lio_file *files[6];
    char buf[6][100];
    uint64_t ids[6];

    (void)state;
    gate->reset();
    f = fixture_open(two);
    for (uint32_t i = 0; i < 6; i++) {
        fixture_make(f, 10 + i, 1000);
        files[i] = fixture_file(f, 10 + i, LIO_READ);
    }
    for (uint32_t round = 0; round < 20; round++) {
        gate->shut();
        for (uint32_t i = 0; i < 6; i++) {
            struct lio_request request =
                read_request(files[i], buf[i], 100, round * 17);

            request.flags = LIO_NOCACHE;
            ids[i] = submit_one(f, &request);
        }
        gate->open();
        for (uint32_t i = 0; i < 6; i++)
            wait_for_read(f, ids[i], 10 + i);
    }
    assert_true(fixture_stats(f).open_handles <= 2);
    for (uint32_t i = 0; i < 6; i++)
        lio_file_close(files[i]);
    fixture_release(f);
    assert_int_equal(gate->counts().violations, 0);
}

/* -- single flight ------------------------------------------------------- */

#define JOINERS 8u

static void await_joins(struct gated *g, uint64_t n)
{
    while (fixture_stats(g->f).cache_joins < n)
        sched_yield();
}

static void many_readers_of_a_cold_block_read_it_once(void **state)
{
    struct gated *g = gated(state);
    struct waiter waiters[JOINERS];

    if (!fixture_cached())
        return; /* without a cache every read is its own */
    gate->shut();
    for (uint32_t i = 0; i < JOINERS; i++) {
        g->requests[i].offset = 100; /* one sector */
        g->ids[i] = submit_one(g->f, &g->requests[i]);
        waiter_start(&waiters[i], g, g->ids[i]);
    }
    await_joins(g, JOINERS - 1);
    assert_true(gate->await_held(1));
    gate->open();
    for (uint32_t i = 0; i < JOINERS; i++)
        waiter_join(&waiters[i]);
    assert_int_equal(fixture_stats(g->f).device_reads, 1);
}

/* The first reader submits and never comes back for its result until the end:
 * who has joined its load must not depend on it. */
static void a_joiner_does_not_need_the_loader(void **state)
{
    struct gated *g = gated(state);

    gate->shut();
    g->requests[1].offset = g->requests[0].offset;
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    g->ids[1] = submit_one(g->f, &g->requests[1]);
    gate->open();
    wait_for_read(g->f, g->ids[1], 1);
    wait_for_read(g->f, g->ids[0], 1);
    assert_int_equal(fixture_stats(g->f).device_reads,
                     fixture_cached() ? 1 : 2);
}

/* The loader is cancelled or dropped; who has joined still gets the bytes. */
static void a_joiner_survives_the_end_of_the_loader(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    for (uint32_t i = 0; i < 2; i++) {
        uint32_t first = 2 * i;

        gate->shut();
        g->requests[first + 1].offset = g->requests[first].offset;
        submit_all(g->f, g->requests + first, 2, g->ids + first);
        if (i == 0)
            assert_int_equal(lio_cancel(g->f->engine, g->ids[first]), 0);
        gate->open();
        if (i == 1)
            assert_int_equal(lio_drop(g->f->engine, g->ids[first]), 0);
        wait_for_read(g->f, g->ids[first + 1], 1);
        if (i == 0) {
            result = wait_for(g->f, g->ids[first]);
            assert_true(result.code == 0 || result.code == LIO_ECANCELED);
        }
    }
}

/* Who has joined a load and is cancelled is released at once.  Its queue may
 * then go, though the load goes on. */
static void a_queue_may_go_before_the_load_its_read_had_joined(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;
    struct lio_cq *queue = NULL;

    if (!fixture_cached())
        return; /* without a cache nothing is joined */
    assert_int_equal(lio_cq_open(g->f->engine, &queue, NULL), 0);
    g->requests[1].offset = g->requests[0].offset;
    g->requests[1].queue = queue;
    gate->shut();
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    g->ids[1] = submit_one(g->f, &g->requests[1]);
    assert_true(gate->await_held(1));
    assert_int_equal(lio_cancel(g->f->engine, g->ids[1]), 0);
    assert_int_equal(lio_cq_wait(queue, &result, 1, 1, PATIENCE_NS), 1);
    assert_int_equal(result.code, LIO_ECANCELED);
    lio_cq_close(queue);
    gate->open();
    wait_for_read(g->f, g->ids[0], 1);
}

/* A load that fails wakes everybody; nothing of it stays in the cache. */
static void a_failed_load_is_forgotten(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->shut();
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    gate->spoil(1, EACCES);
    gate->open();
    result = wait_for(g->f, g->ids[0]);
    assert_int_equal(result.code, LIO_EACCES);
    assert_int_equal(result.os_errno, EACCES);
    check_read(g->file, 1, PIECE, g->requests[0].offset);
    assert_int_equal(fixture_stats(g->f).failed, 1);
}

static void a_joiner_tries_again_when_the_load_fails(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    if (!fixture_cached())
        return; /* without a cache nobody joins */
    gate->shut();
    g->requests[1].offset = g->requests[0].offset;
    submit_all(g->f, g->requests, 2, g->ids);
    gate->spoil(1, EACCES);
    gate->open();
    wait_for_read(g->f, g->ids[1], 1);
    result = wait_for(g->f, g->ids[0]);
    assert_int_equal(result.code, LIO_EACCES);
}

/* -- what a device may answer -------------------------------------------- */

static void an_interrupted_operation_is_done_again(void **state)
{
    struct gated *g = gated(state);

    gate->spoil(3, EINTR);
    check_read(g->file, 1, PIECE, 100);
}

static void a_short_transfer_is_continued(void **state)
{
    struct gated *g = gated(state);
    struct lio_error err;
    char *buf = grab(100000);

    gate->spoil(5, 0);
    check_read(g->file, 1, 100000, 50);
    lio_test_fill(buf, 100000, 2, 200050);
    gate->spoil(5, 0);
    assert_int_equal(lio_write(g->file, buf, 100000, 200050, &err), 0);
    check_read(g->file, 2, 100000, 200050);
    free(buf);
}

/* Where a read stops past what we took for the end is not the end. */
static void a_short_read_of_a_file_that_has_grown_is_continued(void **state)
{
    struct gated *g = gated(state);
    char *buf = grab(100000);
    int fd = open(g->f->path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    lio_test_fill(buf, 100000, 1, FILE_BYTES);
    assert_int_equal(pwrite(fd, buf, 100000, FILE_BYTES), 100000);
    assert_int_equal(close(fd), 0);
    memset(buf, 0, 100000);
    gate->spoil(1, 0);
    assert_int_equal(lio_read(g->file, buf, 100000, FILE_BYTES,
                              LIO_NOCACHE | LIO_EXACT, NULL, NULL),
                     0);
    check_bytes(buf, 100000, 1, FILE_BYTES);
    free(buf);
}

static void a_failed_write_is_not_repeated(void **state)
{
    struct gated *g = gated(state);
    struct lio_error err;
    char buf[100] = { 0 };
    uint64_t before = gate->counts().operations;

    gate->spoil(1, EIO);
    assert_int_equal(lio_write(g->file, buf, 100, 0, &err), LIO_EIO);
    assert_int_equal(err.os_errno, EIO);
    assert_non_null(strstr(err.msg, "file-1"));
    assert_int_equal(gate->counts().operations, before + 1);
}

static void a_full_device_says_so(void **state)
{
    struct gated *g = gated(state);
    struct lio_error err;
    char buf[100] = { 0 };

    gate->spoil(1, ENOSPC);
    assert_int_equal(lio_write(g->file, buf, 100, 0, &err), LIO_ENOSPC);
    assert_int_equal(err.os_errno, ENOSPC);
}

static void a_failed_sync_is_not_repeated(void **state)
{
    struct gated *g = gated(state);
    struct lio_error err;
    uint64_t before = gate->counts().operations;

    gate->spoil(1, EIO);
    assert_int_equal(lio_sync(g->file, &err), LIO_EIO);
    assert_int_equal(gate->counts().operations, before + 1);
}

static void a_read_that_fails_for_good_names_its_place(void **state)
{
    struct gated *g = gated(state);
    struct lio_error err;
    char buf[100];

    gate->spoil(1000, EIO);
    assert_int_equal(lio_read(g->file, buf, 100, 65537, LIO_EXACT, NULL, &err),
                     LIO_EIO);
    assert_int_equal(err.os_errno, EIO);
    assert_int_equal(err.offset, 65537);
    assert_int_equal(err.length, 100);
    assert_string_equal(err.backend, fixture_backend());
    assert_non_null(strstr(err.msg, "file-1"));
    assert_non_null(strstr(err.msg, "65537"));
    gate->spoil(0, 0);
    check_read(g->file, 1, 100, 65537);
}

/* -- cancel and drop ----------------------------------------------------- */

static void a_queued_request_is_cancelled_at_once(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->shut();
    pass_the_cache(g);
    submit_all(g->f, g->requests, MANY, g->ids);
    assert_true(gate->await_held(DEPTH));
    assert_int_equal(lio_cancel(g->f->engine, g->ids[MANY - 1]), 0);
    result = wait_for(g->f, g->ids[MANY - 1]); /* the device holds the rest */
    assert_int_equal(result.code, LIO_ECANCELED);
    gate->open();
    for (uint32_t i = 0; i + 1 < MANY; i++)
        wait_for_read(g->f, g->ids[i], 1);
    assert_int_equal(fixture_stats(g->f).cancelled, 1);
    assert_int_equal(gate->counts().operations, MANY - 1);
}

static void an_issued_request_is_cancelled_if_the_device_can(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    if (blocking())
        return; /* such a device cannot */
    gate->shut();
    pass_the_cache(g);
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    assert_true(gate->await_held(1));
    assert_int_equal(lio_cancel(g->f->engine, g->ids[0]), 0);
    result = wait_for(g->f, g->ids[0]);
    assert_int_equal(result.code, LIO_ECANCELED);
    assert_int_equal(gate->held(), 0);
    gate->open();
    check_read(g->file, 1, PIECE, g->requests[0].offset);
}

static void a_cancelled_read_into_the_cache_ends_once(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->shut();
    submit_all(g->f, g->requests, MANY, g->ids);
    assert_true(gate->await_held(DEPTH));
    assert_int_equal(lio_cancel(g->f->engine, g->ids[0]), 0);
    assert_int_equal(lio_cancel(g->f->engine, g->ids[MANY - 1]), 0);
    gate->open();
    for (uint32_t i = 0; i < MANY; i++) {
        result = wait_for(g->f, g->ids[i]);
        assert_true(result.code == 0 || (result.code == LIO_ECANCELED &&
                                         (i == 0 || i == MANY - 1)));
        if (result.code == 0)
            check_bytes(result.user, PIECE, 1, result.offset);
    }
}

static void an_issued_request_is_done_if_the_device_cannot_cancel(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->cancellable(false);
    gate->shut();
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    assert_true(gate->await_held(1));
    assert_int_equal(lio_cancel(g->f->engine, g->ids[0]), 0);
    assert_int_equal(lio_cancel(g->f->engine, g->ids[0]), 0);
    gate->open();
    result = wait_for(g->f, g->ids[0]);
    assert_true(result.code == 0 || result.code == LIO_ECANCELED);
    check_read(g->file, 1, PIECE, g->requests[0].offset);
}

/* Cancel a request that the device has, cannot stop, and fails. */
static struct lio_result cancel_and_fail(struct gated *g,
                                         const struct lio_request *request,
                                         int os_errno)
{
    gate->cancellable(false);
    gate->shut();
    g->ids[0] = submit_one(g->f, request);
    assert_true(gate->await_held(1));
    assert_int_equal(lio_cancel(g->f->engine, g->ids[0]), 0);
    gate->spoil(1, os_errno);
    gate->open();
    return wait_for(g->f, g->ids[0]);
}

static void an_error_for_good_outlasts_a_cancel(void **state)
{
    struct gated *g = gated(state);
    struct lio_request write = write_request(g->file, g->memory, PIECE, 0);
    struct lio_result result;

    lio_test_fill(g->memory, PIECE, 1, 0);
    result = cancel_and_fail(g, &write, ENOSPC);
    assert_int_equal(result.code, LIO_ENOSPC);
    assert_int_equal(result.os_errno, ENOSPC);
    assert_int_equal(cancel_and_fail(g, &write, EIO).code, LIO_EIO);
}

static void
an_error_that_may_pass_is_not_tried_again_once_cancelled(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    pass_the_cache(g);
    result = cancel_and_fail(g, &g->requests[0], EIO);
    assert_int_equal(result.code, LIO_ECANCELED);
    assert_int_equal(fixture_stats(g->f).retries, 0);
}

static void a_waiter_asleep_returns_when_another_cancels(void **state)
{
    struct gated *g = gated(state);
    struct waiter waiters[2];

    if (blocking())
        return; /* such a device cannot */
    gate->shut();
    pass_the_cache(g);
    for (uint32_t i = 0; i < 2; i++) {
        g->ids[i] = submit_one(g->f, &g->requests[i]);
        waiter_start(&waiters[i], g, g->ids[i]);
    }
    assert_true(gate->await_held(2));
    for (uint32_t i = 0; i < 2; i++) {
        int rc = lio_cancel(g->f->engine, g->ids[i]);

        assert_int_equal(rc, 0);
        assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
        assert_int_equal(waiters[i].rc, 0);
        assert_int_equal(waiters[i].result.code, LIO_ECANCELED);
    }
}

/* One of several who cancel the same requests at the same time. */
struct canceller {
    pthread_t thread;
    struct gated *g;
    pthread_barrier_t *start;
};

#define CANCELLERS 4u
#define ROUNDS     200u

static void *canceller_run(void *arg)
{
    const struct canceller *c = arg;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        (void)pthread_barrier_wait(c->start); /* they are submitted */
        for (uint32_t i = 0; i < MANY; i++)
            (void)lio_cancel(c->g->f->engine, c->g->ids[i]);
        (void)pthread_barrier_wait(c->start); /* they may be taken */
    }
    return NULL;
}

static void cancelled_by_many_at_once_it_ends_once(void **state)
{
    struct gated *g = gated(state);
    struct canceller cancellers[CANCELLERS];
    pthread_barrier_t start;
    struct lio_result result;

    gate->shut();
    pass_the_cache(g);
    (void)pthread_barrier_init(&start, NULL, CANCELLERS + 1);
    for (uint32_t i = 0; i < CANCELLERS; i++) {
        cancellers[i] = (struct canceller){ .g = g, .start = &start };
        assert_int_equal(pthread_create(&cancellers[i].thread, NULL,
                                        canceller_run, &cancellers[i]),
                         0);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        submit_all(g->f, g->requests, MANY, g->ids);
        (void)pthread_barrier_wait(&start);
        (void)pthread_barrier_wait(&start);
        gate->open(); /* for those that a device cannot stop */
        for (uint32_t i = 0; i < MANY; i++) {
            assert_int_equal(
                lio_wait(g->f->engine, g->ids[i], PATIENCE_NS, &result), 0);
            assert_true(result.code == 0 || result.code == LIO_ECANCELED);
        }
        gate->shut();
    }
    for (uint32_t i = 0; i < CANCELLERS; i++)
        assert_int_equal(pthread_join(cancellers[i].thread, NULL), 0);
    (void)pthread_barrier_destroy(&start);
}

static void a_dropped_request_leaves_nothing(void **state)
{
    struct gated *g = gated(state);
    struct lio_result result;

    gate->shut();
    pass_the_cache(g);
    submit_all(g->f, g->requests, MANY, g->ids);
    assert_true(gate->await_held(DEPTH));
    assert_int_equal(lio_drop(g->f->engine, g->ids[MANY - 1]), 0); /* queued */
    if (!blocking())
        assert_int_equal(lio_drop(g->f->engine, g->ids[0]), 0); /* issued */
    gate->open();
    for (uint32_t i = 1; i + 1 < MANY; i++)
        wait_for_read(g->f, g->ids[i], 1);
    if (blocking())
        wait_for_read(g->f, g->ids[0], 1);
    else
        assert_int_equal(lio_wait(g->f->engine, g->ids[0], 0, &result),
                         LIO_ESTALE);
    assert_int_equal(lio_wait(g->f->engine, g->ids[MANY - 1], 0, &result),
                     LIO_ESTALE);
}

struct dropper {
    pthread_t thread;
    struct gated *g;
    int rc;
    _Atomic bool dropped;
};

static void *dropper_run(void *arg)
{
    struct dropper *d = arg;

    d->rc = lio_drop(d->g->f->engine, d->g->ids[0]);
    atomic_store(&d->dropped, true);
    return NULL;
}

/* With the caller's memory and a device that cannot stop, the bytes arrive
 * before drop returns, never after. */
static void a_drop_waits_for_the_callers_memory(void **state)
{
    struct gated *g = gated(state);
    struct dropper d = { .g = g };
    char before[PIECE];

    gate->cancellable(false);
    gate->shut();
    memset(g->memory, 0, PIECE);
    g->requests[0].flags = LIO_NOCACHE;
    g->ids[0] = submit_one(g->f, &g->requests[0]);
    assert_true(gate->await_held(1));
    assert_int_equal(pthread_create(&d.thread, NULL, dropper_run, &d), 0);
    gate->open();
    assert_int_equal(pthread_join(d.thread, NULL), 0);
    assert_int_equal(d.rc, 0);
    memcpy(before, g->memory, PIECE);
    assert_int_equal(gate->held(), 0);
    check_read(g->file, 1, PIECE, 0); /* a whole turn of the engine */
    assert_memory_equal(before, g->memory, PIECE);
}

/* -- closing ------------------------------------------------------------- */

struct closer {
    pthread_t thread;
    struct lio_file *file;
    struct lio_cq *queue;
    struct lio_engine *engine;
    _Atomic bool closed;
};

static void *closer_run(void *arg)
{
    struct closer *c = arg;

    if (c->queue)
        lio_cq_close(c->queue);
    if (c->file)
        lio_file_close(c->file);
    if (c->engine)
        lio_engine_close(c->engine);
    atomic_store(&c->closed, true);
    return NULL;
}

static void closer_finish(struct closer *c, uint32_t held)
{
    assert_int_equal(pthread_create(&c->thread, NULL, closer_run, c), 0);
    assert_true(gate->await_held(held));
    assert_false(atomic_load(&c->closed)); /* what it waits for is held */
    gate->open();
    assert_int_equal(pthread_join(c->thread, NULL), 0);
}

static void closing_a_file_waits_for_its_requests(void **state)
{
    struct gated *g = gated(state);
    struct closer c = { .file = g->file };

    gate->cancellable(false);
    gate->shut();
    submit_all(g->f, g->requests, DEPTH, g->ids);
    closer_finish(&c, DEPTH);
    g->file = NULL;
    for (uint32_t i = 0; i < DEPTH; i++) {
        struct lio_result result = wait_for(g->f, g->ids[i]);

        assert_int_equal(result.code, 0);
        check_bytes(result.user, PIECE, 1, result.offset);
    }
}

/* The lane is full of other reads, so reads ahead wait. */
static void closing_a_file_reads_no_further_ahead(void **state)
{
    static const struct lio_plan_range plan[] = { { 3 * MIB, 65536 },
                                                  { 2 * MIB, 65536 } };
    struct gated *g = gated(state);
    struct closer c = { .file = g->file };

    gate->cancellable(false);
    gate->shut();
    pass_the_cache(g);
    submit_all(g->f, g->requests, DEPTH, g->ids);
    assert_int_equal(lio_file_plan(g->file, plan, 2, NULL), 0);
    assert_int_equal(fixture_stats(g->f).prefetches, fixture_cached() ? 2 : 0);
    closer_finish(&c, DEPTH);
    g->file = NULL;
    assert_int_equal(gate->counts().operations, DEPTH);
    assert_int_equal(fixture_stats(g->f).prefetch_cancelled_bytes,
                     fixture_stats(g->f).prefetch_bytes);
    for (uint32_t i = 0; i < DEPTH; i++)
        assert_int_equal(wait_for(g->f, g->ids[i]).code, 0);
}

static void closing_a_queue_waits_for_its_requests(void **state)
{
    struct gated *g = gated(state);
    struct closer c = { .queue = NULL };

    assert_int_equal(lio_cq_open(g->f->engine, &c.queue, NULL), 0);
    for (uint32_t i = 0; i < DEPTH; i++)
        g->requests[i].queue = c.queue;
    gate->cancellable(false);
    gate->shut();
    submit_all(g->f, g->requests, DEPTH, NULL);
    closer_finish(&c, DEPTH);
}

/*
 * Two threads, each with a lane of its own of one operation.  What is read
 * through `goes` needs a load of the one and an operation of the other, which
 * has come back, but is still being counted when the load ends the read.
 *
 *     file     ├─ block 0 ────────────┤├─ block 1 ───
 *     load                    ├──────┤
 *     read                         ├───────┤
 */
struct counted {
    struct fixture *f;
    struct lio_file *stays, *goes;
    pthread_t threads[2];
    pthread_barrier_t turn;
    _Atomic bool closed;
    char load[8 * KIB], read[8 * KIB], next[PIECE];
    uint64_t read_id;
    const char *wrong; /* of the threads, or NULL */
};

static void *load_and_close(void *arg)
{
    struct counted *c = arg;
    struct lio_request load =
        read_request(c->stays, c->load, 8 * KIB, 56 * KIB);
    struct lio_result result;
    uint64_t id;

    if (lio_submit(c->f->engine, &load, 1, &id, NULL) < 0)
        c->wrong = "the load was refused";
    (void)pthread_barrier_wait(&c->turn); /* it is held */
    (void)pthread_barrier_wait(&c->turn); /* the read's operation is back */
    if (lio_wait(c->f->engine, id, PATIENCE_NS, &result) < 0 || result.code)
        c->wrong = "the load failed";
    lio_file_close(c->goes);
    atomic_store(&c->closed, true);
    return NULL;
}

static void *read_and_count(void *arg)
{
    struct counted *c = arg;
    struct lio_request requests[] = {
        read_request(c->goes, c->read, 8 * KIB, 60 * KIB),
        read_request(c->stays, c->next, PIECE, MIB)
    };
    struct lio_result result;
    uint64_t ids[2];

    (void)pthread_barrier_wait(&c->turn);
    requests[1].flags = LIO_NOCACHE; /* waits until there is room */
    if (lio_submit(c->f->engine, requests, 2, ids, NULL) < 0)
        c->wrong = "the reads were refused";
    c->read_id = ids[0];
    gate->stall(true);
    gate->release(1);
    if (lio_wait(c->f->engine, ids[1], PATIENCE_NS, &result) < 0 || result.code)
        c->wrong = "the read that had to wait failed";
    return NULL;
}

static void counted_run(struct counted *c)
{
    (void)pthread_barrier_init(&c->turn, NULL, 2);
    assert_int_equal(pthread_create(&c->threads[0], NULL, load_and_close, c),
                     0);
    assert_true(gate->await_held(1)); /* so the other has the next lane */
    assert_int_equal(pthread_create(&c->threads[1], NULL, read_and_count, c),
                     0);
    while (gate->counts().stalled == 0)
        (void)sched_yield();
    gate->release(0);
    (void)pthread_barrier_wait(&c->turn);
    for (uint32_t i = 0; i < 1000 && !atomic_load(&c->closed); i++)
        (void)sched_yield(); /* time to do wrong */
    gate->open();
    gate->stall(false);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(c->threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&c->turn);
}

static void a_file_stays_until_its_operations_are_counted(void **state)
{
    static const char *const two[] = { "engine.lanes=2", "engine.queue_depth=1",
                                       NULL };
    struct counted *c;

    (void)state;
    if (blocking() || !fixture_cached())
        return; /* nothing is joined, or nobody can be stopped there */
    gate->reset();
    c = calloc(1, sizeof(*c));
    assert_non_null(c);
    c->f = fixture_open(two);
    fixture_make(c->f, 1, FILE_BYTES);
    c->stays = fixture_file(c->f, 1, LIO_READ);
    c->goes = fixture_file(c->f, 1, LIO_READ);
    gate->shut();
    counted_run(c);
    if (c->wrong)
        fail_msg("%s", c->wrong);
    assert_int_equal(wait_for(c->f, c->read_id).code, 0);
    check_bytes(c->read, sizeof(c->read), 1, 60 * KIB);
    lio_file_close(c->stays);
    fixture_release(c->f);
    free(c);
}

/* Two callbacks that are due together, one of which dawdles. */
struct due {
    struct lio_engine *engine;
    bool right;
};

static void nothing(void *user)
{
    (void)user;
}

static void dawdle(const struct lio_result *result, void *user)
{
    struct due *due = user;

    (void)result;
    while (lio_execute(due->engine, nothing, NULL) == 0)
        (void)sched_yield(); /* until the engine closes */
    for (uint32_t i = 0; i < 1000; i++)
        (void)sched_yield(); /* time to do wrong */
}

static void take_view(const struct lio_result *result, void *user)
{
    struct due *due = user;
    char expected[PIECE];

    lio_test_fill(expected, PIECE, 1, result->offset);
    due->right = result->code == 0 && result->view->nsegments == 1 &&
                 memcmp(result->view->segments[0].base, expected, PIECE) == 0;
    lio_view_put(result->view);
}

static void a_view_for_a_callback_outlives_the_close_of_the_engine(void **state)
{
    struct fixture *f;
    struct due due = { .right = false };
    struct lio_request requests[2];
    struct lio_file *file;
    char buf[PIECE];

    (void)state;
    gate->reset();
    f = fixture_open(NULL);
    due.engine = f->engine;
    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    for (uint32_t i = 0; i < 2; i++) {
        requests[i] = read_request(file, buf, PIECE, (uint64_t)i * MIB);
        requests[i].callback = i == 0 ? dawdle : take_view;
        requests[i].user = &due;
    }
    requests[1].flags = LIO_VIEW;
    gate->shut();
    submit_all(f, requests, 2, NULL);
    assert_true(gate->await_held(2));
    gate->open();
    lio_engine_close(f->engine);
    assert_true(due.right);
    lio_file_close(file);
    f->engine = NULL;
    if (fixture_engine(NULL, &f->engine, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    fixture_release(f);
}

/* Never waited for, neither by id nor by queue: thrown away, nothing leaks,
 * and the memory is written to before close returns, not after. */
static void closing_the_engine_waits_for_what_is_in_flight(void **state)
{
    struct fixture *f;
    struct closer c;
    struct lio_file *file;
    struct lio_request requests[DEPTH];
    char *memory = grab((size_t)DEPTH * PIECE);
    uint64_t ids[DEPTH];

    (void)state;
    gate->reset();
    gate->cancellable(false);
    f = fixture_open(NULL);
    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    for (uint32_t i = 0; i < DEPTH; i++) {
        requests[i] = read_request(file, memory + (size_t)i * PIECE, PIECE,
                                   (uint64_t)i * 3 * 65536);
        if (i == 3)
            requests[i].flags = LIO_VIEW;
    }
    gate->shut();
    submit_all(f, requests, DEPTH, ids);
    c = (struct closer){ .file = file };
    closer_finish(&c, DEPTH);

    lio_engine_close(f->engine);
    for (uint32_t i = 0; i < 3; i++)
        check_bytes(memory + (size_t)i * PIECE, PIECE, 1, requests[i].offset);
    free(memory);
    assert_int_equal(gate->counts().violations, 0);
    f->engine = NULL;
    if (fixture_engine(NULL, &f->engine, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    fixture_release(f);
}

/* -- main ---------------------------------------------------------------- */

static const struct gate_control *gate_find(void)
{
    char *path = NULL;
    gate_control_fn control = NULL;
    void *library;

    if (asprintf(&path, LIO_TEST_GATES "/%s.so", fixture_backend()) < 0)
        return NULL;
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    free(path);
    if (library) /* ISO C has no cast from object to function pointer */
        *(void **)&control = dlsym(library, "gate_control");
    return control ? control() : NULL;
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, gated_setup, gated_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wait_times_out_and_may_be_repeated),
        TEST(a_queue_times_out_with_what_there_is),
        TEST(wait_any_returns_the_one_that_is_done),
        TEST(each_waiter_returns_with_its_own_request),
        TEST(another_thread_waits_for_what_a_dead_one_submitted),
        TEST(a_callback_needs_nobody_inside),
        TEST(a_callback_needs_nobody_to_look_after_a_load),
        cmocka_unit_test(a_callback_needs_nobody_to_give_the_budget_back),
        cmocka_unit_test(a_callback_needs_nobody_to_give_a_handle_back),
        TEST(no_more_is_in_flight_than_the_queue_is_deep),
        TEST(submitting_does_not_wait_for_the_device),
        TEST(a_busy_queue_is_tried_again),
        TEST(what_may_not_wait_is_refused_at_once),
        cmocka_unit_test(what_may_not_wait_may_be_one_of_a_merged_batch),
        TEST(what_is_staged_beside_a_sleeping_reaper_is_sent),
        cmocka_unit_test(handles_in_use_stay_open),
        TEST(many_readers_of_a_cold_block_read_it_once),
        TEST(a_joiner_does_not_need_the_loader),
        TEST(a_joiner_survives_the_end_of_the_loader),
        TEST(a_queue_may_go_before_the_load_its_read_had_joined),
        TEST(a_failed_load_is_forgotten),
        TEST(a_joiner_tries_again_when_the_load_fails),
        TEST(an_interrupted_operation_is_done_again),
        TEST(a_short_transfer_is_continued),
        TEST(a_short_read_of_a_file_that_has_grown_is_continued),
        TEST(a_failed_write_is_not_repeated),
        TEST(a_full_device_says_so),
        TEST(a_failed_sync_is_not_repeated),
        TEST(a_read_that_fails_for_good_names_its_place),
        TEST(a_queued_request_is_cancelled_at_once),
        TEST(an_issued_request_is_cancelled_if_the_device_can),
        TEST(a_cancelled_read_into_the_cache_ends_once),
        TEST(an_issued_request_is_done_if_the_device_cannot_cancel),
        TEST(an_error_for_good_outlasts_a_cancel),
        TEST(an_error_that_may_pass_is_not_tried_again_once_cancelled),
        TEST(a_waiter_asleep_returns_when_another_cancels),
        TEST(cancelled_by_many_at_once_it_ends_once),
        TEST(a_dropped_request_leaves_nothing),
        TEST(a_drop_waits_for_the_callers_memory),
        TEST(closing_a_file_waits_for_its_requests),
        TEST(closing_a_file_reads_no_further_ahead),
        TEST(closing_a_queue_waits_for_its_requests),
        cmocka_unit_test(a_file_stays_until_its_operations_are_counted),
        cmocka_unit_test(
            a_view_for_a_callback_outlives_the_close_of_the_engine),
        cmocka_unit_test(closing_the_engine_waits_for_what_is_in_flight),
    };
    int rc = fixture_arguments(argc, argv);

    if (rc != 0)
        return rc;
    gate = gate_find();
    if (!gate) {
        fprintf(stderr, "%s has no handle\n", fixture_backend());
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
