/* Built when the table of a policy had a callback more than today's. */
#include "policy.h"

struct larger_cache_ops {
    struct lio_cache_ops today;
    void (*tomorrow)(void *policy);
};

static const struct larger_cache_ops larger_ops = {
    .today = { POLICY_OPS },
    .tomorrow = policy_close,
};

LIO_CACHE_PLUGIN("cache-larger-table", "2.0", "a policy of tomorrow", NULL, 0,
                 larger_ops)
