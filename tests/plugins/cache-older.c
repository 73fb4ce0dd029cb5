/* Built when the table of a policy ended before footprint(). */
#include "policy.h"

struct older_cache_ops {
    int (*open)(const struct lio_cache_setup *, void **, struct lio_error *);
    void (*close)(void *);
    void (*insert)(void *, uint32_t, uint64_t);
    void (*hit)(void *, uint32_t, uint64_t);
    uint32_t (*evict)(void *, uint64_t);
    void (*remove)(void *, uint32_t);
};

static const struct older_cache_ops older_ops = { POLICY_OPS };

LIO_CACHE_PLUGIN("cache-older", "0.9", "a policy of yesterday", NULL, 0,
                 older_ops)
