/*
 * Run lengths: values, and how often each stands there, at most 255 times.
 */
#ifndef LIO_COLUMN_WRITE_RUNS_H
#define LIO_COLUMN_WRITE_RUNS_H

#include "column/write/chunks.h"

#define LIO_RUN_MAX 255

/* How many runs `n` values of `bits` (8, 16, 32, 64) make. */
uint64_t lio_runs_count(const uint8_t *values, uint64_t n, uint32_t bits);

/* How often a value differs from the one before: there are more runs. */
uint64_t lio_runs_changes(const uint8_t *values, uint64_t n, uint32_t bits);

/* Write them: room for as many values and lengths as were counted. */
void lio_runs_write(const uint8_t *values, uint64_t n, uint32_t bits,
                    uint8_t *run_values, uint8_t *run_lengths);

#endif
