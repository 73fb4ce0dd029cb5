/*
 * Integers in chunks: flat, bit-packed or as runs, whichever takes the fewest
 * bytes.  The sizes of all three are counted exactly before any is built.
 */
#include "column/write/fixed.h"

#include "column/fastlanes.h"

/* One part in so many: bytes that need not be decoded are worth something. */
#define WORTH 32

uint64_t lio_chunks_bytes(const struct lio_chunks *chunks)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < chunks->nchunks; i++) {
        bytes += LIO_CHUNK_HEAD;
        for (uint32_t k = 0; k < chunks->nbuffers; k++)
            bytes += lio_chunk_padded(chunks->chunks[i].buffers[k].bytes);
    }
    return bytes + chunks->items.bytes;
}

bool lio_encoding_saves(uint64_t bytes, uint64_t best)
{
    return bytes < best && best - bytes > best / WORTH;
}

int lio_integer_chunks(const struct lio_encode *enc,
                       const struct lio_fixed *fixed, const uint64_t *entries,
                       struct lio_chunks *ret_chunks)
{
    struct lio_trial packed, runs;
    uint64_t best;
    bool pack;
    int rc = lio_flat_chunks(enc, fixed, entries, ret_chunks);

    if (rc < 0 || enc->compression == LIO_COMPRESSION_NONE ||
        !lio_fastlanes_word(fixed->bits))
        return rc;
    rc = lio_packed_try(enc, fixed, entries, &packed);
    if (rc < 0)
        return rc;
    pack = lio_encoding_saves(packed.bytes, ret_chunks->bytes);
    best = pack ? packed.bytes : ret_chunks->bytes;
    rc = lio_runs_try(enc, fixed, entries, best, &runs);
    if (rc < 0)
        return rc;
    if (lio_encoding_saves(runs.bytes, best))
        return lio_runs_chunks(enc, fixed, &runs, ret_chunks);
    return pack ? lio_packed_chunks(enc, fixed, &packed, ret_chunks) : 0;
}
