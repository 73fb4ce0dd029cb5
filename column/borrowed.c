/*
 * Borrowed buffers: the references of an array are looked up, one by one, and
 * changed into references to the page.
 */
#include "column/borrowed.h"

#include "column/bytes.h"
#include "column/footer.h"

#include "common/checked.h"

#include <stdlib.h>

enum owner { OWNER_PAGE, OWNER_COLUMN, OWNER_FILE, OWNER_COUNT };

struct borrow {
    struct lio_page *page;
    const struct lio_lenders *lenders;
    uint32_t nown; /* buffers of the page itself */
    uint64_t left; /* bytes that others may have: no more than the file */
    const char *why;
};

/* Where a buffer is; false if there is none. */
static bool find(const struct lio_lenders *lenders,
                 const Lio__Pb__BufferRef *ref, struct lio_buffer_info *buffer)
{
    const Lio__Pb__ColumnMetadata *column = lenders->column;
    const uint8_t *entry;

    if (ref->kind == OWNER_COLUMN) {
        if (ref->index >= column->n_buffer_at ||
            column->n_buffer_at != column->n_buffer_bytes)
            return false;
        buffer->offset = column->buffer_at[ref->index];
        buffer->bytes = column->buffer_bytes[ref->index];
        return true;
    }
    if (ref->index >= lenders->globals.bytes / LIO_TABLE_ENTRY_BYTES)
        return false;
    entry = lenders->globals.data + (size_t)ref->index * LIO_TABLE_ENTRY_BYTES;
    buffer->offset = lio_load_u64(entry);
    buffer->bytes = lio_load_u64(entry + 8);
    return true;
}

/* The number of a buffer that was borrowed before, or how many there are. */
static uint32_t find_again(const struct borrow *borrow,
                           const struct lio_buffer_info *buffer)
{
    const struct lio_page *page = borrow->page;
    uint32_t i = borrow->nown;

    while (i < page->nbuffers && (page->buffers[i].offset != buffer->offset ||
                                  page->buffers[i].bytes != buffer->bytes))
        i++;
    return i;
}

static int add(struct borrow *borrow, const struct lio_buffer_info *buffer)
{
    struct lio_page *page = borrow->page;
    struct lio_buffer_info *more;

    borrow->why = "it has too many buffers";
    if (page->nbuffers == LIO_PAGE_BUFFERS_MAX)
        return LIO_ECORRUPT;
    borrow->why = "a buffer of its column or file runs past the end";
    if (!lio_range_fits(buffer->offset, buffer->bytes, borrow->lenders->end) ||
        buffer->bytes > borrow->left)
        return LIO_ECORRUPT;
    borrow->left -= buffer->bytes;
    more = realloc(page->buffers,
                   (page->nbuffers + (size_t)1) * sizeof(*page->buffers));
    if (!more)
        return LIO_ENOMEM;
    page->buffers = more;
    page->buffers[page->nbuffers++] = *buffer;
    return 0;
}

static int borrow_ref(struct borrow *borrow, Lio__Pb__BufferRef *ref)
{
    struct lio_buffer_info buffer;
    uint32_t number;
    int rc = 0;

    if (!ref || ref->kind == OWNER_PAGE)
        return 0;
    borrow->why = "a buffer of its column or file is not there";
    if (ref->kind >= OWNER_COUNT || !find(borrow->lenders, ref, &buffer))
        return LIO_ECORRUPT;
    number = find_again(borrow, &buffer);
    if (number == borrow->page->nbuffers)
        rc = add(borrow, &buffer);
    if (rc == 0) {
        ref->kind = OWNER_PAGE;
        ref->index = number;
    }
    return rc;
}

/* No deeper than messages nest. */
static int borrow_all(struct borrow *borrow, const Lio__Pb__ArrayEncoding *enc);

static int borrow_two(struct borrow *borrow,
                      const Lio__Pb__ArrayEncoding *first,
                      const Lio__Pb__ArrayEncoding *second)
{
    int rc = borrow_all(borrow, first);

    return rc < 0 ? rc : borrow_all(borrow, second);
}

static int borrow_nullable(struct borrow *borrow,
                           const Lio__Pb__NullableArray *enc)
{
    switch (enc->nulls_case) {
    case LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS:
        return borrow_all(borrow, enc->no_nulls->values);
    case LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS:
        return borrow_two(borrow, enc->some_nulls->validity,
                          enc->some_nulls->values);
    default:
        return 0;
    }
}

static int borrow_all(struct borrow *borrow, const Lio__Pb__ArrayEncoding *enc)
{
    switch (enc ? enc->array_case : LIO__PB__ARRAY_ENCODING__ARRAY__NOT_SET) {
    case LIO__PB__ARRAY_ENCODING__ARRAY_FLAT:
        return borrow_ref(borrow, enc->flat->buffer);
    case LIO__PB__ARRAY_ENCODING__ARRAY_PACKED_STRUCT:
        return borrow_ref(borrow, enc->packed_struct->buffer);
    case LIO__PB__ARRAY_ENCODING__ARRAY_BITPACKED:
        return borrow_ref(borrow, enc->bitpacked->buffer);
    case LIO__PB__ARRAY_ENCODING__ARRAY_BITPACKED_NON_NEG:
        return borrow_ref(borrow, enc->bitpacked_non_neg->buffer);
    case LIO__PB__ARRAY_ENCODING__ARRAY_NULLABLE:
        return borrow_nullable(borrow, enc->nullable);
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_LIST:
        return borrow_all(borrow, enc->fixed_size_list->items);
    case LIO__PB__ARRAY_ENCODING__ARRAY_LIST:
        return borrow_all(borrow, enc->list->offsets);
    case LIO__PB__ARRAY_ENCODING__ARRAY_BINARY:
        return borrow_two(borrow, enc->binary->indices, enc->binary->bytes);
    case LIO__PB__ARRAY_ENCODING__ARRAY_FSST:
        return borrow_all(borrow, enc->fsst->binary);
    case LIO__PB__ARRAY_ENCODING__ARRAY_DICTIONARY:
        return borrow_two(borrow, enc->dictionary->indices,
                          enc->dictionary->items);
    case LIO__PB__ARRAY_ENCODING__ARRAY_FIXED_SIZE_BINARY:
        return borrow_all(borrow, enc->fixed_size_binary->bytes);
    default:
        return 0;
    }
}

int lio_page_borrow(struct lio_page *page, const struct lio_lenders *lenders,
                    const char **ret_why)
{
    struct borrow borrow = { .page = page,
                             .lenders = lenders,
                             .nown = page->nbuffers,
                             .left = lenders->end - lio_page_bytes(page) };
    int rc = borrow_all(&borrow, page->array);

    if (rc < 0)
        *ret_why = rc == LIO_ENOMEM ? "no memory for it" : borrow.why;
    return rc;
}
