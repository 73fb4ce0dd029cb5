/*
 * Blobs: large binary values that lie in the data file by themselves.  Their
 * column holds but descriptors, structs of two integers:
 *
 *     position    size
 *     1234        77       77 bytes at byte 1234 of the file
 *     0           0        an empty value
 *     other       0        null
 */
#ifndef LIO_COLUMN_BLOB_H
#define LIO_COLUMN_BLOB_H

#include "column/data_file.h"

/* The type of a descriptor. */
extern const struct lio_type lio_blob_type;

/* Read the values of descriptors as values of `type`.  `name` is that of the
 * column, for messages; `limit` bounds the bytes of all. */
LIO_MUST_CHECK int lio_blob_read(const struct lio_data_file *file,
                                 const char *name, const struct lio_type *type,
                                 const struct lio_slice *descriptors,
                                 uint64_t limit, struct lio_vector *ret_vector,
                                 struct lio_error *err);

#endif
