/*
 * Giving arrays and schemas of the Arrow C data interface back, and looking at
 * what their release callbacks do: each struct is released once, by its parent
 * but for the topmost, and marks itself by release = NULL.  Structs that were
 * moved out, whose release is NULL before, are left alone.
 */
#ifndef LIO_TESTS_ARROW_RELEASE_H
#define LIO_TESTS_ARROW_RELEASE_H

#include <lanceio/arrow.h>

#include <stddef.h>

/* Release it.  Returns 0, or -1 with what is wrong in `why`. */
int arrow_release_array(struct ArrowArray *array, char *why, size_t room);
int arrow_release_schema(struct ArrowSchema *schema, char *why, size_t room);

#endif
