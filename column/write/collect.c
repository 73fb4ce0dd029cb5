/*
 * Collecting values: by runs, with memcpy(), wherever nothing is null.
 */
#include "column/write/collect.h"

#include "column/write/input.h"

#include <assert.h>
#include <stdlib.h>

int lio_collect_init(struct lio_collect *collect, const struct lio_type *type)
{
    *collect = (struct lio_collect){ .type = type };
    if (type->nchildren == 0 || type->kind == LIO_KIND_LIST)
        return 0;
    collect->children = calloc(type->nchildren, sizeof(*collect->children));
    collect->views = calloc(type->nchildren, sizeof(*collect->views));
    if (!collect->children || !collect->views)
        goto fail;
    for (; collect->nchildren < type->nchildren; collect->nchildren++)
        if (lio_collect_init(&collect->children[collect->nchildren],
                             type->children[collect->nchildren]) < 0)
            goto fail;
    return 0;
fail:
    lio_collect_release(collect);
    return LIO_ENOMEM;
}

void lio_collect_release(struct lio_collect *collect)
{
    for (uint32_t i = 0; i < collect->nchildren; i++)
        lio_collect_release(&collect->children[i]);
    free(collect->children);
    free(collect->views);
    lio_growing_release(&collect->validity);
    lio_growing_release(&collect->values);
    lio_growing_release(&collect->offsets);
    lio_growing_release(&collect->data);
    *collect = (struct lio_collect){ 0 };
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
    default:
        rc = LIO_EUNSUPPORTED;
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
        rc = zero_fixed(collect, n);
        break;
    case LIO_KIND_VARIABLE:
        rc = empty_variable(collect, n);
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
        .children = collect->views,
    };
}

uint64_t lio_collect_held(const struct lio_collect *collect)
{
    uint64_t held = lio_growing_held(&collect->validity) +
                    lio_growing_held(&collect->values) +
                    lio_growing_held(&collect->offsets) +
                    lio_growing_held(&collect->data);

    for (uint32_t i = 0; i < collect->nchildren; i++)
        held += lio_collect_held(&collect->children[i]);
    return held;
}
