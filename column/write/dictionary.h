/*
 * Dictionaries of mini-block pages: distinct values once, and their numbers in
 * the chunks.
 */
#ifndef LIO_COLUMN_WRITE_DICTIONARY_H
#define LIO_COLUMN_WRITE_DICTIONARY_H

#include "column/write/distinct.h"

/* Replace `chunks`, which hold the same values otherwise, by those with a
 * dictionary, if that saves enough. */
LIO_MUST_CHECK int lio_dictionary_try(const struct lio_encode *enc,
                                      const struct lio_distinct_of *of,
                                      const uint64_t *entries,
                                      struct lio_chunks *chunks);

/* Columns of type dictionary. */
LIO_MUST_CHECK int lio_dictionary_chunks(const struct lio_encode *enc,
                                         const struct lio_plain *values,
                                         const uint64_t *entries,
                                         struct lio_chunks *ret_chunks);

#endif
