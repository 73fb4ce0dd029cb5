/*
 * Many takes at once, on an engine that has little of everything: one worker,
 * one place in its queue, a few operations on their way, which come in any
 * order.  Rows are the right ones, whoever reads them; no take waits for ever,
 * and one that fails says so and leaves nothing behind.
 */
#include "tests/format/reading.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define ROWS     100000
#define WANTED   1200
#define NTHREADS 4

static const char *const versions[] = { "20", "21" };
#define NVERSIONS 2

/* What a take reads goes past a cache that it would flood, or is waited for by
 * others that want the same; with what is read ahead of them, or without. */
#define FLOODED "cache.size=1M"
#define SHARED  "cache.size=64M"
#define ALONE   "prefetch.plugin=none"
static const char *const settings[] = { FLOODED, SHARED, ALONE };

/* -- engine and dataset -------------------------------------------------- */

static struct lio_engine *open_engine(const char *setting, const char *rules)
{
    char *ini = reading_path("../../config/lanceio.ini"), *plugin, *dir, *fault;
    struct lio_engine *engine = NULL;
    struct lio_config *config;
    struct lio_error err;

    assert_true(
        asprintf(&plugin, "backend.plugin=%s", getenv("LIO_TEST_BACKEND")) > 0);
    assert_true(
        asprintf(&dir, "engine.plugin_dir=%s", getenv("LIO_TEST_PLUGINS")) > 0);
    assert_true(asprintf(&fault, "filter-fault.rules=%s", rules) > 0);
    if (lio_config_load(
            ini,
            (const char *[]){ plugin, dir, "stats.database=off",
                              "engine.workers=1", "engine.worker_queue=1",
                              "engine.in_flight=64K", setting,
                              "backend.filters=filter-fault", fault },
            9, &config, &err) < 0 ||
        lio_engine_open(config, &engine, &err) < 0)
        fail_msg("%s", err.msg);
    lio_config_free(config);
    free(plugin);
    free(dir);
    free(fault);
    free(ini);
    return engine;
}

/* NULL if the device fails. */
static struct lio_dataset *open_dataset(struct lio_engine *engine,
                                        const char *version)
{
    char *path = reading_path("flights_v%s.lance", version);
    struct lio_dataset *dataset = NULL;
    struct lio_error err;

    if (lio_dataset_open(engine, path, &dataset, &err) < 0 &&
        err.code != LIO_EIO)
        fail_msg("%s", err.msg);
    free(path);
    return dataset;
}

/* What was read for others may be let go after they have it. */
static void engine_comes_to_rest(struct lio_engine *engine)
{
    struct lio_engine_stats stats;

    do
        lio_engine_stats(engine, &stats);
    while (stats.in_flight > 0 || stats.pinned_blocks > 0);
}

/* -- takes --------------------------------------------------------------- */

struct taker {
    struct lio_dataset *dataset;
    uint64_t rows[WANTED];
    struct ArrowArray array;
    int rc;
    struct lio_error err;
    pthread_t thread;
    sem_t done;
};

struct crowd {
    struct lio_engine *engine;
    struct lio_dataset *dataset;
    struct taker takers[NTHREADS];
};

static struct crowd *open_crowd(const char *version, const char *setting,
                                const char *rules)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));

    assert_non_null(crowd);
    crowd->engine = open_engine(setting, rules);
    crowd->dataset = open_dataset(crowd->engine, version);
    for (size_t i = 0; i < NTHREADS; i++) {
        struct taker *taker = &crowd->takers[i];

        taker->dataset = crowd->dataset;
        taker->rc = -1;
        for (size_t k = 0; k < WANTED; k++) /* two want the same */
            taker->rows[k] = (k + i / 2 * 7) * 179424673 % ROWS;
        assert_int_equal(sem_init(&taker->done, 0, 0), 0);
    }
    return crowd;
}

static void close_crowd(struct crowd *crowd)
{
    for (size_t i = 0; i < NTHREADS; i++) {
        if (crowd->takers[i].rc == 0)
            reading_release(&crowd->takers[i].array);
        (void)sem_destroy(&crowd->takers[i].done);
    }
    lio_dataset_close(crowd->dataset);
    lio_engine_close(crowd->engine);
    free(crowd);
}

static void take(void *arg)
{
    struct taker *taker = arg;

    taker->rc = lio_take_rows(taker->dataset, taker->rows, WANTED, NULL,
                              &taker->array, &taker->err);
    (void)sem_post(&taker->done);
}

static void *take_on_thread(void *arg)
{
    take(arg);
    return NULL;
}

static void take_on_threads(struct crowd *crowd)
{
    for (size_t i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_create(&crowd->takers[i].thread, NULL,
                                        take_on_thread, &crowd->takers[i]),
                         0);
    for (size_t i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_join(crowd->takers[i].thread, NULL), 0);
}

/* -- what they have taken ------------------------------------------------ */

static void column_is(const struct ArrowArray *is,
                      const struct ArrowArray *should,
                      const struct ArrowSchema *schema)
{
    size_t rows = (size_t)should->length;

    assert_int_equal(is->length, should->length);
    assert_int_equal(is->offset, should->offset);
    assert_int_equal(is->null_count, should->null_count);
    if (strcmp(schema->format, "u") == 0) {
        const int32_t *ends = should->buffers[1];

        assert_memory_equal(is->buffers[1], ends, (rows + 1) * 4);
        assert_memory_equal(is->buffers[2], should->buffers[2],
                            (size_t)ends[rows]);
    } else {
        /* Numbers of 4 bytes or 8. */
        assert_memory_equal(is->buffers[1], should->buffers[1], rows * 4);
    }
}

/* What one thread takes without an engine. */
static void rows_are_right(struct crowd *crowd, const char *version)
{
    struct lio_dataset *plain = open_dataset(NULL, version);
    struct ArrowSchema schema;
    struct ArrowArray array;

    assert_int_equal(lio_scan_schema(plain, NULL, &schema, NULL), 0);
    for (size_t i = 0; i < NTHREADS; i++) {
        struct taker *taker = &crowd->takers[i];

        if (taker->rc < 0)
            fail_msg("%s", taker->err.msg);
        assert_int_equal(
            lio_take_rows(plain, taker->rows, WANTED, NULL, &array, NULL), 0);
        for (int64_t k = 0; k < array.n_children; k++)
            column_is(taker->array.children[k], array.children[k],
                      schema.children[k]);
        reading_release(&array);
    }
    reading_release_schema(&schema);
    lio_dataset_close(plain);
}

/* -- tests --------------------------------------------------------------- */

#define DISORDER "read:rate=0.3:reorder; read:rate=0.05:delay=1ms"

static void takes_by_many_threads_all_end(void **state)
{
    (void)state;
    for (size_t v = 0; v < NVERSIONS; v++)
        for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
            struct crowd *crowd =
                open_crowd(versions[v], settings[i], DISORDER);

            take_on_threads(crowd);
            rows_are_right(crowd, versions[v]);
            close_crowd(crowd);
        }
}

/* The only worker takes rows itself, and finds no other. */
static void tasks_of_the_executor_may_take(void **state)
{
    (void)state;
    for (size_t v = 0; v < NVERSIONS; v++) {
        struct crowd *crowd = open_crowd(versions[v], SHARED, DISORDER);

        for (size_t i = 0; i < NTHREADS; i++)
            assert_int_equal(
                lio_execute(crowd->engine, take, &crowd->takers[i]), 0);
        for (size_t i = 0; i < NTHREADS; i++)
            assert_int_equal(sem_wait(&crowd->takers[i].done), 0);
        rows_are_right(crowd, versions[v]);
        close_crowd(crowd);
    }
}

static void wait_at(void *arg)
{
    (void)sem_wait(arg);
}

/* A worker that was busy comes when rows and dataset are gone. */
static void workers_may_come_when_all_is_over(void **state)
{
    (void)state;
    for (size_t v = 0; v < NVERSIONS; v++) {
        struct crowd *crowd = open_crowd(versions[v], SHARED, DISORDER);
        sem_t gate;

        assert_int_equal(sem_init(&gate, 0, 0), 0);
        assert_int_equal(lio_execute(crowd->engine, wait_at, &gate), 0);
        take_on_threads(crowd);
        rows_are_right(crowd, versions[v]);
        lio_dataset_close(crowd->dataset);
        crowd->dataset = NULL;
        assert_int_equal(sem_post(&gate), 0);
        close_crowd(crowd);
        (void)sem_destroy(&gate);
    }
}

/* Each by itself: what one cannot read another perhaps can. */
static void takes_fail_and_leave_nothing_behind(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (size_t v = 0; v < NVERSIONS; v++)
        for (unsigned n = 16; n <= 1024; n *= 4) {
            struct crowd *crowd;
            char rules[100];

            (void)snprintf(rules, sizeof(rules),
                           "read:range=%uK-%uK:errno=EIO; " DISORDER, n, n + 4);
            crowd = open_crowd(versions[v], ALONE, rules);
            if (crowd->dataset)
                take_on_threads(crowd);
            for (size_t i = 0; crowd->dataset && i < NTHREADS; i++) {
                const struct taker *taker = &crowd->takers[i];

                if (taker->rc == 0)
                    continue;
                failed++;
                assert_int_equal(taker->rc, LIO_EIO);
                assert_int_equal(taker->err.code, LIO_EIO);
                reading_says(&taker->err, ".lance");
            }
            engine_comes_to_rest(crowd->engine);
            close_crowd(crowd);
        }
    assert_true(failed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_by_many_threads_all_end),
        cmocka_unit_test(tasks_of_the_executor_may_take),
        cmocka_unit_test(workers_may_come_when_all_is_over),
        cmocka_unit_test(takes_fail_and_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
