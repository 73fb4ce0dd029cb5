/* The seed of a random test: its own, or that of the environment. */
#ifndef LIO_TESTS_ENGINE_SEED_H
#define LIO_TESTS_ENGINE_SEED_H

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

#endif
