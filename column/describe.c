/*
 * Page encodings as text: "mini-block(dictionary(bit-packed 32, variable))".
 *
 * A nested encoding is in parentheses behind what it is inside of; a number is
 * the width in bits of the values.
 */
#include "column/page.h"

#include "column/compress.h"
#include "column/encoding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void put_encoding(FILE *out, const Lio__Pb__CompressiveEncoding *enc);

static const char *scheme_name(uint32_t scheme)
{
    switch (scheme) {
    case LIO_SCHEME_LZ4:
        return "lz4";
    case LIO_SCHEME_ZSTD:
        return "zstd";
    default:
        return "unknown compression";
    }
}

static void put_inner(FILE *out, const Lio__Pb__CompressiveEncoding *enc)
{
    (void)fputc('(', out);
    put_encoding(out, enc);
    (void)fputc(')', out);
}

static void put_encoding(FILE *out, const Lio__Pb__CompressiveEncoding *enc)
{
    if (enc && enc->compression_case !=
                   LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL)
        (void)fputs(lio_encoding_name(enc), out);
    if (!enc)
        return;
    switch (enc->compression_case) {
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT:
        (void)fprintf(out, " %" PRIu64, enc->flat->bits);
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_OUT_OF_LINE_BITPACKING:
        (void)fprintf(out, " %" PRIu64 " to %" PRIu64,
                      enc->out_of_line_bitpacking->plain_bits,
                      lio_encoding_bits(enc->out_of_line_bitpacking->values));
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_INLINE_BITPACKING:
        (void)fprintf(out, " %" PRIu64, enc->inline_bitpacking->plain_bits);
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FSST:
        put_inner(out, enc->fsst->values);
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_RLE:
        put_inner(out, enc->rle->values);
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_BYTE_STREAM_SPLIT:
        put_inner(out, enc->byte_stream_split->values);
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL:
        (void)fputs(scheme_name(enc->general->compression
                                    ? enc->general->compression->scheme
                                    : 0),
                    out);
        put_inner(out, enc->general->values);
        break;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FIXED_SIZE_LIST:
        (void)fprintf(out, " %" PRIu64, enc->fixed_size_list->items_per_value);
        put_inner(out, enc->fixed_size_list->values);
        break;
    default:
        break;
    }
}

static void put_miniblock(FILE *out, const Lio__Pb__MiniBlockLayout *layout)
{
    (void)fputs(layout->dictionary ? "mini-block(dictionary(" : "mini-block(",
                out);
    put_encoding(out, layout->value_compression);
    if (layout->dictionary) {
        (void)fputs(", ", out);
        put_encoding(out, layout->dictionary);
        (void)fputc(')', out);
    }
    (void)fputc(')', out);
}

static void put_layout(FILE *out, const Lio__Pb__PageLayout *layout)
{
    switch (layout->layout_case) {
    case LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK:
        put_miniblock(out, layout->mini_block);
        break;
    case LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT:
        (void)fputs("constant", out);
        break;
    case LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP:
        (void)fputs("full-zip", out);
        put_inner(out, layout->full_zip->value_compression);
        break;
    case LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB:
        (void)fputs("blob(", out);
        if (layout->blob->inner)
            put_layout(out, layout->blob->inner);
        (void)fputc(')', out);
        break;
    default:
        (void)fputs("unknown", out);
    }
}

/* -- 2.0 ----------------------------------------------------------------- */

static void put_array(FILE *out, const Lio__Pb__ArrayEncoding *enc);

static void put_inner_array(FILE *out, const char *name,
                            const Lio__Pb__ArrayEncoding *enc)
{
    (void)fprintf(out, "%s(", name);
    put_array(out, enc);
    (void)fputc(')', out);
}

static void put_nullable(FILE *out, const Lio__Pb__NullableArray *enc)
{
    switch (enc->nulls_case) {
    case LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS:
        put_array(out, enc->no_nulls->values);
        break;
    case LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS:
        put_inner_array(out, "nullable", enc->some_nulls->values);
        break;
    case LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS:
        (void)fputs("all-null", out);
        break;
    default:
        (void)fputs("unknown", out);
    }
}

static void put_flat(FILE *out, const Lio__Pb__FlatArray *flat)
{
    const char *scheme = flat->compression ? flat->compression->scheme : NULL;

    if (scheme && strcmp(scheme, "none") != 0)
        (void)fprintf(out, "%s(flat %" PRIu64 ")", scheme, flat->bits);
    else
        (void)fprintf(out, "flat %" PRIu64, flat->bits);
}

static void put_array(FILE *out, const Lio__Pb__ArrayEncoding *enc)
{
    switch (enc ? enc->array_case : LIO__PB__ARRAY_ENCODING__ARRAY__NOT_SET) {
    case LIO__PB__ARRAY_ENCODING__ARRAY_FLAT:
        put_flat(out, enc->flat);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE:
        put_nullable(out, enc->nullable);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_LIST:
        (void)fprintf(out, "fixed-size-list %" PRIu32,
                      enc->fixed_size_list->dimension);
        put_inner_array(out, "", enc->fixed_size_list->items);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_BINARY:
        put_inner_array(out, "binary", enc->binary->bytes);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY:
        put_inner_array(out, "dictionary", enc->dictionary->items);
        break;
    case LIO__PB__ARRAY_ENCODING__ARRAY_FSST:
        put_inner_array(out, "fsst", enc->fsst->binary);
        break;
    default:
        (void)fputs(lio_array_name(enc), out);
    }
}

char *lio_page_describe(const struct lio_page *page)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    if (!out)
        return NULL;
    if (page->array)
        put_array(out, page->array);
    else
        put_layout(out, page->layout);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
