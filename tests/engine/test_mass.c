/*
 * Many requests at once: 1,000 and 100,000, from 1 to 64 threads, on one file
 * and on 2,000 files under a limit of 64 descriptors.  Every byte is checked.
 *
 * The thread sanitizer makes everything ten times slower: it gets a twentieth
 * of the requests, which is enough for it to see every pair of accesses.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#include "support/sanitizer.h"

#define NFILES     2000u
#define FILE_BYTES 40000u /* of each of the many; the last sector is short */
#define ONE_BYTES  (16 * MIB + 321u)

#define SCALE (LIO_TEST_TSAN ? 20u : 1u)

/* What a thread does, and how it went; nothing here is shared. */
struct party {
    pthread_t thread;
    struct lio_engine *engine;
    struct lio_file **files; /* nfiles of them, numbered from 1 */
    uint32_t nfiles;
    uint64_t file_bytes;
    size_t most_bytes; /* of a request */
    uint64_t seed;
    uint32_t n; /* requests, all at once */
    uint32_t wrong;
};

/* One request; lio_request.user points at it. */
struct slot {
    uint32_t number; /* of its file */
    uint32_t results;
    char *buf; /* NULL: a view */
    uint64_t id;
};

static bool right_view(const struct lio_view *view, uint32_t number,
                       uint64_t offset)
{
    for (uint32_t i = 0; i < view->nsegments; i++) {
        const struct lio_segment *s = &view->segments[i];

        if (lio_test_differs(s->base, s->len, number, offset) != s->len)
            return false;
        offset += s->len;
    }
    return true;
}

/* The first result of its request, as many bytes as the file has there, and
 * the right ones. */
static bool right(const struct party *p, const struct lio_result *result)
{
    struct slot *slot = result->user;
    uint64_t there = p->file_bytes - result->offset;
    bool ok =
        result->code == 0 && slot->results++ == 0 &&
        result->bytes == (result->length < there ? result->length : there);

    if (!ok)
        return false;
    if (slot->buf)
        return lio_test_differs(slot->buf, result->bytes, slot->number,
                                result->offset) == result->bytes;
    ok = result->view->bytes == result->bytes &&
         right_view(result->view, slot->number, result->offset);
    lio_view_put(result->view);
    return ok;
}

/* Three ways in turn: into memory, as a view, into memory and by queue. */
static struct lio_request random_request(struct party *p, uint32_t i,
                                         struct slot *slot, char **memory,
                                         struct lio_cq *queue)
{
    uint64_t which = lio_test_random(&p->seed) % p->nfiles;
    struct lio_request request = {
        .file = p->files[which],
        .offset = lio_test_random(&p->seed) % p->file_bytes,
        .length = 1 + lio_test_random(&p->seed) % p->most_bytes,
        .flags = i % 3 == 1 ? LIO_VIEW : 0,
        .queue = i % 3 == 2 ? queue : NULL,
        .user = slot,
    };

    slot->number = (uint32_t)which + 1;
    if (i % 3 != 1) {
        request.buf = slot->buf = *memory;
        *memory += request.length;
    }
    return request;
}

static void take_from_queue(struct party *p, struct lio_cq *queue, uint32_t n)
{
    struct lio_result results[16];

    while (n > 0) {
        int got = lio_cq_wait(queue, results, 16, 1, PATIENCE_NS);

        if (got <= 0 || (uint32_t)got > n)
            break;
        for (int i = 0; i < got; i++)
            p->wrong += !right(p, &results[i]);
        n -= (uint32_t)got;
    }
    p->wrong += n;
}

static void take_by_id(struct party *p, const struct slot *slots)
{
    for (uint32_t i = p->n; i-- > 0;) {
        struct lio_result result;

        if (i % 3 != 2 &&
            (lio_wait(p->engine, slots[i].id, PATIENCE_NS, &result) < 0 ||
             !right(p, &result)))
            p->wrong++;
    }
}

static void submit_and_take(struct party *p, struct lio_request *requests,
                            struct slot *slots, uint64_t *ids, char *memory,
                            struct lio_cq *queue)
{
    for (uint32_t i = 0; i < p->n; i++)
        requests[i] = random_request(p, i, &slots[i], &memory, queue);
    if (lio_submit(p->engine, requests, p->n, ids, NULL) < 0) {
        p->wrong = p->n;
        return;
    }
    for (uint32_t i = 0; i < p->n; i++)
        slots[i].id = ids[i];
    take_from_queue(p, queue, p->n / 3);
    take_by_id(p, slots);
}

static void *party_run(void *arg)
{
    struct party *p = arg;
    struct lio_request *requests = calloc(p->n, sizeof(*requests));
    struct slot *slots = calloc(p->n, sizeof(*slots));
    uint64_t *ids = calloc(p->n, sizeof(*ids));
    char *memory = malloc(p->n * p->most_bytes);
    struct lio_cq *queue = NULL;

    if (requests && slots && ids && memory &&
        lio_cq_open(p->engine, &queue, NULL) == 0)
        submit_and_take(p, requests, slots, ids, memory, queue);
    else
        p->wrong = p->n;
    lio_cq_close(queue);
    free(memory);
    free(ids);
    free(slots);
    free(requests);
    return NULL;
}

static void run_parties(struct fixture *f, struct lio_file **files,
                        uint32_t nfiles, uint64_t file_bytes, size_t most_bytes,
                        uint32_t total, uint32_t nthreads)
{
    struct party *parties = calloc(nthreads, sizeof(*parties));
    uint32_t wrong = 0;

    assert_non_null(parties);
    for (uint32_t i = 0; i < nthreads; i++) {
        parties[i] = (struct party){
            .engine = f->engine,
            .files = files,
            .nfiles = nfiles,
            .file_bytes = file_bytes,
            .most_bytes = most_bytes,
            .seed = (uint64_t)i << 32,
            .n = total / nthreads / 3 * 3 + 3,
        };
        assert_int_equal(
            pthread_create(&parties[i].thread, NULL, party_run, &parties[i]),
            0);
    }
    for (uint32_t i = 0; i < nthreads; i++) {
        assert_int_equal(pthread_join(parties[i].thread, NULL), 0);
        wrong += parties[i].wrong;
    }
    assert_int_equal(wrong, 0);
    free(parties);
}

/* The fewer, the larger. */
static void on_one_file(struct fixture *f, uint32_t total, uint32_t nthreads)
{
    size_t most_bytes = total < 10000 ? 100000 : 2000;
    struct lio_file *file;

    fixture_make(f, 1, ONE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    run_parties(f, &file, 1, ONE_BYTES, most_bytes, total / SCALE, nthreads);
    lio_file_close(file);
}

static void a_thousand_from_1_thread(void **state)
{
    on_one_file(*state, 1000, 1);
}

static void a_thousand_from_4_threads(void **state)
{
    on_one_file(*state, 1000, 4);
}

static void a_thousand_from_16_threads(void **state)
{
    on_one_file(*state, 1000, 16);
}

static void a_thousand_from_64_threads(void **state)
{
    on_one_file(*state, 6400, 64);
}

static void a_hundred_thousand_from_1_thread(void **state)
{
    on_one_file(*state, 100000, 1);
}

static void a_hundred_thousand_from_4_threads(void **state)
{
    on_one_file(*state, 100000, 4);
}

static void a_hundred_thousand_from_16_threads(void **state)
{
    on_one_file(*state, 100000, 16);
}

static void a_hundred_thousand_from_64_threads(void **state)
{
    on_one_file(*state, 100000, 64);
}

/* -- many files ---------------------------------------------------------- */

static void on_many_files(struct fixture *f, uint32_t total, uint32_t nthreads)
{
    struct lio_file **files = grab(NFILES * sizeof(struct lio_file *));

    for (uint32_t i = 0; i < NFILES; i++) {
        fixture_make(f, i + 1, FILE_BYTES);
        files[i] = fixture_file(f, i + 1, LIO_READ);
    }
    run_parties(f, files, NFILES, FILE_BYTES, 9000, total / SCALE, nthreads);
    assert_true(fixture_stats(f).open_handles < 64);
    for (uint32_t i = 0; i < NFILES; i++)
        lio_file_close(files[i]);
    free(files);
}

static void two_thousand_files_from_1_thread(void **state)
{
    on_many_files(*state, 20000, 1);
}

static void two_thousand_files_from_16_threads(void **state)
{
    on_many_files(*state, 20000, 16);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* For the whole program: what the engine keeps open besides counts as well. */
static int limit_descriptors(void)
{
    struct rlimit limit = { .rlim_cur = 64, .rlim_max = 64 };

    return setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_thousand_from_1_thread),
        TEST(a_thousand_from_4_threads),
        TEST(a_thousand_from_16_threads),
        TEST(a_thousand_from_64_threads),
        TEST(a_hundred_thousand_from_1_thread),
        TEST(a_hundred_thousand_from_4_threads),
        TEST(a_hundred_thousand_from_16_threads),
        TEST(a_hundred_thousand_from_64_threads),
        TEST(two_thousand_files_from_1_thread),
        TEST(two_thousand_files_from_16_threads),
    };
    int rc;

    if (limit_descriptors() < 0) {
        perror("setrlimit");
        return 2;
    }
    rc = fixture_arguments(argc, argv);
    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
