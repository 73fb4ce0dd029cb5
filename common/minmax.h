/* The lesser and the greater of two numbers. */
#ifndef LIO_COMMON_MINMAX_H
#define LIO_COMMON_MINMAX_H

#include <stdint.h>

static inline uint64_t lio_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t lio_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
