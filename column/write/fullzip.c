/*
 * Full-zip pages: values one behind the other, each with its levels.
 *
 *     fixed width       control | value  control | value  ...
 *     variable width    control | length | bytes  control (null)  ...
 *
 * The control word holds both levels, rep << bits_def | def, in as few whole
 * bytes as they take.  Rows of varying width are found by the repetition index,
 * buffer 1: where each starts, and the end.
 */
#include "column/write/chunks.h"
#include "column/write/page_writer.h"

struct page {
    const struct lio_encode *enc;
    const struct lio_raw_page *raw;
    struct lio_rows rows;
    uint32_t bits_rep, bits_def;
    size_t control;       /* bytes of a control word */
    size_t width;         /* bytes of a value, or of a length */
    uint64_t slots;       /* values, of the entries */
    uint64_t index_width; /* bytes of an index entry; 0: there is none */
    uint64_t bytes;       /* of buffer 0 */
};

static uint32_t bits_for(uint32_t most)
{
    uint32_t bits = 0;

    for (; most > 0; most >>= 1)
        bits++;
    return bits;
}

static size_t control_bytes(uint32_t bits)
{
    if (bits == 0)
        return 0;
    if (bits <= 8)
        return 1;
    return bits <= 16 ? 2 : 4;
}

static bool is_variable(const struct page *page)
{
    return page->rows.bits_per_value == 0;
}

static uint32_t def_of(const struct page *page, uint64_t entry)
{
    return page->raw->def ? page->raw->def[entry] : 0;
}

static bool starts_row(const struct page *page, uint64_t entry)
{
    return page->raw->rep_max == 0 ||
           page->raw->rep[entry] == page->raw->rep_max;
}

/* -- sizes --------------------------------------------------------------- */

/* All values but those of nulls, which take no room where widths vary. */
static uint64_t value_bytes(const struct page *page)
{
    uint64_t values = 0, visible = 0;

    for (uint64_t i = 0; i < page->raw->entries; i++) {
        values += def_of(page, i) == 0;
        visible += def_of(page, i) <= page->raw->visible_max;
    }
    if (!is_variable(page))
        return visible * page->width;
    return values * page->width + page->rows.offsets[visible] -
           page->rows.offsets[0];
}

/* Integers of the index: as few bytes as the last needs. */
static uint64_t index_width(uint64_t most)
{
    uint64_t width = 1;

    while (width < 8 && most >> (8 * width) > 0)
        width *= 2;
    return width;
}

static void measure(struct page *page)
{
    const struct lio_raw_page *raw = page->raw;

    page->bits_rep = bits_for(raw->rep_max);
    page->bits_def = bits_for(raw->def_max);
    page->control = control_bytes(page->bits_rep + page->bits_def);
    page->width = is_variable(page) ? page->rows.bits_per_offset / 8
                                    : (size_t)page->rows.bits_per_value / 8;
    page->bytes = raw->entries * page->control + value_bytes(page);
    if (is_variable(page) || raw->rep_max > 0)
        page->index_width = index_width(page->bytes);
}

/* -- entries ------------------------------------------------------------- */

static uint8_t *put_control(const struct page *page, uint64_t entry,
                            uint8_t *at)
{
    uint32_t rep = page->raw->rep ? page->raw->rep[entry] : 0;
    uint32_t word = rep << page->bits_def | def_of(page, entry);

    memcpy(at, &word, page->control);
    return at + page->control;
}

static uint8_t *put_fixed(const struct page *page, uint64_t slot, uint8_t *at)
{
    memcpy(at, page->rows.values + slot * page->width, page->width);
    return at + page->width;
}

static uint8_t *put_variable(const struct page *page, uint64_t slot,
                             uint8_t *at)
{
    uint64_t start = page->rows.offsets[slot];
    uint64_t bytes = page->rows.offsets[slot + 1] - start;

    memcpy(at, &bytes, page->width);
    if (bytes > 0)
        memcpy(at + page->width, page->rows.data + start, (size_t)bytes);
    return at + page->width + bytes;
}

static void put_entries(const struct page *page, uint8_t *start, uint8_t *index)
{
    uint64_t slot = 0;
    uint8_t *at = start;

    for (uint64_t i = 0; i < page->raw->entries; i++) {
        uint64_t position = (uint64_t)(at - start);
        uint32_t def = def_of(page, i);

        if (index && starts_row(page, i)) {
            memcpy(index, &position, (size_t)page->index_width);
            index += page->index_width;
        }
        at = put_control(page, i, at);
        if (is_variable(page) && def == 0)
            at = put_variable(page, slot, at);
        else if (!is_variable(page) && def <= page->raw->visible_max)
            at = put_fixed(page, slot, at);
        slot += def <= page->raw->visible_max;
    }
    if (index)
        memcpy(index, &page->bytes, (size_t)page->index_width);
}

/* Values that are all there, and all there is. */
static bool is_plain(const struct page *page)
{
    return !is_variable(page) && page->control == 0;
}

/* -- the page ------------------------------------------------------------ */

/* Values that are where they came to be go into the file from there. */
static bool is_shared(const struct page *page)
{
    return is_plain(page) && page->raw->mem &&
           page->rows.values == page->raw->mem->data;
}

static int assemble(const struct page *page, struct lio_page_image *ret_image)
{
    const uint64_t bytes[] = { page->bytes,
                               (page->raw->rows + 1) * page->index_width };
    uint32_t n = page->index_width > 0 ? 2 : 1;
    int rc;

    if (is_shared(page))
        return lio_page_image_share(page->enc, page->raw->mem, page->bytes,
                                    ret_image);
    rc = lio_page_image_alloc(page->enc, bytes, n, ret_image);
    if (rc < 0)
        return rc;
    if (is_plain(page))
        memcpy(lio_page_buffer(ret_image, 0), page->rows.values,
               (size_t)page->bytes);
    else
        put_entries(page, lio_page_buffer(ret_image, 0),
                    n == 2 ? lio_page_buffer(ret_image, 1) : NULL);
    return 0;
}

static int describe(const struct page *page, Lio__Pb__PageLayout *ret_layout)
{
    Lio__Pb__FullZipLayout *layout =
        lio_arena_zeroed(page->enc->arena, sizeof(*layout));

    if (!layout)
        return lio_encode_no_message(page->enc);
    lio__pb__full_zip_layout__init(layout);
    layout->has_bits_rep = page->bits_rep > 0;
    layout->bits_rep = page->bits_rep;
    layout->has_bits_def = page->bits_def > 0;
    layout->bits_def = page->bits_def;
    if (is_variable(page)) {
        layout->details_case =
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET;
        layout->bits_per_offset = page->rows.bits_per_offset;
    } else {
        layout->details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE;
        layout->bits_per_value = (uint32_t)page->rows.bits_per_value;
    }
    layout->has_nitems = layout->has_nvisible_items = true;
    layout->nitems = page->raw->entries;
    layout->nvisible_items = page->raw->slots.n;
    layout->value_compression = page->rows.encoding;
    layout->n_layers = page->raw->nlayers;
    layout->layers = (uint32_t *)page->raw->layers;
    ret_layout->layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    ret_layout->full_zip = layout;
    return 0;
}

int lio_fullzip_write(const struct lio_encode *enc,
                      const struct lio_raw_page *raw,
                      Lio__Pb__PageLayout *layout,
                      struct lio_page_image *ret_image)
{
    struct page page = { .enc = enc, .raw = raw };
    int rc = lio_rows_encode(enc, &raw->slots, &page.rows);

    if (rc < 0)
        return rc;
    measure(&page);
    rc = describe(&page, layout);
    return rc < 0 ? rc : assemble(&page, ret_image);
}
