/*
 * A page on its way: its buffers are read, then decoded.
 *
 *     prepare ─► reads (added to a batch) ─► the batch is done ─► decode
 */
#ifndef LIO_COLUMN_LOAD_H
#define LIO_COLUMN_LOAD_H

#include "column/dataset.h"
#include "column/dictionary.h"

struct lio_load {
    struct lio_page_ref ref;
    const struct lio_page *page; /* NULL: nothing is loaded */
    struct lio_mem *buffers[LIO_PAGE_BUFFERS_MAX];
};

/* Memory for what a file has at `offset`, or NULL: where a device can write it,
 * unless that is no place for values that are given out as they are. */
struct lio_mem *lio_load_memory(const struct lio_dataset *dataset,
                                uint32_t file, uint64_t offset, uint64_t bytes,
                                bool given_out);

/* Check that a page can be read, and allocate its buffers. */
LIO_MUST_CHECK int lio_load_prepare(const struct lio_dataset *dataset,
                                    const struct lio_page_ref *ref,
                                    struct lio_load *ret_load,
                                    struct lio_error *err);

/* Write what has to be read to `reads`, one for each buffer of the page;
 * returns how many. */
uint32_t lio_load_reads(const struct lio_dataset *dataset,
                        const struct lio_load *load,
                        struct lio_source_read *reads);

/* What a decoder of the page needs; give it back with lio_decode_release(). */
void lio_load_context(const struct lio_dataset *dataset,
                      const struct lio_page_ref *ref, struct lio_error *err,
                      struct lio_decode *ret_dec);

/* Decode the dictionary of a mini-block page that has one, for all that is cut
 * from the page. */
LIO_MUST_CHECK int lio_load_dictionary(const struct lio_dataset *dataset,
                                       const struct lio_page_ref *ref,
                                       const struct lio_mem *buffer,
                                       struct lio_dictionary *ret_dictionary,
                                       struct lio_error *err);

/* Decode the page, whose buffers are there; of blobs the descriptors. */
LIO_MUST_CHECK int lio_load_decode(const struct lio_dataset *dataset,
                                   const struct lio_load *load,
                                   struct lio_vector *ret_vector,
                                   struct lio_error *err);

/* Give the buffers back; no read on them may be under way. */
void lio_load_release(struct lio_load *load);

#endif
