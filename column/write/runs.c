/*
 * Runs.
 */
#include "column/write/runs.h"

#define DEFINE_RUNS(T)                                                         \
    static uint64_t count_##T(const uint8_t *values, uint64_t n)               \
    {                                                                          \
        uint64_t runs = 1, start = 0;                                          \
                                                                               \
        for (uint64_t i = 1; i < n; i++) {                                     \
            uint##T##_t last, value;                                           \
                                                                               \
            memcpy(&last, values + (i - 1) * sizeof(last), sizeof(last));      \
            memcpy(&value, values + i * sizeof(value), sizeof(value));         \
            if (value == last && i - start < LIO_RUN_MAX)                      \
                continue;                                                      \
            runs++;                                                            \
            start = i;                                                         \
        }                                                                      \
        return runs;                                                           \
    }                                                                          \
                                                                               \
    static void write_##T(const uint8_t *values, uint64_t n,                   \
                          uint8_t *run_values, uint8_t *run_lengths)           \
    {                                                                          \
        uint64_t start = 0;                                                    \
                                                                               \
        for (uint64_t i = 1; i <= n; i++) {                                    \
            uint##T##_t first, value = 0;                                      \
                                                                               \
            memcpy(&first, values + start * sizeof(first), sizeof(first));     \
            if (i < n)                                                         \
                memcpy(&value, values + i * sizeof(value), sizeof(value));     \
            if (i < n && value == first && i - start < LIO_RUN_MAX)            \
                continue;                                                      \
            memcpy(run_values, &first, sizeof(first));                         \
            run_values += sizeof(first);                                       \
            *run_lengths++ = (uint8_t)(i - start);                             \
            start = i;                                                         \
        }                                                                      \
    }

DEFINE_RUNS(8)
DEFINE_RUNS(16)
DEFINE_RUNS(32)
DEFINE_RUNS(64)

/* A block at a time, so that the loop vectorises: lanes count by themselves. */
#define DEFINE_CHANGES(T)                                                      \
    static uint64_t changes_##T(const uint8_t *values, uint64_t n)             \
    {                                                                          \
        enum { LANES = 512 / T };                                              \
        uint##T##_t from[LANES], next[LANES], count[LANES];                    \
        uint64_t changes = 0, i = 0;                                           \
                                                                               \
        while (n - i > LANES) {                                                \
            memset(count, 0, sizeof(count));                                   \
            /* Few enough for a lane of 8 bits. */                             \
            for (unsigned k = 0; k < 255 && n - i > LANES; k++, i += LANES) {  \
                memcpy(from, values + i * (T / 8), sizeof(from));              \
                memcpy(next, values + (i + 1) * (T / 8), sizeof(next));        \
                for (unsigned lane = 0; lane < LANES; lane++)                  \
                    count[lane] += from[lane] != next[lane];                   \
            }                                                                  \
            for (unsigned lane = 0; lane < LANES; lane++)                      \
                changes += count[lane];                                        \
        }                                                                      \
        for (; i + 1 < n; i++)                                                 \
            changes += memcmp(values + i * (T / 8),                            \
                              values + (i + 1) * (T / 8), T / 8) != 0;         \
        return changes;                                                        \
    }

DEFINE_CHANGES(8)
DEFINE_CHANGES(16)
DEFINE_CHANGES(32)
DEFINE_CHANGES(64)

uint64_t lio_runs_changes(const uint8_t *values, uint64_t n, uint32_t bits)
{
    if (n == 0)
        return 0;
    switch (bits) {
    case 8:
        return changes_8(values, n);
    case 16:
        return changes_16(values, n);
    case 32:
        return changes_32(values, n);
    default:
        return changes_64(values, n);
    }
}

uint64_t lio_runs_count(const uint8_t *values, uint64_t n, uint32_t bits)
{
    if (n == 0)
        return 0;
    switch (bits) {
    case 8:
        return count_8(values, n);
    case 16:
        return count_16(values, n);
    case 32:
        return count_32(values, n);
    default:
        return count_64(values, n);
    }
}

void lio_runs_write(const uint8_t *values, uint64_t n, uint32_t bits,
                    uint8_t *run_values, uint8_t *run_lengths)
{
    if (n == 0)
        return;
    switch (bits) {
    case 8:
        write_8(values, n, run_values, run_lengths);
        break;
    case 16:
        write_16(values, n, run_values, run_lengths);
        break;
    case 32:
        write_32(values, n, run_values, run_lengths);
        break;
    default:
        write_64(values, n, run_values, run_lengths);
    }
}
