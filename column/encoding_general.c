/*
 * General compression over another encoding: only the first buffer is
 * compressed, as a whole.
 */
#include "column/encoding.h"

#include "column/compress.h"

#include <stdbool.h>

/* Whether the bytes are what was decompressed just before: they would be
 * overwritten. */
static bool is_scratch(const struct lio_decode *dec, struct lio_bytes bytes)
{
    const struct lio_mem *mem = dec->scratch[LIO_SCRATCH_PLAIN];
    uintptr_t at = (uintptr_t)bytes.data;

    return mem && at >= (uintptr_t)mem->data &&
           at <= (uintptr_t)mem->data + mem->bytes;
}

int lio_general_open(struct lio_decode *dec, const Lio__Pb__General *enc,
                     const struct lio_encoded *in, struct lio_encoded *ret_in)
{
    uint32_t scheme = enc->compression ? enc->compression->scheme : 0;
    struct lio_encoded plain = *in;
    uint64_t bytes;
    uint8_t *out;
    int rc;

    if (in->nbuffers == 0)
        return lio_decode_corrupt(dec, "compressed values without a buffer");
    if (is_scratch(dec, in->buffers[0]))
        return lio_decode_unsupported(
            dec, "compression of what is compressed is not supported");
    rc = lio_decompressed_bytes(dec, scheme, in->buffers[0], &bytes);
    if (rc == 0)
        rc = lio_decode_scratch(dec, LIO_SCRATCH_PLAIN, bytes, &out);
    if (rc == 0)
        rc = lio_decompress(dec, scheme, in->buffers[0], bytes, out);
    if (rc < 0)
        return rc;
    plain.buffers[0] = (struct lio_bytes){ out, (size_t)bytes };
    *ret_in = plain;
    return 0;
}
