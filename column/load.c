/*
 * Pages on their way.
 */
#include "column/load.h"

#include "column/blob.h"
#include "column/pool.h"

#include <inttypes.h>

struct lio_mem *lio_load_memory(const struct lio_dataset *dataset,
                                uint32_t file, uint64_t offset, uint64_t bytes,
                                bool given_out)
{
    if (given_out && offset % LIO_MEM_ALIGN != 0)
        return lio_pool_take(dataset->pool, bytes);
    return lio_pool_take_for(dataset->pool, bytes, offset,
                             lio_source_align(dataset->files[file].source));
}

int lio_load_prepare(const struct lio_dataset *dataset,
                     const struct lio_page_ref *ref, struct lio_load *ret_load,
                     struct lio_error *err)
{
    const struct lio_data_file *file = &dataset->files[ref->file];
    struct lio_load load = { .ref = *ref,
                             .page = lio_dataset_page_of(dataset, ref) };
    int rc = lio_dataset_check_field(dataset, ref->field, err);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < load.page->nbuffers; i++) {
        load.buffers[i] =
            lio_load_memory(dataset, ref->file, load.page->buffers[i].offset,
                            load.page->buffers[i].bytes, true);
        if (!load.buffers[i]) {
            rc = lio_error_set(
                err, LIO_ENOMEM,
                "%s: no memory for %" PRIu64 " bytes of column '%s'",
                lio_source_name(file->source), load.page->buffers[i].bytes,
                dataset->schema.fields[ref->field].path);
            lio_load_release(&load);
            return rc;
        }
    }
    *ret_load = load;
    return 0;
}

uint32_t lio_load_reads(const struct lio_dataset *dataset,
                        const struct lio_load *load,
                        struct lio_source_read *reads)
{
    for (uint32_t i = 0; i < load->page->nbuffers; i++)
        reads[i] = (struct lio_source_read){
            .source = dataset->files[load->ref.file].source,
            .offset = load->page->buffers[i].offset,
            .bytes = load->buffers[i]->bytes,
            .into = load->buffers[i]->data,
        };
    return load->page->nbuffers;
}

void lio_load_context(const struct lio_dataset *dataset,
                      const struct lio_page_ref *ref, struct lio_error *err,
                      struct lio_decode *ret_dec)
{
    lio_decode_init(ret_dec, lio_source_name(dataset->files[ref->file].source),
                    dataset->schema.fields[ref->field].path, ref->page,
                    dataset->page_decoded_max, err);
    ret_dec->pool = dataset->pool;
}

int lio_load_dictionary(const struct lio_dataset *dataset,
                        const struct lio_page_ref *ref,
                        const struct lio_mem *buffer,
                        struct lio_dictionary *ret_dictionary,
                        struct lio_error *err)
{
    const struct lio_page *page = lio_dataset_page_of(dataset, ref);
    struct lio_leaf leaf = lio_blob_leaf(dataset, ref);
    struct lio_decode dec;
    int rc;

    lio_load_context(dataset, ref, err, &dec);
    rc = lio_miniblock_dictionary(&dec, page->layout->mini_block, leaf.types[0],
                                  buffer, ret_dictionary);
    lio_decode_release(&dec);
    return rc;
}

int lio_load_decode(const struct lio_dataset *dataset,
                    const struct lio_load *load, struct lio_vector *ret_vector,
                    struct lio_error *err)
{
    struct lio_leaf leaf = lio_blob_leaf(dataset, &load->ref);
    struct lio_decode dec;
    int rc;

    lio_load_context(dataset, &load->ref, err, &dec);
    rc = lio_page_decode(&dec, load->page, &leaf, load->buffers, ret_vector);
    lio_decode_release(&dec);
    return rc;
}

void lio_load_release(struct lio_load *load)
{
    for (uint32_t i = 0; load->page && i < load->page->nbuffers; i++)
        lio_mem_put(load->buffers[i]);
    *load = (struct lio_load){ 0 };
}
