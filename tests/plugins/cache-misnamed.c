/* Its file was renamed, or the name mistyped. */
#include "policy.h"

static const struct lio_cache_ops misnamed_ops = { POLICY_OPS };

LIO_CACHE_PLUGIN("cache-named-otherwise", "1.0", "a policy", NULL, 0,
                 misnamed_ops)
