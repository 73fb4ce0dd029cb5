/*
 * Shredding: from Arrow arrays, however nested, to the values of one column and
 * the levels that say how they nest (see levels.h).
 *
 *     lio_shredder_fit()      how many rows go into the page that is open
 *     lio_shredder_append()   take them
 *     lio_shredder_cut()      the page is full: it goes its way
 *     lio_shredded_page()     and is made ready for its writer, by whoever
 *                             encodes it
 */
#ifndef LIO_COLUMN_WRITE_SHRED_H
#define LIO_COLUMN_WRITE_SHRED_H

#include "column/leaf.h"
#include "column/write/collect.h"
#include "column/write/page_writer.h"

/* The rows of a page that have been taken. */
struct lio_shredded {
    const struct lio_leaf *leaf;
    struct lio_collect slots;
    uint64_t first_row;
    uint64_t rows;
    uint64_t bytes; /* of values and levels, before encoding */
};

struct lio_shredder {
    struct lio_leaf leaf;
    uint32_t top;             /* which child of a batch it is in */
    struct lio_shredded open; /* the page that is being filled */
};

/* For the column of a field; the schema must stay.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_shredder_init(struct lio_shredder *shredder,
                                     const struct lio_schema *schema,
                                     uint32_t field, enum lio_format format);
void lio_shredder_release(struct lio_shredder *shredder);

/* How many of `n` rows from row `from` of a batch make the open page no larger
 * than `page_bytes`; one at least if it is empty. */
uint64_t lio_shredder_fit(const struct lio_shredder *shredder,
                          const struct ArrowArray *batch, uint64_t from,
                          uint64_t n, uint64_t page_bytes);

/* Take rows of a batch.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_shredder_append(struct lio_shredder *shredder,
                                       const struct ArrowArray *batch,
                                       uint64_t from, uint64_t n);

/* Hand the open page over; the next one is open and empty.  LIO_ENOMEM:
 * nothing has happened. */
LIO_MUST_CHECK int lio_shredder_cut(struct lio_shredder *shredder,
                                    struct lio_shredded *ret_shredded);
void lio_shredded_release(struct lio_shredded *shredded);

/* Bytes that are held. */
uint64_t lio_shredded_held(const struct lio_shredded *shredded);

/* What it is for a page's writer: views of it, and of memory in the arena. */
LIO_MUST_CHECK int lio_shredded_page(const struct lio_encode *enc,
                                     struct lio_shredded *shredded,
                                     struct lio_raw_page *ret_raw);

#endif
