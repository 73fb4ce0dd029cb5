/*
 * Arrays of values that hold others.  The items of a fixed-size list and the
 * fields of a packed struct are in the same page; those of a list are in the
 * next column, and a page of lists says only where each ends:
 *
 *     ends    2  2  2+adj  3      [a b] [] null [c], of items a b c
 */
#include "column/array.h"

#include "column/bits.h"
#include "column/values.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdlib.h>

#define END_BITS 64

/* -- fixed-size lists ---------------------------------------------------- */

/* What the message says of validity is passed over: it has no place for any,
 * and which lists are null the array around it tells. */
int lio_array_fixed_list(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         const Lio__Pb__FixedSizeListArray *enc,
                         struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = in->type, .rows = in->rows };
    struct lio_page_input items;
    uint64_t rows;
    int rc;

    if (enc->dimension != in->type->dimension ||
        !lio_checked_mul(in->rows, enc->dimension, &rows) || rows > INT64_MAX)
        return lio_decode_corrupt(
            dec, "lists of %" PRIu32 " items where %" PRIu32 " are due",
            enc->dimension, in->type->dimension);
    builder.vectors = lio_vectors_new(1);
    builder.children = calloc(1, sizeof(*builder.children));
    if (!builder.vectors || !builder.children) {
        lio_builder_release(&builder);
        return lio_error_set(dec->err, LIO_ENOMEM, "%s: no memory for a page",
                             dec->file);
    }
    items = lio_array_input(in, in->type->children[0], rows);
    rc = lio_array_any(dec, &items, enc->items, &builder.children[0]);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
    builder.nchildren = 1;
    *ret_builder = builder;
    return 0;
}

/* -- lists --------------------------------------------------------------- */

/* Ends to offsets of the type's width, which must rise up to nitems. */
static int turn_ends(struct lio_decode *dec, const Lio__Pb__ListArray *enc,
                     const struct lio_mem *ends, struct lio_builder *builder)
{
    uint32_t width = builder->type->bits / 8;
    uint64_t last = 0;
    bool falls = false;

    memset(builder->values->data, 0, width);
    for (uint64_t i = 0; i < builder->rows; i++) {
        uint64_t end = lio_load_u64(ends->data + i * 8);
        bool null = end >= enc->null_adjustment;

        if (null)
            end -= enc->null_adjustment;
        falls |= end < last || (null && end != last);
        builder->nulls += null;
        lio_bit_set(builder->validity->data, i, !null);
        memcpy(builder->values->data + (i + 1) * width, &end, width);
        last = end;
    }
    if (falls || last > enc->nitems || (width == 4 && last > INT32_MAX))
        return lio_decode_corrupt(dec,
                                  "the lists do not lie in order in their "
                                  "%" PRIu64 " items",
                                  enc->nitems);
    return 0;
}

int lio_array_list(struct lio_decode *dec, const struct lio_page_input *in,
                   const Lio__Pb__ListArray *enc,
                   struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = in->type, .rows = in->rows };
    struct lio_mem *ends;
    int rc;

    if (enc->null_adjustment <= enc->nitems)
        return lio_decode_corrupt(dec,
                                  "lists of %" PRIu64 " items with a null "
                                  "adjustment of %" PRIu64,
                                  enc->nitems, enc->null_adjustment);
    rc = lio_array_flat(dec, in, lio_array_without_nulls(enc->offsets),
                        in->rows, END_BITS, &ends);
    if (rc < 0)
        return rc;
    /* That the ends are there bounds what is allocated for offsets. */
    rc = lio_decode_alloc(dec, (in->rows + 1) * (in->type->bits / 8),
                          &builder.values);
    if (rc == 0)
        rc = lio_decode_alloc(dec, lio_bits_bytes(in->rows), &builder.validity);
    if (rc == 0)
        rc = turn_ends(dec, enc, ends, &builder);
    lio_mem_put(ends);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
    *ret_builder = builder;
    return 0;
}

int lio_array_null_lists(struct lio_decode *dec,
                         const struct lio_page_input *in,
                         struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = in->type,
                                   .rows = in->rows,
                                   .nulls = in->rows };
    uint64_t bytes;
    int rc;

    if (!lio_checked_mul(in->rows + 1, in->type->bits / 8, &bytes))
        bytes = UINT64_MAX;
    rc = lio_decode_alloc(dec, bytes, &builder.values);
    if (rc == 0)
        rc = lio_decode_alloc(dec, lio_bits_bytes(in->rows), &builder.validity);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
    memset(builder.values->data, 0, builder.values->bytes);
    memset(builder.validity->data, 0, builder.validity->bytes);
    *ret_builder = builder;
    return 0;
}

/* -- packed structs ------------------------------------------------------ */

int lio_array_packed_struct(struct lio_decode *dec,
                            const struct lio_page_input *in,
                            const Lio__Pb__PackedStructArray *enc,
                            struct lio_builder *ret_builder)
{
    struct lio_builder builder;
    struct lio_parts parts;
    struct lio_mem *from;
    uint64_t bytes;
    int rc = lio_array_buffer(dec, in, enc->buffer, &from);

    if (rc < 0)
        return rc;
    rc = lio_builder_init(dec, in->type, in->rows, false, &builder);
    if (rc < 0)
        return rc;
    rc = lio_parts_plain(dec, &builder, &parts);
    if (rc == 0 && (!lio_checked_mul(in->rows, parts.bytes, &bytes) ||
                    bytes > from->bytes))
        rc = lio_decode_corrupt(dec,
                                "%" PRIu64 " packed structs of %" PRIu64
                                " bytes are not in %zu bytes",
                                in->rows, parts.bytes, from->bytes);
    if (rc == 0)
        rc = lio_parts_put(dec, &parts, 0, in->rows, from->data, parts.bytes);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
    *ret_builder = builder;
    return 0;
}
