/*
 * Timers: what is to happen to which request, when.  A heap by time.
 *
 * A timer names its request by id and is never taken back: one whose request
 * has ended meanwhile finds the id stale and does nothing.  The service thread
 * runs what is due.
 */
#ifndef LIO_CORE_TIMER_H
#define LIO_CORE_TIMER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum lio_timer_kind {
    LIO_TIMER_RESUME,  /* an operation's pause before the next try is over */
    LIO_TIMER_DEADLINE /* a request's time is up */
};

struct lio_timer {
    uint64_t due_ns; /* CLOCK_MONOTONIC */
    uint64_t id;
    enum lio_timer_kind kind;
};

struct lio_timers {
    pthread_mutex_t lock; /* guards the heap; a leaf */
    struct lio_timer *heap;
    uint32_t ntimers, capacity;
};

void lio_timers_init(struct lio_timers *timers);
void lio_timers_release(struct lio_timers *timers);

/* Returns 0 or LIO_ENOMEM; `*ret_first` tells whether it is due before all
 * others, so that who sleeps until the first must be woken. */
int lio_timers_add(struct lio_timers *timers, struct lio_timer timer,
                   bool *ret_first);

/* When the first is due; UINT64_MAX if there is none. */
uint64_t lio_timers_next(struct lio_timers *timers);

/* Take one that is due at `now_ns`; false if none is. */
bool lio_timers_pop(struct lio_timers *timers, uint64_t now_ns,
                    struct lio_timer *ret_timer);

#endif
