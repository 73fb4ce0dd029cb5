/*
 * Made-up values.
 */
#include "support/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FEW 20

static void *take(struct sample *sample, uint64_t bytes)
{
    void *memory = lio_arena_alloc(&sample->arena, bytes);

    assert_non_null(memory);
    memset(memory, 0, bytes);
    return memory;
}

/* -- values -------------------------------------------------------------- */

/* What the value at `i` is made from: equal numbers give equal values. */
static uint64_t root_of(enum shape shape, uint64_t i, uint64_t seed)
{
    uint64_t mixed = seed + i;

    switch (shape) {
    case SHAPE_EQUAL:
        return 7;
    case SHAPE_RUNS:
        mixed = seed + i / 300;
        return sample_random(&mixed);
    case SHAPE_FEW:
        return sample_random(&mixed) % FEW;
    case SHAPE_SMALL:
        return sample_random(&mixed) % 1000;
    case SHAPE_EXTREMES:
        return sample_random(&mixed) % 2 ? UINT64_MAX : 0;
    default:
        return sample_random(&mixed);
    }
}

static bool is_spread(enum shape shape)
{
    return shape == SHAPE_RANDOM || shape == SHAPE_FEW || shape == SHAPE_RUNS;
}

static void put_fixed(uint8_t *to, size_t width, enum shape shape,
                      uint64_t root)
{
    uint64_t word = root;

    for (size_t at = 0; at < width; at += 8) {
        if (is_spread(shape))
            word = sample_random(&root);
        else if (at > 0 && shape != SHAPE_EXTREMES)
            word = 0;
        memcpy(to + at, &word, width - at < 8 ? width - at : 8);
    }
}

static void fill_fixed(struct sample *sample, struct lio_plain *plain,
                       enum shape shape, uint64_t seed)
{
    uint64_t bits = plain->type->bits;
    uint8_t *values = take(sample, lio_bits_bytes(plain->n * bits));

    for (uint64_t i = 0; i < plain->n; i++) {
        uint64_t root = root_of(shape, i, seed);

        if (bits == 1)
            lio_bit_set(values, i, root & 1);
        else
            put_fixed(values + i * (bits / 8), bits / 8, shape, root);
    }
    plain->values = values;
}

static size_t put_string(uint8_t *to, enum shape shape, uint64_t root)
{
    static const char *const words[] = { "lake ",   "river ", "the ", "of ",
                                         "Zürich ", "stream", "" };
    size_t n = root % 40, at = 0;

    if (shape == SHAPE_EXTREMES) {
        memset(to, 'x', root ? 5000 : 0);
        return root ? 5000 : 0;
    }
    while (shape == SHAPE_SMALL && at < n) {
        const char *word = words[sample_random(&root) % 7];

        memcpy(to + at, word, strlen(word));
        at += strlen(word);
        n--;
    }
    while (shape != SHAPE_SMALL && at < n)
        to[at++] = (uint8_t)sample_random(&root);
    return at;
}

static void fill_variable(struct sample *sample, struct lio_plain *plain,
                          enum shape shape, uint64_t seed)
{
    uint32_t width = plain->type->bits / 8;
    uint8_t *offsets = take(sample, (plain->n + 1) * width);
    uint8_t *data =
        take(sample, plain->n * (shape == SHAPE_EXTREMES ? 5000 : 300) + 1);
    uint64_t end = 0;

    for (uint64_t i = 0; i < plain->n; i++) {
        end += put_string(data + end, shape, root_of(shape, i, seed));
        memcpy(offsets + (i + 1) * width, &end, width);
    }
    plain->offsets = offsets;
    plain->data = data;
}

static void fill_validity(struct sample *sample, struct lio_plain *plain,
                          uint32_t nulls, uint64_t seed)
{
    uint8_t *validity = take(sample, lio_bits_bytes(plain->n));

    if (nulls == 0)
        return;
    for (uint64_t i = 0; i < plain->n; i++)
        lio_bit_set(validity, i, sample_random(&seed) % nulls != 0);
    plain->validity = validity;
}

static void fill(struct sample *sample, struct lio_plain *plain,
                 enum shape shape, uint32_t nulls, uint64_t seed)
{
    const struct lio_type *type = plain->type;
    struct lio_plain *children;

    fill_validity(sample, plain, nulls, seed ^ 1);
    if (type->kind == LIO_KIND_VARIABLE)
        fill_variable(sample, plain, shape, seed);
    if (type->kind == LIO_KIND_FIXED)
        fill_fixed(sample, plain, shape, seed);
    if (type->kind != LIO_KIND_FIXED_LIST)
        return;
    children = take(sample, sizeof(*children));
    children->type = type->children[0];
    children->n = plain->n * type->dimension;
    fill(sample, children, shape, nulls, seed ^ 2);
    plain->children = children;
}

void sample_make(struct sample *sample, const char *logical, uint64_t n,
                 enum shape shape, uint32_t nulls, uint64_t seed)
{
    *sample = (struct sample){ 0 };
    assert_int_equal(lio_type_parse(logical, &sample->type), 0);
    sample->plain = (struct lio_plain){ .type = &sample->type, .n = n };
    fill(sample, &sample->plain, shape, nulls, seed);
}

void sample_release(struct sample *sample)
{
    lio_arena_release(&sample->arena);
    lio_type_release(&sample->type);
}

/* -- values that hold others ---------------------------------------------- */

void sample_struct_make(struct sample_struct *sample,
                        const char *const *logicals, uint32_t nfields,
                        uint64_t n, enum shape shape, uint32_t nulls)
{
    for (uint32_t i = 0; i < nfields; i++) {
        sample_make(&sample->fields[i], logicals[i], n, shape,
                    i == 0 ? nulls : 0, i);
        sample->children[i] = sample->fields[i].plain;
        sample->types[i] = &sample->fields[i].type;
    }
    sample->type = (struct lio_type){ .kind = LIO_KIND_STRUCT,
                                      .nchildren = nfields,
                                      .children = sample->types };
    sample->plain = (struct lio_plain){ .type = &sample->type,
                                        .n = n,
                                        .children = sample->children };
}

void sample_struct_release(struct sample_struct *sample)
{
    for (uint32_t i = 0; i < sample->type.nchildren; i++)
        sample_release(&sample->fields[i]);
}

void sample_dictionary_make(struct sample_dictionary *sample,
                            const char *logical, uint64_t n, uint64_t nitems,
                            uint32_t nulls)
{
    struct lio_type *type = &sample->rows.type;
    uint8_t *indices;

    sample->rows = (struct sample){ 0 };
    assert_int_equal(lio_type_parse(logical, type), 0);
    sample->plain = (struct lio_plain){ .type = type, .n = n };
    fill_validity(&sample->rows, &sample->plain, nulls, 3);
    indices = take(&sample->rows, n * (type->bits / 8));
    for (uint64_t i = 0, seed = 4; i < n && nitems > 0; i++) {
        uint64_t index = sample_random(&seed) % nitems;

        memcpy(indices + i * (type->bits / 8), &index, type->bits / 8);
    }
    sample_make(&sample->items, "string", nitems, SHAPE_SMALL, 0, 5);
    sample->plain.values = indices;
    sample->plain.children = &sample->items.plain;
}

void sample_dictionary_release(struct sample_dictionary *sample)
{
    sample_release(&sample->items);
    sample_release(&sample->rows);
}

/* -- comparing ----------------------------------------------------------- */

static void equal_fixed(const struct lio_plain *plain,
                        const struct lio_vector *vector, uint64_t i)
{
    size_t width = plain->type->bits / 8;

    if (plain->type->bits == 1)
        assert_int_equal(lio_bit_get(vector->values->data, i),
                         lio_bit_get(plain->values, i));
    else if (memcmp(vector->values->data + i * width, plain->values + i * width,
                    width) != 0)
        fail_msg("value %d differs", (int)i);
}

static void equal_string(const struct lio_plain *plain,
                         const struct lio_vector *vector, uint64_t i)
{
    struct lio_bytes value = lio_plain_bytes(plain, i);
    uint64_t start = lio_vector_offset(vector, i);

    assert_int_equal(lio_vector_offset(vector, i + 1) - start, value.bytes);
    if (value.bytes > 0 &&
        memcmp(vector->data->data + start, value.data, value.bytes) != 0)
        fail_msg("string %d differs", (int)i);
}

/* `from` .. `from + n`, of which `vector` may tell the validity. */
static void equal_slots(const struct lio_plain *plain,
                        const struct lio_vector *vector, uint64_t from,
                        uint64_t n, bool items)
{
    for (uint64_t i = from; i < from + n; i++) {
        bool valid = lio_plain_valid(plain, i);
        uint32_t dimension = plain->type->dimension;

        if (items)
            assert_int_equal(!vector->validity ||
                                 lio_bit_get(vector->validity->data, i),
                             valid);
        if (!valid)
            continue;
        switch (plain->type->kind) {
        case LIO_KIND_VARIABLE:
            equal_string(plain, vector, i);
            break;
        case LIO_KIND_FIXED_LIST:
            equal_slots(plain->children, &vector->children->all[0],
                        i * dimension, dimension, true);
            break;
        case LIO_KIND_STRUCT:
            for (uint32_t k = 0; k < plain->type->nchildren; k++)
                equal_slots(&plain->children[k], &vector->children->all[k], i,
                            1, true);
            break;
        default:
            equal_fixed(plain, vector, i);
        }
    }
}

void sample_equals(const struct lio_plain *plain,
                   const struct lio_vector *vector)
{
    assert_int_equal(vector->rows, plain->n);
    equal_slots(plain, vector, 0, plain->n, false);
    if (plain->type->kind != LIO_KIND_DICTIONARY || plain->children->n == 0)
        return;
    assert_in_range(vector->children->all[0].rows, plain->children->n,
                    plain->children->n + 1);
    equal_slots(plain->children, &vector->children->all[0], 0,
                plain->children->n, false);
}
