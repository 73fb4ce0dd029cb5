/*
 * Rows of constant pages, by their levels.
 */
#include "column/level_rows.h"

#include "column/blob.h"
#include "column/constant.h"
#include "column/load.h"

#include "common/checked.h"

#include <assert.h>
#include <inttypes.h>

#define LEVEL_BYTES sizeof(uint16_t)

/* -- which pages --------------------------------------------------------- */

static const Lio__Pb__ConstantLayout *layout_of(const struct lio_page *page)
{
    return page->layout->constant;
}

bool lio_level_rows_can(const struct lio_page *page)
{
    const Lio__Pb__ConstantLayout *layout;
    uint32_t rep = lio_constant_rep(page->nbuffers);

    if (!page->layout ||
        page->layout->layout_case != LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT ||
        page->nbuffers < 1 || page->nbuffers > 3 || page->uneven ||
        (page->blob && page->group > 0))
        return false;
    layout = layout_of(page);
    return page->nbuffers == 1 ||
           (lio_level_stream_can(layout->rep_compression, layout->nrep_values,
                                 page->buffers[rep].bytes) &&
            lio_level_stream_can(layout->def_compression, layout->ndef_values,
                                 page->buffers[rep + 1].bytes));
}

static uint64_t count(const Lio__Pb__CompressiveEncoding *enc, uint64_t said,
                      uint64_t bytes)
{
    return enc ? said : bytes / LEVEL_BYTES;
}

uint64_t lio_level_rows_entries(const struct lio_page *page)
{
    const Lio__Pb__ConstantLayout *layout = layout_of(page);
    uint32_t at = lio_constant_rep(page->nbuffers);
    uint64_t rep, def;

    if (page->nbuffers < 2)
        return page->rows;
    rep = count(layout->rep_compression, layout->nrep_values,
                page->buffers[at].bytes);
    def = count(layout->def_compression, layout->ndef_values,
                page->buffers[at + 1].bytes);
    return rep > def ? rep : def;
}

/* -- start and end ------------------------------------------------------- */

static bool has_value(const struct lio_page *page)
{
    return layout_of(page)->has_inline_value ||
           lio_constant_in_buffer(page->nbuffers);
}

static struct lio_level_stream
stream_of(const struct lio_level_rows *rows, uint32_t buffer,
          const Lio__Pb__CompressiveEncoding *enc, uint64_t n)
{
    const struct lio_buffer_info *info = &rows->page->buffers[buffer];

    return (struct lio_level_stream){
        .enc = enc,
        .source = rows->dataset->files[rows->ref.file].source,
        .offset = info->offset,
        .bytes = info->bytes,
        .n = n,
    };
}

static int open_streams(struct lio_level_rows *rows, struct lio_decode *dec,
                        const struct lio_slots *slots)
{
    const struct lio_page *page = rows->page;
    const Lio__Pb__ConstantLayout *layout = layout_of(page);
    uint32_t rep = lio_constant_rep(page->nbuffers);
    struct lio_constant_levels levels;
    int rc;

    rows->implied = page->nbuffers < 2;
    if (rows->implied)
        return 0;
    rc = lio_constant_levels_of(dec, layout, slots, has_value(page),
                                page->buffers[rep].bytes,
                                page->buffers[rep + 1].bytes, &levels);
    if (rc < 0)
        return rc;
    rows->implied = levels.implied;
    rows->top = (uint16_t)slots->levels.nlists;
    rows->rep = stream_of(rows, rep, layout->rep_compression, levels.nrep);
    rows->def = stream_of(rows, rep + 1, layout->def_compression, levels.ndef);
    return 0;
}

int lio_level_rows_open(struct lio_level_rows *rows,
                        const struct lio_dataset *dataset,
                        const struct lio_page_ref *ref, struct lio_error *err)
{
    struct lio_leaf leaf = lio_blob_leaf(dataset, ref);
    struct lio_slots slots;
    struct lio_decode dec;
    int rc;

    *rows = (struct lio_level_rows){
        .dataset = dataset,
        .ref = *ref,
        .page = lio_dataset_page_of(dataset, ref),
    };
    if (rows->page->blob)
        leaf = lio_leaf_alone(leaf.types[0]);
    lio_load_context(dataset, ref, err, &dec);
    rc = lio_slots_init(&dec, &leaf, rows->page->rows,
                        layout_of(rows->page)->layers,
                        layout_of(rows->page)->n_layers, &slots);
    if (rc == 0) {
        rc = open_streams(rows, &dec, &slots);
        lio_slots_release(&slots);
    }
    lio_decode_release(&dec);
    if (rc < 0)
        *rows = (struct lio_level_rows){ .dataset = NULL };
    return rc;
}

void lio_level_rows_release(struct lio_level_rows *rows)
{
    lio_level_stream_release(&rows->rep);
    lio_level_stream_release(&rows->def);
    *rows = (struct lio_level_rows){ .dataset = NULL };
}

/* -- parts --------------------------------------------------------------- */

/* Have room for `n` more. */
static int reserve(struct lio_decode *dec, struct lio_mem **to, uint64_t have,
                   uint64_t n)
{
    uint64_t bytes;

    if (!lio_checked_mul(have + n, LEVEL_BYTES, &bytes))
        bytes = UINT64_MAX;
    return *to ? lio_decode_grow(dec, to, have * LEVEL_BYTES, bytes)
               : lio_decode_alloc(dec, bytes, to);
}

static int append(struct lio_decode *dec, struct lio_mem **to, uint64_t have,
                  const uint16_t *levels, uint64_t n)
{
    uint64_t used = have * LEVEL_BYTES;
    int rc = reserve(dec, to, have, n);

    if (rc == 0)
        memcpy((*to)->data + used, levels, (size_t)(n * LEVEL_BYTES));
    return rc;
}

int lio_level_part_move(struct lio_level_part *part, struct lio_mem **buffers,
                        uint32_t nbuffers)
{
    uint32_t rep = lio_constant_rep(nbuffers);

    if (nbuffers < 2)
        return 0;
    buffers[rep] = part->rep ? part->rep : lio_mem_new(0);
    buffers[rep + 1] = part->def ? part->def : lio_mem_new(0);
    /* They grew by halves. */
    if (part->rep)
        part->rep->bytes = (size_t)(part->entries * LEVEL_BYTES);
    if (part->def)
        part->def->bytes = (size_t)(part->entries * LEVEL_BYTES);
    part->rep = part->def = NULL;
    return buffers[rep] && buffers[rep + 1] ? 0 : LIO_ENOMEM;
}

void lio_level_part_release(struct lio_level_part *part)
{
    lio_mem_put(part->rep);
    lio_mem_put(part->def);
    *part = (struct lio_level_part){ 0 };
}

/* -- rows without lists -------------------------------------------------- */

static int take_plain(struct lio_level_rows *rows, struct lio_decode *dec,
                      uint64_t row, uint64_t n, uint64_t most,
                      struct lio_level_part *part)
{
    const uint16_t *levels;
    uint64_t items = lio_page_row_items(rows->page), left;
    int rc;

    if (n > most / items)
        n = most / items > 0 ? most / items : 1;
    rows->def.at = row * items;
    rc = reserve(dec, &part->def, part->entries, n * items);
    for (left = n * items; left > 0 && rc == 0;) {
        uint64_t have;

        rc = lio_level_stream_peek(&rows->def, dec, &levels, &have);
        have = have < left ? have : left;
        if (rc == 0)
            rc = append(dec, &part->def, part->entries, levels, have);
        rows->def.at += have;
        part->entries += have;
        left -= have;
    }
    part->rows += n;
    return rc;
}

/* -- rows with lists ----------------------------------------------------- */

/* On the way through the levels.  What starts is a row, or in fixed-size lists
 * one of its items. */
struct walk {
    uint64_t items;  /* of a row */
    uint64_t starts; /* seen so far */
    uint64_t starts_max;
    uint64_t entries; /* passed */
    uint64_t entries_max;
    bool done;
};

/* How many of the levels belong to the rows that are wanted. */
static uint64_t walk_over(struct walk *walk, const uint16_t *rep, uint64_t n,
                          uint16_t top)
{
    uint64_t i = 0;

    for (; i < n; i++) {
        if (rep[i] != top)
            continue;
        walk->done = walk->starts == walk->starts_max ||
                     (walk->starts > 0 && walk->starts % walk->items == 0 &&
                      walk->entries + i > walk->entries_max);
        if (walk->done)
            break;
        walk->starts++;
    }
    walk->entries += i;
    return i;
}

/* Go on over the walk's rows, and append their levels, if there is a part to
 * append them to. */
static int go(struct lio_level_rows *rows, struct lio_decode *dec,
              struct walk *walk, struct lio_level_part *part)
{
    const uint16_t *rep, *def = NULL;
    uint64_t n, ndef;
    int rc = 0;

    while (!walk->done && rc == 0) {
        rc = lio_level_stream_peek(&rows->rep, dec, &rep, &n);
        if (rc < 0 || n == 0)
            break;
        if (rows->def.n > 0 && part) {
            rows->def.at = rows->rep.at;
            rc = lio_level_stream_peek(&rows->def, dec, &def, &ndef);
            n = ndef < n ? ndef : n;
        }
        if (rc == 0 && walk->starts == 0 && rep[0] != rows->top)
            return lio_decode_corrupt(dec, "its first entry starts no row");
        n = walk_over(walk, rep, n, rows->top);
        if (rc == 0 && part)
            rc = append(dec, &part->rep, part->entries, rep, n);
        if (rc == 0 && def)
            rc = append(dec, &part->def, part->entries, def, n);
        rows->rep.at += n;
        if (part)
            part->entries += n;
    }
    rows->row += walk->starts / walk->items;
    return rc;
}

static int wrong_rows(const struct lio_level_rows *rows, struct lio_decode *dec)
{
    return lio_decode_corrupt(
        dec, "levels of %s%" PRIu64 " rows in a page of %" PRIu64,
        rows->row < rows->page->rows ? "" : "more than ", rows->row,
        rows->page->rows);
}

static int take_listed(struct lio_level_rows *rows, struct lio_decode *dec,
                       uint64_t row, uint64_t n, uint64_t most,
                       struct lio_level_part *part)
{
    uint64_t items = lio_page_row_items(rows->page);
    struct walk walk = { .items = items,
                         .starts_max = n * items,
                         .entries_max = most };
    struct walk before = { .items = items, .entries_max = UINT64_MAX };
    int rc;

    if (row < rows->row)
        rows->row = rows->rep.at = 0;
    before.starts_max = (row - rows->row) * items;
    rc = go(rows, dec, &before, NULL);
    if (rc == 0)
        rc = go(rows, dec, &walk, part);
    if (rc < 0)
        return rc;
    /* That one more begins is seen at its first entry; that there is none, at
     * the end. */
    if (walk.starts == 0 || (!walk.done && rows->row < row + n) ||
        (rows->row == rows->page->rows && rows->rep.at < rows->rep.n))
        return wrong_rows(rows, dec);
    part->rows += walk.starts / items;
    return 0;
}

int lio_level_rows_take(struct lio_level_rows *rows, uint64_t row, uint64_t n,
                        uint64_t most, struct lio_level_part *part,
                        struct lio_error *err)
{
    struct lio_decode dec;
    int rc;

    assert(n > 0 && n <= rows->page->rows - row);
    if (rows->implied) {
        part->rows += n;
        return 0;
    }
    lio_load_context(rows->dataset, &rows->ref, err, &dec);
    rc = rows->top > 0 ? take_listed(rows, &dec, row, n, most, part)
                       : take_plain(rows, &dec, row, n, most, part);
    lio_decode_release(&dec);
    return rc;
}
