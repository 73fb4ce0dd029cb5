/*
 * General compression of buffers, framed as the format wants it; see
 * column/compress.h.
 */
#ifndef LIO_COLUMN_WRITE_PACK_H
#define LIO_COLUMN_WRITE_PACK_H

#include "column/write/chunks.h"

/* One compressor for many buffers. */
struct lio_packer {
    const struct lio_encode *enc;
    uint32_t scheme; /* enum lio_scheme */
    void *context;   /* of zstd */
};

/* LIO_ENOMEM */
LIO_MUST_CHECK int lio_packer_init(struct lio_packer *packer,
                                   const struct lio_encode *enc,
                                   uint32_t scheme);
void lio_packer_release(struct lio_packer *packer);

/* Compress bytes, which may make them more.  LIO_EINVAL if they are too many
 * for the scheme. */
LIO_MUST_CHECK int lio_packer_run(const struct lio_packer *packer,
                                  struct lio_bytes plain,
                                  struct lio_bytes *ret_packed);

/* Bytes that compressing so many may come to; LIO_EINVAL comes of too many. */
uint64_t lio_packer_bound(const struct lio_packer *packer, uint64_t bytes);

/* The same into memory that has room for the bound. */
LIO_MUST_CHECK int lio_packer_put(const struct lio_packer *packer,
                                  struct lio_bytes plain, uint8_t *out,
                                  size_t *ret_bytes);

/* One buffer: replaced if compression saves enough, which `*ret_done` says. */
LIO_MUST_CHECK int lio_pack_bytes(const struct lio_encode *enc, uint32_t scheme,
                                  struct lio_bytes *bytes, bool *ret_done);

/* The scheme that was asked for: enum lio_scheme, or 0. */
uint32_t lio_pack_scheme(const struct lio_encode *enc);

/* Compress the first buffer of each chunk, if that saves enough in all. */
LIO_MUST_CHECK int lio_pack_chunks(const struct lio_encode *enc,
                                   uint32_t scheme, struct lio_chunks *chunks);

/* The same for values of which the bytes of equal significance were put
 * together: `chunks` become those if they are fewer bytes. */
LIO_MUST_CHECK int lio_pack_split(const struct lio_encode *enc, uint32_t scheme,
                                  const struct lio_fixed *fixed,
                                  const uint64_t *entries,
                                  struct lio_chunks *chunks);

#endif
