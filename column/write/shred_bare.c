/*
 * Entries without a slot, one behind the other: lists that are null or empty,
 * or in something that is null.
 *
 *     [a]  []  []  null  [b c]  []         two runs, of 3 and of 1
 *
 * Values with a dictionary can lie in chunks only, and these have two slots at
 * least, and so many entries at the most: if runs are short enough, three of
 * them fit around two slots.
 */
#include "column/write/shred.h"

#include "column/write/input.h"

/* Of 65,535 entries a chunk may have. */
#define RUN_MAX 16384

struct runs {
    const struct lio_shredder *shredder;
    uint64_t open;    /* the one that is not over */
    uint64_t longest; /* of all */
};

static void add_bare(struct runs *runs, uint64_t n)
{
    runs->open += n;
    if (runs->open > runs->longest)
        runs->longest = runs->open;
}

static void walk(struct runs *runs, uint32_t i, const struct ArrowArray *array,
                 uint64_t from, uint64_t n);

static void walk_item(struct runs *runs, uint32_t i,
                      const struct ArrowArray *array, uint64_t at)
{
    const struct lio_shred_layer *layer = &runs->shredder->layers[i];
    const struct ArrowArray *child = array->children[layer->child];
    uint64_t first, dimension = layer->type->dimension;

    switch (layer->type->kind) {
    case LIO_KIND_LIST:
        first = lio_input_offset(layer->type, array, at);
        walk(runs, i - 1, child, first,
             lio_input_offset(layer->type, array, at + 1) - first);
        break;
    case LIO_KIND_FIXED_LIST:
        walk(runs, i - 1, child, (at + (uint64_t)array->offset) * dimension,
             dimension);
        break;
    default:
        walk(runs, i - 1, child, at + (uint64_t)array->offset, 1);
        break;
    }
}

static bool is_bare(const struct lio_shred_layer *layer,
                    const struct ArrowArray *array, uint64_t at)
{
    if (!lio_input_valid(array, at))
        return true;
    return layer->type->kind == LIO_KIND_LIST &&
           lio_input_offset(layer->type, array, at) ==
               lio_input_offset(layer->type, array, at + 1);
}

/* Entries that a null of the layer has. */
static uint64_t bare_entries(const struct lio_shred_layer *layer)
{
    if (layer->type->kind == LIO_KIND_LIST)
        return 1;
    return layer->type->kind == LIO_KIND_FIXED_LIST
               ? layer->null_items * layer->type->dimension
               : layer->null_items;
}

static void walk(struct runs *runs, uint32_t i, const struct ArrowArray *array,
                 uint64_t from, uint64_t n)
{
    const struct lio_shred_layer *layer = &runs->shredder->layers[i];

    /* Below all lists everything has a slot, what is null, too. */
    if (n > 0 && layer->lists == 0 && layer->type->kind != LIO_KIND_LIST) {
        runs->open = 0;
        return;
    }
    for (uint64_t j = 0; j < n; j++)
        if (is_bare(layer, array, from + j))
            add_bare(runs, bare_entries(layer));
        else
            walk_item(runs, i, array, from + j);
}

uint64_t lio_shred_bare(const struct lio_shredder *shredder,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n, uint64_t *open)
{
    struct runs runs = { .shredder = shredder, .open = *open };

    for (uint64_t i = 0; i < n; i++) {
        walk(&runs, shredder->nlayers - 1, array, from + i, 1);
        if (runs.longest > RUN_MAX)
            return i;
        *open = runs.open;
    }
    return n;
}
