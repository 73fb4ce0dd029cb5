/*
 * The slots of a page of file version 2.1 or later: its values as they are
 * decoded, and the levels that say how they nest.
 *
 * Most columns are not nested.  For them the levels go into a bitmap at once,
 * and the values are the rows.
 */
#ifndef LIO_COLUMN_SLOTS_H
#define LIO_COLUMN_SLOTS_H

#include "column/builder.h"
#include "column/groups.h"
#include "column/levels.h"

struct lio_slots {
    const struct lio_leaf *leaf;
    uint64_t rows;    /* of the page */
    uint64_t entries; /* that start a row: more if rows are fixed-size lists;
                         LIO_ENTRIES_OPEN: these lie in lists, which tell */
    const struct lio_runs *runs; /* as those of the page; NULL: all */
    struct lio_levels levels;
    struct lio_builder builder;
};

/* How many entries of a leaf start a row, of so many rows.  False if that is
 * more than can be. */
bool lio_slots_entries(const struct lio_leaf *leaf, uint64_t rows,
                       uint64_t *ret_entries);

/* Take the layers of a page.  `rows` is what it should hold. */
LIO_MUST_CHECK int lio_slots_init(struct lio_decode *dec,
                                  const struct lio_leaf *leaf, uint64_t rows,
                                  const uint32_t *kinds, size_t nkinds,
                                  struct lio_slots *ret_slots);
void lio_slots_release(struct lio_slots *slots);

static inline bool lio_slots_nullable(const struct lio_slots *slots)
{
    return slots->levels.def_max > 0;
}

static inline bool lio_slots_listed(const struct lio_slots *slots)
{
    return slots->levels.nlists > 0;
}

/* Check how many values the page says it has, and make room for them. */
LIO_MUST_CHECK int lio_slots_alloc(struct lio_decode *dec,
                                   struct lio_slots *slots, uint64_t n);

/* The same without room, for values that are there already and have no levels.
 */
LIO_MUST_CHECK int lio_slots_alloc_bare(struct lio_decode *dec,
                                        struct lio_slots *slots, uint64_t n);

/* Add the levels of `n` entries, the first of which that has a slot has slot
 * `slot`; arrays that the layers do not ask for may be NULL. */
LIO_MUST_CHECK int lio_slots_levels(struct lio_decode *dec,
                                    struct lio_slots *slots, uint64_t slot,
                                    const uint16_t *rep, const uint16_t *def,
                                    uint64_t n, uint64_t *ret_slots);

/* All is there: make it rows. */
LIO_MUST_CHECK int lio_slots_finish(struct lio_decode *dec,
                                    struct lio_slots *slots,
                                    struct lio_vector *ret_vector);

#endif
