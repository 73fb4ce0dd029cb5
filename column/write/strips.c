/*
 * Strips.
 */
#include "column/write/strips.h"

#include "column/write/messages.h"

#include <inttypes.h>

/* -- lists --------------------------------------------------------------- */

static void zero_items(uint8_t *items, uint64_t bits, uint64_t from, uint64_t n)
{
    if (bits == 1)
        lio_bits_fill(items, from, n, false);
    else
        memset(items + from * (bits / 8), 0, (size_t)(n * (bits / 8)));
}

/* Copy the items, and zero those of slots that are null at some level. */
static int blank_nulls(const struct lio_encode *enc,
                       const struct lio_plain *values, struct lio_list *list)
{
    uint64_t bits = list->items.bits, items = list->row_items;
    uint64_t bytes = lio_bits_bytes(list->items.n * bits);
    uint8_t *copy;
    int rc = lio_encode_alloc(enc, bytes, &copy);

    if (rc < 0)
        return rc;
    if (bytes > 0)
        memcpy(copy, list->items.values, (size_t)bytes);
    for (;; values = values->children) {
        for (uint64_t i = 0; values->validity && i < values->n; i++)
            if (!lio_bit_get(values->validity, i))
                zero_items(copy, bits, i * items, items);
        if (values->type->kind != LIO_KIND_FIXED_LIST)
            break;
        items /= values->type->dimension;
    }
    list->items.values = copy;
    return 0;
}

int lio_list_open(const struct lio_encode *enc, const struct lio_plain *values,
                  struct lio_list *ret_list)
{
    struct lio_list list = { .row_items = 1 };
    const struct lio_plain *at = values;
    bool nulls = lio_plain_nulls(values) > 0;

    while (at->type->kind == LIO_KIND_FIXED_LIST) {
        list.row_items *= at->type->dimension;
        at = at->children;
        if (lio_plain_nulls(at) == 0)
            continue;
        nulls = true;
        /* One buffer is for the items themselves. */
        if (list.nvalidities == LIO_VALUE_BUFFERS_MAX - 1)
            return lio_error_set(enc->err, LIO_EINVAL,
                                 "column '%s': fixed-size lists nest too deep",
                                 enc->column);
        list.validities[list.nvalidities].bits = at->validity;
        list.validities[list.nvalidities++].row_items = list.row_items;
    }
    list.items = (struct lio_fixed){ at->values, at->n, at->type->bits };
    *ret_list = list;
    return nulls ? blank_nulls(enc, values, ret_list) : 0;
}

Lio__Pb__CompressiveEncoding *lio_list_message(const struct lio_encode *enc,
                                               const struct lio_plain *values)
{
    Lio__Pb__CompressiveEncoding *items;

    if (values->type->kind != LIO_KIND_FIXED_LIST)
        return lio_message_flat(enc->arena, values->type->bits);
    items = lio_list_message(enc, values->children);
    return lio_message_fixed_list(enc->arena, values->type->dimension,
                                  lio_plain_nulls(values->children) > 0, items);
}

bool lio_struct_hides_null(const struct lio_plain *values,
                           const struct lio_plain *field)
{
    for (uint64_t i = 0; field->validity && i < values->n; i++)
        if (lio_plain_valid(values, i) && !lio_plain_valid(field, i))
            return true;
    return false;
}

/* -- rows ---------------------------------------------------------------- */

/* What a strip takes its bytes from. */
struct strip {
    const uint8_t *from; /* bytes, or bits if `bits` is not 0 */
    uint64_t bits;       /* in a row */
    uint64_t bytes;      /* in a row */
    bool spread;         /* each bit to a byte */
};

static void lay_bits(const struct strip *strip, uint64_t row, uint8_t *to)
{
    if (!strip->spread) {
        memset(to, 0, (size_t)strip->bytes);
        lio_bits_copy(to, 0, strip->from, row * strip->bits, strip->bits);
        return;
    }
    for (uint64_t i = 0; i < strip->bits; i++)
        to[i] = lio_bit_get(strip->from, row * strip->bits + i);
}

static void lay(const struct strip *strip, uint64_t n, uint64_t stride,
                uint8_t *to)
{
    for (uint64_t row = 0; row < n; row++, to += stride)
        if (strip->bits > 0)
            lay_bits(strip, row, to);
        else
            memcpy(to, strip->from + row * strip->bytes, (size_t)strip->bytes);
}

static int lay_all(const struct lio_encode *enc, const struct strip *strips,
                   uint32_t nstrips, uint64_t n, struct lio_fixed *ret_rows)
{
    uint64_t stride = 0, at = 0;
    uint8_t *out;
    int rc;

    for (uint32_t i = 0; i < nstrips; i++)
        stride += strips[i].bytes;
    rc = lio_encode_alloc(enc, n * stride, &out);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < nstrips; i++) {
        lay(&strips[i], n, stride, out + at);
        at += strips[i].bytes;
    }
    *ret_rows = (struct lio_fixed){ out, n, stride * 8 };
    return 0;
}

static struct strip strip_of(const struct lio_list *list)
{
    uint64_t bits = list->items.bits;

    if (bits == 1)
        return (struct strip){ list->items.values, list->row_items,
                               list->row_items, true };
    return (struct strip){ list->items.values, 0, list->row_items * (bits / 8),
                           false };
}

int lio_list_rows(const struct lio_encode *enc, const struct lio_plain *values,
                  struct lio_fixed *ret_rows)
{
    struct strip strips[LIO_VALUE_BUFFERS_MAX];
    struct lio_list list;
    int rc = lio_list_open(enc, values, &list);

    if (rc < 0)
        return rc;
    if (list.items.bits == 1)
        return lio_error_set(enc->err, LIO_EINVAL,
                             "column '%s': fixed-size lists of bools cannot be "
                             "in a full-zip page",
                             enc->column);
    if (list.nvalidities == 0) {
        *ret_rows = (struct lio_fixed){ list.items.values, values->n,
                                        list.row_items * list.items.bits };
        return 0;
    }
    for (uint32_t i = 0; i < list.nvalidities; i++) {
        uint64_t items = list.validities[i].row_items;

        strips[i] = (struct strip){ list.validities[i].bits, items,
                                    lio_bits_bytes(items), false };
    }
    strips[list.nvalidities] = strip_of(&list);
    return lay_all(enc, strips, list.nvalidities + 1, values->n, ret_rows);
}

/* A struct's rows are a strip in those of the struct that it is in. */
static int open_strip(const struct lio_encode *enc,
                      const struct lio_plain *structs,
                      const struct lio_plain *values, struct strip *strip)
{
    struct lio_fixed rows;
    struct lio_list list = { .nvalidities = 0 };
    uint64_t *bits;
    int rc = values->type->kind == LIO_KIND_STRUCT
                 ? lio_struct_rows(enc, values, &rows, &bits)
                 : lio_list_open(enc, values, &list);

    if (rc == 0 &&
        (list.nvalidities > 0 || lio_struct_hides_null(structs, values)))
        rc = lio_error_set(enc->err, LIO_EINVAL,
                           "column '%s': a packed struct cannot hold nulls",
                           enc->column);
    if (rc < 0)
        return rc;
    *strip = values->type->kind == LIO_KIND_STRUCT
                 ? (struct strip){ .from = rows.values, .bytes = rows.bits / 8 }
                 : strip_of(&list);
    return 0;
}

int lio_struct_rows(const struct lio_encode *enc,
                    const struct lio_plain *values, struct lio_fixed *ret_rows,
                    uint64_t **ret_bits)
{
    uint32_t nfields = values->type->nchildren;
    struct strip *strips;
    uint64_t *bits;
    int rc = lio_encode_alloc(enc, nfields * sizeof(*strips), &strips);

    if (rc == 0)
        rc = lio_encode_alloc(enc, nfields * sizeof(*bits), &bits);
    for (uint32_t i = 0; i < nfields && rc == 0; i++) {
        rc = open_strip(enc, values, &values->children[i], &strips[i]);
        if (rc == 0)
            bits[i] = strips[i].bytes * 8;
    }
    if (rc == 0)
        rc = lay_all(enc, strips, nfields, values->n, ret_rows);
    if (rc == 0)
        *ret_bits = bits;
    return rc;
}
