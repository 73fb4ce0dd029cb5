/*
 * Pages of file version 2.0 while they are being encoded: a tree of messages,
 * and the buffers that its leaves name.
 */
#ifndef LIO_COLUMN_WRITE_PAGE20_H
#define LIO_COLUMN_WRITE_PAGE20_H

#include "column/write/chunks.h"
#include "column/write/messages20.h"
#include "column/write/spans.h"

struct lio_page20 {
    const struct lio_encode *enc;
    struct lio_array *array;
};

/* The same for bytes of strings, which are compressed if that was asked for and
 * saves enough. */
LIO_MUST_CHECK int lio_page20_bytes(struct lio_page20 *page,
                                    struct lio_bytes bytes,
                                    Lio__Pb__ArrayEncoding **ret_message);

/* Values as they are, without nulls: what offsets and indices are. */
LIO_MUST_CHECK int lio_page20_plain(struct lio_page20 *page, uint64_t bits,
                                    struct lio_bytes bytes,
                                    Lio__Pb__ArrayEncoding **ret_message);

/* A message, or LIO_ENOMEM if it is NULL. */
LIO_MUST_CHECK int lio_page20_message(struct lio_page20 *page,
                                      Lio__Pb__ArrayEncoding *message,
                                      Lio__Pb__ArrayEncoding **ret_message);

/* Values of any kind; nulls and all. */
LIO_MUST_CHECK int lio_page20_any(struct lio_page20 *page,
                                  const struct lio_plain *values,
                                  Lio__Pb__ArrayEncoding **ret_message);

/* Strings. */
LIO_MUST_CHECK int lio_page20_strings(struct lio_page20 *page,
                                      const struct lio_plain *values,
                                      Lio__Pb__ArrayEncoding **ret_message);

/* Columns of type dictionary. */
LIO_MUST_CHECK int lio_page20_dictionary(struct lio_page20 *page,
                                         const struct lio_plain *values,
                                         Lio__Pb__ArrayEncoding **ret_message);

#endif
