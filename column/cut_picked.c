/*
 * Windows of pages for which nothing tells how long rows are before they are
 * looked for: as many rows as are long enough on the average, picked as
 * lio_take_rows() does (see pick.h).
 */
#include "column/cuts.h"
#include "column/pick.h"

#include <stdlib.h>

struct lio_cut_picked {
    struct lio_pick pick;
    struct lio_reads reads; /* of the rows themselves */
    uint64_t rows[];        /* all of the window */
};

void lio_cut_picked_release(struct lio_cut_picked *picked)
{
    if (!picked)
        return;
    lio_pick_release(&picked->pick);
    lio_reads_release(&picked->reads);
    free(picked);
}

/* Find out where the rows are.  What says that is kept for the next window, or
 * short. */
static int find_rows(struct lio_cut_picked *picked, struct lio_error *err)
{
    struct lio_reads asked = { 0 };
    int rc = lio_pick_ask(&picked->pick, &asked, err);

    if (rc == 0 && asked.n > 0)
        rc = lio_source_read(asked.all, asked.n, err);
    lio_reads_release(&asked);
    return rc < 0 ? rc : lio_pick_get(&picked->pick, &picked->reads, err);
}

int lio_cut_picked_get(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                       const struct lio_cut_limits *limits, struct lio_cut *cut,
                       struct lio_error *err)
{
    const struct lio_page *page = cutter->page;
    uint64_t row_bytes = lio_page_bytes(page) / page->rows + 1, n;
    int rc;

    n = lio_cut_end(cutter, row, end, limits->stored / row_bytes, limits) - row;
    cut->picked = calloc(1, sizeof(*cut->picked) +
                                (size_t)n * sizeof(cut->picked->rows[0]));
    if (!cut->picked)
        return lio_cut_no_memory(cutter, err);
    cut->first = row;
    cut->page.rows = n;
    for (uint64_t i = 0; i < n; i++)
        cut->picked->rows[i] = row + i;
    rc = lio_pick_init(&cut->picked->pick, cutter->dataset, &cutter->ref,
                       cut->picked->rows, n, err);
    cut->picked->pick.picked.dictionary = cut->page.dictionary;
    if (rc == 0)
        rc = find_rows(cut->picked, err);
    for (uint32_t i = 0; rc == 0 && i < cut->picked->reads.n; i++)
        cut->bytes += cut->picked->reads.all[i].bytes;
    return rc;
}

int lio_cut_picked_read(const struct lio_cut_picked *picked,
                        const struct lio_source_manner *manner,
                        struct lio_source_batch **ret_batch,
                        struct lio_error *err)
{
    return lio_source_start_with(manner, picked->reads.all, picked->reads.n,
                                 ret_batch, err);
}

int lio_cut_picked_decode(struct lio_cut_picked *picked,
                          struct lio_slice *ret_slice, struct lio_error *err)
{
    int rc = lio_pick_decode(&picked->pick, &ret_slice->vector, err);

    if (rc < 0)
        return rc;
    /* Rows that follow each other are picked so. */
    ret_slice->from = picked->pick.places[0];
    ret_slice->rows = picked->pick.nrows;
    return 0;
}
