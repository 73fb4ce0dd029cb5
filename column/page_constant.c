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
 *
 * Levels are plain unless the page says how they are packed.
 */
#include "column/page.h"

#include "column/bits.h"
#include "column/constant.h"
#include "column/encoding.h"
#include "column/values.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>

struct constant {
    const Lio__Pb__ConstantLayout *layout;
    const struct lio_page_input *in;
    struct lio_slots slots;
    bool has_value;
    struct lio_bytes value;    /* if it has one */
    const struct lio_mem *rep; /* levels, or NULL */
    const struct lio_mem *def;
};

static struct lio_bytes bytes_of(const struct lio_mem *mem)
{
    return (struct lio_bytes){ mem->data, mem->bytes };
}

/* -- the value ----------------------------------------------------------- */

/* What the value is one of: a dictionary has one value, and its index. */
static const struct lio_type *value_type(const struct constant *constant)
{
    const struct lio_type *type = constant->in->leaf->types[0];

    return type->kind == LIO_KIND_DICTIONARY ? type->children[0] : type;
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
    bool variable = value_type(constant)->kind == LIO_KIND_VARIABLE;
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
    bool in_buffer = lio_constant_in_buffer(nbuffers);
    uint32_t rep = lio_constant_rep(nbuffers);

    if (nbuffers > 3 || (in_buffer && layout->has_inline_value))
        return lio_decode_corrupt(dec, "a constant with %" PRIu32 " buffers",
                                  nbuffers);
    if (nbuffers >= 2 && in->buffers[rep]->bytes > 0)
        constant->rep = in->buffers[rep];
    if (nbuffers >= 2 && in->buffers[rep + 1]->bytes > 0)
        constant->def = in->buffers[rep + 1];
    if (layout->has_inline_value) {
        constant->value.data = layout->inline_value.data;
        constant->value.bytes = layout->inline_value.len;
        constant->has_value = true;
    }
    return in_buffer ? open_value(dec, constant, bytes_of(in->buffers[0])) : 0;
}

/* -- levels -------------------------------------------------------------- */

static uint64_t count_levels(uint64_t bytes,
                             const Lio__Pb__CompressiveEncoding *enc,
                             uint64_t said)
{
    return bytes == 0 ? 0 : enc ? said : bytes / sizeof(uint16_t);
}

static int decode_levels(struct lio_decode *dec, const struct lio_mem *levels,
                         const Lio__Pb__CompressiveEncoding *enc, uint64_t n,
                         enum lio_scratch where, const uint16_t **ret_levels)
{
    const struct lio_encoded in = { .framing = LIO_FRAMING_BLOCK,
                                    .nbuffers = 1,
                                    .buffers = { bytes_of(levels) },
                                    .nvalues = n };
    uint8_t *decoded = (uint8_t *)(uintptr_t)levels->data;
    uint64_t bytes;
    int rc = 0;

    if (!lio_checked_mul(n, sizeof(uint16_t), &bytes))
        bytes = UINT64_MAX;
    if (enc)
        rc = lio_decode_scratch(dec, where, bytes, &decoded);
    if (rc == 0 && enc)
        rc = lio_fixed_decode(dec, enc, &in, 16, decoded);
    if (rc == 0)
        *ret_levels = (const uint16_t *)(const void *)decoded;
    return rc;
}

#define IMPLIED_AT_ONCE 512

/* Levels that are not there: all values, or all null at the innermost layer
 * that can be. */
static int imply_levels(struct lio_decode *dec, struct constant *constant,
                        uint64_t *ret_slots)
{
    uint64_t left = constant->slots.entries, slot = 0;
    uint16_t def[IMPLIED_AT_ONCE];
    int rc = 0;

    if (lio_slots_listed(&constant->slots) && left > 0)
        return lio_decode_corrupt(dec, "lists without levels");
    for (size_t i = 0; i < IMPLIED_AT_ONCE; i++)
        def[i] = constant->has_value ? 0 : 1;
    while (left > 0 && rc == 0) {
        uint64_t n = left < IMPLIED_AT_ONCE ? left : IMPLIED_AT_ONCE, done;

        rc = lio_slots_levels(dec, &constant->slots, slot, NULL, def, n, &done);
        slot += n;
        left -= n;
    }
    *ret_slots = slot;
    return rc;
}

static int check_levels(struct lio_decode *dec, const struct lio_slots *slots,
                        bool rep, bool def,
                        const struct lio_constant_levels *levels)
{
    bool listed = lio_slots_listed(slots);

    if (rep != listed)
        return lio_decode_corrupt(dec, "repetition levels in a column that has "
                                       "no lists, or none for lists");
    if (lio_slots_nullable(slots) != def)
        return lio_decode_corrupt(dec, "nulls in a page without nulls, or no "
                                       "levels for them");
    if (def && listed && levels->nrep != levels->ndef)
        return lio_decode_corrupt(
            dec, "%" PRIu64 " repetition and %" PRIu64 " definition levels",
            levels->nrep, levels->ndef);
    if (!listed && levels->ndef != slots->entries)
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " levels for %" PRIu64 " rows",
                                  levels->ndef, slots->entries);
    return 0;
}

int lio_constant_levels_of(struct lio_decode *dec,
                           const Lio__Pb__ConstantLayout *layout,
                           const struct lio_slots *slots, bool has_value,
                           uint64_t rep_bytes, uint64_t def_bytes,
                           struct lio_constant_levels *ret_levels)
{
    struct lio_constant_levels levels = {
        .nrep = count_levels(rep_bytes, layout->rep_compression,
                             layout->nrep_values),
        .ndef = count_levels(def_bytes, layout->def_compression,
                             layout->ndef_values),
    };
    int rc = 0;

    /* Whatever levels say of values that are not there. */
    levels.implied = (!has_value && lio_levels_flat(&slots->levels)) ||
                     (rep_bytes == 0 && def_bytes == 0);
    if (!levels.implied)
        rc = check_levels(dec, slots, rep_bytes > 0, def_bytes > 0, &levels);
    if (rc == 0)
        *ret_levels = levels;
    return rc;
}

static uint64_t bytes_in(const struct lio_mem *levels)
{
    return levels ? levels->bytes : 0;
}

static int add_levels(struct lio_decode *dec, struct constant *constant,
                      uint64_t *ret_slots)
{
    const Lio__Pb__ConstantLayout *layout = constant->layout;
    const uint16_t *rep = NULL, *def = NULL;
    struct lio_constant_levels levels;
    int rc = lio_constant_levels_of(
        dec, layout, &constant->slots, constant->has_value,
        bytes_in(constant->rep), bytes_in(constant->def), &levels);

    if (rc == 0 && levels.implied)
        return imply_levels(dec, constant, ret_slots);
    if (rc == 0 && constant->rep)
        rc = decode_levels(dec, constant->rep, layout->rep_compression,
                           levels.nrep, LIO_SCRATCH_REPEATS, &rep);
    if (rc == 0 && constant->def)
        rc = decode_levels(dec, constant->def, layout->def_compression,
                           levels.ndef, LIO_SCRATCH_LEVELS, &def);
    return rc < 0 ? rc
                  : lio_slots_levels(dec, &constant->slots, 0, rep, def,
                                     constant->rep ? levels.nrep : levels.ndef,
                                     ret_slots);
}

/* -- filling ------------------------------------------------------------- */

static int fill_fixed(struct lio_decode *dec, struct lio_bytes value,
                      struct lio_builder *builder)
{
    struct lio_parts parts;
    int rc = lio_parts_plain(dec, builder, &parts);

    if (rc < 0)
        return rc;
    if (value.bytes != parts.bytes)
        return lio_decode_corrupt(dec,
                                  "a constant of %zu bytes for values of "
                                  "%" PRIu64,
                                  value.bytes, parts.bytes);
    return lio_parts_put(dec, &parts, 0, builder->rows, value.data, 0);
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

static int fill(struct lio_decode *dec, struct lio_bytes value,
                struct lio_builder *builder)
{
    return builder->type->kind == LIO_KIND_VARIABLE
               ? fill_variable(dec, value, builder)
               : fill_fixed(dec, value, builder);
}

/* A dictionary of one value, whose index is 0 throughout. */
static int fill_dictionary(struct lio_decode *dec, struct lio_bytes value,
                           struct lio_builder *builder)
{
    struct lio_builder one;
    int rc = lio_builder_init(dec, builder->type->children[0], 1, false, &one);

    if (rc < 0)
        return rc;
    memset(builder->values->data, 0, builder->values->bytes);
    rc = fill(dec, value, &one);
    if (rc == 0)
        lio_builder_finish(&one, &builder->vectors->all[0]);
    lio_builder_release(&one);
    return rc;
}

/* Without a value every row is null, whatever the levels tell of it. */
static int fill_slots(struct lio_decode *dec, struct constant *constant)
{
    struct lio_builder *builder = &constant->slots.builder;

    if (!constant->has_value)
        return lio_builder_zero(dec, builder);
    if (builder->type->kind == LIO_KIND_DICTIONARY)
        return fill_dictionary(dec, constant->value, builder);
    return fill(dec, constant->value, builder);
}

/* Of a nested column some layer has to be null, or a list empty. */
static int check_nulls(struct lio_decode *dec, const struct constant *constant)
{
    const struct lio_levels *levels = &constant->slots.levels;
    const struct lio_type *leaf = constant->in->leaf->types[0];
    uint64_t present = 0;

    if (constant->has_value || leaf->kind == LIO_KIND_NULL ||
        (leaf->kind == LIO_KIND_STRUCT && leaf->nchildren == 0))
        return 0;
    for (uint64_t i = 0; i < levels->n; i++)
        present += !levels->def || lio_load_u16(levels->def->data + i * 2) == 0;
    if (present == 0)
        return 0;
    return lio_decode_corrupt(
        dec, "%" PRIu64 " entries that are not null, and no value", present);
}

/* -- structs without fields ---------------------------------------------- */

/* They have nothing to store, and writers nothing to say that one is null with:
 * their page is one of nulls in a single layer, however deep they lie, which
 * means that all of them are there. */
static bool is_fieldless(const struct lio_page_input *in,
                         const Lio__Pb__ConstantLayout *layout)
{
    return in->type->kind == LIO_KIND_STRUCT && in->type->nchildren == 0 &&
           layout->n_layers == 1 && in->nbuffers == 0 &&
           !layout->has_inline_value;
}

static int wrap_fieldless(struct lio_decode *dec,
                          const struct lio_page_input *in,
                          struct lio_vector *vector)
{
    for (uint32_t i = 1; i < in->leaf->nlayers; i++) {
        struct lio_vector outer = { .type = in->leaf->types[i],
                                    .rows = in->rows };

        if (outer.type->kind != LIO_KIND_STRUCT)
            return lio_decode_corrupt(dec, "lists of structs without fields, "
                                           "and no levels");
        if (lio_leaf_wrap(in->leaf, i, vector, &outer) < 0)
            return lio_error_set(dec->err, LIO_ENOMEM,
                                 "%s: no memory to nest it", dec->file);
        *vector = outer;
    }
    return 0;
}

static int decode_fieldless(struct lio_decode *dec,
                            const struct lio_page_input *in,
                            struct lio_vector *ret_vector)
{
    struct lio_vector vector = { .type = in->type, .rows = in->rows };
    int rc = wrap_fieldless(dec, in, &vector);

    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}

/* -- all ----------------------------------------------------------------- */

/* Flat levels go into the builder's bitmap, so that it has to be there first;
 * of nested ones it is not known before how many have a slot. */
static int decode_page(struct lio_decode *dec, struct constant *constant)
{
    struct lio_slots *slots = &constant->slots;
    bool flat = lio_levels_flat(&slots->levels);
    uint64_t nslots;
    int rc = open_page(dec, constant);

    if (rc == 0 && !constant->has_value && flat && !lio_slots_nullable(slots) &&
        slots->entries > 0)
        rc = lio_decode_corrupt(dec, "nulls in a page without nulls");
    if (rc == 0 && flat)
        rc = lio_slots_alloc(dec, slots, slots->entries);
    if (rc == 0)
        rc = add_levels(dec, constant, &nslots);
    if (rc == 0 && !flat)
        rc = check_nulls(dec, constant);
    if (rc == 0 && !flat)
        rc = lio_slots_alloc(dec, slots, nslots);
    return rc < 0 ? rc : fill_slots(dec, constant);
}

int lio_constant_page_decode(struct lio_decode *dec,
                             const Lio__Pb__ConstantLayout *layout,
                             const struct lio_page_input *in,
                             struct lio_vector *ret_vector)
{
    struct constant constant = { .layout = layout, .in = in };
    int rc;

    if (is_fieldless(in, layout))
        return decode_fieldless(dec, in, ret_vector);
    rc = lio_slots_init(dec, in->leaf, in->rows, layout->layers,
                        layout->n_layers, &constant.slots);
    if (rc < 0)
        return rc;
    rc = decode_page(dec, &constant);
    if (rc == 0)
        rc = lio_slots_finish(dec, &constant.slots, ret_vector);
    lio_slots_release(&constant.slots);
    return rc;
}
