/*
 * Bit-packed chunks: one block of at most 1024 values each.
 */
#include "column/write/bitpack.h"
#include "column/write/fixed.h"
#include "column/write/messages.h"

static const uint8_t *piece_of(const struct lio_fixed *fixed,
                               const struct lio_pieces *pieces, uint32_t i,
                               uint64_t *ret_n)
{
    uint64_t start = lio_piece_start(pieces, i);

    *ret_n = pieces->ends[i] - start;
    return fixed->values + start * (fixed->bits / 8);
}

int lio_packed_try(const struct lio_encode *enc, const struct lio_fixed *fixed,
                   const uint64_t *entries, struct lio_trial *ret_trial)
{
    const struct lio_cut cut = { .slots_max = LIO_FASTLANES_BLOCK,
                                 .bytes_max = UINT64_MAX,
                                 .entries = entries };
    uint32_t bits = (uint32_t)fixed->bits;
    struct lio_trial trial = { .bytes = 0 };
    int rc = lio_cut_slots(enc, &cut, fixed->n, &trial.pieces);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < trial.pieces.n; i++) {
        uint64_t n;
        const uint8_t *values = piece_of(fixed, &trial.pieces, i, &n);
        uint32_t width = lio_bitpack_width(values, n, bits);

        trial.bytes +=
            lio_chunk_padded(lio_inline_bytes(bits, width)) + LIO_CHUNK_HEAD;
    }
    *ret_trial = trial;
    return 0;
}

int lio_packed_chunks(const struct lio_encode *enc,
                      const struct lio_fixed *fixed,
                      const struct lio_trial *trial,
                      struct lio_chunks *ret_chunks)
{
    uint32_t bits = (uint32_t)fixed->bits;
    struct lio_bytes *buffers;
    uint8_t *out;
    int rc = lio_cut_chunks(enc, &trial->pieces, 1, ret_chunks, &buffers);

    if (rc == 0)
        rc = lio_encode_alloc(enc, trial->bytes, &out);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < trial->pieces.n; i++) {
        uint64_t n;
        const uint8_t *values = piece_of(fixed, &trial->pieces, i, &n);
        uint32_t width = lio_bitpack_width(values, n, bits);

        lio_inline_pack(values, n, bits, width, out);
        buffers[i] = (struct lio_bytes){ out, lio_inline_bytes(bits, width) };
        out += buffers[i].bytes;
    }
    ret_chunks->bytes = trial->bytes;
    ret_chunks->encoding = lio_message_inline(enc->arena, bits);
    return ret_chunks->encoding ? 0 : lio_encode_no_message(enc);
}
