/*
 * The scheduler alone: order, shares, and the bound on every wait.
 */
#include "core/scheduler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NREQUESTS 4096

struct fixture {
    struct lio_scheduler sched;
    struct lio_io io[NREQUESTS];
    uint32_t nused;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static struct lio_io *add(struct fixture *f, uint32_t io_class, uint32_t level)
{
    struct lio_io *io = &f->io[f->nused++];

    io->io_class = (uint8_t)io_class;
    io->level = (uint8_t)level;
    lio_scheduler_add(&f->sched, io);
    return io;
}

static struct lio_io *serve(struct fixture *f, uint64_t cost)
{
    struct lio_io *io = lio_scheduler_next(&f->sched);

    if (io)
        lio_scheduler_serve(&f->sched, io, cost);
    return io;
}

static void one_level_is_first_in_first_out(void **state)
{
    struct fixture *f = *state;
    struct lio_io *io[50];

    for (int i = 0; i < 50; i++)
        io[i] = add(f, LIO_CLASS_DEMAND, 4);
    for (int i = 0; i < 50; i++)
        assert_ptr_equal(serve(f, 4096), io[i]);
    assert_null(serve(f, 4096));
    assert_int_equal(f->sched.nwaiting, 0);
}

static void a_lower_level_goes_sooner(void **state)
{
    struct fixture *f = *state;
    struct lio_io *late = add(f, LIO_CLASS_DEMAND, 7);
    struct lio_io *middle = add(f, LIO_CLASS_DEMAND, 4);
    struct lio_io *soon = add(f, LIO_CLASS_DEMAND, 0);

    assert_ptr_equal(serve(f, 0), soon);
    assert_ptr_equal(serve(f, 0), middle);
    assert_ptr_equal(serve(f, 0), late);
}

static void metadata_overtakes_a_flood_of_scans(void **state)
{
    struct fixture *f = *state;
    struct lio_io *meta;

    for (int i = 0; i < 1000; i++)
        (void)add(f, LIO_CLASS_DEMAND, 4);
    for (int i = 0; i < 100; i++)
        (void)serve(f, 1 << 20);
    meta = add(f, LIO_CLASS_METADATA, 0);
    /* At once, or after the one in ten that the oldest has. */
    if (serve(f, 4096) != meta)
        assert_ptr_equal(serve(f, 4096), meta);
}

/* How many of `n` picks each class gets while all always have more. */
static void shares(struct fixture *f, uint32_t n, uint32_t *count)
{
    for (uint32_t c = LIO_CLASS_METADATA; c <= LIO_CLASS_BACKGROUND; c++)
        for (int i = 0; i < 20; i++)
            (void)add(f, c, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct lio_io *io = serve(f, 65536);

        count[io->io_class]++;
        lio_scheduler_add(&f->sched, io); /* it wants more at once */
    }
}

static void classes_share_by_weight(void **state)
{
    struct fixture *f = *state;
    uint32_t count[LIO_NCLASSES] = { 0 };
    uint32_t n = 31000;

    shares(f, n, count);
    /* Nine picks in ten go by weight, 16:8:4:2:1; the tenth to the oldest. */
    for (uint32_t c = LIO_CLASS_METADATA; c < LIO_CLASS_BACKGROUND; c++)
        assert_true(count[c] > count[c + 1]);
    assert_in_range(count[LIO_CLASS_METADATA], n * 14 / 31, n * 17 / 31);
    assert_in_range(count[LIO_CLASS_DEMAND], n * 6 / 31, n * 9 / 31);
    assert_true(count[LIO_CLASS_BACKGROUND] > n / 62);
}

static void an_idle_class_saves_no_credit(void **state)
{
    struct fixture *f = *state;
    uint32_t demand = 0;

    for (int i = 0; i < 1000; i++)
        (void)add(f, LIO_CLASS_DEMAND, 4);
    for (int i = 0; i < 900; i++)
        (void)serve(f, 65536);
    /* Writes have not been served so far; they do not get it all now. */
    for (int i = 0; i < 200; i++)
        (void)add(f, LIO_CLASS_WRITE, 0);
    for (int i = 0; i < 60; i++)
        demand += serve(f, 65536)->io_class == LIO_CLASS_DEMAND;
    assert_in_range(demand, 30, 55);
}

/* A flood of the highest class, topped up before every pick. */
static void every_wait_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct lio_io *last;
    uint32_t nbefore, npicks = 0;

    for (int i = 0; i < 100; i++)
        (void)add(f, LIO_CLASS_METADATA, 0);
    last = add(f, LIO_CLASS_BACKGROUND, 0);
    nbefore = 100;
    for (;;) {
        struct lio_io *io = serve(f, 4096);

        npicks++;
        if (io == last)
            break;
        lio_scheduler_add(&f->sched, io);
        assert_in_range(npicks, 1, LIO_OLDEST_EVERY * (nbefore + 1));
    }
}

static void what_is_removed_is_not_served(void **state)
{
    struct fixture *f = *state;
    struct lio_io *a = add(f, LIO_CLASS_DEMAND, 4);
    struct lio_io *b = add(f, LIO_CLASS_DEMAND, 4);
    struct lio_io *c = add(f, LIO_CLASS_WRITE, 0);

    lio_scheduler_remove(&f->sched, b);
    lio_scheduler_remove(&f->sched, a);
    assert_ptr_equal(serve(f, 0), c);
    assert_null(serve(f, 0));
    lio_scheduler_add(&f->sched, b);
    assert_ptr_equal(serve(f, 0), b);
}

/* Its place is behind those that are in its new queue already. */
static void what_is_raised_goes_with_its_new_class(void **state)
{
    struct fixture *f = *state;
    struct lio_io *left = add(f, LIO_CLASS_PREFETCH, 0);
    struct lio_io *last = add(f, LIO_CLASS_PREFETCH, 0);
    struct lio_io *first = add(f, LIO_CLASS_PREFETCH, 0);
    struct lio_io *demand = add(f, LIO_CLASS_DEMAND, 4);
    struct lio_io *expected[] = { first, demand, last };
    uint32_t n = 0;

    lio_scheduler_raise(&f->sched, first, LIO_CLASS_DEMAND, 2);
    lio_scheduler_raise(&f->sched, last, LIO_CLASS_DEMAND, 4);
    for (int i = 0; i < 4; i++) {
        struct lio_io *io = serve(f, 0);

        if (io != left)
            assert_ptr_equal(io, expected[n++]);
    }
    assert_int_equal(n, 3);
    assert_null(serve(f, 0));
}

/* Every tenth pick is the oldest's; the raised one is as old as it was. */
static void what_is_raised_keeps_its_age(void **state)
{
    struct fixture *f = *state;
    struct lio_io *first = add(f, LIO_CLASS_BACKGROUND, 0);

    for (int i = 0; i < 100; i++)
        (void)add(f, LIO_CLASS_METADATA, 0);
    for (uint32_t i = 0; i < LIO_OLDEST_EVERY - 1; i++)
        f->sched.npicked++;
    lio_scheduler_raise(&f->sched, first, LIO_CLASS_PREFETCH, 0);
    assert_ptr_equal(serve(f, 0), first);
}

/* Against a model that knows nothing of lists: every pick is legal, and each
 * request is served once. */
static void random_use_serves_each_once(void **state)
{
    struct fixture *f = *state;
    bool waiting[NREQUESTS] = { false };
    uint32_t served = 0, removed = 0;
    unsigned seed = 7;

    while (served + removed < NREQUESTS) {
        int what = rand_r(&seed) % 9;

        if (what < 5 && f->nused < NREQUESTS) {
            struct lio_io *io =
                add(f, 1 + (uint32_t)rand_r(&seed) % LIO_CLASS_BACKGROUND,
                    (uint32_t)rand_r(&seed) % LIO_NLEVELS);
            waiting[io - f->io] = true;
        } else if (what == 5 && f->nused > 0) {
            uint32_t i = (uint32_t)rand_r(&seed) % f->nused;

            if (waiting[i]) {
                lio_scheduler_remove(&f->sched, &f->io[i]);
                waiting[i] = false;
                removed++;
            }
        } else if (what == 6 && f->nused > 0) {
            struct lio_io *io = &f->io[(uint32_t)rand_r(&seed) % f->nused];

            if (waiting[io - f->io])
                lio_scheduler_raise(&f->sched, io, LIO_CLASS_DEMAND,
                                    (uint8_t)(rand_r(&seed) % LIO_NLEVELS));
        } else {
            struct lio_io *io = serve(f, (uint64_t)rand_r(&seed) % 100000);

            if (io) {
                assert_true(waiting[io - f->io]);
                waiting[io - f->io] = false;
                served++;
            }
        }
        assert_int_equal(f->sched.nwaiting, f->nused - served - removed);
    }
    assert_null(f->sched.oldest);
    assert_null(f->sched.newest);
}

#define sched_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sched_test(one_level_is_first_in_first_out),
        sched_test(a_lower_level_goes_sooner),
        sched_test(metadata_overtakes_a_flood_of_scans),
        sched_test(classes_share_by_weight),
        sched_test(an_idle_class_saves_no_credit),
        sched_test(every_wait_is_bounded),
        sched_test(what_is_raised_goes_with_its_new_class),
        sched_test(what_is_raised_keeps_its_age),
        sched_test(what_is_removed_is_not_served),
        sched_test(random_use_serves_each_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
