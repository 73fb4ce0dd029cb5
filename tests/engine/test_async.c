/* Asynchronous calls: every way to submit, and every way to learn the end. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "common/clock.h"

#define FILE_BYTES (4 * MIB + 777u)
#define PIECE      5000u

/* One file, opened, and room for many reads of it. */
struct reads {
    struct lio_file *file;
    uint32_t n;
    struct lio_request *requests;
    uint64_t *ids;
    char *memory;
};

static struct reads reads_open(struct fixture *f, uint32_t n)
{
    struct reads r = { .n = n };

    fixture_make(f, 1, FILE_BYTES);
    r.file = fixture_file(f, 1, LIO_READ);
    r.requests = grab(n * sizeof(*r.requests));
    r.ids = grab(n * sizeof(*r.ids));
    r.memory = grab((size_t)n * PIECE);
    for (uint32_t i = 0; i < n; i++)
        r.requests[i] =
            read_request(r.file, r.memory + (size_t)i * PIECE, PIECE,
                         (uint64_t)i * 7919 % (FILE_BYTES - PIECE));
    return r;
}

static void reads_close(struct reads *r)
{
    lio_file_close(r->file);
    free(r->requests);
    free(r->ids);
    free(r->memory);
}

/* -- by id --------------------------------------------------------------- */

static void a_result_repeats_its_request(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 1);
    struct lio_result result;
    struct lio_error err;

    r.requests[0].user = &r;
    submit_all(f, r.requests, 1, r.ids);
    result = wait_for(f, r.ids[0]);
    assert_int_equal(result.code, 0);
    assert_int_equal(lio_result_error(&result, &err), 0);
    assert_ptr_equal(result.user, &r);
    assert_ptr_equal(result.file, r.file);
    assert_int_equal(result.kind, LIO_REQUEST_READ);
    assert_int_equal(result.offset, r.requests[0].offset);
    assert_int_equal(result.length, PIECE);
    assert_int_equal(result.bytes, PIECE);
    assert_null(result.view);
    check_bytes(r.memory, PIECE, 1, result.offset);
    reads_close(&r);
}

static void ids_may_be_waited_for_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 300);

    submit_all(f, r.requests, r.n, r.ids);
    for (uint32_t i = 0; i < r.n; i++)
        wait_for_read(f, r.ids[i * 77 % r.n], 1);
    reads_close(&r);
}

static void ids_are_unique(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 64);
    uint64_t seen[3][64];

    for (uint32_t round = 0; round < 3; round++) {
        submit_all(f, r.requests, r.n, r.ids);
        memcpy(seen[round], r.ids, sizeof(seen[round]));
        for (uint32_t i = 0; i < r.n; i++)
            wait_for_read(f, r.ids[i], 1);
    }
    for (uint32_t i = 0; i < 3 * 64; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(seen[i / 64][i % 64], seen[j / 64][j % 64]);
    reads_close(&r);
}

static void polling_ends_in_a_result(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 1);
    struct lio_result result;
    int rc;

    submit_all(f, r.requests, 1, r.ids);
    do
        rc = lio_wait(f->engine, r.ids[0], 0, &result);
    while (rc == LIO_ETIMEDOUT);
    assert_int_equal(rc, 0);
    assert_int_equal(result.code, 0);
    check_bytes(r.memory, PIECE, 1, result.offset);
    reads_close(&r);
}

static void a_second_wait_is_stale(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 2);
    struct lio_result result;

    submit_all(f, r.requests, 1, r.ids);
    wait_for_read(f, r.ids[0], 1);
    assert_int_equal(lio_wait(f->engine, r.ids[0], 0, &result), LIO_ESTALE);

    /* Nor does it reach the request that has taken its place. */
    submit_all(f, r.requests + 1, 1, r.ids + 1);
    assert_int_equal(lio_wait(f->engine, r.ids[0], -1, &result), LIO_ESTALE);
    assert_int_equal(lio_cancel(f->engine, r.ids[0]), LIO_ESTALE);
    assert_int_equal(lio_drop(f->engine, r.ids[0]), LIO_ESTALE);
    assert_int_equal(lio_wait_any(f->engine, r.ids, 2, -1, &result),
                     LIO_ESTALE);
    wait_for_read(f, r.ids[1], 1);
    reads_close(&r);
}

static void an_id_never_given_out_is_stale(void **state)
{
    static const uint64_t ids[] = { 0, 1, 0xffffffff, UINT64_C(1) << 32,
                                    UINT64_MAX };
    struct fixture *f = *state;
    struct lio_result result;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_int_equal(lio_wait(f->engine, ids[i], -1, &result), LIO_ESTALE);
        assert_int_equal(lio_cancel(f->engine, ids[i]), LIO_ESTALE);
        assert_int_equal(lio_drop(f->engine, ids[i]), LIO_ESTALE);
    }
    assert_int_equal(lio_wait_any(f->engine, ids, 0, -1, &result), LIO_EINVAL);
}

static void wait_any_takes_each_result_once(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 50);
    uint32_t left = r.n;

    submit_all(f, r.requests, r.n, r.ids);
    while (left > 0) {
        struct lio_result result;
        uint32_t i = 0;

        assert_int_equal(
            lio_wait_any(f->engine, r.ids, left, PATIENCE_NS, &result), 0);
        assert_int_equal(result.code, 0);
        check_bytes(result.user, PIECE, 1, result.offset);
        while (i < left && r.ids[i] != result.id)
            i++;
        assert_true(i < left);
        r.ids[i] = r.ids[--left];
    }
    reads_close(&r);
}

/* -- completion queues --------------------------------------------------- */

static struct lio_cq *queue_open(struct fixture *f)
{
    struct lio_cq *queue = NULL;

    if (lio_cq_open(f->engine, &queue, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return queue;
}

static void a_queue_delivers_each_result_once(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 1000);
    struct lio_cq *queue = queue_open(f);
    struct lio_result results[64];
    bool *seen = calloc(r.n, sizeof(*seen));
    uint32_t total = 0;

    assert_non_null(seen);
    for (uint32_t i = 0; i < r.n; i++)
        r.requests[i].queue = queue;
    submit_all(f, r.requests, r.n, NULL);

    while (total < r.n) {
        int n = lio_cq_wait(queue, results, 64, 7, PATIENCE_NS);

        assert_true(n >= (r.n - total < 7 ? (int)(r.n - total) : 7));
        assert_true(n <= 64);
        for (int i = 0; i < n; i++) {
            size_t which = (size_t)((char *)results[i].user - r.memory) / PIECE;

            assert_int_equal(results[i].code, 0);
            check_bytes(results[i].user, PIECE, 1, results[i].offset);
            assert_false(seen[which]);
            seen[which] = true;
        }
        total += (uint32_t)n;
    }
    assert_int_equal(lio_cq_wait(queue, results, 64, 0, 0), 0);
    assert_int_equal(lio_cq_wait(queue, results, 64, 1, -1), 0);
    lio_cq_close(queue);
    free(seen);
    reads_close(&r);
}

static void a_queue_keeps_a_depth_with_staged_requests(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 32);
    struct lio_cq *queue = queue_open(f);
    struct lio_result results[32];
    uint32_t submitted = r.n, taken = 0;

    for (uint32_t i = 0; i < r.n; i++) {
        r.requests[i].queue = queue;
        r.requests[i].flags = LIO_STAGE;
    }
    submit_all(f, r.requests, r.n, NULL);

    while (taken < submitted) {
        int n = lio_cq_wait(queue, results, 32, 1, PATIENCE_NS);

        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
            assert_int_equal(results[i].code, 0);
            check_bytes(results[i].user, PIECE, 1, results[i].offset);
        }
        taken += (uint32_t)n;
        for (int i = 0; i < n && submitted < 2000; i++, submitted++) {
            struct lio_request again = r.requests[0];

            again.buf = again.user = results[i].user;
            again.offset = (uint64_t)submitted * 4099 % (FILE_BYTES - PIECE);
            submit_all(f, &again, 1, NULL);
        }
    }
    lio_cq_close(queue);
    reads_close(&r);
}

static void the_id_of_a_queued_request_is_not_for_waiting(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 1);
    struct lio_cq *queue = queue_open(f);
    struct lio_result result;
    int rc;

    r.requests[0].queue = queue;
    submit_all(f, r.requests, 1, r.ids);
    rc = lio_wait(f->engine, r.ids[0], 0, &result);
    assert_true(rc == LIO_EINVAL || rc == LIO_ESTALE);
    assert_int_equal(lio_cq_wait(queue, &result, 1, 1, PATIENCE_NS), 1);
    assert_int_equal(result.id, r.ids[0]);
    lio_cq_close(queue);
    reads_close(&r);
}

static void closing_a_queue_throws_its_results_away(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 100);
    struct lio_cq *queue = queue_open(f);

    for (uint32_t i = 0; i < r.n; i++) {
        r.requests[i].queue = queue;
        r.requests[i].flags = i % 2 ? LIO_VIEW : 0;
    }
    submit_all(f, r.requests, r.n, NULL);
    lio_cq_close(queue);
    lio_cq_close(NULL);
    assert_int_equal(fixture_stats(f).pinned_blocks, 0);
    reads_close(&r);
}

/* -- callbacks ----------------------------------------------------------- */

struct calls {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fixture *fixture;
    uint32_t count;   /* how often the callback ran */
    uint32_t again;   /* requests that it has still to submit */
    uint32_t wrong;   /* results that were not right */
    uint32_t refused; /* submissions that were not taken */
};

static void calls_init(struct calls *calls, struct fixture *f, uint32_t again)
{
    *calls = (struct calls){ .fixture = f, .again = again };
    pthread_mutex_init(&calls->lock, NULL);
    pthread_cond_init(&calls->changed, NULL);
}

static void calls_await(struct calls *calls, uint32_t n)
{
    pthread_mutex_lock(&calls->lock);
    while (calls->count < n)
        pthread_cond_wait(&calls->changed, &calls->lock);
    pthread_mutex_unlock(&calls->lock);
}

static void calls_release(struct calls *calls)
{
    pthread_cond_destroy(&calls->changed);
    pthread_mutex_destroy(&calls->lock);
}

/* Checks its result, and submits the next read, as a view. */
static void on_done(const struct lio_result *result, void *user)
{
    struct calls *calls = user;
    size_t len = result->bytes, at = result->offset;
    bool wrong = result->code != 0 || len != result->length, again;
    bool refused = false;

    pthread_mutex_lock(&calls->lock);
    again = calls->again > 0;
    calls->again -= again;
    pthread_mutex_unlock(&calls->lock);

    if (!wrong && result->view) {
        const struct lio_segment *first = &result->view->segments[0];

        wrong = lio_test_differs(first->base, first->len, 1, at) != first->len;
        lio_view_put(result->view);
    }
    if (again) {
        struct lio_request next =
            read_request(result->file, NULL, len, (at + 4099) % 4000000);

        next.flags = LIO_VIEW;
        next.callback = on_done;
        next.user = calls;
        refused = lio_submit(calls->fixture->engine, &next, 1, NULL, NULL) < 0;
    }
    pthread_mutex_lock(&calls->lock);
    calls->wrong += wrong;
    calls->refused += refused;
    calls->count++;
    pthread_cond_signal(&calls->changed);
    pthread_mutex_unlock(&calls->lock);
}

static void a_callback_runs_once_with_nobody_waiting(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 200);
    struct calls calls;

    calls_init(&calls, f, 0);
    for (uint32_t i = 0; i < r.n; i++) {
        r.requests[i].callback = on_done;
        r.requests[i].user = &calls;
    }
    submit_all(f, r.requests, r.n, NULL);
    calls_await(&calls, r.n);
    lio_file_close(r.file); /* nothing is left that could call again */
    r.file = NULL;

    assert_int_equal(calls.count, r.n);
    assert_int_equal(calls.wrong, 0);
    for (uint32_t i = 0; i < r.n; i++)
        check_bytes(r.memory + (size_t)i * PIECE, PIECE, 1,
                    r.requests[i].offset);
    calls_release(&calls);
    reads_close(&r);
}

static void a_callback_may_submit_again(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 8);
    struct calls calls;

    calls_init(&calls, f, 2000);
    for (uint32_t i = 0; i < r.n; i++) {
        r.requests[i].callback = on_done;
        r.requests[i].user = &calls;
        r.requests[i].flags = LIO_VIEW;
    }
    submit_all(f, r.requests, r.n, NULL);
    calls_await(&calls, 2008);
    assert_int_equal(calls.count, 2008);
    assert_int_equal(calls.wrong, 0);
    assert_int_equal(calls.refused, 0);
    calls_release(&calls);
    reads_close(&r);
}

/* A hit completes inside submit: the depth of recursion must not follow the
 * number of requests. */
static void a_chain_of_hits_does_not_use_up_the_stack(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 1);
    struct calls calls;

    check_read(r.file, 1, FILE_BYTES, 0);
    calls_init(&calls, f, 200000);
    r.requests[0].callback = on_done;
    r.requests[0].user = &calls;
    r.requests[0].flags = LIO_VIEW;
    r.requests[0].length = 10;
    submit_all(f, r.requests, 1, NULL);
    calls_await(&calls, 200001);
    assert_int_equal(calls.wrong, 0);
    assert_int_equal(calls.refused, 0);
    calls_release(&calls);
    reads_close(&r);
}

/* -- mixtures ------------------------------------------------------------ */

static void a_batch_may_mix_kinds_files_and_endings(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 4);
    struct lio_file *out = fixture_file(f, 2, LIO_WRITE | LIO_CREATE);
    struct lio_cq *queue = queue_open(f);
    struct lio_result result;
    struct calls calls;
    char *written = grab(100000);
    uint64_t ids[6];
    struct lio_request batch[6] = {
        r.requests[0],
        r.requests[1],
        r.requests[2],
        r.requests[3],
        write_request(out, written, 100000, 12345),
        { .file = out, .kind = LIO_REQUEST_SYNC },
    };

    calls_init(&calls, f, 0);
    lio_test_fill(written, 100000, 2, 12345);
    batch[1].queue = queue;
    batch[2].callback = on_done;
    batch[2].user = &calls;
    batch[3].flags = LIO_VIEW;
    submit_all(f, batch, 6, ids);

    wait_for_read(f, ids[0], 1);
    assert_int_equal(lio_cq_wait(queue, &result, 1, 1, PATIENCE_NS), 1);
    assert_int_equal(result.code, 0);
    check_bytes(result.user, PIECE, 1, result.offset);
    calls_await(&calls, 1);
    assert_int_equal(calls.wrong, 0);

    result = wait_for(f, ids[3]);
    assert_int_equal(result.code, 0);
    assert_non_null(result.view);
    check_view(result.view, 1, PIECE, result.offset);
    lio_view_put(result.view);

    result = wait_for(f, ids[4]);
    assert_int_equal(result.code, 0);
    assert_int_equal(result.kind, LIO_REQUEST_WRITE);
    assert_int_equal(result.bytes, 100000);
    result = wait_for(f, ids[5]);
    assert_int_equal(result.code, 0);
    assert_int_equal(result.kind, LIO_REQUEST_SYNC);
    lio_file_close(out);

    out = fixture_file(f, 2, LIO_READ);
    check_read(out, 2, 100000, 12345);
    lio_file_close(out);
    free(written);
    calls_release(&calls);
    lio_cq_close(queue);
    reads_close(&r);
}

static void staged_requests_go_out_with_a_flush(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 20);
    struct calls calls;

    calls_init(&calls, f, 0);
    for (uint32_t i = 0; i < r.n; i++) {
        r.requests[i].flags = LIO_STAGE;
        r.requests[i].callback = on_done;
        r.requests[i].user = &calls;
    }
    for (uint32_t i = 0; i < r.n; i++)
        submit_all(f, &r.requests[i], 1, NULL);
    lio_flush(f->engine);
    calls_await(&calls, r.n); /* nobody of ours is inside the engine */
    assert_int_equal(calls.wrong, 0);
    calls_release(&calls);
    reads_close(&r);
}

static void staged_requests_go_out_with_a_wait(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 20);

    for (uint32_t i = 0; i < r.n; i++)
        r.requests[i].flags = LIO_STAGE;
    submit_all(f, r.requests, r.n, r.ids);
    for (uint32_t i = r.n; i > 0; i--)
        wait_for_read(f, r.ids[i - 1], 1);
    reads_close(&r);
}

/* The first wait may end before it has got round to the second read: that one
 * must go on although nobody waits for it without a limit. */
static void what_one_wait_leaves_undone_goes_on(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 2);

    for (uint32_t round = 0; round < 3000; round++) {
        struct lio_result result;
        uint64_t end = lio_clock_ns() + PATIENCE_NS;

        for (uint32_t i = 0; i < 2; i++) {
            r.requests[i].flags = LIO_STAGE | LIO_NOCACHE;
            r.requests[i].length = 10;
        }
        submit_all(f, r.requests, 2, r.ids);
        wait_for_read(f, r.ids[0], 1);
        while (lio_wait(f->engine, r.ids[1], 0, &result) == LIO_ETIMEDOUT) {
            sched_yield();
            assert_true(lio_clock_ns() < end);
        }
        assert_int_equal(result.code, 0);
    }
    reads_close(&r);
}

static void an_error_comes_as_the_code_of_the_result(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 1);
    struct lio_result result;
    struct lio_error err;

    r.requests[0].offset = FILE_BYTES - 100;
    r.requests[0].flags = LIO_EXACT;
    submit_all(f, r.requests, 1, r.ids);
    result = wait_for(f, r.ids[0]);
    assert_int_equal(result.code, LIO_EEOF);
    assert_int_equal(lio_result_error(&result, &err), LIO_EEOF);
    assert_int_equal(err.code, LIO_EEOF);
    assert_int_equal(err.offset, FILE_BYTES - 100);
    assert_non_null(strstr(err.msg, "file-1"));

    r.requests[0].flags = 0;
    submit_all(f, r.requests, 1, r.ids);
    result = wait_for(f, r.ids[0]);
    assert_int_equal(result.code, 0);
    assert_int_equal(result.bytes, 100);
    reads_close(&r);
}

/* -- refusals ------------------------------------------------------------ */

static void refused(struct fixture *f, struct reads *r, struct lio_request bad)
{
    struct lio_request batch[3] = { r->requests[0], bad, r->requests[1] };
    struct lio_engine_stats before = fixture_stats(f);
    uint64_t ids[3] = { 7, 7, 7 };

    assert_int_equal(lio_submit(f->engine, batch, 3, ids, &f->err), LIO_EINVAL);
    assert_int_equal(f->err.code, LIO_EINVAL);
    assert_true(f->err.msg[0] != '\0');
    assert_int_equal(ids[0], 7);
    assert_int_equal(fixture_stats(f).requests, before.requests);
}

static void one_bad_request_refuses_its_whole_batch(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 2);
    struct lio_cq *queue = queue_open(f);
    struct lio_request bad;

    bad = r.requests[0];
    bad.file = NULL;
    refused(f, &r, bad);

    bad = r.requests[0];
    bad.kind = 99;
    refused(f, &r, bad);

    bad = r.requests[0];
    bad.flags = 1u << 31;
    refused(f, &r, bad);

    bad = r.requests[0];
    bad.buf = NULL;
    refused(f, &r, bad);

    bad = r.requests[0];
    bad.offset = UINT64_MAX - 10;
    refused(f, &r, bad);

    bad = r.requests[0];
    bad.kind = LIO_REQUEST_WRITE; /* the file is open for reading */
    refused(f, &r, bad);

    bad = r.requests[0];
    bad.queue = queue;
    bad.callback = on_done;
    refused(f, &r, bad);

    assert_int_equal(lio_submit(f->engine, r.requests, 2, NULL, &f->err),
                     LIO_EINVAL);
    lio_cq_close(queue);
    reads_close(&r);
}

/* -- cancel and drop ------------------------------------------------------ */

/* Whenever it comes, a cancelled request is delivered once: cancelled, or as if
 * nothing had happened. */
static void a_cancelled_request_is_delivered_once(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 500);
    struct lio_engine_stats before = fixture_stats(f), after;
    uint32_t ncancelled = 0;

    submit_all(f, r.requests, r.n, r.ids);
    for (uint32_t i = r.n; i > 0; i--)
        assert_int_equal(lio_cancel(f->engine, r.ids[i - 1]), 0);
    for (uint32_t i = 0; i < r.n; i++) {
        struct lio_result result = wait_for(f, r.ids[i]);

        if (result.code == LIO_ECANCELED)
            ncancelled++;
        else
            check_bytes(result.user, PIECE, 1, result.offset);
        assert_true(result.code == 0 || result.code == LIO_ECANCELED);
        assert_int_equal(lio_cancel(f->engine, r.ids[i]), LIO_ESTALE);
    }
    after = fixture_stats(f);
    assert_int_equal(after.cancelled - before.cancelled, ncancelled);
    assert_int_equal(after.delivered - before.delivered, r.n);
    reads_close(&r);
}

/* The memory is ours again when drop returns: a write to it after free() is
 * what the address sanitizer finds. */
static void a_dropped_request_lets_go_of_its_memory(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 200);
    struct lio_result result;

    for (uint32_t i = 0; i < r.n; i++)
        r.requests[i].buf = grab(PIECE);
    submit_all(f, r.requests, r.n, r.ids);
    for (uint32_t i = 0; i < r.n; i++) {
        assert_int_equal(lio_drop(f->engine, r.ids[i]), 0);
        free(r.requests[i].buf);
        assert_int_equal(lio_wait(f->engine, r.ids[i], 0, &result), LIO_ESTALE);
        assert_int_equal(lio_drop(f->engine, r.ids[i]), LIO_ESTALE);
    }
    reads_close(&r);
}

static void a_dropped_view_is_put(void **state)
{
    struct fixture *f = *state;
    struct reads r = reads_open(f, 100);

    for (uint32_t i = 0; i < r.n; i++)
        r.requests[i].flags = LIO_VIEW;
    submit_all(f, r.requests, r.n, r.ids);
    for (uint32_t i = 0; i < r.n; i++)
        assert_int_equal(lio_drop(f->engine, r.ids[i]), 0);
    lio_file_close(r.file);
    r.file = NULL;
    assert_int_equal(fixture_stats(f).pinned_blocks, 0);
    reads_close(&r);
}

/* -- the executor -------------------------------------------------------- */

static void count_up(void *user)
{
    atomic_fetch_add((_Atomic uint32_t *)user, 1);
}

static void executed_work_runs_once(void **state)
{
    static const char *const small[] = { "engine.worker_queue=4", NULL };
    struct fixture *f = fixture_open(small);
    _Atomic uint32_t count = 0;

    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(lio_execute(f->engine, count_up, (void *)&count), 0);
    while (atomic_load(&count) < 5000)
        sched_yield();
    fixture_release(f);
    assert_int_equal(atomic_load(&count), 5000);
}

static void stay(void *user)
{
    while (!atomic_load((_Atomic bool *)user))
        sched_yield();
}

/* Neither the requests, nor those that wait for what another one loads, need
 * the worker that is at the work. */
static void requests_do_not_wait_for_executed_work(void **state)
{
    static const char *const small[] = { "engine.workers=1",
                                         "engine.max_op_size=4K", NULL };
    struct fixture *f = fixture_open(small);
    struct reads r = reads_open(f, 200);
    _Atomic bool enough = false;

    (void)state;
    assert_int_equal(lio_execute(f->engine, stay, (void *)&enough), 0);
    submit_all(f, r.requests, r.n, r.ids);
    for (uint32_t i = r.n; i-- > 0;)
        wait_for_read(f, r.ids[i], 1);
    atomic_store(&enough, true);
    reads_close(&r);
    fixture_release(f);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_result_repeats_its_request),
        TEST(ids_may_be_waited_for_in_any_order),
        TEST(ids_are_unique),
        TEST(polling_ends_in_a_result),
        TEST(a_second_wait_is_stale),
        TEST(an_id_never_given_out_is_stale),
        TEST(wait_any_takes_each_result_once),
        TEST(a_queue_delivers_each_result_once),
        TEST(a_queue_keeps_a_depth_with_staged_requests),
        TEST(the_id_of_a_queued_request_is_not_for_waiting),
        TEST(closing_a_queue_throws_its_results_away),
        TEST(a_callback_runs_once_with_nobody_waiting),
        TEST(a_callback_may_submit_again),
        TEST(a_chain_of_hits_does_not_use_up_the_stack),
        TEST(a_batch_may_mix_kinds_files_and_endings),
        TEST(staged_requests_go_out_with_a_flush),
        TEST(staged_requests_go_out_with_a_wait),
        TEST(what_one_wait_leaves_undone_goes_on),
        TEST(an_error_comes_as_the_code_of_the_result),
        TEST(one_bad_request_refuses_its_whole_batch),
        TEST(a_cancelled_request_is_delivered_once),
        TEST(a_dropped_request_lets_go_of_its_memory),
        TEST(a_dropped_view_is_put),
        cmocka_unit_test(executed_work_runs_once),
        cmocka_unit_test(requests_do_not_wait_for_executed_work),
    };
    int rc = fixture_arguments(argc, argv);

    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
