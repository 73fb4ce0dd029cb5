/*
 * Values of variable size in full-zip pages: plain, or each compressed by
 * itself, with symbols, lz4 or zstd, whichever is smallest in all.
 */
#include "column/write/messages.h"
#include "column/write/rows.h"
#include "column/write/fixed.h"
#include "column/write/pack.h"

#include "column/compress.h"

/* LanceDB compresses values from this size on even if nobody asked for it. */
#define LARGE_BYTES (UINT64_C(32) << 10)

static int try_symbols(const struct lio_encode *enc,
                       struct lio_variable_rows *rows)
{
    struct lio_spans packed;
    struct lio_bytes table;
    uint64_t plain = lio_spans_bytes(&rows->spans);
    int rc = lio_spans_pack(enc, &rows->spans, plain, &packed, &table);

    if (rc < 0 || table.bytes == 0 ||
        !lio_encoding_saves(lio_spans_bytes(&packed) + table.bytes, plain))
        return rc;
    rows->spans = packed;
    rows->encoding = lio_message_fsst(enc->arena, table, rows->encoding);
    return rows->encoding ? 0 : lio_encode_no_message(enc);
}

/* Empty values stay so: they have no bytes to be compressed. */
static int pack_all(const struct lio_packer *packer,
                    const struct lio_spans *spans, struct lio_spans *ret_packed)
{
    const struct lio_encode *enc = packer->enc;
    uint64_t most = 0, *offsets;
    uint8_t *out;
    int rc = lio_encode_alloc(enc, (spans->n + 1) * sizeof(*offsets), &offsets);

    for (uint64_t i = 0; i < spans->n; i++)
        most += lio_packer_bound(packer, lio_span(spans, i).bytes);
    if (rc == 0)
        rc = lio_encode_alloc(enc, most, &out);
    if (rc < 0)
        return rc;
    offsets[0] = 0;
    for (uint64_t i = 0; i < spans->n && rc == 0; i++) {
        struct lio_bytes value = lio_span(spans, i);
        size_t bytes = 0;

        if (value.bytes > 0)
            rc = lio_packer_put(packer, value, out + offsets[i], &bytes);
        offsets[i + 1] = offsets[i] + bytes;
    }
    *ret_packed = (struct lio_spans){ spans->n, spans->bits, offsets, out };
    return rc;
}

static int try_scheme(const struct lio_encode *enc, uint32_t scheme,
                      struct lio_variable_rows *rows)
{
    struct lio_packer packer;
    struct lio_spans packed;
    int rc = lio_packer_init(&packer, enc, scheme);

    if (rc == 0)
        rc = pack_all(&packer, &rows->spans, &packed);
    lio_packer_release(&packer);
    if (rc < 0 || !lio_encoding_saves(lio_spans_bytes(&packed),
                                      lio_spans_bytes(&rows->spans)))
        return rc;
    rows->spans = packed;
    rows->encoding = lio_message_general(enc->arena, scheme, rows->encoding);
    return rows->encoding ? 0 : lio_encode_no_message(enc);
}

static uint64_t largest(const struct lio_spans *spans)
{
    uint64_t most = 0;

    for (uint64_t i = 0; i < spans->n; i++) {
        uint64_t bytes = lio_span(spans, i).bytes;

        most = bytes > most ? bytes : most;
    }
    return most;
}

int lio_variable_rows(const struct lio_encode *enc,
                      const struct lio_plain *values,
                      struct lio_variable_rows *ret_rows)
{
    uint32_t scheme = lio_pack_scheme(enc);
    int rc = lio_spans_open(enc, values, &ret_rows->spans);

    if (rc < 0)
        return rc;
    ret_rows->encoding = lio_message_variable(enc->arena, values->type->bits);
    if (!ret_rows->encoding)
        return lio_encode_no_message(enc);
    if (enc->compression == LIO_COMPRESSION_NONE)
        return 0;
    if (scheme == 0 && enc->compression == LIO_COMPRESSION_AUTO &&
        largest(&ret_rows->spans) > LARGE_BYTES)
        scheme = LIO_SCHEME_ZSTD;
    return scheme > 0 ? try_scheme(enc, scheme, ret_rows)
                      : try_symbols(enc, ret_rows);
}
