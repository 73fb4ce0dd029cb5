/*
 * The messages of file version 2.0, built in an arena; see messages.h for what
 * NULL means.
 */
#ifndef LIO_COLUMN_WRITE_MESSAGES20_H
#define LIO_COLUMN_WRITE_MESSAGES20_H

#include "column/bytes.h"
#include "column/lance_encoding20.pb-c.h"
#include "column/write/arena.h"

/* `scheme` is NULL for values as they are; it is not copied. */
Lio__Pb__ArrayEncoding *lio_message20_flat(struct lio_arena *arena,
                                           uint64_t bits, uint32_t buffer,
                                           const char *scheme);

/* Values without nulls; with nulls, as `validity` tells; and nothing but
 * nulls. */
Lio__Pb__ArrayEncoding *lio_message20_no_nulls(struct lio_arena *arena,
                                               Lio__Pb__ArrayEncoding *values);
Lio__Pb__ArrayEncoding *
lio_message20_some_nulls(struct lio_arena *arena,
                         Lio__Pb__ArrayEncoding *validity,
                         Lio__Pb__ArrayEncoding *values);
Lio__Pb__ArrayEncoding *lio_message20_all_nulls(struct lio_arena *arena);

Lio__Pb__ArrayEncoding *lio_message20_fixed_list(struct lio_arena *arena,
                                                 uint32_t dimension,
                                                 Lio__Pb__ArrayEncoding *items);

Lio__Pb__ArrayEncoding *lio_message20_list(struct lio_arena *arena,
                                           Lio__Pb__ArrayEncoding *offsets,
                                           uint64_t nitems);

Lio__Pb__ArrayEncoding *lio_message20_struct(struct lio_arena *arena);

Lio__Pb__ArrayEncoding *lio_message20_binary(struct lio_arena *arena,
                                             Lio__Pb__ArrayEncoding *indices,
                                             Lio__Pb__ArrayEncoding *bytes,
                                             uint64_t null_adjustment);

Lio__Pb__ArrayEncoding *
lio_message20_dictionary(struct lio_arena *arena,
                         Lio__Pb__ArrayEncoding *indices,
                         Lio__Pb__ArrayEncoding *items, uint32_t nitems);

/* `table` is not copied. */
Lio__Pb__ArrayEncoding *lio_message20_fsst(struct lio_arena *arena,
                                           Lio__Pb__ArrayEncoding *binary,
                                           struct lio_bytes table);

/* `inner`, of `n` fields, is not copied. */
Lio__Pb__ArrayEncoding *
lio_message20_packed_struct(struct lio_arena *arena,
                            Lio__Pb__ArrayEncoding **inner, size_t n,
                            uint32_t buffer);

#endif
