/*
 * Values of variable size: offsets, then bytes.
 *
 * In a chunk the offsets count from the start of the buffer, so they are the
 * positions of the values:
 *
 *     n + 1 offsets | bytes
 *
 * In a block they count from the start of the bytes, and a head tells widths:
 *
 *     u32 32 | u32 start | n + 1 u32 offsets | bytes from `start` on
 *     u64 64 | u64 start | n + 1 u64 offsets | bytes from `start` on
 */
#include "column/encoding.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>

/* Where offsets and bytes of a buffer are. */
struct parts {
    uint32_t bits;
    const uint8_t *offsets; /* n + 1 */
    struct lio_bytes data;  /* what the offsets count in */
};

static uint64_t offset_at(const struct parts *parts, uint64_t i)
{
    return parts->bits == 32 ? lio_load_u32(parts->offsets + i * 4)
                             : lio_load_u64(parts->offsets + i * 8);
}

static int check_offsets(struct lio_decode *dec, uint64_t n, uint32_t bits,
                         size_t room)
{
    if (n < room / (bits / 8))
        return 0;
    return lio_decode_corrupt(dec,
                              "%" PRIu64 " values with %" PRIu32
                              "-bit offsets are not in %zu bytes",
                              n, bits, room);
}

static int chunk_parts(struct lio_decode *dec, const Lio__Pb__Variable *enc,
                       const struct lio_encoded *in, struct lio_bytes from,
                       struct parts *ret_parts)
{
    uint64_t bits = lio_encoding_bits(enc->offsets);
    int rc;

    if (bits != 32 && bits != 64)
        return lio_decode_corrupt(dec, "offsets of %" PRIu64 " bits", bits);
    rc = check_offsets(dec, in->nvalues, (uint32_t)bits, from.bytes);
    if (rc < 0)
        return rc;
    *ret_parts = (struct parts){ (uint32_t)bits, from.data, from };
    return 0;
}

static int block_parts(struct lio_decode *dec, const struct lio_encoded *in,
                       struct lio_bytes from, struct parts *ret_parts)
{
    struct lio_cursor cur = lio_cursor_over(from.data, from.bytes);
    uint32_t bits = lio_cursor_u32(&cur);
    uint64_t start, head;
    int rc;

    if (bits == 64)
        (void)lio_cursor_u32(&cur); /* the upper half of u64 64 */
    start = bits == 64 ? lio_cursor_u64(&cur) : lio_cursor_u32(&cur);
    if (cur.overrun || (bits != 32 && bits != 64))
        return lio_decode_corrupt(dec,
                                  "a block of %zu bytes with offsets of "
                                  "%" PRIu32 " bits",
                                  from.bytes, bits);
    rc = check_offsets(dec, in->nvalues, bits, cur.left);
    if (rc < 0)
        return rc;
    head = (in->nvalues + 3) * (bits / 8);
    if (start < head || start > from.bytes)
        return lio_decode_corrupt(dec,
                                  "the bytes of a block of %zu are said to "
                                  "start at %" PRIu64,
                                  from.bytes, start);
    *ret_parts = (struct parts){
        bits, cur.next, { from.data + start, from.bytes - (size_t)start }
    };
    return 0;
}

int lio_variable_decode(struct lio_decode *dec, const Lio__Pb__Variable *enc,
                        const struct lio_encoded *in, struct lio_strings *out)
{
    struct lio_bytes from;
    struct parts parts = { 0 };
    int rc = lio_encoded_single(dec, in, "variable", &from);

    if (rc < 0)
        return rc;
    rc = in->framing == LIO_FRAMING_BLOCK
             ? block_parts(dec, in, from, &parts)
             : chunk_parts(dec, enc, in, from, &parts);
    if (rc < 0)
        return rc;
    if (in->wanted.bits)
        return lio_strings_append_some(dec, out, parts.offsets + parts.bits / 8,
                                       parts.bits, offset_at(&parts, 0), 0,
                                       in->nvalues, parts.data, &in->wanted);
    return lio_strings_append(dec, out, parts.offsets + parts.bits / 8,
                              parts.bits, offset_at(&parts, 0), 0, in->nvalues,
                              parts.data);
}
