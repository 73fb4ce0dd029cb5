/*
 * Picking rows of constant pages: their levels, and the value.  Where rows with
 * lists are is found by going through the levels, see level_rows.h, which reads
 * by itself.
 */
#include "column/constant.h"
#include "column/level_rows.h"
#include "column/pick.h"

/* How many of the rows from the i-th on follow each other. */
static uint64_t run_from(const struct lio_pick *pick, uint64_t i)
{
    uint64_t n = 1;

    while (i + n < pick->nrows && pick->rows[i + n] == pick->rows[i] + n)
        n++;
    return n;
}

static int take_rows(const struct lio_pick *pick, struct lio_level_part *part,
                     struct lio_error *err)
{
    struct lio_level_rows rows;
    uint64_t n;
    int rc = lio_level_rows_open(&rows, pick->dataset, &pick->ref, err);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < pick->nrows && rc == 0; i += n) {
        n = run_from(pick, i);
        rc =
            lio_level_rows_take(&rows, pick->rows[i], n, UINT64_MAX, part, err);
    }
    lio_level_rows_release(&rows);
    return rc;
}

int lio_pick_levels_get(struct lio_pick *pick, struct lio_reads *reads,
                        struct lio_error *err)
{
    struct lio_level_part part = { 0 };
    int rc = take_rows(pick, &part, err);

    if (rc == 0 &&
        lio_level_part_move(&part, pick->buffers, pick->page->nbuffers) < 0)
        rc = lio_pick_no_memory(pick, err);
    lio_level_part_release(&part);
    if (rc == 0 && lio_constant_in_buffer(pick->page->nbuffers))
        rc = lio_pick_whole(pick, reads, 0, err);
    return rc;
}
