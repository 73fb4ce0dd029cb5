/*
 * Pages: which decoder for which kind.
 */
#include "column/page.h"

#include <stdlib.h>

void lio_page_release(struct lio_page *page)
{
    if (page->array)
        protobuf_c_message_free_unpacked(&page->array->base, NULL);
    if (page->layout)
        protobuf_c_message_free_unpacked(&page->layout->base, NULL);
    free(page->buffers);
    free(page->description);
    *page = (struct lio_page){ 0 };
}

const char *lio_page_unsupported(const struct lio_page *page)
{
    if (page->array)
        return NULL;
    switch (page->layout->layout_case) {
    case LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK:
    case LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT:
    case LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP:
        return NULL;
    case LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB:
        return "the page layout 'blob' is not supported";
    default:
        return "its page layout is unknown";
    }
}

static int decode_layout(struct lio_decode *dec,
                         const Lio__Pb__PageLayout *layout,
                         const struct lio_page_input *in,
                         struct lio_vector *ret_vector)
{
    switch (layout->layout_case) {
    case LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK:
        return lio_miniblock_decode(dec, layout->mini_block, in, ret_vector);
    case LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT:
        return lio_constant_page_decode(dec, layout->constant, in, ret_vector);
    default:
        return lio_fullzip_decode(dec, layout->full_zip, in, ret_vector);
    }
}

int lio_page_decode(struct lio_decode *dec, const struct lio_page *page,
                    const struct lio_type *type, struct lio_mem *const *buffers,
                    struct lio_vector *ret_vector)
{
    const struct lio_page_input in = { .rows = page->rows,
                                       .type = type,
                                       .nbuffers = page->nbuffers,
                                       .buffers = buffers };
    const char *unsupported = lio_page_unsupported(page);

    if (unsupported)
        return lio_decode_unsupported(dec, "%s", unsupported);
    /* Rows of type null hold nothing, however that is put. */
    if (type->kind == LIO_KIND_NULL)
        return lio_vector_nulls(type, page->rows, ret_vector);
    return page->array ? lio_array_decode(dec, page->array, &in, ret_vector)
                       : decode_layout(dec, page->layout, &in, ret_vector);
}
