/*
 * prefetch-sequential: reads ahead of whoever reads a file in order.
 *
 * This file is the table and the parameters; sequential.c is the algorithm.
 */
#include "sequential.h"

#include <stdlib.h>

enum { MIN_DISTANCE, MAX_DISTANCE, WINDOW, STREAMS }; /* as in the table */

static const struct lio_param sequential_params[] = {
    { .name = "min_distance",
      .type = LIO_PARAM_SIZE,
      .min = 4096,
      .max = 1u << 30,
      .preset = 128 * 1024,
      .help = "least bytes to read ahead, and the first distance" },
    { .name = "max_distance",
      .type = LIO_PARAM_SIZE,
      .min = 4096,
      .max = 1u << 30,
      .preset = 2048 * 1024,
      .help = "most bytes to read ahead, for each stream" },
    { .name = "window",
      .type = LIO_PARAM_SIZE,
      .max = 1u << 30,
      .preset = 512 * 1024,
      .help = "bytes by which reads of a stream may be out of order" },
    { .name = "streams",
      .type = LIO_PARAM_UINT,
      .min = 1,
      .max = 256,
      .preset = 16,
      .help = "sequential streams that are followed in one file" },
};

static int sequential_open(const struct lio_prefetch_setup *setup,
                           void **ret_stream, struct lio_error *err)
{
    struct lio_sequential_config config = {
        .min_bytes = setup->params[MIN_DISTANCE].u,
        .max_bytes = setup->params[MAX_DISTANCE].u,
        .window_bytes = setup->params[WINDOW].u,
        .block_bytes = setup->block_bytes,
        .nruns = (uint32_t)setup->params[STREAMS].u,
    };
    struct lio_sequential *seq = lio_sequential_open(&config);

    if (!seq)
        return lio_error_set(err, LIO_ENOMEM,
                             "prefetch-sequential: no memory for %u streams",
                             config.nruns);
    *ret_stream = seq;
    return 0;
}

static int32_t sequential_observe(void *stream, const struct lio_access *access,
                                  struct lio_range *out, uint32_t max)
{
    return lio_sequential_observe(stream, access, out, max);
}

static const struct lio_prefetch_ops sequential_ops = {
    .open = sequential_open,
    .close = free,
    .observe = sequential_observe,
};

LIO_PREFETCH_PLUGIN("prefetch-sequential", "1.0.0",
                    "reads ahead of sequential reads", sequential_params,
                    LIO_COUNT(sequential_params), sequential_ops)
