/*
 * Averages of what a device does.  A figure and the number of its samples share
 * a word:
 *
 *     63                                    8 7             0
 *     ┌──────────────────────────────────────┬───────────────┐
 *     │ average, in 1/16                     │ samples, <= 32 │
 *     └──────────────────────────────────────┴───────────────┘
 *
 * The sixteenths keep an average from sticking: without them a change smaller
 * than a step of the average would be rounded away for good.
 */
#include "core/device.h"

#include "common/clock.h"

#define COUNT_BITS    8u
#define COUNT_MASK    ((UINT64_C(1) << COUNT_BITS) - 1u)
#define FRACTION      16u /* of the average's unit */
#define MEMORY        32u /* samples that an average is made of */
#define OUTLIER       4u  /* times the average that a sample counts at most */
#define MIN_LATENCY   UINT64_C(200) /* ns; a copy out of the page cache */
#define MAX_LATENCY   (10 * LIO_NS_PER_SEC)
#define MIN_BANDWIDTH UINT64_C(1000000) /* bytes a second */
#define MAX_BANDWIDTH UINT64_C(1000000000000)
#define MAX_BYTES     (UINT64_C(1) << 40) /* of a read, and in flight */

/* Before the first sample.  They weigh as much as one. */
#define FIRST_LATENCY   UINT64_C(100000)
#define FIRST_BANDWIDTH UINT64_C(500000000)

/* -- averages ------------------------------------------------------------ */

static uint64_t word_of(uint64_t sixteenths, uint64_t nsamples)
{
    return sixteenths << COUNT_BITS | nsamples;
}

static uint64_t value_of(uint64_t word)
{
    return (word >> COUNT_BITS) / FRACTION;
}

static uint64_t nsamples_of(uint64_t word)
{
    return word & COUNT_MASK;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t between(uint64_t value, uint64_t least, uint64_t most)
{
    return larger(least, smaller(value, most));
}

/* One more sample.  None is above 2^40, so nothing here overflows. */
static void follow(_Atomic uint64_t *figure, uint64_t sample)
{
    uint64_t word = atomic_load_explicit(figure, memory_order_relaxed);
    uint64_t average = word >> COUNT_BITS, n = nsamples_of(word);

    sample *= FRACTION;
    if (sample > average * OUTLIER)
        sample = average * OUTLIER;
    if (n < MEMORY)
        n++;
    /* The n-th sample weighs 1 / (n + 1) beside those before it and the value
     * of the start; from MEMORY on, all weigh the same. */
    if (sample > average)
        average += (sample - average) / (n + 1);
    else
        average -= (average - sample) / (n + 1);
    atomic_store_explicit(figure, word_of(average, n), memory_order_relaxed);
}

void lio_device_init(struct lio_device *device)
{
    for (uint32_t i = 0; i < LIO_DEVICE_DEPTHS; i++)
        atomic_init(&device->latency[i], word_of(FIRST_LATENCY * FRACTION, 0));
    atomic_init(&device->bandwidth, word_of(FIRST_BANDWIDTH * FRACTION, 0));
}

/* -- latency by depth ---------------------------------------------------- */

static uint32_t class_of(uint32_t in_flight)
{
    uint32_t log2 = 31u - (uint32_t)__builtin_clz(in_flight);

    return log2 < LIO_DEVICE_DEPTHS ? log2 : LIO_DEVICE_DEPTHS - 1;
}

/*
 * What is known of one depth bounds the latency of another from below: a read
 * among more is not faster, and one among half as many takes at least half as
 * long, since the device does no more than its best.  0: nothing is known.
 */
static uint64_t bound_by(const struct lio_device *device, uint32_t known,
                         uint32_t wanted)
{
    uint64_t word =
        atomic_load_explicit(&device->latency[known], memory_order_relaxed);

    if (nsamples_of(word) == 0)
        return 0;
    return known > wanted ? value_of(word) >> (known - wanted) : value_of(word);
}

/* By the nearest depths that are known; 0 if none is. */
static uint64_t latency_at(const struct lio_device *device, uint32_t in_flight)
{
    uint32_t wanted = class_of(in_flight);
    uint64_t latency = 0;

    for (uint32_t i = 0; latency == 0 && i < LIO_DEVICE_DEPTHS; i++) {
        if (i <= wanted)
            latency = bound_by(device, wanted - i, wanted);
        if (wanted + i < LIO_DEVICE_DEPTHS)
            latency = larger(latency, bound_by(device, wanted + i, wanted));
    }
    return latency;
}

/* Where they were fastest; 0 if nothing is known. */
static uint64_t least_latency(const struct lio_device *device)
{
    uint64_t least = 0;

    for (uint32_t i = 0; i < LIO_DEVICE_DEPTHS; i++) {
        uint64_t latency = bound_by(device, i, i);

        if (latency > 0 && (least == 0 || latency < least))
            least = latency;
    }
    return least;
}

/* One read, and what else was in flight. */
struct sample {
    uint64_t bytes, ns;
    uint64_t others_bytes;
    uint32_t others;
};

/*
 * A small read waits for the bytes of the others as well as for its turn.  Only
 * its turn is what merging would save, so the time of their transfer is taken
 * off, once the bandwidth is known; the share it had of the device's time is
 * left in any case.
 */
static uint64_t latency_of(const struct lio_device *device,
                           const struct sample *sample)
{
    uint64_t word =
        atomic_load_explicit(&device->bandwidth, memory_order_relaxed);
    uint64_t share = sample->ns / (sample->others + UINT64_C(1));
    double transfer;

    if (nsamples_of(word) == 0)
        return sample->ns;
    transfer = (double)sample->others_bytes * (double)LIO_NS_PER_SEC /
               (double)value_of(word);
    return transfer < (double)(sample->ns - share)
               ? sample->ns - (uint64_t)transfer
               : share;
}

/* -- bandwidth ----------------------------------------------------------- */

/*
 * What the device moved in the time of one read.  The transfer alone counts,
 * not the way to the first byte, which is taken off as far as it is known, up
 * to half of the time.  What else was in flight was moved meanwhile as well,
 * but no more of each read than of this one.
 */
static uint64_t bandwidth_of(const struct lio_device *device,
                             const struct sample *sample)
{
    uint64_t first_byte = smaller(latency_at(device, 1), sample->ns / 2);
    double alike = (double)sample->bytes * (double)sample->others;
    double others = (double)sample->others_bytes;
    double moved = (double)sample->bytes + (others < alike ? others : alike);

    moved *= (double)LIO_NS_PER_SEC / (double)(sample->ns - first_byte);
    return moved < (double)MAX_BANDWIDTH ? (uint64_t)moved : MAX_BANDWIDTH;
}

/* -- outside ------------------------------------------------------------- */

void lio_device_sample(struct lio_device *device, uint64_t bytes, uint64_t ns,
                       uint32_t in_flight, uint64_t in_flight_bytes)
{
    uint64_t all = smaller(in_flight_bytes, MAX_BYTES);
    struct sample sample = {
        .bytes = smaller(bytes, MAX_BYTES),
        .ns = between(ns, MIN_LATENCY, MAX_LATENCY),
    };

    if (bytes == 0 || in_flight == 0)
        return;
    sample.others = in_flight - 1;
    sample.others_bytes = all > sample.bytes ? all - sample.bytes : 0;
    if (bytes <= LIO_DEVICE_SMALL)
        follow(&device->latency[class_of(in_flight)],
               between(latency_of(device, &sample), MIN_LATENCY, MAX_LATENCY));
    else if (bytes >= LIO_DEVICE_LARGE)
        follow(&device->bandwidth, between(bandwidth_of(device, &sample),
                                           MIN_BANDWIDTH, MAX_BANDWIDTH));
}

void lio_device_model(const struct lio_device *device, uint32_t in_flight,
                      struct lio_device_model *ret)
{
    uint32_t depth = in_flight ? in_flight : 1;
    uint64_t latency = latency_at(device, depth);

    *ret = (struct lio_device_model){
        .latency_ns = latency ? latency : FIRST_LATENCY,
        .bandwidth_bytes_sec = value_of(
            atomic_load_explicit(&device->bandwidth, memory_order_relaxed)),
        .in_flight = depth,
    };
    latency = least_latency(device);
    ret->latency_alone_ns =
        latency ? smaller(latency, ret->latency_ns) : ret->latency_ns;
}
