/*
 * Packed structs with strings: a row is its fields one after the other, those
 * of variable size with their lengths in front, and such a struct in it is one
 * of these.
 *
 *     struct<a: int32, s: string>     | a a a a | length | bytes |
 */
#include "column/write/messages.h"
#include "column/write/rows.h"

struct field {
    bool varies;
    struct lio_fixed fixed;
    struct lio_variable_rows variable;
    Lio__Pb__CompressiveEncoding *encoding;
};

static int open_field(const struct lio_encode *enc,
                      const struct lio_plain *structs,
                      const struct lio_plain *values, struct field *field)
{
    int rc;

    if (lio_struct_hides_null(structs, values))
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': a packed struct cannot hold nulls",
                             enc->column);
    field->varies = values->type->kind == LIO_KIND_VARIABLE ||
                    lio_struct_varies(values->type);
    if (!field->varies)
        return lio_fixed_rows(enc, values, &field->fixed, &field->encoding);
    rc = values->type->kind == LIO_KIND_STRUCT
             ? lio_packed_struct_rows(enc, values, &field->variable)
             : lio_variable_rows(enc, values, &field->variable);
    field->encoding = field->variable.encoding;
    return rc;
}

static uint64_t field_bytes(const struct field *field, uint64_t row)
{
    const struct lio_spans *spans = &field->variable.spans;

    return field->varies ? spans->bits / 8 + lio_span(spans, row).bytes
                         : field->fixed.bits / 8;
}

static uint8_t *put_field(const struct field *field, uint64_t row, uint8_t *to)
{
    struct lio_bytes value;
    uint32_t width;

    if (!field->varies) {
        size_t bytes = field->fixed.bits / 8;

        memcpy(to, field->fixed.values + row * bytes, bytes);
        return to + bytes;
    }
    value = lio_span(&field->variable.spans, row);
    width = field->variable.spans.bits / 8;
    memcpy(to, &value.bytes, width);
    if (value.bytes > 0)
        memcpy(to + width, value.data, value.bytes);
    return to + width + value.bytes;
}

/* Rows that are null have no bytes. */
static int put_rows(const struct lio_encode *enc,
                    const struct lio_plain *values, const struct field *fields,
                    struct lio_spans *ret_spans)
{
    uint32_t nfields = values->type->nchildren;
    uint64_t *offsets;
    uint8_t *out, *to;
    int rc =
        lio_encode_alloc(enc, (values->n + 1) * sizeof(*offsets), &offsets);

    if (rc < 0)
        return rc;
    offsets[0] = 0;
    for (uint64_t i = 0; i < values->n; i++) {
        offsets[i + 1] = offsets[i];
        for (uint32_t f = 0; lio_plain_valid(values, i) && f < nfields; f++)
            offsets[i + 1] += field_bytes(&fields[f], i);
    }
    rc = lio_encode_alloc(enc, offsets[values->n], &out);
    if (rc < 0)
        return rc;
    to = out;
    for (uint64_t i = 0; i < values->n; i++)
        for (uint32_t f = 0; lio_plain_valid(values, i) && f < nfields; f++)
            to = put_field(&fields[f], i, to);
    /* Lengths of rows are 32 bits: so are those of LanceDB. */
    *ret_spans = (struct lio_spans){ values->n, 32, offsets, out };
    return 0;
}

static Lio__Pb__PackedField *field_message(const struct lio_encode *enc,
                                           const struct field *field)
{
    Lio__Pb__PackedField *message =
        lio_arena_zeroed(enc->arena, sizeof(*message));

    if (!message)
        return NULL;
    lio__pb__packed_field__init(message);
    message->value = field->encoding;
    if (field->varies) {
        message->width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_LENGTH;
        message->bits_per_length = field->variable.spans.bits;
    } else {
        message->width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_VALUE;
        message->bits_per_value = field->fixed.bits;
    }
    return message;
}

int lio_packed_struct_rows(const struct lio_encode *enc,
                           const struct lio_plain *values,
                           struct lio_variable_rows *ret_rows)
{
    uint32_t nfields = values->type->nchildren;
    Lio__Pb__PackedField **messages;
    struct field *fields;
    int rc;

    if (enc->format < LIO_FORMAT_22)
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': packed structs with strings need "
                             "file version 2.2",
                             enc->column);
    rc = lio_encode_alloc(enc, nfields * sizeof(*fields), &fields);
    if (rc == 0)
        rc = lio_encode_alloc(enc, nfields * sizeof(*messages), &messages);
    for (uint32_t i = 0; i < nfields && rc == 0; i++) {
        rc = open_field(enc, values, &values->children[i], &fields[i]);
        if (rc < 0)
            return rc;
        messages[i] = field_message(enc, &fields[i]);
        if (!messages[i])
            return lio_encode_no_message(enc);
    }
    if (rc == 0)
        rc = put_rows(enc, values, fields, &ret_rows->spans);
    if (rc < 0)
        return rc;
    ret_rows->encoding =
        lio_message_variable_packed(enc->arena, messages, nfields);
    return ret_rows->encoding ? 0 : lio_encode_no_message(enc);
}
