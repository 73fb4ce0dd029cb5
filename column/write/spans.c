/*
 * Spans.
 */
#include "column/write/spans.h"

#include "column/write/fixed.h"
#include "column/write/symbols.h"

/* Strings of fewer bytes cannot make up for the table. */
#define PACK_BYTES_MIN (UINT64_C(2) * LIO_SYMBOLS_BYTES)

/* Returns whether a null has bytes, which have to be left out. */
static bool fill_offsets(const struct lio_plain *values, uint64_t *offsets)
{
    uint64_t end = 0;
    bool gaps = false;

    offsets[0] = 0;
    for (uint64_t i = 0; i < values->n; i++) {
        uint64_t bytes =
            lio_plain_offset(values, i + 1) - lio_plain_offset(values, i);

        if (bytes > 0 && !lio_plain_valid(values, i)) {
            gaps = true;
            bytes = 0;
        }
        end += bytes;
        offsets[i + 1] = end;
    }
    return gaps;
}

static int close_gaps(const struct lio_encode *enc,
                      const struct lio_plain *values, struct lio_spans *spans)
{
    uint8_t *data;
    int rc = lio_encode_alloc(enc, lio_spans_bytes(spans), &data);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < values->n; i++) {
        struct lio_bytes value = lio_plain_bytes(values, i);

        if (value.bytes > 0)
            memcpy(data + spans->offsets[i], value.data, value.bytes);
    }
    spans->data = data;
    return 0;
}

int lio_spans_open(const struct lio_encode *enc, const struct lio_plain *values,
                   struct lio_spans *ret_spans)
{
    struct lio_spans spans = { .n = values->n, .bits = values->type->bits };
    uint64_t *offsets;
    int rc =
        lio_encode_alloc(enc, (values->n + 1) * sizeof(*offsets), &offsets);

    if (rc < 0)
        return rc;
    spans.offsets = offsets;
    if (fill_offsets(values, offsets))
        rc = close_gaps(enc, values, &spans);
    else if (values->n > 0 && lio_spans_bytes(&spans) > 0)
        spans.data = values->data + lio_plain_offset(values, 0);
    if (rc == 0)
        *ret_spans = spans;
    return rc;
}

int lio_spans_pack(const struct lio_encode *enc, const struct lio_spans *spans,
                   uint64_t most, struct lio_spans *ret_packed,
                   struct lio_bytes *ret_table)
{
    struct lio_symbols *symbols;
    uint64_t bytes = lio_spans_bytes(spans);
    uint8_t *table;
    bool fits;
    int rc;

    *ret_table = (struct lio_bytes){ 0 };
    if (most < PACK_BYTES_MIN || bytes < PACK_BYTES_MIN)
        return 0;
    rc = lio_symbols_train(enc, spans, &symbols);
    if (rc < 0)
        return rc;
    if (!lio_encoding_saves(
            lio_symbols_guess(symbols, spans) + LIO_SYMBOLS_BYTES, most))
        return 0;
    rc = lio_symbols_encode(enc, symbols, spans, most < bytes ? most : bytes,
                            ret_packed, &fits);
    if (rc < 0 || !fits)
        return rc;
    rc = lio_encode_alloc(enc, LIO_SYMBOLS_BYTES, &table);
    if (rc < 0)
        return rc;
    lio_symbols_write(symbols, table);
    *ret_table = (struct lio_bytes){ table, LIO_SYMBOLS_BYTES };
    return 0;
}
