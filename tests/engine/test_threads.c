/* Threads that come and go: whoever waits gets it, whoever submitted it. */
#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define FILE_BYTES (8 * MIB)
#define PIECE      3000u
#define NREADS     200u

struct shared {
    struct fixture *f;
    struct lio_file *file;
    char *memory;
    uint64_t ids[NREADS];
    int rc;
    pthread_barrier_t submitted, finished;
};

/* Out of the page cache, so that reads are really under way for a while. */
static void make_cold(struct fixture *f, uint32_t number)
{
    int fd = open(fixture_path(f, number), O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(fdatasync(fd), 0);
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    assert_int_equal(close(fd), 0);
}

static void shared_open(struct shared *s, struct fixture *f)
{
    *s = (struct shared){ .f = f };
    fixture_make(f, 1, FILE_BYTES);
    make_cold(f, 1);
    s->file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    s->memory = grab((size_t)NREADS * PIECE);
    memset(s->memory, 0, (size_t)NREADS * PIECE);
    assert_int_equal(pthread_barrier_init(&s->submitted, NULL, 2), 0);
    assert_int_equal(pthread_barrier_init(&s->finished, NULL, 2), 0);
}

static void shared_close(struct shared *s)
{
    pthread_barrier_destroy(&s->submitted);
    pthread_barrier_destroy(&s->finished);
    lio_file_close(s->file);
    free(s->memory);
}

static int submit_reads(struct shared *s)
{
    struct lio_request requests[NREADS];

    for (uint32_t i = 0; i < NREADS; i++)
        requests[i] =
            read_request(s->file, s->memory + (size_t)i * PIECE, PIECE,
                         (uint64_t)i * 40009 % (FILE_BYTES - PIECE));
    return lio_submit(s->f->engine, requests, NREADS, s->ids, NULL);
}

static void *submit_and_exit(void *arg)
{
    struct shared *s = arg;

    s->rc = submit_reads(s);
    return NULL;
}

static void reads_survive_the_thread_that_submitted_them(void **state)
{
    for (uint32_t round = 0; round < 20; round++) {
        struct shared s;
        pthread_t thread;

        shared_open(&s, *state);
        assert_int_equal(pthread_create(&thread, NULL, submit_and_exit, &s), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(s.rc, 0);
        for (uint32_t i = 0; i < NREADS; i++)
            wait_for_read(s.f, s.ids[i], 1);
        shared_close(&s);
    }
}

/* Syncs go through worker threads of the kernel, which end with the thread that
 * asked: they must be done all the same, and not count as failed. */
static void *sync_and_exit(void *arg)
{
    struct shared *s = arg;
    struct lio_request requests[NREADS];

    for (uint32_t i = 0; i < NREADS; i++)
        requests[i] =
            (struct lio_request){ .file = s->file, .kind = LIO_REQUEST_SYNC };
    s->rc = lio_submit(s->f->engine, requests, NREADS, s->ids, NULL);
    return NULL;
}

static void syncs_survive_the_thread_that_submitted_them(void **state)
{
    struct lio_error err;
    struct shared s;
    pthread_t thread;

    shared_open(&s, *state);
    assert_int_equal(pthread_create(&thread, NULL, sync_and_exit, &s), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(s.rc, 0);
    for (uint32_t i = 0; i < NREADS; i++) {
        struct lio_result result = wait_for(s.f, s.ids[i]);

        if (lio_result_error(&result, &err) < 0)
            fail_msg("%s", err.msg);
    }
    shared_close(&s);
}

static void *submit_and_sleep(void *arg)
{
    struct shared *s = arg;

    s->rc = submit_reads(s);
    pthread_barrier_wait(&s->submitted);
    pthread_barrier_wait(&s->finished);
    return NULL;
}

/* The submitter sleeps outside of the engine until everything is over. */
static void another_thread_reaps_what_a_sleeping_one_submitted(void **state)
{
    struct shared s;
    pthread_t thread;

    shared_open(&s, *state);
    assert_int_equal(pthread_create(&thread, NULL, submit_and_sleep, &s), 0);
    pthread_barrier_wait(&s.submitted);
    assert_int_equal(s.rc, 0);
    for (uint32_t i = 0; i < NREADS; i++)
        wait_for_read(s.f, s.ids[i], 1);
    pthread_barrier_wait(&s.finished);
    assert_int_equal(pthread_join(thread, NULL), 0);
    shared_close(&s);
}

/* -- many at once -------------------------------------------------------- */

#define NTHREADS 16u

struct reader {
    pthread_t thread;
    struct lio_file *file;
    pthread_barrier_t *start;
    uint32_t wrong;
};

/* All read the same cold blocks in the same order. */
static void *read_in_step(void *arg)
{
    struct reader *r = arg;
    char *buf = malloc(65536);

    for (uint64_t at = 0; buf && at < FILE_BYTES; at += 4 * 65536) {
        size_t got = 0;

        pthread_barrier_wait(r->start);
        if (lio_read(r->file, buf, 65536, at, 0, &got, NULL) < 0 ||
            got != 65536 || lio_test_differs(buf, got, 1, at) != got)
            r->wrong++;
    }
    r->wrong += !buf;
    free(buf);
    return NULL;
}

static void a_cold_block_is_read_once_for_all_threads(void **state)
{
    struct fixture *f = *state;
    struct reader readers[NTHREADS];
    struct lio_engine_stats stats;
    pthread_barrier_t start;
    struct lio_file *file;

    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    assert_int_equal(pthread_barrier_init(&start, NULL, NTHREADS), 0);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        readers[i] = (struct reader){ .file = file, .start = &start };
        assert_int_equal(
            pthread_create(&readers[i].thread, NULL, read_in_step, &readers[i]),
            0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].wrong, 0);
    }
    pthread_barrier_destroy(&start);

    stats = fixture_stats(f);
    assert_int_equal(stats.bytes_read, (uint64_t)NTHREADS * FILE_BYTES / 4);
    if (fixture_cached())
        assert_int_equal(stats.device_bytes_read, FILE_BYTES / 4);
    lio_file_close(file);
}

/* Readers of one lane, each with its own request, over and over: a hand-over
 * that is lost hangs here. */
static void *read_at_random(void *arg)
{
    struct reader *r = arg;
    uint64_t seed = (uint64_t)(uintptr_t)r;
    char buf[512];

    for (uint32_t i = 0; i < 500; i++) {
        uint64_t at = lio_test_random(&seed) % (FILE_BYTES - sizeof(buf));

        if (lio_read(r->file, buf, sizeof(buf), at, LIO_EXACT | LIO_NOCACHE,
                     NULL, NULL) < 0 ||
            lio_test_differs(buf, sizeof(buf), 1, at) != sizeof(buf))
            r->wrong++;
    }
    return NULL;
}

static void readers_of_one_lane_take_turns(void **state)
{
    static const char *const one[] = { "engine.lanes=1", "engine.queue_depth=8",
                                       NULL };
    struct fixture *f = fixture_open(one);
    struct reader readers[NTHREADS];
    struct lio_file *file;

    (void)state;
    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        readers[i] = (struct reader){ .file = file };
        assert_int_equal(pthread_create(&readers[i].thread, NULL,
                                        read_at_random, &readers[i]),
                         0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].wrong, 0);
    }
    lio_file_close(file);
    fixture_release(f);
}

/* -- writers and readers -------------------------------------------------- */

#define CELL   8192u
#define NCELLS 64u

struct cell_owner {
    pthread_t thread;
    struct lio_file *file;
    uint32_t which; /* writes cells which, which + 4, ... */
    uint32_t wrong;
};

/* Each writes its own cells, neighbours of the others', and reads them back. */
static void *own_cells(void *arg)
{
    struct cell_owner *o = arg;
    char out[CELL], in[CELL];

    for (uint32_t round = 0; round < 10; round++) {
        for (uint32_t cell = o->which; cell < NCELLS; cell += 4) {
            uint64_t at = (uint64_t)cell * CELL + 77;

            lio_test_fill(out, CELL, 100 * round + o->which, at);
            if (lio_write(o->file, out, CELL, at, NULL) < 0 ||
                lio_read(o->file, in, CELL, at, LIO_EXACT, NULL, NULL) < 0 ||
                memcmp(in, out, CELL) != 0)
                o->wrong++;
        }
    }
    return NULL;
}

static void neighbours_may_be_written_at_once(void **state)
{
    for (uint32_t direct = 0; direct < 2; direct++) {
        struct fixture *f = *state;
        struct cell_owner owners[4];
        struct lio_file *file;

        fixture_make(f, 1, (uint64_t)NCELLS * CELL + 500);
        file = fixture_file(f, 1,
                            LIO_READ | LIO_WRITE | (direct ? LIO_DIRECT : 0));
        for (uint32_t i = 0; i < 4; i++) {
            owners[i] = (struct cell_owner){ .file = file, .which = i };
            assert_int_equal(
                pthread_create(&owners[i].thread, NULL, own_cells, &owners[i]),
                0);
        }
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(pthread_join(owners[i].thread, NULL), 0);
            assert_int_equal(owners[i].wrong, 0);
        }
        for (uint32_t cell = 0; cell < NCELLS; cell++)
            check_read(file, 900 + cell % 4, CELL, (uint64_t)cell * CELL + 77);
        check_read(file, 1, 77, 0);
        check_read(file, 1, 423, (uint64_t)NCELLS * CELL + 77);
        lio_file_close(file);
    }
}

/* -- exactly once -------------------------------------------------------- */

#define NSHARED 2000u
#define NRACERS 4u

/* Ids that all racers wait for, cancel and drop at once. */
struct race {
    struct fixture *f;
    uint64_t ids[NSHARED];
    pthread_barrier_t start;
    _Atomic uint32_t delivered[NSHARED];
    _Atomic uint32_t dropped[NSHARED];
    _Atomic uint32_t wrong;
};

struct racer {
    pthread_t thread;
    struct race *race;
    uint32_t which;
};

static void take(struct race *race, uint32_t i, const struct lio_result *result)
{
    const char *buf = result->user;

    atomic_fetch_add(&race->delivered[i], 1);
    if (result->id != race->ids[i] ||
        (result->code != 0 && result->code != LIO_ECANCELED) ||
        (result->code == 0 &&
         lio_test_differs(buf, PIECE, 1, result->offset) != PIECE))
        atomic_fetch_add(&race->wrong, 1);
}

/* One thread at a time may wait for an id: racer 0 waits for the even ones,
 * racer 1 for the odd ones, racer 2 cancels, racer 3 drops some. */
static void *racer_run(void *arg)
{
    struct racer *r = arg;
    struct race *race = r->race;
    struct lio_engine *engine = race->f->engine;

    pthread_barrier_wait(&race->start);
    for (uint32_t i = 0; i < NSHARED; i++) {
        struct lio_result result;
        int rc = 0;

        if (r->which < 2 && i % 2 == r->which) {
            rc = lio_wait(engine, race->ids[i], PATIENCE_NS, &result);
            if (rc == 0)
                take(race, i, &result);
        } else if (r->which == 2 && i % 3 == 0) {
            rc = lio_cancel(engine, race->ids[i]);
        } else if (r->which == 3 && i % 5 == 0) {
            rc = lio_drop(engine, race->ids[i]);
            if (rc == 0)
                atomic_fetch_add(&race->dropped[i], 1);
        }
        if (rc != 0 && rc != LIO_ESTALE)
            atomic_fetch_add(&race->wrong, 1);
    }
    return NULL;
}

static void each_request_ends_exactly_once(void **state)
{
    struct race *race = calloc(1, sizeof(*race));
    struct lio_request *requests = calloc(NSHARED, sizeof(*requests));
    struct racer racers[NRACERS];
    char *memory = grab((size_t)NSHARED * PIECE);
    struct lio_file *file;

    assert_true(race && requests);
    race->f = *state;
    fixture_make(race->f, 1, FILE_BYTES);
    file = fixture_file(race->f, 1, LIO_READ);
    assert_int_equal(pthread_barrier_init(&race->start, NULL, NRACERS), 0);
    for (uint32_t i = 0; i < NSHARED; i++)
        requests[i] = read_request(file, memory + (size_t)i * PIECE, PIECE,
                                   (uint64_t)i * 40009 % (FILE_BYTES - PIECE));
    submit_all(race->f, requests, NSHARED, race->ids);

    for (uint32_t i = 0; i < NRACERS; i++) {
        racers[i] = (struct racer){ .race = race, .which = i };
        assert_int_equal(
            pthread_create(&racers[i].thread, NULL, racer_run, &racers[i]), 0);
    }
    for (uint32_t i = 0; i < NRACERS; i++)
        assert_int_equal(pthread_join(racers[i].thread, NULL), 0);

    assert_int_equal(atomic_load(&race->wrong), 0);
    for (uint32_t i = 0; i < NSHARED; i++)
        assert_int_equal(atomic_load(&race->delivered[i]) +
                             atomic_load(&race->dropped[i]),
                         1);
    pthread_barrier_destroy(&race->start);
    lio_file_close(file);
    free(memory);
    free(requests);
    free(race);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_survive_the_thread_that_submitted_them),
        TEST(syncs_survive_the_thread_that_submitted_them),
        TEST(another_thread_reaps_what_a_sleeping_one_submitted),
        TEST(a_cold_block_is_read_once_for_all_threads),
        cmocka_unit_test(readers_of_one_lane_take_turns),
        TEST(neighbours_may_be_written_at_once),
        TEST(each_request_ends_exactly_once),
    };
    int rc = fixture_arguments(argc, argv);

    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
