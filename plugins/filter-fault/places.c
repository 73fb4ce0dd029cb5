#include "places.h"

#include <stdlib.h>

#define BUCKETS_MIN 64u

void lio_places_release(struct lio_places *places)
{
    free(places->places);
    *places = (struct lio_places){ 0 };
}

/* The place of `key`, or the free one where it belongs. */
static struct lio_place *find(const struct lio_places *places, uint64_t key)
{
    uint32_t mask = places->nbuckets - 1, at = (uint32_t)key & mask;

    while (places->places[at].count > 0 && places->places[at].key != key)
        at = (at + 1) & mask;
    return &places->places[at];
}

/* Twice as many buckets, unless there are enough or memory is short. */
static bool grow(struct lio_places *places)
{
    struct lio_places larger = { .n = places->n };

    larger.nbuckets = places->nbuckets ? 2 * places->nbuckets : BUCKETS_MIN;
    if (larger.nbuckets > 2 * LIO_PLACES_MAX)
        return false;
    larger.places = calloc(larger.nbuckets, sizeof(*larger.places));
    if (!larger.places)
        return false;
    for (uint32_t i = 0; i < places->nbuckets; i++)
        if (places->places[i].count > 0)
            *find(&larger, places->places[i].key) = places->places[i];
    free(places->places);
    *places = larger;
    return true;
}

/* The next place that is in use: there one is counted that found no room. */
static struct lio_place *share(const struct lio_places *places, uint64_t key)
{
    uint32_t mask = places->nbuckets - 1, at = (uint32_t)key & mask;

    while (places->places[at].count == 0)
        at = (at + 1) & mask;
    return &places->places[at];
}

uint64_t lio_places_count(struct lio_places *places, uint64_t key)
{
    bool room = 2 * places->n < places->nbuckets || grow(places);
    struct lio_place *place;

    if (places->nbuckets == 0)
        return 0; /* no memory: as if it were the first */
    place = find(places, key);
    if (place->count == 0 && !room)
        place = share(places, key);
    if (place->count == 0) {
        place->key = key;
        places->n++;
    }
    return place->count++;
}
