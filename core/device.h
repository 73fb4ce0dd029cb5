/*
 * A device, as far as reading from it has shown what it can do.
 *
 * Completed reads are samples.  Small ones tell how long an operation takes, by
 * the number of operations it shared the device with; large ones tell how much
 * the device moves:
 *
 *     in flight   1    2-3   4-7   8-15   16-31   32-63   64-127   more
 *     latency    82 µs  -     -    90 µs    -     400 µs     -       -
 *     bandwidth                      1.5 GB/s
 *
 * The latency is kept by depth because it means nothing without: 400 µs are
 * slow for a read that is alone, and fast for one of 32.  Where a depth has no
 * sample yet the nearest ones answer, with the least that theirs allows: too
 * low a figure merges too little, which costs nothing that was not paid before.
 * For the same reason a read alone is taken to need as long as one at the depth
 * where they were fastest: what is not known to be a queue is none.
 *
 * Each figure is a moving average that follows the first samples fast and later
 * ones slowly.  A sample counts as four times the average at most, so a stall
 * of seconds cannot move it further than a slow read does.
 *
 * Threads: all of it from any thread, at once, without a lock.  A figure is one
 * word, so it is never torn; of two samples at the same moment one may be lost,
 * which an average of so many does not notice.  All samples of a device go to
 * the same cache lines: a lane that reaps many completions at once does well to
 * give one of each kind.
 */
#ifndef LIO_CORE_DEVICE_H
#define LIO_CORE_DEVICE_H

#include <lanceio/plugin.h>

#include <stdatomic.h>

#define LIO_DEVICE_DEPTHS 8u

/* What a sample is of: reads in between say little of either. */
#define LIO_DEVICE_SMALL 16384u /* bytes, and below: latency */
#define LIO_DEVICE_LARGE 65536u /* bytes, and above: bandwidth */

struct lio_device {
    _Atomic uint64_t latency[LIO_DEVICE_DEPTHS]; /* ns */
    _Atomic uint64_t bandwidth;                  /* bytes a second */
};

/* Nothing is known: a model of modest figures, which merges little. */
void lio_device_init(struct lio_device *device);

/*
 * A read of `bytes` took `ns` from its issue to its completion.  `in_flight`
 * operations of `in_flight_bytes` were on the device, this one among them: when
 * it was issued or when it completed, whichever is more, because a read at the
 * edge of a burst has met all of it.
 * Reads that failed, were short or were retried are no samples.
 */
void lio_device_sample(struct lio_device *device, uint64_t bytes, uint64_t ns,
                       uint32_t in_flight, uint64_t in_flight_bytes);

/* What to expect of an operation that is one of `in_flight`.  How many wait is
 * not the device's to say: ret->waiting is 0. */
void lio_device_model(const struct lio_device *device, uint32_t in_flight,
                      struct lio_device_model *ret);

#endif
