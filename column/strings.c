/*
 * Appending variable-width values.
 *
 * The loops are written once for widths that the compiler knows: every caller
 * passes constants, and the functions are inlined into each.
 */
#include "column/strings.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdbool.h>

/* Bytes of values grow by this factor at the most: what is guessed of the rest
 * has to be borne out by the rows so far. */
#define GROWTH_MAX 8u

#define ALWAYS_INLINE inline __attribute__((always_inline))

int lio_strings_init(struct lio_decode *dec, uint32_t offset_bits,
                     uint64_t rows_max, struct lio_strings *ret_strings)
{
    struct lio_strings strings = { .offset_bits = offset_bits,
                                   .rows_max = rows_max };
    uint64_t bytes;
    int rc;

    if (!lio_checked_add(rows_max, 1, &bytes) ||
        !lio_checked_mul(bytes, offset_bits / 8, &bytes))
        bytes = UINT64_MAX;
    rc = lio_decode_alloc(dec, bytes, &strings.offsets);
    if (rc < 0)
        return rc;
    rc = lio_decode_alloc(dec, 0, &strings.data);
    if (rc < 0) {
        lio_mem_put(strings.offsets);
        return rc;
    }
    memset(strings.offsets->data, 0, offset_bits / 8);
    *ret_strings = strings;
    return 0;
}

void lio_strings_release(struct lio_strings *strings)
{
    lio_mem_put(strings->offsets);
    lio_mem_put(strings->data);
    *strings = (struct lio_strings){ 0 };
}

int lio_strings_room(struct lio_decode *dec, struct lio_strings *strings,
                     uint64_t rows, uint64_t bytes)
{
    uint64_t guess = bytes;

    if (bytes <= strings->data->bytes)
        return 0;
    /* What all rows take if the others are like these, and a little more. */
    if (rows > 0 && strings->rows_max / rows < GROWTH_MAX)
        guess = bytes / rows * strings->rows_max + bytes / 16;
    else if (bytes <= UINT64_MAX / GROWTH_MAX)
        guess = bytes * GROWTH_MAX;
    if (guess < bytes || guess > dec->budget)
        guess = bytes;
    return lio_decode_grow(dec, &strings->data, strings->bytes, guess);
}

int lio_strings_reserve(struct lio_decode *dec, struct lio_strings *strings,
                        uint64_t rows, uint64_t bytes)
{
    uint64_t total;

    if (rows > strings->rows_max - strings->rows)
        return lio_decode_corrupt(dec,
                                  "holds more values than its %" PRIu64 " rows",
                                  strings->rows_max);
    if (!lio_checked_add(strings->bytes, bytes, &total) ||
        (strings->offset_bits == 32 && total > INT32_MAX))
        return lio_decode_corrupt(
            dec,
            "its values take more bytes than their type's %" PRIu32
            "-bit offsets can tell",
            strings->offset_bits);
    return lio_strings_room(dec, strings, strings->rows + rows, total);
}

static ALWAYS_INLINE uint64_t load(const uint8_t *from, uint64_t i,
                                   uint32_t bits)
{
    switch (bits) {
    case 8:
        return from[i];
    case 16:
        return lio_load_u16(from + i * 2);
    case 32:
        return lio_load_u32(from + i * 4);
    default:
        return lio_load_u64(from + i * 8);
    }
}

static ALWAYS_INLINE void store(uint8_t *to, uint64_t i, uint32_t bits,
                                uint64_t value)
{
    if (bits == 32) {
        uint32_t narrow = (uint32_t)value;

        memcpy(to + i * 4, &narrow, 4);
    } else {
        memcpy(to + i * 8, &value, 8);
    }
}

/* Copy the ends, moved by `shift`.  False if one is smaller than the one before
 * it; so all lie between `start` and the last. */
static ALWAYS_INLINE bool move_ends(uint8_t *to, uint32_t to_bits,
                                    const uint8_t *ends, uint32_t end_bits,
                                    uint64_t start, uint64_t shift,
                                    uint64_t rows)
{
    bool falls = load(ends, 0, end_bits) < start;

    store(to, 0, to_bits, load(ends, 0, end_bits) + shift);
    for (uint64_t i = 1; i < rows; i++) {
        falls |= load(ends, i, end_bits) < load(ends, i - 1, end_bits);
        store(to, i, to_bits, load(ends, i, end_bits) + shift);
    }
    return !falls;
}

static bool move(uint8_t *to, uint32_t to_bits, const uint8_t *ends,
                 uint32_t end_bits, uint64_t start, uint64_t shift,
                 uint64_t rows)
{
    if (to_bits == 32 && end_bits == 32)
        return move_ends(to, 32, ends, 32, start, shift, rows);
    if (to_bits == 32)
        return move_ends(to, 32, ends, 64, start, shift, rows);
    if (end_bits == 32)
        return move_ends(to, 64, ends, 32, start, shift, rows);
    return move_ends(to, 64, ends, 64, start, shift, rows);
}

int lio_strings_append(struct lio_decode *dec, struct lio_strings *strings,
                       const uint8_t *ends, uint32_t end_bits, uint64_t start,
                       uint64_t base, uint64_t rows, struct lio_bytes data)
{
    uint32_t width = strings->offset_bits / 8;
    uint64_t last, bytes;
    int rc;

    if (rows == 0)
        return 0;
    last = load(ends, rows - 1, end_bits);
    if (start < base || last < start || last - base > data.bytes)
        return lio_decode_corrupt(dec,
                                  "the values are said to lie at bytes %" PRIu64
                                  " to %" PRIu64 " of a buffer of %zu",
                                  start, last, data.bytes);
    bytes = last - start;
    rc = lio_strings_reserve(dec, strings, rows, bytes);
    if (rc < 0)
        return rc;
    if (!move(strings->offsets->data + (strings->rows + 1) * width,
              strings->offset_bits, ends, end_bits, start,
              strings->bytes - start, rows))
        return lio_decode_corrupt(dec, "the offsets of its values fall");
    if (bytes > 0)
        memcpy(strings->data->data + strings->bytes, data.data + (start - base),
               (size_t)bytes);
    strings->rows += rows;
    strings->bytes += bytes;
    return 0;
}

/* Values that lie between others are copied one by one. */
static ALWAYS_INLINE int append_some(struct lio_decode *dec,
                                     struct lio_strings *strings,
                                     const uint8_t *ends, uint32_t end_bits,
                                     uint64_t start, uint64_t base,
                                     uint64_t rows, struct lio_bytes data,
                                     const struct lio_wanted *wanted)
{
    int rc = 0;

    for (uint64_t i = 0; i < rows && rc == 0; i++) {
        uint64_t at = i > 0 ? load(ends, i - 1, end_bits) : start;
        uint64_t end = load(ends, i, end_bits), bytes = 0;

        if (lio_bit_get(wanted->bits, wanted->from + i)) {
            if (at < base || end < at || end - base > data.bytes)
                return lio_decode_corrupt(
                    dec,
                    "a value is said to lie at bytes %" PRIu64 " to %" PRIu64
                    " of a buffer of %zu",
                    at, end, data.bytes);
            bytes = end - at;
            rc = lio_strings_reserve(dec, strings, 1, bytes);
            if (rc == 0 && bytes > 0)
                memcpy(strings->data->data + strings->bytes,
                       data.data + (at - base), (size_t)bytes);
        }
        if (rc == 0)
            lio_strings_put(strings, bytes);
    }
    return rc;
}

int lio_strings_append_some(struct lio_decode *dec, struct lio_strings *strings,
                            const uint8_t *ends, uint32_t end_bits,
                            uint64_t start, uint64_t base, uint64_t rows,
                            struct lio_bytes data,
                            const struct lio_wanted *wanted)
{
    int rc = lio_strings_reserve(dec, strings, rows, 0);

    if (rc < 0)
        return rc;
    return end_bits == 32 ? append_some(dec, strings, ends, 32, start, base,
                                        rows, data, wanted)
                          : append_some(dec, strings, ends, 64, start, base,
                                        rows, data, wanted);
}

/* -- by number ----------------------------------------------------------- */

/* Values this short are copied as a whole, wherever they end: there is slack
 * behind both sides. */
#define SHORT_VALUE 16
_Static_assert(SHORT_VALUE <= LIO_MEM_SLACK, "short values may overrun");

/* The bytes that the values take together, and whether one is not short; false
 * if an index is none of the items. */
static ALWAYS_INLINE bool survey(const struct lio_strings *items,
                                 const uint8_t *indices, uint32_t index_bits,
                                 uint64_t rows, uint64_t *ret_bytes,
                                 bool *ret_short)
{
    uint64_t bytes = 0, longest = 0;

    for (uint64_t i = 0; i < rows; i++) {
        uint64_t item = load(indices, i, index_bits), value_bytes;

        if (item >= items->rows)
            return false;
        value_bytes = lio_strings_offset(items, item + 1) -
                      lio_strings_offset(items, item);
        longest = value_bytes > longest ? value_bytes : longest;
        bytes += value_bytes;
    }
    *ret_bytes = bytes;
    *ret_short = longest <= SHORT_VALUE;
    return true;
}

static ALWAYS_INLINE void copy_items(struct lio_strings *strings,
                                     const struct lio_strings *items,
                                     const uint8_t *indices,
                                     uint32_t index_bits, uint64_t rows,
                                     bool all_short)
{
    const uint8_t *from = items->data->data;
    uint8_t *to = strings->data->data;

    for (uint64_t i = 0; i < rows; i++) {
        uint64_t item = load(indices, i, index_bits);
        uint64_t at = lio_strings_offset(items, item);
        uint64_t bytes = lio_strings_offset(items, item + 1) - at;

        memcpy(to + strings->bytes, from + at,
               all_short ? SHORT_VALUE : (size_t)bytes);
        lio_strings_put(strings, bytes);
    }
}

static ALWAYS_INLINE int gather(struct lio_decode *dec,
                                struct lio_strings *strings,
                                const struct lio_strings *items,
                                const uint8_t *indices, uint32_t index_bits,
                                uint64_t rows)
{
    bool all_short;
    uint64_t bytes;
    int rc;

    if (!survey(items, indices, index_bits, rows, &bytes, &all_short))
        return lio_decode_corrupt(
            dec, "an index is none of the %" PRIu64 " items of the dictionary",
            items->rows);
    rc = lio_strings_reserve(dec, strings, rows, bytes);
    if (rc < 0)
        return rc;
    if (all_short)
        copy_items(strings, items, indices, index_bits, rows, true);
    else
        copy_items(strings, items, indices, index_bits, rows, false);
    return 0;
}

int lio_strings_gather(struct lio_decode *dec, struct lio_strings *strings,
                       const struct lio_strings *items, const uint8_t *indices,
                       uint32_t index_bits, uint64_t rows)
{
    switch (index_bits) {
    case 8:
        return gather(dec, strings, items, indices, 8, rows);
    case 16:
        return gather(dec, strings, items, indices, 16, rows);
    case 32:
        return gather(dec, strings, items, indices, 32, rows);
    default:
        return gather(dec, strings, items, indices, 64, rows);
    }
}
