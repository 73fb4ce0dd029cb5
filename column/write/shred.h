/*
 * Shredding: from Arrow arrays, however nested, to the values of one column and
 * the levels that say how they nest (see levels.h).
 *
 *     lio_shredder_fit()      how many rows go into the page that is open
 *     lio_shredder_append()   take them
 *     lio_shredder_cut()      the page is full: it goes its way
 *     lio_shredded_page()     and is made ready for its writer, by whoever
 *                             encodes it
 *
 * While a page is filled it is not known which layers will have nulls or empty
 * lists.  So all have levels for both, and those that no entry has are taken
 * out again in the end:
 *
 *     list<struct<x>>         x null  struct null  list null  list empty
 *     while it is filled        1         2            3          4
 *     if no struct was null     1                      2          3
 *
 * In 2.0 there are no levels: each layer has a column of its own, whose rows
 * are the items of the layer above.
 */
#ifndef LIO_COLUMN_WRITE_SHRED_H
#define LIO_COLUMN_WRITE_SHRED_H

#include "column/leaf.h"
#include "column/write/collect.h"
#include "column/write/page_writer.h"

/* Levels a page may have: two for each list. */
#define LIO_SHRED_LEVELS (2 * LIO_DEPTH_MAX + 1)

/* A layer of a column, from the inside out; see leaf.h. */
struct lio_shred_layer {
    const struct lio_type *type;
    const char *path;    /* of its field */
    uint32_t child;      /* that child of it is the next layer inside */
    uint32_t base;       /* its levels are base + 1 (null), base + 2 (empty) */
    uint32_t lists;      /* list layers inside of it */
    uint64_t null_items; /* entries that a null of it takes: items of fixed-size
                            lists inside that no list is between */
    bool nullable;
    bool flat; /* nothing inside multiplies: an entry for each of its items */
};

/* The rows of a page that have been taken. */
struct lio_shredded {
    const struct lio_shredder *shredder;
    struct lio_collect slots;
    struct lio_growing rep; /* u16 an entry, if there are lists */
    struct lio_growing def; /* likewise, if one was not 0 */
    uint64_t entries;
    uint64_t first_row;
    uint64_t rows;
    uint64_t bytes; /* of values and levels, before encoding */
    uint64_t bare;  /* entries without a slot that it ends with, if chunked */
    bool used[LIO_SHRED_LEVELS];
};

struct lio_shredder {
    enum lio_format format;
    struct lio_pool *pool; /* of all that is collected; may be NULL */
    uint32_t top;          /* which child of a batch it is in */
    uint32_t nlayers;
    bool packed;        /* its values are structs */
    bool chunked;       /* its pages must be of chunks, see shred_bare.c */
    uint64_t row_items; /* that a row counts for: see schema.h */
    struct lio_shred_layer *layers;
    struct lio_shredded open; /* the page that is being filled */
};

/* For the column of a field; the schema and the pool must stay.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_shredder_init(struct lio_shredder *shredder,
                                     const struct lio_schema *schema,
                                     uint32_t field, enum lio_format format,
                                     struct lio_pool *pool);
void lio_shredder_release(struct lio_shredder *shredder);

/* How many of `n` rows from row `from` of a batch make the open page no larger
 * than `page_bytes`; one at least if it is empty. */
uint64_t lio_shredder_fit(const struct lio_shredder *shredder,
                          const struct ArrowArray *batch, uint64_t from,
                          uint64_t n, uint64_t page_bytes);

/* Take rows of a batch.  LIO_ENOMEM; LIO_EINVAL for a null where the schema
 * allows none, LIO_EUNSUPPORTED for one that 2.0 cannot store. */
LIO_MUST_CHECK int lio_shredder_append(struct lio_shredder *shredder,
                                       const struct ArrowArray *batch,
                                       uint64_t from, uint64_t n,
                                       struct lio_error *err);

/* Hand the open page over; the next one is open and empty.  LIO_ENOMEM:
 * nothing has happened. */
LIO_MUST_CHECK int lio_shredder_cut(struct lio_shredder *shredder,
                                    struct lio_shredded *ret_shredded);
void lio_shredded_release(struct lio_shredded *shredded);

/* What it is for a page's writer: views of it, and of memory in the arena. */
LIO_MUST_CHECK int lio_shredded_page(const struct lio_encode *enc,
                                     struct lio_shredded *shredded,
                                     struct lio_raw_page *ret_raw);

/* -- the parts ----------------------------------------------------------- */

/* Take rows of the top layer's array, see shred_rows.c. */
LIO_MUST_CHECK int lio_shred_rows(struct lio_shredder *shredder,
                                  const struct ArrowArray *array, uint64_t from,
                                  uint64_t n, struct lio_error *err);

/* How many of `n` rows make no run of entries without a slot too long for a
 * chunk.  `*open` is how many entries the last run has: before, and then after
 * these rows. */
uint64_t lio_shred_bare(const struct lio_shredder *shredder,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n, uint64_t *open);

/* Bytes that they will take. */
uint64_t lio_shred_cost(const struct lio_shredder *shredder,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n);

#endif
