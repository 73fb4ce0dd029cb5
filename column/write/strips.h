/*
 * Values of fixed width as rows of bytes, made of strips side by side:
 *
 *     fixed_size_list:float:2, some items null     | validity | float float |
 *     packed struct<a: int32, b: bool>             | a a a a | b |
 *
 * Validity is a bitmap in whole bytes for each row; a bool is a byte.  A struct
 * in a packed one is its fields, there.
 */
#ifndef LIO_COLUMN_WRITE_STRIPS_H
#define LIO_COLUMN_WRITE_STRIPS_H

#include "column/encoding.h"
#include "column/write/chunks.h"

/* A fixed-size list taken apart: its items, however deep, side by side. */
struct lio_list {
    struct lio_fixed items; /* n * all dimensions; nulls are zero */
    uint64_t row_items;     /* all dimensions */
    uint32_t nvalidities;   /* of items that may be null */
    struct lio_list_validity {
        const uint8_t *bits;
        uint64_t row_items;              /* of that level, in a row */
    } validities[LIO_VALUE_BUFFERS_MAX]; /* outer ones first */
};

/* LIO_EINVAL if there are more levels than a page can have. */
LIO_MUST_CHECK int lio_list_open(const struct lio_encode *enc,
                                 const struct lio_plain *values,
                                 struct lio_list *ret_list);

/* The message of such a list, over flat items. */
Lio__Pb__CompressiveEncoding *lio_list_message(const struct lio_encode *enc,
                                               const struct lio_plain *values);

/* A FIXED_LIST as rows of its validity and its items, which are not bools. */
LIO_MUST_CHECK int lio_list_rows(const struct lio_encode *enc,
                                 const struct lio_plain *values,
                                 struct lio_fixed *ret_rows);

/* Whether a field is null where its struct is not, which rows cannot tell. */
bool lio_struct_hides_null(const struct lio_plain *values,
                           const struct lio_plain *field);

/* A packed STRUCT of fields of fixed width as rows; `*ret_bits` is how many
 * bits of a row each field has. */
LIO_MUST_CHECK int lio_struct_rows(const struct lio_encode *enc,
                                   const struct lio_plain *values,
                                   struct lio_fixed *ret_rows,
                                   uint64_t **ret_bits);

#endif
