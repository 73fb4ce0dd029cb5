/*
 * Which family decodes what.
 */
#include "column/encoding.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>

const char *lio_encoding_name(const Lio__Pb__CompressiveEncoding *enc)
{
    if (!enc)
        return "none";
    switch (enc->compression_case) {
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT:
        return "flat";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_VARIABLE:
        return "variable";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_CONSTANT:
        return "constant";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_OUT_OF_LINE_BITPACKING:
        return "out-of-line bit-packed";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_INLINE_BITPACKING:
        return "bit-packed";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FSST:
        return "fsst";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_DICTIONARY:
        return "dictionary";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_RLE:
        return "rle";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_BYTE_STREAM_SPLIT:
        return "byte-stream-split";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL:
        return "general";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FIXED_SIZE_LIST:
        return "fixed-size-list";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_PACKED_STRUCT:
        return "packed-struct";
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_VARIABLE_PACKED_STRUCT:
        return "variable-packed-struct";
    default:
        return "unknown";
    }
}

uint64_t lio_encoding_bits(const Lio__Pb__CompressiveEncoding *enc)
{
    if (!enc)
        return 0;
    switch (enc->compression_case) {
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT:
        return enc->flat->bits;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_OUT_OF_LINE_BITPACKING:
        return enc->out_of_line_bitpacking->plain_bits;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_INLINE_BITPACKING:
        return enc->inline_bitpacking->plain_bits;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_RLE:
        return lio_encoding_bits(enc->rle->values);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_BYTE_STREAM_SPLIT:
        return lio_encoding_bits(enc->byte_stream_split->values);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL:
        return lio_encoding_bits(enc->general->values);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_CONSTANT:
        return (uint64_t)enc->constant->value.len * 8;
    default:
        return 0;
    }
}

int lio_encoded_single(struct lio_decode *dec, const struct lio_encoded *in,
                       const char *encoding, struct lio_bytes *ret_bytes)
{
    if (in->nbuffers != 1)
        return lio_decode_corrupt(
            dec, "%s values are in one buffer, not in %" PRIu32, encoding,
            in->nbuffers);
    *ret_bytes = in->buffers[0];
    return 0;
}

int lio_encoded_room(struct lio_decode *dec, uint64_t nvalues, uint64_t bits,
                     struct lio_bytes in, uint64_t *ret_bytes)
{
    uint64_t total;

    if (!lio_checked_mul(nvalues, bits, &total) ||
        lio_bits_bytes(total) > in.bytes)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values of %" PRIu64
                                  " bits are not in a buffer of %zu bytes",
                                  nvalues, bits, in.bytes);
    *ret_bytes = lio_bits_bytes(total);
    return 0;
}

int lio_fixed_decode(struct lio_decode *dec,
                     const Lio__Pb__CompressiveEncoding *enc,
                     const struct lio_encoded *in, uint32_t bits, uint8_t *out)
{
    struct lio_encoded plain;
    uint64_t have = lio_encoding_bits(enc);
    int rc;

    if (have != 0 && have != bits)
        return lio_decode_corrupt(
            dec, "'%s' values have %" PRIu64 " bits where %" PRIu32 " are due",
            lio_encoding_name(enc), have, bits);
    if (!enc)
        return lio_decode_corrupt(dec, "an encoding is missing");
    switch (enc->compression_case) {
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT:
        return lio_flat_decode(dec, enc->flat, in, bits, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_CONSTANT:
        return lio_constant_decode(dec, enc->constant, in, bits, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_OUT_OF_LINE_BITPACKING:
        return lio_out_of_line_bitpacking_decode(
            dec, enc->out_of_line_bitpacking, in, bits, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_INLINE_BITPACKING:
        return lio_inline_bitpacking_decode(dec, enc->inline_bitpacking, in,
                                            bits, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_RLE:
        return lio_rle_decode(dec, enc->rle, in, bits, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_BYTE_STREAM_SPLIT:
        return lio_byte_stream_split_decode(dec, enc->byte_stream_split, in,
                                            bits, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL:
        rc = lio_general_open(dec, enc->general, in, &plain);
        if (rc < 0)
            return rc;
        return lio_fixed_decode(dec, enc->general->values, &plain, bits, out);
    default:
        return lio_decode_unsupported(
            dec,
            "the encoding '%s' is not supported for values of %" PRIu32 " bits",
            lio_encoding_name(enc), bits);
    }
}

int lio_strings_decode(struct lio_decode *dec,
                       const Lio__Pb__CompressiveEncoding *enc,
                       const struct lio_encoded *in, struct lio_strings *out)
{
    struct lio_encoded plain;
    int rc;

    if (!enc)
        return lio_decode_corrupt(dec, "an encoding is missing");
    switch (enc->compression_case) {
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_VARIABLE:
        return lio_variable_decode(dec, enc->variable, in, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FSST:
        return lio_fsst_decode(dec, enc->fsst, in, out);
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_GENERAL:
        rc = lio_general_open(dec, enc->general, in, &plain);
        if (rc < 0)
            return rc;
        return lio_strings_decode(dec, enc->general->values, &plain, out);
    default:
        return lio_decode_unsupported(
            dec,
            "the encoding '%s' is not supported for values of variable "
            "size",
            lio_encoding_name(enc));
    }
}
