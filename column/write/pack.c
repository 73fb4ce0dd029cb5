/*
 * General compression.
 */
#include "column/write/pack.h"

#include "column/compress.h"
#include "column/write/fixed.h"

#include <inttypes.h>
#include <lz4.h>
#include <zstd.h>

#define LZ4_HEAD   sizeof(uint32_t)
#define ZSTD_HEAD  sizeof(uint64_t)
#define ZSTD_LEVEL 3

uint32_t lio_pack_scheme(const struct lio_encode *enc)
{
    switch (enc->compression) {
    case LIO_COMPRESSION_LZ4:
        return LIO_SCHEME_LZ4;
    case LIO_COMPRESSION_ZSTD:
        return LIO_SCHEME_ZSTD;
    default:
        return 0;
    }
}

int lio_packer_init(struct lio_packer *packer, const struct lio_encode *enc,
                    uint32_t scheme)
{
    *packer = (struct lio_packer){ .enc = enc, .scheme = scheme };
    if (scheme != LIO_SCHEME_ZSTD)
        return 0;
    packer->context = ZSTD_createCCtx();
    return packer->context
               ? 0
               : lio_error_set(enc->err, LIO_ENOMEM,
                               "column '%s': no memory to compress a page",
                               enc->column);
}

void lio_packer_release(struct lio_packer *packer)
{
    (void)ZSTD_freeCCtx(packer->context);
    packer->context = NULL;
}

static int too_large(const struct lio_packer *packer, size_t bytes)
{
    return lio_error_set(packer->enc->err, LIO_EINVAL,
                         "column '%s': %zu bytes cannot be compressed at once",
                         packer->enc->column, bytes);
}

static int run_lz4(const struct lio_packer *packer, struct lio_bytes plain,
                   struct lio_bytes *ret_packed)
{
    uint32_t bytes = (uint32_t)plain.bytes;
    uint8_t *out;
    int rc, got, bound;

    if (plain.bytes > LZ4_MAX_INPUT_SIZE)
        return too_large(packer, plain.bytes);
    bound = LZ4_compressBound((int)plain.bytes);
    rc = lio_encode_alloc(packer->enc, LZ4_HEAD + (uint64_t)bound, &out);
    if (rc < 0)
        return rc;
    memcpy(out, &bytes, sizeof(bytes));
    got = LZ4_compress_default((const char *)plain.data, (char *)out + LZ4_HEAD,
                               (int)plain.bytes, bound);
    if (got <= 0)
        return too_large(packer, plain.bytes);
    *ret_packed = (struct lio_bytes){ out, LZ4_HEAD + (size_t)got };
    return 0;
}

static int run_zstd(const struct lio_packer *packer, struct lio_bytes plain,
                    struct lio_bytes *ret_packed)
{
    size_t bound = ZSTD_compressBound(plain.bytes), got;
    uint64_t bytes = plain.bytes;
    uint8_t *out;
    int rc;

    if (ZSTD_isError(bound))
        return too_large(packer, plain.bytes);
    rc = lio_encode_alloc(packer->enc, ZSTD_HEAD + (uint64_t)bound, &out);
    if (rc < 0)
        return rc;
    memcpy(out, &bytes, sizeof(bytes));
    got = ZSTD_compressCCtx(packer->context, out + ZSTD_HEAD, bound, plain.data,
                            plain.bytes, ZSTD_LEVEL);
    if (ZSTD_isError(got))
        return lio_error_set(packer->enc->err, LIO_ENOMEM,
                             "column '%s': cannot compress %zu bytes: %s",
                             packer->enc->column, plain.bytes,
                             ZSTD_getErrorName(got));
    *ret_packed = (struct lio_bytes){ out, ZSTD_HEAD + got };
    return 0;
}

int lio_packer_run(const struct lio_packer *packer, struct lio_bytes plain,
                   struct lio_bytes *ret_packed)
{
    return packer->scheme == LIO_SCHEME_LZ4
               ? run_lz4(packer, plain, ret_packed)
               : run_zstd(packer, plain, ret_packed);
}

int lio_pack_bytes(const struct lio_encode *enc, uint32_t scheme,
                   struct lio_bytes *bytes, bool *ret_done)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    struct lio_packer packer;
    struct lio_bytes packed;
    int rc = lio_packer_init(&packer, enc, scheme);

    *ret_done = false;
    if (rc == 0)
        rc = lio_packer_run(&packer, *bytes, &packed);
    lio_packer_release(&packer);
    if (rc < 0)
        return rc;
    *ret_done = lio_encoding_saves(packed.bytes, bytes->bytes);
    if (*ret_done)
        *bytes = packed;
    else
        lio_arena_rewind(enc->arena, mark);
    return 0;
}
