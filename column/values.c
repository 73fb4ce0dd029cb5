/*
 * Values of chunks, for every kind of leaf.
 *
 *     fixed-size list     [validity of its items] [those of inner lists] values
 *     packed struct       one buffer of rows, fields side by side
 */
#include "column/values.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>

#define ENCODING(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

/* Values need not start at whole bytes of the page's bitmap. */
static int decode_bits(struct lio_decode *dec,
                       const Lio__Pb__CompressiveEncoding *enc,
                       const struct lio_encoded *in,
                       struct lio_builder *builder, uint64_t row)
{
    uint8_t *bits;
    int rc = lio_decode_scratch(dec, LIO_SCRATCH_BITS,
                                lio_bits_bytes(in->nvalues), &bits);

    if (rc == 0)
        rc = lio_fixed_decode(dec, enc, in, 1, bits);
    if (rc == 0)
        lio_bits_copy(builder->values->data, row, bits, 0, in->nvalues);
    return rc;
}

/* -- fixed-size lists ---------------------------------------------------- */

static int take_validity(struct lio_decode *dec, struct lio_encoded *in,
                         struct lio_builder *items, uint64_t row)
{
    uint64_t bytes;
    int rc;

    if (in->nbuffers < 2)
        return lio_decode_corrupt(dec, "items without their validity");
    rc = lio_encoded_room(dec, in->nvalues, 1, in->buffers[0], &bytes);
    if (rc == 0)
        rc =
            lio_builder_bits(dec, items, row, in->buffers[0].data, in->nvalues);
    in->nbuffers--;
    memmove(in->buffers, in->buffers + 1,
            in->nbuffers * sizeof(in->buffers[0]));
    return rc;
}

static int decode_list(struct lio_decode *dec,
                       const Lio__Pb__CompressiveEncoding *enc,
                       const struct lio_encoded *in,
                       struct lio_builder *builder, uint64_t row)
{
    struct lio_builder *items = &builder->children[0];
    uint32_t dimension = builder->type->dimension;
    const Lio__Pb__FixedSizeList *list;
    struct lio_encoded inner = *in;
    int rc = 0;

    inner.wanted.bits = NULL; /* of the lists, not of their items */

    if (!enc || enc->compression_case != ENCODING(FIXED_SIZE_LIST))
        return lio_decode_unsupported(
            dec, "the encoding '%s' is not supported for fixed-size lists",
            lio_encoding_name(enc));
    list = enc->fixed_size_list;
    if (list->items_per_value != dimension ||
        !lio_checked_mul(in->nvalues, dimension, &inner.nvalues))
        return lio_decode_corrupt(
            dec, "lists of %" PRIu64 " items where %" PRIu32 " are due",
            list->items_per_value, dimension);
    if (list->has_validity)
        rc = take_validity(dec, &inner, items, row * dimension);
    return rc < 0 ? rc
                  : lio_values_decode(dec, list->values, &inner, items,
                                      row * dimension);
}

/* -- packed structs ------------------------------------------------------ */

static int decode_packed(struct lio_decode *dec,
                         const Lio__Pb__CompressiveEncoding *enc,
                         const struct lio_encoded *in,
                         struct lio_builder *builder, uint64_t row)
{
    struct lio_parts parts;
    uint64_t bytes;
    uint8_t *rows;
    int rc = lio_parts_init(dec, enc, builder, &parts);

    if (rc < 0)
        return rc;
    if (!lio_checked_mul(in->nvalues, parts.bytes, &bytes))
        bytes = UINT64_MAX;
    rc = lio_decode_scratch(dec, LIO_SCRATCH_ROWS, bytes, &rows);
    if (rc == 0)
        rc = lio_fixed_decode(dec, enc->packed_struct->values, in,
                              (uint32_t)parts.bytes * 8, rows);
    return rc < 0 ? rc
                  : lio_parts_put(dec, &parts, row, in->nvalues, rows,
                                  parts.bytes);
}

/* -- all ----------------------------------------------------------------- */

static int decode_plain(struct lio_decode *dec,
                        const Lio__Pb__CompressiveEncoding *enc,
                        const struct lio_encoded *in,
                        struct lio_builder *builder, uint64_t row)
{
    const struct lio_type *type = builder->type;

    switch (type->kind) {
    case LIO_KIND_VARIABLE:
        return lio_strings_decode(dec, enc, in, &builder->strings);
    case LIO_KIND_FIXED:
        if (type->bits == 1)
            return decode_bits(dec, enc, in, builder, row);
        return lio_fixed_decode(dec, enc, in, type->bits,
                                builder->values->data + row * (type->bits / 8));
    case LIO_KIND_FIXED_LIST:
        return decode_list(dec, enc, in, builder, row);
    case LIO_KIND_STRUCT:
        return decode_packed(dec, enc, in, builder, row);
    case LIO_KIND_NULL:
        return 0;
    default:
        return lio_decode_unsupported(
            dec, "the encoding '%s' is not supported for such values",
            lio_encoding_name(enc));
    }
}

int lio_values_decode(struct lio_decode *dec,
                      const Lio__Pb__CompressiveEncoding *enc,
                      const struct lio_encoded *in, struct lio_builder *builder,
                      uint64_t row)
{
    bool nested = builder->type->nchildren > 0;
    struct lio_encoded plain;
    int rc;

    /* The other kinds of values look for compression themselves. */
    if (!nested || !enc || enc->compression_case != ENCODING(GENERAL))
        return decode_plain(dec, enc, in, builder, row);
    rc = lio_general_open(dec, enc->general, in, &plain);
    return rc < 0
               ? rc
               : decode_plain(dec, enc->general->values, &plain, builder, row);
}
