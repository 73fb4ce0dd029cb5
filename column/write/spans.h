/*
 * Strings on their way to a page: offsets of one width, from 0 on, and nothing
 * in them for nulls.
 */
#ifndef LIO_COLUMN_WRITE_SPANS_H
#define LIO_COLUMN_WRITE_SPANS_H

#include "column/write/chunks.h"

struct lio_spans {
    uint64_t n;
    uint32_t bits;           /* of offsets in the page: the type's */
    const uint64_t *offsets; /* n + 1; [0] is 0 */
    const uint8_t *data;
};

/* The values of a VARIABLE leaf.  Their bytes are copied only if a null has
 * some. */
LIO_MUST_CHECK int lio_spans_open(const struct lio_encode *enc,
                                  const struct lio_plain *values,
                                  struct lio_spans *ret_spans);

/* Compress each by itself with symbols that are found for all of them.
 * `*ret_table` is their table; it is empty, and `*ret_packed` unset, if they
 * would not be well below `most` bytes with it. */
LIO_MUST_CHECK int lio_spans_pack(const struct lio_encode *enc,
                                  const struct lio_spans *spans, uint64_t most,
                                  struct lio_spans *ret_packed,
                                  struct lio_bytes *ret_table);

static inline uint64_t lio_spans_bytes(const struct lio_spans *spans)
{
    return spans->offsets[spans->n];
}

static inline struct lio_bytes lio_span(const struct lio_spans *spans,
                                        uint64_t i)
{
    return (struct lio_bytes){ spans->data + spans->offsets[i],
                               (size_t)(spans->offsets[i + 1] -
                                        spans->offsets[i]) };
}

#endif
