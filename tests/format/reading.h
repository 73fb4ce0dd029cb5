/*
 * What the tests of reading share: data, engines, datasets, columns against
 * expected rows.
 *
 * LIO_TEST_BACKEND names the backend of the engine to read through; unset, the
 * reader gets none.  Every test runs both ways.
 */
#ifndef LIO_TESTS_READING_H
#define LIO_TESTS_READING_H

#include "support/expected.h"

#include <lanceio/column.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

/* A cmocka group set-up and tear-down: opens the engine, if there is to be
 * one. */
int reading_setup(void **state);
int reading_teardown(void **state);

/* The engine of the group, or NULL. */
struct lio_engine *reading_engine(void);

/* Another one, on a device that fails by `rule`, see filter-fault; the caller's
 * to close. */
struct lio_engine *reading_open_faulty(const char *rule);

/* Path in tests/data, for the caller to free. */
char *reading_path(const char *fmt, ...) LIO_PRINTF(1, 2);

/* Open what is in tests/data, or fail the test. */
struct lio_dataset *reading_open(const char *fmt, ...) LIO_PRINTF(1, 2);

/* Compare `array`, a batch of `schema`, with the rows from `first` on; checks
 * the arrays strictly, too. */
void reading_compare(const struct expected *expected, size_t first,
                     const struct ArrowSchema *schema,
                     const struct ArrowArray *array);

/* Release them, and check that all of them is. */
void reading_release(struct ArrowArray *array);
void reading_release_schema(struct ArrowSchema *schema);

/* Read `scan` as a stream and compare with the rows from `first` on; returns
 * how many rows came. */
size_t reading_compare_stream(struct lio_dataset *dataset,
                              const struct lio_scan *scan,
                              const struct expected *expected, size_t first);

/* Fail unless the sentence holds the words. */
void reading_says(const struct lio_error *err, const char *words);

#endif
