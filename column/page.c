/*
 * Pages: which decoder for which kind.
 */
#include "column/page.h"

#include "column/levels.h"

#include <stdlib.h>

void lio_page_release(struct lio_page *page)
{
    if (page->array)
        protobuf_c_message_free_unpacked(&page->array->base, NULL);
    if (page->blob)
        page->layout = page->blob;
    if (page->layout)
        protobuf_c_message_free_unpacked(&page->layout->base, NULL);
    free(page->buffers);
    free(page->description);
    *page = (struct lio_page){ 0 };
}

uint64_t lio_page_bytes(const struct lio_page *page)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < page->nbuffers; i++)
        bytes += page->buffers[i].bytes;
    return bytes;
}

uint64_t lio_page_items(const struct lio_page *page)
{
    const Lio__Pb__ArrayEncoding *enc = page->array;

    /* Lists tell by themselves which are null, but it does no harm. */
    if (enc && enc->array_case == LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE &&
        enc->nullable->nulls_case == LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS)
        enc = enc->nullable->no_nulls->values;
    return enc && enc->array_case == LIO__PB__ARRAY_ENCODING__ARRAY_LIST
               ? enc->list->nitems
               : 0;
}

/* -- blobs --------------------------------------------------------------- */

bool lio_page_is_blob(const struct lio_page *page)
{
    return page->layout &&
           page->layout->layout_case == LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
}

static bool is_item(uint32_t kind)
{
    return kind == LIO_LAYER_ITEM || kind == LIO_LAYER_NULLABLE_ITEM;
}

/* Files of [[a b] [c]] and of [[a] [b c]] are the same byte for byte: only of
 * what is null or empty are there levels. */
static const char *refuse_blobs(const Lio__Pb__BlobLayout *layout)
{
    for (size_t i = 0; i < layout->n_layers; i++)
        if (!is_item(layout->layers[i]))
            return "lists of blobs of version 2.1 do not say where they start";
    return NULL;
}

void lio_page_unwrap(struct lio_page *page)
{
    const Lio__Pb__BlobLayout *blob;

    if (!lio_page_is_blob(page))
        return;
    blob = page->layout->blob;
    if (refuse_blobs(blob) || !blob->inner ||
        blob->inner->layout_case == LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB)
        return;
    page->blob = page->layout;
    page->layout = blob->inner;
}

/* -- what cannot be read ------------------------------------------------- */

/* Writers take whole bytes of each field, which of a bool are none. */
static const char *refuse_chunks(const Lio__Pb__MiniBlockLayout *layout)
{
    const Lio__Pb__CompressiveEncoding *enc = layout->value_compression;

    if (!enc || enc->compression_case !=
                    LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_PACKED_STRUCT)
        return NULL;
    for (size_t i = 0; i < enc->packed_struct->n_bits; i++)
        if (enc->packed_struct->bits[i] % 8 != 0)
            return "the bools of its packed structs were not stored";
    return NULL;
}

const char *lio_page_unsupported(const struct lio_page *page)
{
    if (page->array)
        return NULL;
    switch (page->layout->layout_case) {
    case LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK:
        return refuse_chunks(page->layout->mini_block);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB:
        return refuse_blobs(page->layout->blob);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT:
    case LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP:
        return NULL;
    default:
        return "its page layout is unknown";
    }
}

/* -- decoding ------------------------------------------------------------ */

int lio_layout_decode(struct lio_decode *dec, const Lio__Pb__PageLayout *layout,
                      const struct lio_page_input *in,
                      struct lio_vector *ret_vector)
{
    switch (layout->layout_case) {
    case LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK:
        return lio_miniblock_decode(dec, layout->mini_block, in, ret_vector);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT:
        return lio_constant_page_decode(dec, layout->constant, in, ret_vector);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP:
        return lio_fullzip_decode(dec, layout->full_zip, in, ret_vector);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB:
        return lio_blob_page_decode(dec, layout->blob, layout->blob->inner, in,
                                    ret_vector);
    default:
        return lio_decode_unsupported(dec, "its page layout is unknown");
    }
}

int lio_page_decode(struct lio_decode *dec, const struct lio_page *page,
                    const struct lio_leaf *leaf, struct lio_mem *const *buffers,
                    struct lio_vector *ret_vector)
{
    const struct lio_page_input in = { .rows = page->rows,
                                       .leaf = leaf,
                                       .type = leaf->types[0],
                                       .nbuffers = page->nbuffers,
                                       .buffers = buffers,
                                       .restarts = page->restarts,
                                       .wanted = page->wanted,
                                       .runs = page->runs,
                                       .dictionary = page->dictionary,
                                       .unpacked = page->unpacked };
    const char *unsupported = lio_page_unsupported(page);

    if (unsupported)
        return lio_decode_unsupported(dec, "%s", unsupported);
    /* Rows of type null hold nothing, however that is put. */
    if (in.type->kind == LIO_KIND_NULL && leaf->nlayers == 1)
        return lio_vector_nulls(in.type, page->rows, ret_vector);
    if (page->array)
        return lio_array_decode(dec, page->array, &in, ret_vector);
    if (page->blob)
        return lio_blob_page_decode(dec, page->blob->blob, page->layout, &in,
                                    ret_vector);
    return lio_layout_decode(dec, page->layout, &in, ret_vector);
}
