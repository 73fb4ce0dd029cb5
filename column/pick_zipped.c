/*
 * Picking rows with lists from full-zip pages.  The index tells where rows are,
 * as for values without lists; how many entries they have, and how many values,
 * which the decoder wants to know, is counted in what was picked.
 */
#include "column/pick.h"

#include "common/cursor.h"

enum { NULLABLE_ITEM = 3 };

/* What a walk along entries has to know. */
struct walk {
    uint32_t word_bytes;
    uint32_t bits_def;
    uint32_t visible_max; /* definition level of an entry with a value */
    uint64_t value_bytes; /* of fixed width; 0: each tells */
    uint32_t length_bytes;
};

/* Layers are listed inside out: those up to the first list have values, null
 * or not.  Kinds 1 and 3 are no lists, and each of the latter has a level. */
static uint32_t visible_max(const Lio__Pb__FullZipLayout *layout)
{
    uint32_t levels = 0;

    for (size_t i = 0; i < layout->n_layers; i++) {
        if (layout->layers[i] != 1 && layout->layers[i] != NULLABLE_ITEM)
            break;
        levels += layout->layers[i] == NULLABLE_ITEM;
    }
    return levels;
}

static struct walk walk_of(const Lio__Pb__FullZipLayout *layout)
{
    uint32_t bits = layout->bits_rep + layout->bits_def;
    struct walk walk = { .word_bytes = bits <= 8    ? 1
                                       : bits <= 16 ? 2
                                                    : 4,
                         .bits_def = layout->bits_def,
                         .visible_max = visible_max(layout) };

    if (layout->details_case ==
        LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE)
        walk.value_bytes = layout->bits_per_value / 8;
    else
        walk.length_bytes = layout->bits_per_offset / 8;
    return walk;
}

bool lio_pick_zipped_can(const struct lio_page *page)
{
    const Lio__Pb__FullZipLayout *layout = page->layout->full_zip;
    bool fixed = layout->details_case ==
                 LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE;
    uint32_t bits = fixed ? layout->bits_per_value : layout->bits_per_offset;

    return !page->uneven && layout->bits_rep > 0 && layout->bits_rep <= 16 &&
           layout->bits_def <= 16 && page->nbuffers == 2 && bits > 0 &&
           bits % 8 == 0 && (fixed || bits == 32 || bits == 64);
}

/* One entry; whether it has a value. */
static bool take_entry(const struct walk *walk, struct lio_cursor *cur)
{
    uint64_t word = lio_cursor_uint(cur, walk->word_bytes);
    uint64_t def = word & ((UINT64_C(1) << walk->bits_def) - 1);
    uint64_t bytes = walk->value_bytes;

    if (def > walk->visible_max)
        return false;
    if (walk->length_bytes > 0)
        bytes = def == 0 ? lio_cursor_uint(cur, walk->length_bytes) : 0;
    /* More than there is makes an overrun. */
    (void)lio_cursor_take(cur, bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX);
    return true;
}

int lio_pick_zipped_count(struct lio_pick *pick, struct lio_error *err)
{
    const struct lio_mem *entries = pick->buffers[0];
    const struct walk walk = walk_of(pick->page->layout->full_zip);
    struct lio_cursor cur = lio_cursor_over(entries->data, entries->bytes);

    pick->entries = 0;
    pick->slots = 0;
    while (cur.left > 0) {
        pick->slots += take_entry(&walk, &cur);
        pick->entries++;
        if (cur.overrun)
            return lio_pick_corrupt(pick, "a row ends within a value", err);
    }
    return 0;
}
