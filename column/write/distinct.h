/*
 * The distinct values among many: what a dictionary is made of.
 */
#ifndef LIO_COLUMN_WRITE_DISTINCT_H
#define LIO_COLUMN_WRITE_DISTINCT_H

#include "column/write/spans.h"

/* Either of values of fixed width, or of strings. */
struct lio_distinct_of {
    const struct lio_fixed *fixed; /* of whole bytes; NULL: strings */
    const struct lio_spans *spans;
    const uint8_t *validity; /* of strings; NULL: all are valid */
    uint64_t n;
};

struct lio_distinct {
    bool found; /* false: there are too many, or they are too large */
    uint32_t nitems;
    uint64_t item_bytes;     /* of all items */
    const uint64_t *items;   /* for each, a slot that holds it */
    const uint32_t *indices; /* of the item of each slot */
};

/*
 * Number the values in the order in which they come, giving up after
 * `items_max` of them or `bytes_max` of their bytes.  A null string has the
 * number of the one before.
 */
LIO_MUST_CHECK int lio_distinct_find(const struct lio_encode *enc,
                                     const struct lio_distinct_of *of,
                                     uint32_t items_max, uint64_t bytes_max,
                                     struct lio_distinct *ret_distinct);

/*
 * How many distinct values there are at least, guessed from some of them: those
 * seen, and a²/2b that were not, if a were seen once and b twice (Chao 1984, a
 * lower bound whatever the frequencies).
 */
LIO_MUST_CHECK int lio_distinct_guess(const struct lio_encode *enc,
                                      const struct lio_distinct_of *of,
                                      uint64_t *ret_nitems);

/* The value of a slot. */
static inline struct lio_bytes
lio_distinct_value(const struct lio_distinct_of *of, uint64_t slot)
{
    uint64_t width;

    if (!of->fixed)
        return lio_span(of->spans, slot);
    width = of->fixed->bits / 8;
    return (struct lio_bytes){ of->fixed->values + slot * width,
                               (size_t)width };
}

#endif
