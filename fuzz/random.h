/*
 * Random numbers for mutators: libFuzzer gives a seed for each change, so that
 * what it finds can be repeated.
 */
#ifndef LIO_FUZZ_RANDOM_H
#define LIO_FUZZ_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* SplitMix64 */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Below `n`, which is not 0. */
static inline size_t random_below(struct random *random, size_t n)
{
    return (size_t)(random_next(random) % n);
}

#endif
