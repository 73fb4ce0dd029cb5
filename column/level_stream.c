/*
 * Levels in pieces.
 *
 * A piece is decoded as the encoding is, by the same decoder: it is a shorter
 * buffer of fewer values.  Runs are two arrays in one buffer, of each of which
 * a piece is read:
 *
 *     u64 bytes of values | values (u16) | lengths (u8)
 */
#include "column/level_stream.h"

#include "column/fastlanes.h"
#include "column/pool.h"

#include <inttypes.h>

#define LEVEL_BITS    16u
#define LEVEL_BYTES   (LEVEL_BITS / 8)
#define PIECE_LEVELS  UINT64_C(65536)
#define PIECE_BLOCKS  (PIECE_LEVELS / LIO_FASTLANES_BLOCK)
#define RUNS_READ     UINT64_C(16384)
#define RUNS_EXPANDED UINT64_C(256) /* of up to 255 levels: about a piece */
#define RUNS_HEAD     sizeof(uint64_t)

/* What the last levels may take behind full blocks: more than a block and than
 * as many plain ones, which the decoder tells apart by the size. */
#define TAIL_BYTES UINT64_C(4096)

static enum lio_level_form form_of(const Lio__Pb__CompressiveEncoding *enc)
{
    if (!enc)
        return LIO_LEVELS_PLAIN;
    switch (enc->compression_case) {
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_FLAT:
        return LIO_LEVELS_PLAIN;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_OUT_OF_LINE_BITPACKING:
        return LIO_LEVELS_BLOCKS;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_RLE:
        return LIO_LEVELS_RUNS;
    case LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_CONSTANT:
        return LIO_LEVELS_SAME;
    default:
        return LIO_LEVELS_NOT;
    }
}

bool lio_level_stream_can(const Lio__Pb__CompressiveEncoding *enc, uint64_t n,
                          uint64_t bytes)
{
    return form_of(enc) != LIO_LEVELS_NOT ||
           (n <= PIECE_LEVELS && bytes <= PIECE_LEVELS * LEVEL_BYTES);
}

void lio_level_stream_release(struct lio_level_stream *stream)
{
    lio_mem_put(stream->levels);
    lio_mem_put(stream->piece);
    lio_mem_put(stream->run_values);
    *stream = (struct lio_level_stream){ .n = 0 };
}

/* -- reading ------------------------------------------------------------- */

/* Memory of at least `bytes`, whatever was in it. */
static int make_room(struct lio_decode *dec, struct lio_mem **mem,
                     uint64_t bytes)
{
    if (*mem && (*mem)->bytes >= bytes)
        return 0;
    lio_mem_put(*mem);
    *mem = lio_pool_take(dec->pool, bytes);
    if (*mem)
        return 0;
    return lio_error_set(dec->err, LIO_ENOMEM,
                         "%s: column '%s', page %" PRIu64
                         ": no memory for its levels",
                         dec->file, dec->column, dec->page);
}

static struct lio_source_read read_at(const struct lio_level_stream *stream,
                                      uint64_t at, uint64_t bytes, void *into)
{
    return (struct lio_source_read){ .source = stream->source,
                                     .offset = stream->offset + at,
                                     .bytes = (size_t)bytes,
                                     .into = into };
}

/* All levels are read but once, and are not worth keeping. */
static int read_all(const struct lio_source_read *reads, uint32_t n,
                    struct lio_error *err)
{
    const struct lio_source_manner manner = { .past_cache = true,
                                              .hint = LIO_SCAN };
    struct lio_source_batch *batch;
    int rc = lio_source_start_with(&manner, reads, n, &batch, err);

    return rc < 0 ? rc : lio_source_finish(batch, err);
}

/* Read `bytes` of the buffer at `at`, or what there is. */
static int read_piece(struct lio_level_stream *stream, struct lio_decode *dec,
                      uint64_t at, uint64_t bytes, struct lio_bytes *ret_piece)
{
    uint64_t left = at < stream->bytes ? stream->bytes - at : 0;
    struct lio_source_read read;
    int rc;

    bytes = bytes < left ? bytes : left;
    rc = make_room(dec, &stream->piece, bytes);
    if (rc < 0)
        return rc;
    *ret_piece = (struct lio_bytes){ stream->piece->data, (size_t)bytes };
    if (bytes == 0)
        return 0;
    read = read_at(stream, at, bytes, stream->piece->data);
    return read_all(&read, 1, dec->err);
}

/* Decode `n` levels from a piece. */
static int decode(struct lio_level_stream *stream, struct lio_decode *dec,
                  struct lio_bytes piece, uint64_t n)
{
    static const Lio__Pb__Flat plain = { .has_bits = 1, .bits = LEVEL_BITS };
    const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                    .nbuffers = 1,
                                    .buffers = { piece },
                                    .nvalues = n };
    int rc = make_room(dec, &stream->levels, n * LEVEL_BYTES);

    if (rc == 0)
        rc = stream->enc ? lio_fixed_decode(dec, stream->enc, &in, LEVEL_BITS,
                                            stream->levels->data)
                         : lio_flat_decode(dec, &plain, &in, LEVEL_BITS,
                                           stream->levels->data);
    if (rc == 0)
        stream->have = n;
    return rc;
}

static uint64_t left_from(const struct lio_level_stream *stream, uint64_t first)
{
    uint64_t left = stream->n - first;

    return left < PIECE_LEVELS ? left : PIECE_LEVELS;
}

static int fill_plain(struct lio_level_stream *stream, struct lio_decode *dec)
{
    struct lio_bytes piece;
    uint64_t n;
    int rc;

    if (stream->n > stream->bytes / LEVEL_BYTES)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " levels are not in a buffer of "
                                  "%" PRIu64 " bytes",
                                  stream->n, stream->bytes);
    n = left_from(stream, stream->first);
    rc = read_piece(stream, dec, stream->first * LEVEL_BYTES, n * LEVEL_BYTES,
                    &piece);
    return rc < 0 ? rc : decode(stream, dec, piece, n);
}

static int fill_blocks(struct lio_level_stream *stream, struct lio_decode *dec)
{
    uint64_t width =
        lio_encoding_bits(stream->enc->out_of_line_bitpacking->values);
    uint64_t n = left_from(stream, stream->first), block;
    struct lio_bytes piece;
    int rc;

    /* What cannot be is the decoder's to refuse. */
    block = width <= LEVEL_BITS ? lio_fastlanes_bytes((uint32_t)width) : 0;
    if (block > 0 && stream->n / LIO_FASTLANES_BLOCK > stream->bytes / block)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " levels, packed to %" PRIu64
                                  " bits, are not in %" PRIu64 " bytes",
                                  stream->n, width, stream->bytes);
    rc = read_piece(stream, dec, stream->first / LIO_FASTLANES_BLOCK * block,
                    n < PIECE_LEVELS ? PIECE_BLOCKS * block + TAIL_BYTES
                                     : PIECE_BLOCKS * block,
                    &piece);
    return rc < 0 ? rc : decode(stream, dec, piece, n);
}

/* -- runs ---------------------------------------------------------------- */

/* Where the lengths start, from the head of the buffer; they are its rest. */
static int open_runs(struct lio_level_stream *stream, struct lio_decode *dec)
{
    struct lio_bytes head;
    uint64_t bytes, left;
    int rc = read_piece(stream, dec, 0, RUNS_HEAD, &head);

    if (rc < 0)
        return rc;
    bytes = head.bytes == RUNS_HEAD ? lio_load_u64(head.data) : UINT64_MAX;
    left = stream->bytes - head.bytes;
    if (bytes > left || bytes / LEVEL_BYTES < left - bytes)
        return lio_decode_corrupt(
            dec, "runs of levels are not in a buffer of %" PRIu64 " bytes",
            stream->bytes);
    stream->runs_end = left - bytes;
    stream->run_first = stream->nruns = stream->run = 0;
    return 0;
}

/* Read the runs from stream->run on, unless they are there. */
static int read_runs(struct lio_level_stream *stream, struct lio_decode *dec)
{
    uint64_t lengths_at = stream->bytes - stream->runs_end;
    uint64_t left = stream->runs_end - stream->run;
    uint64_t n = left < RUNS_READ ? left : RUNS_READ;
    struct lio_source_read reads[2];
    int rc;

    if (stream->run < stream->run_first + stream->nruns || n == 0)
        return 0;
    rc = make_room(dec, &stream->piece, n);
    if (rc == 0)
        rc = make_room(dec, &stream->run_values, n * LEVEL_BYTES);
    if (rc < 0)
        return rc;
    reads[0] =
        read_at(stream, lengths_at + stream->run, n, stream->piece->data);
    reads[1] = read_at(stream, RUNS_HEAD + stream->run * LEVEL_BYTES,
                       n * LEVEL_BYTES, stream->run_values->data);
    rc = read_all(reads, 2, dec->err);
    stream->run_first = stream->run;
    stream->nruns = rc < 0 ? 0 : n;
    return rc;
}

/* Levels of the next runs, of which some may be empty: none, if all are. */
static int expand_runs(struct lio_level_stream *stream, struct lio_decode *dec)
{
    uint64_t from = stream->run - stream->run_first, n = stream->nruns - from;
    const uint8_t *lengths = stream->piece->data + from;
    uint64_t levels = 0, left = stream->n - stream->first;
    struct lio_encoded in = { .framing = LIO_FRAMING_MINIBLOCK, .nbuffers = 2 };
    int rc;

    n = n < RUNS_EXPANDED ? n : RUNS_EXPANDED;
    for (uint64_t i = 0; i < n; i++)
        levels += lengths[i];
    levels = levels < left ? levels : left;
    in.buffers[0] =
        (struct lio_bytes){ stream->run_values->data + from * LEVEL_BYTES,
                            (size_t)n * LEVEL_BYTES };
    in.buffers[1] = (struct lio_bytes){ lengths, (size_t)n };
    in.nvalues = levels;
    rc = make_room(dec, &stream->levels, levels * LEVEL_BYTES);
    if (rc == 0)
        rc = lio_fixed_decode(dec, stream->enc, &in, LEVEL_BITS,
                              stream->levels->data);
    if (rc < 0)
        return rc;
    stream->have = levels;
    stream->run += n;
    return 0;
}

static int fill_runs(struct lio_level_stream *stream, struct lio_decode *dec)
{
    int rc = stream->first == 0 ? open_runs(stream, dec) : 0;

    while (rc == 0 && stream->have == 0) {
        rc = read_runs(stream, dec);
        if (rc == 0 && stream->run == stream->runs_end)
            return lio_decode_corrupt(
                dec, "the runs hold %" PRIu64 " levels of %" PRIu64,
                stream->first, stream->n);
        if (rc == 0)
            rc = expand_runs(stream, dec);
    }
    return rc;
}

/* -- any ----------------------------------------------------------------- */

/* Have the levels from stream->first on. */
static int fill(struct lio_level_stream *stream, struct lio_decode *dec)
{
    struct lio_bytes piece = { 0 };
    int rc = 0;

    switch (form_of(stream->enc)) {
    case LIO_LEVELS_PLAIN:
        return fill_plain(stream, dec);
    case LIO_LEVELS_BLOCKS:
        return fill_blocks(stream, dec);
    case LIO_LEVELS_RUNS:
        return fill_runs(stream, dec);
    case LIO_LEVELS_SAME:
        return decode(stream, dec, piece, left_from(stream, stream->first));
    default:
        rc = read_piece(stream, dec, 0, stream->bytes, &piece);
        return rc < 0 ? rc : decode(stream, dec, piece, stream->n);
    }
}

/* Where to go on, to get to stream->at. */
static void choose_first(struct lio_level_stream *stream)
{
    enum lio_level_form form = form_of(stream->enc);

    if (form == LIO_LEVELS_RUNS)
        stream->first =
            stream->at < stream->first ? 0 : stream->first + stream->have;
    else
        stream->first = form == LIO_LEVELS_NOT
                            ? 0
                            : stream->at - stream->at % LIO_FASTLANES_BLOCK;
    stream->have = 0;
}

int lio_level_stream_peek(struct lio_level_stream *stream,
                          struct lio_decode *dec, const uint16_t **ret_levels,
                          uint64_t *ret_n)
{
    uint64_t skip;
    int rc = 0;

    *ret_n = 0;
    if (stream->at >= stream->n)
        return 0;
    while (rc == 0 && (stream->at < stream->first ||
                       stream->at - stream->first >= stream->have)) {
        choose_first(stream);
        rc = fill(stream, dec);
    }
    if (rc < 0) {
        /* From the start again, if anybody asks. */
        stream->first = stream->have = 0;
        return rc;
    }
    skip = stream->at - stream->first;
    *ret_levels = (const uint16_t *)(const void *)stream->levels->data + skip;
    *ret_n = stream->have - skip;
    return 0;
}
