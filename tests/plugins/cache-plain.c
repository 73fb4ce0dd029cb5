/* A replacement policy with a parameter of every type, for tests that look at
 * parameters; it gives up the lowest slot that it may. */
#include <lanceio/plugin.h>

#include <stdlib.h>

struct plain {
    struct lio_cache_setup setup;
};

static int plain_open(const struct lio_cache_setup *setup, void **ret_policy,
                      struct lio_error *err)
{
    struct plain *plain = malloc(sizeof(*plain));

    if (!plain)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a policy");
    plain->setup = *setup;
    *ret_policy = plain;
    return 0;
}

static void plain_insert(void *policy LIO_UNUSED, uint32_t slot LIO_UNUSED,
                         uint64_t key LIO_UNUSED)
{
}

static uint32_t plain_evict(void *policy, uint64_t key LIO_UNUSED)
{
    struct plain *plain = policy;

    for (uint32_t slot = 0; slot < plain->setup.nslots; slot++)
        if (plain->setup.evictable(plain->setup.host, slot))
            return slot;
    return LIO_NO_SLOT;
}

static void plain_remove(void *policy LIO_UNUSED, uint32_t slot LIO_UNUSED)
{
}

static size_t plain_footprint(uint32_t nslots LIO_UNUSED,
                              const union lio_value *params LIO_UNUSED)
{
    return sizeof(struct plain);
}

static const char *const modes[] = { "soft", "firm", NULL };

static const struct lio_param plain_params[] = {
    { "eager", LIO_PARAM_BOOL, .preset = 1, .help = "gives up early" },
    { "chances", LIO_PARAM_UINT, .min = 1, .max = 7, .preset = 2,
      .help = "sweeps that a block survives" },
    { "ghosts", LIO_PARAM_SIZE, .preset = 65536, .help = "bytes for ghosts" },
    { "halflife", LIO_PARAM_TIME, .min = 1000, .max = 60000000000,
      .preset = 20000000, .help = "time in which a count is halved" },
    { "mode", LIO_PARAM_ENUM, .preset = 1, .choices = modes,
      .help = "how it behaves" },
    { "label", LIO_PARAM_STRING, .preset_text = "none at all",
      .help = "any text" },
};

static const struct lio_cache_ops plain_ops = {
    .open = plain_open,
    .close = free,
    .insert = plain_insert,
    .hit = plain_insert,
    .evict = plain_evict,
    .remove = plain_remove,
    .footprint = plain_footprint,
};

LIO_CACHE_PLUGIN("cache-plain", "1.2", "a policy for tests", plain_params,
                 LIO_COUNT(plain_params), plain_ops)
