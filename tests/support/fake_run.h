/*
 * What the statistics need to know of a run, made up.
 *
 * fake_run.c stands in for core/config.c: a program that links it gets two
 * settings of its own instead of a real configuration, which would need
 * plugins.
 */
#ifndef LIO_TESTS_FAKE_RUN_H
#define LIO_TESTS_FAKE_RUN_H

#include "core/stats_db.h"

/* backend-uring was wanted and backend-pread runs, with cache-lru. */
extern const struct lio_run fake_run;

#endif
