/*
 * Where the values of a page are that has them one behind the other, of
 * variable width.  A buffer of entries tells, one for each row, or each of the
 * items that a row is made of:
 *
 *     full-zip       index   0 17 40 41     where rows start, and the last ends
 *     2.0, strings   ends     17 40 41      where values end; a null has more
 *                                           added to it than there are bytes
 *
 *     2.0, lists     ends      2 40 41      the same of items, which lie in
 *                                           another column
 *
 * Of a long page the entries are read in runs, as they are needed.
 */
#ifndef LIO_COLUMN_ENTRIES_H
#define LIO_COLUMN_ENTRIES_H

#include "column/page.h"

struct lio_entries {
    const struct lio_page *page;
    uint32_t buffer;     /* of the entries */
    uint32_t data;       /* of the values; of lists the same as `buffer` */
    uint32_t scheme;     /* how the values are compressed; 0: not */
    uint64_t data_bytes; /* of them, before that; or more, if nobody knows */
    uint32_t width;      /* bytes of an entry */
    bool ends;           /* they are ends, not an index */
    bool lists;          /* and of items, not of bytes */
    uint64_t adjustment; /* of the end of a null */
    uint64_t row_items;  /* entries of a row */
    struct lio_mem *mem; /* those of rows first .. first + n - 1 */
    uint64_t first;
    uint64_t n;
};

/* Whether a page has entries that tell where its rows are; `ret_entries` has
 * none of them yet. */
bool lio_entries_find(const struct lio_page *page,
                      struct lio_entries *ret_entries);

/* Choose the run of entries from `row` on; which bytes of their buffer. */
void lio_entries_choose(struct lio_entries *entries, uint64_t row,
                        uint64_t *ret_at, uint64_t *ret_bytes);

/* Whether the entries are there for `row`. */
static inline bool lio_entries_has(const struct lio_entries *entries,
                                   uint64_t row)
{
    return row - entries->first < entries->n;
}

/* Where `row` starts, or the one before it ends; from `first` to first + n. */
uint64_t lio_entries_start(const struct lio_entries *entries, uint64_t row);

/* How many rows from `row` on, which is there, are in `bytes`, those of the
 * entries where there are no others: one at least, and up to row `end` at the
 * most.  False if they do not lie in order. */
bool lio_entries_within(const struct lio_entries *entries, uint64_t row,
                        uint64_t end, uint64_t bytes, uint64_t *ret_rows);

/* The ends of rows from `row` on, as many as `to` has room for, counted from
 * the start of the first. */
void lio_entries_rebase(const struct lio_entries *entries, uint64_t row,
                        struct lio_mem *to);

#endif
