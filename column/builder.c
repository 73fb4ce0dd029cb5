/*
 * Vectors under construction.
 */
#include "column/builder.h"

#include "column/bits.h"

#include "common/checked.h"

#include <inttypes.h>
#include <stdlib.h>

/* -- allocation ---------------------------------------------------------- */

static int alloc_values(struct lio_decode *dec, struct lio_builder *builder)
{
    uint64_t n = builder->rows, bits;
    int rc;

    switch (builder->type->kind) {
    case LIO_KIND_VARIABLE:
        return lio_strings_init(dec, builder->type->bits, builder->rows,
                                &builder->strings);
    case LIO_KIND_LIST:
        n++;
        break;
    case LIO_KIND_FIXED:
    case LIO_KIND_DICTIONARY:
        break;
    default:
        return 0;
    }
    if (!lio_checked_mul(n, builder->type->bits, &bits))
        bits = UINT64_MAX;
    rc = lio_decode_alloc(dec, lio_bits_bytes(bits), &builder->values);
    /* The spare bits of a bitmap's last byte are not left to chance. */
    if (rc == 0 && builder->values->bytes > 0)
        builder->values->data[builder->values->bytes - 1] = 0;
    return rc;
}

static int alloc_validity(struct lio_decode *dec, struct lio_builder *builder,
                          bool valid)
{
    int rc = lio_decode_alloc(dec, lio_bits_bytes(builder->rows),
                              &builder->validity);

    if (rc == 0)
        memset(builder->validity->data, valid ? 0xff : 0,
               builder->validity->bytes);
    return rc;
}

/* `bare`: without memory for values. */
static int init(struct lio_decode *dec, const struct lio_type *type,
                uint64_t rows, bool bare, struct lio_builder *ret_builder);

static int alloc_children(struct lio_decode *dec, struct lio_builder *builder)
{
    uint32_t n = builder->type->nchildren;

    if (n == 0)
        return 0;
    builder->vectors = lio_vectors_new(n);
    builder->children = calloc(n, sizeof(*builder->children));
    if (!builder->vectors || !builder->children)
        return lio_error_set(dec->err, LIO_ENOMEM, "%s: no memory for a page",
                             dec->file);
    return 0;
}

/* The values of a dictionary are not as many as the rows: whoever reads them
 * builds them. */
static int init_children(struct lio_decode *dec, struct lio_builder *builder,
                         bool bare)
{
    uint64_t rows = builder->rows;
    int rc = alloc_children(dec, builder);

    if (rc < 0 || builder->type->kind == LIO_KIND_DICTIONARY)
        return rc;
    /* Lists are made but where all of them are null. */
    if (builder->type->kind == LIO_KIND_LIST)
        rows = 0;
    if (builder->type->kind == LIO_KIND_FIXED_LIST &&
        (!lio_checked_mul(rows, builder->type->dimension, &rows) ||
         rows > INT64_MAX))
        return lio_decode_corrupt(dec, "%" PRIu64 " lists of %" PRIu32 " items",
                                  builder->rows, builder->type->dimension);
    for (uint32_t i = 0; i < builder->type->nchildren && rc == 0; i++) {
        rc = init(dec, builder->type->children[i], rows, bare,
                  &builder->children[i]);
        builder->nchildren += rc == 0;
    }
    return rc;
}

static int init(struct lio_decode *dec, const struct lio_type *type,
                uint64_t rows, bool bare, struct lio_builder *ret_builder)
{
    struct lio_builder builder = { .type = type, .rows = rows };
    int rc = bare ? 0 : alloc_values(dec, &builder);

    if (rc == 0)
        rc = init_children(dec, &builder, bare);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
    *ret_builder = builder;
    return 0;
}

int lio_builder_init(struct lio_decode *dec, const struct lio_type *type,
                     uint64_t rows, bool nullable,
                     struct lio_builder *ret_builder)
{
    struct lio_builder builder = { 0 };
    int rc = init(dec, type, rows, false, &builder);

    if (rc == 0 && nullable)
        rc = alloc_validity(dec, &builder, false);
    if (rc < 0) {
        lio_builder_release(&builder);
        return rc;
    }
    *ret_builder = builder;
    return 0;
}

int lio_builder_init_bare(struct lio_decode *dec, const struct lio_type *type,
                          uint64_t rows, struct lio_builder *ret_builder)
{
    return init(dec, type, rows, true, ret_builder);
}

void lio_builder_release(struct lio_builder *builder)
{
    for (uint32_t i = 0; i < builder->nchildren; i++)
        lio_builder_release(&builder->children[i]);
    free(builder->children);
    lio_vectors_put(builder->vectors);
    lio_mem_put(builder->validity);
    lio_mem_put(builder->values);
    lio_strings_release(&builder->strings);
    *builder = (struct lio_builder){ 0 };
}

/* -- validity ------------------------------------------------------------ */

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

int lio_builder_bits(struct lio_decode *dec, struct lio_builder *builder,
                     uint64_t row, const uint8_t *bits, uint64_t n)
{
    int rc = 0;

    /* Rows of type null are null without being told. */
    if (builder->type->kind == LIO_KIND_NULL)
        return 0;
    if (!builder->validity)
        rc = alloc_validity(dec, builder, true);
    if (rc < 0)
        return rc;
    lio_bits_copy(builder->validity->data, row, bits, 0, n);
    builder->nulls += n - lio_bits_count(bits, 0, n);
    return 0;
}

/* Of a dictionary without values no index is one, not even below a null. */
static int zero_child(struct lio_decode *dec, struct lio_builder *child)
{
    return child->type->kind == LIO_KIND_DICTIONARY
               ? lio_builder_nulls(dec, child)
               : lio_builder_zero(dec, child);
}

int lio_builder_zero(struct lio_decode *dec, struct lio_builder *builder)
{
    int rc = 0;

    if (builder->values)
        memset(builder->values->data, 0, builder->values->bytes);
    if (builder->type->kind == LIO_KIND_VARIABLE) {
        rc = lio_strings_reserve(dec, &builder->strings, builder->rows, 0);
        if (rc < 0)
            return rc;
        builder->strings.rows = builder->rows;
        memset(builder->strings.offsets->data, 0,
               builder->strings.offsets->bytes);
    }
    if (builder->type->kind == LIO_KIND_DICTIONARY &&
        lio_vector_nulls(builder->type->children[0], 0,
                         &builder->vectors->all[0]) < 0)
        return lio_error_set(dec->err, LIO_ENOMEM, "%s: no memory for a page",
                             dec->file);
    for (uint32_t i = 0; i < builder->nchildren && rc == 0; i++)
        rc = zero_child(dec, &builder->children[i]);
    return rc;
}

int lio_builder_nulls(struct lio_decode *dec, struct lio_builder *builder)
{
    int rc = 0;

    if (builder->type->kind != LIO_KIND_NULL && !builder->validity)
        rc = alloc_validity(dec, builder, false);
    builder->nulls = builder->rows;
    return rc < 0 ? rc : lio_builder_zero(dec, builder);
}

/* -- the vector ---------------------------------------------------------- */

void lio_builder_finish(struct lio_builder *builder,
                        struct lio_vector *ret_vector)
{
    bool variable = builder->type->kind == LIO_KIND_VARIABLE;

    for (uint32_t i = 0; i < builder->nchildren; i++)
        lio_builder_finish(&builder->children[i], &builder->vectors->all[i]);
    free(builder->children);
    *ret_vector = (struct lio_vector){
        .type = builder->type,
        .rows = builder->rows,
        .nulls = builder->nulls,
        .values = variable ? builder->strings.offsets : builder->values,
        .data = builder->strings.data,
        .children = builder->vectors,
    };
    if (builder->nulls > 0)
        ret_vector->validity = builder->validity;
    else
        lio_mem_put(builder->validity);
    *builder = (struct lio_builder){ 0 };
}
