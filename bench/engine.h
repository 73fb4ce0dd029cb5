/*
 * What the benchmarks share of their command lines: numbers, and settings of
 * the engine that they open with these.
 */
#ifndef LIO_BENCH_ENGINE_H
#define LIO_BENCH_ENGINE_H

#include "bench/measure.h"

#include <lanceio/lanceio.h>

#include <stddef.h>

#define BENCH_SETTINGS 64u

struct bench_settings {
    const char *all[BENCH_SETTINGS]; /* section.key=value */
    size_t n;
};

static inline void bench_set(struct bench_settings *settings,
                             const char *setting)
{
    if (settings->n == BENCH_SETTINGS)
        bench_die("too many settings");
    settings->all[settings->n++] = setting;
}

static inline struct lio_engine *
bench_engine_open(const struct bench_settings *settings)
{
    struct lio_engine *engine;
    struct lio_config *config;
    struct lio_error err;

    bench_check(
        lio_config_load(NULL, settings->all, settings->n, &config, &err), &err);
    bench_check(lio_engine_open(config, &engine, &err), &err);
    lio_config_free(config);
    return engine;
}

/* "64K": a whole number, perhaps with K, M or G. */
static inline uint64_t bench_number(const char *text)
{
    static const char units[] = "KMG";
    char *end;
    uint64_t n = strtoull(text, &end, 10);

    for (const char *unit = units; *end && *unit; unit++)
        if (*end == *unit && !end[1])
            return n << 10 * (unit - units + 1);
    if (*end || end == text)
        bench_die("not a number");
    return n;
}

#endif
