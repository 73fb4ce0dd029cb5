/*
 * Values of full-zip pages: each by itself, with its own length if they vary.
 */
#include "column/write/rows.h"

#include "column/write/messages.h"

/* Bools are bytes there. */
static int leaf_rows(const struct lio_encode *enc,
                     const struct lio_plain *values, struct lio_fixed *ret)
{
    uint8_t *bytes;
    int rc = lio_fixed_fill(enc, values, ret);

    if (rc < 0 || ret->bits != 1)
        return rc;
    rc = lio_encode_alloc(enc, ret->n, &bytes);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < ret->n; i++)
        bytes[i] = lio_bit_get(ret->values, i);
    *ret = (struct lio_fixed){ bytes, values->n, 8 };
    return 0;
}

int lio_fixed_rows(const struct lio_encode *enc, const struct lio_plain *values,
                   struct lio_fixed *ret_rows,
                   Lio__Pb__CompressiveEncoding **ret_encoding)
{
    uint64_t *bits;
    int rc;

    switch (values->type->kind) {
    case LIO_KIND_STRUCT:
        rc = lio_struct_rows(enc, values, ret_rows, &bits);
        if (rc == 0)
            *ret_encoding = lio_message_packed(
                enc->arena, bits, values->type->nchildren, ret_rows->bits);
        break;
    case LIO_KIND_FIXED_LIST:
        rc = lio_list_rows(enc, values, ret_rows);
        if (rc == 0)
            *ret_encoding = lio_list_message(enc, values);
        break;
    default:
        rc = leaf_rows(enc, values, ret_rows);
        if (rc == 0)
            *ret_encoding = lio_message_flat(enc->arena, ret_rows->bits);
    }
    if (rc < 0)
        return rc;
    return *ret_encoding ? 0 : lio_encode_no_message(enc);
}

static int encode_fixed(const struct lio_encode *enc,
                        const struct lio_plain *values,
                        struct lio_rows *ret_rows)
{
    Lio__Pb__CompressiveEncoding *encoding;
    struct lio_fixed rows;
    int rc = lio_fixed_rows(enc, values, &rows, &encoding);

    if (rc < 0)
        return rc;
    *ret_rows = (struct lio_rows){ .encoding = encoding,
                                   .bits_per_value = rows.bits,
                                   .values = rows.values };
    return 0;
}

static int encode_variable(const struct lio_encode *enc,
                           const struct lio_plain *values,
                           struct lio_rows *ret_rows)
{
    struct lio_variable_rows rows;
    int rc = values->type->kind == LIO_KIND_STRUCT
                 ? lio_packed_struct_rows(enc, values, &rows)
                 : lio_variable_rows(enc, values, &rows);

    if (rc < 0)
        return rc;
    *ret_rows = (struct lio_rows){ .encoding = rows.encoding,
                                   .bits_per_offset = rows.spans.bits,
                                   .offsets = rows.spans.offsets,
                                   .data = rows.spans.data };
    return 0;
}

bool lio_struct_varies(const struct lio_type *type)
{
    bool any = false;

    for (uint32_t i = 0; type->kind == LIO_KIND_STRUCT && i < type->nchildren;
         i++)
        any |= type->children[i]->kind == LIO_KIND_VARIABLE ||
               lio_struct_varies(type->children[i]);
    return any;
}

int lio_rows_encode(const struct lio_encode *enc,
                    const struct lio_plain *values, struct lio_rows *ret_rows)
{
    switch (values->type->kind) {
    case LIO_KIND_FIXED:
    case LIO_KIND_FIXED_LIST:
    case LIO_KIND_STRUCT:
    case LIO_KIND_VARIABLE:
        return values->type->kind == LIO_KIND_VARIABLE ||
                       lio_struct_varies(values->type)
                   ? encode_variable(enc, values, ret_rows)
                   : encode_fixed(enc, values, ret_rows);
    default:
        return lio_error_set(enc->err, LIO_EUNSUPPORTED,
                             "column '%s': a row has too many empty or null "
                             "lists in a row for values with a dictionary: "
                             "write them without one",
                             enc->column);
    }
}
