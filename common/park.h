/*
 * Park a thread on a word until somebody changes it: a futex, without set-up
 * and without memory of its own.  (Windows has WaitOnAddress for this.)
 */
#ifndef LIO_COMMON_PARK_H
#define LIO_COMMON_PARK_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

/* Sleep while `*word` is `value`, at most `timeout_ns` (below 0: no limit).
 * May return early: the caller looks at the word again. */
static inline void lio_park(_Atomic uint32_t *word, uint32_t value,
                            int64_t timeout_ns)
{
    struct timespec left, *limit = NULL;

    if (timeout_ns >= 0) {
        left.tv_sec = (time_t)((uint64_t)timeout_ns / LIO_NS_PER_SEC);
        left.tv_nsec = (long)((uint64_t)timeout_ns % LIO_NS_PER_SEC);
        limit = &left;
    }
    (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, limit, NULL, 0);
}

static inline void lio_unpark(_Atomic uint32_t *word)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
