/*
 * Plain values: flat, constant, and byte stream split, which is flat turned by
 * 90 degrees:
 *
 *     values     b0 b1 b2 b3 | b0 b1 b2 b3 | ...
 *     split      b0 b0 ... | b1 b1 ... | b2 b2 ... | b3 b3 ...
 */
#include "column/encoding.h"

#include "column/bits.h"

#include <inttypes.h>

int lio_flat_decode(struct lio_decode *dec,
                    const Lio__Pb__Flat *flat LIO_UNUSED,
                    const struct lio_encoded *in, uint32_t bits, uint8_t *out)
{
    struct lio_bytes from;
    uint64_t bytes;
    int rc = lio_encoded_single(dec, in, "flat", &from);

    if (rc == 0)
        rc = lio_encoded_room(dec, in->nvalues, bits, from, &bytes);
    if (rc < 0)
        return rc;
    if (bytes > 0)
        memcpy(out, from.data, (size_t)bytes);
    return 0;
}

int lio_constant_decode(struct lio_decode *dec, const Lio__Pb__Constant *enc,
                        const struct lio_encoded *in, uint32_t bits,
                        uint8_t *out)
{
    size_t width = bits / 8;

    if (bits % 8 != 0 || enc->value.len != width)
        return lio_decode_corrupt(
            dec,
            "a constant of %zu bytes cannot be a value of "
            "%" PRIu32 " bits",
            enc->value.len, bits);
    for (uint64_t i = 0; i < in->nvalues; i++)
        memcpy(out + i * width, enc->value.data, width);
    return 0;
}

int lio_byte_stream_split_decode(struct lio_decode *dec,
                                 const Lio__Pb__ByteStreamSplit *enc,
                                 const struct lio_encoded *in, uint32_t bits,
                                 uint8_t *out)
{
    uint64_t n = in->nvalues, bytes, width = bits / 8;
    struct lio_bytes from;
    int rc = lio_encoded_single(dec, in, "byte-stream-split", &from);

    if (rc == 0)
        rc = lio_encoded_room(dec, n, bits, from, &bytes);
    if (rc < 0)
        return rc;
    if (bits % 8 != 0 || !enc->values ||
        enc->values->compression_case !=
            LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT)
        return lio_decode_unsupported(
            dec, "'byte-stream-split' is supported over flat values only");
    for (uint64_t j = 0; j < width; j++)
        for (uint64_t i = 0; i < n; i++)
            out[i * width + j] = from.data[j * n + i];
    return 0;
}
