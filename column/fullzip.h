/*
 * What the decoders of full-zip pages share.
 */
#ifndef LIO_COLUMN_FULLZIP_H
#define LIO_COLUMN_FULLZIP_H

#include "column/page.h"
#include "column/slots.h"

#include "common/cursor.h"

struct lio_fullzip {
    const Lio__Pb__FullZipLayout *layout;
    const struct lio_page_input *in;
    struct lio_slots slots;
    uint32_t word_bytes; /* of a control word: 0, 1, 2 or 4 */
    uint64_t nslots;
    uint64_t slot; /* next */
};

/* Take the levels of an entry: whether it has a slot, and its definition. */
LIO_MUST_CHECK int lio_fullzip_take_word(struct lio_decode *dec,
                                         struct lio_fullzip *zip,
                                         struct lio_cursor *cur, bool *ret_slot,
                                         uint16_t *ret_def);

/* Check that nothing is left, and nothing missing. */
LIO_MUST_CHECK int lio_fullzip_finish(struct lio_decode *dec,
                                      const struct lio_fullzip *zip,
                                      const struct lio_cursor *cur);

/* Values of variable width: strings, and packed structs with strings. */
LIO_MUST_CHECK int lio_fullzip_variable(struct lio_decode *dec,
                                        struct lio_fullzip *zip);

#endif
