/*
 * Levels: taken apart, collected and checked.
 */
#include "column/levels.h"

#include "common/checked.h"

#include <inttypes.h>

/* False if there is no such kind. */
static bool layer_of(uint32_t kind, struct lio_layer *layer)
{
    layer->list = kind != LIO_LAYER_ITEM && kind != LIO_LAYER_NULLABLE_ITEM;
    switch (kind) {
    case LIO_LAYER_ITEM:
    case LIO_LAYER_LIST:
        return true;
    case LIO_LAYER_NULLABLE_ITEM:
    case LIO_LAYER_NULLABLE_LIST:
    case LIO_LAYER_NULLABLE_EMPTYABLE_LIST:
        layer->null = layer->base + 1;
        layer->count = kind == LIO_LAYER_NULLABLE_EMPTYABLE_LIST ? 2 : 1;
        return true;
    case LIO_LAYER_EMPTYABLE_LIST:
        layer->count = 1;
        return true;
    default:
        return false;
    }
}

int lio_levels_init(struct lio_decode *dec, const struct lio_leaf *leaf,
                    const uint32_t *kinds, size_t nkinds,
                    struct lio_levels *ret_levels)
{
    struct lio_levels levels = { .nlayers = leaf->nlayers };
    uint32_t base = 0;

    if (nkinds != leaf->nlayers)
        return lio_decode_corrupt(
            dec, "%zu layers for a column of %" PRIu32 " levels of nesting",
            nkinds, leaf->nlayers);
    for (uint32_t i = 0; i < levels.nlayers; i++) {
        struct lio_layer *layer = &levels.layers[i];
        bool list = leaf->types[i]->kind == LIO_KIND_LIST;

        *layer = (struct lio_layer){ .type = leaf->types[i], .base = base };
        if (!layer_of(kinds[i], layer) || layer->list != list)
            return lio_decode_corrupt(
                dec, "layer kind %" PRIu32 " for what is %sa list", kinds[i],
                list ? "" : "not ");
        if (list && levels.nlists++ == 0)
            levels.visible_max = (uint16_t)base;
        base += layer->count;
    }
    levels.def_max = (uint16_t)base;
    if (levels.nlists == 0)
        levels.visible_max = (uint16_t)base;
    *ret_levels = levels;
    return 0;
}

void lio_levels_release(struct lio_levels *levels)
{
    lio_mem_put(levels->rep);
    lio_mem_put(levels->def);
    *levels = (struct lio_levels){ 0 };
}

/* -- collecting ---------------------------------------------------------- */

static int append(struct lio_decode *dec, struct lio_mem **to, uint64_t have,
                  const uint16_t *from, uint64_t n)
{
    uint64_t used = have * sizeof(*from), bytes;
    int rc = 0;

    if (!lio_checked_mul(have + n, sizeof(*from), &bytes))
        bytes = UINT64_MAX;
    rc = *to ? lio_decode_grow(dec, to, used, bytes)
             : lio_decode_alloc(dec, bytes, to);
    if (rc == 0 && n > 0)
        memcpy((*to)->data + used, from, (size_t)(bytes - used));
    return rc;
}

/* How many are at most `bound`, and the highest of all. */
static uint64_t count_up_to(const uint16_t *levels, uint64_t n, uint16_t bound,
                            uint16_t *ret_highest)
{
    uint16_t highest = 0;
    uint64_t count = 0;

    for (uint64_t i = 0; i < n; i++) {
        count += levels[i] <= bound;
        highest = levels[i] > highest ? levels[i] : highest;
    }
    *ret_highest = highest;
    return count;
}

int lio_levels_append(struct lio_decode *dec, struct lio_levels *levels,
                      const uint16_t *rep, const uint16_t *def, uint64_t n,
                      uint64_t *ret_slots)
{
    uint16_t highest_rep = 0, highest_def = 0;
    uint64_t slots = n, rows = n;
    int rc = 0;

    if (levels->def_max > 0) {
        slots = count_up_to(def, n, levels->visible_max, &highest_def);
        rc = append(dec, &levels->def, levels->n, def, n);
    }
    if (rc == 0 && levels->nlists > 0) {
        rows = n - count_up_to(rep, n, (uint16_t)(levels->nlists - 1),
                               &highest_rep);
        rc = append(dec, &levels->rep, levels->n, rep, n);
    }
    if (rc < 0)
        return rc;
    if (highest_def > levels->def_max || highest_rep > levels->nlists)
        return lio_decode_corrupt(
            dec,
            "repetition level %u and definition level %u, of %" PRIu32
            " and %u",
            highest_rep, highest_def, levels->nlists, levels->def_max);
    levels->n += n;
    levels->slots += slots;
    levels->rows += rows;
    *ret_slots = slots;
    return 0;
}

int lio_levels_check(struct lio_decode *dec, const struct lio_levels *levels,
                     uint64_t rows, uint64_t slots)
{
    if (levels->slots != slots)
        return lio_decode_corrupt(
            dec, "%" PRIu64 " values for %" PRIu64 " entries that have one",
            slots, levels->slots);
    if (levels->rows != rows && rows != LIO_ENTRIES_OPEN)
        return lio_decode_corrupt(dec,
                                  "levels of %" PRIu64 " rows in a page of "
                                  "%" PRIu64,
                                  levels->rows, rows);
    if (levels->nlists > 0 && levels->n > 0 &&
        lio_load_u16(levels->rep->data) != levels->nlists)
        return lio_decode_corrupt(dec, "its first entry starts no row");
    return 0;
}
