/*
 * Flat values: chunks point at them where they are.
 */

#include "column/write/fixed.h"
#include "column/write/messages.h"

int lio_encode_no_message(const struct lio_encode *enc)
{
    return lio_error_set(enc->err, LIO_ENOMEM,
                         "column '%s': no memory for the description of a page",
                         enc->column);
}

/* Bits `from` .. `from + n` as bytes, with zeros behind the last. */
int lio_bits_part(const struct lio_encode *enc, const uint8_t *bits,
                  uint64_t from, uint64_t n, struct lio_bytes *ret_bytes)
{
    size_t bytes = (size_t)lio_bits_bytes(n);
    uint8_t *copy;
    int rc;

    if (from % 8 == 0 && n % 8 == 0) {
        *ret_bytes = (struct lio_bytes){ bits + from / 8, bytes };
        return 0;
    }
    rc = lio_encode_alloc(enc, bytes, &copy);
    if (rc < 0)
        return rc;
    memset(copy, 0, bytes);
    lio_bits_copy(copy, 0, bits, from, n);
    *ret_bytes = (struct lio_bytes){ copy, bytes };
    return 0;
}

int lio_fixed_part(const struct lio_encode *enc, const struct lio_fixed *fixed,
                   uint64_t from, uint64_t n, struct lio_bytes *ret_bytes)
{
    uint64_t width = fixed->bits / 8;

    if (fixed->bits % 8 != 0)
        return lio_bits_part(enc, fixed->values, from * fixed->bits,
                             n * fixed->bits, ret_bytes);
    *ret_bytes =
        (struct lio_bytes){ fixed->values + from * width, (size_t)(n * width) };
    return 0;
}

int lio_flat_chunks(const struct lio_encode *enc, const struct lio_fixed *fixed,
                    const uint64_t *entries, struct lio_chunks *ret_chunks)
{
    const struct lio_cut cut = {
        .slots_max =
            lio_cut_power(fixed->bits, LIO_CHUNK_BYTES, LIO_CHUNK_SLOTS_MAX),
        .bytes_max = UINT64_MAX,
        .entries = entries,
    };
    struct lio_pieces pieces;
    struct lio_bytes *buffers;
    int rc = lio_cut_slots(enc, &cut, fixed->n, &pieces);

    if (rc == 0)
        rc = lio_cut_chunks(enc, &pieces, 1, ret_chunks, &buffers);
    for (uint32_t i = 0; rc == 0 && i < pieces.n; i++)
        rc = lio_fixed_part(enc, fixed, lio_piece_start(&pieces, i),
                            pieces.ends[i] - lio_piece_start(&pieces, i),
                            &buffers[i]);
    if (rc < 0)
        return rc;
    ret_chunks->encoding = lio_message_flat(enc->arena, fixed->bits);
    ret_chunks->bytes = lio_chunks_bytes(ret_chunks);
    return ret_chunks->encoding ? 0 : lio_encode_no_message(enc);
}
