/*
 * Reading blobs: as one batch, into the bytes of one vector.
 */
#include "column/blob.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct lio_type integer = { .kind = LIO_KIND_FIXED, .bits = 64 };
static const struct lio_type *integers[] = { &integer, &integer };

const struct lio_type lio_blob_type = {
    .kind = LIO_KIND_STRUCT,
    .nchildren = 2,
    .children = integers,
};

struct blobs {
    const struct lio_data_file *file;
    const char *name;
    const struct lio_slice *from;
    struct lio_vector out;
    struct lio_source_read *reads;
    uint32_t nreads;
};

static uint64_t integer_at(const struct blobs *blobs, uint32_t child,
                           uint64_t i)
{
    const struct lio_vectors *children = blobs->from->vector.children;

    return lio_load_u64(children->all[child].values->data +
                        (blobs->from->from + i) * 8);
}

static bool is_null(const struct blobs *blobs, uint64_t i)
{
    const struct lio_mem *validity = blobs->from->vector.validity;

    if (validity && !lio_bit_get(validity->data, blobs->from->from + i))
        return true;
    return integer_at(blobs, 1, i) == 0 && integer_at(blobs, 0, i) != 0;
}

/* A value lies before the metadata, and all together are not more than the
 * file has: each was written once. */
static int add_bytes(const struct blobs *blobs, uint64_t i, uint64_t *sum,
                     struct lio_error *err)
{
    uint64_t end = blobs->file->footer.column_meta_at;
    uint64_t at = integer_at(blobs, 0, i), bytes = integer_at(blobs, 1, i);

    if (!lio_range_fits(at, bytes, end) || bytes > end - *sum)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: column '%s': a blob of %" PRIu64
                             " bytes at byte %" PRIu64 " runs past byte "
                             "%" PRIu64 ", or all of them are too long",
                             lio_source_name(blobs->file->source), blobs->name,
                             bytes, at, end);
    *sum += bytes;
    return 0;
}

static void put_offset(struct lio_vector *out, uint64_t row, uint64_t offset)
{
    uint32_t width = out->type->bits / 8;

    memcpy(out->values->data + row * width, &offset, width);
}

static int no_memory(const struct blobs *blobs, struct lio_error *err)
{
    return lio_error_set(
        err, LIO_ENOMEM, "%s: column '%s': no memory for %" PRIu64 " blobs",
        lio_source_name(blobs->file->source), blobs->name, blobs->from->rows);
}

static int alloc_rows(struct blobs *blobs, struct lio_error *err)
{
    uint64_t rows = blobs->from->rows, width = blobs->out.type->bits / 8;

    if (rows >= UINT32_MAX)
        return no_memory(blobs, err);
    blobs->out.values = lio_mem_new((rows + 1) * width);
    blobs->out.validity = lio_mem_zeroed(lio_bits_bytes(rows));
    blobs->reads = calloc((size_t)rows + 1, sizeof(*blobs->reads));
    if (!blobs->out.values || !blobs->out.validity || !blobs->reads)
        return no_memory(blobs, err);
    put_offset(&blobs->out, 0, 0);
    return 0;
}

/* Offsets and validity; how many bytes there are. */
static int fill_rows(struct blobs *blobs, uint64_t *ret_bytes,
                     struct lio_error *err)
{
    uint64_t sum = 0;
    int rc = 0;

    for (uint64_t i = 0; i < blobs->from->rows && rc == 0; i++) {
        bool null = is_null(blobs, i);

        if (!null)
            rc = add_bytes(blobs, i, &sum, err);
        blobs->out.nulls += null;
        lio_bit_set(blobs->out.validity->data, i, !null);
        put_offset(&blobs->out, i + 1, sum);
    }
    *ret_bytes = sum;
    return rc;
}

static void plan_reads(struct blobs *blobs)
{
    uint64_t done = 0;

    for (uint64_t i = 0; i < blobs->from->rows; i++) {
        uint64_t bytes = integer_at(blobs, 1, i);

        if (is_null(blobs, i) || bytes == 0)
            continue;
        blobs->reads[blobs->nreads++] = (struct lio_source_read){
            .source = blobs->file->source,
            .offset = integer_at(blobs, 0, i),
            .bytes = (size_t)bytes,
            .into = blobs->out.data->data + done,
        };
        done += bytes;
    }
}

static int read_all(struct blobs *blobs, uint64_t limit, struct lio_error *err)
{
    uint64_t bytes;
    int rc = alloc_rows(blobs, err);

    if (rc == 0)
        rc = fill_rows(blobs, &bytes, err);
    if (rc < 0)
        return rc;
    if (bytes > limit || (blobs->out.type->bits == 32 && bytes > INT32_MAX))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: column '%s': %" PRIu64 " rows have %" PRIu64
                             " bytes of blobs: read "
                             "fewer rows at a time",
                             lio_source_name(blobs->file->source), blobs->name,
                             blobs->from->rows, bytes);
    blobs->out.data = lio_mem_new(bytes);
    if (!blobs->out.data)
        return no_memory(blobs, err);
    plan_reads(blobs);
    return lio_source_read(blobs->reads, blobs->nreads, err);
}

int lio_blob_read(const struct lio_data_file *file, const char *name,
                  const struct lio_type *type,
                  const struct lio_slice *descriptors, uint64_t limit,
                  struct lio_vector *ret_vector, struct lio_error *err)
{
    struct blobs blobs = {
        .file = file,
        .name = name,
        .from = descriptors,
        .out = { .type = type, .rows = descriptors->rows },
    };
    int rc = read_all(&blobs, limit, err);

    free(blobs.reads);
    if (rc < 0) {
        lio_vector_release(&blobs.out);
        return rc;
    }
    if (blobs.out.nulls == 0) {
        lio_mem_put(blobs.out.validity);
        blobs.out.validity = NULL;
    }
    *ret_vector = blobs.out;
    return 0;
}
