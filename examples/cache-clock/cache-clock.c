/*
 * cache-clock: second-chance replacement.
 *
 * A hand sweeps the slots in a circle and passes those that are free or in use.
 * A block it passes loses one credit; the first without credit is given up:
 *
 *     slot       0           1           2           3
 *     holds   (in use)    credit 1    credit 0     (free)
 *     hand     passes       -> 0       evicts
 *
 * One byte a slot and no links, so that a hit costs a single store: the price
 * is an order that is only roughly that of use.
 */
#include <lanceio/plugin.h>

#include <stdlib.h>
#include <string.h>

#define FREE UINT8_MAX /* never a credit: chances stops at 7 */

enum { CHANCES }; /* indexes setup->params, in the order of clock_params */

struct clock_policy {
    bool (*evictable)(void *host, uint32_t slot);
    void *host;
    uint32_t nslots;
    uint32_t hand;    /* next slot to look at, < nslots */
    uint8_t chances;  /* credit of a block that has been hit */
    uint8_t credit[]; /* by slot: FREE, or sweeps its block still survives */
};

static size_t clock_footprint(uint32_t nslots,
                              const union lio_value *params LIO_UNUSED)
{
    return sizeof(struct clock_policy) + nslots;
}

static int clock_open(const struct lio_cache_setup *setup, void **ret_policy,
                      struct lio_error *err)
{
    struct clock_policy *clk =
        malloc(clock_footprint(setup->nslots, setup->params));

    if (!clk)
        return lio_error_set(err, LIO_ENOMEM,
                             "cache-clock: no memory for %u slots",
                             setup->nslots);
    clk->evictable = setup->evictable;
    clk->host = setup->host;
    clk->nslots = setup->nslots;
    clk->hand = 0;
    clk->chances = (uint8_t)setup->params[CHANCES].u;
    memset(clk->credit, FREE, setup->nslots);
    *ret_policy = clk;
    return 0;
}

/* No credit yet: a block that is read once has earned no second chance. */
static void clock_insert(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    struct clock_policy *clk = policy;

    clk->credit[slot] = 0;
}

static void clock_hit(void *policy, uint32_t slot, uint64_t key LIO_UNUSED)
{
    struct clock_policy *clk = policy;

    clk->credit[slot] = clk->chances;
}

static void clock_remove(void *policy, uint32_t slot)
{
    struct clock_policy *clk = policy;

    clk->credit[slot] = FREE;
}

static uint32_t clock_evict(void *policy, uint64_t key LIO_UNUSED)
{
    struct clock_policy *clk = policy;
    /* Enough to use up all credit and then see every slot once more. */
    uint64_t steps = (uint64_t)clk->nslots * (clk->chances + 1u);

    for (; steps > 0; steps--) {
        uint32_t slot = clk->hand;

        clk->hand = slot + 1 < clk->nslots ? slot + 1 : 0;
        if (clk->credit[slot] == FREE || !clk->evictable(clk->host, slot))
            continue;
        if (clk->credit[slot] == 0) {
            clk->credit[slot] = FREE;
            return slot;
        }
        clk->credit[slot]--;
    }
    return LIO_NO_SLOT;
}

static const struct lio_param clock_params[] = {
    { "chances", LIO_PARAM_UINT, .min = 1, .max = 7, .preset = 1,
      .help = "sweeps that a block survives after a hit" },
};

static const struct lio_cache_ops clock_ops = {
    .open = clock_open,
    .close = free,
    .insert = clock_insert,
    .hit = clock_hit,
    .evict = clock_evict,
    .remove = clock_remove,
    .footprint = clock_footprint,
};

LIO_CACHE_PLUGIN("cache-clock", "1.0.0", "second-chance (CLOCK) replacement",
                 clock_params, LIO_COUNT(clock_params), clock_ops)
