/*
 * Writing a page: from the values and levels of some rows to its bytes and the
 * message that describes them.
 */
#ifndef LIO_COLUMN_WRITE_PAGE_WRITER_H
#define LIO_COLUMN_WRITE_PAGE_WRITER_H

#include "column/memory.h"
#include "column/schema.h"
#include "column/write/encoders.h"

#define LIO_PAGE_ALIGN 64 /* of its buffers in the file */

/* From this size on a page starts and ends with a block of the file, and so can
 * be written past the page cache. */
#define LIO_PAGE_LARGE (UINT64_C(1) << 20)
#define LIO_PAGE_BLOCK 4096

/* What goes into a page. */
struct lio_raw_page {
    struct lio_plain slots;
    uint64_t rows;      /* that it counts: in 2.0 those of its column */
    uint64_t first_row; /* in the file */
    /* From 2.1 on; see levels.h. */
    uint32_t nlayers;
    uint32_t layers[LIO_DEPTH_MAX];
    uint32_t rep_max;
    uint32_t def_max;
    uint32_t visible_max;
    uint64_t entries;
    const uint16_t *rep; /* NULL if rep_max is 0 */
    const uint16_t *def; /* NULL if def_max is 0 */
    struct lio_mem *mem; /* that begins with the values, or NULL */
};

/* Its bytes as they go into the file, at lio_page_at(). */
struct lio_page_image {
    struct lio_mem *mem;
    uint64_t bytes; /* of all buffers, with what lies between them */
    uint32_t nbuffers;
    uint64_t *buffer_at; /* in `mem` */
    uint64_t *buffer_bytes;
    uint8_t *any; /* the description: a packed AnyMessage */
    size_t any_bytes;
    uint64_t rows;
    uint64_t first_row;
};

void lio_page_image_release(struct lio_page_image *image);

/* What so many bytes take in the file, and where they start if all before `at`
 * is taken. */
static inline uint64_t lio_page_room(uint64_t bytes)
{
    uint64_t unit = bytes < LIO_PAGE_LARGE ? LIO_PAGE_ALIGN : LIO_PAGE_BLOCK;

    return (bytes + unit - 1) / unit * unit;
}

static inline uint64_t lio_page_at(uint64_t at, uint64_t bytes)
{
    return bytes < LIO_PAGE_LARGE
               ? at
               : (at + LIO_PAGE_BLOCK - 1) / LIO_PAGE_BLOCK * LIO_PAGE_BLOCK;
}

/* Make the page.  The arena of `enc` holds what is needed on the way.
 * LIO_ENOMEM, LIO_EINVAL. */
LIO_MUST_CHECK int lio_page_write(const struct lio_encode *enc,
                                  const struct lio_raw_page *raw,
                                  struct lio_page_image *ret_image);

/* The same for a column of blobs: `descriptors` in place of the values that
 * `raw` has the layers of. */
LIO_MUST_CHECK int lio_page_write_blobs(const struct lio_encode *enc,
                                        const struct lio_raw_page *descriptors,
                                        const struct lio_raw_page *raw,
                                        struct lio_page_image *ret_image);

/* -- for the layouts ----------------------------------------------------- */

/* Make room for buffers of these sizes; what lies between them is zero.
 * LIO_ENOMEM: nothing is left. */
LIO_MUST_CHECK int lio_page_image_alloc(const struct lio_encode *enc,
                                        const uint64_t *bytes,
                                        uint32_t nbuffers,
                                        struct lio_page_image *ret_image);

/* The same for one buffer that is there already: the first `bytes` of `mem`. */
LIO_MUST_CHECK int lio_page_image_share(const struct lio_encode *enc,
                                        struct lio_mem *mem, uint64_t bytes,
                                        struct lio_page_image *ret_image);

static inline uint8_t *lio_page_buffer(const struct lio_page_image *image,
                                       uint32_t i)
{
    return image->mem->data + image->buffer_at[i];
}

/* Each makes the buffers and fills in `layout`, in the arena; the first only if
 * the page fits into chunks. */
LIO_MUST_CHECK int lio_miniblock_write(const struct lio_encode *enc,
                                       const struct lio_raw_page *raw,
                                       Lio__Pb__PageLayout *layout,
                                       struct lio_page_image *ret_image,
                                       bool *ret_fits);
LIO_MUST_CHECK int lio_fullzip_write(const struct lio_encode *enc,
                                     const struct lio_raw_page *raw,
                                     Lio__Pb__PageLayout *layout,
                                     struct lio_page_image *ret_image);

/* All values are that of `slot`: 2.2 only. */
LIO_MUST_CHECK int lio_constant_write(const struct lio_encode *enc,
                                      const struct lio_raw_page *raw,
                                      uint64_t slot,
                                      Lio__Pb__PageLayout *layout,
                                      struct lio_page_image *ret_image);

/* There is no value: all is null, or empty. */
LIO_MUST_CHECK int lio_no_values_write(const struct lio_encode *enc,
                                       const struct lio_raw_page *raw,
                                       Lio__Pb__PageLayout *layout,
                                       struct lio_page_image *ret_image);

#endif
