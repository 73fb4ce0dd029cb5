/*
 * Zipped values.
 */
#include "column/zipped.h"

#include "column/compress.h"

#include "common/cursor.h"

#include <inttypes.h>
#include <stdlib.h>

#define ENCODING(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

/* -- opening ------------------------------------------------------------- */

static int open_string(struct lio_decode *dec,
                       const Lio__Pb__CompressiveEncoding *enc,
                       struct lio_zipped *zipped)
{
    struct lio_bytes table;

    if (enc && enc->compression_case == ENCODING(GENERAL)) {
        zipped->scheme =
            enc->general->compression ? enc->general->compression->scheme : 0;
        if (zipped->scheme == 0)
            return lio_decode_corrupt(dec, "compression without a scheme");
        enc = enc->general->values;
    }
    if (enc && enc->compression_case == ENCODING(FSST)) {
        table = (struct lio_bytes){ enc->fsst->symbol_table.data,
                                    enc->fsst->symbol_table.len };
        zipped->is_fsst = true;
        return lio_fsst_parse(dec, table, &zipped->fsst);
    }
    if (!enc || enc->compression_case != ENCODING(VARIABLE))
        return lio_decode_unsupported(
            dec,
            "the encoding '%s' is not supported for values of full-zip "
            "pages",
            lio_encoding_name(enc));
    return 0;
}

static int no_memory(const struct lio_decode *dec)
{
    return lio_error_set(dec->err, LIO_ENOMEM, "%s: no memory for a page",
                         dec->file);
}

static int open_fixed(struct lio_decode *dec, const Lio__Pb__PackedField *from,
                      struct lio_zipped *field)
{
    int rc;

    field->parts = malloc(sizeof(*field->parts));
    if (!field->parts)
        return no_memory(dec);
    rc = lio_parts_init(dec, from->value, field->builder, field->parts);
    if (rc == 0 && from->bits_per_value != field->parts->bytes * 8)
        rc = lio_decode_corrupt(
            dec, "a field of a packed struct has %" PRIu64 " bits",
            from->bits_per_value);
    /* What is null leaves its place as it is. */
    return rc < 0 ? rc : lio_builder_zero(dec, field->builder);
}

static int open_field(struct lio_decode *dec, const Lio__Pb__PackedField *from,
                      struct lio_builder *builder, struct lio_zipped *field)
{
    uint64_t length_bits = from->bits_per_length;
    int rc;

    if (from->width_case == LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_VALUE) {
        field->builder = builder;
        return open_fixed(dec, from, field);
    }
    if (length_bits != 8 && length_bits != 16 && length_bits != 32 &&
        length_bits != 64)
        return lio_decode_corrupt(dec, "lengths of %" PRIu64 " bits",
                                  length_bits);
    rc = lio_zipped_init(dec, from->value, builder, field);
    if (rc == 0)
        field->length_bytes = (uint32_t)length_bits / 8;
    return rc;
}

static int open_struct(struct lio_decode *dec,
                       const Lio__Pb__CompressiveEncoding *enc,
                       struct lio_zipped *zipped)
{
    const Lio__Pb__VariablePackedStruct *packed;
    struct lio_builder *builder = zipped->builder;
    int rc = 0;

    if (!enc || enc->compression_case != ENCODING(VARIABLE_PACKED_STRUCT))
        return lio_decode_unsupported(
            dec, "the encoding '%s' is not supported for packed structs",
            lio_encoding_name(enc));
    packed = enc->variable_packed_struct;
    if (packed->n_fields != builder->nchildren)
        return lio_decode_corrupt(
            dec, "a packed struct of %zu fields where %" PRIu32 " are due",
            packed->n_fields, builder->nchildren);
    zipped->fields =
        calloc(builder->nchildren + (size_t)1, sizeof(*zipped->fields));
    if (!zipped->fields)
        return no_memory(dec);
    for (; zipped->nfields < builder->nchildren && rc == 0; zipped->nfields++)
        rc = open_field(dec, packed->fields[zipped->nfields],
                        &builder->children[zipped->nfields],
                        &zipped->fields[zipped->nfields]);
    return rc;
}

int lio_zipped_init(struct lio_decode *dec,
                    const Lio__Pb__CompressiveEncoding *enc,
                    struct lio_builder *builder, struct lio_zipped *ret_zipped)
{
    struct lio_zipped zipped = { .builder = builder };
    int rc;

    switch (builder->type->kind) {
    case LIO_KIND_VARIABLE:
        rc = open_string(dec, enc, &zipped);
        break;
    case LIO_KIND_STRUCT:
        rc = open_struct(dec, enc, &zipped);
        break;
    default:
        if (lio_type_is_fixed(builder->type))
            return lio_decode_corrupt(dec, "lengths for values of fixed width");
        return lio_decode_unsupported(dec, "packed structs of lists, nulls or "
                                           "dictionaries are not supported");
    }
    if (rc < 0) {
        lio_zipped_release(&zipped);
        return rc;
    }
    *ret_zipped = zipped;
    return 0;
}

void lio_zipped_release(struct lio_zipped *zipped)
{
    for (uint32_t i = 0; i < zipped->nfields; i++)
        lio_zipped_release(&zipped->fields[i]);
    free(zipped->fields);
    free(zipped->parts);
    *zipped = (struct lio_zipped){ 0 };
}

/* -- strings ------------------------------------------------------------- */

static int put_string(struct lio_decode *dec, const struct lio_zipped *zipped,
                      struct lio_bytes value)
{
    struct lio_strings *strings = &zipped->builder->strings;
    uint64_t plain_bytes;
    uint8_t *plain;
    int rc;

    /* Empty values are not compressed. */
    if (zipped->scheme != 0 && value.bytes > 0) {
        rc = lio_decompressed_bytes(dec, zipped->scheme, value, &plain_bytes);
        if (rc == 0)
            rc =
                lio_decode_scratch(dec, LIO_SCRATCH_PLAIN, plain_bytes, &plain);
        if (rc == 0)
            rc = lio_decompress(dec, zipped->scheme, value, plain_bytes, plain);
        if (rc < 0)
            return rc;
        value = (struct lio_bytes){ plain, (size_t)plain_bytes };
    }
    if (zipped->is_fsst)
        return lio_fsst_append(dec, &zipped->fsst, value, strings);
    rc = lio_strings_reserve(dec, strings, 1, value.bytes);
    if (rc < 0)
        return rc;
    if (value.bytes > 0)
        memcpy(strings->data->data + strings->bytes, value.data, value.bytes);
    lio_strings_put(strings, value.bytes);
    return 0;
}

static int put_empty(struct lio_decode *dec, struct lio_strings *strings)
{
    int rc = lio_strings_reserve(dec, strings, 1, 0);

    if (rc == 0)
        lio_strings_put(strings, 0);
    return rc;
}

/* -- packed structs ------------------------------------------------------ */

static int put_field(struct lio_decode *dec, struct lio_zipped *field,
                     uint64_t row, struct lio_cursor *cur)
{
    uint64_t bytes = field->length_bytes > 0
                         ? lio_cursor_uint(cur, field->length_bytes)
                         : field->parts->bytes;
    struct lio_bytes value;

    if (cur->overrun || bytes > cur->left)
        return lio_decode_corrupt(dec, "a packed struct is shorter than its "
                                       "fields");
    value.bytes = (size_t)bytes;
    value.data = lio_cursor_take(cur, value.bytes);
    if (field->length_bytes > 0)
        return lio_zipped_put(dec, field, row, value);
    return lio_parts_put(dec, field->parts, row, 1, value.data, value.bytes);
}

static int put_struct(struct lio_decode *dec, struct lio_zipped *zipped,
                      uint64_t row, struct lio_bytes value)
{
    struct lio_cursor cur = lio_cursor_over(value.data, value.bytes);
    int rc = 0;

    for (uint32_t i = 0; i < zipped->nfields && rc == 0; i++)
        rc = put_field(dec, &zipped->fields[i], row, &cur);
    if (rc == 0 && cur.left > 0)
        rc = lio_decode_corrupt(dec, "a packed struct is longer than its "
                                     "fields");
    return rc;
}

/* -- both ---------------------------------------------------------------- */

int lio_zipped_put(struct lio_decode *dec, struct lio_zipped *zipped,
                   uint64_t row, struct lio_bytes value)
{
    return zipped->builder->type->kind == LIO_KIND_STRUCT
               ? put_struct(dec, zipped, row, value)
               : put_string(dec, zipped, value);
}

int lio_zipped_put_null(struct lio_decode *dec, struct lio_zipped *zipped)
{
    int rc = 0;

    if (zipped->builder->type->kind == LIO_KIND_VARIABLE)
        return put_empty(dec, &zipped->builder->strings);
    for (uint32_t i = 0; i < zipped->nfields && rc == 0; i++)
        if (zipped->fields[i].length_bytes > 0)
            rc = lio_zipped_put_null(dec, &zipped->fields[i]);
    return rc;
}
