/*
 * Spans.
 */
#include "column/write/spans.h"

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
