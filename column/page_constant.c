/*
 * Constant pages: one value for all rows, or no value at all.
 *
 *     buffers   inline value    rows
 *     0         no              all null
 *     0         yes             all that value
 *     1         no              all the value in buffer 0
 *     2         yes or no       levels (repetition, definition); the value, or
 *                               null throughout
 *     3         no              value, repetition, definition
 */
#include "column/page.h"

#include "column/bits.h"
#include "column/builder.h"
#include "column/encoding.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>

struct constant {
    const Lio__Pb__ConstantLayout *layout;
    const struct lio_page_input *in;
    bool nullable;
    bool has_value;
    struct lio_bytes value;       /* if it has one */
    const struct lio_mem *levels; /* definition levels, or NULL */
};

static struct lio_bytes bytes_of(const struct lio_mem *mem)
{
    return (struct lio_bytes){ mem->data, mem->bytes };
}

/*
 * A value in a buffer: the Arrow buffers of an array of one.
 *
 *     u32 n | u32 length of each | buffers
 *
 * n is 1 for fixed width; 2, offsets and bytes, for variable.
 */
static int open_value(struct lio_decode *dec, struct constant *constant,
                      struct lio_bytes buffer)
{
    bool variable = constant->in->type->kind == LIO_KIND_VARIABLE;
    struct lio_cursor cur = lio_cursor_over(buffer.data, buffer.bytes);
    uint32_t nparts = lio_cursor_u32(&cur), head = 0;

    if (nparts != (variable ? 2 : 1))
        return lio_decode_corrupt(dec, "a constant in %" PRIu32 " parts",
                                  nparts);
    if (variable)
        head = lio_cursor_u32(&cur);
    constant->value.bytes = lio_cursor_u32(&cur);
    (void)lio_cursor_take(&cur, head); /* the offsets: 0 and the length */
    constant->value.data = lio_cursor_take(&cur, constant->value.bytes);
    if (cur.overrun)
        return lio_decode_corrupt(dec,
                                  "a constant of %zu bytes is not in a buffer "
                                  "of %zu",
                                  constant->value.bytes, buffer.bytes);
    constant->has_value = true;
    return 0;
}

static int open_page(struct lio_decode *dec, struct constant *constant)
{
    const Lio__Pb__ConstantLayout *layout = constant->layout;
    const struct lio_page_input *in = constant->in;
    uint32_t nbuffers = in->nbuffers;
    bool in_buffer = nbuffers == 1 || nbuffers == 3;

    if (nbuffers > 3 || (in_buffer && layout->has_inline_value))
        return lio_decode_corrupt(dec, "a constant with %" PRIu32 " buffers",
                                  nbuffers);
    if (nbuffers >= 2 && in->buffers[nbuffers - 2]->bytes > 0)
        return lio_decode_corrupt(dec, "repetition levels in a column that is "
                                       "not nested");
    if (nbuffers >= 2 && in->buffers[nbuffers - 1]->bytes > 0)
        constant->levels = in->buffers[nbuffers - 1];
    if (layout->has_inline_value) {
        constant->value.data = layout->inline_value.data;
        constant->value.bytes = layout->inline_value.len;
        constant->has_value = true;
    }
    return in_buffer ? open_value(dec, constant, bytes_of(in->buffers[0])) : 0;
}

static int decode_levels(struct lio_decode *dec,
                         const struct constant *constant,
                         struct lio_builder *builder)
{
    const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                    .nbuffers = 1,
                                    .buffers = { bytes_of(constant->levels) },
                                    .nvalues = constant->in->rows };
    const Lio__Pb__CompressiveEncoding *enc = constant->layout->def_compression;
    uint64_t nlevels = enc ? constant->layout->ndef_values
                           : constant->levels->bytes / sizeof(uint16_t);
    const uint8_t *levels = constant->levels->data;
    uint8_t *decoded;
    int rc;

    if (nlevels != constant->in->rows)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " levels for %" PRIu64 " rows",
                                  nlevels, constant->in->rows);
    if (enc) {
        rc = lio_decode_scratch(dec, LIO_SCRATCH_LEVELS,
                                nlevels * sizeof(uint16_t), &decoded);
        if (rc == 0)
            rc = lio_fixed_decode(dec, enc, &in, 16, decoded);
        if (rc < 0)
            return rc;
        levels = decoded;
    }
    return lio_builder_levels(dec, builder, 0,
                              (const uint16_t *)(const void *)levels, nlevels);
}

static int fill_fixed(struct lio_decode *dec, struct lio_bytes value,
                      struct lio_builder *builder)
{
    uint32_t bits = builder->type->bits;
    size_t width = bits == 1 ? 1 : bits / 8;
    uint8_t *to = builder->values->data;

    if (value.bytes != width)
        return lio_decode_corrupt(dec,
                                  "a constant of %zu bytes for values of %zu",
                                  value.bytes, width);
    if (bits == 1)
        lio_bits_fill(to, 0, builder->rows, value.data[0] & 1);
    else
        for (uint64_t i = 0; i < builder->rows; i++)
            memcpy(to + i * width, value.data, width);
    return 0;
}

/* Rows that are null get an empty value. */
static int fill_variable(struct lio_decode *dec, struct lio_bytes value,
                         struct lio_builder *builder)
{
    struct lio_strings *strings = &builder->strings;
    uint64_t valid = builder->rows - builder->nulls, bytes;
    int rc;

    if (!lio_checked_mul(valid, value.bytes, &bytes))
        bytes = UINT64_MAX;
    rc = lio_strings_reserve(dec, strings, builder->rows, bytes);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < builder->rows; i++) {
        bool null =
            builder->nulls > 0 && !lio_bit_get(builder->validity->data, i);

        if (!null && value.bytes > 0)
            memcpy(strings->data->data + strings->bytes, value.data,
                   value.bytes);
        lio_strings_put(strings, null ? 0 : value.bytes);
    }
    return 0;
}

/* No values: every row is null, whatever the levels tell of it. */
static int fill_nulls(struct lio_decode *dec, struct lio_builder *builder)
{
    memset(builder->validity->data, 0, builder->validity->bytes);
    builder->nulls = builder->rows;
    if (builder->type->kind == LIO_KIND_VARIABLE)
        return fill_variable(dec, (struct lio_bytes){ 0 }, builder);
    memset(builder->values->data, 0, builder->values->bytes);
    return 0;
}

int lio_constant_page_decode(struct lio_decode *dec,
                             const Lio__Pb__ConstantLayout *layout,
                             const struct lio_page_input *in,
                             struct lio_vector *ret_vector)
{
    struct constant constant = { .layout = layout, .in = in };
    struct lio_builder builder;
    int rc = lio_layers_leaf(dec, layout->layers, layout->n_layers,
                             &constant.nullable);

    if (rc == 0)
        rc = open_page(dec, &constant);
    if (rc < 0)
        return rc;
    if (!constant.nullable && (!constant.has_value || constant.levels))
        return lio_decode_corrupt(dec, "nulls in a page without nulls");
    rc = lio_builder_init(dec, in->type, in->rows, constant.nullable, &builder);
    if (rc < 0)
        return rc;
    if (constant.has_value && constant.levels)
        rc = decode_levels(dec, &constant, &builder);
    if (rc == 0 && !constant.has_value)
        rc = fill_nulls(dec, &builder);
    else if (rc == 0 && in->type->kind == LIO_KIND_VARIABLE)
        rc = fill_variable(dec, constant.value, &builder);
    else if (rc == 0)
        rc = fill_fixed(dec, constant.value, &builder);
    if (rc == 0)
        lio_builder_finish(&builder, ret_vector);
    lio_builder_release(&builder);
    return rc;
}
