/*
 * A page that has been shredded, made ready: levels that no entry has are taken
 * out, and what they belong to is said.
 */
#include "column/levels.h"
#include "column/write/shred.h"

/* A column that is not nested has a level for each row: whether it is null. */
static int flat_levels(const struct lio_encode *enc, struct lio_raw_page *raw)
{
    const uint8_t *valid = raw->slots.validity;
    uint16_t *def;
    int rc;

    raw->layers[0] = valid ? LIO_LAYER_NULLABLE_ITEM : LIO_LAYER_ITEM;
    if (!valid)
        return 0;
    rc = lio_encode_alloc(enc, raw->slots.n * sizeof(*def), &def);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < raw->slots.n; i++)
        def[i] = !lio_bit_get(valid, i);
    raw->def = def;
    raw->def_max = raw->visible_max = 1;
    return 0;
}

static uint32_t kind_of(bool list, bool null, bool empty)
{
    if (!list)
        return null ? LIO_LAYER_NULLABLE_ITEM : LIO_LAYER_ITEM;
    if (null)
        return empty ? LIO_LAYER_NULLABLE_EMPTYABLE_LIST
                     : LIO_LAYER_NULLABLE_LIST;
    return empty ? LIO_LAYER_EMPTYABLE_LIST : LIO_LAYER_LIST;
}

/* Which levels remain, by those they were. */
static void number_levels(const struct lio_shredded *shredded,
                          struct lio_raw_page *raw, uint16_t *levels)
{
    const struct lio_shredder *shredder = shredded->shredder;
    bool listed = false;

    levels[0] = 0;
    for (uint32_t i = 0; i < shredder->nlayers; i++) {
        const struct lio_shred_layer *layer = &shredder->layers[i];
        bool list = layer->type->kind == LIO_KIND_LIST;
        const bool *used = shredded->used + layer->base + 1;

        if (list && !listed)
            raw->visible_max = raw->def_max;
        listed |= list;
        raw->rep_max += list;
        raw->layers[i] = kind_of(list, used[0], list && used[1]);
        if (used[0])
            levels[layer->base + 1] = (uint16_t)++raw->def_max;
        if (list && used[1])
            levels[layer->base + 2] = (uint16_t)++raw->def_max;
    }
    if (!listed)
        raw->visible_max = raw->def_max;
}

static void nested_levels(struct lio_shredded *shredded,
                          struct lio_raw_page *raw)
{
    uint16_t levels[LIO_SHRED_LEVELS] = { 0 };
    uint16_t *def = lio_growing_data(&shredded->def);

    number_levels(shredded, raw, levels);
    for (uint64_t i = 0; def && i < shredded->entries; i++)
        def[i] = levels[def[i]];
    raw->rep = lio_growing_data(&shredded->rep);
    raw->def = def;
}

/* In 2.0 rows are the column's; later a row counts once for each item of its
 * fixed-size lists. */
static void count_rows(const struct lio_shredded *shredded,
                       struct lio_raw_page *raw)
{
    const struct lio_shredder *shredder = shredded->shredder;

    if (shredder->format == LIO_FORMAT_20) {
        raw->rows = raw->slots.n;
        return;
    }
    raw->rows = shredded->rows * shredder->row_items;
    raw->first_row = shredded->first_row * shredder->row_items;
}

/* Where the values are that have no others inside. */
static struct lio_mem *innermost(const struct lio_collect *collect)
{
    while (collect->type->kind == LIO_KIND_FIXED_LIST)
        collect = &collect->children[0];
    return collect->values.mem;
}

int lio_shredded_page(const struct lio_encode *enc,
                      struct lio_shredded *shredded,
                      struct lio_raw_page *ret_raw)
{
    const struct lio_shredder *shredder = shredded->shredder;
    struct lio_raw_page raw = {
        .slots = lio_collect_view(&shredded->slots),
        .nlayers = shredder->nlayers,
        .entries = shredded->entries,
        .mem = innermost(&shredded->slots),
    };
    int rc = 0;

    if (shredder->format != LIO_FORMAT_20 && shredder->nlayers == 1)
        rc = flat_levels(enc, &raw);
    else if (shredder->format != LIO_FORMAT_20)
        nested_levels(shredded, &raw);
    if (rc < 0)
        return rc;
    count_rows(shredded, &raw);
    *ret_raw = raw;
    return 0;
}
