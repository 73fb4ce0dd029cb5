/*
 * Messages.
 */
#include "column/write/messages.h"

#define ENCODING(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

/* Declares `enc`, a message of kind `which` whose `member` is a zeroed `type`;
 * returns NULL from the function if there is no memory. */
#define NEW_ENCODING(arena, enc, which, member, type, stem)                    \
    Lio__Pb__CompressiveEncoding *enc = lio_arena_zeroed(arena, sizeof(*enc)); \
    if (!enc)                                                                  \
        return NULL;                                                           \
    lio__pb__compressive_encoding__init(enc);                                  \
    enc->compression_case = ENCODING(which);                                   \
    enc->member = lio_arena_zeroed(arena, sizeof(type));                       \
    if (!enc->member)                                                          \
        return NULL;                                                           \
    lio__pb__##stem##__init(enc->member)

Lio__Pb__CompressiveEncoding *lio_message_flat(struct lio_arena *arena,
                                               uint64_t bits)
{
    NEW_ENCODING(arena, enc, FLAT, flat, Lio__Pb__Flat, flat);
    enc->flat->has_bits = 1;
    enc->flat->bits = bits;
    return enc;
}

Lio__Pb__CompressiveEncoding *lio_message_variable(struct lio_arena *arena,
                                                   uint64_t offset_bits)
{
    NEW_ENCODING(arena, enc, VARIABLE, variable, Lio__Pb__Variable, variable);
    enc->variable->offsets = lio_message_flat(arena, offset_bits);
    return enc->variable->offsets ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *lio_message_inline(struct lio_arena *arena,
                                                 uint64_t plain_bits)
{
    NEW_ENCODING(arena, enc, INLINE_BITPACKING, inline_bitpacking,
                 Lio__Pb__InlineBitpacking, inline_bitpacking);
    enc->inline_bitpacking->has_plain_bits = 1;
    enc->inline_bitpacking->plain_bits = plain_bits;
    return enc;
}

Lio__Pb__CompressiveEncoding *lio_message_out_of_line(struct lio_arena *arena,
                                                      uint64_t plain_bits,
                                                      uint64_t packed_bits)
{
    NEW_ENCODING(arena, enc, OUT_OF_LINE_BITPACKING, out_of_line_bitpacking,
                 Lio__Pb__OutOfLineBitpacking, out_of_line_bitpacking);
    enc->out_of_line_bitpacking->has_plain_bits = 1;
    enc->out_of_line_bitpacking->plain_bits = plain_bits;
    enc->out_of_line_bitpacking->values = lio_message_flat(arena, packed_bits);
    return enc->out_of_line_bitpacking->values ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *lio_message_rle(struct lio_arena *arena,
                                              uint64_t bits)
{
    NEW_ENCODING(arena, enc, RLE, rle, Lio__Pb__Rle, rle);
    enc->rle->values = lio_message_flat(arena, bits);
    enc->rle->run_lengths = lio_message_flat(arena, 8);
    return enc->rle->values && enc->rle->run_lengths ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *lio_message_split(struct lio_arena *arena,
                                                uint64_t bits)
{
    NEW_ENCODING(arena, enc, BYTE_STREAM_SPLIT, byte_stream_split,
                 Lio__Pb__ByteStreamSplit, byte_stream_split);
    enc->byte_stream_split->values = lio_message_flat(arena, bits);
    return enc->byte_stream_split->values ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *
lio_message_fsst(struct lio_arena *arena, struct lio_bytes table,
                 Lio__Pb__CompressiveEncoding *values)
{
    NEW_ENCODING(arena, enc, FSST, fsst, Lio__Pb__Fsst, fsst);
    enc->fsst->has_symbol_table = 1;
    enc->fsst->symbol_table.data = (uint8_t *)(uintptr_t)table.data;
    enc->fsst->symbol_table.len = table.bytes;
    enc->fsst->values = values;
    return values ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *
lio_message_general(struct lio_arena *arena, uint32_t scheme,
                    Lio__Pb__CompressiveEncoding *values)
{
    Lio__Pb__BufferCompression *compression;

    NEW_ENCODING(arena, enc, GENERAL, general, Lio__Pb__General, general);
    compression = lio_arena_zeroed(arena, sizeof(*compression));
    if (!compression || !values)
        return NULL;
    lio__pb__buffer_compression__init(compression);
    compression->has_scheme = 1;
    compression->scheme = scheme;
    enc->general->compression = compression;
    enc->general->values = values;
    return enc;
}

Lio__Pb__CompressiveEncoding *
lio_message_fixed_list(struct lio_arena *arena, uint64_t dimension,
                       bool has_validity, Lio__Pb__CompressiveEncoding *items)
{
    NEW_ENCODING(arena, enc, FIXED_SIZE_LIST, fixed_size_list,
                 Lio__Pb__FixedSizeList, fixed_size_list);
    enc->fixed_size_list->has_items_per_value = 1;
    enc->fixed_size_list->items_per_value = dimension;
    enc->fixed_size_list->has_has_validity = has_validity;
    enc->fixed_size_list->has_validity = has_validity;
    enc->fixed_size_list->values = items;
    return items ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *lio_message_packed(struct lio_arena *arena,
                                                 uint64_t *bits, size_t n,
                                                 uint64_t row_bits)
{
    NEW_ENCODING(arena, enc, PACKED_STRUCT, packed_struct,
                 Lio__Pb__PackedStruct, packed_struct);
    enc->packed_struct->n_bits = n;
    enc->packed_struct->bits = bits;
    enc->packed_struct->values = lio_message_flat(arena, row_bits);
    return enc->packed_struct->values ? enc : NULL;
}

Lio__Pb__CompressiveEncoding *
lio_message_variable_packed(struct lio_arena *arena,
                            Lio__Pb__PackedField **fields, size_t n)
{
    NEW_ENCODING(arena, enc, VARIABLE_PACKED_STRUCT, variable_packed_struct,
                 Lio__Pb__VariablePackedStruct, variable_packed_struct);
    enc->variable_packed_struct->n_fields = n;
    enc->variable_packed_struct->fields = fields;
    return enc;
}
