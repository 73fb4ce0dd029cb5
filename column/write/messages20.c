/*
 * Messages of 2.0.
 */
#include "column/write/messages20.h"

/* Declares `enc`, a message of kind `which` whose `member` is a zeroed `type`;
 * returns NULL from the function if there is no memory. */
#define NEW_ARRAY(arena, enc, which, member, type, stem)                       \
    Lio__Pb__ArrayEncoding *enc = lio_arena_zeroed(arena, sizeof(*enc));       \
    if (!enc)                                                                  \
        return NULL;                                                           \
    lio__pb__array_encoding__init(enc);                                        \
    enc->array_case = LIO__PB__ARRAY_ENCODING__ARRAY_##which;                  \
    enc->member = lio_arena_zeroed(arena, sizeof(type));                       \
    if (!enc->member)                                                          \
        return NULL;                                                           \
    lio__pb__##stem##__init(enc->member)

static Lio__Pb__BufferRef *reference(struct lio_arena *arena, uint32_t buffer)
{
    Lio__Pb__BufferRef *ref = lio_arena_zeroed(arena, sizeof(*ref));

    if (!ref)
        return NULL;
    lio__pb__buffer_ref__init(ref);
    ref->has_index = 1;
    ref->index = buffer;
    return ref;
}

Lio__Pb__ArrayEncoding *lio_message20_flat(struct lio_arena *arena,
                                           uint64_t bits, uint32_t buffer,
                                           const char *scheme)
{
    Lio__Pb__BufferScheme *compression;

    NEW_ARRAY(arena, enc, FLAT, flat, Lio__Pb__FlatArray, flat_array);
    enc->flat->has_bits = 1;
    enc->flat->bits = bits;
    enc->flat->buffer = reference(arena, buffer);
    if (!enc->flat->buffer || !scheme)
        return enc->flat->buffer ? enc : NULL;
    compression = lio_arena_zeroed(arena, sizeof(*compression));
    if (!compression)
        return NULL;
    lio__pb__buffer_scheme__init(compression);
    compression->scheme = (char *)(uintptr_t)scheme;
    enc->flat->compression = compression;
    return enc;
}

Lio__Pb__ArrayEncoding *lio_message20_no_nulls(struct lio_arena *arena,
                                               Lio__Pb__ArrayEncoding *values)
{
    Lio__Pb__NoNulls *no_nulls;

    NEW_ARRAY(arena, enc, NULLABLE, nullable, Lio__Pb__NullableArray,
              nullable_array);
    no_nulls = lio_arena_zeroed(arena, sizeof(*no_nulls));
    if (!no_nulls || !values)
        return NULL;
    lio__pb__no_nulls__init(no_nulls);
    no_nulls->values = values;
    enc->nullable->nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS;
    enc->nullable->no_nulls = no_nulls;
    return enc;
}

Lio__Pb__ArrayEncoding *
lio_message20_some_nulls(struct lio_arena *arena,
                         Lio__Pb__ArrayEncoding *validity,
                         Lio__Pb__ArrayEncoding *values)
{
    Lio__Pb__SomeNulls *some_nulls;

    NEW_ARRAY(arena, enc, NULLABLE, nullable, Lio__Pb__NullableArray,
              nullable_array);
    some_nulls = lio_arena_zeroed(arena, sizeof(*some_nulls));
    if (!some_nulls || !validity || !values)
        return NULL;
    lio__pb__some_nulls__init(some_nulls);
    some_nulls->validity = validity;
    some_nulls->values = values;
    enc->nullable->nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS;
    enc->nullable->some_nulls = some_nulls;
    return enc;
}

Lio__Pb__ArrayEncoding *lio_message20_all_nulls(struct lio_arena *arena)
{
    Lio__Pb__AllNulls *all_nulls;

    NEW_ARRAY(arena, enc, NULLABLE, nullable, Lio__Pb__NullableArray,
              nullable_array);
    all_nulls = lio_arena_zeroed(arena, sizeof(*all_nulls));
    if (!all_nulls)
        return NULL;
    lio__pb__all_nulls__init(all_nulls);
    enc->nullable->nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS;
    enc->nullable->all_nulls = all_nulls;
    return enc;
}

Lio__Pb__ArrayEncoding *lio_message20_fixed_list(struct lio_arena *arena,
                                                 uint32_t dimension,
                                                 Lio__Pb__ArrayEncoding *items)
{
    NEW_ARRAY(arena, enc, FIXED_SIZE_LIST, fixed_size_list,
              Lio__Pb__FixedSizeListArray, fixed_size_list_array);
    enc->fixed_size_list->has_dimension = 1;
    enc->fixed_size_list->dimension = dimension;
    enc->fixed_size_list->items = items;
    return items ? enc : NULL;
}

Lio__Pb__ArrayEncoding *lio_message20_list(struct lio_arena *arena,
                                           Lio__Pb__ArrayEncoding *offsets,
                                           uint64_t nitems)
{
    NEW_ARRAY(arena, enc, LIST, list, Lio__Pb__ListArray, list_array);
    enc->list->offsets = offsets;
    enc->list->has_null_adjustment = 1;
    enc->list->null_adjustment = nitems + 1;
    enc->list->has_nitems = 1;
    enc->list->nitems = nitems;
    return offsets ? enc : NULL;
}

Lio__Pb__ArrayEncoding *lio_message20_struct(struct lio_arena *arena)
{
    NEW_ARRAY(arena, enc, STRUCTURE, structure, Lio__Pb__StructArray,
              struct_array);
    return enc;
}

Lio__Pb__ArrayEncoding *lio_message20_binary(struct lio_arena *arena,
                                             Lio__Pb__ArrayEncoding *indices,
                                             Lio__Pb__ArrayEncoding *bytes,
                                             uint64_t null_adjustment)
{
    NEW_ARRAY(arena, enc, BINARY, binary, Lio__Pb__BinaryArray, binary_array);
    enc->binary->indices = indices;
    enc->binary->bytes = bytes;
    enc->binary->has_null_adjustment = 1;
    enc->binary->null_adjustment = null_adjustment;
    return indices && bytes ? enc : NULL;
}

Lio__Pb__ArrayEncoding *
lio_message20_dictionary(struct lio_arena *arena,
                         Lio__Pb__ArrayEncoding *indices,
                         Lio__Pb__ArrayEncoding *items, uint32_t nitems)
{
    NEW_ARRAY(arena, enc, DICTIONARY, dictionary, Lio__Pb__DictionaryArray,
              dictionary_array);
    enc->dictionary->indices = indices;
    enc->dictionary->items = items;
    enc->dictionary->has_nitems = 1;
    enc->dictionary->nitems = nitems;
    return indices && items ? enc : NULL;
}

Lio__Pb__ArrayEncoding *lio_message20_fsst(struct lio_arena *arena,
                                           Lio__Pb__ArrayEncoding *binary,
                                           struct lio_bytes table)
{
    NEW_ARRAY(arena, enc, FSST, fsst, Lio__Pb__FsstArray, fsst_array);
    enc->fsst->binary = binary;
    enc->fsst->has_symbol_table = 1;
    enc->fsst->symbol_table.data = (uint8_t *)(uintptr_t)table.data;
    enc->fsst->symbol_table.len = table.bytes;
    return binary ? enc : NULL;
}

Lio__Pb__ArrayEncoding *
lio_message20_packed_struct(struct lio_arena *arena,
                            Lio__Pb__ArrayEncoding **inner, size_t n,
                            uint32_t buffer)
{
    NEW_ARRAY(arena, enc, PACKED_STRUCT, packed_struct,
              Lio__Pb__PackedStructArray, packed_struct_array);
    enc->packed_struct->n_inner = n;
    enc->packed_struct->inner = inner;
    enc->packed_struct->buffer = reference(arena, buffer);
    return enc->packed_struct->buffer ? enc : NULL;
}
