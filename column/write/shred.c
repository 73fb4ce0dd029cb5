/*
 * Shredding a column.
 */
#include "column/write/shred.h"

#include "column/levels.h"
#include "column/write/input.h"

/* Which child of a batch a field is in. */
static uint32_t top_of(const struct lio_schema *schema, uint32_t field)
{
    uint32_t top = 0;

    for (uint32_t i = 1; i <= field; i++)
        top += schema->fields[i].parent < 0;
    return top;
}

int lio_shredder_init(struct lio_shredder *shredder,
                      const struct lio_schema *schema, uint32_t field,
                      enum lio_format format)
{
    *shredder = (struct lio_shredder){ .top = top_of(schema, field) };
    shredder->leaf = lio_leaf_of(schema, field, format);
    shredder->open.leaf = &shredder->leaf;
    return lio_collect_init(&shredder->open.slots, shredder->leaf.types[0]);
}

void lio_shredded_release(struct lio_shredded *shredded)
{
    lio_collect_release(&shredded->slots);
}

void lio_shredder_release(struct lio_shredder *shredder)
{
    lio_shredded_release(&shredder->open);
}

/* What rows of an array take. */
static uint64_t cost(const struct lio_type *type,
                     const struct ArrowArray *array, uint64_t from, uint64_t n)
{
    uint64_t at = from + (uint64_t)array->offset;
    const uint8_t *offsets;

    if (type->kind != LIO_KIND_VARIABLE)
        return lio_bits_bytes(n * lio_type_bits(type));
    offsets = array->buffers[1];
    if (type->bits == 32)
        return n * 4 + lio_load_u32(offsets + (at + n) * 4) -
               lio_load_u32(offsets + at * 4);
    return n * 8 + lio_load_u64(offsets + (at + n) * 8) -
           lio_load_u64(offsets + at * 8);
}

uint64_t lio_shredder_fit(const struct lio_shredder *shredder,
                          const struct ArrowArray *batch, uint64_t from,
                          uint64_t n, uint64_t page_bytes)
{
    const struct ArrowArray *array = batch->children[shredder->top];
    const struct lio_type *type = shredder->leaf.types[0];
    uint64_t left = page_bytes > shredder->open.bytes
                        ? page_bytes - shredder->open.bytes
                        : 0;
    uint64_t fit = 0, beyond = n + 1;

    from += (uint64_t)batch->offset;
    while (fit + 1 < beyond) {
        uint64_t middle = fit + (beyond - fit) / 2;

        if (cost(type, array, from, middle) <= left)
            fit = middle;
        else
            beyond = middle;
    }
    return fit == 0 && shredder->open.rows == 0 ? 1 : fit;
}

int lio_shredder_append(struct lio_shredder *shredder,
                        const struct ArrowArray *batch, uint64_t from,
                        uint64_t n)
{
    const struct ArrowArray *array = batch->children[shredder->top];
    int rc;

    from += (uint64_t)batch->offset;
    rc = lio_collect_append(&shredder->open.slots, array, from, n);
    shredder->open.rows += n;
    shredder->open.bytes += cost(shredder->leaf.types[0], array, from, n);
    return rc;
}

int lio_shredder_cut(struct lio_shredder *shredder,
                     struct lio_shredded *ret_shredded)
{
    struct lio_shredded next = {
        .leaf = &shredder->leaf,
        .first_row = shredder->open.first_row + shredder->open.rows,
    };

    if (lio_collect_init(&next.slots, shredder->leaf.types[0]) < 0)
        return LIO_ENOMEM;
    *ret_shredded = shredder->open;
    shredder->open = next;
    return 0;
}

uint64_t lio_shredded_held(const struct lio_shredded *shredded)
{
    return lio_collect_held(&shredded->slots);
}

/* A column that is not nested has a level for each row: whether it is null. */
static int flat_levels(const struct lio_encode *enc, struct lio_raw_page *raw)
{
    const uint8_t *valid = raw->slots.validity;
    uint16_t *def;
    int rc;

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

int lio_shredded_page(const struct lio_encode *enc,
                      struct lio_shredded *shredded,
                      struct lio_raw_page *ret_raw)
{
    struct lio_raw_page raw = {
        .slots = lio_collect_view(&shredded->slots),
        .rows = shredded->rows,
        .first_row = shredded->first_row,
        .nlayers = 1,
        .entries = shredded->rows,
    };
    int rc = flat_levels(enc, &raw);

    if (rc < 0)
        return rc;
    raw.layers[0] = raw.def ? LIO_LAYER_NULLABLE_ITEM : LIO_LAYER_ITEM;
    *ret_raw = raw;
    return 0;
}
