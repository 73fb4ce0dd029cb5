/*
 * Values of fixed width that are not flat: what writers of early files of
 * version 2.0 used.
 *
 *     bitpacked             one string of bits, lowest first
 *     bitpacked, non-neg    blocks of 1024 values, the last one filled up
 *     fixed-size binary     an array of bytes
 *     constant              one value for all rows
 */
#include "column/array.h"

#include "column/bits.h"
#include "column/fastlanes.h"

#include "common/checked.h"

#include <inttypes.h>

static int check_widths(struct lio_decode *dec, const struct lio_type *type,
                        uint64_t packed, uint64_t plain)
{
    if (!lio_fastlanes_word(type->bits) || plain != type->bits ||
        packed > plain)
        return lio_decode_corrupt(dec,
                                  "values of %" PRIu32 " bits are packed from "
                                  "%" PRIu64 " to %" PRIu64,
                                  type->bits, plain, packed);
    return 0;
}

/* -- one string of bits -------------------------------------------------- */

/* Up to 64 bits from bit `at` on; there is slack behind the buffer. */
static uint64_t bits_at(const uint8_t *from, uint64_t at, uint32_t width)
{
    uint32_t shift = (uint32_t)(at % 8);
    uint64_t low = lio_load_u64(from + at / 8) >> shift;

    if (shift + width > 64)
        low |= (uint64_t)from[at / 8 + 8] << (64 - shift);
    return width == 64 ? low : low & ((UINT64_C(1) << width) - 1);
}

static uint64_t extend_sign(uint64_t value, uint32_t width)
{
    uint64_t sign = UINT64_C(1) << (width - 1);

    return (value ^ sign) - sign;
}

static void unpack(const struct lio_mem *from, uint32_t width, bool is_signed,
                   struct lio_builder *builder)
{
    uint32_t bytes = builder->type->bits / 8;

    for (uint64_t i = 0; i < builder->rows; i++) {
        uint64_t value = width == 0 ? 0 : bits_at(from->data, i * width, width);

        if (is_signed && width > 0)
            value = extend_sign(value, width);
        memcpy(builder->values->data + i * bytes, &value, bytes);
    }
}

int lio_array_bitpacked(struct lio_decode *dec, const struct lio_page_input *in,
                        const Lio__Pb__BitpackedArray *enc,
                        struct lio_builder *ret_builder)
{
    struct lio_mem *from;
    uint64_t bits;
    int rc = check_widths(dec, in->type, enc->packed_bits, enc->plain_bits);

    if (rc == 0)
        rc = lio_array_buffer(dec, in, enc->buffer, &from);
    if (rc < 0)
        return rc;
    if (!lio_checked_mul(in->rows, enc->packed_bits, &bits) ||
        lio_bits_bytes(bits) > from->bytes)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " values packed to %" PRIu64
                                  " bits are not in %zu bytes",
                                  in->rows, enc->packed_bits, from->bytes);
    rc = lio_builder_init(dec, in->type, in->rows, false, ret_builder);
    if (rc == 0)
        unpack(from, (uint32_t)enc->packed_bits, enc->is_signed, ret_builder);
    return rc;
}

/* -- blocks -------------------------------------------------------------- */

/* The widest block, for the last, which has no room where it belongs. */
struct block {
    _Alignas(LIO_MEM_ALIGN) uint8_t values[LIO_FASTLANES_BLOCK * 8];
};

static void unpack_blocks(const struct lio_mem *from, uint32_t width,
                          struct lio_builder *builder)
{
    uint32_t bits = builder->type->bits;
    uint64_t block_bytes = LIO_FASTLANES_BLOCK * (uint64_t)(bits / 8);
    uint64_t whole = builder->rows / LIO_FASTLANES_BLOCK;
    uint64_t rest = builder->rows % LIO_FASTLANES_BLOCK;
    const uint8_t *packed = from->data;
    uint8_t *to = builder->values->data;
    struct block last;

    for (uint64_t i = 0; i < whole; i++) {
        lio_fastlanes_unpack(packed, bits, width, to);
        packed += lio_fastlanes_bytes(width);
        to += block_bytes;
    }
    if (rest == 0)
        return;
    lio_fastlanes_unpack(packed, bits, width, last.values);
    memcpy(to, last.values, (size_t)rest * (bits / 8));
}

int lio_array_bitpacked_non_neg(struct lio_decode *dec,
                                const struct lio_page_input *in,
                                const Lio__Pb__BitpackedNonNegArray *enc,
                                struct lio_builder *ret_builder)
{
    uint64_t blocks =
        in->rows / LIO_FASTLANES_BLOCK + (in->rows % LIO_FASTLANES_BLOCK != 0);
    struct lio_mem *from;
    uint64_t bytes;
    int rc = check_widths(dec, in->type, enc->packed_bits, enc->plain_bits);

    if (rc == 0)
        rc = lio_array_buffer(dec, in, enc->buffer, &from);
    if (rc < 0)
        return rc;
    if (!lio_checked_mul(
            blocks, lio_fastlanes_bytes((uint32_t)enc->packed_bits), &bytes) ||
        bytes > from->bytes)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " blocks packed to %" PRIu64
                                  " bits are not in %zu bytes",
                                  blocks, enc->packed_bits, from->bytes);
    rc = lio_builder_init(dec, in->type, in->rows, false, ret_builder);
    if (rc == 0)
        unpack_blocks(from, (uint32_t)enc->packed_bits, ret_builder);
    return rc;
}

/* -- others -------------------------------------------------------------- */

int lio_array_fixed_size_binary(struct lio_decode *dec,
                                const struct lio_page_input *in,
                                const Lio__Pb__FixedSizeBinaryArray *enc,
                                struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = in->type, .rows = in->rows };
    uint64_t bytes;
    int rc;

    if (enc->width * UINT64_C(8) != in->type->bits)
        return lio_decode_corrupt(
            dec, "values of %" PRIu32 " bytes where %" PRIu32 " bits are due",
            enc->width, in->type->bits);
    if (!lio_checked_mul(in->rows, enc->width, &bytes))
        bytes = UINT64_MAX;
    rc = lio_array_flat(dec, in, lio_array_without_nulls(enc->bytes), bytes, 8,
                        &builder.values);
    if (rc == 0)
        *ret_builder = builder;
    return rc;
}

int lio_array_constant(struct lio_decode *dec, const struct lio_page_input *in,
                       const Lio__Pb__ConstantArray *enc,
                       struct lio_builder *ret_builder)
{
    uint32_t bits = in->type->bits;
    size_t width = bits == 1 ? 1 : bits / 8;
    int rc;

    if (enc->value.len != width)
        return lio_decode_corrupt(dec,
                                  "a constant of %zu bytes for values of %zu",
                                  enc->value.len, width);
    rc = lio_builder_init(dec, in->type, in->rows, false, ret_builder);
    if (rc < 0)
        return rc;
    if (bits == 1)
        lio_bits_fill(ret_builder->values->data, 0, in->rows,
                      enc->value.data[0] & 1);
    else
        for (uint64_t i = 0; i < in->rows; i++)
            memcpy(ret_builder->values->data + i * width, enc->value.data,
                   width);
    return 0;
}
