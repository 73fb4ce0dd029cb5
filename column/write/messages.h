/*
 * The messages that describe encodings, built in an arena.
 *
 * Each returns NULL without memory, and also if what is to go inside is NULL:
 * so a nest of calls is checked once.
 */
#ifndef LIO_COLUMN_WRITE_MESSAGES_H
#define LIO_COLUMN_WRITE_MESSAGES_H

#include "column/bytes.h"
#include "column/lance_encoding21.pb-c.h"
#include "column/write/arena.h"

#include <stdbool.h>

Lio__Pb__CompressiveEncoding *lio_message_flat(struct lio_arena *arena,
                                               uint64_t bits);

Lio__Pb__CompressiveEncoding *lio_message_variable(struct lio_arena *arena,
                                                   uint64_t offset_bits);

Lio__Pb__CompressiveEncoding *lio_message_inline(struct lio_arena *arena,
                                                 uint64_t plain_bits);

Lio__Pb__CompressiveEncoding *lio_message_out_of_line(struct lio_arena *arena,
                                                      uint64_t plain_bits,
                                                      uint64_t packed_bits);

/* Over values of `bits`. */
Lio__Pb__CompressiveEncoding *lio_message_rle(struct lio_arena *arena,
                                              uint64_t bits);
Lio__Pb__CompressiveEncoding *lio_message_split(struct lio_arena *arena,
                                                uint64_t bits);

/* `table` is not copied. */
Lio__Pb__CompressiveEncoding *
lio_message_fsst(struct lio_arena *arena, struct lio_bytes table,
                 Lio__Pb__CompressiveEncoding *values);

Lio__Pb__CompressiveEncoding *
lio_message_general(struct lio_arena *arena, uint32_t scheme,
                    Lio__Pb__CompressiveEncoding *values);

Lio__Pb__CompressiveEncoding *
lio_message_fixed_list(struct lio_arena *arena, uint64_t dimension,
                       bool has_validity, Lio__Pb__CompressiveEncoding *items);

/* `bits` of `n` fields, not copied; a row has all of them. */
Lio__Pb__CompressiveEncoding *lio_message_packed(struct lio_arena *arena,
                                                 uint64_t *bits, size_t n,
                                                 uint64_t row_bits);

/* `fields`, of which there are `n`, are not copied. */
Lio__Pb__CompressiveEncoding *
lio_message_variable_packed(struct lio_arena *arena,
                            Lio__Pb__PackedField **fields, size_t n);

#endif
