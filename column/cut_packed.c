/*
 * Compressed buffers of a page that is cut.
 */
#include "column/cut_packed.h"

bool lio_cut_packed_any(const struct lio_cut_packed *packed,
                        const struct lio_page *page)
{
    for (uint32_t i = 0; i < page->nbuffers; i++)
        if (packed->schemes[i] != 0)
            return true;
    return false;
}

static int open_one(struct lio_cut_packed *packed,
                    const struct lio_dataset *dataset,
                    const struct lio_page_ref *ref, uint32_t buffer,
                    struct lio_error *err)
{
    struct lio_source *source = dataset->files[ref->file].source;
    const struct lio_page *page = lio_dataset_page_of(dataset, ref);
    const char *column = dataset->schema.fields[ref->field].path;
    const struct lio_unpack_buffer from = {
        .source = source,
        .offset = page->buffers[buffer].offset,
        .bytes = page->buffers[buffer].bytes,
        .scheme = packed->schemes[buffer],
        .window_max = dataset->page_decoded_max,
        .pool = dataset->pool,
        .file = lio_source_name(source),
        .column = column,
        .page = ref->page,
    };

    packed->unpacks[buffer] = lio_unpack_new(&from);
    if (!packed->unpacks[buffer])
        return lio_error_set(err, LIO_ENOMEM,
                             "%s: no memory to decompress column '%s'",
                             from.file, column);
    return lio_unpack_start(packed->unpacks[buffer], err);
}

int lio_cut_packed_open(struct lio_cut_packed *packed,
                        const struct lio_dataset *dataset,
                        const struct lio_page_ref *ref, struct lio_error *err)
{
    int rc = 0;

    packed->nbuffers = lio_dataset_page_of(dataset, ref)->nbuffers;
    for (uint32_t i = 0; i < packed->nbuffers && rc == 0; i++)
        if (packed->schemes[i] != 0)
            rc = open_one(packed, dataset, ref, i, err);
    if (rc < 0)
        lio_cut_packed_release(packed);
    return rc;
}

void lio_cut_packed_release(struct lio_cut_packed *packed)
{
    for (uint32_t i = 0; i < packed->nbuffers; i++)
        lio_unpack_put(packed->unpacks[i]);
    *packed = (struct lio_cut_packed){ 0 };
}

int lio_cut_packed_wait(struct lio_cut_packed *packed, struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < packed->nbuffers && rc == 0; i++)
        if (packed->unpacks[i])
            rc = lio_unpack_bytes(packed->unpacks[i], &packed->bytes[i], err);
    packed->known = rc == 0;
    return rc;
}

int lio_cut_packed_want(const struct lio_cut_packed *packed, uint32_t buffer,
                        uint64_t at, struct lio_mem *mem,
                        struct lio_cut_parts *parts)
{
    return lio_unpack_want(packed->unpacks[buffer], at, mem,
                           &parts->all[buffer]);
}

void lio_cut_packed_go_on(const struct lio_cut_packed *packed,
                          const struct lio_source_manner *manner)
{
    for (uint32_t i = 0; i < packed->nbuffers; i++)
        if (packed->unpacks[i])
            lio_unpack_go_on(packed->unpacks[i], manner);
}

int lio_cut_parts_make(const struct lio_cut_parts *parts, struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < LIO_PAGE_BUFFERS_MAX && rc == 0; i++)
        if (parts->all[i])
            rc = lio_unpack_make(parts->all[i], err);
    return rc;
}

void lio_cut_parts_release(struct lio_cut_parts *parts)
{
    for (uint32_t i = 0; i < LIO_PAGE_BUFFERS_MAX; i++)
        lio_unpack_forget(parts->all[i]);
    *parts = (struct lio_cut_parts){ 0 };
}
