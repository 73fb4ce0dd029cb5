/*
 * Picking rows of a full-zip page of variable width.  Its second buffer is an
 * index: where each row starts in the first, and where the last one ends.
 *
 *     index     | 0 | 17 | 40 | 41 | ...
 *     rows      | row 0 | row 1 | row 2 | ...
 *
 * Where rows are groups it is an index of items, and the start of a row that of
 * its first.
 */
#include "column/pick.h"

#include "common/checked.h"

/* Of an entry of the index; 0 if that cannot be. */
static uint64_t entry_bytes(const struct lio_pick *pick)
{
    uint64_t bytes = pick->page->buffers[1].bytes;
    uint64_t entries = lio_page_counted(pick->page) + 1;

    for (uint64_t width = 1; width <= sizeof(uint64_t); width *= 2)
        if (bytes / width == entries && bytes % width == 0)
            return width;
    return 0;
}

/* What to read of the index for a row: from its start to its end. */
static uint64_t row_bytes(const struct lio_pick *pick, uint64_t width)
{
    return (lio_page_row_items(pick->page) + 1) * width;
}

int lio_pick_variable_ask(struct lio_pick *pick, struct lio_reads *reads,
                          struct lio_error *err)
{
    uint64_t items = lio_page_row_items(pick->page), width = entry_bytes(pick);
    uint64_t each = row_bytes(pick, width), bytes;
    int rc = 0;

    if (width == 0)
        return lio_pick_corrupt(
            pick, "its index has not one entry for each row", err);
    if (!lio_checked_mul(pick->nrows, each, &bytes))
        return lio_pick_no_memory(pick, err);
    pick->asked = lio_mem_new(bytes);
    if (!pick->asked)
        return lio_pick_no_memory(pick, err);
    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++)
        rc = lio_pick_read(pick, reads, 1, pick->rows[i] * items * width, each,
                           pick->asked->data + i * each, err);
    return rc;
}

static uint64_t entry_at(const struct lio_pick *pick, uint64_t i,
                         uint64_t width)
{
    uint64_t value = 0;

    memcpy(&value, pick->asked->data + i * width, (size_t)width);
    return value;
}

/* Start and end of the i-th row.  False if it is not in the buffer. */
static bool find_row(const struct lio_pick *pick, uint64_t i, uint64_t width,
                     uint64_t *ret_start, uint64_t *ret_end)
{
    uint64_t items = lio_page_row_items(pick->page);

    *ret_start = entry_at(pick, (items + 1) * i, width);
    *ret_end = entry_at(pick, (items + 1) * i + items, width);
    return *ret_start <= *ret_end && *ret_end <= pick->page->buffers[0].bytes;
}

int lio_pick_variable_get(struct lio_pick *pick, struct lio_reads *reads,
                          struct lio_error *err)
{
    uint64_t width = entry_bytes(pick), start, end, bytes = 0;
    int rc;

    for (uint64_t i = 0; i < pick->nrows; i++) {
        if (!find_row(pick, i, width, &start, &end) ||
            end - start > pick->page->buffers[0].bytes - bytes)
            return lio_pick_corrupt(pick, "its index is not in order", err);
        bytes += end - start;
    }
    pick->picked.nbuffers = 1;
    rc = lio_pick_buffer(pick, 0, bytes, err);
    bytes = 0;
    for (uint64_t i = 0; i < pick->nrows && rc == 0; i++) {
        (void)find_row(pick, i, width, &start, &end);
        rc = lio_pick_read(pick, reads, 0, start, end - start,
                           pick->buffers[0]->data + bytes, err);
        bytes += end - start;
    }
    return rc;
}
