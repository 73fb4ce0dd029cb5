/*
 * Monotonic time in nanoseconds, and deadlines made of it.
 */
#ifndef LIO_COMMON_CLOCK_H
#define LIO_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

#define LIO_NS_PER_SEC 1000000000ull

#define LIO_NO_DEADLINE UINT64_MAX

static inline uint64_t lio_clock_of(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* cannot fail for these clocks */
    return (uint64_t)now.tv_sec * LIO_NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static inline uint64_t lio_clock_ns(void)
{
    return lio_clock_of(CLOCK_MONOTONIC);
}

/* The moment `timeout_ns` from now; below 0: never. */
static inline uint64_t lio_deadline_after(int64_t timeout_ns)
{
    uint64_t now;

    if (timeout_ns < 0)
        return LIO_NO_DEADLINE;
    now = timeout_ns ? lio_clock_ns() : 0;
    return now + (uint64_t)timeout_ns;
}

/* What is left of a deadline, 0 if it has passed, -1 if there is none. */
static inline int64_t lio_deadline_left(uint64_t deadline)
{
    uint64_t now;

    if (deadline == LIO_NO_DEADLINE)
        return -1;
    if (deadline == 0)
        return 0;
    now = lio_clock_ns();
    return now >= deadline ? 0 : (int64_t)(deadline - now);
}

#endif
