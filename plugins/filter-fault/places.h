/*
 * How often there was an operation of a kind at an offset of a file: a count
 * for each such place, exact until there are very many of them.
 */
#ifndef LIO_FAULT_PLACES_H
#define LIO_FAULT_PLACES_H

#include <lanceio/plugin.h>

/* From here on new places share the counts of old ones. */
#define LIO_PLACES_MAX 65536u

struct lio_place {
    uint64_t key; /* a hash; taken for the place itself */
    uint64_t count;
};

/* All zeros is an empty one.  No locking. */
struct lio_places {
    struct lio_place *places; /* nbuckets of them, count 0: free */
    uint32_t nbuckets;        /* a power of two, at most half of it used */
    uint32_t n;
};

void lio_places_release(struct lio_places *places);

/* Count one more at `key`; returns how many there were before. */
uint64_t lio_places_count(struct lio_places *places, uint64_t key);

#endif
