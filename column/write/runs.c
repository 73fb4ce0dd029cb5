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
