/*
 * Run lengths in chunks: the values of the runs, and a byte each for how long
 * they are.
 */
#include "column/write/fixed.h"
#include "column/write/messages.h"
#include "column/write/runs.h"

/* Runs may be longer in places than the values are. */
#define CHUNK_BYTES_MAX (2 * LIO_CHUNK_BYTES)

static uint64_t runs_of(const struct lio_fixed *fixed,
                        const struct lio_pieces *pieces, uint32_t i)
{
    uint64_t start = lio_piece_start(pieces, i);

    return lio_runs_count(fixed->values + start * (fixed->bits / 8),
                          pieces->ends[i] - start, (uint32_t)fixed->bits);
}

/* What chunks of at most `slots_max` come to; UINT64_MAX if one is too large,
 * because its values do not repeat. */
static int try_slots(const struct lio_encode *enc,
                     const struct lio_fixed *fixed, const uint64_t *entries,
                     uint32_t slots_max, struct lio_trial *trial)
{
    const struct lio_cut cut = { .slots_max = slots_max,
                                 .bytes_max = UINT64_MAX,
                                 .entries = entries };
    uint64_t width = fixed->bits / 8;
    int rc = lio_cut_slots(enc, &cut, fixed->n, &trial->pieces);

    if (rc < 0)
        return rc;
    trial->bytes = 0;
    for (uint32_t i = 0; i < trial->pieces.n; i++) {
        uint64_t runs = runs_of(fixed, &trial->pieces, i);

        if (runs * (width + 1) > CHUNK_BYTES_MAX) {
            trial->bytes = UINT64_MAX;
            return 0;
        }
        trial->bytes += lio_chunk_padded(runs * width) +
                        lio_chunk_padded(runs) + LIO_CHUNK_HEAD;
    }
    return 0;
}

int lio_runs_try(const struct lio_encode *enc, const struct lio_fixed *fixed,
                 const uint64_t *entries, uint64_t most,
                 struct lio_trial *ret_trial)
{
    uint64_t run_bytes = fixed->bits / 8 + 1;
    uint32_t slots_max = LIO_CHUNK_SLOTS_MAX;
    int rc = 0;

    ret_trial->bytes = UINT64_MAX;
    /* Every change starts a run, whatever the cuts. */
    if (lio_runs_changes(fixed->values, fixed->n, (uint32_t)fixed->bits) *
            run_bytes >=
        most)
        return 0;
    /* The last of these fits even if all values differ. */
    for (; ret_trial->bytes == UINT64_MAX && rc == 0; slots_max /= 2)
        rc = try_slots(enc, fixed, entries, slots_max, ret_trial);
    return rc;
}

int lio_runs_chunks(const struct lio_encode *enc, const struct lio_fixed *fixed,
                    const struct lio_trial *trial,
                    struct lio_chunks *ret_chunks)
{
    uint32_t bits = (uint32_t)fixed->bits, width = bits / 8;
    struct lio_bytes *buffers;
    uint8_t *out;
    int rc = lio_cut_chunks(enc, &trial->pieces, 2, ret_chunks, &buffers);

    if (rc == 0)
        rc = lio_encode_alloc(enc, trial->bytes, &out);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < trial->pieces.n; i++) {
        uint64_t start = lio_piece_start(&trial->pieces, i);
        uint64_t runs = runs_of(fixed, &trial->pieces, i);

        lio_runs_write(fixed->values + start * width,
                       trial->pieces.ends[i] - start, bits, out,
                       out + runs * width);
        *buffers++ = (struct lio_bytes){ out, (size_t)(runs * width) };
        *buffers++ = (struct lio_bytes){ out + runs * width, (size_t)runs };
        out += runs * (width + 1);
    }
    ret_chunks->bytes = trial->bytes;
    ret_chunks->encoding = lio_message_rle(enc->arena, bits);
    return ret_chunks->encoding ? 0 : lio_encode_no_message(enc);
}
