/*
 * Collecting values: by runs, with memcpy(), wherever nothing is null.
 */
#include "column/write/collect.h"

#include "column/write/unified.h"
#include "column/write/input.h"

#include <stdlib.h>

/* Whether the children's values are part of those of the type. */
static bool holds_children(const struct lio_type *type, bool packed)
{
    switch (type->kind) {
    case LIO_KIND_FIXED_LIST:
    case LIO_KIND_DICTIONARY:
        return true;
    case LIO_KIND_STRUCT:
        return packed;
    default:
        return false;
    }
}

static int init_children(struct lio_collect *collect, struct lio_pool *pool)
{
    const struct lio_type *type = collect->type;

    collect->children =
        calloc(type->nchildren + (size_t)1, sizeof(*collect->children));
    collect->views =
        calloc(type->nchildren + (size_t)1, sizeof(*collect->views));
    if (!collect->children || !collect->views)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < type->nchildren; i++) {
        if (lio_collect_init(&collect->children[i], type->children[i], true,
                             pool) < 0)
            return LIO_ENOMEM;
        collect->nchildren++;
    }
    return 0;
}

int lio_collect_init(struct lio_collect *collect, const struct lio_type *type,
                     bool packed, struct lio_pool *pool)
{
    int rc = 0;

    *collect = (struct lio_collect){
        .type = type,
        .validity.pool = pool,
        .values.pool = pool,
        .offsets.pool = pool,
        .data.pool = pool,
    };
    if (holds_children(type, packed))
        rc = init_children(collect, pool);
    if (rc == 0 && type->kind == LIO_KIND_DICTIONARY) {
        collect->unified = calloc(1, sizeof(*collect->unified));
        rc = collect->unified ? 0 : LIO_ENOMEM;
    }
    if (rc < 0)
        lio_collect_release(collect);
    return rc;
}

void lio_collect_release(struct lio_collect *collect)
{
    for (uint32_t i = 0; i < collect->nchildren; i++)
        lio_collect_release(&collect->children[i]);
    free(collect->children);
    free(collect->views);
    if (collect->unified)
        lio_unified_release(collect->unified);
    free(collect->unified);
    lio_growing_release(&collect->validity);
    lio_growing_release(&collect->values);
    lio_growing_release(&collect->offsets);
    lio_growing_release(&collect->data);
    *collect = (struct lio_collect){ 0 };
}

void lio_collect_expect(struct lio_collect *collect,
                        const struct lio_collect *before)
{
    collect->validity.expected = before->validity.used;
    collect->values.expected = before->values.used;
    collect->offsets.expected = before->offsets.used;
    collect->data.expected = before->data.used;
    for (uint32_t i = 0; i < collect->nchildren; i++)
        lio_collect_expect(&collect->children[i], &before->children[i]);
}

/* -- bitmaps ------------------------------------------------------------- */

/* Make room for bits up to `n + more` behind the `n` there are. */
static uint8_t *bits_room(struct lio_growing *bits, uint64_t n, uint64_t more)
{
    uint64_t bytes = lio_bits_bytes(n + more);

    if (!lio_growing_room(bits, (size_t)(bytes - bits->used)))
        return NULL;
    bits->used = (size_t)bytes;
    return bits->mem->data;
}

static int append_bits(struct lio_growing *bits, uint64_t n,
                       const uint8_t *from, uint64_t at, uint64_t more)
{
    uint8_t *data = bits_room(bits, n, more);

    if (!data)
        return LIO_ENOMEM;
    lio_bits_copy(data, n, from, at, more);
    return 0;
}

static int fill_bits(struct lio_growing *bits, uint64_t n, uint64_t more,
                     bool value)
{
    uint8_t *data = bits_room(bits, n, more);

    if (!data)
        return LIO_ENOMEM;
    lio_bits_fill(data, n, more, value);
    return 0;
}

/* -- validity ------------------------------------------------------------ */

/* The bitmap begins with the first null: what came before was valid. */
static int begin_validity(struct lio_collect *collect)
{
    if (collect->validity.used > 0 || collect->n == 0)
        return 0;
    return fill_bits(&collect->validity, 0, collect->n, true);
}

static int append_valid(struct lio_collect *collect, uint64_t n)
{
    if (collect->nulls == 0)
        return 0;
    return fill_bits(&collect->validity, collect->n, n, true);
}

/* Before the values are appended.  `*ret_nulls` is how many are null. */
static int append_validity(struct lio_collect *collect,
                           const struct ArrowArray *array, uint64_t from,
                           uint64_t n, uint64_t *ret_nulls)
{
    const uint8_t *bits = lio_input_validity(array);
    uint64_t at = from + (uint64_t)array->offset, valid;
    int rc;

    *ret_nulls = 0;
    if (!bits)
        return append_valid(collect, n);
    valid = lio_bits_count(bits, at, n);
    if (valid == n)
        return append_valid(collect, n);
    rc = begin_validity(collect);
    if (rc == 0)
        rc = append_bits(&collect->validity, collect->n, bits, at, n);
    collect->nulls += n - valid;
    *ret_nulls = n - valid;
    return rc;
}

static int append_null(struct lio_collect *collect, uint64_t n)
{
    int rc = begin_validity(collect);

    if (rc == 0)
        rc = fill_bits(&collect->validity, collect->n, n, false);
    collect->nulls += n;
    return rc;
}

static bool is_null(const struct lio_collect *collect, uint64_t i)
{
    return !lio_bit_get(collect->validity.mem->data, i);
}

/* -- fixed --------------------------------------------------------------- */

static int append_bytes(struct lio_growing *data, const uint8_t *bytes,
                        size_t n)
{
    uint8_t *to = lio_growing_room(data, n);

    if (!to)
        return LIO_ENOMEM;
    if (n > 0)
        memcpy(to, bytes, n);
    lio_growing_add(data, n);
    return 0;
}

static int append_fixed(struct lio_collect *collect,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n)
{
    size_t width = collect->type->bits / 8;
    uint64_t at = from + (uint64_t)array->offset;
    const uint8_t *values = array->buffers[1];

    if (collect->type->bits == 1)
        return append_bits(&collect->values, collect->n, values, at, n);
    return append_bytes(&collect->values, values + at * width,
                        (size_t)n * width);
}

static int zero_fixed(struct lio_collect *collect, uint64_t n)
{
    size_t bytes = (size_t)n * (collect->type->bits / 8);
    uint8_t *to;

    if (collect->type->bits == 1)
        return fill_bits(&collect->values, collect->n, n, false);
    to = lio_growing_room(&collect->values, bytes);
    if (!to)
        return LIO_ENOMEM;
    memset(to, 0, bytes);
    lio_growing_add(&collect->values, bytes);
    return 0;
}

/* -- variable ------------------------------------------------------------ */

static uint64_t load_offset(const uint8_t *offsets, uint32_t bits, uint64_t i)
{
    return bits == 32 ? lio_load_u32(offsets + i * 4)
                      : lio_load_u64(offsets + i * 8);
}

static void put_offset(struct lio_collect *collect, uint64_t offset)
{
    uint8_t *to = collect->offsets.mem->data + collect->offsets.used;
    size_t width = collect->type->bits / 8;

    memcpy(to, &offset, width); /* little endian: the low bytes come first */
    lio_growing_add(&collect->offsets, width);
}

/* Room for the ends of `n` more, and for the 0 before the first. */
static int reserve_offsets(struct lio_collect *collect, uint64_t n)
{
    size_t width = collect->type->bits / 8;

    if (!lio_growing_room(&collect->offsets, ((size_t)n + 1) * width))
        return LIO_ENOMEM;
    if (collect->offsets.used == 0)
        put_offset(collect, 0);
    return 0;
}

/* `n` values, none of them null, that lie one behind the other. */
static int append_run(struct lio_collect *collect,
                      const struct ArrowArray *array, uint64_t at, uint64_t n)
{
    uint32_t bits = collect->type->bits;
    const uint8_t *offsets = array->buffers[1];
    uint64_t start = load_offset(offsets, bits, at);
    uint64_t end = load_offset(offsets, bits, at + n);
    uint64_t base = collect->data.used;
    int rc = 0;

    if (end > start)
        rc = append_bytes(&collect->data,
                          (const uint8_t *)array->buffers[2] + start,
                          (size_t)(end - start));
    for (uint64_t i = 1; i <= n && rc == 0; i++)
        put_offset(collect, base + load_offset(offsets, bits, at + i) - start);
    return rc;
}

static int append_variable(struct lio_collect *collect,
                           const struct ArrowArray *array, uint64_t from,
                           uint64_t n, uint64_t nulls)
{
    uint64_t at = from + (uint64_t)array->offset, done = 0;
    int rc = n > 0 ? reserve_offsets(collect, n) : 0;

    while (done < n && rc == 0) {
        uint64_t run = done;

        while (run < n && (nulls == 0 || !is_null(collect, collect->n + run)))
            run = nulls == 0 ? n : run + 1;
        rc = append_run(collect, array, at + done, run - done);
        for (; run < n && is_null(collect, collect->n + run); run++)
            put_offset(collect, collect->data.used);
        done = run;
    }
    return rc;
}

static int empty_variable(struct lio_collect *collect, uint64_t n)
{
    int rc = reserve_offsets(collect, n);

    for (uint64_t i = 0; i < n && rc == 0; i++)
        put_offset(collect, collect->data.used);
    return rc;
}

/* -- lists, as 2.0 has them ------------------------------------------------ */

/* How many items the lists have that were collected. */
static uint64_t collect_items(const struct lio_collect *collect)
{
    return collect->n > 0 ? load_offset(lio_growing_data(&collect->offsets),
                                        collect->type->bits, collect->n)
                          : 0;
}

/* The ends of lists, counted in items that are taken: null lists have none. */
static int append_lists(struct lio_collect *collect,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n, uint64_t nulls)
{
    uint32_t bits = collect->type->bits;
    const uint8_t *offsets = array->buffers[1];
    uint64_t at = from + (uint64_t)array->offset;
    uint64_t end = collect_items(collect);
    int rc = reserve_offsets(collect, n);

    for (uint64_t i = 0; i < n && rc == 0; i++) {
        if (nulls == 0 || !is_null(collect, collect->n + i))
            end += load_offset(offsets, bits, at + i + 1) -
                   load_offset(offsets, bits, at + i);
        put_offset(collect, end);
    }
    return rc;
}

static int empty_lists(struct lio_collect *collect, uint64_t n)
{
    uint64_t end = collect_items(collect);
    int rc = reserve_offsets(collect, n);

    for (uint64_t i = 0; i < n && rc == 0; i++)
        put_offset(collect, end);
    return rc;
}

/* -- dictionaries -------------------------------------------------------- */

/* Indices of up to 64 bits; those below 0 were refused. */
static uint64_t index_at(const struct lio_type *type, const uint8_t *indices,
                         uint64_t at)
{
    size_t width = type->bits / 8;
    uint64_t index = 0;

    memcpy(&index, indices + at * width, width);
    return index;
}

static bool is_null_item(const struct ArrowArray *array, uint64_t at)
{
    const uint8_t *bits = lio_input_validity(array);

    return bits && !lio_bit_get(bits, at + (uint64_t)array->offset);
}

/* A row becomes null that names an item that is. */
static int make_null(struct lio_collect *collect, uint64_t slot, uint64_t rows)
{
    if (collect->validity.used == 0 &&
        fill_bits(&collect->validity, 0, rows, true) < 0)
        return LIO_ENOMEM;
    lio_bit_set(collect->validity.mem->data, slot, false);
    collect->nulls++;
    return 0;
}

/* The number of an item among the distinct ones; `known` remembers those of
 * this array, plus one. */
static int number_of(struct lio_collect *collect,
                     const struct ArrowArray *items, uint64_t index,
                     uint64_t *known, uint64_t *ret_number)
{
    int rc;

    if (known[index] == 0) {
        rc = lio_unified_add(collect->unified, &collect->children[0], items,
                             index, ret_number);
        if (rc < 0)
            return rc;
        known[index] = *ret_number + 1;
    }
    *ret_number = known[index] - 1;
    return 0;
}

static int append_indices(struct lio_collect *collect,
                          const struct ArrowArray *array, uint64_t from,
                          uint64_t n, uint64_t *known)
{
    size_t width = collect->type->bits / 8;
    uint64_t at = from + (uint64_t)array->offset;
    uint8_t *to = lio_growing_room(&collect->values, (size_t)n * width);
    int rc = to ? 0 : LIO_ENOMEM;

    for (uint64_t i = 0; i < n && rc == 0; i++) {
        uint64_t slot = collect->n + i, number = 0, index;

        if (collect->nulls == 0 || !is_null(collect, slot)) {
            index = index_at(collect->type, array->buffers[1], at + i);
            rc = is_null_item(array->dictionary, index)
                     ? make_null(collect, slot, collect->n + n)
                     : number_of(collect, array->dictionary, index, known,
                                 &number);
        }
        memcpy(to + i * width, &number, width);
    }
    lio_growing_add(&collect->values, (size_t)n * width);
    return rc;
}

static int append_dictionary(struct lio_collect *collect,
                             const struct ArrowArray *array, uint64_t from,
                             uint64_t n)
{
    uint64_t *known =
        calloc((size_t)array->dictionary->length + 1, sizeof(*known));
    int rc =
        known ? append_indices(collect, array, from, n, known) : LIO_ENOMEM;

    free(known);
    return rc;
}

uint64_t lio_collect_unknown(const struct lio_collect *collect,
                             const struct ArrowArray *array)
{
    const struct ArrowArray *items = array->dictionary;
    uint64_t unknown = 0;

    for (uint64_t i = 0; i < (uint64_t)items->length; i++)
        if (!is_null_item(items, i))
            unknown += lio_unified_find(collect->unified, &collect->children[0],
                                        items, i) == LIO_NOT_UNIFIED;
    return unknown;
}

/* -- what holds other values --------------------------------------------- */

static int append_items(struct lio_collect *collect,
                        const struct ArrowArray *array, uint64_t from,
                        uint64_t n)
{
    uint64_t dimension = collect->type->dimension;

    return lio_collect_append(&collect->children[0], array->children[0],
                              (from + (uint64_t)array->offset) * dimension,
                              n * dimension);
}

static int append_fields(struct lio_collect *collect,
                         const struct ArrowArray *array, uint64_t from,
                         uint64_t n)
{
    int rc = 0;

    for (uint32_t i = 0; i < collect->nchildren && rc == 0; i++)
        rc = lio_collect_append(&collect->children[i], array->children[i],
                                from + (uint64_t)array->offset, n);
    return rc;
}

static int null_children(struct lio_collect *collect, uint64_t n)
{
    int rc = 0;

    for (uint32_t i = 0; i < collect->nchildren && rc == 0; i++)
        rc = lio_collect_nulls(&collect->children[i], n);
    return rc;
}

/* -- all kinds ----------------------------------------------------------- */

int lio_collect_append(struct lio_collect *collect,
                       const struct ArrowArray *array, uint64_t from,
                       uint64_t n)
{
    uint64_t nulls = 0;
    int rc;

    if (n == 0)
        return 0;
    if (collect->type->kind == LIO_KIND_NULL)
        return lio_collect_nulls(collect, n);
    rc = append_validity(collect, array, from, n, &nulls);
    if (rc < 0)
        return rc;
    switch (collect->type->kind) {
    case LIO_KIND_FIXED:
        rc = append_fixed(collect, array, from, n);
        break;
    case LIO_KIND_VARIABLE:
        rc = append_variable(collect, array, from, n, nulls);
        break;
    case LIO_KIND_FIXED_LIST:
        rc = append_items(collect, array, from, n);
        break;
    case LIO_KIND_DICTIONARY:
        rc = append_dictionary(collect, array, from, n);
        break;
    case LIO_KIND_LIST:
        rc = append_lists(collect, array, from, n, nulls);
        break;
    default:
        rc = append_fields(collect, array, from, n);
    }
    collect->n += n;
    return rc;
}

int lio_collect_nulls(struct lio_collect *collect, uint64_t n)
{
    int rc = n > 0 ? append_null(collect, n) : 0;

    if (rc < 0 || n == 0)
        return rc;
    switch (collect->type->kind) {
    case LIO_KIND_FIXED:
    case LIO_KIND_DICTIONARY:
        rc = zero_fixed(collect, n);
        break;
    case LIO_KIND_VARIABLE:
        rc = empty_variable(collect, n);
        break;
    case LIO_KIND_FIXED_LIST:
        rc = null_children(collect, n * collect->type->dimension);
        break;
    case LIO_KIND_LIST:
        rc = empty_lists(collect, n);
        break;
    case LIO_KIND_STRUCT:
        rc = null_children(collect, n);
        break;
    default:
        break;
    }
    collect->n += n;
    return rc;
}

struct lio_plain lio_collect_view(struct lio_collect *collect)
{
    for (uint32_t i = 0; i < collect->nchildren; i++)
        collect->views[i] = lio_collect_view(&collect->children[i]);
    return (struct lio_plain){
        .type = collect->type,
        .n = collect->n,
        .validity = lio_growing_data(&collect->validity),
        .values = lio_growing_data(&collect->values),
        .offsets = lio_growing_data(&collect->offsets),
        .data = lio_growing_data(&collect->data),
        .children = collect->nchildren > 0 ? collect->views : NULL,
    };
}
