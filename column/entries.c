/*
 * Entries of pages: starts of rows, ends of values.
 */
#include "column/entries.h"

#include "column/array.h"

#define LAYOUT(name) LIO__PB__PAGE_LAYOUT__LAYOUT_##name

/* Of a run: as many as a window of short values has. */
#define RUN_ENTRIES UINT64_C(16384)

/* -- which pages --------------------------------------------------------- */

/* The width of the index's entries: one for each row, and one for the end. */
static uint32_t index_width(const struct lio_page *page)
{
    uint64_t bytes = page->buffers[1].bytes;

    for (uint32_t width = 1; width <= sizeof(uint64_t); width *= 2)
        if (bytes % width == 0 && bytes / width - 1 == lio_page_counted(page))
            return width;
    return 0;
}

static bool find_index(const struct lio_page *page, struct lio_entries *entries)
{
    const Lio__Pb__FullZipLayout *layout = page->layout->full_zip;

    if (page->layout->layout_case != LAYOUT(FULL_ZIP) || layout->bits_rep > 0 ||
        layout->nitems != lio_page_counted(page) || page->nbuffers != 2 ||
        layout->details_case !=
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET)
        return false;
    entries->buffer = 1;
    entries->data = 0;
    entries->width = index_width(page);
    return entries->width > 0;
}

/* The buffer of values of `bits`, and how it is compressed, or false. */
static bool find_flat(const struct lio_page *page,
                      const Lio__Pb__ArrayEncoding *enc, uint64_t bits,
                      uint32_t *ret_buffer, uint32_t *ret_scheme)
{
    enc = lio_array_without_nulls(enc);
    if (!enc || enc->array_case != LIO_ARRAY_CASE(FLAT) ||
        enc->flat->bits != bits || !enc->flat->buffer ||
        enc->flat->buffer->kind != 0)
        return false;
    *ret_buffer = enc->flat->buffer->index;
    *ret_scheme = lio_array_scheme(enc->flat);
    return *ret_buffer < page->nbuffers && *ret_scheme != LIO_SCHEME_UNKNOWN;
}

static bool find_plain(const struct lio_page *page,
                       const Lio__Pb__ArrayEncoding *enc, uint64_t bits,
                       uint32_t *ret_buffer)
{
    uint32_t scheme;

    return find_flat(page, enc, bits, ret_buffer, &scheme) && scheme == 0;
}

static bool find_ends(const struct lio_page *page, struct lio_entries *entries)
{
    const Lio__Pb__ArrayEncoding *enc = lio_array_without_nulls(page->array);

    if (enc && enc->array_case == LIO_ARRAY_CASE(FSST))
        enc = enc->fsst->binary;
    if (!enc || enc->array_case != LIO_ARRAY_CASE(BINARY) ||
        enc->binary->null_adjustment == 0 || page->nbuffers != 2 ||
        !find_plain(page, enc->binary->indices, 64, &entries->buffer) ||
        !find_flat(page, enc->binary->bytes, 8, &entries->data,
                   &entries->scheme))
        return false;
    entries->width = sizeof(uint64_t);
    entries->ends = true;
    entries->adjustment = enc->binary->null_adjustment;
    return entries->buffer != entries->data &&
           page->buffers[entries->buffer].bytes / entries->width >= page->rows;
}

static bool find_lists(const struct lio_page *page, struct lio_entries *entries)
{
    const Lio__Pb__ArrayEncoding *enc = lio_array_without_nulls(page->array);

    if (!enc || enc->array_case != LIO_ARRAY_CASE(LIST) ||
        enc->list->null_adjustment <= enc->list->nitems ||
        page->nbuffers != 1 ||
        !find_plain(page, enc->list->offsets, 64, &entries->buffer))
        return false;
    entries->data = entries->buffer;
    entries->width = sizeof(uint64_t);
    entries->ends = true;
    entries->lists = true;
    entries->adjustment = enc->list->null_adjustment;
    return page->buffers[entries->buffer].bytes / entries->width >= page->rows;
}

bool lio_entries_find(const struct lio_page *page,
                      struct lio_entries *ret_entries)
{
    struct lio_entries entries = { .page = page,
                                   .row_items = lio_page_row_items(page) };

    if (!(page->layout
              ? find_index(page, &entries)
              : find_ends(page, &entries) || find_lists(page, &entries)))
        return false;
    entries.data_bytes = page->buffers[entries.data].bytes;
    *ret_entries = entries;
    return true;
}

/* -- runs of entries ----------------------------------------------------- */

/* The entry that the run begins with: of ends, that of the row before. */
static uint64_t first_entry(const struct lio_entries *entries)
{
    return entries->ends && entries->first > 0
               ? entries->first - 1
               : entries->first * entries->row_items;
}

void lio_entries_choose(struct lio_entries *entries, uint64_t row,
                        uint64_t *ret_at, uint64_t *ret_bytes)
{
    uint64_t left = entries->page->rows - row, end;
    uint64_t most = RUN_ENTRIES / entries->row_items;

    most = most > 0 ? most : 1;
    entries->first = row;
    entries->n = left < most ? left : most;
    end = (row + entries->n) * entries->row_items + !entries->ends;
    *ret_at = first_entry(entries) * entries->width;
    *ret_bytes = end * entries->width - *ret_at;
}

/* Entry `i` of the page. */
static uint64_t entry_at(const struct lio_entries *entries, uint64_t i)
{
    uint64_t value = 0;

    memcpy(&value,
           entries->mem->data + (i - first_entry(entries)) * entries->width,
           entries->width);
    return value;
}

uint64_t lio_entries_start(const struct lio_entries *entries, uint64_t row)
{
    uint64_t end;

    if (!entries->ends)
        return entry_at(entries, row * entries->row_items);
    if (row == 0)
        return 0;
    end = entry_at(entries, row - 1);
    return end >= entries->adjustment ? end - entries->adjustment : end;
}

/* How far entries may reach. */
static uint64_t end_of_values(const struct lio_entries *entries)
{
    return entries->lists ? lio_page_items(entries->page) : entries->data_bytes;
}

bool lio_entries_within(const struct lio_entries *entries, uint64_t row,
                        uint64_t end, uint64_t bytes, uint64_t *ret_rows)
{
    uint64_t start = lio_entries_start(entries, row), last = start, rows = 0;
    uint64_t most = end_of_values(entries);

    while (row + rows < end) {
        uint64_t next = lio_entries_start(entries, row + rows + 1);
        uint64_t taken =
            entries->lists ? (rows + 1) * entries->width : next - start;

        if (next < last || next > most)
            return false;
        if (rows > 0 && taken > bytes)
            break;
        last = next;
        rows++;
    }
    *ret_rows = rows;
    return true;
}

void lio_entries_rebase(const struct lio_entries *entries, uint64_t row,
                        struct lio_mem *to)
{
    uint64_t start = lio_entries_start(entries, row);
    uint64_t n = to->bytes / sizeof(uint64_t);

    for (uint64_t i = 0; i < n; i++) {
        uint64_t end = entry_at(entries, row + i) - start;

        memcpy(to->data + i * sizeof(end), &end, sizeof(end));
    }
}
