/*
 * The seed of a random test: its own, or that of the environment.  Its own is
 * the same each time, so that a change that breaks a test is the one that was
 * made; new ones are tried for hours by scripts/soak.
 */
#ifndef LIO_TESTS_SEED_H
#define LIO_TESTS_SEED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* LIO_SEED=<number> replays what a failure printed; false: it is not set. */
static inline bool seed_given(uint64_t *ret_seed)
{
    const char *text = getenv("LIO_SEED");

    if (!text || !*text)
        return false;
    *ret_seed = strtoull(text, NULL, 0);
    return true;
}

static inline uint64_t seed_or(uint64_t own)
{
    uint64_t seed;

    return seed_given(&seed) ? seed : own;
}

#endif
