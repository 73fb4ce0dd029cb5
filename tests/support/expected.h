/*
 * Rows as they should be, one JSON object a line, and Arrow values against
 * them.
 */
#ifndef LIO_TESTS_EXPECTED_H
#define LIO_TESTS_EXPECTED_H

#include <lanceio/arrow.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All rows of a file, as text. */
struct expected {
    char *text;
    char **rows; /* each ends with a NUL */
    size_t nrows;
};

/* Read `path`, through gzip if it ends in ".gz".  Returns 0 or -1. */
int expected_load(const char *path, struct expected *ret_expected);
void expected_release(struct expected *expected);

/* Whether row `i` of `array` is what member `key` of `row` says; a member that
 * is missing stands for null. */
bool expected_equals(const char *row, const char *key,
                     const struct ArrowSchema *schema,
                     const struct ArrowArray *array, int64_t i);

/* The text of a member, for messages: from its value on, NULL if missing. */
const char *expected_member(const char *row, const char *key);

#endif
