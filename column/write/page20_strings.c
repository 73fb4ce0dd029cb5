/*
 * Strings in 2.0: where each ends, and the bytes.  A null ends where the one
 * before it does, plus an adjustment, which is more than any end.
 *
 *     ends      1  4  4+adj  6      the third is null
 *     bytes     a  bcd       ef
 */
#include "column/write/page20.h"

#define END_BITS 64

int lio_page20_binary(struct lio_page20 *page, const struct lio_spans *spans,
                      const uint8_t *validity,
                      Lio__Pb__ArrayEncoding **ret_message)
{
    uint64_t adjustment = lio_spans_bytes(spans) + 1, *ends;
    Lio__Pb__ArrayEncoding *indices, *bytes;
    struct lio_bytes ends_bytes = { 0 };
    int rc = lio_encode_alloc(page->enc, spans->n * sizeof(*ends), &ends);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < spans->n; i++)
        ends[i] = spans->offsets[i + 1];
    for (uint64_t i = 0; validity && i < spans->n; i++)
        if (!lio_bit_get(validity, i))
            ends[i] += adjustment;
    ends_bytes.data = (const uint8_t *)ends;
    ends_bytes.bytes = (size_t)spans->n * sizeof(*ends);
    rc = lio_page20_plain(page, END_BITS, ends_bytes, &indices);
    if (rc == 0)
        rc = lio_page20_flat(
            page, 8,
            (struct lio_bytes){ spans->data, (size_t)lio_spans_bytes(spans) },
            &bytes);
    return rc < 0 ? rc
                  : lio_page20_message(page,
                                       lio_message20_binary(page->enc->arena,
                                                            indices, bytes,
                                                            adjustment),
                                       ret_message);
}

int lio_page20_strings(struct lio_page20 *page, const struct lio_plain *values,
                       Lio__Pb__ArrayEncoding **ret_message)
{
    struct lio_spans spans;
    int rc = lio_spans_open(page->enc, values, &spans);

    return rc < 0
               ? rc
               : lio_page20_binary(page, &spans, values->validity, ret_message);
}
