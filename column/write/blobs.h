/*
 * Blobs up to 2.1: their bytes lie in the file by themselves, and the page of
 * their column says where.
 */
#ifndef LIO_COLUMN_WRITE_BLOBS_H
#define LIO_COLUMN_WRITE_BLOBS_H

#include "column/write/page_writer.h"

/*
 * Make the page for blobs whose bytes, those of `raw`, lie in the file from
 * `at` on.  Lists above them cannot be said.  LIO_ENOMEM.
 */
LIO_MUST_CHECK int lio_blobs_write(const struct lio_encode *enc,
                                   const struct lio_raw_page *raw, uint64_t at,
                                   struct lio_page_image *ret_image);

#endif
