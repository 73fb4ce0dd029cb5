/*
 * Repetition and definition levels of a page of file version 2.1 or later.
 *
 * A page has a layer for each field from its leaf to the top, inside out.  Each
 * layer owns some definition levels, in that order, and 0 is a value that is
 * there:
 *
 *     list<struct<x>>, layers [3 3 6]    1 x is null   2 the struct is null
 *                                        3 the list is null   4 it is empty
 *
 * A repetition level k > 0 starts a list of the k-th list layer, inside out,
 * and the highest a row.  An entry whose definition level belongs to a list has
 * no value; all others have a slot among the values.
 */
#ifndef LIO_COLUMN_LEVELS_H
#define LIO_COLUMN_LEVELS_H

#include "column/decode.h"
#include "column/leaf.h"

/* Kinds of layers, by the numbers that pages give them. */
enum lio_layer_kind {
    LIO_LAYER_ITEM = 1,
    LIO_LAYER_LIST = 2,
    LIO_LAYER_NULLABLE_ITEM = 3,
    LIO_LAYER_NULLABLE_LIST = 4,
    LIO_LAYER_EMPTYABLE_LIST = 5,
    LIO_LAYER_NULLABLE_EMPTYABLE_LIST = 6
};

struct lio_layer {
    const struct lio_type *type;
    bool list;
    uint32_t base;  /* its definition levels are base + 1 .. base + count */
    uint32_t count; /* 0, 1 or 2 */
    uint32_t null;  /* the level that says null, 0: none does */
};

struct lio_levels {
    struct lio_layer layers[LIO_DEPTH_MAX];
    uint32_t nlayers;
    uint32_t nlists;
    uint16_t def_max;     /* the highest definition level */
    uint16_t visible_max; /* the highest of an entry that has a slot */
    uint64_t n;           /* entries so far */
    uint64_t slots;       /* of them, those that have one */
    uint64_t rows;        /* of them, those that start one */
    struct lio_mem *rep;  /* u16 each, if there are lists */
    struct lio_mem *def;  /* u16 each, if def_max > 0 */
};

/* Take over the kinds of layers that a page lists: LIO_ECORRUPT if they do not
 * go with the leaf. */
LIO_MUST_CHECK int lio_levels_init(struct lio_decode *dec,
                                   const struct lio_leaf *leaf,
                                   const uint32_t *kinds, size_t nkinds,
                                   struct lio_levels *ret_levels);
void lio_levels_release(struct lio_levels *levels);

/* Whether there is nothing to nest: one layer, of values. */
static inline bool lio_levels_flat(const struct lio_levels *levels)
{
    return levels->nlayers == 1;
}

/*
 * Append and check `n` entries.  `rep` is NULL if there are no lists, and `def`
 * if def_max is 0.  `*ret_slots` is how many of them have a slot.
 */
LIO_MUST_CHECK int lio_levels_append(struct lio_decode *dec,
                                     struct lio_levels *levels,
                                     const uint16_t *rep, const uint16_t *def,
                                     uint64_t n, uint64_t *ret_slots);

/* How many entries start a row is not known before all are there. */
#define LIO_ENTRIES_OPEN UINT64_MAX

/* Check that all entries are there: `rows` of them start one, the first does,
 * and `slots` have values. */
LIO_MUST_CHECK int lio_levels_check(struct lio_decode *dec,
                                    const struct lio_levels *levels,
                                    uint64_t rows, uint64_t slots);

/*
 * Nest the values of a page, one for each slot, which become a part of the
 * result; they are released on failure.  `rows` is what the page should have.
 */
LIO_MUST_CHECK int lio_levels_unravel(struct lio_decode *dec,
                                      const struct lio_levels *levels,
                                      const struct lio_leaf *leaf,
                                      uint64_t rows, struct lio_vector *values,
                                      struct lio_vector *ret_vector);

#endif
