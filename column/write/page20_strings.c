/*
 * Strings in 2.0: where each ends, and the bytes.  A null ends where the one
 * before it does, plus an adjustment, which is more than any end.
 *
 *     ends      1  4  4+adj  6      the third is null
 *     bytes     a  bcd       ef
 *
 * Few distinct ones are numbered, in a byte each; and the bytes may be written
 * with symbols, or be compressed as a whole if that was asked for.
 */
#include "column/write/page20.h"

#include "column/write/dictionary.h"
#include "column/write/fixed.h"
#include "column/write/pack.h"

#define END_BITS   64
#define INDEX_BITS 8
#define ITEMS_MAX  UINT8_MAX /* numbers from 1 on: 0 is null */

/* Spans as a binary: where each ends, to which a validity (NULL: none) adds the
 * null adjustment, and the bytes. */
static int make_binary(struct lio_page20 *page, const struct lio_spans *spans,
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
        rc = lio_page20_bytes(
            page,
            (struct lio_bytes){ spans->data, (size_t)lio_spans_bytes(spans) },
            &bytes);
    return rc < 0 ? rc
                  : lio_page20_message(page,
                                       lio_message20_binary(page->enc->arena,
                                                            indices, bytes,
                                                            adjustment),
                                       ret_message);
}

/* -- other ways ---------------------------------------------------------- */

/* The bytes a binary of these spans takes. */
static uint64_t binary_bytes(const struct lio_spans *spans)
{
    return lio_spans_bytes(spans) + spans->n * (END_BITS / 8);
}

static int symbols(struct lio_page20 *page, const struct lio_spans *spans,
                   const uint8_t *validity, struct lio_bytes table,
                   Lio__Pb__ArrayEncoding **ret_message)
{
    Lio__Pb__ArrayEncoding *binary;
    int rc = make_binary(page, spans, validity, &binary);

    return rc < 0
               ? rc
               : lio_page20_message(
                     page, lio_message20_fsst(page->enc->arena, binary, table),
                     ret_message);
}

/* Numbers from 1 on, and 0 for null. */
static int number_rows(struct lio_page20 *page,
                       const struct lio_distinct *distinct,
                       const struct lio_plain *values,
                       struct lio_bytes *ret_indices)
{
    uint8_t *indices;
    int rc = lio_encode_alloc(page->enc, values->n, &indices);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < values->n; i++)
        indices[i] = lio_plain_valid(values, i)
                         ? (uint8_t)(distinct->indices[i] + 1)
                         : 0;
    *ret_indices = (struct lio_bytes){ indices, (size_t)values->n };
    return 0;
}

/* The items as spans of their own. */
static int take_items(struct lio_page20 *page,
                      const struct lio_distinct *distinct,
                      const struct lio_spans *spans,
                      struct lio_spans *ret_items)
{
    uint64_t *offsets;
    uint8_t *data;
    int rc = lio_encode_alloc(
        page->enc, (distinct->nitems + UINT64_C(1)) * sizeof(*offsets),
        &offsets);

    if (rc == 0)
        rc = lio_encode_alloc(page->enc, distinct->item_bytes, &data);
    if (rc < 0)
        return rc;
    offsets[0] = 0;
    for (uint32_t i = 0; i < distinct->nitems; i++) {
        struct lio_bytes value = lio_span(spans, distinct->items[i]);

        if (value.bytes > 0)
            memcpy(data + offsets[i], value.data, value.bytes);
        offsets[i + 1] = offsets[i] + value.bytes;
    }
    *ret_items =
        (struct lio_spans){ distinct->nitems, spans->bits, offsets, data };
    return 0;
}

static int numbered(struct lio_page20 *page, const struct lio_plain *values,
                    const struct lio_spans *spans,
                    const struct lio_distinct *distinct,
                    Lio__Pb__ArrayEncoding **ret_message)
{
    Lio__Pb__ArrayEncoding *indices, *binary;
    struct lio_bytes numbers;
    struct lio_spans items;
    int rc = number_rows(page, distinct, values, &numbers);

    if (rc == 0)
        rc = take_items(page, distinct, spans, &items);
    if (rc == 0)
        rc = lio_page20_plain(page, INDEX_BITS, numbers, &indices);
    if (rc == 0)
        rc = make_binary(page, &items, NULL, &binary);
    return rc < 0 ? rc
                  : lio_page20_message(
                        page,
                        lio_message20_dictionary(page->enc->arena, indices,
                                                 binary, distinct->nitems),
                        ret_message);
}

/* What a column's strings take as numbers: UINT64_MAX if they cannot be.
 * LanceDB makes nothing but strings of 32-bit offsets of them. */
static int number_values(struct lio_page20 *page,
                         const struct lio_plain *values,
                         const struct lio_spans *spans, uint64_t most,
                         struct lio_distinct *distinct, uint64_t *ret_bytes)
{
    const struct lio_distinct_of of = { .spans = spans,
                                        .validity = values->validity,
                                        .n = values->n };
    int rc;

    *ret_bytes = UINT64_MAX;
    if (strcmp(values->type->arrow, "u") != 0)
        return 0;
    rc = lio_distinct_find(page->enc, &of, ITEMS_MAX, most, distinct);
    if (rc == 0 && distinct->found && distinct->nitems > 0)
        *ret_bytes = values->n + distinct->item_bytes +
                     distinct->nitems * UINT64_C(END_BITS / 8);
    return rc;
}

int lio_page20_strings(struct lio_page20 *page, const struct lio_plain *values,
                       Lio__Pb__ArrayEncoding **ret_message)
{
    const struct lio_encode *enc = page->enc;
    struct lio_bytes table = { 0 };
    struct lio_spans spans, packed;
    struct lio_distinct distinct;
    uint64_t best, bytes;
    int rc = lio_spans_open(enc, values, &spans);

    if (rc < 0)
        return rc;
    if (enc->compression == LIO_COMPRESSION_NONE)
        return make_binary(page, &spans, values->validity, ret_message);
    best = binary_bytes(&spans);
    rc = number_values(page, values, &spans, best, &distinct, &bytes);
    if (rc == 0 && lio_encoding_saves(bytes, best))
        return numbered(page, values, &spans, &distinct, ret_message);
    if (rc == 0 && lio_pack_scheme(enc) == 0)
        rc = lio_spans_pack(enc, &spans, lio_spans_bytes(&spans), &packed,
                            &table);
    if (rc < 0)
        return rc;
    if (table.bytes > 0 &&
        lio_encoding_saves(binary_bytes(&packed) + table.bytes, best))
        return symbols(page, &packed, values->validity, table, ret_message);
    return make_binary(page, &spans, values->validity, ret_message);
}
