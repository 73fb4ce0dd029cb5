/*
 * Codecs: the library for zstd, a decoder of our own for lz4 (lz4_stream.h says
 * why), behind one face.  What a zstd frame asks of memory before a byte of it
 * is decompressed is checked here: it is the file's claim.
 */
#include "column/codec.h"

#include "column/compress.h"
#include "column/lz4_stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define WINDOW_LOG_MAX 27u /* 128 MiB */

struct lio_codec {
    struct lio_lz4_stream *lz4; /* either this one */
    ZSTD_DStream *zstd;         /* or that */
    bool frame_ended;           /* of zstd */
};

static int no_memory(const struct lio_decode *dec)
{
    return lio_error_set(dec->err, LIO_ENOMEM,
                         "%s: column '%s', page %" PRIu64
                         ": no memory to decompress it",
                         dec->file, dec->column, dec->page);
}

/* -- heads of zstd ------------------------------------------------------- */

/* Of a frame: magic number, descriptor, then the window's, unless the frame is
 * one segment: github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md
 */
#define DESCRIPTOR_AT  4u
#define ONE_SEGMENT    (1u << 5)
#define WINDOW_AT      5u
#define WINDOW_LOG_MIN 10u /* an exponent of 0 */
#define MANTISSA_BITS  3u

#define BLOCK_LOG 17u /* a window is no smaller than what blocks may be */

/* The least whose power of two is no less than `bytes`. */
static uint32_t log_of(uint64_t bytes)
{
    uint32_t log = 0;

    while (log < 63 && UINT64_C(1) << log < bytes)
        log++;
    return log;
}

/* Writers that do not know how much will come ask for the window of their
 * level. One as large as all there is does as well. */
static void shrink_window(uint8_t *start, size_t bytes, uint64_t plain)
{
    uint32_t log = log_of(plain);

    log = log > BLOCK_LOG ? log : BLOCK_LOG;
    if (bytes <= WINDOW_AT || start[DESCRIPTOR_AT] & ONE_SEGMENT ||
        start[WINDOW_AT] >> MANTISSA_BITS <= log - WINDOW_LOG_MIN)
        return;
    start[WINDOW_AT] = (uint8_t)((log - WINDOW_LOG_MIN) << MANTISSA_BITS);
}

/* What it says of its size, if anything, must be what was said before. */
static int check_frame(struct lio_decode *dec, const uint8_t *start,
                       size_t bytes, uint64_t plain)
{
    unsigned long long content = ZSTD_getFrameContentSize(start, bytes);

    if (content == ZSTD_CONTENTSIZE_ERROR)
        return lio_decode_corrupt(dec, "a damaged zstd frame: no header");
    if (content != ZSTD_CONTENTSIZE_UNKNOWN && content != plain)
        return lio_decode_corrupt(
            dec, "a zstd frame of %llu bytes where %" PRIu64 " are due",
            content, plain);
    return 0;
}

/* -- open and close ------------------------------------------------------ */

static bool open_zstd(struct lio_codec *codec, uint64_t budget)
{
    uint32_t log = log_of(budget / 2 + 1);

    codec->zstd = ZSTD_createDStream();
    if (!codec->zstd)
        return false;
    log = log < WINDOW_LOG_MAX ? log : WINDOW_LOG_MAX;
    log = log > BLOCK_LOG ? log : BLOCK_LOG;
    return !ZSTD_isError(
        ZSTD_DCtx_setParameter(codec->zstd, ZSTD_d_windowLogMax, (int)log));
}

int lio_codec_open(struct lio_decode *dec, uint32_t scheme, uint8_t *start,
                   size_t bytes, uint64_t plain, struct lio_codec **ret_codec)
{
    struct lio_codec *codec;
    int rc =
        scheme == LIO_SCHEME_ZSTD ? check_frame(dec, start, bytes, plain) : 0;

    if (rc < 0)
        return rc;
    codec = calloc(1, sizeof(*codec));
    if (codec && scheme == LIO_SCHEME_LZ4)
        codec->lz4 = lio_lz4_stream_new();
    if (!codec || (!codec->lz4 && !open_zstd(codec, dec->budget))) {
        lio_codec_close(codec);
        return no_memory(dec);
    }
    if (codec->zstd)
        shrink_window(start, bytes, plain);
    *ret_codec = codec;
    return 0;
}

void lio_codec_close(struct lio_codec *codec)
{
    if (!codec)
        return;
    lio_lz4_stream_free(codec->lz4);
    (void)ZSTD_freeDStream(codec->zstd); /* which cannot fail */
    free(codec);
}

uint64_t lio_codec_bytes(const struct lio_codec *codec)
{
    return codec->lz4 ? lio_lz4_stream_bytes()
                      : ZSTD_sizeof_DStream(codec->zstd);
}

static int run_lz4(struct lio_decode *dec, struct lio_codec *codec,
                   struct lio_bytes *in, uint8_t *out, size_t room,
                   size_t *ret_bytes)
{
    ptrdiff_t got = lio_lz4_stream_run(codec->lz4, in, out, room);

    if (got < 0)
        return lio_decode_corrupt(dec, "a damaged lz4 block");
    *ret_bytes = (size_t)got;
    return 0;
}

static int zstd_failed(struct lio_decode *dec, size_t code)
{
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
        return no_memory(dec);
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
        return lio_decode_unsupported(
            dec, "a zstd frame with a window of more than 128 MiB, or than "
                 "may be held of a page");
    return lio_decode_corrupt(dec, "a damaged zstd frame: %s",
                              ZSTD_getErrorName(code));
}

static int run_zstd(struct lio_decode *dec, struct lio_codec *codec,
                    struct lio_bytes *in, uint8_t *out, size_t room,
                    size_t *ret_bytes)
{
    ZSTD_inBuffer from = { in->data, in->bytes, 0 };
    ZSTD_outBuffer to = { out, room, 0 };

    while (to.pos < room && !codec->frame_ended) {
        size_t before = from.pos + to.pos;
        size_t rc = ZSTD_decompressStream(codec->zstd, &to, &from);

        if (ZSTD_isError(rc))
            return zstd_failed(dec, rc);
        codec->frame_ended = rc == 0;
        /* What it has in store may come without more input. */
        if (from.pos + to.pos == before)
            break;
    }
    if (codec->frame_ended && from.pos < from.size)
        return lio_decode_corrupt(dec, "more bytes behind a zstd frame");
    in->data += from.pos;
    in->bytes -= from.pos;
    *ret_bytes = to.pos;
    return 0;
}

int lio_codec_run(struct lio_decode *dec, struct lio_codec *codec,
                  struct lio_bytes *in, uint8_t *out, size_t room,
                  size_t *ret_bytes)
{
    return codec->lz4 ? run_lz4(dec, codec, in, out, room, ret_bytes)
                      : run_zstd(dec, codec, in, out, room, ret_bytes);
}

bool lio_codec_ended(const struct lio_codec *codec)
{
    return codec->lz4 ? lio_lz4_stream_ended(codec->lz4) : codec->frame_ended;
}
