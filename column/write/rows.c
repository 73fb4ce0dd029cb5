/*
 * Values of full-zip pages: each by itself, with its own length if they vary.
 */
#include "column/write/chunks.h"
#include "column/write/messages.h"
#include "column/write/spans.h"
#include "column/write/strips.h"

static int fixed_rows(const struct lio_encode *enc,
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

static int encode_fixed(const struct lio_encode *enc,
                        const struct lio_plain *values,
                        struct lio_rows *ret_rows)
{
    Lio__Pb__CompressiveEncoding *message;
    struct lio_fixed rows = { 0 };
    uint64_t *bits = NULL;
    int rc;

    if (values->type->kind == LIO_KIND_STRUCT)
        rc = lio_struct_rows(enc, values, &rows, &bits);
    else if (values->type->kind == LIO_KIND_FIXED_LIST)
        rc = lio_list_rows(enc, values, &rows);
    else
        rc = fixed_rows(enc, values, &rows);
    if (rc < 0)
        return rc;
    if (bits)
        message = lio_message_packed(enc->arena, bits, values->type->nchildren,
                                     rows.bits);
    else if (values->type->kind == LIO_KIND_FIXED_LIST)
        message = lio_list_message(enc, values);
    else
        message = lio_message_flat(enc->arena, rows.bits);
    if (!message)
        return lio_encode_no_message(enc);
    *ret_rows = (struct lio_rows){ .encoding = message,
                                   .bits_per_value = rows.bits,
                                   .values = rows.values };
    return 0;
}

static int encode_variable(const struct lio_encode *enc,
                           const struct lio_plain *values,
                           struct lio_rows *ret_rows)
{
    struct lio_spans spans;
    int rc = lio_spans_open(enc, values, &spans);

    if (rc < 0)
        return rc;
    ret_rows->encoding = lio_message_variable(enc->arena, values->type->bits);
    if (!ret_rows->encoding)
        return lio_encode_no_message(enc);
    ret_rows->bits_per_value = 0;
    ret_rows->bits_per_offset = values->type->bits;
    ret_rows->values = NULL;
    ret_rows->offsets = spans.offsets;
    ret_rows->data = spans.data;
    return 0;
}

int lio_rows_encode(const struct lio_encode *enc,
                    const struct lio_plain *values, struct lio_rows *ret_rows)
{
    switch (values->type->kind) {
    case LIO_KIND_FIXED:
    case LIO_KIND_FIXED_LIST:
    case LIO_KIND_STRUCT:
        return encode_fixed(enc, values, ret_rows);
    case LIO_KIND_VARIABLE:
        return encode_variable(enc, values, ret_rows);
    default:
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': values of this kind cannot be in a "
                             "full-zip page",
                             enc->column);
    }
}
