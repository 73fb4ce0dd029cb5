/*
 * Values of a variable type while they are being decoded: appended run by run,
 * then turned into a vector's offsets and bytes.
 */
#ifndef LIO_COLUMN_STRINGS_H
#define LIO_COLUMN_STRINGS_H

#include "column/decode.h"

/* Values that are wanted: value i if bit from + i is set, or, without bits, all
 * of them.  What the others become is nobody's concern. */
struct lio_wanted {
    const uint8_t *bits;
    uint64_t from;
};

struct lio_strings {
    uint32_t offset_bits;    /* 32 or 64 */
    uint64_t rows;           /* appended so far */
    uint64_t rows_max;       /* room for */
    uint64_t bytes;          /* of their values */
    struct lio_mem *offsets; /* rows_max + 1; [0] is 0 */
    struct lio_mem *data;
};

LIO_MUST_CHECK int lio_strings_init(struct lio_decode *dec,
                                    uint32_t offset_bits, uint64_t rows_max,
                                    struct lio_strings *ret_strings);
void lio_strings_release(struct lio_strings *strings);

/* Make room for `bytes` of values in all, of which some `rows` are or will be
 * theirs; where it has to grow, for what that says of the other rows, so that
 * values are moved a few times at the most. */
LIO_MUST_CHECK int lio_strings_room(struct lio_decode *dec,
                                    struct lio_strings *strings, uint64_t rows,
                                    uint64_t bytes);

/* Check that `rows` more fit, and make room for `bytes` more of values. */
LIO_MUST_CHECK int lio_strings_reserve(struct lio_decode *dec,
                                       struct lio_strings *strings,
                                       uint64_t rows, uint64_t bytes);

/*
 * Append `rows` values that lie one behind the other in `data`: value i ends at
 * ends[i] - base, where `ends` are integers of `end_bits`, unaligned.  `start`
 * is where the first value starts, in the same terms as the ends.
 */
LIO_MUST_CHECK int lio_strings_append(struct lio_decode *dec,
                                      struct lio_strings *strings,
                                      const uint8_t *ends, uint32_t end_bits,
                                      uint64_t start, uint64_t base,
                                      uint64_t rows, struct lio_bytes data);

/* The same of those that are wanted; the others are empty. */
LIO_MUST_CHECK int
lio_strings_append_some(struct lio_decode *dec, struct lio_strings *strings,
                        const uint8_t *ends, uint32_t end_bits, uint64_t start,
                        uint64_t base, uint64_t rows, struct lio_bytes data,
                        const struct lio_wanted *wanted);

/* Append values by their numbers in `items`: `index_bits` wide integers. */
LIO_MUST_CHECK int lio_strings_gather(struct lio_decode *dec,
                                      struct lio_strings *strings,
                                      const struct lio_strings *items,
                                      const uint8_t *indices,
                                      uint32_t index_bits, uint64_t rows);

/* Append one value, for which room was reserved. */
static inline void lio_strings_put(struct lio_strings *strings,
                                   uint64_t value_bytes)
{
    strings->bytes += value_bytes;
    strings->rows++;
    if (strings->offset_bits == 32)
        memcpy(strings->offsets->data + strings->rows * 4, &strings->bytes, 4);
    else
        memcpy(strings->offsets->data + strings->rows * 8, &strings->bytes, 8);
}

static inline uint64_t lio_strings_offset(const struct lio_strings *strings,
                                          uint64_t i)
{
    return strings->offset_bits == 32
               ? lio_load_u32(strings->offsets->data + i * 4)
               : lio_load_u64(strings->offsets->data + i * 8);
}

#endif
