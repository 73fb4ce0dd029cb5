/*
 * "Did you mean ...?": the known name nearest to a mistyped word.
 */
#ifndef LIO_COMMON_SUGGEST_H
#define LIO_COMMON_SUGGEST_H

#include <stddef.h>

/*
 * The name nearest to `word`, or NULL if none is near: at most a third of its
 * letters inserted, lost, changed or swapped with a neighbour, and not all of
 * them; letter case is not counted.  The part after a name's first '-' stands
 * for the name, so that "lru" finds "cache-lru", and "cache-foo" does not.  Of
 * equally near names the first wins.
 */
const char *lio_suggest(const char *word, const char *const *names, size_t n);

#endif
