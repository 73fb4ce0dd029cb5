/*
 * Cutting pages: which way for which layout, from asking to decoding.
 */
#include "column/cuts.h"

#include "column/pick.h"
#include "column/pool.h"

#include <assert.h>
#include <inttypes.h>

#define LAYOUT(name) LIO__PB__PAGE_LAYOUT__LAYOUT_##name

/* -- messages ------------------------------------------------------------ */

static const char *file_of(const struct lio_cutter *cutter)
{
    return lio_source_name(cutter->dataset->files[cutter->ref.file].source);
}

static const char *column_of(const struct lio_cutter *cutter)
{
    return cutter->dataset->schema.fields[cutter->ref.field].path;
}

int lio_cut_no_memory(const struct lio_cutter *cutter, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM,
                         "%s: column '%s', page %" PRIu32
                         ": no memory to cut it",
                         file_of(cutter), column_of(cutter), cutter->ref.page);
}

int lio_cut_corrupt(const struct lio_cutter *cutter, const char *what,
                    struct lio_error *err)
{
    return lio_error_set(
        err, LIO_ECORRUPT, "%s: column '%s', page %" PRIu32 ": %s",
        file_of(cutter), column_of(cutter), cutter->ref.page, what);
}

/* -- which way ----------------------------------------------------------- */

static enum lio_cut_kind kind_of_miniblock(const struct lio_page *page)
{
    const Lio__Pb__MiniBlockLayout *layout = page->layout->mini_block;

    return !layout->rep_compression && layout->repetition_index_depth == 0 &&
                   layout->nitems == lio_page_counted(page) &&
                   page->nbuffers == (layout->dictionary ? 3 : 2)
               ? LIO_CUT_CHUNKS
           : lio_pick_lists_can(page) ? LIO_CUT_PICKED
                                      : LIO_CUT_NOT;
}

static enum lio_cut_kind kind_of_page(struct lio_cutter *cutter)
{
    const struct lio_page *page = cutter->page;
    enum lio_pick_kind kind;

    if (page->layout && page->layout->layout_case == LAYOUT(MINI_BLOCK))
        return kind_of_miniblock(page);
    if (lio_level_rows_can(page))
        return LIO_CUT_LEVELS;
    if (lio_entries_find(page, &cutter->entries)) {
        cutter->packed.schemes[cutter->entries.data] = cutter->entries.scheme;
        return LIO_CUT_ENTRIES;
    }
    kind = lio_pick_kind(page, cutter->bits, cutter->packed.schemes);
    switch (kind) {
    case LIO_PICK_FIXED:
        return LIO_CUT_FIXED;
    case LIO_PICK_NOTHING:
        return LIO_CUT_NOTHING;
    case LIO_PICK_LISTS:
    case LIO_PICK_ZIPPED:
    case LIO_PICK_DICTIONARY:
        return LIO_CUT_PICKED;
    default:
        /* Decoded whole, it is decompressed whole. */
        cutter->packed = (struct lio_cut_packed){ 0 };
        return LIO_CUT_NOT;
    }
}

static void choose_kind(struct lio_cutter *cutter,
                        const struct lio_cut_limits *limits)
{
    const struct lio_dataset *dataset = cutter->dataset;

    cutter->kind = kind_of_page(cutter);
    if (!lio_cut_fits(cutter, limits)) {
        if (cutter->kind == LIO_CUT_NOT)
            lio_pool_count_whole(dataset->pool, lio_page_bytes(cutter->page));
    } else if (!lio_cut_packed_any(&cutter->packed, cutter->page)) {
        cutter->kind = LIO_CUT_NOT;
    }
}

/* -- start and end ------------------------------------------------------- */

static int ask(struct lio_cutter *cutter, uint64_t row, struct lio_error *err)
{
    switch (cutter->kind) {
    case LIO_CUT_CHUNKS:
    case LIO_CUT_PICKED:
        return lio_cut_chunks_ask(cutter, err);
    case LIO_CUT_ENTRIES:
        return lio_cut_entries_ask(cutter, row, err);
    case LIO_CUT_LEVELS:
        return lio_cut_levels_ask(cutter, err);
    default:
        return 0;
    }
}

int lio_cutter_open(struct lio_cutter *cutter,
                    const struct lio_dataset *dataset,
                    const struct lio_page_ref *ref, uint64_t row,
                    const struct lio_cut_limits *limits, struct lio_error *err)
{
    int rc = lio_dataset_check_field(dataset, ref->field, err);

    if (rc < 0)
        return rc;
    *cutter = (struct lio_cutter){ .dataset = dataset,
                                   .ref = *ref,
                                   .page = lio_dataset_page_of(dataset, ref) };
    cutter->row_bits = lio_cut_row_bits(
        cutter->page,
        lio_cut_value_bits(cutter->page,
                           &dataset->schema.fields[ref->field].type));
    choose_kind(cutter, limits);
    rc = ask(cutter, row, err);
    if (rc == 0 && lio_cut_packed_any(&cutter->packed, cutter->page))
        rc = lio_cut_packed_open(&cutter->packed, dataset, ref, err);
    if (rc < 0)
        lio_cutter_release(cutter);
    return rc;
}

void lio_cutter_release(struct lio_cutter *cutter)
{
    lio_source_abandon(cutter->batch);
    lio_mem_put(cutter->asked);
    lio_mem_put(cutter->chunks);
    lio_mem_put(cutter->items);
    lio_dictionary_release(&cutter->dictionary);
    lio_mem_put(cutter->entries.mem);
    lio_level_rows_release(&cutter->levels);
    lio_mem_put(cutter->value);
    lio_cut_packed_release(&cutter->packed);
    *cutter = (struct lio_cutter){ 0 };
}

/* -- what was asked ------------------------------------------------------ */

int lio_cutter_wait(struct lio_cutter *cutter, struct lio_error *err)
{
    struct lio_source_batch *batch = cutter->batch;
    int rc;

    cutter->batch = NULL;
    rc = batch ? lio_source_finish(batch, err) : 0;
    if (rc == 0)
        rc = lio_cut_chunks_asked(cutter, err);
    if (rc == 0 && lio_cut_packed_waits(&cutter->packed))
        rc = lio_cut_packed_asked(cutter, err);
    return rc;
}

int lio_cutter_ready(struct lio_cutter *cutter, uint64_t row, bool *ret_ready,
                     struct lio_error *err)
{
    int rc = 0;

    if (!cutter->batch && cutter->kind == LIO_CUT_ENTRIES &&
        !lio_entries_has(&cutter->entries, row))
        rc = lio_cut_entries_ask(cutter, row, err);
    *ret_ready = !cutter->batch && !lio_cut_packed_waits(&cutter->packed);
    return rc;
}

/* -- cutting ------------------------------------------------------------- */

/* What cannot be cut may take no more than what it decodes to may. */
static int cut_whole(struct lio_cutter *cutter, struct lio_cut *cut,
                     struct lio_error *err)
{
    uint64_t bytes = lio_page_bytes(cutter->page);
    int rc = 0;

    if (bytes > cutter->dataset->page_decoded_max)
        return lio_error_set(
            err, LIO_EUNSUPPORTED,
            "%s: column '%s', page %" PRIu32
            ": it cannot be read in parts, and its %" PRIu64
            " bytes are more than the %" PRIu64 " that may be held of one",
            file_of(cutter), column_of(cutter), cutter->ref.page, bytes,
            cutter->dataset->page_decoded_max);

    for (uint32_t i = 0; i < cutter->page->nbuffers && rc == 0; i++)
        rc =
            lio_cut_buffer(cutter, cut, i, cutter->page->buffers[i].bytes, err);
    return rc;
}

/* The layout with the numbers of the window. */
static void set_layout(const struct lio_cutter *cutter, struct lio_cut *cut)
{
    if (!cutter->page->layout || cutter->kind == LIO_CUT_NOT ||
        cutter->kind == LIO_CUT_PICKED)
        return;
    cut->layout = *cutter->page->layout;
    cut->page.layout = &cut->layout;
    if (cut->layout.layout_case == LAYOUT(MINI_BLOCK)) {
        cut->mini_block = *cut->layout.mini_block;
        cut->mini_block.nitems = cut->items;
        cut->layout.mini_block = &cut->mini_block;
    } else if (cut->layout.layout_case == LAYOUT(FULL_ZIP)) {
        cut->full_zip = *cut->layout.full_zip;
        cut->full_zip.nitems = lio_page_counted(&cut->page);
        cut->full_zip.nvisible_items = cut->full_zip.nitems;
        cut->layout.full_zip = &cut->full_zip;
    } else if (cutter->kind == LIO_CUT_LEVELS) {
        cut->constant = *cut->layout.constant;
        cut->constant.rep_compression = cut->constant.def_compression = NULL;
        cut->layout.constant = &cut->constant;
    }
}

int lio_cutter_cut(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                   const struct lio_cut_limits *limits, struct lio_cut *cut,
                   struct lio_error *err)
{
    int rc = 0;

    *cut = (struct lio_cut){ .load = { .ref = cutter->ref },
                             .kind = cutter->kind };
    /* Shares all but what is set here, and is never released. */
    cut->page = *cutter->page;
    cut->load.page = &cut->page;
    if (cutter->kind != LIO_CUT_NOT && lio_cut_has_dictionary(cutter->page)) {
        cut->dictionary = lio_dictionary_share(&cutter->dictionary);
        cut->page.dictionary = &cut->dictionary;
    }
    switch (cutter->kind) {
    case LIO_CUT_NOT:
        rc = cut_whole(cutter, cut, err);
        break;
    case LIO_CUT_NOTHING:
        cut->first = row;
        cut->page.rows =
            lio_cut_end(cutter, row, end, UINT64_MAX, limits) - row;
        break;
    case LIO_CUT_FIXED:
        rc = lio_cut_fixed_get(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_CHUNKS:
        rc = lio_cut_chunks_get(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_ENTRIES:
        rc = lio_cut_entries_get(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_LEVELS:
        rc = lio_cut_levels_get(cutter, row, end, limits, cut, err);
        break;
    case LIO_CUT_PICKED:
        rc = lio_cut_picked_get(cutter, row, end, limits, cut, err);
        break;
    }
    set_layout(cutter, cut);
    if (rc < 0) {
        lio_cut_release(cut);
        return rc;
    }
    assert(row - cut->first < cut->page.rows);
    return 0;
}

int lio_cutter_read(const struct lio_cutter *cutter, struct lio_cut *cut,
                    const struct lio_source_manner *manner,
                    struct lio_source_batch **ret_batch, struct lio_error *err)
{
    return cut->picked
               ? lio_cut_picked_read(cut->picked, manner, ret_batch, err)
               : lio_cut_buffers_read(cutter, cut, manner, ret_batch, err);
}

/* -- decoding ------------------------------------------------------------ */

int lio_cut_decode(struct lio_cut *cut, const struct lio_dataset *dataset,
                   struct lio_slice *ret_slice, struct lio_error *err)
{
    struct lio_slice slice = { .from = 0 };
    int rc = lio_cut_parts_make(&cut->parts, err);

    if (rc < 0)
        return rc;
    if (cut->picked) {
        rc = lio_cut_picked_decode(cut->picked, &slice, err);
    } else {
        rc = lio_load_decode(dataset, &cut->load, &slice.vector, err);
        slice.rows = slice.vector.rows;
    }
    if (rc < 0)
        return rc;
    assert(slice.rows <= slice.vector.rows - slice.from);
    *ret_slice = slice;
    return 0;
}

void lio_cut_release(struct lio_cut *cut)
{
    lio_cut_parts_release(&cut->parts);
    lio_load_release(&cut->load);
    lio_dictionary_release(&cut->dictionary);
    lio_cut_picked_release(cut->picked);
    cut->picked = NULL;
}
