/*
 * Arithmetic on numbers that come from a file: it says so when it overflows.
 *
 * Each returns true and writes `*ret` if the result fits, else returns false
 * and leaves it alone.
 */
#ifndef LIO_COMMON_CHECKED_H
#define LIO_COMMON_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool lio_checked_add(uint64_t a, uint64_t b, uint64_t *ret)
{
    if (b > UINT64_MAX - a)
        return false;
    *ret = a + b;
    return true;
}

static inline bool lio_checked_mul(uint64_t a, uint64_t b, uint64_t *ret)
{
    if (a != 0 && b > UINT64_MAX / a)
        return false;
    *ret = a * b;
    return true;
}

/* Whether `length` bytes at `at` lie before `end`. */
static inline bool lio_range_fits(uint64_t at, uint64_t length, uint64_t end)
{
    return at <= end && length <= end - at;
}

#endif
