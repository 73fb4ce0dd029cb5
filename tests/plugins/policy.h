/* Callbacks of a policy for plugins whose table is what matters. */
#ifndef LIO_TESTS_PLUGINS_POLICY_H
#define LIO_TESTS_PLUGINS_POLICY_H

#include <lanceio/plugin.h>

static int policy_open(const struct lio_cache_setup *setup LIO_UNUSED,
                       void **ret_policy, struct lio_error *err LIO_UNUSED)
{
    *ret_policy = NULL;
    return 0;
}

static void policy_close(void *policy LIO_UNUSED)
{
}

static void policy_take(void *policy LIO_UNUSED, uint32_t slot LIO_UNUSED,
                        uint64_t key LIO_UNUSED)
{
}

static uint32_t policy_evict(void *policy LIO_UNUSED, uint64_t key LIO_UNUSED)
{
    return LIO_NO_SLOT;
}

static void policy_remove(void *policy LIO_UNUSED, uint32_t slot LIO_UNUSED)
{
}

#define POLICY_OPS                                                             \
    .open = policy_open, .close = policy_close, .insert = policy_take,         \
    .hit = policy_take, .evict = policy_evict, .remove = policy_remove

#endif
