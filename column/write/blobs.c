/*
 * Descriptors of blobs, see column/blob.h: up to 2.1 packed structs of two u64,
 *
 *     position    size
 *     1234        77       77 bytes at byte 1234 of the file
 *     0           0        an empty value
 *     1           0        null, in 2.0
 *     level << 16 0        null, or in something that is null, in 2.1
 *
 * and in 2.2 of
 *
 *     kind  position  size  blob_id  blob_uri
 *     0     1234      77    0                    inlined: bytes of the file
 *     1     500       70000 3                    packed: bytes of file 3 beside
 *     2     0         5e6   4                    alone: all of file 4
 *
 * where levels say what is null, as of any values.
 */
#include "column/write/blobs.h"

#include "column/blob.h"
#include "column/levels.h"
#include "column/pool.h"

#include <inttypes.h>
#include <stdlib.h>

#define NULL_20   1
#define DEF_SHIFT 16

/* What LanceDB does. */
#define INLINED_MAX   (UINT64_C(64) << 10)
#define PACKED_MAX    (UINT64_C(4) << 20)
#define PACK_FILE_MAX (UINT64_C(1) << 30)

enum kind { INLINED, PACKED, ALONE };

const struct lio_blob_limits lio_blobs_all_inlined = { UINT64_MAX, UINT64_MAX,
                                                       UINT64_MAX };

/* -- limits -------------------------------------------------------------- */

/* A number of bytes that the metadata says, or `otherwise`. */
static uint64_t bytes_of(const Lio__Pb__Field *field, const char *key,
                         uint64_t otherwise)
{
    for (size_t i = 0; i < field->n_metadata; i++) {
        const Lio__Pb__MetadataEntry *entry = field->metadata[i];
        char text[24] = "", *end;
        uint64_t bytes;

        if (strcmp(entry->key, key) != 0 || entry->value.len == 0 ||
            entry->value.len >= sizeof(text))
            continue;
        memcpy(text, entry->value.data, entry->value.len);
        errno = 0;
        bytes = strtoull(text, &end, 10);
        if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0)
            return bytes;
    }
    return otherwise;
}

struct lio_blob_limits lio_blob_limits_of(const Lio__Pb__Field *field)
{
    return (struct lio_blob_limits){
        .inlined = bytes_of(field, "lance-encoding:blob-inline-size-threshold",
                            INLINED_MAX),
        .packed = bytes_of(
            field, "lance-encoding:blob-dedicated-size-threshold", PACKED_MAX),
        .pack_file =
            bytes_of(field, "lance-encoding:blob-pack-file-size-threshold",
                     PACK_FILE_MAX),
    };
}

static enum kind kind_of(const struct lio_blob_limits *limits, uint64_t bytes)
{
    if (bytes <= limits->inlined)
        return INLINED;
    return bytes <= limits->packed ? PACKED : ALONE;
}

/* -- sorting ------------------------------------------------------------- */

static uint64_t size_of(const struct lio_plain *slots, uint64_t i)
{
    return lio_plain_offset(slots, i + 1) - lio_plain_offset(slots, i);
}

static int alloc_sorted(const uint64_t *bytes, uint64_t nalone,
                        struct lio_pool *pool, struct lio_blob_page *page)
{
    page->inlined_bytes = bytes[INLINED];
    if (bytes[INLINED] > 0 &&
        !(page->inlined = lio_pool_take(pool, bytes[INLINED])))
        return LIO_ENOMEM;
    if (bytes[PACKED] > 0 &&
        !(page->packed = lio_pool_take(pool, bytes[PACKED])))
        return LIO_ENOMEM;
    page->alone = calloc((size_t)nalone + 1, sizeof(*page->alone));
    page->alone_ids = calloc((size_t)nalone + 1, sizeof(*page->alone_ids));
    return page->alone && page->alone_ids ? 0 : LIO_ENOMEM;
}

/* Each copied to where it goes. */
static int copy_sorted(const struct lio_plain *slots, struct lio_pool *pool,
                       struct lio_blob_page *page)
{
    uint64_t used[] = { [INLINED] = 0, [PACKED] = 0 };

    for (uint64_t i = 0; i < slots->n; i++) {
        uint64_t bytes = size_of(slots, i);
        enum kind kind = kind_of(&page->limits, bytes);
        struct lio_mem *to = kind == INLINED ? page->inlined : page->packed;
        uint64_t at = 0;

        if (bytes == 0)
            continue;
        if (kind == ALONE) {
            to = lio_pool_take(pool, bytes);
            if (!to)
                return LIO_ENOMEM;
            page->alone[page->nalone++] = to;
        } else {
            at = used[kind];
            used[kind] += bytes;
        }
        memcpy(to->data + at, slots->data + lio_plain_offset(slots, i),
               (size_t)bytes);
    }
    return 0;
}

int lio_blobs_sort(struct lio_collect *slots, struct lio_pool *pool,
                   struct lio_blob_page *page)
{
    const struct lio_plain plain = lio_collect_view(slots);
    uint64_t bytes[] = { [INLINED] = 0, [PACKED] = 0, [ALONE] = 0 };
    uint64_t nalone = 0;
    int rc;

    for (uint64_t i = 0; i < plain.n; i++) {
        enum kind kind = kind_of(&page->limits, size_of(&plain, i));

        bytes[kind] += size_of(&plain, i);
        nalone += kind == ALONE;
    }
    if (bytes[PACKED] == 0 && nalone == 0) { /* as they are */
        page->inlined = lio_mem_get(slots->data.mem);
        page->inlined_bytes = bytes[INLINED];
    } else {
        rc = alloc_sorted(bytes, nalone, pool, page);
        if (rc == 0)
            rc = copy_sorted(&plain, pool, page);
        if (rc < 0)
            return rc;
    }
    lio_growing_release(&slots->data);
    return 0;
}

void lio_blobs_release(struct lio_blob_page *page)
{
    lio_mem_put(page->inlined);
    lio_mem_put(page->packed);
    for (uint32_t i = 0; i < page->nalone; i++)
        lio_mem_put(page->alone[i]);
    free(page->alone);
    free(page->alone_ids);
    *page = (struct lio_blob_page){ 0 };
}

/* -- placing ------------------------------------------------------------- */

/* Large ones fill whole blocks, as large pages do. */
static void write_inlined(struct lio_output *output, struct lio_blob_page *page)
{
    uint64_t bytes = page->inlined_bytes, room = lio_page_room(bytes);

    if (bytes > 0 && lio_mem_pad(page->inlined, bytes, room))
        bytes = room;
    lio_output_write(output, page->inlined, bytes, page->inlined_at);
    page->inlined = NULL;
}

int lio_blobs_place(struct lio_output *output, uint64_t at,
                    struct lio_sidecars *sidecars, struct lio_blob_page *page,
                    struct lio_error *err)
{
    int rc = 0;

    page->inlined_at = at;
    if (page->inlined)
        write_inlined(output, page);
    if (page->packed) {
        rc = lio_sidecars_pack(sidecars, page->packed, page->limits.pack_file,
                               &page->packed_id, &page->packed_at, err);
        page->packed = NULL;
    }
    for (uint32_t i = 0; i < page->nalone && rc == 0; i++) {
        rc = lio_sidecars_add(sidecars, page->alone[i], &page->alone_ids[i],
                              err);
        page->alone[i] = NULL;
    }
    return rc;
}

/* -- up to 2.1 ----------------------------------------------------------- */

/* The position of what is null, or 0. */
static uint64_t null_position(const struct lio_encode *enc,
                              const struct lio_raw_page *raw, uint64_t slot)
{
    if (enc->format == LIO_FORMAT_20)
        return lio_plain_valid(&raw->slots, slot) ? 0 : NULL_20;
    return raw->def ? (uint64_t)raw->def[slot] << DEF_SHIFT : 0;
}

static int write_old(const struct lio_encode *enc,
                     const struct lio_raw_page *raw,
                     const struct lio_blob_page *page,
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
    for (uint64_t i = 0; i < n; i++) {
        sizes[i] = size_of(&raw->slots, i);
        positions[i] = sizes[i] > 0
                           ? page->inlined_at + lio_plain_offset(&raw->slots, i)
                           : null_position(enc, raw, i);
    }
    fields[0] = (struct lio_plain){ .type = lio_blob_type.children[0],
                                    .n = n,
                                    .values = (const uint8_t *)positions };
    fields[1] = (struct lio_plain){ .type = lio_blob_type.children[1],
                                    .n = n,
                                    .values = (const uint8_t *)sizes };
    return lio_page_write_blobs(enc, &descriptors, raw, ret_image);
}

/* -- 2.2 ----------------------------------------------------------------- */

struct descriptors {
    uint8_t *kinds;
    uint64_t *positions;
    uint64_t *sizes;
    uint32_t *ids;
    uint32_t *uri_ends; /* of URIs, which are empty */
};

static int alloc_descriptors(const struct lio_encode *enc, uint64_t n,
                             struct descriptors *to)
{
    int rc = lio_encode_alloc(enc, n, &to->kinds);

    if (rc == 0)
        rc = lio_encode_alloc(enc, n * sizeof(*to->positions), &to->positions);
    if (rc == 0)
        rc = lio_encode_alloc(enc, n * sizeof(*to->sizes), &to->sizes);
    if (rc == 0)
        rc = lio_encode_alloc(enc, n * sizeof(*to->ids), &to->ids);
    if (rc == 0)
        rc = lio_encode_alloc(enc, (n + 1) * sizeof(*to->uri_ends),
                              &to->uri_ends);
    if (rc == 0)
        memset(to->uri_ends, 0, (size_t)(n + 1) * sizeof(*to->uri_ends));
    return rc;
}

static void describe(const struct lio_plain *slots,
                     const struct lio_blob_page *page, struct descriptors *to)
{
    uint64_t inlined_at = page->inlined_at, packed_at = page->packed_at;
    uint32_t alone = 0;

    for (uint64_t i = 0; i < slots->n; i++) {
        uint64_t bytes = size_of(slots, i);

        to->kinds[i] = (uint8_t)kind_of(&page->limits, bytes);
        to->sizes[i] = bytes;
        to->positions[i] = 0;
        to->ids[i] = 0;
        if (bytes == 0) { /* is nowhere, whatever the limits */
            to->kinds[i] = INLINED;
        } else if (to->kinds[i] == INLINED) {
            to->positions[i] = inlined_at;
            inlined_at += bytes;
        } else if (to->kinds[i] == PACKED) {
            to->positions[i] = packed_at;
            to->ids[i] = page->packed_id;
            packed_at += bytes;
        } else {
            to->ids[i] = page->alone_ids[alone++];
        }
    }
}

static int write_new(const struct lio_encode *enc,
                     const struct lio_raw_page *raw,
                     const struct lio_blob_page *page,
                     struct lio_page_image *ret_image)
{
    struct lio_raw_page described = *raw;
    struct descriptors d;
    const uint8_t *values[4];
    struct lio_plain fields[5];
    int rc = alloc_descriptors(enc, raw->slots.n, &d);

    if (rc < 0)
        return rc;
    describe(&raw->slots, page, &d);
    values[0] = d.kinds;
    values[1] = (const uint8_t *)d.positions;
    values[2] = (const uint8_t *)d.sizes;
    values[3] = (const uint8_t *)d.ids;
    for (uint32_t i = 0; i < 5; i++)
        fields[i] = (struct lio_plain){ .type = lio_blob_type_22.children[i],
                                        .n = raw->slots.n,
                                        .values = i < 4 ? values[i] : NULL };
    fields[4].offsets = (const uint8_t *)d.uri_ends;
    described.slots = (struct lio_plain){ .type = &lio_blob_type_22,
                                          .n = raw->slots.n,
                                          .validity = raw->slots.validity,
                                          .children = fields };
    return lio_page_write(enc, &described, ret_image);
}

int lio_blobs_write(const struct lio_encode *enc,
                    const struct lio_raw_page *raw,
                    const struct lio_blob_page *page,
                    struct lio_page_image *ret_image)
{
    return enc->format < LIO_FORMAT_22 ? write_old(enc, raw, page, ret_image)
                                       : write_new(enc, raw, page, ret_image);
}
