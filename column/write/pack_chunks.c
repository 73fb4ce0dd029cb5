/*
 * General compression of chunks: of the first buffer of each, in all of them
 * or in none.
 */
#include "column/write/fixed.h"
#include "column/write/messages.h"
#include "column/write/pack.h"

/* Chunks with the same cuts, and buffers that are still to be compressed. */
static int copy_chunks(const struct lio_encode *enc,
                       const struct lio_chunks *chunks,
                       struct lio_chunks *ret_copy,
                       struct lio_bytes **ret_buffers)
{
    uint32_t nbuffers = chunks->nbuffers;
    struct lio_chunk *all;
    struct lio_bytes *buffers;
    int rc = lio_encode_alloc(enc, chunks->nchunks * sizeof(*all), &all);

    if (rc == 0)
        rc = lio_encode_alloc(
            enc, (uint64_t)chunks->nchunks * nbuffers * sizeof(*buffers),
            &buffers);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < chunks->nchunks; i++) {
        all[i] = chunks->chunks[i];
        memcpy(buffers + (size_t)i * nbuffers, all[i].buffers,
               nbuffers * sizeof(*buffers));
        all[i].buffers = buffers + (size_t)i * nbuffers;
    }
    *ret_copy = *chunks;
    ret_copy->chunks = all;
    *ret_buffers = buffers;
    return 0;
}

int lio_pack_chunks(const struct lio_encode *enc, uint32_t scheme,
                    struct lio_chunks *chunks)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    struct lio_packer packer;
    struct lio_chunks packed;
    struct lio_bytes *buffers;
    int rc = copy_chunks(enc, chunks, &packed, &buffers);

    if (rc == 0)
        rc = lio_packer_init(&packer, enc, scheme);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < packed.nchunks && rc == 0; i++) {
        struct lio_bytes *first = buffers + (size_t)i * packed.nbuffers;

        rc = lio_packer_run(&packer, *first, first);
    }
    lio_packer_release(&packer);
    if (rc < 0)
        return rc;
    packed.bytes = lio_chunks_bytes(&packed);
    if (!lio_encoding_saves(packed.bytes, chunks->bytes)) {
        lio_arena_rewind(enc->arena, mark);
        return 0;
    }
    packed.encoding = lio_message_general(enc->arena, scheme, chunks->encoding);
    if (!packed.encoding)
        return lio_encode_no_message(enc);
    *chunks = packed;
    return 0;
}

static void split(struct lio_bytes plain, size_t width, uint8_t *out)
{
    size_t n = plain.bytes / width;

    for (size_t j = 0; j < width; j++)
        for (size_t i = 0; i < n; i++)
            out[j * n + i] = plain.data[i * width + j];
}

int lio_pack_split(const struct lio_encode *enc, uint32_t scheme,
                   const struct lio_fixed *fixed, const uint64_t *entries,
                   struct lio_chunks *chunks)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    struct lio_chunks flat, turned;
    struct lio_bytes *buffers;
    uint8_t *out;
    int rc = lio_flat_chunks(enc, fixed, entries, &flat);

    if (rc == 0)
        rc = copy_chunks(enc, &flat, &turned, &buffers);
    if (rc == 0)
        rc = lio_encode_alloc(enc, fixed->n * (fixed->bits / 8), &out);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < turned.nchunks; i++) {
        split(buffers[i], fixed->bits / 8, out);
        buffers[i].data = out;
        out += buffers[i].bytes;
    }
    turned.encoding = lio_message_split(enc->arena, fixed->bits);
    if (!turned.encoding)
        return lio_encode_no_message(enc);
    rc = lio_pack_chunks(enc, scheme, &turned);
    if (rc < 0)
        return rc;
    if (lio_encoding_saves(turned.bytes, chunks->bytes))
        *chunks = turned;
    else
        lio_arena_rewind(enc->arena, mark);
    return 0;
}
