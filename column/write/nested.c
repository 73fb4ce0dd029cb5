/*
 * Fixed-size lists and packed structs in chunks.
 *
 *     fixed-size list     [validity of its items] [of inner lists] items
 *     packed struct       rows, fields side by side
 */
#include "column/write/chunks.h"
#include "column/write/cut.h"
#include "column/write/messages.h"
#include "column/write/strips.h"

/* The buffers of one chunk: slots `from` .. `from + n`. */
static int list_buffers(const struct lio_encode *enc,
                        const struct lio_list *list, uint64_t from, uint64_t n,
                        struct lio_bytes *buffers)
{
    int rc = 0;

    for (uint32_t i = 0; i < list->nvalidities && rc == 0; i++) {
        uint64_t items = list->validities[i].row_items;

        rc = lio_bits_part(enc, list->validities[i].bits, from * items,
                           n * items, buffers++);
    }
    return rc < 0 ? rc
                  : lio_fixed_part(enc, &list->items, from * list->row_items,
                                   n * list->row_items, buffers);
}

static int list_chunks(const struct lio_encode *enc,
                       const struct lio_plain *values, const uint64_t *entries,
                       struct lio_chunks *ret_chunks)
{
    struct lio_cut cut = { .bytes_max = UINT64_MAX, .entries = entries };
    struct lio_pieces pieces;
    struct lio_bytes *buffers;
    struct lio_list list;
    uint32_t nbuffers;
    int rc = lio_list_open(enc, values, &list);

    if (rc < 0)
        return rc;
    nbuffers = list.nvalidities + 1;
    cut.slots_max = lio_cut_power(list.row_items * list.items.bits,
                                  LIO_CHUNK_BYTES, LIO_CHUNK_SLOTS_MAX);
    rc = lio_cut_slots(enc, &cut, values->n, &pieces);
    if (rc == 0)
        rc = lio_cut_chunks(enc, &pieces, nbuffers, ret_chunks, &buffers);
    for (uint32_t i = 0; rc == 0 && i < pieces.n; i++)
        rc = list_buffers(enc, &list, lio_piece_start(&pieces, i),
                          pieces.ends[i] - lio_piece_start(&pieces, i),
                          buffers + (size_t)i * nbuffers);
    if (rc < 0)
        return rc;
    ret_chunks->encoding = lio_list_message(enc, values);
    ret_chunks->bytes = lio_bits_bytes(list.items.n * list.items.bits);
    return ret_chunks->encoding ? 0 : lio_encode_no_message(enc);
}

static int struct_chunks(const struct lio_encode *enc,
                         const struct lio_plain *values,
                         const uint64_t *entries, struct lio_chunks *ret_chunks)
{
    struct lio_fixed rows;
    uint64_t *bits;
    int rc = lio_struct_rows(enc, values, &rows, &bits);

    if (rc == 0)
        rc = lio_flat_chunks(enc, &rows, entries, ret_chunks);
    if (rc < 0)
        return rc;
    ret_chunks->encoding = lio_message_packed(
        enc->arena, bits, values->type->nchildren, rows.bits);
    return ret_chunks->encoding ? 0 : lio_encode_no_message(enc);
}

int lio_nested_chunks(const struct lio_encode *enc,
                      const struct lio_plain *values, const uint64_t *entries,
                      struct lio_chunks *ret_chunks)
{
    return values->type->kind == LIO_KIND_STRUCT
               ? struct_chunks(enc, values, entries, ret_chunks)
               : list_chunks(enc, values, entries, ret_chunks);
}
