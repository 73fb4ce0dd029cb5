/*
 * Cutting, greedily: as many slots as fit, from the front.
 */
#include "column/write/cut.h"

/* In all chunks but the last: the reference reader takes the logarithm 0 of a
 * single one for damage. */
#define CHUNK_SLOTS_MIN 2

static uint64_t bytes_between(const struct lio_cut *cut, uint64_t from,
                              uint64_t to)
{
    uint64_t values = cut->offsets ? cut->offsets[to] - cut->offsets[from] : 0;

    return values + (to - from) * cut->slot_bytes;
}

static bool fits(const struct lio_cut *cut, uint64_t from, uint64_t to)
{
    return bytes_between(cut, from, to) <= cut->bytes_max &&
           (!cut->entries ||
            cut->entries[to] - cut->entries[from] <= LIO_CHUNK_ENTRIES_MAX);
}

/* Where the chunk ends that starts at slot `from` of `n`. */
static uint64_t next_end(const struct lio_cut *cut, uint64_t from, uint64_t n)
{
    uint64_t slots = cut->slots_max;

    if (n - from <= CHUNK_SLOTS_MIN ||
        (n - from <= slots && fits(cut, from, n)))
        return n;
    while (slots > CHUNK_SLOTS_MIN &&
           (slots > n - from || !fits(cut, from, from + slots)))
        slots /= 2;
    return from + slots;
}

static uint32_t count(const struct lio_cut *cut, uint64_t n)
{
    uint32_t pieces = 0;

    for (uint64_t at = 0; at < n; pieces++)
        at = next_end(cut, at, n);
    return pieces;
}

int lio_cut_slots(const struct lio_encode *enc, const struct lio_cut *cut,
                  uint64_t n, struct lio_pieces *ret_pieces)
{
    struct lio_pieces pieces = { .n = count(cut, n) };
    uint64_t at = 0;
    int rc =
        lio_encode_alloc(enc, pieces.n * sizeof(*pieces.ends), &pieces.ends);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < pieces.n; i++) {
        at = next_end(cut, at, n);
        pieces.ends[i] = at;
    }
    *ret_pieces = pieces;
    return 0;
}

uint32_t lio_cut_power(uint64_t bits, uint64_t bytes, uint32_t most)
{
    while (most > 1 && most * bits > bytes * 8)
        most /= 2;
    return most;
}

int lio_cut_chunks(const struct lio_encode *enc,
                   const struct lio_pieces *pieces, uint32_t nbuffers,
                   struct lio_chunks *ret_chunks,
                   struct lio_bytes **ret_buffers)
{
    struct lio_chunk *chunks;
    struct lio_bytes *buffers;
    int rc = lio_encode_alloc(enc, pieces->n * sizeof(*chunks), &chunks);

    if (rc == 0)
        rc = lio_encode_alloc(
            enc, (uint64_t)pieces->n * nbuffers * sizeof(*buffers), &buffers);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < pieces->n; i++) {
        uint64_t slots = pieces->ends[i] - lio_piece_start(pieces, i);

        chunks[i].slots = (uint32_t)slots;
        chunks[i].log2 =
            i + 1 < pieces->n ? (uint32_t)__builtin_ctzll(slots) : 0;
        chunks[i].buffers = buffers + (size_t)i * nbuffers;
    }
    *ret_chunks = (struct lio_chunks){ .nbuffers = nbuffers,
                                       .nchunks = pieces->n,
                                       .chunks = chunks };
    *ret_buffers = buffers;
    return 0;
}
