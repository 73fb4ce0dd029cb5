/*
 * Descriptors of blobs: packed structs of two u64, see column/blob.h.
 *
 *     position    size
 *     1234        77       77 bytes at byte 1234 of the file
 *     0           0        an empty value
 *     1           0        null, in 2.0
 *     level << 16 0        null, or in something that is null, in 2.1
 */
#include "column/write/blobs.h"

#include "column/blob.h"
#include "column/levels.h"

#define NULL_20   1
#define DEF_SHIFT 16

/* The position of what is null, or 0. */
static uint64_t null_position(const struct lio_encode *enc,
                              const struct lio_raw_page *raw, uint64_t slot)
{
    if (enc->format == LIO_FORMAT_20)
        return lio_plain_valid(&raw->slots, slot) ? 0 : NULL_20;
    return raw->def ? (uint64_t)raw->def[slot] << DEF_SHIFT : 0;
}

static void describe(const struct lio_encode *enc,
                     const struct lio_raw_page *raw, uint64_t at,
                     uint64_t *positions, uint64_t *sizes)
{
    for (uint64_t i = 0; i < raw->slots.n; i++) {
        uint64_t start = lio_plain_offset(&raw->slots, i);

        sizes[i] = lio_plain_offset(&raw->slots, i + 1) - start;
        positions[i] = sizes[i] > 0 ? at + start : null_position(enc, raw, i);
    }
}

int lio_blobs_write(const struct lio_encode *enc,
                    const struct lio_raw_page *raw, uint64_t at,
                    struct lio_page_image *ret_image)
{
    uint64_t n = raw->slots.n, *positions, *sizes;
    struct lio_plain fields[2];
    struct lio_raw_page descriptors = {
        .slots = { .type = &lio_blob_type, .n = n, .children = fields },
        .rows = raw->rows,
        .first_row = raw->first_row,
        .nlayers = 1,
        .layers = { LIO_LAYER_ITEM },
        .entries = n,
    };
    int rc = lio_encode_alloc(enc, n * sizeof(*positions), &positions);

    if (rc == 0)
        rc = lio_encode_alloc(enc, n * sizeof(*sizes), &sizes);
    if (rc < 0)
        return rc;
    describe(enc, raw, at, positions, sizes);
    fields[0] = (struct lio_plain){ .type = lio_blob_type.children[0],
                                    .n = n,
                                    .values = (const uint8_t *)positions };
    fields[1] = (struct lio_plain){ .type = lio_blob_type.children[1],
                                    .n = n,
                                    .values = (const uint8_t *)sizes };
    return lio_page_write_blobs(enc, &descriptors, raw, ret_image);
}
