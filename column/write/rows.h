/*
 * The encoders of full-zip values.
 */
#ifndef LIO_COLUMN_WRITE_ROWS_H
#define LIO_COLUMN_WRITE_ROWS_H

#include "column/write/spans.h"
#include "column/write/strips.h"

/* Whether it is a packed struct of which some fields vary in size, or some of
 * those of a struct in it. */
bool lio_struct_varies(const struct lio_type *type);

struct lio_variable_rows {
    struct lio_spans spans;
    Lio__Pb__CompressiveEncoding *encoding;
};

LIO_MUST_CHECK int lio_variable_rows(const struct lio_encode *enc,
                                     const struct lio_plain *values,
                                     struct lio_variable_rows *ret_rows);

/* Values of fixed width, and the message for them. */
LIO_MUST_CHECK int lio_fixed_rows(const struct lio_encode *enc,
                                  const struct lio_plain *values,
                                  struct lio_fixed *ret_rows,
                                  Lio__Pb__CompressiveEncoding **ret_encoding);

/* Packed structs of which some fields vary in size. */
LIO_MUST_CHECK int lio_packed_struct_rows(const struct lio_encode *enc,
                                          const struct lio_plain *values,
                                          struct lio_variable_rows *ret_rows);

#endif
