/*
 * Bit packing, in two framings.
 *
 * Inline: one block of 1024 values, its width in front, one whole word of it:
 *
 *     | W | 1024 * W bits |
 *
 * Out of line: the width is in the metadata; full blocks, then the rest of t
 * values either as one more block or, where that is shorter, as plain words.
 * The size tells which: a writer packs the rest only if t plain words are more
 * than a packed block has, so the two sizes never agree.
 */
#include "column/encoding.h"
#include "column/fastlanes.h"

#include "common/checked.h"

#include <inttypes.h>

/* The widest block, for what does not fit its destination. */
struct block {
    _Alignas(LIO_MEM_ALIGN) uint8_t values[LIO_FASTLANES_BLOCK * 8];
};

/* Unpack one block and keep the first `n` values of it. */
static void unpack_first(const uint8_t *packed, uint32_t bits, uint32_t width,
                         uint64_t n, uint8_t *out)
{
    struct block block;

    if (n == LIO_FASTLANES_BLOCK && (uintptr_t)out % (bits / 8) == 0) {
        lio_fastlanes_unpack(packed, bits, width, out);
        return;
    }
    lio_fastlanes_unpack(packed, bits, width, block.values);
    memcpy(out, block.values, (size_t)n * (bits / 8));
}

static int check_words(struct lio_decode *dec, uint64_t bits, uint64_t width)
{
    if (!lio_fastlanes_word(bits))
        return lio_decode_corrupt(
            dec, "bit packing of words of %" PRIu64 " bits", bits);
    if (width > bits)
        return lio_decode_corrupt(dec,
                                  "words of %" PRIu64 " bits are packed to "
                                  "%" PRIu64,
                                  bits, width);
    return 0;
}

static uint64_t load_word(const uint8_t *from, uint32_t bits)
{
    uint64_t word = 0;

    memcpy(&word, from, bits / 8);
    return word;
}

int lio_inline_bitpacking_decode(
    struct lio_decode *dec, const Lio__Pb__InlineBitpacking *enc LIO_UNUSED,
    const struct lio_encoded *in, uint32_t bits, uint8_t *out)
{
    struct lio_bytes from;
    uint64_t width;
    int rc = lio_encoded_single(dec, in, "bit-packed", &from);

    if (rc == 0)
        rc = check_words(dec, bits, 0);
    if (rc < 0)
        return rc;
    if (in->nvalues > LIO_FASTLANES_BLOCK || from.bytes < bits / 8)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values in a bit-packed block of "
                                  "%zu bytes",
                                  in->nvalues, from.bytes);
    width = load_word(from.data, bits);
    rc = check_words(dec, bits, width);
    if (rc < 0)
        return rc;
    if (from.bytes - bits / 8 < lio_fastlanes_bytes((uint32_t)width))
        return lio_decode_corrupt(
            dec, "a block packed to %" PRIu64 " bits is not in %zu bytes",
            width, from.bytes);
    unpack_first(from.data + bits / 8, bits, (uint32_t)width, in->nvalues, out);
    return 0;
}

int lio_out_of_line_bitpacking_decode(struct lio_decode *dec,
                                      const Lio__Pb__OutOfLineBitpacking *enc,
                                      const struct lio_encoded *in,
                                      uint32_t bits, uint8_t *out)
{
    uint64_t width = lio_encoding_bits(enc->values), blocks, rest, bytes;
    size_t block_bytes;
    struct lio_bytes from;
    int rc = lio_encoded_single(dec, in, "out-of-line bit-packed", &from);

    if (rc == 0)
        rc = check_words(dec, bits, width);
    if (rc < 0)
        return rc;
    if (!enc->values || enc->values->compression_case !=
                            LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT)
        return lio_decode_corrupt(dec, "bit packing without a packed width");
    block_bytes = lio_fastlanes_bytes((uint32_t)width);
    blocks = in->nvalues / LIO_FASTLANES_BLOCK;
    rest = in->nvalues % LIO_FASTLANES_BLOCK;
    if (!lio_checked_mul(blocks, block_bytes, &bytes) || bytes > from.bytes)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " blocks packed to %" PRIu64
                                  " bits are not in %zu bytes",
                                  blocks, width, from.bytes);
    for (uint64_t i = 0; i < blocks; i++)
        unpack_first(from.data + i * block_bytes, bits, (uint32_t)width,
                     LIO_FASTLANES_BLOCK,
                     out + i * LIO_FASTLANES_BLOCK * (bits / 8));
    if (rest == 0)
        return 0;
    out += blocks * LIO_FASTLANES_BLOCK * (bits / 8);
    if (from.bytes - bytes == rest * (bits / 8))
        memcpy(out, from.data + bytes, (size_t)rest * (bits / 8));
    else if (from.bytes - bytes >= block_bytes)
        unpack_first(from.data + bytes, bits, (uint32_t)width, rest, out);
    else
        return lio_decode_corrupt(dec,
                                  "the last %" PRIu64 " of %" PRIu64
                                  " bit-packed values are missing",
                                  rest, in->nvalues);
    return 0;
}
