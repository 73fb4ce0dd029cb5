/*
 * LZ4 blocks as their description has them, byte by byte, with none of a
 * decoder's shortcuts; and a stream that is fed with pieces, for comparison.
 *
 * github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
#ifndef LIO_TESTS_LZ4_REFERENCE_H
#define LIO_TESTS_LZ4_REFERENCE_H

#include "column/lz4_stream.h"

#include <stdlib.h>

/* False if the bytes of the length are not all there. */
static inline bool lz4_reference_length(struct lio_bytes *in, size_t *length)
{
    uint8_t byte = UINT8_MAX;

    while (*length >= 15 && byte == UINT8_MAX) {
        if (in->bytes == 0)
            return false;
        byte = *in->data++;
        in->bytes--;
        *length += byte;
    }
    return true;
}

/* Bytes that a block decompresses to, at most `max`, or -1.  `*ret_zero`:
 * whether there was a match of offset 0, which no block may have and which the
 * library does not look for. */
static inline ptrdiff_t lz4_reference(struct lio_bytes in, uint8_t *out,
                                      size_t max, bool *ret_zero)
{
    size_t made = 0;

    *ret_zero = false;
    while (in.bytes > 0) {
        size_t literals = *in.data >> 4, match = *in.data & 15, offset;

        in.data++;
        in.bytes--;
        if (!lz4_reference_length(&in, &literals) || literals > in.bytes ||
            literals > max - made)
            return -1;
        for (; literals > 0; literals--, in.bytes--)
            out[made++] = *in.data++;
        if (in.bytes == 0)
            return (ptrdiff_t)made;
        if (in.bytes < 2)
            return -1;
        offset = in.data[0] | (size_t)in.data[1] << 8;
        in.data += 2;
        in.bytes -= 2;
        *ret_zero = *ret_zero || offset == 0;
        if (!lz4_reference_length(&in, &match) || offset == 0 ||
            offset > made || match + 4 > max - made)
            return -1;
        for (match += 4; match > 0; match--, made++)
            out[made] = out[made - offset];
    }
    return -1;
}

/* The same by a stream, of pieces of the input, into pieces of the output; each
 * lies in memory of its own, so that a sanitizer sees its ends.  How large they
 * are, `next_piece` says: at least 1. */
static inline ptrdiff_t lz4_reference_stream(struct lio_bytes in, uint8_t *out,
                                             size_t max,
                                             size_t (*next_piece)(void *user),
                                             void *user)
{
    struct lio_lz4_stream *stream = lio_lz4_stream_new();
    ptrdiff_t made = stream ? 0 : -1;
    struct lio_bytes piece = { NULL, 0 };
    uint8_t *copy = NULL;
    bool more = true;

    while (made >= 0 && more) {
        size_t room = next_piece(user);
        uint8_t *put = malloc(room);
        ptrdiff_t n;

        if (piece.bytes == 0) {
            size_t bytes = next_piece(user);

            bytes = bytes < in.bytes ? bytes : in.bytes;
            free(copy);
            copy = malloc(bytes + 1);
            piece = (struct lio_bytes){ copy + 1, bytes };
            if (bytes > 0)
                memcpy(copy + 1, in.data, bytes);
            in.data += bytes;
            in.bytes -= bytes;
        }
        n = lio_lz4_stream_run(stream, &piece, put, room);
        more = n == (ptrdiff_t)room || piece.bytes > 0 || in.bytes > 0;
        if (n < 0 || (size_t)n > max - (size_t)made) {
            made = -1;
        } else {
            memcpy(out + made, put, (size_t)n);
            made += n;
        }
        free(put);
    }
    free(copy);
    if (made >= 0 && !lio_lz4_stream_ended(stream))
        made = -1;
    lio_lz4_stream_free(stream);
    return made;
}

#endif
