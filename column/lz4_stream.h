/*
 * A raw LZ4 block that is decompressed a piece at a time.
 *
 * The format allows it: a match reaches 64 KiB back at the most.  The library
 * does not: its streams are of many blocks, each of which has to be there to
 * its end, with room for all it holds; LZ4_decompress_safe_partial() stops
 * early, but begins at the start each time.  So this is a decoder of its own,
 * which can stop and go on anywhere.  It takes what the format lets decoders
 * take; how the last bytes are to be encoded, it asks of writers alone.
 *
 * github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
#ifndef LIO_COLUMN_LZ4_STREAM_H
#define LIO_COLUMN_LZ4_STREAM_H

#include "column/bytes.h"

#include <stdbool.h>

struct lio_lz4_stream;

/* At the start of a block; NULL without memory. */
struct lio_lz4_stream *lio_lz4_stream_new(void);
void lio_lz4_stream_free(struct lio_lz4_stream *stream);

/* Bytes that one takes. */
size_t lio_lz4_stream_bytes(void);

/* Decompress from `*in`, of which what is left stays, up to `room` bytes to
 * `out`: less only if there is no more of `in`.  Returns how many, or -1: the
 * block is damaged. */
ptrdiff_t lio_lz4_stream_run(struct lio_lz4_stream *stream,
                             struct lio_bytes *in, uint8_t *out, size_t room);

/* Whether the block may end where the stream is. */
bool lio_lz4_stream_ended(const struct lio_lz4_stream *stream);

#endif
