/*
 * Decompression of hostile input: the plain size is the file's claim, so it is
 * checked against the page's budget by whoever allocates, and then held to.
 */
#include "column/compress.h"

#include <inttypes.h>
#include <limits.h>
#include <lz4.h>
#include <stdbool.h>
#include <zstd.h>

#define LZ4_PREFIX  sizeof(uint32_t)
#define ZSTD_PREFIX sizeof(uint64_t)

/* LZ4 cannot do better than one byte for this many. */
#define LZ4_RATIO_MAX 255

/* Nor zstd than a block of 128 KiB in four. */
#define ZSTD_RATIO_MAX (UINT64_C(32) << 10)

static bool is_bare_frame(struct lio_bytes in)
{
    return in.bytes >= sizeof(uint32_t) &&
           lio_load_u32(in.data) == ZSTD_MAGICNUMBER;
}

static int bare_frame_bytes(struct lio_decode *dec, struct lio_bytes in,
                            uint64_t *ret_bytes)
{
    unsigned long long bytes = ZSTD_getFrameContentSize(in.data, in.bytes);

    if (bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes == ZSTD_CONTENTSIZE_ERROR)
        return lio_decode_corrupt(dec, "a zstd frame does not say its size");
    *ret_bytes = bytes;
    return 0;
}

static int lz4_bytes(struct lio_decode *dec, struct lio_bytes in,
                     uint64_t *ret_bytes)
{
    uint64_t bytes;

    if (in.bytes < LZ4_PREFIX || in.bytes > INT_MAX)
        return lio_decode_corrupt(dec, "an lz4 block of %zu bytes", in.bytes);
    bytes = lio_load_u32(in.data);
    if (bytes > INT_MAX ||
        bytes > (uint64_t)(in.bytes - LZ4_PREFIX) * LZ4_RATIO_MAX)
        return lio_decode_corrupt(dec,
                                  "an lz4 block of %zu bytes cannot hold "
                                  "%" PRIu64,
                                  in.bytes, bytes);
    *ret_bytes = bytes;
    return 0;
}

static int zstd_bytes(struct lio_decode *dec, struct lio_bytes in,
                      uint64_t *ret_bytes)
{
    uint64_t bytes = 0;
    int rc = 0;

    if (is_bare_frame(in))
        rc = bare_frame_bytes(dec, in, &bytes);
    else if (in.bytes < ZSTD_PREFIX)
        return lio_decode_corrupt(dec, "a zstd buffer of %zu bytes", in.bytes);
    else
        bytes = lio_load_u64(in.data);
    if (rc < 0)
        return rc;
    if (bytes / ZSTD_RATIO_MAX > in.bytes)
        return lio_decode_corrupt(dec,
                                  "a zstd frame of %zu bytes cannot hold "
                                  "%" PRIu64,
                                  in.bytes, bytes);
    *ret_bytes = bytes;
    return 0;
}

int lio_decompressed_bytes(struct lio_decode *dec, uint32_t scheme,
                           struct lio_bytes in, uint64_t *ret_bytes)
{
    if (scheme == LIO_SCHEME_LZ4)
        return lz4_bytes(dec, in, ret_bytes);
    if (scheme == LIO_SCHEME_ZSTD)
        return zstd_bytes(dec, in, ret_bytes);
    return lio_decode_unsupported(
        dec, "compression scheme %" PRIu32 " is not supported", scheme);
}

size_t lio_compressed_head(uint32_t scheme, struct lio_bytes in)
{
    if (scheme == LIO_SCHEME_LZ4)
        return LZ4_PREFIX;
    return is_bare_frame(in) ? 0 : ZSTD_PREFIX;
}

static int lz4_decompress(struct lio_decode *dec, struct lio_bytes in,
                          uint64_t bytes, uint8_t *out)
{
    int got =
        LZ4_decompress_safe((const char *)in.data + LZ4_PREFIX, (char *)out,
                            (int)(in.bytes - LZ4_PREFIX), (int)bytes);

    if (got < 0 || (uint64_t)got != bytes)
        return lio_decode_corrupt(dec, "a damaged lz4 block of %zu bytes",
                                  in.bytes);
    return 0;
}

int lio_decompress(struct lio_decode *dec, uint32_t scheme, struct lio_bytes in,
                   uint64_t bytes, uint8_t *out)
{
    size_t prefix = lio_compressed_head(scheme, in), got;

    if (scheme == LIO_SCHEME_LZ4)
        return lz4_decompress(dec, in, bytes, out);
    got = ZSTD_decompress(out, (size_t)bytes, in.data + prefix,
                          in.bytes - prefix);
    if (ZSTD_isError(got) || got != bytes)
        return lio_decode_corrupt(
            dec, "a damaged zstd frame of %zu bytes: %s", in.bytes,
            ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it is too short");
    return 0;
}
