#include "played.h"

#include <stdlib.h>

#include "common/clock.h"

/* What is longer takes this long on the wire: no operation is. */
#define LENGTH_MAX (UINT64_C(1) << 40)

int lio_played_init(struct lio_played *device,
                    const struct lio_played_config *config,
                    struct lio_error *err)
{
    *device = (struct lio_played){ .config = *config, .random = config->seed };
    if (config->depth > 0) {
        device->place_free = calloc(config->depth, sizeof(*device->place_free));
        if (!device->place_free)
            return lio_error_set(err, LIO_ENOMEM,
                                 "no memory for a device of depth %u",
                                 config->depth);
    }
    pthread_mutex_init(&device->lock, NULL);
    return 0;
}

void lio_played_release(struct lio_played *device)
{
    pthread_mutex_destroy(&device->lock);
    free(device->place_free);
}

bool lio_played_unlimited(const struct lio_played *device)
{
    const struct lio_played_config *config = &device->config;

    return !config->latency_ns && !config->jitter_ns && !config->iops &&
           !config->bytes_per_sec && !config->depth;
}

/* splitmix64 */
static uint64_t next_random(struct lio_played *device)
{
    uint64_t x = device->random += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Time on the wire; divided in two, so that no product is too large. */
static uint64_t transfer_ns(const struct lio_played *device, uint64_t length)
{
    uint64_t rate = device->config.bytes_per_sec;

    if (length > LENGTH_MAX)
        length = LENGTH_MAX;
    return length / rate * LIO_NS_PER_SEC +
           length % rate * LIO_NS_PER_SEC / rate;
}

/* The place at the top of the heap is taken until `until`. */
static void occupy_place(struct lio_played *device, uint64_t until)
{
    uint64_t *heap = device->place_free;
    uint32_t n = device->config.depth, at = 0, child;

    for (; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= until)
            break;
        heap[at] = heap[child];
    }
    heap[at] = until;
}

uint64_t lio_played_done(struct lio_played *device, uint64_t now_ns,
                         uint64_t length)
{
    const struct lio_played_config *config = &device->config;
    uint64_t at = now_ns;

    pthread_mutex_lock(&device->lock);
    if (config->depth)
        at = later(at, device->place_free[0]);
    if (config->iops) {
        at = later(at, device->pace_free);
        device->pace_free = at + LIO_NS_PER_SEC / config->iops;
    }
    if (config->bytes_per_sec) {
        at = later(at, device->wire_free) + transfer_ns(device, length);
        device->wire_free = at;
    }
    at += config->latency_ns;
    if (config->jitter_ns)
        at += next_random(device) % (config->jitter_ns + 1);
    if (config->depth)
        occupy_place(device, at);
    pthread_mutex_unlock(&device->lock);
    return at;
}
