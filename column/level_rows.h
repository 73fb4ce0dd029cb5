/*
 * Some rows of a constant page that has levels: their levels, plain, as those
 * of a smaller page.
 *
 *     row           0     1   2         3
 *     repetition    2 0 1 2   2 0 0 0   2 0        where a row starts is known
 *     definition    0 0 0 3   0 0 1 0   0 0        when all before it was seen
 *
 * Rows without lists are an entry each, or as many as are items.  Others are
 * found by going through the levels in order, of which but a piece is in
 * memory; so rows are best asked for in order, and the cursor stays behind the
 * last.
 */
#ifndef LIO_COLUMN_LEVEL_ROWS_H
#define LIO_COLUMN_LEVEL_ROWS_H

#include "column/dataset.h"
#include "column/level_stream.h"

struct lio_level_rows {
    const struct lio_dataset *dataset; /* NULL: not open */
    struct lio_page_ref ref;
    const struct lio_page *page;
    bool implied; /* there are no levels that count */
    uint16_t top; /* the repetition level that starts a row; 0: no lists */
    struct lio_level_stream rep;
    struct lio_level_stream def;
    uint64_t row; /* that starts at rep.at */
};

/* Levels of rows, one after the other. */
struct lio_level_part {
    uint64_t rows;
    uint64_t entries;
    struct lio_mem *rep; /* NULL: none so far */
    struct lio_mem *def;
};

/* Whether a page is a constant that this can be done with; false also for one
 * without buffers. */
bool lio_level_rows_can(const struct lio_page *page);

/* Entries of the page, for what a row takes on the average; as it says. */
uint64_t lio_level_rows_entries(const struct lio_page *page);

LIO_MUST_CHECK int lio_level_rows_open(struct lio_level_rows *rows,
                                       const struct lio_dataset *dataset,
                                       const struct lio_page_ref *ref,
                                       struct lio_error *err);
void lio_level_rows_release(struct lio_level_rows *rows);

/*
 * Append the levels of `n` rows from `row` on, or of fewer, but one, that have
 * some `most` entries; reads, and waits for that.
 */
LIO_MUST_CHECK int lio_level_rows_take(struct lio_level_rows *rows,
                                       uint64_t row, uint64_t n, uint64_t most,
                                       struct lio_level_part *part,
                                       struct lio_error *err);

/* Make it the buffers of levels of a page, of which it has `nbuffers`, and
 * empty. */
LIO_MUST_CHECK int lio_level_part_move(struct lio_level_part *part,
                                       struct lio_mem **buffers,
                                       uint32_t nbuffers);
void lio_level_part_release(struct lio_level_part *part);

#endif
