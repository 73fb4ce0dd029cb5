/*
 * Blobs: their bytes lie by themselves, and the page of their column says
 * where.
 *
 *     lio_blobs_sort()     the bytes of a page's blobs, by where they go
 *     lio_blobs_place()    there they go, in the order of pages
 *     lio_blobs_write()    the page
 *
 * Up to 2.1 all of them go into the data file; in 2.2 that goes for small ones,
 * if there may be other files.
 */
#ifndef LIO_COLUMN_WRITE_BLOBS_H
#define LIO_COLUMN_WRITE_BLOBS_H

#include "column/lance_file.pb-c.h"
#include "column/write/collect.h"
#include "column/write/output.h"
#include "column/write/page_writer.h"
#include "column/write/sidecars.h"

/* The largest ones, in bytes. */
struct lio_blob_limits {
    uint64_t inlined;   /* in the data file */
    uint64_t packed;    /* in a file with others; larger ones are alone */
    uint64_t pack_file; /* that gets no more blobs when it is as long */
};

/* Those of a field, which its metadata may say as LanceDB has it. */
struct lio_blob_limits lio_blob_limits_of(const Lio__Pb__Field *field);

/* None but what is in the data file. */
extern const struct lio_blob_limits lio_blobs_all_inlined;

/* The blobs of a page; zero it. */
struct lio_blob_page {
    struct lio_blob_limits limits;
    struct lio_mem *inlined; /* or NULL; so the others */
    uint64_t inlined_bytes;
    struct lio_mem *packed;
    struct lio_mem **alone;
    uint32_t nalone;
    /* Where they are, once placed. */
    uint64_t inlined_at;
    uint64_t packed_at;
    uint32_t packed_id;
    uint32_t *alone_ids;
};

/* Take the bytes out of what was collected, offsets and nulls stay there.
 * LIO_ENOMEM. */
LIO_MUST_CHECK int lio_blobs_sort(struct lio_collect *slots,
                                  struct lio_pool *pool,
                                  struct lio_blob_page *page);

/* Write the bytes: into the data file at `at`, and beside it.  `sidecars` may
 * be NULL if all are inlined. */
LIO_MUST_CHECK int lio_blobs_place(struct lio_output *output, uint64_t at,
                                   struct lio_sidecars *sidecars,
                                   struct lio_blob_page *page,
                                   struct lio_error *err);

/* Make the page for blobs that were placed.  Lists above them cannot be said in
 * 2.1.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_blobs_write(const struct lio_encode *enc,
                                   const struct lio_raw_page *raw,
                                   const struct lio_blob_page *page,
                                   struct lio_page_image *ret_image);

void lio_blobs_release(struct lio_blob_page *page);

#endif
