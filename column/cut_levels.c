/*
 * Windows of constant pages with levels: the levels of some rows (see
 * level_rows.h), and the value, if it lies in a buffer, which is read once.
 */
#include "column/constant.h"
#include "column/cuts.h"
#include "column/pool.h"

#include "common/checked.h"

int lio_cut_levels_ask(struct lio_cutter *cutter, struct lio_error *err)
{
    const struct lio_page *page = cutter->page;
    struct lio_source_read read;
    int rc = lio_level_rows_open(&cutter->levels, cutter->dataset, &cutter->ref,
                                 err);

    if (rc < 0 || !lio_constant_in_buffer(page->nbuffers))
        return rc;
    cutter->value =
        lio_pool_take(cutter->dataset->pool, page->buffers[0].bytes);
    if (!cutter->value)
        return lio_cut_no_memory(cutter, err);
    read = lio_cut_read_of(cutter, 0, 0, cutter->value);
    return lio_source_start(&read, 1, &cutter->batch, err);
}

/* As many rows as are so long on the average, but not of twice the entries. */
int lio_cut_levels_get(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                       const struct lio_cut_limits *limits, struct lio_cut *cut,
                       struct lio_error *err)
{
    uint64_t n = lio_cut_end(cutter, row, end, UINT64_MAX, limits) - row, most;
    uint32_t nbuffers = cutter->page->nbuffers;
    struct lio_level_part part = { 0 };
    int rc;

    if (!lio_checked_mul(lio_cut_row_values(cutter->page) * 2, n, &most))
        most = UINT64_MAX;
    rc = lio_level_rows_take(&cutter->levels, row, n, most, &part, err);
    cut->first = row;
    cut->page.rows = part.rows;
    /* What it decodes to: it has hardly any bytes of the file. */
    cut->bytes = (part.entries > part.rows ? part.entries : part.rows) *
                 (cutter->row_bits / lio_cut_row_values(cutter->page) / 8);
    if (lio_constant_in_buffer(nbuffers))
        cut->load.buffers[0] = lio_mem_get(cutter->value);
    if (rc == 0 && lio_level_part_move(&part, cut->load.buffers, nbuffers) < 0)
        rc = lio_cut_no_memory(cutter, err);
    lio_level_part_release(&part);
    return rc;
}
