/*
 * Ids of rows that stay the same when rows move, for one fragment: runs of rows
 * whose ids follow each other.
 *
 *     rows    0  1  2  3  4  5
 *     ids     7  8  9  4 12 13
 *     runs    { row 0, id 7 }, { row 3, id 4 }, { row 4, id 12 }
 *
 * Runs, because a few bytes of the manifest can stand for any number of rows.
 */
#ifndef LIO_COLUMN_ROW_IDS_H
#define LIO_COLUMN_ROW_IDS_H

#include "column/bytes.h"

#include <lanceio/error.h>

struct lio_id_run {
    uint64_t row;
    uint64_t id;
};

struct lio_row_ids {
    struct lio_id_run *runs;
    size_t n;
    size_t room;
    uint64_t rows; /* that have one */
};

/* Parse a sequence of a manifest.  LIO_ENOMEM, or LIO_ECORRUPT with a phrase in
 * `*ret_why`. */
LIO_MUST_CHECK int lio_row_ids_parse(struct lio_bytes in,
                                     struct lio_row_ids *ret_ids,
                                     const char **ret_why);
void lio_row_ids_release(struct lio_row_ids *ids);

/* The id of a row, of which there is one; `*ret_run` is how many rows, with
 * this one, have ids that follow. */
uint64_t lio_row_ids_at(const struct lio_row_ids *ids, uint64_t row,
                        uint64_t *ret_run);

#endif
