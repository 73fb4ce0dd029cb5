/*
 * Arrow IPC files of one column of uint32, which is what a deletion file is.
 */
#ifndef LIO_COLUMN_ARROW_FILE_H
#define LIO_COLUMN_ARROW_FILE_H

#include "column/bytes.h"

#include <lanceio/error.h>

/*
 * The numbers of a file, for the caller to free.
 * LIO_ENOMEM, or LIO_ECORRUPT or LIO_EUNSUPPORTED with a phrase in `*ret_why`.
 */
LIO_MUST_CHECK int lio_arrow_file_parse(struct lio_bytes in,
                                        uint32_t **ret_numbers, uint64_t *ret_n,
                                        const char **ret_why);

#endif
