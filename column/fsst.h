/*
 * FSST: strings as codes of up to 255 symbols of 1 to 8 bytes.
 */
#ifndef LIO_COLUMN_FSST_H
#define LIO_COLUMN_FSST_H

#include "column/strings.h"

#include <stdbool.h>

#define LIO_FSST_SYMBOL_MAX 8 /* bytes; what a code may become */

struct lio_fsst {
    uint32_t nsymbols;
    bool stored; /* nothing is compressed, whatever the encoding says */
    const uint8_t *symbols; /* nsymbols of 8 bytes */
    const uint8_t *lengths; /* nsymbols of 1 .. 8 */
};

/* Check a symbol table; `ret_fsst` points into it. */
LIO_MUST_CHECK int lio_fsst_parse(struct lio_decode *dec,
                                  struct lio_bytes table,
                                  struct lio_fsst *ret_fsst);

/* Expand one value and append it. */
LIO_MUST_CHECK int lio_fsst_append(struct lio_decode *dec,
                                   const struct lio_fsst *fsst,
                                   struct lio_bytes value,
                                   struct lio_strings *out);

/* Expand all values of `packed` and append them. */
LIO_MUST_CHECK int lio_fsst_append_all(struct lio_decode *dec,
                                       const struct lio_fsst *fsst,
                                       const struct lio_strings *packed,
                                       struct lio_strings *out);

#endif
