/*
 * Roaring bitmaps of 32-bit numbers, in their portable form.
 */
#ifndef LIO_COLUMN_ROARING_H
#define LIO_COLUMN_ROARING_H

#include "column/bytes.h"
#include "column/gaps.h"

/*
 * Add the numbers of a bitmap to `gaps`, which is empty.  LIO_ENOMEM, or
 * LIO_ECORRUPT with a phrase in `*ret_why`.
 */
LIO_MUST_CHECK int lio_roaring_parse(struct lio_bytes in, struct lio_gaps *gaps,
                                     const char **ret_why);

#endif
