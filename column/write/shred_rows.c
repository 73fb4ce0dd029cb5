/*
 * Walking down the arrays of a column, by runs: of rows, of the items of their
 * lists, of the items of those.
 *
 *     [[1 2] null] [] [[3]]      outer list at layer 2, inner at 1
 *
 *     layer 2   3 lists, the first with rep 2, the others with 2
 *     layer 1   2 lists, the first with rep 2, the others with 1
 *     layer 0   2 items, the first with rep 2, the others with 0
 *
 * The first item of a list carries on what its list has started; the others
 * start what is between them.
 */
#include "column/write/shred.h"

#include "column/write/input.h"

#include <inttypes.h>

/* How the first of a run of items, and how the others repeat. */
struct repeat {
    uint16_t first;
    uint16_t rest;
};

struct walk {
    struct lio_shredder *shredder;
    struct lio_shredded *open;
    struct lio_error *err;
};

static int no_memory(const struct walk *walk)
{
    return lio_error_set(walk->err, LIO_ENOMEM,
                         "column '%s': no memory for its values",
                         walk->shredder->layers[0].path);
}

static bool has_levels(const struct walk *walk)
{
    return walk->shredder->format != LIO_FORMAT_20 &&
           walk->shredder->nlayers > 1;
}

/* How many items from `from` on are all valid, or all not. */
static uint64_t run_of(const struct ArrowArray *array, uint64_t from,
                       uint64_t n, bool *ret_valid)
{
    const uint8_t *bits = lio_input_validity(array);
    uint64_t run = 1;

    *ret_valid = lio_input_valid(array, from);
    if (!bits)
        return n;
    while (run < n && lio_input_valid(array, from + run) == *ret_valid)
        run++;
    return run;
}

/* -- levels -------------------------------------------------------------- */

static int put_levels(const struct walk *walk, struct lio_growing *levels,
                      uint16_t first, uint16_t rest, uint64_t n)
{
    size_t bytes = (size_t)n * sizeof(uint16_t);
    uint16_t *to = lio_growing_room(levels, bytes);

    if (!to)
        return no_memory(walk);
    for (uint64_t i = 0; i < n; i++)
        to[i] = rest;
    if (n > 0)
        to[0] = first;
    lio_growing_add(levels, bytes);
    return 0;
}

static int put_rep(const struct walk *walk, struct repeat repeat, uint64_t n)
{
    const struct lio_shredder *shredder = walk->shredder;
    const struct lio_shred_layer *top =
        &shredder->layers[shredder->nlayers - 1];

    if (top->lists == 0 && top->type->kind != LIO_KIND_LIST)
        return 0;
    return put_levels(walk, &walk->open->rep, repeat.first, repeat.rest, n);
}

/* They begin with the first that is not 0. */
static int put_def(const struct walk *walk, uint32_t level, uint64_t n)
{
    struct lio_shredded *open = walk->open;
    int rc = 0;

    if (level == 0 && open->def.used == 0)
        return 0;
    if (open->def.used == 0)
        rc = put_levels(walk, &open->def, 0, 0, open->entries);
    open->used[level] = true;
    return rc < 0 ? rc
                  : put_levels(walk, &open->def, (uint16_t)level,
                               (uint16_t)level, n);
}

/* Entries that have a value, or are themselves null. */
static int put_entries(const struct walk *walk, uint32_t level,
                       struct repeat repeat, uint64_t n)
{
    int rc = 0;

    if (has_levels(walk)) {
        rc = put_rep(walk, repeat, n);
        if (rc == 0)
            rc = put_def(walk, level, n);
    }
    walk->open->entries += n;
    return rc;
}

/* -- what has no value --------------------------------------------------- */

/* `n` items of layer `i` that are not there, for which `level` says why. */
static int put_absent(const struct walk *walk, uint32_t i, uint32_t level,
                      struct repeat repeat, uint64_t n)
{
    const struct lio_shred_layer *layer = &walk->shredder->layers[i];
    bool list = layer->type->kind == LIO_KIND_LIST;
    uint64_t each = layer->null_items;
    int rc = 0;

    if (!list && layer->type->kind == LIO_KIND_FIXED_LIST && i > 0)
        each *= layer->type->dimension;
    if (list)
        each = 1;
    for (uint64_t j = 0; each > 1 && j < n && rc == 0; j++) {
        const struct repeat item = { j > 0 ? repeat.rest : repeat.first,
                                     (uint16_t)layer->lists };

        rc = put_entries(walk, level, item, each);
    }
    if (each == 1)
        rc = put_entries(walk, level, repeat, n);
    if (rc < 0 || list || layer->lists > 0)
        return rc;
    return lio_collect_nulls(&walk->open->slots, n * each) < 0 ? no_memory(walk)
                                                               : 0;
}

/* Nulls of layer `i`, if it may have any. */
static int put_nulls(const struct walk *walk, uint32_t i, uint64_t at,
                     struct repeat repeat, uint64_t n)
{
    const struct lio_shred_layer *layer = &walk->shredder->layers[i];

    if (!layer->nullable)
        return lio_error_set(walk->err, LIO_EINVAL,
                             "column '%s' is null in row %" PRIu64
                             " of its array, but the schema allows no nulls",
                             layer->path, at);
    if (walk->shredder->format == LIO_FORMAT_20)
        return lio_error_set(walk->err, LIO_EUNSUPPORTED,
                             "column '%s': file version 2.0 has no null "
                             "structs; use 2.1 or later",
                             layer->path);
    return put_absent(walk, i, layer->base + 1, repeat, n);
}

/* -- values -------------------------------------------------------------- */

static int walk_layer(const struct walk *walk, uint32_t i,
                      const struct ArrowArray *array, uint64_t from, uint64_t n,
                      struct repeat repeat);

/* Whether the values of the column may not be null. */
static bool refuses_nulls(const struct lio_shredder *shredder)
{
    const struct lio_shred_layer *leaf = &shredder->layers[0];

    return !leaf->nullable || (shredder->format == LIO_FORMAT_20 &&
                               leaf->type->kind == LIO_KIND_STRUCT);
}

static int check_nulls(const struct walk *walk, const struct ArrowArray *array,
                       uint64_t from, uint64_t n)
{
    const struct repeat none = { 0, 0 };
    bool valid;

    if (!refuses_nulls(walk->shredder) || !lio_input_validity(array))
        return 0;
    while (n > 0) {
        uint64_t run = run_of(array, from, n, &valid);

        if (!valid)
            return put_nulls(walk, 0, from, none, run);
        from += run;
        n -= run;
    }
    return 0;
}

/* The levels of a leaf that is below other layers; where it is alone, its
 * validity says all. */
static int leaf_levels(const struct walk *walk, const struct ArrowArray *array,
                       uint64_t from, uint64_t n, struct repeat repeat)
{
    bool null_type = walk->shredder->layers[0].type->kind == LIO_KIND_NULL;
    int rc = 0;

    if (!has_levels(walk))
        return put_entries(walk, 0, repeat, n);
    while (n > 0 && rc == 0) {
        bool valid;
        uint64_t run = null_type ? n : run_of(array, from, n, &valid);

        rc = put_entries(walk, null_type || !valid, repeat, run);
        repeat.first = repeat.rest;
        from += run;
        n -= run;
    }
    return rc;
}

static int walk_leaf(const struct walk *walk, const struct ArrowArray *array,
                     uint64_t from, uint64_t n, struct repeat repeat)
{
    int rc = check_nulls(walk, array, from, n);

    if (rc < 0)
        return rc;
    if (lio_collect_append(&walk->open->slots, array, from, n) < 0)
        return no_memory(walk);
    return leaf_levels(walk, array, from, n, repeat);
}

static int walk_struct(const struct walk *walk, uint32_t i,
                       const struct ArrowArray *array, uint64_t from,
                       uint64_t n, struct repeat repeat)
{
    const struct ArrowArray *child =
        array->children[walk->shredder->layers[i].child];
    int rc = 0;

    while (n > 0 && rc == 0) {
        bool valid;
        uint64_t run = run_of(array, from, n, &valid);

        rc = valid ? walk_layer(walk, i - 1, child,
                                from + (uint64_t)array->offset, run, repeat)
                   : put_nulls(walk, i, from, repeat, run);
        repeat.first = repeat.rest;
        from += run;
        n -= run;
    }
    return rc;
}

/* The items of a fixed-size list, each of which carries on. */
static int walk_fixed_list(const struct walk *walk, uint32_t i,
                           const struct ArrowArray *array, uint64_t from,
                           uint64_t n, struct repeat repeat)
{
    const struct lio_shred_layer *layer = &walk->shredder->layers[i];
    uint64_t dimension = layer->type->dimension;
    int rc = 0;

    for (uint64_t j = 0; j < n && rc == 0; j++) {
        uint64_t at = from + j + (uint64_t)array->offset;

        if (lio_input_valid(array, from + j)) {
            const struct repeat items = { repeat.first,
                                          (uint16_t)layer->lists };

            rc = walk_layer(walk, i - 1, array->children[0], at * dimension,
                            dimension, items);
        } else {
            rc = put_nulls(walk, i, from + j, repeat, 1);
        }
        repeat.first = repeat.rest;
    }
    return rc;
}

/* -- lists --------------------------------------------------------------- */

/* How many lists from `from` on have items, and how many these are. */
static uint64_t full_lists(const struct lio_type *type,
                           const struct ArrowArray *array, uint64_t from,
                           uint64_t n, uint64_t *ret_items)
{
    uint64_t start = lio_input_offset(type, array, from), end = start, run = 0;

    while (run < n && lio_input_valid(array, from + run)) {
        uint64_t next = lio_input_offset(type, array, from + run + 1);

        if (next == end)
            break;
        end = next;
        run++;
    }
    *ret_items = end - start;
    return run;
}

/* Lists that lie side by side, of items that are an entry each: these are taken
 * at once, and then told where lists start. */
static int walk_flat_lists(const struct walk *walk, uint32_t i,
                           const struct ArrowArray *array, uint64_t from,
                           uint64_t n, uint64_t nitems, struct repeat repeat)
{
    const struct lio_shred_layer *layer = &walk->shredder->layers[i];
    const struct repeat items = { repeat.first, (uint16_t)layer->lists };
    uint64_t start = lio_input_offset(layer->type, array, from);
    uint64_t entry = walk->open->entries;
    uint16_t *rep;
    int rc = walk_layer(walk, i - 1, array->children[0], start, nitems, items);

    if (rc < 0)
        return rc;
    rep = lio_growing_data(&walk->open->rep);
    for (uint64_t j = 1; j < n; j++)
        rep[entry + lio_input_offset(layer->type, array, from + j) - start] =
            repeat.rest;
    return 0;
}

static int walk_full_lists(const struct walk *walk, uint32_t i,
                           const struct ArrowArray *array, uint64_t from,
                           uint64_t n, uint64_t nitems, struct repeat repeat)
{
    const struct lio_shred_layer *layer = &walk->shredder->layers[i];
    int rc = 0;

    if (layer->flat)
        return walk_flat_lists(walk, i, array, from, n, nitems, repeat);
    for (uint64_t j = 0; j < n && rc == 0; j++) {
        uint64_t start = lio_input_offset(layer->type, array, from + j);
        uint64_t end = lio_input_offset(layer->type, array, from + j + 1);
        const struct repeat items = { repeat.first, (uint16_t)layer->lists };

        rc = walk_layer(walk, i - 1, array->children[0], start, end - start,
                        items);
        repeat.first = repeat.rest;
    }
    return rc;
}

/* One that is null or empty. */
static int walk_bare_list(const struct walk *walk, uint32_t i,
                          const struct ArrowArray *array, uint64_t at,
                          struct repeat repeat)
{
    const struct lio_shred_layer *layer = &walk->shredder->layers[i];

    if (!lio_input_valid(array, at))
        return put_nulls(walk, i, at, repeat, 1);
    return put_absent(walk, i, layer->base + 2, repeat, 1);
}

static int walk_lists(const struct walk *walk, uint32_t i,
                      const struct ArrowArray *array, uint64_t from, uint64_t n,
                      struct repeat repeat)
{
    const struct lio_type *type = walk->shredder->layers[i].type;
    int rc = 0;

    while (n > 0 && rc == 0) {
        uint64_t nitems, run = full_lists(type, array, from, n, &nitems);

        if (run > 0) {
            rc = walk_full_lists(walk, i, array, from, run, nitems, repeat);
        } else {
            run = 1;
            rc = walk_bare_list(walk, i, array, from, repeat);
        }
        repeat.first = repeat.rest;
        from += run;
        n -= run;
    }
    return rc;
}

/* In 2.0: the items of those that have any, whichever list they are in. */
static int walk_items(const struct walk *walk, uint32_t i,
                      const struct ArrowArray *array, uint64_t from, uint64_t n)
{
    const struct lio_type *type = walk->shredder->layers[i].type;
    const struct repeat none = { 0, 0 };
    int rc = 0;

    while (n > 0 && rc == 0) {
        uint64_t nitems, run = full_lists(type, array, from, n, &nitems);

        if (run > 0)
            rc = walk_layer(walk, i - 1, array->children[0],
                            lio_input_offset(type, array, from), nitems, none);
        run += run == 0;
        from += run;
        n -= run;
    }
    return rc;
}

/* -- layers -------------------------------------------------------------- */

static int walk_layer(const struct walk *walk, uint32_t i,
                      const struct ArrowArray *array, uint64_t from, uint64_t n,
                      struct repeat repeat)
{
    if (n == 0)
        return 0;
    if (i == 0)
        return walk_leaf(walk, array, from, n, repeat);
    switch (walk->shredder->layers[i].type->kind) {
    case LIO_KIND_STRUCT:
        return walk_struct(walk, i, array, from, n, repeat);
    case LIO_KIND_FIXED_LIST:
        return walk_fixed_list(walk, i, array, from, n, repeat);
    default:
        return walk->shredder->format == LIO_FORMAT_20
                   ? walk_items(walk, i, array, from, n)
                   : walk_lists(walk, i, array, from, n, repeat);
    }
}

int lio_shred_rows(struct lio_shredder *shredder,
                   const struct ArrowArray *array, uint64_t from, uint64_t n,
                   struct lio_error *err)
{
    const struct walk walk = { shredder, &shredder->open, err };
    uint32_t top = shredder->nlayers - 1;
    const struct lio_shred_layer *layer = &shredder->layers[top];
    uint32_t row = layer->lists + (layer->type->kind == LIO_KIND_LIST);

    return walk_layer(&walk, top, array, from, n,
                      (struct repeat){ (uint16_t)row, (uint16_t)row });
}

/* -- what rows cost ------------------------------------------------------ */

/* Of values; one at least for each, so that no page has rows without end. */
static uint64_t leaf_cost(const struct lio_type *type,
                          const struct ArrowArray *array, uint64_t from,
                          uint64_t n)
{
    uint64_t bytes;

    switch (type->kind) {
    case LIO_KIND_VARIABLE:
        return n * (type->bits / 8) + lio_input_offset(type, array, from + n) -
               lio_input_offset(type, array, from);
    case LIO_KIND_LIST:
        return n * 8;
    case LIO_KIND_STRUCT:
        bytes = n;
        for (uint32_t i = 0; i < array->n_children; i++)
            bytes += leaf_cost(type->children[i], array->children[i],
                               from + (uint64_t)array->offset, n);
        return bytes;
    default:
        bytes = lio_bits_bytes(n * lio_type_bits(type));
        return bytes > n ? bytes : n;
    }
}

uint64_t lio_shred_cost(const struct lio_shredder *shredder,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n)
{
    uint64_t levels = 0;

    if (n == 0)
        return 0;
    for (uint32_t i = shredder->nlayers; i-- > 1;) {
        const struct lio_type *type = shredder->layers[i].type;
        uint64_t at = from + (uint64_t)array->offset;

        levels += n * sizeof(uint16_t);
        switch (type->kind) {
        case LIO_KIND_LIST:
            at = lio_input_offset(type, array, from);
            n = lio_input_offset(type, array, from + n) - at;
            break;
        case LIO_KIND_FIXED_LIST:
            at *= type->dimension;
            n *= type->dimension;
            break;
        default:
            break;
        }
        from = at;
        array = array->children[shredder->layers[i].child];
    }
    return levels + leaf_cost(shredder->layers[0].type, array, from, n);
}
