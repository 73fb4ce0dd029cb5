/*
 * What the device model is told of a read that has come back.
 */
#include "core/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/engine.h"
#include "core/lane.h"

#define MS UINT64_C(1000000)

struct fixture {
    struct lio_engine engine;
    struct lio_loaded coalescer;
    struct lio_lane lane;
    struct lio_batch batch;
    struct lio_io io;
};

static int set_up(void **state)
{
    struct fixture *f =
        aligned_alloc(alignof(struct fixture), sizeof(struct fixture));

    if (!f)
        return -1;
    *f = (struct fixture){ 0 };
    f->engine.coalesce_plugin = &f->coalescer;
    lio_device_init(&f->engine.device);
    lio_batch_begin(&f->batch, &f->engine);
    f->io.lane = &f->lane;
    f->io.op.length = 4096;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* A read that took `ns`; so many were in flight when it was issued, and are
 * when it completes. */
static void come_back(struct fixture *f, uint64_t ns, uint32_t met,
                      uint32_t left)
{
    f->io.issued_ns = 1000;
    f->io.met = met;
    f->io.met_bytes = met * 4096u;
    atomic_store(&f->lane.issued, left);
    atomic_store(&f->lane.issued_bytes, left * 4096u);
    f->batch.now_ns = 1000 + ns;
    f->batch.sampled_small = false;
    lio_batch_sample(&f->batch, &f->io);
}

static uint64_t latency(struct fixture *f, uint32_t in_flight)
{
    struct lio_device_model model;

    lio_device_model(&f->engine.device, in_flight, &model);
    return model.latency_ns;
}

/* It has waited for all the others, and does not come back as one that was
 * alone. */
static void the_last_of_a_burst_was_one_of_many(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 40; i++)
        come_back(f, 5 * MS, 1, 1);
    for (int i = 0; i < 40; i++)
        come_back(f, 40 * MS, 32, 1);
    assert_in_range(latency(f, 1), 4 * MS, 6 * MS);
    assert_in_range(latency(f, 32), 30 * MS, 41 * MS);
}

/* Issued alone, and overtaken by none. */
static void the_first_of_a_burst_was_one_of_many(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 40; i++)
        come_back(f, 5 * MS, 1, 1);
    for (int i = 0; i < 40; i++)
        come_back(f, 40 * MS, 1, 32);
    assert_in_range(latency(f, 1), 4 * MS, 6 * MS);
    assert_in_range(latency(f, 32), 30 * MS, 41 * MS);
}

static void one_small_read_of_a_batch_is_enough(void **state)
{
    struct fixture *f = *state;
    uint64_t once;

    come_back(f, 5 * MS, 1, 1);
    once = latency(f, 1);
    for (int i = 0; i < 40; i++)
        lio_batch_sample(&f->batch, &f->io);
    assert_int_equal(latency(f, 1), once);
}

static void without_a_coalescer_nothing_is_measured(void **state)
{
    struct fixture *f = *state;
    uint64_t before = latency(f, 1);

    f->engine.coalesce_plugin = NULL;
    come_back(f, 5 * MS, 1, 1);
    assert_int_equal(latency(f, 1), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_of_a_burst_was_one_of_many),
        TEST(the_first_of_a_burst_was_one_of_many),
        TEST(one_small_read_of_a_batch_is_enough),
        TEST(without_a_coalescer_nothing_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
