/*
 * Rows of a fragment that are deleted, as runs in ascending order.
 *
 *     rows      0 1 2 3 4 5 6 7 8 9
 *     deleted     x x       x
 *     gaps      { first 1, rows 2, before 0 }, { first 6, rows 1, before 2 }
 *
 * Runs, because a few bytes of a deletion file can stand for any number of
 * rows: memory is bounded by the bytes that were read.  Where rows are deleted
 * here and there, a bitmap of those that are left takes less, and takes the
 * runs' place once all are known.
 */
#ifndef LIO_COLUMN_GAPS_H
#define LIO_COLUMN_GAPS_H

#include <lanceio/error.h>

#include <stdbool.h>

struct lio_gap {
    uint64_t first;
    uint64_t rows;
    uint64_t before; /* deleted rows before this run */
};

struct lio_gaps {
    struct lio_gap *all;
    size_t n;
    size_t room;
    uint64_t rows; /* of all runs */
    uint64_t end;  /* the row behind the last that is deleted, or 0 */
    /* In place of the runs: a bit for each row up to `end`, 1 = left, and how
     * many are deleted before each block of words. */
    uint64_t *left;
    uint64_t *before;
};

/* Add `rows` rows from `first` on, behind all that are there.  LIO_EINVAL if
 * they are not behind, LIO_ENOMEM. */
LIO_MUST_CHECK int lio_gaps_add(struct lio_gaps *gaps, uint64_t first,
                                uint64_t rows);

/* All are there: keep them as what takes less memory. */
void lio_gaps_pack(struct lio_gaps *gaps);
void lio_gaps_release(struct lio_gaps *gaps);

/* The row that has `live` rows before it which are not deleted, and is not
 * deleted itself. */
uint64_t lio_gaps_row(const struct lio_gaps *gaps, uint64_t live);

/* The first row from `row` on that is not deleted; `*ret_end` is the first
 * deleted one after it, or UINT64_MAX. */
uint64_t lio_gaps_skip(const struct lio_gaps *gaps, uint64_t row,
                       uint64_t *ret_end);

/* Of the 64 rows from `row` on, which are left: bit i is row + i.  Of a
 * bitmap. */
uint64_t lio_gaps_left(const struct lio_gaps *gaps, uint64_t row);

#endif
