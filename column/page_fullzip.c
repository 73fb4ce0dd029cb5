/*
 * Full-zip pages: for large values.  Each row has a control word, if the page
 * has nulls, and its value; the rows lie one behind the other.
 *
 *     fixed width     | word | value |           also for nulls
 *     variable        | word | length | bytes |  a null is just its word
 *
 * Buffer 1, an index of where rows start, is not needed to read them all.
 */
#include "column/page.h"

#include "column/bits.h"
#include "column/builder.h"
#include "column/compress.h"
#include "column/encoding.h"
#include "column/fsst.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>

#define BYTE_BITS 8

struct fullzip {
    const Lio__Pb__FullZipLayout *layout;
    const struct lio_page_input *in;
    struct lio_builder builder;
    bool nullable;
    uint32_t word_bytes; /* of a control word: 0, 1, 2 or 4 */
    struct lio_fsst fsst;
    bool is_fsst;
    uint32_t scheme; /* of each value's compression, 0: none */
};

static int check(struct lio_decode *dec, struct fullzip *zip)
{
    const Lio__Pb__FullZipLayout *layout = zip->layout;

    if (layout->bits_rep > 0)
        return lio_decode_corrupt(dec, "repetition levels in a column that is "
                                       "not nested");
    if (layout->bits_def > 16)
        return lio_decode_corrupt(dec, "definition levels of %" PRIu32 " bits",
                                  layout->bits_def);
    if (zip->nullable && layout->bits_def == 0)
        return lio_decode_corrupt(dec, "nullable, but without definition "
                                       "levels");
    if (layout->nitems != zip->in->rows)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " entries for %" PRIu64 " rows",
                                  layout->nitems, zip->in->rows);
    if (zip->in->nbuffers < 1)
        return lio_decode_corrupt(dec, "it has no buffer");
    zip->word_bytes = layout->bits_def == 0 ? 0 : layout->bits_def <= 8 ? 1 : 2;
    return 0;
}

/* The level of a row: its control word, as there is no repetition in it. */
static int take_level(struct lio_decode *dec, struct fullzip *zip,
                      struct lio_cursor *cur, uint64_t row, uint16_t *ret_level)
{
    uint16_t level = 0;
    const uint8_t *word = lio_cursor_take(cur, zip->word_bytes);

    if (word)
        memcpy(&level, word, zip->word_bytes);
    *ret_level = level;
    if (zip->nullable)
        return lio_builder_levels(dec, &zip->builder, row, &level, 1);
    if (level != 0)
        return lio_decode_corrupt(dec, "a null in a page without nulls");
    return 0;
}

/* -- fixed width --------------------------------------------------------- */

static int check_fixed(struct lio_decode *dec, const struct fullzip *zip,
                       uint32_t *ret_value_bytes)
{
    const Lio__Pb__CompressiveEncoding *enc = zip->layout->value_compression;
    uint32_t bits = zip->in->type->bits;
    uint64_t bytes;

    if (!enc || enc->compression_case !=
                    LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT)
        return lio_decode_unsupported(
            dec, "full-zip values of fixed width are supported if flat only");
    /* A bool is one byte here. */
    bits = bits == 1 ? BYTE_BITS : bits;
    if (zip->layout->details_case !=
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE ||
        zip->layout->bits_per_value != bits || enc->flat->bits != bits)
        return lio_decode_corrupt(dec, "its values are not of %" PRIu32 " bits",
                                  bits);
    if (!lio_checked_mul(zip->in->rows, zip->word_bytes + bits / BYTE_BITS,
                         &bytes) ||
        bytes != zip->in->buffers[0]->bytes)
        return lio_decode_corrupt(
            dec,
            "%" PRIu64 " rows of %" PRIu32 " bytes do not fill a buffer of %zu",
            zip->in->rows, zip->word_bytes + bits / BYTE_BITS,
            zip->in->buffers[0]->bytes);
    *ret_value_bytes = bits / BYTE_BITS;
    return 0;
}

/* Without control words the buffer is the array. */
static int share_values(struct fullzip *zip)
{
    zip->builder.type = zip->in->type;
    zip->builder.rows = zip->in->rows;
    zip->builder.values = lio_mem_get(zip->in->buffers[0]);
    return 0;
}

static int decode_fixed(struct lio_decode *dec, struct fullzip *zip)
{
    const struct lio_mem *from = zip->in->buffers[0];
    struct lio_cursor cur = lio_cursor_over(from->data, from->bytes);
    uint32_t width = 0;
    int rc = check_fixed(dec, zip, &width);

    if (rc < 0)
        return rc;
    if (zip->word_bytes == 0 && zip->in->type->bits != 1)
        return share_values(zip);
    rc = lio_builder_init(dec, zip->in->type, zip->in->rows, zip->nullable,
                          &zip->builder);
    for (uint64_t row = 0; row < zip->in->rows && rc == 0; row++) {
        uint16_t level;
        const uint8_t *value;

        rc = take_level(dec, zip, &cur, row, &level);
        value = lio_cursor_take(&cur, width); /* check_fixed() counted them */
        if (zip->in->type->bits == 1)
            lio_bit_set(zip->builder.values->data, row, value[0] & 1);
        else
            memcpy(zip->builder.values->data + row * width, value, width);
    }
    return rc;
}

/* -- variable width ------------------------------------------------------ */

static int open_values(struct lio_decode *dec, struct fullzip *zip)
{
    const Lio__Pb__CompressiveEncoding *enc = zip->layout->value_compression;
    struct lio_bytes table;

    if (enc && enc->compression_case ==
                   LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL) {
        zip->scheme =
            enc->general->compression ? enc->general->compression->scheme : 0;
        if (zip->scheme == 0)
            return lio_decode_corrupt(dec, "compression without a scheme");
        enc = enc->general->values;
    }
    if (enc && enc->compression_case ==
                   LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FSST) {
        table = (struct lio_bytes){ enc->fsst->symbol_table.data,
                                    enc->fsst->symbol_table.len };
        zip->is_fsst = true;
        return lio_fsst_parse(dec, table, &zip->fsst);
    }
    if (!enc || enc->compression_case !=
                    LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_VARIABLE)
        return lio_decode_unsupported(
            dec,
            "the encoding '%s' is not supported for values of full-zip "
            "pages",
            lio_encoding_name(enc));
    return 0;
}

static int append_value(struct lio_decode *dec, struct fullzip *zip,
                        struct lio_bytes value)
{
    struct lio_strings *strings = &zip->builder.strings;
    uint64_t plain_bytes;
    uint8_t *plain;
    int rc;

    /* Empty values are not compressed. */
    if (zip->scheme != 0 && value.bytes > 0) {
        rc = lio_decompressed_bytes(dec, zip->scheme, value, &plain_bytes);
        if (rc == 0)
            rc =
                lio_decode_scratch(dec, LIO_SCRATCH_PLAIN, plain_bytes, &plain);
        if (rc == 0)
            rc = lio_decompress(dec, zip->scheme, value, plain_bytes, plain);
        if (rc < 0)
            return rc;
        value = (struct lio_bytes){ plain, (size_t)plain_bytes };
    }
    if (zip->is_fsst)
        return lio_fsst_append(dec, &zip->fsst, value, strings);
    rc = lio_strings_reserve(dec, strings, 1, value.bytes);
    if (rc < 0)
        return rc;
    if (value.bytes > 0)
        memcpy(strings->data->data + strings->bytes, value.data, value.bytes);
    lio_strings_put(strings, value.bytes);
    return 0;
}

static int decode_row(struct lio_decode *dec, struct fullzip *zip,
                      struct lio_cursor *cur, uint64_t row)
{
    struct lio_bytes value = { 0 };
    uint64_t bytes = 0;
    uint16_t level;
    int rc = take_level(dec, zip, cur, row, &level);

    if (rc < 0)
        return rc;
    if (level == 0) {
        bytes = zip->layout->bits_per_offset == 32 ? lio_cursor_u32(cur)
                                                   : lio_cursor_u64(cur);
        if (bytes > cur->left)
            cur->overrun = true;
        else
            value.data = lio_cursor_take(cur, (size_t)bytes);
        value.bytes = (size_t)bytes;
    }
    if (cur->overrun)
        return lio_decode_corrupt(dec,
                                  "row %" PRIu64 " runs past the end of a "
                                  "buffer of %zu bytes",
                                  row, zip->in->buffers[0]->bytes);
    if (level != 0) {
        rc = lio_strings_reserve(dec, &zip->builder.strings, 1, 0);
        if (rc == 0)
            lio_strings_put(&zip->builder.strings, 0);
        return rc;
    }
    return append_value(dec, zip, value);
}

static int decode_variable(struct lio_decode *dec, struct fullzip *zip)
{
    const struct lio_mem *from = zip->in->buffers[0];
    struct lio_cursor cur = lio_cursor_over(from->data, from->bytes);
    uint32_t bits = zip->layout->bits_per_offset;
    uint64_t row_bytes = zip->word_bytes > 0 ? zip->word_bytes : bits / 8;
    int rc;

    if (zip->layout->details_case !=
            LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET ||
        (bits != 32 && bits != 64))
        return lio_decode_corrupt(dec, "lengths of %" PRIu32 " bits", bits);
    /* The least a row can take bounds what is allocated for all. */
    if (zip->in->rows > from->bytes / row_bytes)
        return lio_decode_corrupt(dec, "%" PRIu64 " rows are not in %zu bytes",
                                  zip->in->rows, from->bytes);
    rc = open_values(dec, zip);
    if (rc == 0)
        rc = lio_builder_init(dec, zip->in->type, zip->in->rows, zip->nullable,
                              &zip->builder);
    for (uint64_t row = 0; row < zip->in->rows && rc == 0; row++)
        rc = decode_row(dec, zip, &cur, row);
    if (rc == 0 && cur.left > 0)
        return lio_decode_corrupt(dec, "%zu bytes are left after the last row",
                                  cur.left);
    return rc;
}

int lio_fullzip_decode(struct lio_decode *dec,
                       const Lio__Pb__FullZipLayout *layout,
                       const struct lio_page_input *in,
                       struct lio_vector *ret_vector)
{
    struct fullzip zip = { .layout = layout, .in = in };
    int rc =
        lio_layers_leaf(dec, layout->layers, layout->n_layers, &zip.nullable);

    if (rc == 0)
        rc = check(dec, &zip);
    if (rc < 0)
        return rc;
    rc = in->type->kind == LIO_KIND_VARIABLE ? decode_variable(dec, &zip)
                                             : decode_fixed(dec, &zip);
    if (rc == 0)
        lio_builder_finish(&zip.builder, ret_vector);
    lio_builder_release(&zip.builder);
    return rc;
}
