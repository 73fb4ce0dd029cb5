/*
 * Decompression that can stop and go on, for what is not held as a whole: see
 * compress.h for how it is framed.
 *
 * It takes what the format has matches reach back for: 64 KiB with lz4, three
 * times that so that it need not move for each run; with zstd the window that
 * the frame asks for, which is 2 MiB at the usual level and 128 MiB at the
 * most.
 */
#ifndef LIO_COLUMN_CODEC_H
#define LIO_COLUMN_CODEC_H

#include "column/decode.h"

struct lio_codec;

/* Begin with what `scheme` compressed `plain` bytes to, behind its size, of
 * which the first `bytes` are at `start`: all, or enough for a head.  The head
 * may be changed.  What matches reach back for is out of the budget. */
LIO_MUST_CHECK int lio_codec_open(struct lio_decode *dec, uint32_t scheme,
                                  uint8_t *start, size_t bytes, uint64_t plain,
                                  struct lio_codec **ret_codec);
void lio_codec_close(struct lio_codec *codec);

/* Memory that it takes, now. */
uint64_t lio_codec_bytes(const struct lio_codec *codec);

/* Decompress from `in`, of which what is left stays, up to `room` bytes:
 * less only if `in` is used up. */
LIO_MUST_CHECK int lio_codec_run(struct lio_decode *dec,
                                 struct lio_codec *codec, struct lio_bytes *in,
                                 uint8_t *out, size_t room, size_t *ret_bytes);

/* Whether it may end with what it was given so far. */
bool lio_codec_ended(const struct lio_codec *codec);

#endif
