/*
 * Timers: a binary heap.
 */
#include "core/timer.h"

#include <lanceio/error.h>

#include <stdlib.h>
#include <string.h>

void lio_timers_init(struct lio_timers *timers)
{
    memset(timers, 0, sizeof(*timers));
    pthread_mutex_init(&timers->lock, NULL);
}

void lio_timers_release(struct lio_timers *timers)
{
    pthread_mutex_destroy(&timers->lock);
    free(timers->heap);
}

static bool grow(struct lio_timers *timers)
{
    uint32_t capacity = timers->capacity ? timers->capacity * 2 : 64;
    struct lio_timer *heap;

    if (capacity <= timers->capacity)
        return false;
    heap = realloc(timers->heap, capacity * sizeof(*heap));
    if (!heap)
        return false;
    timers->heap = heap;
    timers->capacity = capacity;
    return true;
}

static void sift_up(struct lio_timers *timers, struct lio_timer timer)
{
    uint32_t at = timers->ntimers++;

    while (at > 0 && timers->heap[(at - 1) / 2].due_ns > timer.due_ns) {
        timers->heap[at] = timers->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    timers->heap[at] = timer;
}

/* Put the last one where the first was, and let it sink. */
static void sift_down(struct lio_timers *timers)
{
    struct lio_timer last = timers->heap[--timers->ntimers];
    uint32_t at = 0, child;

    while ((child = 2 * at + 1) < timers->ntimers) {
        if (child + 1 < timers->ntimers &&
            timers->heap[child + 1].due_ns < timers->heap[child].due_ns)
            child++;
        if (timers->heap[child].due_ns >= last.due_ns)
            break;
        timers->heap[at] = timers->heap[child];
        at = child;
    }
    timers->heap[at] = last;
}

int lio_timers_add(struct lio_timers *timers, struct lio_timer timer,
                   bool *ret_first)
{
    int rc = 0;

    pthread_mutex_lock(&timers->lock);
    if (timers->ntimers == timers->capacity && !grow(timers)) {
        rc = LIO_ENOMEM;
    } else {
        *ret_first =
            timers->ntimers == 0 || timer.due_ns < timers->heap[0].due_ns;
        sift_up(timers, timer);
    }
    pthread_mutex_unlock(&timers->lock);
    return rc;
}

uint64_t lio_timers_next(struct lio_timers *timers)
{
    uint64_t due = UINT64_MAX;

    pthread_mutex_lock(&timers->lock);
    if (timers->ntimers > 0)
        due = timers->heap[0].due_ns;
    pthread_mutex_unlock(&timers->lock);
    return due;
}

bool lio_timers_pop(struct lio_timers *timers, uint64_t now_ns,
                    struct lio_timer *ret_timer)
{
    bool due;

    pthread_mutex_lock(&timers->lock);
    due = timers->ntimers > 0 && timers->heap[0].due_ns <= now_ns;
    if (due) {
        *ret_timer = timers->heap[0];
        sift_down(timers);
    }
    pthread_mutex_unlock(&timers->lock);
    return due;
}
