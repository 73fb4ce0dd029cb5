/*
 * Rows taken from one column of the files: of a leaf, or, in files of version
 * 2.0, of a field.
 *
 *     rows wanted    | 1 5 | 9 |     cut into pieces, page by page
 *
 * What of a page is needed is picked, where its layout allows, in pieces of a
 * moderate size; otherwise the page is read when its turn comes, in windows if
 * it is compressed, else whole, and no more kept of it than the rows.
 *
 *     init ─► ask ─► reads ─► cut ─► get ─► reads ─► decode ─► slices
 *                                    each piece by itself
 *
 * The reads of many leaves can go together.  See take_read.h for who does what.
 */
#ifndef LIO_COLUMN_TAKE_LEAF_H
#define LIO_COLUMN_TAKE_LEAF_H

#include "column/pick.h"

/* Rows that lie in one page, or in a fragment without the column. */
struct lio_take_piece {
    uint64_t first; /* of the wanted rows */
    uint64_t n;
    uint64_t cost; /* of reading them, about, in bytes to copy */
    bool picked;
    bool whole;              /* or read with its page; neither: nulls */
    bool packed;             /* the page, which is gone through in windows */
    struct lio_page_ref ref; /* if it is in one */
    struct lio_pick pick;    /* if picked */
    struct lio_vector vector;
    const uint64_t *places; /* of the rows in it; NULL: one after the other */
};

struct lio_take_leaf {
    const struct lio_dataset *dataset;
    uint32_t field;
    const uint64_t *rows; /* ascending, distinct, as places count them */
    uint64_t nrows;
    uint64_t *in_pages; /* the same, counted in their pages */
    struct lio_take_piece *pieces;
    uint64_t npieces;
    uint64_t room;
    struct lio_mem *placed; /* all rows in the order asked for; or NULL */
};

/* `rows` must stay.  On failure it is to be released, too. */
LIO_MUST_CHECK int lio_take_leaf_init(struct lio_take_leaf *leaf,
                                      const struct lio_dataset *dataset,
                                      uint32_t field, const uint64_t *rows,
                                      uint64_t nrows, struct lio_error *err);
void lio_take_leaf_release(struct lio_take_leaf *leaf);

LIO_MUST_CHECK int lio_take_leaf_ask(struct lio_take_leaf *leaf,
                                     struct lio_reads *reads,
                                     struct lio_error *err);

/* What was asked for is there: cut pieces smaller, as far as they go. */
LIO_MUST_CHECK int lio_take_leaf_cut(struct lio_take_leaf *leaf,
                                     struct lio_error *err);

/* Decode a piece, unless all are placed.  It reads what is not picked, and
 * blobs. */
LIO_MUST_CHECK int lio_take_leaf_decode(struct lio_take_leaf *leaf,
                                        uint64_t piece, struct lio_error *err);

/* Read row i of all to place places[i], each once, if its pages allow that; to
 * be called before `ask`.  See take_place.c. */
LIO_MUST_CHECK int lio_take_leaf_place(struct lio_take_leaf *leaf,
                                       const uint64_t *places,
                                       struct lio_error *err);

/* Those that were placed, in place of all that follows. */
LIO_MUST_CHECK int lio_take_leaf_placed(struct lio_take_leaf *leaf,
                                        struct lio_vector *ret_vector,
                                        struct lio_error *err);

/* Rows order[0], order[1], ... of pieces, as few slices as that makes; there is
 * room for `n`.  The slices share no references. */
uint32_t lio_take_order(const struct lio_take_piece *pieces, uint64_t npieces,
                        const uint64_t *order, uint64_t n,
                        struct lio_slice *slices);

/* Wanted rows `first` to first + n - 1 as one vector. */
LIO_MUST_CHECK int lio_take_leaf_rows(const struct lio_take_leaf *leaf,
                                      uint64_t first, uint64_t n,
                                      struct lio_vector *ret_vector,
                                      struct lio_error *err);

/* Say what a failed allocation or join means. */
int lio_take_failed(const struct lio_dataset *dataset, uint32_t field, int code,
                    uint64_t rows, struct lio_error *err);

#endif
