/*
 * Full-zip pages of variable width.  An entry that is there has its length and
 * its bytes; a null is just its control word.
 *
 * The bytes are those of a string, perhaps compressed by themselves, or of a
 * packed struct, whose fields lie side by side:
 *
 *     fixed width     | value |
 *     string          | length | bytes |
 */
#include "column/fullzip.h"

#include "column/compress.h"
#include "column/fsst.h"
#include "column/values.h"

#include <inttypes.h>
#include <stdlib.h>

#define ENCODING(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

/* How each value of a string is compressed. */
struct codec {
    struct lio_fsst fsst;
    bool is_fsst;
    uint32_t scheme; /* 0: none */
};

/* A field of a packed struct. */
struct field {
    struct lio_builder *builder;
    struct lio_parts parts; /* if it has a fixed width */
    struct codec codec;     /* if it has not */
    uint32_t length_bytes;  /* 0: it has a fixed width */
};

struct variable {
    struct lio_fullzip *zip;
    struct codec codec; /* of strings */
    struct field *fields;
    uint32_t nfields;
};

/* -- strings ------------------------------------------------------------- */

static int open_codec(struct lio_decode *dec,
                      const Lio__Pb__CompressiveEncoding *enc,
                      struct codec *codec)
{
    struct lio_bytes table;

    if (enc && enc->compression_case == ENCODING(GENERAL)) {
        codec->scheme =
            enc->general->compression ? enc->general->compression->scheme : 0;
        if (codec->scheme == 0)
            return lio_decode_corrupt(dec, "compression without a scheme");
        enc = enc->general->values;
    }
    if (enc && enc->compression_case == ENCODING(FSST)) {
        table = (struct lio_bytes){ enc->fsst->symbol_table.data,
                                    enc->fsst->symbol_table.len };
        codec->is_fsst = true;
        return lio_fsst_parse(dec, table, &codec->fsst);
    }
    if (!enc || enc->compression_case != ENCODING(VARIABLE))
        return lio_decode_unsupported(
            dec,
            "the encoding '%s' is not supported for values of full-zip "
            "pages",
            lio_encoding_name(enc));
    return 0;
}

static int append_value(struct lio_decode *dec, const struct codec *codec,
                        struct lio_bytes value, struct lio_strings *strings)
{
    uint64_t plain_bytes;
    uint8_t *plain;
    int rc;

    /* Empty values are not compressed. */
    if (codec->scheme != 0 && value.bytes > 0) {
        rc = lio_decompressed_bytes(dec, codec->scheme, value, &plain_bytes);
        if (rc == 0)
            rc =
                lio_decode_scratch(dec, LIO_SCRATCH_PLAIN, plain_bytes, &plain);
        if (rc == 0)
            rc = lio_decompress(dec, codec->scheme, value, plain_bytes, plain);
        if (rc < 0)
            return rc;
        value = (struct lio_bytes){ plain, (size_t)plain_bytes };
    }
    if (codec->is_fsst)
        return lio_fsst_append(dec, &codec->fsst, value, strings);
    rc = lio_strings_reserve(dec, strings, 1, value.bytes);
    if (rc < 0)
        return rc;
    if (value.bytes > 0)
        memcpy(strings->data->data + strings->bytes, value.data, value.bytes);
    lio_strings_put(strings, value.bytes);
    return 0;
}

static int append_empty(struct lio_decode *dec, struct lio_strings *strings)
{
    int rc = lio_strings_reserve(dec, strings, 1, 0);

    if (rc == 0)
        lio_strings_put(strings, 0);
    return rc;
}

/* -- packed structs ------------------------------------------------------ */

static int open_field(struct lio_decode *dec, const Lio__Pb__PackedField *from,
                      struct field *field)
{
    uint64_t length_bits = from->bits_per_length;

    if (from->width_case == LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_VALUE) {
        int rc =
            lio_parts_init(dec, from->value, field->builder, &field->parts);

        if (rc == 0 && from->bits_per_value != field->parts.bytes * 8)
            rc = lio_decode_corrupt(
                dec, "a field of a packed struct has %" PRIu64 " bits",
                from->bits_per_value);
        return rc;
    }
    if (length_bits != 8 && length_bits != 16 && length_bits != 32 &&
        length_bits != 64)
        return lio_decode_corrupt(dec, "lengths of %" PRIu64 " bits",
                                  length_bits);
    if (field->builder->type->kind != LIO_KIND_VARIABLE)
        return lio_decode_corrupt(dec, "a length for a field of fixed width");
    field->length_bytes = (uint32_t)length_bits / 8;
    return open_codec(dec, from->value, &field->codec);
}

static int open_struct(struct lio_decode *dec, struct variable *var)
{
    const Lio__Pb__CompressiveEncoding *enc =
        var->zip->layout->value_compression;
    struct lio_builder *builder = &var->zip->slots.builder;
    int rc = 0;

    if (!enc || enc->compression_case != ENCODING(VARIABLE_PACKED_STRUCT))
        return lio_decode_unsupported(
            dec, "the encoding '%s' is not supported for packed structs",
            lio_encoding_name(enc));
    if (enc->variable_packed_struct->n_fields != builder->nchildren)
        return lio_decode_corrupt(
            dec, "a packed struct of %zu fields where %" PRIu32 " are due",
            enc->variable_packed_struct->n_fields, builder->nchildren);
    var->fields = calloc(builder->nchildren + (size_t)1, sizeof(*var->fields));
    if (!var->fields)
        return lio_error_set(dec->err, LIO_ENOMEM, "%s: no memory for a page",
                             dec->file);
    for (; var->nfields < builder->nchildren && rc == 0; var->nfields++) {
        struct field *field = &var->fields[var->nfields];

        field->builder = &builder->children[var->nfields];
        rc = open_field(dec, enc->variable_packed_struct->fields[var->nfields],
                        field);
        /* What is null leaves its place as it is. */
        if (field->builder->values)
            memset(field->builder->values->data, 0,
                   field->builder->values->bytes);
    }
    return rc;
}

static int append_field(struct lio_decode *dec, struct field *field,
                        uint64_t row, struct lio_cursor *cur)
{
    struct lio_bytes value = { 0 };
    uint64_t bytes = field->parts.bytes;

    if (field->length_bytes > 0)
        bytes = lio_cursor_uint(cur, field->length_bytes);
    if (cur->overrun || bytes > cur->left)
        return lio_decode_corrupt(dec, "a packed struct is shorter than its "
                                       "fields");
    value.bytes = (size_t)bytes;
    value.data = lio_cursor_take(cur, value.bytes);
    if (field->length_bytes > 0)
        return append_value(dec, &field->codec, value,
                            &field->builder->strings);
    return lio_parts_put(dec, &field->parts, row, 1, value.data, value.bytes);
}

static int append_struct(struct lio_decode *dec, struct variable *var,
                         uint64_t row, struct lio_bytes value)
{
    struct lio_cursor cur = lio_cursor_over(value.data, value.bytes);
    int rc = 0;

    for (uint32_t i = 0; i < var->nfields && rc == 0; i++)
        rc = append_field(dec, &var->fields[i], row, &cur);
    if (rc == 0 && cur.left > 0)
        rc = lio_decode_corrupt(dec, "a packed struct is longer than its "
                                     "fields");
    return rc;
}

/* -- entries ------------------------------------------------------------- */

static int append_null(struct lio_decode *dec, struct variable *var)
{
    struct lio_builder *builder = &var->zip->slots.builder;
    int rc = 0;

    if (builder->type->kind == LIO_KIND_VARIABLE)
        return append_empty(dec, &builder->strings);
    for (uint32_t i = 0; i < var->nfields && rc == 0; i++)
        if (var->fields[i].length_bytes > 0)
            rc = append_empty(dec, &var->fields[i].builder->strings);
    return rc;
}

static int decode_entry(struct lio_decode *dec, struct variable *var,
                        struct lio_cursor *cur)
{
    struct lio_fullzip *zip = var->zip;
    uint32_t length_bytes = zip->layout->bits_per_offset / 8;
    uint64_t row = zip->slot, bytes;
    struct lio_bytes value;
    uint16_t def;
    bool slot;
    int rc = lio_fullzip_take_word(dec, zip, cur, &slot, &def);

    if (rc < 0 || !slot)
        return rc;
    if (def != 0)
        return append_null(dec, var);
    bytes = lio_cursor_uint(cur, length_bytes);
    if (cur->overrun || bytes > cur->left)
        return lio_decode_corrupt(dec,
                                  "value %" PRIu64 " runs past the end of a "
                                  "buffer of %zu bytes",
                                  row, zip->in->buffers[0]->bytes);
    value.bytes = (size_t)bytes;
    value.data = lio_cursor_take(cur, value.bytes);
    return zip->slots.builder.type->kind == LIO_KIND_VARIABLE
               ? append_value(dec, &var->codec, value,
                              &zip->slots.builder.strings)
               : append_struct(dec, var, row, value);
}

static int check(struct lio_decode *dec, const struct lio_fullzip *zip)
{
    const struct lio_mem *from = zip->in->buffers[0];
    uint32_t bits = zip->layout->bits_per_offset;
    uint64_t least = zip->word_bytes > 0 ? zip->word_bytes : bits / 8;

    if (zip->layout->details_case !=
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET ||
        (bits != 32 && bits != 64))
        return lio_decode_corrupt(dec, "lengths of %" PRIu32 " bits", bits);
    /* The least an entry can take bounds what is allocated for all. */
    if (zip->layout->nitems > from->bytes / least)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " entries are not in %zu bytes",
                                  zip->layout->nitems, from->bytes);
    return 0;
}

static int open_values(struct lio_decode *dec, struct variable *var)
{
    switch (var->zip->in->leaf->types[0]->kind) {
    case LIO_KIND_VARIABLE:
        return open_codec(dec, var->zip->layout->value_compression,
                          &var->codec);
    case LIO_KIND_STRUCT:
        return open_struct(dec, var);
    default:
        return lio_decode_corrupt(dec, "lengths for values of fixed width");
    }
}

int lio_fullzip_variable(struct lio_decode *dec, struct lio_fullzip *zip)
{
    const struct lio_mem *from = zip->in->buffers[0];
    struct lio_cursor cur = lio_cursor_over(from->data, from->bytes);
    struct variable var = { .zip = zip };
    int rc = check(dec, zip);

    if (rc == 0)
        rc = lio_slots_alloc(dec, &zip->slots, zip->nslots);
    if (rc == 0)
        rc = open_values(dec, &var);
    for (uint64_t i = 0; i < zip->layout->nitems && rc == 0; i++)
        rc = decode_entry(dec, &var, &cur);
    free(var.fields);
    return rc < 0 ? rc : lio_fullzip_finish(dec, zip, &cur);
}
