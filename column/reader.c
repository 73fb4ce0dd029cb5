/*
 * Reading pages by their numbers.
 */
#include "column/arrow_array.h"
#include "column/blob.h"
#include "column/load.h"

#include <inttypes.h>
#include <stdlib.h>

static int check_numbers(const struct lio_dataset *dataset,
                         const uint32_t *numbers, uint32_t n,
                         struct lio_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (numbers[i] >= dataset->npages)
            return lio_error_set(err, LIO_EINVAL,
                                 "%s: there is no page %" PRIu32
                                 ": it has %" PRIu32 " pages",
                                 dataset->path, numbers[i], dataset->npages);
    return 0;
}

/* All buffers of all pages as one batch. */
static int read_loads(const struct lio_dataset *dataset,
                      const struct lio_load *loads, uint32_t n,
                      struct lio_error *err)
{
    struct lio_source_read *reads;
    uint64_t nreads = 0;
    int rc;

    for (uint32_t i = 0; i < n; i++)
        nreads += loads[i].page->nbuffers;
    reads = calloc((size_t)nreads + 1, sizeof(*reads));
    if (!reads || nreads > UINT32_MAX) {
        free(reads);
        return lio_error_set(err, LIO_ENOMEM,
                             "%s: no memory to read %" PRIu32 " pages",
                             dataset->path, n);
    }
    nreads = 0;
    for (uint32_t i = 0; i < n; i++)
        nreads += lio_load_reads(dataset, &loads[i], reads + nreads);
    rc = lio_source_read(reads, (uint32_t)nreads, err);
    free(reads);
    return rc;
}

/* A page of blobs holds but their descriptors. */
static int read_blobs(const struct lio_dataset *dataset,
                      const struct lio_load *load, struct lio_slice *slice,
                      struct lio_error *err)
{
    struct lio_vector values;
    int rc = 0;

    if (!lio_blob_is(dataset, &load->ref))
        return 0;
    rc = lio_blob_read(dataset, &load->ref, slice, &values, err);
    if (rc < 0)
        return rc;
    lio_vector_release(&slice->vector);
    slice->vector = values;
    return 0;
}

static int export_load(const struct lio_dataset *dataset,
                       const struct lio_load *load,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    struct lio_slice slice = { .from = 0 };
    int rc = lio_load_decode(dataset, load, &slice.vector, err);

    if (rc < 0)
        return rc;
    slice.rows = slice.vector.rows;
    rc = read_blobs(dataset, load, &slice, err);
    if (rc == 0) {
        rc = lio_vector_export(&slice, ret_array);
        if (rc < 0)
            (void)lio_error_set(err, rc, "%s: no memory for an array",
                                dataset->path);
    }
    lio_vector_release(&slice.vector);
    return rc;
}

/* In files of version 2.0 the rows of a list or struct lie in several columns,
 * of which this is but the first.  A page that holds all parts of a value needs
 * all of them known. */
static int check_whole(const struct lio_dataset *dataset,
                       const struct lio_page_ref *ref, struct lio_error *err)
{
    const struct lio_field *field = &dataset->schema.fields[ref->field];
    const char *unsupported =
        lio_schema_unsupported(&dataset->schema, ref->field);

    if (unsupported)
        return lio_error_set(err, LIO_EUNSUPPORTED, "%s: column '%s': %s",
                             dataset->path, field->path, unsupported);
    if (!field->has_children || field->packed || field->type.own)
        return 0;
    return lio_error_set(err, LIO_EUNSUPPORTED,
                         "%s: column '%s': its pages hold no values: scan it, "
                         "or read the pages of its parts",
                         dataset->path, field->path);
}

static int read_pages(const struct lio_dataset *dataset,
                      const uint32_t *numbers, struct lio_load *loads,
                      struct ArrowArray *arrays, uint32_t n,
                      struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = check_whole(dataset, &dataset->pages[numbers[i]], err);
    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = lio_load_prepare(dataset, &dataset->pages[numbers[i]], &loads[i],
                              err);
    if (rc == 0)
        rc = read_loads(dataset, loads, n, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rc = export_load(dataset, &loads[i], &arrays[i], err);
        /* What is decoded needs its bytes no more: hold them not twice. */
        lio_load_release(&loads[i]);
    }
    return rc;
}

int lio_read_pages(struct lio_dataset *dataset, const uint32_t *numbers,
                   uint32_t n, struct ArrowArray *ret_arrays,
                   struct lio_error *err)
{
    struct lio_load *loads = calloc((size_t)n + 1, sizeof(*loads));
    struct ArrowArray *arrays = calloc((size_t)n + 1, sizeof(*arrays));
    int rc = check_numbers(dataset, numbers, n, err);

    if (rc == 0 && (!loads || !arrays))
        rc = lio_error_set(err, LIO_ENOMEM,
                           "%s: no memory to read %" PRIu32 " pages",
                           dataset->path, n);
    if (rc == 0)
        rc = read_pages(dataset, numbers, loads, arrays, n, err);
    if (rc == 0)
        memcpy(ret_arrays, arrays, n * sizeof(*arrays));
    for (uint32_t i = 0; loads && arrays && i < n; i++) {
        lio_load_release(&loads[i]);
        if (rc < 0)
            lio_arrow_array_release(&arrays[i]);
    }
    free(loads);
    free(arrays);
    return rc;
}

int lio_read_page(struct lio_dataset *dataset, uint32_t number,
                  struct ArrowArray *ret_array, struct lio_error *err)
{
    return lio_read_pages(dataset, &number, 1, ret_array, err);
}
