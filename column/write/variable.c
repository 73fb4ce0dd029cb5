/*
 * Strings in chunks: offsets that count from the start of the buffer, then the
 * bytes.
 *
 *     n + 1 offsets | bytes | padding
 *
 * Readers look at the whole as offsets, so that it must be a multiple of them.
 */
#include "column/write/dictionary.h"
#include "column/write/fixed.h"
#include "column/write/messages.h"
#include "column/write/pack.h"
#include "column/write/rows.h"

#include <inttypes.h>

static uint64_t chunk_bytes(const struct lio_spans *spans, uint64_t from,
                            uint64_t to)
{
    uint64_t width = spans->bits / 8;
    uint64_t end =
        (to - from + 1) * width + (spans->offsets[to] - spans->offsets[from]);

    return (end + width - 1) / width * width;
}

static int build_chunk(const struct lio_encode *enc,
                       const struct lio_spans *spans, uint64_t from,
                       uint64_t to, struct lio_bytes *ret_buffer)
{
    uint64_t base = spans->offsets[from], width = spans->bits / 8;
    uint64_t head = (to - from + 1) * width;
    uint64_t end = head + (spans->offsets[to] - base);
    uint64_t bytes = chunk_bytes(spans, from, to);
    uint8_t *out;
    int rc;

    if (bytes > UINT32_MAX)
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': a value of %" PRIu64
                             " bytes cannot be in a chunk",
                             enc->column, bytes);
    rc = lio_encode_alloc(enc, bytes, &out);
    if (rc < 0)
        return rc;
    for (uint64_t i = from; i <= to; i++) {
        uint64_t offset = head + (spans->offsets[i] - base);

        memcpy(out + (i - from) * width, &offset, width);
    }
    if (end > head)
        memcpy(out + head, spans->data + base, (size_t)(end - head));
    memset(out + end, 0, (size_t)(bytes - end));
    *ret_buffer = (struct lio_bytes){ out, (size_t)bytes };
    return 0;
}

static int cut_spans(const struct lio_encode *enc,
                     const struct lio_spans *spans, const uint64_t *entries,
                     struct lio_pieces *ret_pieces)
{
    const struct lio_cut cut = {
        .slots_max = LIO_CHUNK_SLOTS_MAX,
        .bytes_max = LIO_CHUNK_BYTES,
        .slot_bytes = spans->bits / 8,
        .offsets = spans->offsets,
        .entries = entries,
    };

    return lio_cut_slots(enc, &cut, spans->n, ret_pieces);
}

/* What spans_chunks() will come to, which is the measure for all others:
 * the bytes are only copied if none is smaller. */
static int measure(const struct lio_encode *enc, const struct lio_spans *spans,
                   const uint64_t *entries, uint64_t *ret_bytes)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    struct lio_pieces pieces;
    int rc = cut_spans(enc, spans, entries, &pieces);

    if (rc < 0)
        return rc;
    *ret_bytes = 0;
    for (uint32_t i = 0; i < pieces.n; i++)
        *ret_bytes += LIO_CHUNK_HEAD +
                      lio_chunk_padded(chunk_bytes(
                          spans, lio_piece_start(&pieces, i), pieces.ends[i]));
    lio_arena_rewind(enc->arena, mark);
    return 0;
}

/* In chunks, as they are. */
static int spans_chunks(const struct lio_encode *enc,
                        const struct lio_spans *spans, const uint64_t *entries,
                        struct lio_chunks *ret_chunks)
{
    struct lio_pieces pieces;
    struct lio_bytes *buffers;
    int rc = cut_spans(enc, spans, entries, &pieces);

    if (rc == 0)
        rc = lio_cut_chunks(enc, &pieces, 1, ret_chunks, &buffers);
    for (uint32_t i = 0; rc == 0 && i < pieces.n; i++)
        rc = build_chunk(enc, spans, lio_piece_start(&pieces, i),
                         pieces.ends[i], &buffers[i]);
    if (rc < 0)
        return rc;
    ret_chunks->encoding = lio_message_variable(enc->arena, spans->bits);
    ret_chunks->bytes = lio_chunks_bytes(ret_chunks);
    return ret_chunks->encoding ? 0 : lio_encode_no_message(enc);
}

/* With the table of a page's strings, if that saves enough. */
static int try_symbols(const struct lio_encode *enc,
                       const struct lio_spans *spans, const uint64_t *entries,
                       struct lio_chunks *chunks)
{
    struct lio_arena_mark mark = lio_arena_mark(enc->arena);
    struct lio_spans packed;
    struct lio_chunks coded;
    struct lio_bytes table;
    uint64_t offsets = spans->n * (spans->bits / 8);
    /* The bytes themselves: the offsets stay as they are. */
    uint64_t most = chunks->bytes > offsets ? chunks->bytes - offsets : 0;
    int rc = lio_spans_pack(enc, spans, most, &packed, &table);

    if (rc < 0)
        return rc;
    if (table.bytes > 0)
        rc = spans_chunks(enc, &packed, entries, &coded);
    if (rc < 0)
        return rc;
    if (table.bytes == 0 ||
        !lio_encoding_saves(coded.bytes + table.bytes, chunks->bytes)) {
        lio_arena_rewind(enc->arena, mark);
        return 0;
    }
    coded.bytes += table.bytes;
    coded.encoding = lio_message_fsst(enc->arena, table, coded.encoding);
    if (!coded.encoding)
        return lio_encode_no_message(enc);
    *chunks = coded;
    return 0;
}

/* Large values are in the dictionary or not in chunks at all. */
static int try_others(const struct lio_encode *enc,
                      const struct lio_plain *values,
                      const struct lio_spans *spans, const uint64_t *entries,
                      struct lio_chunks *chunks)
{
    const struct lio_distinct_of of = { .spans = spans,
                                        .validity = values->validity,
                                        .n = values->n };
    uint32_t scheme = lio_pack_scheme(enc);
    bool small = lio_plain_largest(values) < LIO_CHUNK_VALUE_MAX;
    int rc = 0;

    if (small && scheme > 0)
        rc = lio_pack_chunks(enc, scheme, chunks);
    if (rc == 0)
        rc = lio_dictionary_try(enc, &of, entries, chunks);
    return rc == 0 && small && scheme == 0
               ? try_symbols(enc, spans, entries, chunks)
               : rc;
}

int lio_variable_chunks(const struct lio_encode *enc,
                        const struct lio_plain *values, const uint64_t *entries,
                        struct lio_chunks *ret_chunks)
{
    bool plain = enc->compression == LIO_COMPRESSION_NONE;
    bool packed = lio_pack_scheme(enc) > 0; /* which takes them as they are */
    struct lio_chunks chunks = { 0 };
    struct lio_spans spans;
    int rc = lio_spans_open(enc, values, &spans);

    if (rc == 0 && (plain || packed))
        rc = spans_chunks(enc, &spans, entries, &chunks);
    else if (rc == 0)
        rc = measure(enc, &spans, entries, &chunks.bytes);
    if (rc == 0 && !plain)
        rc = try_others(enc, values, &spans, entries, &chunks);
    if (rc == 0 && !chunks.encoding)
        rc = spans_chunks(enc, &spans, entries, &chunks);
    if (rc == 0)
        *ret_chunks = chunks;
    return rc;
}

int lio_variable_numbered(const struct lio_encode *enc,
                          const struct lio_plain *values, bool *ret_numbered)
{
    struct lio_variable_rows rows;
    struct lio_spans spans;
    struct lio_distinct_of of = { .spans = &spans,
                                  .validity = values->validity,
                                  .n = values->n };
    struct lio_chunks chunks = { .nchunks = 0 };
    int rc = lio_spans_open(enc, values, &spans);

    *ret_numbered = false;
    if (rc < 0 || enc->compression == LIO_COMPRESSION_NONE)
        return rc;
    chunks.bytes = lio_spans_bytes(&spans) + spans.n * (spans.bits / 8);
    rc = lio_dictionary_try(enc, &of, NULL, &chunks);
    if (rc < 0 || !chunks.dictionary)
        return rc;
    rc = lio_variable_rows(enc, values, &rows);
    *ret_numbered = rc == 0 && chunks.bytes < lio_spans_bytes(&rows.spans);
    return rc;
}
