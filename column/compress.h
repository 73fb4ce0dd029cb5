/*
 * General compression, as the format frames it:
 *
 *     lz4     u32 plain size | one raw LZ4 block
 *     zstd    u64 plain size | a zstd frame      (or a bare frame)
 */
#ifndef LIO_COLUMN_COMPRESS_H
#define LIO_COLUMN_COMPRESS_H

#include "column/decode.h"

enum lio_scheme { LIO_SCHEME_LZ4 = 1, LIO_SCHEME_ZSTD = 2 };

/* What `in` says it decompresses to. */
LIO_MUST_CHECK int lio_decompressed_bytes(struct lio_decode *dec,
                                          uint32_t scheme, struct lio_bytes in,
                                          uint64_t *ret_bytes);

/* Bytes before what was compressed, of which `in` has the start. */
size_t lio_compressed_head(uint32_t scheme, struct lio_bytes in);

/* Decompress to exactly the `bytes` that lio_decompressed_bytes() said. */
LIO_MUST_CHECK int lio_decompress(struct lio_decode *dec, uint32_t scheme,
                                  struct lio_bytes in, uint64_t bytes,
                                  uint8_t *out);

#endif
