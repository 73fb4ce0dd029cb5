/*
 * Constant pages: what all values are, or that there are none.
 *
 *     no value at all (2.1, 2.2)   levels, or nothing if all rows are null
 *     all values the same (2.2)    the value inline, if it is short and of
 * fixed width, else in buffer 0; and levels
 *
 * Levels are u16 each; those of pages without a value may be compressed in 2.2.
 */
#include "column/write/chunks.h"
#include "column/write/page_writer.h"

#define INLINE_MAX 32 /* bytes of a value in the description */

struct constant {
    const struct lio_encode *enc;
    const struct lio_raw_page *raw;
    Lio__Pb__ConstantLayout *layout;
    struct lio_bytes value; /* for buffer 0, or none */
    struct lio_bytes rep, def;
};

/* -- the value ----------------------------------------------------------- */

/* What an Arrow array of that one value would have: u32 n, u32 length of each
 * buffer, the buffers. */
static int variable_value(struct constant *constant, struct lio_bytes value)
{
    const struct lio_type *type = constant->raw->slots.type;
    size_t width = type->bits / 8;
    const uint32_t head[] = { 2, (uint32_t)(2 * width), (uint32_t)value.bytes };
    size_t bytes = sizeof(head) + 2 * width + value.bytes;
    uint64_t end = value.bytes;
    uint8_t *at;
    int rc = lio_encode_alloc(constant->enc, bytes, &at);

    if (rc < 0)
        return rc;
    constant->value = (struct lio_bytes){ at, bytes };
    memcpy(at, head, sizeof(head));
    memset(at + sizeof(head), 0, width);
    memcpy(at + sizeof(head) + width, &end, width);
    if (value.bytes > 0)
        memcpy(at + sizeof(head) + 2 * width, value.data, value.bytes);
    return 0;
}

static int fixed_value(struct constant *constant, struct lio_bytes value)
{
    const uint32_t head[] = { 1, (uint32_t)value.bytes };
    uint8_t *at;
    int rc;

    if (value.bytes <= INLINE_MAX) {
        constant->layout->has_inline_value = true;
        constant->layout->inline_value.data = (uint8_t *)value.data;
        constant->layout->inline_value.len = value.bytes;
        return 0;
    }
    rc = lio_encode_alloc(constant->enc, sizeof(head) + value.bytes, &at);
    if (rc < 0)
        return rc;
    constant->value = (struct lio_bytes){ at, sizeof(head) + value.bytes };
    memcpy(at, head, sizeof(head));
    memcpy(at + sizeof(head), value.data, value.bytes);
    return 0;
}

static int take_value(struct constant *constant, uint64_t slot)
{
    static const uint8_t bools[] = { 0, 1 };
    const struct lio_plain *slots = &constant->raw->slots;
    size_t width = slots->type->bits / 8;
    struct lio_bytes value;

    if (slots->type->kind == LIO_KIND_VARIABLE)
        return variable_value(constant, lio_plain_bytes(slots, slot));
    if (slots->type->bits == 1)
        value =
            (struct lio_bytes){ &bools[lio_bit_get(slots->values, slot)], 1 };
    else
        value = (struct lio_bytes){ slots->values + slot * width, width };
    return fixed_value(constant, value);
}

/* -- levels -------------------------------------------------------------- */

static bool has_value(const struct constant *constant)
{
    return constant->value.data || constant->layout->has_inline_value;
}

/* As they are, or packed where readers expect it. */
static int take_levels(const struct constant *constant, const uint16_t *levels,
                       Lio__Pb__CompressiveEncoding **ret_encoding,
                       protobuf_c_boolean *ret_has_n, uint64_t *ret_n,
                       struct lio_bytes *ret_bytes)
{
    uint64_t n = constant->raw->entries;
    struct lio_level_parts parts;
    int rc;

    if (!levels)
        return 0;
    if (constant->enc->format < LIO_FORMAT_22 || has_value(constant)) {
        *ret_bytes = (struct lio_bytes){ (const uint8_t *)levels,
                                         (size_t)n * sizeof(*levels) };
        return 0;
    }
    rc = lio_levels_encode(constant->enc, levels, &n, 1, &parts);
    if (rc < 0)
        return rc;
    *ret_encoding = parts.encoding;
    *ret_has_n = true;
    *ret_n = n;
    *ret_bytes = parts.parts[0];
    return 0;
}

static int take_all_levels(struct constant *constant)
{
    Lio__Pb__ConstantLayout *layout = constant->layout;
    const struct lio_raw_page *raw = constant->raw;
    int rc = take_levels(constant, raw->rep, &layout->rep_compression,
                         &layout->has_nrep_values, &layout->nrep_values,
                         &constant->rep);

    /* That all rows are null goes without saying. */
    if (rc < 0 || (raw->nlayers == 1 && !has_value(constant)))
        return rc;
    return take_levels(constant, raw->def, &layout->def_compression,
                       &layout->has_ndef_values, &layout->ndef_values,
                       &constant->def);
}

/* -- the page ------------------------------------------------------------ */

static int assemble(const struct constant *constant,
                    struct lio_page_image *ret_image)
{
    bool levels = constant->rep.data || constant->def.data;
    struct lio_bytes buffers[3];
    uint64_t bytes[3];
    uint32_t n = 0;
    int rc;

    if (constant->value.data)
        buffers[n++] = constant->value;
    if (levels) {
        buffers[n++] = constant->rep;
        buffers[n++] = constant->def;
    }
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = buffers[i].bytes;
    rc = lio_page_image_alloc(constant->enc, bytes, n, ret_image);
    for (uint32_t i = 0; i < n && rc == 0; i++)
        if (buffers[i].bytes > 0)
            memcpy(lio_page_buffer(ret_image, i), buffers[i].data,
                   buffers[i].bytes);
    return rc;
}

static int write_constant(struct constant *constant, const uint64_t *slot,
                          Lio__Pb__PageLayout *layout,
                          struct lio_page_image *ret_image)
{
    int rc = 0;

    constant->layout =
        lio_arena_zeroed(constant->enc->arena, sizeof(*constant->layout));
    if (!constant->layout)
        return lio_encode_no_message(constant->enc);
    lio__pb__constant_layout__init(constant->layout);
    constant->layout->n_layers = constant->raw->nlayers;
    constant->layout->layers = (uint32_t *)constant->raw->layers;
    layout->layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    layout->constant = constant->layout;
    if (slot)
        rc = take_value(constant, *slot);
    if (rc == 0)
        rc = take_all_levels(constant);
    return rc < 0 ? rc : assemble(constant, ret_image);
}

int lio_no_values_write(const struct lio_encode *enc,
                        const struct lio_raw_page *raw,
                        Lio__Pb__PageLayout *layout,
                        struct lio_page_image *ret_image)
{
    struct constant constant = { .enc = enc, .raw = raw };

    return write_constant(&constant, NULL, layout, ret_image);
}

int lio_constant_write(const struct lio_encode *enc,
                       const struct lio_raw_page *raw, uint64_t slot,
                       Lio__Pb__PageLayout *layout,
                       struct lio_page_image *ret_image)
{
    struct constant constant = { .enc = enc, .raw = raw };

    return write_constant(&constant, &slot, layout, ret_image);
}
