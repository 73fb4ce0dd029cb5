/*
 * A strict reading of the Arrow C data interface: whether an array is what its
 * schema says, and more than Arrow asks for where lanceio promises more (exact
 * null counts, buffers at multiples of 64).
 */
#ifndef LIO_TESTS_ARROW_CHECK_H
#define LIO_TESTS_ARROW_CHECK_H

#include <lanceio/arrow.h>

#include <stddef.h>

/* Returns 0, or -1 with what is wrong in `why`. */
int arrow_check(const struct ArrowSchema *schema,
                const struct ArrowArray *array, char *why, size_t room);

/* The index that row `i`, counted from the start of the buffers, has into the
 * array's dictionary. */
int64_t arrow_index(const struct ArrowSchema *schema,
                    const struct ArrowArray *array, int64_t i);

#endif
