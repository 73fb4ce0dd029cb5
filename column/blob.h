/*
 * Blobs: large binary values that lie in files by themselves.  Their column
 * holds but descriptors, which say where.  Up to 2.1 a blob is in its data
 * file:
 *
 *     position    size
 *     1234        77       77 bytes at byte 1234 of the file
 *     0           0        an empty value
 *     other       0        null
 *
 * and in 2.2 where the kind says:
 *
 *     kind           position, size, blob_id, blob_uri
 *     0 inline       bytes of the data file
 *     1 packed       bytes of DATA_FILE/ID.blob, many values in one
 *     2 dedicated    all of DATA_FILE/ID.blob
 *     3 external     bytes of a file that is not the table's: a file: URL, or a
 *                    path below base path `blob_id`; size 0 is all of the file
 *     4 managed      bytes of a path below base path `blob_id`
 */
#ifndef LIO_COLUMN_BLOB_H
#define LIO_COLUMN_BLOB_H

#include "column/dataset.h"

/* The types of descriptors, up to 2.1 and in 2.2. */
extern const struct lio_type lio_blob_type;
extern const struct lio_type lio_blob_type_22;

/* The leaf that the pages of a column decode to: with descriptors for values,
 * if these are blobs. */
struct lio_leaf lio_blob_leaf(const struct lio_dataset *dataset,
                              const struct lio_page_ref *ref);

/* Whether a column of a file describes blobs. */
bool lio_blob_is(const struct lio_dataset *dataset,
                 const struct lio_page_ref *ref);

/* Read the blobs that a slice describes, in whatever they are: a vector of the
 * slice's rows with values in the place of descriptors.  `ref` is any page of
 * the column that the slice is of. */
LIO_MUST_CHECK int lio_blob_read(const struct lio_dataset *dataset,
                                 const struct lio_page_ref *ref,
                                 const struct lio_slice *descriptors,
                                 struct lio_vector *ret_vector,
                                 struct lio_error *err);

#endif
