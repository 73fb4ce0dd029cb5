/*
 * The device that is played: when it would have finished an operation that
 * comes now.  Times are nanoseconds on one clock, given by the caller.
 *
 *              depth            iops             bandwidth     latency, jitter
 *     now ─► wait for a ─► one at a time, ─► one transfer ─► pass ──► done
 *            free place     1/iops apart      at a time
 *
 * The places, the pace and the wire are the device's, shared by all queues.
 * Both pace and wire are token buckets that hold one token: what was not used
 * is not saved up.
 */
#ifndef LIO_THROTTLE_PLAYED_H
#define LIO_THROTTLE_PLAYED_H

#include <lanceio/plugin.h>

#include <pthread.h>

/* 0 in any member: not limited. */
struct lio_played_config {
    uint64_t latency_ns;
    uint64_t jitter_ns;     /* 0 .. jitter_ns more, evenly spread */
    uint64_t iops;          /* operations a second */
    uint64_t bytes_per_sec; /* at most LIO_BANDWIDTH_MAX */
    uint32_t depth;         /* operations at once */
    uint64_t seed;          /* of the jitter */
};

/* So that a second's worth of it, in nanoseconds, fits into 64 bits. */
#define LIO_BANDWIDTH_MAX (UINT64_C(16) << 30)

struct lio_played {
    struct lio_played_config config;
    pthread_mutex_t lock; /* guards all below */
    uint64_t *place_free; /* config.depth of them, a heap: the first is the
                             one that is free first */
    uint64_t pace_free;   /* when the next operation may begin */
    uint64_t wire_free;   /* when the next transfer may */
    uint64_t random;
};

int lio_played_init(struct lio_played *device,
                    const struct lio_played_config *config,
                    struct lio_error *err);
void lio_played_release(struct lio_played *device);

/* Nothing is limited: everything is done when it comes. */
bool lio_played_unlimited(const struct lio_played *device);

/* When an operation of `length` bytes that comes at `now_ns` is done.  Threads:
 * any; the answers are those of a device that gets them one by one. */
uint64_t lio_played_done(struct lio_played *device, uint64_t now_ns,
                         uint64_t length);

#endif
