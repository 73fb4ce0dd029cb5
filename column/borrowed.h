/*
 * Buffers that arrays of 2.0 borrow: besides those of its page an array may
 * name buffers of its column, which all pages share, and of its file.
 *
 *     page 0    | codes |
 *     page 1    | codes |
 *     column    | values that both number |
 *
 * They become buffers of the page, behind its own, so that nobody else has to
 * know of them.
 */
#ifndef LIO_COLUMN_BORROWED_H
#define LIO_COLUMN_BORROWED_H

#include "column/lance_file.pb-c.h"
#include "column/page.h"

struct lio_lenders {
    const Lio__Pb__ColumnMetadata *column;
    struct lio_bytes globals; /* the table: u64 position, u64 bytes of each */
    uint64_t end;             /* of what can be a buffer in the file */
};

/* Give a page what its array borrows.  LIO_ENOMEM, or LIO_ECORRUPT, for which
 * `*ret_why` is a phrase. */
LIO_MUST_CHECK int lio_page_borrow(struct lio_page *page,
                                   const struct lio_lenders *lenders,
                                   const char **ret_why);

#endif
