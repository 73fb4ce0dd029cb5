/*
 * From levels to nested vectors, one layer at a time, from the inside out.
 *
 * The entries of a page are looked at in fewer and fewer places: all of them
 * for the leaf, then the first of each innermost list, then the first of each
 * list of those, and so on, up to one for each row.
 *
 *     list<int>, layers [3 6]: [1 null] null [] [2]
 *
 *     rep    1 0     1    1  1
 *     def    0 1     2    3  0
 *     leaf   1 null  -    -  2     slots: def <= 1
 *     list   2       null 0  1     at rep 1: lengths and validity
 */
#include "column/levels.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>

struct unravel {
    struct lio_decode *dec;
    const struct lio_levels *levels;
    const struct lio_leaf *leaf;
    struct lio_mem *at; /* u32 entries that are looked at; NULL: all */
    uint64_t n;         /* how many */
    uint32_t k;         /* list layers done */
};

static uint64_t entry_at(const struct unravel *un, uint64_t i)
{
    return un->at ? lio_load_u32(un->at->data + i * 4) : i;
}

static uint32_t def_at(const struct unravel *un, uint64_t i)
{
    return un->levels->def
               ? lio_load_u16(un->levels->def->data + entry_at(un, i) * 2)
               : 0;
}

static uint32_t rep_at(const struct unravel *un, uint64_t i)
{
    return lio_load_u16(un->levels->rep->data + entry_at(un, i) * 2);
}

/* The highest level of an entry that layer `i` has a row for: those of the
 * layers up to the next list. */
static uint32_t visible_max(const struct lio_levels *levels, uint32_t i)
{
    do
        i++;
    while (i < levels->nlayers && !levels->layers[i].list);
    return i < levels->nlayers ? levels->layers[i].base : levels->def_max;
}

static int alloc_validity(const struct unravel *un, uint64_t rows,
                          struct lio_mem **ret_validity)
{
    int rc = lio_decode_alloc(un->dec, lio_bits_bytes(rows), ret_validity);

    if (rc == 0)
        memset((*ret_validity)->data, 0, (*ret_validity)->bytes);
    return rc;
}

static void drop_if_all_valid(struct lio_vector *vector)
{
    if (vector->nulls > 0)
        return;
    lio_mem_put(vector->validity);
    vector->validity = NULL;
}

/* -- items --------------------------------------------------------------- */

/* One row for each entry that is visible to the layer. */
static int item_validity(const struct unravel *un, uint32_t i,
                         struct lio_vector *vector)
{
    const struct lio_layer *layer = &un->levels->layers[i];
    uint32_t bound = visible_max(un->levels, i);
    uint64_t row = 0;
    int rc;

    /* A layer that says of itself that it has no nulls may still lie in one
     * that is null: that is for the outer layer to say. */
    if (layer->count == 0 || layer->type->kind == LIO_KIND_NULL)
        return 0;
    rc = alloc_validity(un, vector->rows, &vector->validity);
    if (rc < 0)
        return rc;
    for (uint64_t e = 0; e < un->n; e++) {
        uint32_t def = def_at(un, e);

        if (def > bound)
            continue;
        vector->nulls += def > layer->base;
        lio_bit_set(vector->validity->data, row++, def <= layer->base);
    }
    drop_if_all_valid(vector);
    return 0;
}

/* Whether the entries of a fixed-size list are there: those of the others in
 * a list that is null or empty are one each, and lie between. */
static bool is_whole(const struct unravel *un, uint64_t first,
                     uint32_t dimension, uint32_t bound)
{
    if (un->n - first < dimension)
        return false;
    for (uint64_t i = first; i < first + dimension; i++)
        if (def_at(un, i) > bound)
            return false;
    return true;
}

/* A fixed-size list of structs: so many entries are a row, whether it is null
 * or not, and the first of them tells.  `*ret_rows` is how many there are. */
static int skip_items(struct unravel *un, uint32_t i, uint64_t *ret_rows)
{
    uint32_t dimension = un->levels->layers[i].type->dimension;
    uint32_t bound = visible_max(un->levels, i);
    uint64_t n = 0, rows = 0, step;
    struct lio_mem *at;
    int rc = lio_decode_alloc(un->dec, un->n * 4, &at);

    if (rc < 0)
        return rc;
    for (uint64_t e = 0; e < un->n; e += step) {
        uint32_t entry = (uint32_t)entry_at(un, e);
        bool visible = def_at(un, e) <= bound;

        if (visible && !is_whole(un, e, dimension, bound)) {
            lio_mem_put(at);
            return lio_decode_corrupt(
                un->dec, "a part of a list of %" PRIu32 " items", dimension);
        }
        memcpy(at->data + n++ * 4, &entry, 4);
        rows += visible;
        step = visible ? dimension : 1;
    }
    lio_mem_put(un->at);
    un->at = at;
    un->n = n;
    *ret_rows = rows;
    return 0;
}

static int unravel_item(struct unravel *un, uint32_t i, uint64_t child_rows,
                        struct lio_vector *vector)
{
    const struct lio_type *type = un->levels->layers[i].type;
    int rc = 0;

    vector->rows = child_rows;
    if (type->kind == LIO_KIND_FIXED_LIST)
        rc = skip_items(un, i, &vector->rows);
    return rc < 0 ? rc : item_validity(un, i, vector);
}

/* -- lists --------------------------------------------------------------- */

/* The entries that start lists of layer k or further out. */
static int find_starts(struct unravel *un, struct lio_mem **ret_at,
                       uint64_t *ret_n)
{
    uint64_t n = 0;
    int rc;

    for (uint64_t i = 0; i < un->n; i++)
        n += rep_at(un, i) >= un->k;
    rc = lio_decode_alloc(un->dec, n * 4, ret_at);
    if (rc < 0)
        return rc;
    *ret_n = n;
    n = 0;
    for (uint64_t i = 0; i < un->n; i++)
        if (rep_at(un, i) >= un->k) {
            uint32_t place = (uint32_t)i;

            memcpy((*ret_at)->data + n++ * 4, &place, 4);
        }
    return 0;
}

static int alloc_offsets(const struct unravel *un, uint64_t rows,
                         struct lio_vector *vector)
{
    uint32_t width = vector->type->bits / 8;
    uint64_t bytes;
    int rc;

    if (!lio_checked_mul(rows + 1, width, &bytes))
        bytes = UINT64_MAX;
    rc = lio_decode_alloc(un->dec, bytes, &vector->values);
    if (rc == 0)
        memset(vector->values->data, 0, width);
    return rc;
}

static void put_offset(struct lio_vector *vector, uint64_t row, uint64_t offset)
{
    uint32_t width = vector->type->bits / 8;

    memcpy(vector->values->data + row * width, &offset, width);
}

/* Lengths and validity of the lists that start at `starts`. */
static void fill_lists(const struct unravel *un, uint32_t i,
                       const struct lio_mem *starts, uint64_t nstarts,
                       struct lio_vector *vector)
{
    const struct lio_layer *layer = &un->levels->layers[i];
    uint32_t bound = visible_max(un->levels, i);
    uint64_t row = 0, offset = 0;

    for (uint64_t s = 0; s < nstarts; s++) {
        uint64_t at = lio_load_u32(starts->data + s * 4);
        uint64_t end =
            s + 1 < nstarts ? lio_load_u32(starts->data + (s + 1) * 4) : un->n;
        uint32_t def = def_at(un, at);
        bool null = (layer->null != 0 && def == layer->null) ||
                    def > layer->base + layer->count;

        if (def > bound)
            continue;
        offset += def > layer->base ? 0 : end - at;
        vector->nulls += null;
        lio_bit_set(vector->validity->data, row++, !null);
        put_offset(vector, row, offset);
    }
    vector->rows = row;
}

/* Replace places among the entries that were looked at by entries. */
static void look_at(struct unravel *un, struct lio_mem *starts,
                    uint64_t nstarts)
{
    for (uint64_t s = 0; s < nstarts; s++) {
        uint32_t entry =
            (uint32_t)entry_at(un, lio_load_u32(starts->data + s * 4));

        memcpy(starts->data + s * 4, &entry, 4);
    }
    lio_mem_put(un->at);
    un->at = starts;
    un->n = nstarts;
}

static int unravel_list(struct unravel *un, uint32_t i, uint64_t child_rows,
                        struct lio_vector *vector)
{
    struct lio_mem *starts = NULL;
    uint64_t nstarts;
    int rc;

    un->k++;
    rc = find_starts(un, &starts, &nstarts);
    if (rc < 0)
        return rc;
    rc = alloc_validity(un, nstarts, &vector->validity);
    if (rc == 0)
        rc = alloc_offsets(un, nstarts, vector);
    if (rc == 0) {
        fill_lists(un, i, starts, nstarts, vector);
        drop_if_all_valid(vector);
    }
    look_at(un, starts, nstarts);
    if (rc < 0)
        return rc;
    if (lio_vector_offset(vector, vector->rows) != child_rows ||
        (vector->type->bits == 32 && child_rows > INT32_MAX))
        return lio_decode_corrupt(
            un->dec, "lists of %" PRIu64 " items over %" PRIu64,
            lio_vector_offset(vector, vector->rows), child_rows);
    return 0;
}

/* -- all layers ---------------------------------------------------------- */

/* Wrap `*vector`, the rows of layer i - 1, into those of layer i. */
static int unravel_layer(struct unravel *un, uint32_t i,
                         struct lio_vector *vector)
{
    const struct lio_layer *layer = &un->levels->layers[i];
    struct lio_vector outer = { .type = layer->type };
    int rc = layer->list ? unravel_list(un, i, vector->rows, &outer)
                         : unravel_item(un, i, vector->rows, &outer);

    if (rc == 0) {
        rc = lio_leaf_wrap(un->leaf, i, vector, &outer);
        if (rc < 0)
            (void)lio_error_set(un->dec->err, rc, "%s: no memory to nest it",
                                un->dec->file);
    }
    if (rc < 0) {
        lio_vector_release(&outer);
        return rc;
    }
    *vector = outer;
    return 0;
}

int lio_levels_unravel(struct lio_decode *dec, const struct lio_levels *levels,
                       const struct lio_leaf *leaf, uint64_t rows,
                       struct lio_vector *values, struct lio_vector *ret_vector)
{
    struct unravel un = {
        .dec = dec, .levels = levels, .leaf = leaf, .n = levels->n
    };
    struct lio_vector vector = *values;
    int rc = 0;

    *values = (struct lio_vector){ 0 };
    if (levels->n > UINT32_MAX)
        rc = lio_decode_unsupported(dec, "%" PRIu64 " entries in a page",
                                    levels->n);
    if (rc == 0)
        rc = item_validity(&un, 0, &vector);
    for (uint32_t i = 1; i < levels->nlayers && rc == 0; i++)
        rc = unravel_layer(&un, i, &vector);
    if (rc == 0 && vector.rows != rows)
        rc = lio_decode_corrupt(dec, "%" PRIu64 " rows in a page of %" PRIu64,
                                vector.rows, rows);
    lio_mem_put(un.at);
    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}
