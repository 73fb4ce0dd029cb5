/*
 * Windows of rows that take as many bits each in every buffer: known without
 * asking.
 */
#include "column/cuts.h"

/* Rows of whole bytes, or of bits that start with a byte. */
int lio_cut_fixed_get(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                      const struct lio_cut_limits *limits, struct lio_cut *cut,
                      struct lio_error *err)
{
    uint64_t row_bits = 0;
    int rc = 0;

    cut->first = row;
    for (uint32_t i = 0; i < cutter->page->nbuffers; i++) {
        /* Each is less than the page's bits over its rows: no overflow. */
        row_bits += cutter->bits[i];
        if (cutter->bits[i] % 8 != 0)
            cut->first = row - row % 8;
    }
    cut->page.rows =
        lio_cut_end(cutter, row, end,
                    lio_cut_rows_within(limits->stored, row_bits), limits) -
        cut->first;
    for (uint32_t i = 0; i < cutter->page->nbuffers && rc == 0; i++)
        rc = lio_cut_buffer(cutter, cut, i,
                            (cut->page.rows * cutter->bits[i] + 7) / 8, err);
    return rc;
}
