/*
 * The dictionary of a mini-block page: distinct values, which the rows name by
 * number.
 */
#ifndef LIO_COLUMN_DICTIONARY_H
#define LIO_COLUMN_DICTIONARY_H

#include "column/builder.h"
#include "column/encoding.h"

struct lio_dictionary {
    const struct lio_type *type;
    uint64_t nitems;
    struct lio_mem *values;     /* LIO_KIND_FIXED */
    struct lio_strings strings; /* LIO_KIND_VARIABLE */
};

LIO_MUST_CHECK int lio_dictionary_open(struct lio_decode *dec,
                                       const Lio__Pb__CompressiveEncoding *enc,
                                       uint64_t nitems, struct lio_bytes buffer,
                                       const struct lio_type *type,
                                       struct lio_dictionary *ret_dictionary);
void lio_dictionary_release(struct lio_dictionary *dictionary);

/* Another that has the same items: they are not changed any more. */
struct lio_dictionary
lio_dictionary_share(const struct lio_dictionary *dictionary);

/* Put the items that `indices` name into the builder's rows from `row` on, or
 * the indices themselves if its type is a dictionary. */
LIO_MUST_CHECK int
lio_dictionary_gather(struct lio_decode *dec,
                      const struct lio_dictionary *dictionary,
                      const uint8_t *indices, uint32_t index_bits, uint64_t row,
                      uint64_t n, struct lio_builder *builder);

/* The same where few of the rows are wanted, and strings are worth it: the
 * others are empty then. */
LIO_MUST_CHECK int lio_dictionary_gather_some(
    struct lio_decode *dec, const struct lio_dictionary *dictionary,
    const uint8_t *indices, uint32_t index_bits, uint64_t row, uint64_t n,
    const uint8_t *wanted, struct lio_builder *builder);

/* Make it that of a builder whose type is a dictionary; otherwise nothing. */
void lio_dictionary_finish(struct lio_dictionary *dictionary,
                           struct lio_builder *builder);

#endif
