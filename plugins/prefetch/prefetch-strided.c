/*
 * prefetch-strided: reads ahead of whoever reads a file in equal steps, or in a
 * repeating cycle of steps.
 *
 * This file is the table and the parameters; strided.c is the algorithm.
 */
#include "strided.h"

#include <stdlib.h>

enum { MIN_DISTANCE, MAX_DISTANCE }; /* as in the table */

static const struct lio_param strided_params[] = {
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
      .help = "most bytes to read ahead" },
};

static int strided_open(const struct lio_prefetch_setup *setup,
                        void **ret_stream, struct lio_error *err)
{
    struct lio_strided_config config = {
        .min_bytes = setup->params[MIN_DISTANCE].u,
        .max_bytes = setup->params[MAX_DISTANCE].u,
    };
    struct lio_strided *strided = lio_strided_open(&config);

    if (!strided)
        return lio_error_set(err, LIO_ENOMEM, "prefetch-strided: no memory");
    *ret_stream = strided;
    return 0;
}

static int32_t strided_observe(void *stream, const struct lio_access *access,
                               struct lio_range *out, uint32_t max)
{
    return lio_strided_observe(stream, access, out, max);
}

static const struct lio_prefetch_ops strided_ops = {
    .open = strided_open,
    .close = free,
    .observe = strided_observe,
};

LIO_PREFETCH_PLUGIN("prefetch-strided", "1.0.0",
                    "reads ahead of reads in equal steps, or a cycle of steps",
                    strided_params, LIO_COUNT(strided_params), strided_ops)
