/*
 * General compression.
 */
#include "column/write/pack.h"

#include "column/compress.h"
#include "column/write/fixed.h"

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

static int failed(const struct lio_packer *packer, size_t bytes)
{
    return lio_error_set(packer->enc->err, LIO_EINVAL,
                         "column '%s': %zu bytes cannot be compressed",
                         packer->enc->column, bytes);
}

/* Without the head; 0 if it fails. */
static size_t run_lz4(struct lio_bytes plain, uint8_t *out)
{
    int bound = LZ4_compressBound((int)plain.bytes);
    int got = LZ4_compress_default((const char *)plain.data, (char *)out,
                                   (int)plain.bytes, bound);

    return got > 0 ? (size_t)got : 0;
}

static size_t run_zstd(const struct lio_packer *packer, struct lio_bytes plain,
                       uint8_t *out)
{
    size_t got =
        ZSTD_compressCCtx(packer->context, out, ZSTD_compressBound(plain.bytes),
                          plain.data, plain.bytes, ZSTD_LEVEL);

    return ZSTD_isError(got) ? 0 : got;
}

uint64_t lio_packer_bound(const struct lio_packer *packer, uint64_t bytes)
{
    if (packer->scheme == LIO_SCHEME_ZSTD)
        return ZSTD_HEAD + ZSTD_compressBound((size_t)bytes);
    return bytes <= LZ4_MAX_INPUT_SIZE
               ? LZ4_HEAD + (uint64_t)LZ4_compressBound((int)bytes)
               : 0;
}

int lio_packer_put(const struct lio_packer *packer, struct lio_bytes plain,
                   uint8_t *out, size_t *ret_bytes)
{
    bool lz4 = packer->scheme == LIO_SCHEME_LZ4;
    size_t head = lz4 ? LZ4_HEAD : ZSTD_HEAD, got;
    uint64_t bytes = plain.bytes;

    if (lz4 && plain.bytes > LZ4_MAX_INPUT_SIZE)
        return failed(packer, plain.bytes);
    memcpy(out, &bytes, head);
    got =
        lz4 ? run_lz4(plain, out + head) : run_zstd(packer, plain, out + head);
    if (got == 0)
        return failed(packer, plain.bytes);
    *ret_bytes = head + got;
    return 0;
}

int lio_packer_run(const struct lio_packer *packer, struct lio_bytes plain,
                   struct lio_bytes *ret_packed)
{
    size_t bytes;
    uint8_t *out;
    int rc = lio_encode_alloc(packer->enc,
                              lio_packer_bound(packer, plain.bytes), &out);

    if (rc == 0)
        rc = lio_packer_put(packer, plain, out, &bytes);
    if (rc == 0)
        *ret_packed = (struct lio_bytes){ out, bytes };
    return rc;
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
