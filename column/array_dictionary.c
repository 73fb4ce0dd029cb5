/*
 * Dictionaries, in two meanings.
 *
 *     a string column that the writer numbered    0 is null, k is item k - 1
 *     a column of type dictionary                 k is item k
 *
 * In both an item may be null itself, and with it the rows that have it.
 */
#include "column/array.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>

/* -- numbered strings ---------------------------------------------------- */

struct items {
    struct lio_strings strings; /* and an empty one behind them, for null */
    struct lio_mem *validity;   /* NULL: none is null */
};

static void items_release(struct items *items)
{
    lio_strings_release(&items->strings);
    lio_mem_put(items->validity);
}

static int open_items(struct lio_decode *dec, const struct lio_page_input *in,
                      const Lio__Pb__DictionaryArray *enc,
                      struct items *ret_items)
{
    struct lio_strings items;
    struct lio_builder plain;
    uint64_t n = enc->nitems;
    struct lio_page_input from = lio_array_input(in, in->type, n);
    int rc = lio_array_any(dec, &from, enc->items, &plain);

    if (rc < 0)
        return rc;
    rc = lio_strings_init(dec, in->type->bits, n + 1, &items);
    if (rc < 0)
        goto out;
    rc = lio_strings_append(dec, &items,
                            plain.strings.offsets->data + in->type->bits / 8,
                            in->type->bits, 0, 0, n,
                            (struct lio_bytes){ plain.strings.data->data,
                                                plain.strings.data->bytes });
    if (rc == 0)
        rc = lio_strings_reserve(dec, &items, 1, 0);
    if (rc < 0) {
        lio_strings_release(&items);
        goto out;
    }
    lio_strings_put(&items, 0);
    ret_items->strings = items;
    if (plain.nulls > 0)
        ret_items->validity = lio_mem_get(plain.validity);
out:
    lio_builder_release(&plain);
    return rc;
}

static bool is_null(const struct items *items, uint32_t nitems, uint8_t index)
{
    return index == 0 || (items->validity && index <= nitems &&
                          !lio_bit_get(items->validity->data, index - 1u));
}

/* Indices count from 1, and 0 is null: make them count from 0, with the item
 * behind the last for null, and say which are null. */
static uint64_t turn_indices(const struct items *items, const uint8_t *from,
                             uint64_t rows, uint32_t *to, uint8_t *validity)
{
    uint32_t nitems = (uint32_t)items->strings.rows - 1;
    uint64_t nulls = 0;

    for (uint64_t i = 0; i < rows; i++) {
        bool null = is_null(items, nitems, from[i]);

        to[i] = null ? nitems : from[i] - 1u;
        /* The item for null is not to be had by its number. */
        if (!null && to[i] == nitems)
            to[i] = UINT32_MAX;
        nulls += null;
        lio_bit_set(validity, i, !null);
    }
    return nulls;
}

static int gather_items(struct lio_decode *dec, const struct items *items,
                        const struct lio_mem *indices,
                        struct lio_builder *builder)
{
    uint8_t *turned;
    uint64_t bytes;
    int rc;

    if (!lio_checked_mul(builder->rows, sizeof(uint32_t), &bytes))
        bytes = UINT64_MAX;
    rc = lio_decode_scratch(dec, LIO_SCRATCH_INDICES, bytes, &turned);
    if (rc < 0)
        return rc;
    builder->nulls =
        turn_indices(items, indices->data, builder->rows,
                     (uint32_t *)(void *)turned, builder->validity->data);
    return lio_strings_gather(dec, &builder->strings, &items->strings, turned,
                              32, builder->rows);
}

static int decode_strings(struct lio_decode *dec,
                          const struct lio_page_input *in,
                          const Lio__Pb__DictionaryArray *enc,
                          struct lio_builder *ret_builder)
{
    uint64_t rows = in->rows;
    struct lio_builder builder = { 0 };
    struct items items = { 0 };
    struct lio_mem *indices;
    int rc;

    if (enc->nitems == UINT32_MAX)
        return lio_decode_corrupt(dec, "a dictionary of %" PRIu32 " items",
                                  enc->nitems);
    rc = lio_array_flat(dec, in, lio_array_without_nulls(enc->indices), rows, 8,
                        &indices);
    if (rc < 0)
        return rc;
    rc = open_items(dec, in, enc, &items);
    if (rc == 0)
        rc = lio_builder_init(dec, in->type, rows, true, &builder);
    if (rc == 0)
        rc = gather_items(dec, &items, indices, &builder);
    if (rc == 0)
        *ret_builder = builder;
    else
        lio_builder_release(&builder);
    items_release(&items);
    lio_mem_put(indices);
    return rc;
}

/* -- columns of type dictionary ------------------------------------------ */

static uint64_t index_at(const struct lio_builder *builder, uint64_t row)
{
    uint32_t width = builder->type->bits / 8;
    uint64_t index = 0;

    memcpy(&index, builder->values->data + row * width, width);
    return index;
}

/* Rows become null whose item is, so that no item has to be. */
static int check_indices(struct lio_decode *dec, struct lio_builder *builder,
                         const struct lio_builder *items)
{
    uint64_t max = lio_type_index_max(builder->type), nulls = 0;

    for (uint64_t i = 0; i < builder->rows; i++) {
        uint64_t index = index_at(builder, i);
        bool null = !lio_bit_get(builder->validity->data, i);

        if (!null && (index >= items->rows || index > max))
            return lio_decode_corrupt(
                dec, "an index is none of the %" PRIu64 " items", items->rows);
        if (!null && items->nulls > 0)
            null = !lio_bit_get(items->validity->data, index);
        nulls += null;
        lio_bit_set(builder->validity->data, i, !null);
    }
    builder->nulls = nulls;
    return 0;
}

/* Indices as integers of their own, and a bitmap that may be written to. */
static int open_indices(struct lio_decode *dec, const struct lio_page_input *in,
                        const Lio__Pb__DictionaryArray *enc,
                        struct lio_builder *builder)
{
    const struct lio_type integer = { .kind = LIO_KIND_FIXED,
                                      .bits = in->type->bits };
    struct lio_page_input from = lio_array_input(in, &integer, in->rows);
    struct lio_builder indices;
    int rc = lio_array_any(dec, &from, enc->indices, &indices);

    if (rc < 0)
        return rc;
    rc = lio_builder_init(dec, in->type, in->rows, true, builder);
    if (rc < 0) {
        lio_builder_release(&indices);
        return rc;
    }
    if (indices.validity)
        lio_bits_copy(builder->validity->data, 0, indices.validity->data, 0,
                      in->rows);
    else
        lio_bits_fill(builder->validity->data, 0, in->rows, true);
    lio_mem_put(builder->values);
    builder->values = lio_mem_get(indices.values);
    lio_builder_release(&indices);
    return 0;
}

static int decode_column(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__DictionaryArray *enc,
                         struct lio_builder *ret_builder)
{
    struct lio_page_input from =
        lio_array_input(in, in->type->children[0], enc->nitems);
    struct lio_builder builder = { 0 }, items = { 0 };
    int rc = lio_array_any(dec, &from, enc->items, &items);

    if (rc == 0)
        rc = open_indices(dec, in, enc, &builder);
    if (rc == 0)
        rc = check_indices(dec, &builder, &items);
    if (rc < 0) {
        lio_builder_release(&items);
        lio_builder_release(&builder);
        return rc;
    }
    items.nulls = 0;
    lio_builder_finish(&items, &builder.vectors->all[0]);
    *ret_builder = builder;
    return 0;
}

int lio_array_dictionary(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__DictionaryArray *enc,
                         struct lio_builder *ret_builder)
{
    return in->type->kind == LIO_KIND_DICTIONARY
               ? decode_column(dec, in, enc, ret_builder)
               : decode_strings(dec, in, enc, ret_builder);
}
