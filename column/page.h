/*
 * A page: where its buffers are, how it is encoded, and its rows decoded.
 */
#ifndef LIO_COLUMN_PAGE_H
#define LIO_COLUMN_PAGE_H

#include "column/decode.h"
#include "column/footer.h"
#include "column/lance_encoding20.pb-c.h"
#include "column/lance_encoding21.pb-c.h"
#include "column/leaf.h"

#include <lanceio/column.h>

/* Of a page; a packed struct or nested lists need more than two, not many. */
#define LIO_PAGE_BUFFERS_MAX 64

struct lio_dictionary;

/* Items, one after the other. */
struct lio_run {
    uint64_t first;
    uint64_t n;
};

struct lio_runs {
    uint64_t n;
    struct lio_run *all; /* in order, none next to another */
};

struct lio_page {
    uint64_t first_row; /* in the column */
    uint64_t rows;
    uint64_t group; /* of a field below fixed-size lists of structs: how many
                       of what its layout counts are a row; 0: it counts rows */
    bool uneven; /* below a list, too: there may be other than `group`, so that
                    nothing tells where rows are */
    uint64_t first_item; /* of a page of lists in 2.0: in the items' column */
    uint32_t nbuffers;
    struct lio_buffer_info *buffers;
    Lio__Pb__ArrayEncoding *array; /* 2.0 */
    Lio__Pb__PageLayout *layout;   /* 2.1 and later; of blobs that of their
                                      descriptors, see lio_page_unwrap() */
    Lio__Pb__PageLayout *blob;     /* that of blobs, which holds `layout`; or
                                      NULL */
    char *description;             /* of the encoding */
    const uint8_t *restarts;       /* of a page with lists, put together of
                                      chunks: a bitmap of those that begin with
                                      a row, whatever their levels say; or
                                      NULL */
    const uint8_t *wanted;         /* a bitmap of the rows that are, if that is
                                      few of them, or NULL: what the others are
                                      decoded to is nobody's concern */
    const struct lio_runs *runs;   /* of a part of a page that begins or ends
                                      within rows: the items that its rows are
                                      made of; or NULL: all */
    const struct lio_dictionary *dictionary; /* of a part of a page whose own
                                                was decoded before, or NULL; its
                                                buffer is not needed then */
    uint64_t unpacked; /* a bit for each buffer that is not compressed any more,
                          whatever its encoding says */
};

void lio_page_release(struct lio_page *page);

/* The encoding as text, for the caller to free; NULL without memory. */
char *lio_page_describe(const struct lio_page *page);

/* Whether the page is said to be of blobs. */
bool lio_page_is_blob(const struct lio_page *page);

/* Make a page of blobs one of their descriptors: it can be cut then, and picked
 * from, as others can.  What lies above them is looked at once the descriptors
 * are decoded, for these are all that there is to read. */
void lio_page_unwrap(struct lio_page *page);

/* How many of what its layout counts are a row. */
static inline uint64_t lio_page_row_items(const struct lio_page *page)
{
    return page->group > 0 ? page->group : 1;
}

/* The rows as its layout counts them: no more than the file said there are. */
static inline uint64_t lio_page_counted(const struct lio_page *page)
{
    return page->rows * lio_page_row_items(page);
}

/* Bytes of all buffers, which a file's metadata has been checked to bound. */
uint64_t lio_page_bytes(const struct lio_page *page);

/* How many items the lists of a page of 2.0 have; 0 if it has no lists. */
uint64_t lio_page_items(const struct lio_page *page);

/* Why the page cannot be read, whatever its buffers hold: a phrase,
 * or NULL. */
const char *lio_page_unsupported(const struct lio_page *page);

/* Decode all rows of a page from its buffers, which the vector may share.  It
 * has the layers of the leaf, each with no child but the one that leads to it.
 * Those of a blob column are descriptors, see blob.h. */
LIO_MUST_CHECK int lio_page_decode(struct lio_decode *dec,
                                   const struct lio_page *page,
                                   const struct lio_leaf *leaf,
                                   struct lio_mem *const *buffers,
                                   struct lio_vector *ret_vector);

/* -- one for each kind of page ------------------------------------------- */

/* What the decoders of whole pages work on. */
struct lio_page_input {
    uint64_t rows;
    const struct lio_leaf *leaf;
    const struct lio_type *type; /* the leaf's */
    uint32_t nbuffers;
    struct lio_mem *const *buffers;
    const uint8_t *restarts; /* as those of the page */
    const uint8_t *wanted;
    const struct lio_runs *runs;
    const struct lio_dictionary *dictionary;
    uint64_t unpacked;
};

/* Which decoder for which layout, of 2.1 and later. */
int lio_layout_decode(struct lio_decode *dec, const Lio__Pb__PageLayout *layout,
                      const struct lio_page_input *in,
                      struct lio_vector *ret_vector);

/* The name of an encoding of 2.0, for messages. */
const char *lio_array_name(const Lio__Pb__ArrayEncoding *enc);

int lio_array_decode(struct lio_decode *dec, const Lio__Pb__ArrayEncoding *enc,
                     const struct lio_page_input *in,
                     struct lio_vector *ret_vector);
int lio_miniblock_decode(struct lio_decode *dec,
                         const Lio__Pb__MiniBlockLayout *layout,
                         const struct lio_page_input *in,
                         struct lio_vector *ret_vector);

/* Decode the dictionary of a page that has one, from its buffer. */
LIO_MUST_CHECK int lio_miniblock_dictionary(
    struct lio_decode *dec, const Lio__Pb__MiniBlockLayout *layout,
    const struct lio_type *type, const struct lio_mem *buffer,
    struct lio_dictionary *ret_dictionary);

int lio_fullzip_decode(struct lio_decode *dec,
                       const Lio__Pb__FullZipLayout *layout,
                       const struct lio_page_input *in,
                       struct lio_vector *ret_vector);
/* `inner` is the layout of the descriptors. */
int lio_blob_page_decode(struct lio_decode *dec,
                         const Lio__Pb__BlobLayout *layout,
                         const Lio__Pb__PageLayout *inner,
                         const struct lio_page_input *in,
                         struct lio_vector *ret_vector);
int lio_constant_page_decode(struct lio_decode *dec,
                             const Lio__Pb__ConstantLayout *layout,
                             const struct lio_page_input *in,
                             struct lio_vector *ret_vector);

#endif
