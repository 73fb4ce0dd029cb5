/*
 * Pages of 2.0.  Nulls of most kinds are told by a `nullable` around them:
 *
 *     no nulls      values
 *     some          validity, values     a null has a value, too
 *     all           nothing at all
 *
 * Strings and lists have theirs in where they end, see page20_strings.c.
 */
#include "column/write/page20.h"

#include "column/write/pack.h"
#include "column/write/strips.h"

#include <inttypes.h>

#define END_BITS 64

int lio_page20_message(struct lio_page20 *page, Lio__Pb__ArrayEncoding *message,
                       Lio__Pb__ArrayEncoding **ret_message)
{
    if (!message)
        return lio_encode_no_message(page->enc);
    *ret_message = message;
    return 0;
}

static int add_buffer(struct lio_page20 *page, struct lio_bytes bytes,
                      uint32_t *ret_buffer)
{
    struct lio_array *array = page->array;

    if (array->nbuffers == LIO_ARRAY_BUFFERS_MAX)
        return lio_error_set(page->enc->err, LIO_EINVAL,
                             "column '%s': a page of more than %d buffers",
                             page->enc->column, LIO_ARRAY_BUFFERS_MAX);
    *ret_buffer = array->nbuffers;
    array->buffers[array->nbuffers++] = bytes;
    return 0;
}

/* Add a buffer that holds values of `bits` as they are, and the message that
 * names it. */
static int add_flat(struct lio_page20 *page, uint64_t bits,
                    struct lio_bytes bytes,
                    Lio__Pb__ArrayEncoding **ret_message)
{
    uint32_t buffer;
    int rc = add_buffer(page, bytes, &buffer);

    return rc < 0 ? rc
                  : lio_page20_message(page,
                                       lio_message20_flat(page->enc->arena,
                                                          bits, buffer, NULL),
                                       ret_message);
}

int lio_page20_bytes(struct lio_page20 *page, struct lio_bytes bytes,
                     Lio__Pb__ArrayEncoding **ret_message)
{
    static const char names[][5] = { "", "lz4", "zstd" };
    const struct lio_encode *enc = page->enc;
    uint32_t scheme = lio_pack_scheme(enc), buffer;
    bool done = false;
    int rc = 0;

    if (scheme > 0 && bytes.bytes > 0)
        rc = lio_pack_bytes(enc, scheme, &bytes, &done);
    if (rc == 0)
        rc = add_buffer(page, bytes, &buffer);
    return rc < 0 ? rc
                  : lio_page20_message(
                        page,
                        lio_message20_flat(enc->arena, 8, buffer,
                                           done ? names[scheme] : NULL),
                        ret_message);
}

int lio_page20_plain(struct lio_page20 *page, uint64_t bits,
                     struct lio_bytes bytes,
                     Lio__Pb__ArrayEncoding **ret_message)
{
    Lio__Pb__ArrayEncoding *flat;
    int rc = add_flat(page, bits, bytes, &flat);

    return rc < 0 ? rc
                  : lio_page20_message(
                        page, lio_message20_no_nulls(page->enc->arena, flat),
                        ret_message);
}

/* -- values with a validity ---------------------------------------------- */

static int fixed_values(struct lio_page20 *page, const struct lio_plain *values,
                        Lio__Pb__ArrayEncoding **ret_message)
{
    struct lio_fixed fixed;
    struct lio_bytes bytes;
    int rc = lio_fixed_fill(page->enc, values, &fixed);

    if (rc == 0)
        rc = lio_fixed_part(page->enc, &fixed, 0, fixed.n, &bytes);
    return rc < 0 ? rc : add_flat(page, fixed.bits, bytes, ret_message);
}

static int fixed_list_values(struct lio_page20 *page,
                             const struct lio_plain *values,
                             Lio__Pb__ArrayEncoding **ret_message)
{
    Lio__Pb__ArrayEncoding *items;
    int rc = lio_page20_any(page, values->children, &items);

    return rc < 0 ? rc
                  : lio_page20_message(
                        page,
                        lio_message20_fixed_list(
                            page->enc->arena, values->type->dimension, items),
                        ret_message);
}

static int nullable(struct lio_page20 *page, const struct lio_plain *values,
                    Lio__Pb__ArrayEncoding **ret_message)
{
    struct lio_arena *arena = page->enc->arena;
    Lio__Pb__ArrayEncoding *validity = NULL, *inner;
    uint64_t nulls = lio_plain_nulls(values);
    struct lio_bytes bits;
    int rc = 0;

    if (nulls > 0 && nulls == values->n)
        return lio_page20_message(page, lio_message20_all_nulls(arena),
                                  ret_message);
    if (nulls > 0)
        rc = lio_bits_part(page->enc, values->validity, 0, values->n, &bits);
    if (nulls > 0 && rc == 0)
        rc = lio_page20_plain(page, 1, bits, &validity);
    if (rc == 0)
        rc = values->type->kind == LIO_KIND_FIXED_LIST
                 ? fixed_list_values(page, values, &inner)
                 : fixed_values(page, values, &inner);
    if (rc < 0)
        return rc;
    return lio_page20_message(
        page,
        nulls > 0 ? lio_message20_some_nulls(arena, validity, inner)
                  : lio_message20_no_nulls(arena, inner),
        ret_message);
}

/* -- lists --------------------------------------------------------------- */

static int list(struct lio_page20 *page, const struct lio_plain *values,
                Lio__Pb__ArrayEncoding **ret_message)
{
    uint64_t n = values->n, first = n > 0 ? lio_plain_offset(values, 0) : 0;
    uint64_t nitems = n > 0 ? lio_plain_offset(values, n) - first : 0;
    Lio__Pb__ArrayEncoding *offsets;
    uint64_t *ends;
    int rc = lio_encode_alloc(page->enc, n * sizeof(*ends), &ends);

    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < n; i++) {
        ends[i] = lio_plain_offset(values, i + 1) - first;
        if (!lio_plain_valid(values, i))
            ends[i] += nitems + 1;
    }
    rc = lio_page20_plain(
        page, END_BITS,
        (struct lio_bytes){ (uint8_t *)ends, (size_t)n * sizeof(*ends) },
        &offsets);
    return rc < 0 ? rc
                  : lio_page20_message(
                        page,
                        lio_message20_list(page->enc->arena, offsets, nitems),
                        ret_message);
}

/* -- structs ------------------------------------------------------------- */

static Lio__Pb__ArrayEncoding *struct_message(struct lio_arena *arena,
                                              const struct lio_type *type,
                                              uint32_t buffer);

/* What the field would be by itself: readers take its width from that. */
static Lio__Pb__ArrayEncoding *field_message(struct lio_arena *arena,
                                             const struct lio_type *type,
                                             uint32_t buffer)
{
    Lio__Pb__ArrayEncoding *inner;

    if (type->kind == LIO_KIND_STRUCT)
        return struct_message(arena, type, buffer);
    if (type->kind == LIO_KIND_FIXED_LIST)
        inner = lio_message20_fixed_list(
            arena, type->dimension,
            field_message(arena, type->children[0], buffer));
    else
        inner = lio_message20_flat(arena, type->bits == 1 ? 8 : type->bits,
                                   buffer, NULL);
    return lio_message20_no_nulls(arena, inner);
}

/* NULL without memory. */
static Lio__Pb__ArrayEncoding *struct_message(struct lio_arena *arena,
                                              const struct lio_type *type,
                                              uint32_t buffer)
{
    Lio__Pb__ArrayEncoding **inner =
        lio_arena_alloc(arena, type->nchildren * sizeof(*inner));

    for (uint32_t i = 0; inner && i < type->nchildren; i++) {
        inner[i] = field_message(arena, type->children[i], buffer);
        if (!inner[i])
            return NULL;
    }
    return inner ? lio_message20_packed_struct(arena, inner, type->nchildren,
                                               buffer)
                 : NULL;
}

static int packed_struct(struct lio_page20 *page,
                         const struct lio_plain *values,
                         Lio__Pb__ArrayEncoding **ret_message)
{
    struct lio_fixed rows;
    struct lio_bytes bytes;
    uint32_t buffer;
    uint64_t *bits;
    int rc;

    if (lio_plain_nulls(values) > 0)
        return lio_error_set(page->enc->err, LIO_EINVAL,
                             "column '%s': file version 2.0 has no null "
                             "structs; use 2.1 or later",
                             page->enc->column);
    rc = lio_struct_rows(page->enc, values, &rows, &bits);
    if (rc == 0)
        rc = lio_fixed_part(page->enc, &rows, 0, rows.n, &bytes);
    if (rc == 0)
        rc = add_buffer(page, bytes, &buffer);
    return rc < 0 ? rc
                  : lio_page20_message(
                        page,
                        struct_message(page->enc->arena, values->type, buffer),
                        ret_message);
}

static int structure(struct lio_page20 *page, const struct lio_plain *values,
                     Lio__Pb__ArrayEncoding **ret_message)
{
    if (values->children)
        return packed_struct(page, values, ret_message);
    return lio_page20_message(page, lio_message20_struct(page->enc->arena),
                              ret_message);
}

/* -- all ----------------------------------------------------------------- */

int lio_page20_any(struct lio_page20 *page, const struct lio_plain *values,
                   Lio__Pb__ArrayEncoding **ret_message)
{
    switch (values->type->kind) {
    case LIO_KIND_NULL:
        return lio_page20_message(
            page, lio_message20_all_nulls(page->enc->arena), ret_message);
    case LIO_KIND_FIXED:
    case LIO_KIND_FIXED_LIST:
        return nullable(page, values, ret_message);
    case LIO_KIND_VARIABLE:
        return lio_page20_strings(page, values, ret_message);
    case LIO_KIND_DICTIONARY:
        return lio_page20_dictionary(page, values, ret_message);
    case LIO_KIND_LIST:
        return list(page, values, ret_message);
    case LIO_KIND_STRUCT:
        return structure(page, values, ret_message);
    default:
        return lio_error_set(page->enc->err, LIO_EINVAL,
                             "column '%s': values of this kind cannot be "
                             "written",
                             page->enc->column);
    }
}

int lio_array_encode(const struct lio_encode *enc,
                     const struct lio_plain *values,
                     struct lio_array *ret_array)
{
    struct lio_array array = { .nbuffers = 0 };
    struct lio_page20 page = { enc, &array };
    int rc = lio_page20_any(&page, values, &array.encoding);

    if (rc == 0)
        *ret_array = array;
    return rc;
}
