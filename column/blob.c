/*
 * Reading blobs: those that a batch of descriptors describes, as one batch into
 * the bytes of one vector.
 *
 * Where descriptors lie in lists and structs, these are copied for the rows
 * that are wanted, and the values take the descriptors' place in the copy.
 */
#include "column/blob.h"

#include "column/bits.h"
#include "column/blob_files.h"
#include "column/bytes.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct lio_type byte = { .kind = LIO_KIND_FIXED, .bits = 8 };
static const struct lio_type number = { .kind = LIO_KIND_FIXED, .bits = 32 };
static const struct lio_type integer = { .kind = LIO_KIND_FIXED, .bits = 64 };
static const struct lio_type string = { .kind = LIO_KIND_VARIABLE, .bits = 32 };

static const struct lio_type *old_fields[] = { &integer, &integer };
static const struct lio_type *new_fields[] = { &byte, &integer, &integer,
                                               &number, &string };

const struct lio_type lio_blob_type = {
    .kind = LIO_KIND_STRUCT,
    .nchildren = 2,
    .children = old_fields,
};

const struct lio_type lio_blob_type_22 = {
    .kind = LIO_KIND_STRUCT,
    .nchildren = 5,
    .children = new_fields,
};

/* -- descriptors or values ----------------------------------------------- */

static bool is_descriptor(const struct lio_type *type)
{
    return type == &lio_blob_type || type == &lio_blob_type_22;
}

struct lio_leaf lio_blob_leaf(const struct lio_dataset *dataset,
                              const struct lio_page_ref *ref)
{
    struct lio_leaf leaf =
        lio_leaf_of(&dataset->schema, ref->field, dataset->format);

    if (dataset->schema.fields[ref->field].blob_22)
        leaf.types[0] = &lio_blob_type_22;
    else if (dataset->files[ref->file].columns[ref->column].blob)
        leaf.types[0] = &lio_blob_type;
    return leaf;
}

bool lio_blob_is(const struct lio_dataset *dataset,
                 const struct lio_page_ref *ref)
{
    return is_descriptor(lio_blob_leaf(dataset, ref).types[0]);
}

/* -- one vector of them -------------------------------------------------- */

struct blobs {
    struct lio_blob_files files;
    const struct lio_slice *from;
    struct lio_blob_at *at; /* of each row */
    struct lio_vector out;
};

static const struct lio_vector *child_of(const struct blobs *blobs, uint32_t i)
{
    return &blobs->from->vector.children->all[i];
}

static uint64_t integer_at(const struct blobs *blobs, uint32_t child,
                           uint64_t row)
{
    return lio_load_u64(child_of(blobs, child)->values->data + row * 8);
}

static struct lio_blob_descriptor descriptor_at(const struct blobs *blobs,
                                                uint64_t row)
{
    const struct lio_vector *uri = child_of(blobs, 4);
    uint64_t start = lio_vector_offset(uri, row);

    return (struct lio_blob_descriptor){
        .kind = child_of(blobs, 0)->values->data[row],
        .position = integer_at(blobs, 1, row),
        .size = integer_at(blobs, 2, row),
        .id = lio_load_u32(child_of(blobs, 3)->values->data + row * 4),
        .uri = { uri->data->data + start,
                 (size_t)(lio_vector_offset(uri, row + 1) - start) },
    };
}

/* Where the i-th blob is. */
static int find(struct blobs *blobs, uint64_t i, struct lio_error *err)
{
    const struct lio_mem *validity = blobs->from->vector.validity;
    uint64_t row = blobs->from->from + i;
    struct lio_blob_descriptor what;

    if (validity && !lio_bit_get(validity->data, row))
        return 0;
    if (blobs->from->vector.type == &lio_blob_type)
        return lio_blob_files_find_old(&blobs->files, integer_at(blobs, 0, row),
                                       integer_at(blobs, 1, row), &blobs->at[i],
                                       err);
    what = descriptor_at(blobs, row);
    return lio_blob_files_find(&blobs->files, &what, &blobs->at[i], err);
}

static int no_memory(const struct blobs *blobs, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM,
                         "%s: column '%s': no memory for %" PRIu64 " blobs",
                         lio_source_name(blobs->files.file->source),
                         blobs->files.column, blobs->from->rows);
}

static int too_long(const struct blobs *blobs, struct lio_error *err)
{
    return lio_error_set(err, LIO_EINVAL,
                         "%s: column '%s': %" PRIu64 " rows have too many "
                         "bytes of blobs: read fewer rows at a time",
                         lio_source_name(blobs->files.file->source),
                         blobs->files.column, blobs->from->rows);
}

static int alloc_rows(struct blobs *blobs, struct lio_error *err)
{
    uint64_t rows = blobs->from->rows, width = blobs->out.type->bits / 8;

    if (rows >= UINT32_MAX)
        return no_memory(blobs, err);
    blobs->out.rows = rows;
    blobs->out.values = lio_mem_zeroed((rows + 1) * width);
    blobs->out.validity = lio_mem_zeroed(lio_bits_bytes(rows));
    blobs->at = calloc((size_t)rows + 1, sizeof(*blobs->at));
    if (!blobs->out.values || !blobs->out.validity || !blobs->at)
        return no_memory(blobs, err);
    return 0;
}

/* Offsets and validity; how many bytes there are. */
static int fill_rows(struct blobs *blobs, uint64_t *ret_bytes,
                     struct lio_error *err)
{
    uint64_t limit = blobs->files.dataset->page_decoded_max, sum = 0;
    uint32_t width = blobs->out.type->bits / 8;

    if (width == 4 && limit > INT32_MAX)
        limit = INT32_MAX;
    for (uint64_t i = 0; i < blobs->from->rows; i++) {
        int rc = find(blobs, i, err);

        if (rc < 0)
            return rc;
        if (blobs->at[i].bytes > limit - sum)
            return too_long(blobs, err);
        sum += blobs->at[i].bytes;
        blobs->out.nulls += blobs->at[i].source == NULL;
        lio_bit_set(blobs->out.validity->data, i, blobs->at[i].source != NULL);
        memcpy(blobs->out.values->data + (i + 1) * width, &sum, width);
    }
    *ret_bytes = sum;
    return 0;
}

static int read_bytes(struct blobs *blobs, uint64_t bytes,
                      struct lio_error *err)
{
    struct lio_source_read *reads =
        calloc((size_t)blobs->from->rows + 1, sizeof(*reads));
    uint64_t done = 0;
    uint32_t n = 0;
    int rc;

    blobs->out.data = lio_mem_new(bytes);
    if (!reads || !blobs->out.data) {
        free(reads);
        return no_memory(blobs, err);
    }
    for (uint64_t i = 0; i < blobs->from->rows; i++) {
        const struct lio_blob_at *at = &blobs->at[i];

        if (at->bytes > 0)
            reads[n++] = (struct lio_source_read){
                .source = at->source,
                .offset = at->offset,
                .bytes = (size_t)at->bytes,
                .into = blobs->out.data->data + done,
            };
        done += at->bytes;
    }
    rc = lio_source_read(reads, n, err);
    free(reads);
    return rc;
}

static int read_all(struct blobs *blobs, struct lio_error *err)
{
    uint64_t bytes = 0;
    int rc = alloc_rows(blobs, err);

    if (rc == 0)
        rc = fill_rows(blobs, &bytes, err);
    return rc < 0 ? rc : read_bytes(blobs, bytes, err);
}

static int read_leaf(const struct lio_dataset *dataset,
                     const struct lio_page_ref *ref,
                     const struct lio_slice *descriptors,
                     struct lio_vector *ret_vector, struct lio_error *err)
{
    const struct lio_field *field = &dataset->schema.fields[ref->field];
    struct blobs blobs = {
        .files = { .dataset = dataset,
                   .file = &dataset->files[ref->file],
                   .column = field->path },
        .from = descriptors,
        .out = { .type = &field->type },
    };
    int rc = read_all(&blobs, err);

    lio_blob_files_release(&blobs.files);
    free(blobs.at);
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

/* -- in lists and structs ------------------------------------------------ */

int lio_blob_read(const struct lio_dataset *dataset,
                  const struct lio_page_ref *ref,
                  const struct lio_slice *descriptors,
                  struct lio_vector *ret_vector, struct lio_error *err)
{
    struct lio_leaf leaf = lio_blob_leaf(dataset, ref);
    struct lio_slice inner = { .from = 0 };
    struct lio_vector copy, values, *at = &copy;
    int rc;

    if (is_descriptor(descriptors->vector.type))
        return read_leaf(dataset, ref, descriptors, ret_vector, err);
    rc = lio_vector_join(descriptors, 1, &copy);
    if (rc < 0)
        return lio_error_set(
            err, rc, "%s: column '%s': no memory for %" PRIu64 " rows",
            dataset->path, dataset->schema.fields[ref->field].path,
            descriptors->rows);
    for (uint32_t i = leaf.nlayers - 1; i > 0; i--)
        at = &at->children->all[leaf.places[i]];
    inner.vector = *at;
    inner.rows = at->rows;
    rc = read_leaf(dataset, ref, &inner, &values, err);
    if (rc < 0) {
        lio_vector_release(&copy);
        return rc;
    }
    lio_vector_release(at);
    *at = values;
    *ret_vector = copy;
    return 0;
}
