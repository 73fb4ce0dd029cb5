/* Built for an ABI that is yet to come. */
#include "policy.h"

static const struct lio_cache_ops newer_ops = { POLICY_OPS };

#undef LIO_PLUGIN_ABI
#define LIO_PLUGIN_ABI 2u

LIO_CACHE_PLUGIN("cache-newer-abi", "2.0", "a policy of tomorrow", NULL, 0,
                 newer_ops)
