/*
 * Queues of asynchronous backends, driven by one thread: room, timeouts,
 * wake-ups, cancelling.
 */
#include "backend_fixture.h"
#include "conformance_backend.h"

#include <stdlib.h>
#include <unistd.h>

#define FILE_BYTES 1000000u
#define MS         INT64_C(1000000)

/* -- room ----------------------------------------------------------------- */

/* Drive `n` reads through a queue of `depth`, reaping at most `max` at once. */
static void drive(const struct fixture *f, const struct opened *file,
                  uint32_t depth, uint32_t n, uint32_t max)
{
    struct lio_completion out[64];
    void *queue = open_queue(f, depth);
    uint32_t taken = 0, done = 0;
    struct reads reads;

    reads_init(&reads, file, FILE_BYTES, n, 7000);
    while (done < n) {
        uint32_t more = f->ops->submit(queue, reads.list + taken, n - taken);

        /* It may refuse only what `depth` in flight leave no room for. */
        assert_true(more <= n - taken);
        taken += more;
        assert_true(taken == n || taken - done >= depth);
        done +=
            reads_done(&reads, out, reap_some(f, queue, out, max, 1), false);
    }
    assert_int_equal(f->ops->reap(queue, out, max, 0, 0), 0);
    f->ops->queue_close(queue);
    reads_release(&reads);
}

static void a_full_queue_takes_a_prefix_and_completes_each_once(void **state)
{
    static const uint32_t depths[] = { 1, 2, 3, 8, 128 };
    struct fixture *f = *state;
    struct opened file;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    for (uint32_t i = 0; i < LIO_COUNT(depths); i++) {
        drive(f, &file, depths[i], 3 * depths[i] + 1, 64);
        drive(f, &file, depths[i], 3 * depths[i] + 1, 1);
    }
    close_file(f, &file);
}

static void ids_come_back_with_all_their_bits(void **state)
{
    static const uint64_t ids[] = { 0,
                                    1,
                                    UINT32_MAX,
                                    UINT64_C(1) << 32,
                                    UINT64_C(0x8123456789abcdef),
                                    UINT64_MAX - 16 };
    struct fixture *f = *state;
    struct lio_completion out;
    struct opened file;
    void *queue;

    make_file(f, "data", 1);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, 2);
    for (uint32_t i = 0; i < LIO_COUNT(ids); i++) {
        struct lio_op op = sync_op(&file), *list[] = { &op };

        op.id = ids[i];
        assert_int_equal(f->ops->submit(queue, list, 1), 1);
        assert_int_equal(reap_some(f, queue, &out, 1, 1), 1);
        assert_true(out.id == ids[i]);
        assert_int_equal(out.result, 0);
    }
    f->ops->queue_close(queue);
    close_file(f, &file);
}

static void submitting_nothing_takes_nothing(void **state)
{
    struct fixture *f = *state;
    void *queue;

    queue = open_queue(f, 4);
    assert_int_equal(f->ops->submit(queue, NULL, 0), 0);
    assert_int_equal(f->ops->flush(queue), 0);
    f->ops->queue_close(queue);
}

static void reap_waits_for_min_and_takes_at_most_max(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[8];
    struct reads reads;
    struct opened file;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, 8);
    reads_init(&reads, &file, FILE_BYTES, 8, 0);
    assert_int_equal(f->ops->submit(queue, reads.list, 8), 8);
    assert_int_equal(f->ops->flush(queue), 0);
    assert_int_equal(
        reads_done(&reads, out, reap_some(f, queue, out, 3, 3), false), 3);
    assert_int_equal(
        reads_done(&reads, out, reap_some(f, queue, out, 8, 5), false), 5);
    f->ops->queue_close(queue);
    close_file(f, &file);
    reads_release(&reads);
}

static void reap_of_0_sends_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[8];
    struct reads reads;
    struct opened file;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, 8);
    reads_init(&reads, &file, FILE_BYTES, 8, 0);
    assert_int_equal(f->ops->submit(queue, reads.list, 8), 8);
    for (int i = 0; i < 3; i++)
        assert_int_equal(f->ops->reap(queue, NULL, 0, 0, -1), 0);
    assert_int_equal(
        reads_done(&reads, out, reap_some(f, queue, out, 8, 8), false), 8);
    f->ops->queue_close(queue);
    close_file(f, &file);
    reads_release(&reads);
}

/* -- operations that do not end ------------------------------------------- */

/* A read that ends when something is written, or it is cancelled. */
struct endless {
    int writer;
    struct opened file;
    unsigned char byte;
    struct lio_iovec iov;
    struct lio_op op, *list[1];
};

static void endless_open(const struct fixture *f, struct endless *endless,
                         uint64_t id)
{
    endless->file = open_endless_file(f, &endless->writer);
    endless->iov = (struct lio_iovec){ &endless->byte, 1 };
    endless->op = read_op(&endless->file, &endless->iov, 1, 0);
    endless->op.id = id;
    endless->list[0] = &endless->op;
}

static void endless_close(const struct fixture *f, struct endless *endless)
{
    close_file(f, &endless->file);
    assert_int_equal(close(endless->writer), 0);
}

static void reap_returns_0_when_the_time_is_up(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[2];
    struct endless endless;
    void *queue;

    queue = open_queue(f, 4);
    assert_int_equal(f->ops->reap(queue, out, 2, 1, 0), 0);
    assert_int_equal(f->ops->reap(queue, out, 2, 1, 1 * MS), 0);

    endless_open(f, &endless, 5);
    assert_int_equal(f->ops->submit(queue, endless.list, 1), 1);
    assert_int_equal(f->ops->reap(queue, out, 2, 1, 0), 0);
    assert_int_equal(f->ops->reap(queue, out, 2, 1, 1), 0);
    assert_int_equal(f->ops->reap(queue, out, 2, 1, 2 * MS), 0);

    assert_int_equal(write(endless.writer, "x", 1), 1);
    assert_int_equal(reap_some(f, queue, out, 2, 1), 1);
    assert_true(out[0].id == 5);
    assert_int_equal(out[0].result, 1);
    assert_int_equal(endless.byte, 'x');
    endless_close(f, &endless);
    f->ops->queue_close(queue);
}

static void a_timeout_delivers_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[8];
    struct endless endless;
    struct reads reads;
    struct opened file;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, 8);
    reads_init(&reads, &file, FILE_BYTES, 3, 0);
    endless_open(f, &endless, 99);
    assert_int_equal(f->ops->submit(queue, reads.list, 3), 3);
    assert_int_equal(
        reads_done(&reads, out, reap_some(f, queue, out, 1, 1), false), 1);
    assert_int_equal(f->ops->submit(queue, endless.list, 1), 1);
    /* Four are asked for and two can come. */
    assert_int_equal(
        reads_done(&reads, out, f->ops->reap(queue, out, 8, 4, 50 * MS), false),
        2);
    assert_int_equal(f->ops->cancel(queue, 99), 0);
    assert_int_equal(reap_some(f, queue, out, 8, 1), 1);
    endless_close(f, &endless);
    f->ops->queue_close(queue);
    close_file(f, &file);
    reads_release(&reads);
}

/* -- cancelling ----------------------------------------------------------- */

static void a_cancelled_operation_completes_once(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[4];
    struct endless endless;
    void *queue;

    queue = open_queue(f, 1); /* cancelling needs no room of operations */
    endless_open(f, &endless, UINT64_C(3) << 32);
    for (int flushed = 0; flushed < 2; flushed++) {
        assert_int_equal(f->ops->submit(queue, endless.list, 1), 1);
        if (flushed)
            assert_int_equal(f->ops->flush(queue), 0);
        assert_int_equal(f->ops->cancel(queue, endless.op.id), 0);
        assert_int_equal(reap_some(f, queue, out, 4, 1), 1);
        assert_true(out[0].id == endless.op.id);
        assert_int_equal(out[0].result, -ECANCELED);
        assert_int_equal(f->ops->reap(queue, out, 4, 1, 0), 0);
    }
    endless_close(f, &endless);
    f->ops->queue_close(queue);
}

static void cancelling_what_is_over_or_unknown_delivers_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[4];
    struct opened file;
    struct lio_op op, *list[] = { &op };
    void *queue;

    make_file(f, "data", 1);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, 2);
    op = sync_op(&file);
    op.id = 77;
    assert_int_equal(f->ops->submit(queue, list, 1), 1);
    assert_int_equal(reap_some(f, queue, out, 4, 1), 1);
    (void)f->ops->cancel(queue, 77);
    (void)f->ops->cancel(queue, 12345);
    assert_int_equal(f->ops->reap(queue, out, 4, 1, 1 * MS), 0);

    /* And the queue is as good as new. */
    assert_int_equal(f->ops->submit(queue, list, 1), 1);
    assert_int_equal(reap_some(f, queue, out, 4, 1), 1);
    assert_true(out[0].id == 77);
    f->ops->queue_close(queue);
    close_file(f, &file);
}

static void a_flood_of_cancels_and_wakes_harms_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[16];
    struct endless endless;
    struct reads reads;
    struct opened file;
    uint32_t done = 0;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    endless_open(f, &endless, 5000);
    queue = open_queue(f, 8);
    reads_init(&reads, &file, FILE_BYTES, 7, 0);
    assert_int_equal(f->ops->submit(queue, endless.list, 1), 1);
    assert_int_equal(f->ops->submit(queue, reads.list, 7), 7);
    for (uint64_t i = 0; i < 1000; i++) { /* nobody reaps */
        int rc = f->ops->cancel(queue, 6000 + i);

        assert_true(rc == 0 || rc == -EBUSY);
        assert_int_equal(f->ops->wake(queue), 0);
    }
    while (done < 7)
        done += reads_done(&reads, out, reap_some(f, queue, out, 16, 1), false);
    assert_int_equal(f->ops->cancel(queue, endless.op.id), 0);
    assert_int_equal(reap_some(f, queue, out, 16, 1), 1);
    assert_true(out[0].id == endless.op.id);
    endless_close(f, &endless);
    f->ops->queue_close(queue);
    close_file(f, &file);
    reads_release(&reads);
}

/* -- waking --------------------------------------------------------------- */

static void a_wake_ends_the_next_reap(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[2];
    void *queue;

    queue = open_queue(f, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(f->ops->wake(queue), 0);
        assert_int_equal(f->ops->wake(queue), 0);
        assert_int_equal(reap_some(f, queue, out, 2, 1), 0);
        assert_int_equal(f->ops->reap(queue, out, 2, 1, 0), 0);
    }
    f->ops->queue_close(queue);
}

static void a_wake_ends_a_reap_that_waits_for_many(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[8];
    struct endless endless;
    void *queue;

    queue = open_queue(f, 8);
    endless_open(f, &endless, 1);
    assert_int_equal(f->ops->submit(queue, endless.list, 1), 1);
    assert_int_equal(f->ops->wake(queue), 0);
    assert_int_equal(reap_some(f, queue, out, 8, 8), 0);
    assert_int_equal(f->ops->cancel(queue, 1), 0);
    assert_int_equal(reap_some(f, queue, out, 8, 1), 1);
    endless_close(f, &endless);
    f->ops->queue_close(queue);
}

/* -- refusals ------------------------------------------------------------- */

static void a_queue_of_no_depth_is_refused(void **state)
{
    static const uint32_t wrong[] = { 0, UINT32_MAX };
    struct fixture *f = *state;
    char mark;

    for (uint32_t i = 0; i < LIO_COUNT(wrong); i++) {
        struct lio_error err = { 0 };
        void *queue = &mark;

        assert_true(f->ops->queue_open(f->backend, wrong[i], &queue, &err) < 0);
        assert_true(err.code < 0 && err.msg[0]);
        assert_ptr_equal(queue, &mark);
    }
}

int test_backend_queue(void)
{
#define X(test)                                                                \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        X(a_full_queue_takes_a_prefix_and_completes_each_once),
        X(ids_come_back_with_all_their_bits),
        X(submitting_nothing_takes_nothing),
        X(reap_waits_for_min_and_takes_at_most_max),
        X(reap_of_0_sends_and_loses_nothing),
        X(reap_returns_0_when_the_time_is_up),
        X(a_timeout_delivers_what_is_there),
        X(a_cancelled_operation_completes_once),
        X(cancelling_what_is_over_or_unknown_delivers_nothing),
        X(a_flood_of_cancels_and_wakes_harms_nothing),
        X(a_wake_ends_the_next_reap),
        X(a_wake_ends_a_reap_that_waits_for_many),
        X(a_queue_of_no_depth_is_refused),
    };
#undef X

    return cmocka_run_group_tests(tests, NULL, NULL);
}
