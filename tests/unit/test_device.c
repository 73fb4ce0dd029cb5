/*
 * The device model against devices whose figures are known.
 *
 * A made-up device moves `bandwidth` bytes a second, all reads together, and
 * serves `parallel` operations side by side; each takes `latency` before its
 * first byte.  Every read is up to a fifth slower or faster than that.
 */
#include "core/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#define US        UINT64_C(1000)
#define MS        (1000 * US)
#define MB        UINT64_C(1000000)
#define NSAMPLES  100u /* in which the model is to get there */
#define SMALL     4096u
#define LARGE     (1024u * 1024u)
#define TOLERANCE 25u /* percent */

struct disk {
    uint64_t latency_ns, bandwidth, parallel;
};

static const struct disk network = { 5 * MS, 100 * MB, 64 };
static const struct disk nvme = { 80 * US, 2500 * MB, 16 };
static const struct disk spinning = { 8 * MS, 150 * MB, 1 };
static const struct disk *const disks[] = { &network, &nvme, &spinning };

/* xorshift64*: the same disks on every machine. */
static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return ((*seed * UINT64_C(2685821657736338717)) >> 32) % below;
}

/* Until the first byte, with `in_flight` of them. */
static uint64_t turn_ns(const struct disk *disk, uint32_t in_flight)
{
    uint64_t rounds = in_flight > disk->parallel ? in_flight : disk->parallel;

    return disk->latency_ns * rounds / disk->parallel;
}

/* A read of `bytes` among others of the same size. */
static uint64_t read_ns(const struct disk *disk, uint64_t bytes,
                        uint32_t in_flight)
{
    return turn_ns(disk, in_flight) +
           bytes * in_flight * 1000 / (disk->bandwidth / MB);
}

static void feed(struct lio_device *device, const struct disk *disk,
                 uint64_t bytes, uint32_t in_flight, uint32_t nsamples,
                 uint64_t seed)
{
    uint64_t ns = read_ns(disk, bytes, in_flight);

    for (uint32_t i = 0; i < nsamples; i++)
        lio_device_sample(device, bytes, ns * (80 + draw(&seed, 41)) / 100,
                          in_flight, bytes * in_flight);
}

static struct lio_device_model model_of(const struct lio_device *device,
                                        uint32_t in_flight)
{
    struct lio_device_model model;

    lio_device_model(device, in_flight, &model);
    return model;
}

static void is_about(uint64_t value, uint64_t expected)
{
    assert_in_range(value, expected * (100 - TOLERANCE) / 100,
                    expected * (100 + TOLERANCE) / 100);
}

/* -- converging ---------------------------------------------------------- */

static void the_latency_of_each_disk_is_found(void **state LIO_UNUSED)
{
    for (uint32_t i = 0; i < LIO_COUNT(disks); i++)
        for (uint32_t depth = 1; depth <= 128; depth *= 2) {
            struct lio_device device;

            lio_device_init(&device);
            feed(&device, disks[i], LARGE, 1, NSAMPLES, 3);
            feed(&device, disks[i], SMALL, depth, NSAMPLES, 1 + depth);
            is_about(model_of(&device, depth).latency_ns,
                     turn_ns(disks[i], depth));
        }
}

static void the_bandwidth_of_each_disk_is_found(void **state LIO_UNUSED)
{
    for (uint32_t i = 0; i < LIO_COUNT(disks); i++)
        for (uint32_t depth = 1; depth <= 32; depth *= 2) {
            struct lio_device device;
            uint64_t found;

            lio_device_init(&device);
            feed(&device, disks[i], SMALL, 1, NSAMPLES, 5);
            feed(&device, disks[i], LARGE, depth, NSAMPLES, 7 + depth);
            found = model_of(&device, 1).bandwidth_bytes_sec;
            /* The way to the first byte is not all taken off where a disk
             * serves one after the other. */
            assert_in_range(found, disks[i]->bandwidth * 30 / 100,
                            disks[i]->bandwidth * 125 / 100);
            if (disks[i]->parallel >= depth)
                is_about(found, disks[i]->bandwidth);
        }
}

static void a_device_that_changes_is_followed(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    feed(&device, &nvme, SMALL, 1, 1000, 11);
    feed(&device, &network, SMALL, 1, 4 * NSAMPLES, 12);
    is_about(model_of(&device, 1).latency_ns, network.latency_ns);
    feed(&device, &nvme, SMALL, 1, 4 * NSAMPLES, 13);
    is_about(model_of(&device, 1).latency_ns, nvme.latency_ns);
}

/* -- never too high ------------------------------------------------------ */

static void the_depth_belongs_to_the_latency(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    feed(&device, &spinning, SMALL, 1, NSAMPLES, 17);
    feed(&device, &spinning, SMALL, 32, NSAMPLES, 18);
    is_about(model_of(&device, 1).latency_ns, 8 * MS);
    is_about(model_of(&device, 32).latency_ns, 32 * 8 * MS);
}

static void a_read_alone_takes_what_the_fastest_took(void **state LIO_UNUSED)
{
    struct lio_device device;

    /* Nothing is known of a queue yet. */
    lio_device_init(&device);
    feed(&device, &nvme, LARGE, 1, NSAMPLES, 14);
    feed(&device, &nvme, SMALL, 64, NSAMPLES, 15);
    assert_int_equal(model_of(&device, 64).latency_alone_ns,
                     model_of(&device, 64).latency_ns);
    /* Nor is one made out of what a shallower depth takes at least. */
    assert_int_equal(model_of(&device, 8).latency_alone_ns,
                     model_of(&device, 8).latency_ns);

    feed(&device, &nvme, SMALL, 4, NSAMPLES, 16);
    is_about(model_of(&device, 64).latency_alone_ns, nvme.latency_ns);
    is_about(model_of(&device, 64).latency_ns, turn_ns(&nvme, 64));
}

static void an_unknown_depth_gets_the_least_it_can_be(void **state LIO_UNUSED)
{
    struct lio_device device;

    /* Deeper than known: the device may serve them side by side. */
    lio_device_init(&device);
    feed(&device, &nvme, SMALL, 4, NSAMPLES, 19);
    is_about(model_of(&device, 64).latency_ns, nvme.latency_ns);

    /* Shallower: it may serve one after the other. */
    lio_device_init(&device);
    feed(&device, &nvme, LARGE, 1, NSAMPLES, 20);
    feed(&device, &nvme, SMALL, 64, NSAMPLES, 20);
    is_about(model_of(&device, 16).latency_ns, turn_ns(&nvme, 64) / 4);
}

static void small_reads_do_not_pay_for_large_ones(void **state LIO_UNUSED)
{
    struct lio_device device;
    uint64_t crowded = turn_ns(&nvme, 8) + 7 * UINT64_C(420) * US;
    uint64_t bytes = SMALL + 7 * (uint64_t)LARGE;

    lio_device_init(&device);
    feed(&device, &nvme, LARGE, 8, NSAMPLES, 21);
    for (uint32_t i = 0; i < NSAMPLES; i++)
        lio_device_sample(&device, SMALL, crowded, 8, bytes);
    assert_true(model_of(&device, 8).latency_ns < crowded / 3);
}

static void
small_neighbours_do_not_inflate_the_bandwidth(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    feed(&device, &nvme, SMALL, 8, NSAMPLES, 23);
    for (uint32_t i = 0; i < NSAMPLES; i++)
        lio_device_sample(&device, LARGE, read_ns(&nvme, LARGE, 1), 8,
                          LARGE + 7 * SMALL);
    assert_true(model_of(&device, 8).bandwidth_bytes_sec <
                nvme.bandwidth * 5 / 4);
}

/* -- outliers ------------------------------------------------------------ */

static void one_stall_hardly_moves_the_latency(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    feed(&device, &nvme, SMALL, 1, NSAMPLES, 29);
    lio_device_sample(&device, SMALL, 30000 * MS, 1, SMALL);
    is_about(model_of(&device, 1).latency_ns, nvme.latency_ns);
}

static void a_stall_in_a_hundred_is_lived_with(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    for (uint32_t i = 0; i < 100; i++) {
        feed(&device, &nvme, SMALL, 1, 99, 31 + i);
        lio_device_sample(&device, SMALL, 30000 * MS, 1, SMALL);
        is_about(model_of(&device, 1).latency_ns, nvme.latency_ns);
    }
}

static void a_stall_as_the_first_sample_is_forgotten(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    lio_device_sample(&device, SMALL, 30000 * MS, 1, SMALL);
    feed(&device, &nvme, SMALL, 1, NSAMPLES, 37);
    is_about(model_of(&device, 1).latency_ns, nvme.latency_ns);
}

static void reads_out_of_memory_do_not_make_a_disk_fast(void **state LIO_UNUSED)
{
    struct lio_device device;

    lio_device_init(&device);
    feed(&device, &spinning, SMALL, 1, NSAMPLES, 40);
    feed(&device, &spinning, LARGE, 1, NSAMPLES, 41);
    lio_device_sample(&device, LARGE, 20 * US, 1, LARGE);
    is_about(model_of(&device, 1).bandwidth_bytes_sec, spinning.bandwidth);
}

/* -- edges --------------------------------------------------------------- */

static void before_any_sample_there_is_a_modest_model(void **state LIO_UNUSED)
{
    struct lio_device_model model;
    struct lio_device device;

    lio_device_init(&device);
    model = model_of(&device, 0);
    assert_int_equal(model.in_flight, 1);
    assert_in_range(model.latency_ns, 10 * US, 1 * MS);
    assert_in_range(model.bandwidth_bytes_sec, 50 * MB, 2000 * MB);
}

static void impossible_samples_leave_a_possible_model(void **state LIO_UNUSED)
{
    static const uint64_t values[] = { 0, 1, SMALL, LARGE, UINT64_MAX };
    static const uint32_t depths[] = { 0, 1, 7, UINT32_MAX };
    struct lio_device device;
    uint64_t seed = 43;

    lio_device_init(&device);
    for (uint32_t i = 0; i < 20000; i++) {
        struct lio_device_model model;
        uint32_t depth = depths[draw(&seed, LIO_COUNT(depths))];

        lio_device_sample(&device, values[draw(&seed, LIO_COUNT(values))],
                          values[draw(&seed, LIO_COUNT(values))], depth,
                          values[draw(&seed, LIO_COUNT(values))]);
        model = model_of(&device, depth);
        assert_in_range(model.latency_ns, 100, 10000 * MS);
        assert_in_range(model.bandwidth_bytes_sec, MB / 2, 1000000 * MB);
        assert_true(model.in_flight >= 1);
    }
}

static void sizes_in_between_say_nothing(void **state LIO_UNUSED)
{
    struct lio_device_model before, after;
    struct lio_device device;

    lio_device_init(&device);
    feed(&device, &nvme, SMALL, 1, NSAMPLES, 47);
    before = model_of(&device, 1);
    lio_device_sample(&device, LIO_DEVICE_SMALL + 1, 30000 * MS, 1, LARGE);
    lio_device_sample(&device, LIO_DEVICE_LARGE - 1, 30000 * MS, 1, LARGE);
    after = model_of(&device, 1);
    assert_int_equal(before.latency_ns, after.latency_ns);
    assert_int_equal(before.bandwidth_bytes_sec, after.bandwidth_bytes_sec);
}

/* -- threads ------------------------------------------------------------- */

static void *feed_nvme(void *device)
{
    for (uint32_t i = 0; i < 200; i++) {
        feed(device, &nvme, SMALL, 8, 10, 53 + i);
        feed(device, &nvme, LARGE, 8, 1, 54 + i);
        (void)model_of(device, 8);
    }
    return NULL;
}

static void lanes_that_race_lose_samples_but_no_sense(void **state LIO_UNUSED)
{
    struct lio_device device;
    pthread_t threads[4];

    lio_device_init(&device);
    for (uint32_t i = 0; i < LIO_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, feed_nvme, &device),
                         0);
    for (uint32_t i = 0; i < LIO_COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_in_range(model_of(&device, 8).latency_ns, 20 * US, 120 * US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_latency_of_each_disk_is_found),
        cmocka_unit_test(the_bandwidth_of_each_disk_is_found),
        cmocka_unit_test(a_device_that_changes_is_followed),
        cmocka_unit_test(the_depth_belongs_to_the_latency),
        cmocka_unit_test(a_read_alone_takes_what_the_fastest_took),
        cmocka_unit_test(an_unknown_depth_gets_the_least_it_can_be),
        cmocka_unit_test(small_reads_do_not_pay_for_large_ones),
        cmocka_unit_test(small_neighbours_do_not_inflate_the_bandwidth),
        cmocka_unit_test(one_stall_hardly_moves_the_latency),
        cmocka_unit_test(a_stall_in_a_hundred_is_lived_with),
        cmocka_unit_test(a_stall_as_the_first_sample_is_forgotten),
        cmocka_unit_test(reads_out_of_memory_do_not_make_a_disk_fast),
        cmocka_unit_test(before_any_sample_there_is_a_modest_model),
        cmocka_unit_test(impossible_samples_leave_a_possible_model),
        cmocka_unit_test(sizes_in_between_say_nothing),
        cmocka_unit_test(lanes_that_race_lose_samples_but_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
