/*
 * Vectors under construction.
 */
#include "column/builder.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>

/* Kinds of layers, inside out; the others belong to lists. */
enum layer { LAYER_VALID = 1, LAYER_NULLABLE = 3 };

int lio_layers_leaf(struct lio_decode *dec, const uint32_t *layers,
                    size_t nlayers, bool *ret_nullable)
{
    if (nlayers != 1)
        return lio_decode_corrupt(
            dec, "%zu layers for a column that is not nested", nlayers);
    if (layers[0] != LAYER_VALID && layers[0] != LAYER_NULLABLE)
        return lio_decode_corrupt(
            dec, "layer kind %" PRIu32 " for a column that is not nested",
            layers[0]);
    *ret_nullable = layers[0] == LAYER_NULLABLE;
    return 0;
}

static int alloc_values(struct lio_decode *dec, struct lio_builder *builder)
{
    uint64_t bits;
    int rc;

    if (builder->type->kind == LIO_KIND_VARIABLE)
        return lio_strings_init(dec, builder->type->bits, builder->rows,
                                &builder->strings);
    if (!lio_checked_mul(builder->rows, builder->type->bits, &bits))
        bits = UINT64_MAX;
    rc = lio_decode_alloc(dec, lio_bits_bytes(bits), &builder->values);
    /* The spare bits of a bitmap's last byte are not left to chance. */
    if (rc == 0 && builder->values->bytes > 0)
        builder->values->data[builder->values->bytes - 1] = 0;
    return rc;
}

int lio_builder_init(struct lio_decode *dec, const struct lio_type *type,
                     uint64_t rows, bool nullable,
                     struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = type, .rows = rows };
    int rc = alloc_values(dec, &builder);

    if (rc < 0)
        return rc;
    if (nullable) {
        rc = lio_decode_alloc(dec, lio_bits_bytes(rows), &builder.validity);
        if (rc < 0) {
            lio_builder_release(&builder);
            return rc;
        }
        memset(builder.validity->data, 0, builder.validity->bytes);
    }
    *ret_builder = builder;
    return 0;
}

void lio_builder_release(struct lio_builder *builder)
{
    lio_mem_put(builder->validity);
    lio_mem_put(builder->values);
    lio_strings_release(&builder->strings);
    *builder = (struct lio_builder){ 0 };
}

/* Eight levels to the bits of a byte: 1 where the level is 0. */
static uint8_t byte_of_levels(const uint16_t *levels)
{
    unsigned byte = 0;

    for (unsigned i = 0; i < 8; i++)
        byte |= (levels[i] ^ 1u) << i;
    return (uint8_t)byte;
}

int lio_builder_levels(struct lio_decode *dec, struct lio_builder *builder,
                       uint64_t row, const uint16_t *levels, uint64_t n)
{
    uint8_t *validity = builder->validity->data;
    uint64_t i = 0, nulls = 0;
    uint16_t any = 0;

    for (uint64_t k = 0; k < n; k++) {
        any |= levels[k];
        nulls += levels[k];
    }
    if (any > 1)
        return lio_decode_corrupt(dec,
                                  "a definition level is above 1, the highest "
                                  "of a column that is not nested");
    for (; i < n && (row + i) % 8 != 0; i++)
        lio_bit_set(validity, row + i, !levels[i]);
    for (; n - i >= 8; i += 8)
        validity[(row + i) / 8] = byte_of_levels(levels + i);
    for (; i < n; i++)
        lio_bit_set(validity, row + i, !levels[i]);
    builder->nulls += nulls;
    return 0;
}

void lio_builder_finish(struct lio_builder *builder,
                        struct lio_vector *ret_vector)
{
    bool variable = builder->type->kind == LIO_KIND_VARIABLE;

    *ret_vector = (struct lio_vector){
        .type = builder->type,
        .rows = builder->rows,
        .nulls = builder->nulls,
        .values = variable ? builder->strings.offsets : builder->values,
        .data = builder->strings.data,
    };
    if (builder->nulls > 0)
        ret_vector->validity = builder->validity;
    else
        lio_mem_put(builder->validity);
    *builder = (struct lio_builder){ 0 };
}
