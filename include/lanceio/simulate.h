/**
 * lanceio/simulate.h - how often would a replacement policy miss?
 *
 * A simulation runs a cache plugin, the very one that an engine would load,
 * over a sequence of block numbers, and counts.  There are no files, no bytes,
 * no pins, no shards: one cache of so many blocks, empty at first.
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
 * Errors:     LIO_EPLUGIN if there is no such plugin, with those there are;
 *             LIO_EINVAL, LIO_ENOMEM.
 */
LIO_API LIO_MUST_CHECK int lio_simulation_open(const struct lio_config *config,
                                               const char *plugin,
                                               uint64_t nblocks,
                                               struct lio_simulation **ret_sim,
                                               struct lio_error *err);

/** Accepts NULL. */
LIO_API void lio_simulation_close(struct lio_simulation *sim);

/**
 * Ask for `n` blocks, in order, and count the misses among them.  The cache
 * keeps its contents, so that a long sequence may come in pieces.
 *
 * Errors:     LIO_EPLUGIN if the plugin gives up a block that it cannot; the
 *             simulation is then good for nothing but to be closed.
 */
LIO_API LIO_MUST_CHECK int lio_simulation_run(struct lio_simulation *sim,
                                              const uint64_t *blocks, size_t n,
                                              uint64_t *ret_misses,
                                              struct lio_error *err);

#ifdef __cplusplus
}
#endif

#endif
