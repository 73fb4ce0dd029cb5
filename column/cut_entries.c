/*
 * Windows of pages whose values lie one behind the other, by the entries that
 * tell where (see entries.h): some of them are there at a time.
 */
#include "column/cuts.h"
#include "column/pool.h"

int lio_cut_entries_ask(struct lio_cutter *cutter, uint64_t row,
                        struct lio_error *err)
{
    struct lio_entries *entries = &cutter->entries;
    struct lio_source_read read;
    uint64_t at, bytes;

    lio_entries_choose(entries, row, &at, &bytes);
    lio_mem_put(entries->mem);
    entries->mem = lio_pool_take(cutter->dataset->pool, bytes);
    if (!entries->mem)
        return lio_cut_no_memory(cutter, err);
    read = lio_cut_read_of(cutter, entries->buffer, at, entries->mem);
    return lio_source_start(&read, 1, &cutter->batch, err);
}

int lio_cut_entries_get(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                        const struct lio_cut_limits *limits,
                        struct lio_cut *cut, struct lio_error *err)
{
    const struct lio_entries *entries = &cutter->entries;
    uint64_t last = entries->first + entries->n, most;
    int rc = 0;

    end = end < last ? end : last;
    if (!lio_entries_within(entries, row, end, limits->stored, &most))
        return lio_cut_corrupt(
            cutter, "its values do not lie in order in their bytes", err);
    cut->first = row;
    end = lio_cut_end(cutter, row, end, most, limits);
    /* A little more than fits, perhaps, to the end of a batch. */
    if (!lio_entries_within(entries, row, end, UINT64_MAX, &cut->page.rows))
        return lio_cut_corrupt(
            cutter, "its values do not lie in order in their bytes", err);
    cut->at = lio_entries_start(entries, row);
    if (entries->lists)
        cut->page.first_item += cut->at;
    else
        rc = lio_cut_buffer(cutter, cut, entries->data,
                            lio_entries_start(entries, end) - cut->at, err);
    if (!entries->ends) {
        cut->page.nbuffers = 1; /* the index is not needed any more */
        return rc;
    }
    if (rc == 0)
        rc = lio_cut_buffer(cutter, cut, entries->buffer,
                            cut->page.rows * entries->width, err);
    if (rc == 0)
        lio_entries_rebase(entries, row, cut->load.buffers[entries->buffer]);
    return rc;
}
