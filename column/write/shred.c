/*
 * Shredding a column: its layers, and the pages it is cut into.
 */
#include "column/write/shred.h"

#include <stdlib.h>

/* -- layers -------------------------------------------------------------- */

/* Which child of a batch a field is in. */
static uint32_t top_of(const struct lio_schema *schema, uint32_t field)
{
    uint32_t top = 0;

    for (uint32_t i = 1; i <= field; i++)
        top += schema->fields[i].parent < 0;
    return top;
}

/* Levels that a layer may use: null, and for a list empty. */
static uint32_t levels_of(const struct lio_shred_layer *layer)
{
    return layer->type->kind == LIO_KIND_LIST ? 2 : 1;
}

/* What a layer is to those around it follows from the one inside. */
static void set_layer(struct lio_shred_layer *layers, uint32_t i)
{
    struct lio_shred_layer *layer = &layers[i], *inner;

    layer->null_items = 1;
    layer->flat = true;
    if (i == 0)
        return;
    inner = &layers[i - 1];
    layer->base = inner->base + levels_of(inner);
    layer->lists = inner->lists + (inner->type->kind == LIO_KIND_LIST);
    layer->flat =
        inner->flat && (inner->type->kind == LIO_KIND_STRUCT || i == 1);
    if (inner->type->kind != LIO_KIND_LIST)
        layer->null_items = inner->null_items;
    if (inner->type->kind == LIO_KIND_FIXED_LIST && i > 1)
        layer->null_items *= inner->type->dimension;
}

static int make_layers(struct lio_shredder *shredder,
                       const struct lio_schema *schema, uint32_t field)
{
    const struct lio_field *fields = schema->fields;
    uint32_t place = 0;

    shredder->layers = calloc(fields[field].depth, sizeof(*shredder->layers));
    if (!shredder->layers)
        return LIO_ENOMEM;
    for (int64_t number = field; number >= 0; number = fields[number].parent) {
        struct lio_shred_layer *layer = &shredder->layers[shredder->nlayers];

        layer->type = &fields[number].type;
        layer->path = fields[number].path;
        layer->nullable = fields[number].nullable;
        layer->child = place;
        place = fields[number].place;
        set_layer(shredder->layers, shredder->nlayers++);
    }
    return 0;
}

/* Values with a dictionary that are in lists: full-zip pages have none. */
static bool must_be_chunked(const struct lio_shredder *shredder)
{
    const struct lio_shred_layer *top =
        &shredder->layers[shredder->nlayers - 1];

    return shredder->format != LIO_FORMAT_20 &&
           shredder->layers[0].type->kind == LIO_KIND_DICTIONARY &&
           (top->lists > 0 || top->type->kind == LIO_KIND_LIST);
}

static int open_page(const struct lio_shredder *shredder, uint64_t first_row,
                     struct lio_shredded *ret_open)
{
    *ret_open = (struct lio_shredded){
        .shredder = shredder,
        .first_row = first_row,
        .rep.pool = shredder->pool,
        .def.pool = shredder->pool,
    };
    return lio_collect_init(&ret_open->slots, shredder->layers[0].type,
                            shredder->packed, shredder->pool);
}

int lio_shredder_init(struct lio_shredder *shredder,
                      const struct lio_schema *schema, uint32_t field,
                      enum lio_format format, struct lio_pool *pool)
{
    int rc;

    *shredder = (struct lio_shredder){
        .format = format,
        .pool = pool,
        .top = top_of(schema, field),
        .packed = schema->fields[field].packed,
        .row_items = schema->fields[field].row_items,
    };
    rc = make_layers(shredder, schema, field);
    if (rc == 0)
        shredder->chunked = must_be_chunked(shredder);
    if (rc == 0)
        rc = open_page(shredder, 0, &shredder->open);
    if (rc < 0)
        lio_shredder_release(shredder);
    return rc;
}

void lio_shredded_release(struct lio_shredded *shredded)
{
    lio_collect_release(&shredded->slots);
    lio_growing_release(&shredded->rep);
    lio_growing_release(&shredded->def);
}

void lio_shredder_release(struct lio_shredder *shredder)
{
    lio_shredded_release(&shredder->open);
    free(shredder->layers);
    shredder->layers = NULL;
}

/* -- pages --------------------------------------------------------------- */

/* The innermost array: what the column has values of. */
static const struct ArrowArray *leaf_array(const struct lio_shredder *shredder,
                                           const struct ArrowArray *array)
{
    for (uint32_t i = shredder->nlayers; i-- > 1;)
        array = array->children[shredder->layers[i].child];
    return array;
}

/* Whether the open page could get more distinct values than the indices of its
 * dictionary can tell. */
static bool too_distinct(const struct lio_shredder *shredder,
                         const struct ArrowArray *array)
{
    const struct lio_collect *slots = &shredder->open.slots;
    const struct lio_type *type = shredder->layers[0].type;
    uint64_t most, known;

    if (type->kind != LIO_KIND_DICTIONARY || slots->n == 0)
        return false;
    array = leaf_array(shredder, array);
    most = lio_type_index_max(type);
    known = slots->children[0].n;
    return known + (uint64_t)array->dictionary->length > most &&
           known + lio_collect_unknown(slots, array) > most;
}

uint64_t lio_shredder_fit(const struct lio_shredder *shredder,
                          const struct ArrowArray *batch, uint64_t from,
                          uint64_t n, uint64_t page_bytes)
{
    const struct ArrowArray *array = batch->children[shredder->top];
    uint64_t have = shredder->open.bytes, fit = 0, beyond = n + 1;
    uint64_t left = page_bytes > have ? page_bytes - have : 0;
    uint64_t bare = shredder->open.bare;

    if (too_distinct(shredder, array))
        return 0;
    from += (uint64_t)batch->offset;
    while (fit + 1 < beyond) {
        uint64_t middle = fit + (beyond - fit) / 2;

        if (lio_shred_cost(shredder, array, from, middle) <= left)
            fit = middle;
        else
            beyond = middle;
    }
    if (shredder->chunked)
        fit = lio_shred_bare(shredder, array, from, fit, &bare);
    return fit == 0 && shredder->open.rows == 0 ? 1 : fit;
}

/* Bytes of the distinct values so far. */
static uint64_t distinct_bytes(const struct lio_collect *slots)
{
    const struct lio_collect *values = slots->children;

    return slots->unified ? values->values.used + values->data.used : 0;
}

int lio_shredder_append(struct lio_shredder *shredder,
                        const struct ArrowArray *batch, uint64_t from,
                        uint64_t n, struct lio_error *err)
{
    const struct ArrowArray *array = batch->children[shredder->top];
    struct lio_shredded *open = &shredder->open;
    uint64_t distinct = distinct_bytes(&open->slots);
    int rc;

    from += (uint64_t)batch->offset;
    rc = lio_shred_rows(shredder, array, from, n, err);
    if (shredder->chunked)
        (void)lio_shred_bare(shredder, array, from, n, &open->bare);
    open->rows += n;
    open->bytes += lio_shred_cost(shredder, array, from, n) +
                   distinct_bytes(&open->slots) - distinct;
    return rc;
}

int lio_shredder_cut(struct lio_shredder *shredder,
                     struct lio_shredded *ret_shredded)
{
    struct lio_shredded next;

    if (open_page(shredder, shredder->open.first_row + shredder->open.rows,
                  &next) < 0)
        return LIO_ENOMEM;
    lio_collect_expect(&next.slots, &shredder->open.slots);
    next.rep.expected = shredder->open.rep.used;
    next.def.expected = shredder->open.def.used;
    *ret_shredded = shredder->open;
    shredder->open = next;
    return 0;
}
