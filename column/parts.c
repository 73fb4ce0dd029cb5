/*
 * Values of fixed width as rows of bytes: those of full-zip pages and packed
 * structs, and constants.
 */
#include "column/values.h"

#include "column/bits.h"

#include <inttypes.h>

#define ENCODING(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

static int add_part(struct lio_decode *dec, struct lio_parts *parts,
                    const struct lio_part *part, uint64_t bytes)
{
    /* A row is written to scratch memory, and its width in bits is told in 32
     * of them. */
    if (parts->n == LIO_PARTS_MAX || bytes > UINT32_MAX / 8 - parts->bytes)
        return lio_decode_unsupported(
            dec, "values of so many or so long parts are not supported");
    parts->all[parts->n] = *part;
    parts->all[parts->n++].bytes = (uint32_t)bytes;
    parts->bytes += bytes;
    return 0;
}

/* What is where: `n` of a builder's `items` a row, from `first` on. */
struct share {
    struct lio_builder *builder;
    uint64_t items;
    uint64_t first;
    uint64_t n;
};

static int add_share(struct lio_decode *dec, struct lio_parts *parts,
                     const struct share *share)
{
    uint32_t bits = share->builder->type->bits;
    const struct lio_part part = { .builder = share->builder,
                                   .items = share->items,
                                   .first = share->first,
                                   .n = share->n,
                                   .bits = bits == 1 };

    return add_part(dec, parts, &part,
                    bits == 1 ? share->n : share->n * (bits / 8));
}

static int add_items(struct lio_decode *dec, struct lio_parts *parts,
                     struct lio_builder *builder, uint64_t items)
{
    const struct share all = { builder, items, 0, items };

    return add_share(dec, parts, &all);
}

/* Without a builder it is there, and passed over. */
static int add_validity(struct lio_decode *dec, struct lio_parts *parts,
                        struct lio_builder *builder, uint64_t items)
{
    const struct lio_part part = {
        .builder = builder, .items = items, .n = items, .validity = true
    };

    return add_part(dec, parts, &part, lio_bits_bytes(items));
}

static int add_plain(struct lio_decode *dec, struct lio_parts *parts,
                     const struct share *share);

/* Struct after struct, all fields of each side by side: no deeper than fields
 * nest. */
static int add_structs(struct lio_decode *dec, struct lio_parts *parts,
                       const struct share *share)
{
    const struct lio_builder *builder = share->builder;
    int rc = 0;

    for (uint64_t k = 0; k < share->n && rc == 0; k++)
        for (uint32_t i = 0; i < builder->nchildren && rc == 0; i++) {
            const struct share field = { &builder->children[i], share->items,
                                         share->first + k, 1 };

            rc = add_plain(dec, parts, &field);
        }
    return rc;
}

/* The items of a fixed-size list lie side by side. */
static int add_plain(struct lio_decode *dec, struct lio_parts *parts,
                     const struct share *share)
{
    struct share inner = *share;

    while (inner.builder->type->kind == LIO_KIND_FIXED_LIST) {
        inner.items *= inner.builder->type->dimension;
        inner.first *= inner.builder->type->dimension;
        inner.n *= inner.builder->type->dimension;
        inner.builder = &inner.builder->children[0];
    }
    if (inner.builder->type->kind == LIO_KIND_STRUCT)
        return add_structs(dec, parts, &inner);
    if (inner.builder->type->kind != LIO_KIND_FIXED)
        return lio_decode_unsupported(dec, "values without a fixed width are "
                                           "not supported here");
    return add_share(dec, parts, &inner);
}

static int add_value(struct lio_decode *dec, struct lio_parts *parts,
                     struct lio_builder *builder)
{
    const struct share one = { builder, 1, 0, 1 };

    return add_plain(dec, parts, &one);
}

static int add_flat(struct lio_decode *dec, struct lio_parts *parts,
                    const Lio__Pb__CompressiveEncoding *enc,
                    struct lio_builder *builder, uint64_t items)
{
    uint32_t bits = builder->type->bits == 1 ? 8 : builder->type->bits;

    if (builder->type->kind != LIO_KIND_FIXED)
        return lio_decode_unsupported(dec, "values without a fixed width are "
                                           "not supported here");
    if (!enc || enc->compression_case != ENCODING(FLAT))
        return lio_decode_unsupported(
            dec, "the encoding '%s' is not supported for values of fixed width",
            lio_encoding_name(enc));
    if (enc->flat->bits != bits)
        return lio_decode_corrupt(dec, "its values are not of %" PRIu32 " bits",
                                  bits);
    return add_items(dec, parts, builder, items);
}

/* A constant without a value: all are null. */
static bool is_nothing(const Lio__Pb__CompressiveEncoding *enc)
{
    return enc && enc->compression_case == ENCODING(CONSTANT) &&
           enc->constant->value.len == 0;
}

static int add_list(struct lio_decode *dec, struct lio_parts *parts,
                    const Lio__Pb__CompressiveEncoding *enc,
                    struct lio_builder *builder)
{
    bool nothing = false;
    uint64_t items = 1;
    int rc = 0;

    while (builder->type->kind == LIO_KIND_FIXED_LIST && rc == 0 && !nothing) {
        const Lio__Pb__FixedSizeList *list;

        if (!enc || enc->compression_case != ENCODING(FIXED_SIZE_LIST))
            return lio_decode_unsupported(
                dec, "the encoding '%s' is not supported for fixed-size lists",
                lio_encoding_name(enc));
        list = enc->fixed_size_list;
        if (list->items_per_value != builder->type->dimension)
            return lio_decode_corrupt(
                dec, "lists of %" PRIu64 " items where %" PRIu32 " are due",
                list->items_per_value, builder->type->dimension);
        items *= builder->type->dimension;
        builder = &builder->children[0];
        enc = list->values;
        nothing = is_nothing(enc);
        if (list->has_validity)
            rc = add_validity(dec, parts, nothing ? NULL : builder, items);
    }
    if (rc < 0)
        return rc;
    return nothing ? lio_builder_nulls(dec, builder)
                   : add_flat(dec, parts, enc, builder, items);
}

static int add_packed(struct lio_decode *dec, struct lio_parts *parts,
                      const Lio__Pb__CompressiveEncoding *enc,
                      struct lio_builder *builder)
{
    const Lio__Pb__PackedStruct *packed;
    int rc = 0;

    if (!enc || enc->compression_case != ENCODING(PACKED_STRUCT))
        return lio_decode_unsupported(
            dec, "the encoding '%s' is not supported for packed structs",
            lio_encoding_name(enc));
    packed = enc->packed_struct;
    if (packed->n_bits != builder->nchildren)
        return lio_decode_corrupt(
            dec, "a packed struct of %zu fields where %" PRIu32 " are due",
            packed->n_bits, builder->nchildren);
    for (uint32_t i = 0; i < builder->nchildren && rc == 0; i++) {
        uint64_t before = parts->bytes;

        rc = add_value(dec, parts, &builder->children[i]);
        if (rc == 0 && packed->bits[i] != (parts->bytes - before) * 8)
            rc = lio_decode_corrupt(dec,
                                    "field %" PRIu32
                                    " of a packed struct has %" PRIu64 " bits",
                                    i, packed->bits[i]);
    }
    return rc;
}

int lio_parts_init(struct lio_decode *dec,
                   const Lio__Pb__CompressiveEncoding *enc,
                   struct lio_builder *builder, struct lio_parts *ret_parts)
{
    *ret_parts = (struct lio_parts){ .n = 0 };
    switch (builder->type->kind) {
    case LIO_KIND_FIXED_LIST:
        return add_list(dec, ret_parts, enc, builder);
    case LIO_KIND_STRUCT:
        return add_packed(dec, ret_parts, enc, builder);
    default:
        return add_flat(dec, ret_parts, enc, builder, 1);
    }
}

int lio_parts_plain(struct lio_decode *dec, struct lio_builder *builder,
                    struct lio_parts *ret_parts)
{
    *ret_parts = (struct lio_parts){ .n = 0 };
    return add_value(dec, ret_parts, builder);
}

/* -- putting ------------------------------------------------------------- */

static void put_bits(const struct lio_part *part, uint64_t row,
                     const uint8_t *bytes)
{
    uint64_t at = row * part->items + part->first;

    for (uint64_t i = 0; i < part->n; i++)
        lio_bit_set(part->builder->values->data, at + i, bytes[i] & 1);
}

static void put_bytes(const struct lio_part *part, uint64_t row, uint64_t n,
                      const uint8_t *bytes, uint64_t stride)
{
    uint64_t width = part->builder->type->bits / 8, step = part->items * width;
    uint8_t *to =
        part->builder->values->data + row * step + part->first * width;

    if (part->bytes == 4)
        for (uint64_t i = 0; i < n; i++)
            memcpy(to + i * step, bytes + i * stride, 4);
    else if (part->bytes == 8)
        for (uint64_t i = 0; i < n; i++)
            memcpy(to + i * step, bytes + i * stride, 8);
    else
        for (uint64_t i = 0; i < n; i++)
            memcpy(to + i * step, bytes + i * stride, part->bytes);
}

static int put_validity(struct lio_decode *dec, const struct lio_part *part,
                        uint64_t row, uint64_t n, const uint8_t *bytes,
                        uint64_t stride)
{
    int rc = 0;

    for (uint64_t i = 0; i < n && rc == 0; i++)
        rc = lio_builder_bits(dec, part->builder, (row + i) * part->items,
                              bytes + i * stride, part->items);
    return rc;
}

int lio_parts_put(struct lio_decode *dec, const struct lio_parts *parts,
                  uint64_t row, uint64_t n, const uint8_t *bytes,
                  uint64_t stride)
{
    int rc = 0;

    for (uint32_t p = 0; p < parts->n && rc == 0; p++) {
        const struct lio_part *part = &parts->all[p];

        if (part->validity)
            rc = part->builder ? put_validity(dec, part, row, n, bytes, stride)
                               : 0;
        else if (part->bits)
            for (uint64_t i = 0; i < n; i++)
                put_bits(part, row + i, bytes + i * stride);
        else
            put_bytes(part, row, n, bytes, stride);
        bytes += part->bytes;
    }
    return rc;
}
