/*
 * How many rows a window may have, and where it ends.
 *
 *     batches     |           |           |           |
 *     windows     |     |     |  |  |  |  |     ...
 *
 * What a window decodes to is as good as unknown before it is decoded; what it
 * is at the least, types tell, and what little a page says of its values.
 */
#include "column/cuts.h"

#include "common/checked.h"

#define LAYOUT(name) LIO__PB__PAGE_LAYOUT__LAYOUT_##name

/* -- what rows decode to ------------------------------------------------- */

/* What strings that repeat decode to, a row: they count for an eighth of what
 * they take, so that batches of them, which hardly take any bytes of the file,
 * need not be put together of many windows. */
uint64_t lio_cut_repeated_bits(uint64_t value_bytes)
{
    return value_bytes; /* each of eight bits */
}

/* The same of a constant, each of whose entries has two levels and is a value,
 * or less. */
static uint64_t constant_bits(const struct lio_page *page,
                              const struct lio_type *type, uint64_t bits)
{
    const Lio__Pb__ConstantLayout *layout = page->layout->constant;

    if (type->kind == LIO_KIND_VARIABLE)
        bits += lio_cut_repeated_bits(layout->has_inline_value
                                          ? layout->inline_value.len
                                          : page->buffers[0].bytes);
    return page->nbuffers > 1 ? bits + 2 * 16 : bits;
}

/* What a value decodes to, as far as that can be known before. */
uint64_t lio_cut_value_bits(const struct lio_page *page,
                            const struct lio_type *type)
{
    const Lio__Pb__MiniBlockLayout *layout;
    uint64_t bits = lio_type_is_fixed(type) ? lio_type_bits(type) : type->bits;

    if (lio_level_rows_can(page))
        return constant_bits(page, type, bits);
    if (type->kind != LIO_KIND_VARIABLE || !page->layout ||
        page->layout->layout_case != LAYOUT(MINI_BLOCK))
        return bits;
    layout = page->layout->mini_block;
    if (layout->dictionary && page->nbuffers > 2 &&
        layout->ndictionary_items > 0)
        bits += page->buffers[2].bytes / layout->ndictionary_items * 8;
    return bits;
}

/* How many values a row has; of lists a little more than on the average, if
 * that can be known before. */
uint64_t lio_cut_row_values(const struct lio_page *page)
{
    return lio_level_rows_can(page) && page->nbuffers > 1 && page->rows > 0
               ? lio_level_rows_entries(page) / page->rows + 1
               : lio_page_row_items(page);
}

uint64_t lio_cut_row_bits(const struct lio_page *page, uint64_t value_bits)
{
    uint64_t bits;

    return lio_checked_mul(value_bits, lio_cut_row_values(page), &bits)
               ? bits
               : UINT64_MAX;
}

/* -- how many ------------------------------------------------------------ */

uint64_t lio_cut_rows_within(uint64_t bytes, uint64_t row_bits)
{
    return row_bits == 0            ? UINT64_MAX
           : bytes > UINT64_MAX / 8 ? UINT64_MAX
                                    : bytes * 8 / row_bits;
}

bool lio_cut_fits(const struct lio_cutter *cutter,
                  const struct lio_cut_limits *limits)
{
    return lio_page_bytes(cutter->page) <= limits->stored &&
           cutter->page->rows <=
               lio_cut_rows_within(limits->decoded, cutter->row_bits);
}

/* The end of a window of up to `most` rows from `first` on: where batches end,
 * if that can be, so that they need not be put together from two windows. */
uint64_t lio_cut_end(const struct lio_cutter *cutter, uint64_t first,
                     uint64_t end, uint64_t most,
                     const struct lio_cut_limits *limits)
{
    uint64_t decoded = lio_cut_rows_within(limits->decoded, cutter->row_bits);
    uint64_t stop, past;

    most = most < decoded ? most : decoded;
    most = most > 0 ? most : 1;
    if (most >= end - first)
        return end;
    stop = first + most;
    if (limits->align == 0)
        return stop;
    past = (stop - limits->align_from) % limits->align;
    if (past < most)
        return stop - past;
    /* Batches larger than windows: rather a larger window than a copy. */
    if (limits->align - past > most)
        return stop;
    stop += limits->align - past;
    return stop < end ? stop : end;
}
