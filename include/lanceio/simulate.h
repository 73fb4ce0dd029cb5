/**
 * lanceio/simulate.h - how often would a replacement policy miss?
 *
 * A simulation runs a cache plugin, the same that an engine would load, over a
 * sequence of block numbers, and counts the misses.  There are no files, bytes,
 * pins or shards: just one cache of a number of blocks, empty at first.
 *
 *     struct lio_simulation *sim;
 *     uint64_t misses;
 *
 *     if (lio_simulation_open(config, "cache-arc", 1024, &sim, &err) < 0 ||
 *         lio_simulation_run(sim, blocks, nblocks, &misses, &err) < 0)
 *         fprintf(stderr, "%s\n", err.msg);
 *     lio_simulation_close(sim);
 *
 * Conventions as in lanceio.h.
 *
 * Threads: one at a time on one simulation; any number of simulations at once.
 */
#ifndef LANCEIO_SIMULATE_H
#define LANCEIO_SIMULATE_H

#include <lanceio/lanceio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lio_simulation;

/**
 * Make an empty cache of `nblocks` blocks, 1 .. 2^30, with the policy `plugin`
 * ("cache-lru") and its parameters from `config`, which may be freed
 * afterwards.
 *
 * Errors:     LIO_EPLUGIN if there is no such plugin (the message lists those
 *             there are); LIO_EINVAL, LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int lio_simulation_open(const struct lio_config *config,
                                               const char *plugin,
                                               uint64_t nblocks,
                                               struct lio_simulation **ret_sim,
                                               struct lio_error *err);

/** End a simulation.  Accepts NULL. */
LIO_API void lio_simulation_close(struct lio_simulation *sim);

/**
 * Access `n` blocks, in order, and count the misses among them.  The cache
 * keeps its contents between calls, so a long sequence may come in pieces.
 *
 * Errors:     LIO_EPLUGIN if the plugin evicts a block that it must not; the
 *             simulation can then only be closed.
 */
LIO_API LIO_MUST_CHECK int lio_simulation_run(struct lio_simulation *sim,
                                              const uint64_t *blocks, size_t n,
                                              uint64_t *ret_misses,
                                              struct lio_error *err);

#ifdef __cplusplus
}
#endif

#endif
