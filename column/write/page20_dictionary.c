/*
 * Columns of type dictionary in 2.0: an index for each row, and the items.
 *
 * A null row is the index of an item that is null: one more than there are.
 * Only where the index type has no number left for it, the index itself is
 * null.
 */
#include "column/write/page20.h"

#include <inttypes.h>

/* A copy of the items with a null behind them. */
static int add_null_item(struct lio_page20 *page, struct lio_plain *items)
{
    const struct lio_type *type = items->type;
    bool variable = type->kind == LIO_KIND_VARIABLE;
    uint64_t n = items->n, width = type->bits;
    uint64_t bits = variable ? (n + 1) * width : n * width, more;
    const uint8_t *from = variable ? items->offsets : items->values;
    uint8_t *copy, *validity;
    int rc = lio_encode_alloc(page->enc, lio_bits_bytes(bits + width), &copy);

    if (rc == 0)
        rc = lio_encode_alloc(page->enc, lio_bits_bytes(n + 1), &validity);
    if (rc < 0)
        return rc;
    memset(copy, 0, (size_t)lio_bits_bytes(bits + width));
    if (n > 0)
        lio_bits_copy(copy, 0, from, 0, bits);
    if (n > 0 && variable) {
        more = lio_plain_offset(items, n);
        memcpy(copy + (n + 1) * (width / 8), &more, width / 8);
    }
    memset(validity, 0, (size_t)lio_bits_bytes(n + 1));
    lio_bits_fill(validity, 0, n, true);
    items->n = n + 1;
    items->validity = validity;
    if (variable)
        items->offsets = copy;
    else
        items->values = copy;
    return 0;
}

/* The indices, those of nulls replaced by `null`. */
static int name_nulls(struct lio_page20 *page, const struct lio_plain *values,
                      uint64_t null, struct lio_plain *ret_indices)
{
    size_t width = values->type->bits / 8;
    uint8_t *copy;
    int rc = lio_encode_alloc(page->enc, values->n * width, &copy);

    if (rc < 0)
        return rc;
    if (values->n > 0)
        memcpy(copy, values->values, (size_t)values->n * width);
    for (uint64_t i = 0; i < values->n; i++)
        if (!lio_plain_valid(values, i))
            memcpy(copy + i * width, &null, width);
    ret_indices->values = copy;
    ret_indices->validity = NULL;
    return 0;
}

int lio_page20_dictionary(struct lio_page20 *page,
                          const struct lio_plain *values,
                          Lio__Pb__ArrayEncoding **ret_message)
{
    const struct lio_type integer = { .kind = LIO_KIND_FIXED,
                                      .bits = values->type->bits };
    struct lio_plain indices = *values, items = values->children[0];
    Lio__Pb__ArrayEncoding *index_message, *item_message;
    int rc = 0;

    if (items.n >= UINT32_MAX)
        return lio_error_set(page->enc->err, LIO_EINVAL,
                             "column '%s': a dictionary of %" PRIu64 " values",
                             page->enc->column, items.n);
    indices.type = &integer;
    indices.children = NULL;
    if (lio_plain_nulls(values) > 0 &&
        items.n <= lio_type_index_max(values->type)) {
        rc = name_nulls(page, values, items.n, &indices);
        if (rc == 0)
            rc = add_null_item(page, &items);
    }
    if (rc == 0)
        rc = lio_page20_any(page, &indices, &index_message);
    if (rc == 0)
        rc = items.type->kind == LIO_KIND_VARIABLE
                 ? lio_page20_strings(page, &items, &item_message)
                 : lio_page20_any(page, &items, &item_message);
    return rc < 0 ? rc
                  : lio_page20_message(page,
                                       lio_message20_dictionary(
                                           page->enc->arena, index_message,
                                           item_message, (uint32_t)items.n),
                                       ret_message);
}
