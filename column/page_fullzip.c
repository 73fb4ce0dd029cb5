/*
 * Full-zip pages: for large values.  Each entry has a control word, if the page
 * has levels, and its value; the entries lie one behind the other.
 *
 *     fixed width     | word | value |           also for nulls
 *     variable        | word | length | bytes |  a null is just its word
 *
 * A control word of 1, 2 or 4 bytes is rep << bits_def | def.  What has no
 * slot, such as an empty list, is just its word.  Buffer 1, an index of where
 * rows start, is not needed to read them all.
 */
#include "column/fullzip.h"

#include "column/bits.h"
#include "column/values.h"

#include "common/checked.h"

#include <inttypes.h>

#define ENCODING(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

#define LEVEL_BITS_MAX 16

static int check(struct lio_decode *dec, struct lio_fullzip *zip)
{
    const Lio__Pb__FullZipLayout *layout = zip->layout;
    uint32_t bits;

    if (layout->bits_rep > LEVEL_BITS_MAX || layout->bits_def > LEVEL_BITS_MAX)
        return lio_decode_corrupt(dec,
                                  "levels of %" PRIu32 " and %" PRIu32 " bits",
                                  layout->bits_rep, layout->bits_def);
    if (!lio_slots_listed(&zip->slots) && layout->bits_rep > 0)
        return lio_decode_corrupt(dec, "repetition levels in a column that has "
                                       "no lists");
    if (lio_slots_listed(&zip->slots) && layout->bits_rep == 0)
        return lio_decode_corrupt(dec, "lists, but no repetition levels");
    if (lio_slots_nullable(&zip->slots) && layout->bits_def == 0)
        return lio_decode_corrupt(dec, "nullable, but without definition "
                                       "levels");
    if (!lio_slots_listed(&zip->slots) && layout->nitems != zip->slots.entries)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " entries for %" PRIu64 " rows",
                                  layout->nitems, zip->slots.entries);
    if (zip->in->nbuffers < 1)
        return lio_decode_corrupt(dec, "it has no buffer");
    bits = layout->bits_rep + layout->bits_def;
    zip->word_bytes = bits == 0 ? 0 : bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
    zip->nslots =
        lio_slots_listed(&zip->slots) ? layout->nvisible_items : layout->nitems;
    /* Each entry takes its word at least, or has a slot, which is counted. */
    if (zip->nslots > layout->nitems)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values for %" PRIu64 " entries",
                                  zip->nslots, layout->nitems);
    return 0;
}

int lio_fullzip_take_word(struct lio_decode *dec, struct lio_fullzip *zip,
                          struct lio_cursor *cur, bool *ret_slot,
                          uint16_t *ret_def)
{
    const uint8_t *bytes = lio_cursor_take(cur, zip->word_bytes);
    uint32_t word = 0, bits_def = zip->layout->bits_def;
    uint16_t rep, def;
    uint64_t nslots;
    int rc;

    if (!bytes)
        return lio_decode_corrupt(
            dec, "%zu bytes are not enough for %" PRIu64 " entries",
            zip->in->buffers[0]->bytes, zip->layout->nitems);
    memcpy(&word, bytes, zip->word_bytes);
    def = (uint16_t)(word & ((UINT32_C(1) << bits_def) - 1));
    word >>= bits_def;
    if (def > zip->slots.levels.def_max || word > zip->slots.levels.nlists)
        return lio_decode_corrupt(
            dec,
            "repetition level %" PRIu32 " and definition level %u, of %" PRIu32
            " and %u",
            word, def, zip->slots.levels.nlists, zip->slots.levels.def_max);
    rep = (uint16_t)word;
    *ret_slot = def <= zip->slots.levels.visible_max;
    *ret_def = def;
    if (*ret_slot && zip->slot == zip->nslots)
        return lio_decode_corrupt(dec, "more entries with values than %" PRIu64,
                                  zip->nslots);
    rc = lio_slots_levels(dec, &zip->slots, zip->slot, &rep, &def, 1, &nslots);
    zip->slot += *ret_slot;
    return rc;
}

int lio_fullzip_finish(struct lio_decode *dec, const struct lio_fullzip *zip,
                       const struct lio_cursor *cur)
{
    if (cur->left > 0)
        return lio_decode_corrupt(dec, "%zu bytes are left after the last row",
                                  cur->left);
    if (zip->slot != zip->nslots)
        return lio_decode_corrupt(dec, "%" PRIu64 " values instead of %" PRIu64,
                                  zip->slot, zip->nslots);
    return 0;
}

/* -- fixed width --------------------------------------------------------- */

static int check_fixed(struct lio_decode *dec, const struct lio_fullzip *zip,
                       uint64_t value_bytes)
{
    const Lio__Pb__FullZipLayout *layout = zip->layout;
    uint64_t words, values, bytes;

    if (layout->details_case !=
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE ||
        layout->bits_per_value != value_bytes * 8)
        return lio_decode_corrupt(dec, "its values are not of %" PRIu64 " bits",
                                  value_bytes * 8);
    if (!lio_checked_mul(layout->nitems, zip->word_bytes, &words) ||
        !lio_checked_mul(zip->nslots, value_bytes, &values) ||
        !lio_checked_add(words, values, &bytes) ||
        bytes != zip->in->buffers[0]->bytes)
        return lio_decode_corrupt(
            dec,
            "%" PRIu64 " values of %" PRIu64 " bytes do not fill a buffer of "
            "%zu",
            zip->nslots, value_bytes, zip->in->buffers[0]->bytes);
    return 0;
}

/* One run of bytes as Arrow has them: no control words, nothing between. */
static bool is_array(const struct lio_fullzip *zip)
{
    const Lio__Pb__CompressiveEncoding *enc = zip->layout->value_compression;
    const struct lio_type *type = zip->slots.leaf->types[0];

    if (zip->word_bytes > 0 || !lio_levels_flat(&zip->slots.levels))
        return false;
    for (; type->kind == LIO_KIND_FIXED_LIST; type = type->children[0]) {
        if (!enc || enc->compression_case != ENCODING(FIXED_SIZE_LIST) ||
            enc->fixed_size_list->has_validity)
            return false;
        enc = enc->fixed_size_list->values;
    }
    return type->kind == LIO_KIND_FIXED && type->bits > 1 && enc &&
           enc->compression_case == ENCODING(FLAT);
}

static int decode_entries(struct lio_decode *dec, struct lio_fullzip *zip,
                          const struct lio_parts *parts)
{
    const struct lio_mem *from = zip->in->buffers[0];
    struct lio_cursor cur = lio_cursor_over(from->data, from->bytes);
    int rc = 0;

    for (uint64_t i = 0; i < zip->layout->nitems && rc == 0; i++) {
        uint64_t row = zip->slot;
        const uint8_t *value;
        uint16_t def;
        bool slot;

        rc = lio_fullzip_take_word(dec, zip, &cur, &slot, &def);
        if (rc < 0 || !slot)
            continue;
        value = lio_cursor_take(&cur, parts->bytes);
        if (!value)
            return lio_decode_corrupt(dec, "entry %" PRIu64 " has no value", i);
        rc = lio_parts_put(dec, parts, row, 1, value, parts->bytes);
    }
    return rc < 0 ? rc : lio_fullzip_finish(dec, zip, &cur);
}

static int decode_fixed(struct lio_decode *dec, struct lio_fullzip *zip)
{
    struct lio_builder *builder = &zip->slots.builder;
    bool array = is_array(zip);
    struct lio_parts parts;
    int rc;

    /* The least that the values take bounds what is allocated for them. */
    if (zip->nslots > zip->in->buffers[0]->bytes)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values do not fill a buffer of "
                                  "%zu",
                                  zip->nslots, zip->in->buffers[0]->bytes);
    rc = array ? lio_slots_alloc_bare(dec, &zip->slots, zip->nslots)
               : lio_slots_alloc(dec, &zip->slots, zip->nslots);
    if (rc == 0)
        rc = lio_parts_init(dec, zip->layout->value_compression, builder,
                            &parts);
    if (rc == 0)
        rc = check_fixed(dec, zip, parts.bytes);
    if (rc < 0)
        return rc;
    if (array) {
        parts.all[0].builder->values = lio_mem_get(zip->in->buffers[0]);
        return 0;
    }
    return decode_entries(dec, zip, &parts);
}

int lio_fullzip_decode(struct lio_decode *dec,
                       const Lio__Pb__FullZipLayout *layout,
                       const struct lio_page_input *in,
                       struct lio_vector *ret_vector)
{
    struct lio_fullzip zip = { .layout = layout, .in = in };
    bool fixed = layout->details_case ==
                 LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE;
    int rc = lio_slots_init(dec, in->leaf, in->rows, layout->layers,
                            layout->n_layers, &zip.slots);

    if (rc < 0)
        return rc;
    rc = check(dec, &zip);
    if (rc == 0)
        rc = fixed ? decode_fixed(dec, &zip) : lio_fullzip_variable(dec, &zip);
    if (rc == 0)
        rc = lio_slots_finish(dec, &zip.slots, ret_vector);
    lio_slots_release(&zip.slots);
    return rc;
}
