/*
 * Levels: 16-bit integers that are small and repeat.
 *
 * A page has one encoding for all its parts, the one that is shortest over all
 * of them: what each would come to is counted exactly.  One part is a block:
 *
 *     flat           u16 each
 *     inline         width | one block of 1024        parts of up to 1024
 *     out of line    blocks of 1024, width in the message
 *     rle            u64 bytes of values | values | lengths
 */
#include "column/write/bitpack.h"
#include "column/write/messages.h"
#include "column/write/runs.h"

#define LEVEL_BITS  16
#define LEVEL_BYTES (LEVEL_BITS / 8)
#define RLE_HEAD    sizeof(uint64_t)

/* What plain levels of a chunk take. */
#define PART_BYTES_MAX (LIO_CHUNK_ENTRIES_MAX * LEVEL_BYTES)

enum form { FORM_FLAT, FORM_INLINE, FORM_OUT_OF_LINE, FORM_RLE, FORM_COUNT };

/* The levels, and what all parts come to in each form. */
struct measure {
    const uint8_t *levels;
    const uint64_t *ends;
    uint32_t nparts;
    uint32_t width; /* of the highest level */
    uint64_t bytes[FORM_COUNT];
    bool ruled_out[FORM_COUNT];
};

static const uint8_t *part_of(const struct measure *measure, uint32_t i,
                              uint64_t *ret_n)
{
    uint64_t start = i > 0 ? measure->ends[i - 1] : 0;

    *ret_n = measure->ends[i] - start;
    return measure->levels + start * LEVEL_BYTES;
}

static uint64_t rle_bytes(uint64_t runs)
{
    return RLE_HEAD + runs * (LEVEL_BYTES + 1);
}

static void measure_part(struct measure *measure, uint32_t i)
{
    uint64_t n;
    const uint8_t *levels = part_of(measure, i, &n);
    uint64_t rle = rle_bytes(lio_runs_count(levels, n, LEVEL_BITS));

    measure->bytes[FORM_FLAT] += n * LEVEL_BYTES;
    measure->bytes[FORM_OUT_OF_LINE] +=
        lio_out_of_line_bytes(n, LEVEL_BITS, measure->width);
    /* A chunk must have room for its levels wherever they do not repeat. */
    if (rle > PART_BYTES_MAX && rle > n * LEVEL_BYTES)
        measure->ruled_out[FORM_RLE] = true;
    measure->bytes[FORM_RLE] += rle;
    if (n > LIO_FASTLANES_BLOCK)
        measure->ruled_out[FORM_INLINE] = true;
    else
        measure->bytes[FORM_INLINE] += lio_inline_bytes(
            LEVEL_BITS, lio_bitpack_width(levels, n, LEVEL_BITS));
}

static enum form choose(struct measure *measure)
{
    enum form best = FORM_FLAT;

    for (uint32_t i = 0; i < measure->nparts; i++)
        measure_part(measure, i);
    for (enum form form = FORM_INLINE; form < FORM_COUNT; form++)
        if (!measure->ruled_out[form] &&
            measure->bytes[form] < measure->bytes[best])
            best = form;
    return best;
}

static int build_part(const struct lio_encode *enc,
                      const struct measure *measure, enum form form, uint32_t i,
                      struct lio_bytes *ret_part)
{
    uint64_t n, bytes, runs = 0, values_bytes;
    const uint8_t *levels = part_of(measure, i, &n);
    uint32_t width = lio_bitpack_width(levels, n, LEVEL_BITS);
    uint8_t *out;
    int rc;

    if (form == FORM_FLAT) {
        *ret_part = (struct lio_bytes){ levels, (size_t)(n * LEVEL_BYTES) };
        return 0;
    }
    if (form == FORM_RLE)
        runs = lio_runs_count(levels, n, LEVEL_BITS);
    bytes = form == FORM_RLE ? rle_bytes(runs)
            : form == FORM_INLINE
                ? lio_inline_bytes(LEVEL_BITS, width)
                : lio_out_of_line_bytes(n, LEVEL_BITS, measure->width);
    rc = lio_encode_alloc(enc, bytes, &out);
    if (rc < 0)
        return rc;
    if (form == FORM_INLINE) {
        lio_inline_pack(levels, n, LEVEL_BITS, width, out);
    } else if (form == FORM_OUT_OF_LINE) {
        lio_out_of_line_pack(levels, n, LEVEL_BITS, measure->width, out);
    } else {
        values_bytes = runs * LEVEL_BYTES;
        memcpy(out, &values_bytes, sizeof(values_bytes));
        lio_runs_write(levels, n, LEVEL_BITS, out + RLE_HEAD,
                       out + RLE_HEAD + values_bytes);
    }
    *ret_part = (struct lio_bytes){ out, (size_t)bytes };
    return 0;
}

static Lio__Pb__CompressiveEncoding *message_of(const struct lio_encode *enc,
                                                enum form form, uint32_t width)
{
    switch (form) {
    case FORM_INLINE:
        return lio_message_inline(enc->arena, LEVEL_BITS);
    case FORM_OUT_OF_LINE:
        return lio_message_out_of_line(enc->arena, LEVEL_BITS, width);
    case FORM_RLE:
        return lio_message_rle(enc->arena, LEVEL_BITS);
    default:
        return lio_message_flat(enc->arena, LEVEL_BITS);
    }
}

int lio_levels_encode(const struct lio_encode *enc, const uint16_t *levels,
                      const uint64_t *ends, uint32_t nparts,
                      struct lio_level_parts *ret_parts)
{
    struct measure measure = { .levels = (const uint8_t *)levels,
                               .ends = ends,
                               .nparts = nparts };
    uint64_t n = nparts > 0 ? ends[nparts - 1] : 0;
    struct lio_bytes *parts;
    enum form form;
    int rc = lio_encode_alloc(enc, nparts * sizeof(*parts), &parts);

    if (rc < 0)
        return rc;
    measure.width = lio_bitpack_width(measure.levels, n, LEVEL_BITS);
    /* Blocks without any bits are nothing that readers expect. */
    if (measure.width == 0)
        measure.width = 1;
    form = choose(&measure);
    for (uint32_t i = 0; i < nparts && rc == 0; i++)
        rc = build_part(enc, &measure, form, i, &parts[i]);
    if (rc < 0)
        return rc;
    ret_parts->parts = parts;
    ret_parts->encoding = message_of(enc, form, measure.width);
    return ret_parts->encoding ? 0 : lio_encode_no_message(enc);
}
