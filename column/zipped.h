/*
 * Values of variable width as full-zip pages have them, one at a time: strings,
 * perhaps compressed by themselves, and packed structs, whose fields lie side
 * by side and may be either again.
 *
 *     fixed width        | value |
 *     string, struct     | length | bytes |
 */
#ifndef LIO_COLUMN_ZIPPED_H
#define LIO_COLUMN_ZIPPED_H

#include "column/fsst.h"
#include "column/values.h"

/* How values are taken from their bytes, and where they go. */
struct lio_zipped {
    struct lio_builder *builder;
    struct lio_parts *parts; /* of fixed width: their bytes */
    uint32_t length_bytes;   /* of what says how long each is; 0: they are of
                                fixed width */
    struct lio_fsst fsst;    /* of strings: how they are compressed */
    bool is_fsst;
    uint32_t scheme;           /* 0: none */
    struct lio_zipped *fields; /* of structs */
    uint32_t nfields;
};

/* For the builder's values, strings or structs, as `enc` says. */
LIO_MUST_CHECK int lio_zipped_init(struct lio_decode *dec,
                                   const Lio__Pb__CompressiveEncoding *enc,
                                   struct lio_builder *builder,
                                   struct lio_zipped *ret_zipped);
void lio_zipped_release(struct lio_zipped *zipped);

/* Put a value into row `row`; strings are appended, row after row. */
LIO_MUST_CHECK int lio_zipped_put(struct lio_decode *dec,
                                  struct lio_zipped *zipped, uint64_t row,
                                  struct lio_bytes value);

/* The row is null: its place stays as it is. */
LIO_MUST_CHECK int lio_zipped_put_null(struct lio_decode *dec,
                                       struct lio_zipped *zipped);

#endif
