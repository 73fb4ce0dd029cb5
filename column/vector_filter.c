/*
 * Filtering rows by a bitmap.  Values of 1, 2, 4, 8 and more bytes are moved
 * one at a time, bit by set bit of a word: a run is a row or two, so there is
 * nothing for a vector unit to do at once.  What is nested is joined of its
 * runs.
 */
#include "column/vector_filter.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

#include <stdlib.h>

#define WORD_BITS 64

struct filter {
    const struct lio_slice *slice;
    const struct lio_gaps *gaps;
    uint64_t row; /* of the gaps, of the slice's first */
    struct lio_vector *out;
};

/* Which rows of the slice are left, of the 64 from `at` on. */
static uint64_t word_at(const struct filter *filter, uint64_t at)
{
    uint64_t n = filter->slice->rows - at;
    uint64_t word = lio_gaps_left(filter->gaps, filter->row + at);

    return n < WORD_BITS ? word & ((UINT64_C(1) << n) - 1) : word;
}

static uint64_t count_left(const struct filter *filter)
{
    uint64_t n = 0;

    for (uint64_t at = 0; at < filter->slice->rows; at += WORD_BITS)
        n += (uint64_t)__builtin_popcountll(word_at(filter, at));
    return n;
}

/* Do something for each row that is left: `from` is its place in the vector,
 * `to` in the result. */
#define FOR_LEFT(filter, from, to)                                             \
    for (uint64_t at_ = 0, to = 0; at_ < (filter)->slice->rows;                \
         at_ += WORD_BITS)                                                     \
        for (uint64_t left_ = word_at(filter, at_),                            \
                      from = (filter)->slice->from + at_ +                     \
                             (left_ ? (uint64_t)__builtin_ctzll(left_) : 0);   \
             left_ != 0; left_ &= left_ - 1,                                   \
                      from = (filter)->slice->from + at_ +                     \
                             (left_ ? (uint64_t)__builtin_ctzll(left_) : 0),   \
                      to++)

/* -- bits ---------------------------------------------------------------- */

static void move_bits(const struct filter *filter, const uint8_t *in,
                      uint8_t *out)
{
    FOR_LEFT(filter, from, to)
    {
        if (lio_bit_get(in, from))
            out[to / 8] = (uint8_t)(out[to / 8] | 1u << (to % 8));
    }
}

static int filter_validity(const struct filter *filter)
{
    const struct lio_mem *in = filter->slice->vector.validity;
    struct lio_vector *out = filter->out;

    if (!in)
        return 0;
    out->validity = lio_mem_zeroed(lio_bits_bytes(out->rows));
    if (!out->validity)
        return LIO_ENOMEM;
    move_bits(filter, in->data, out->validity->data);
    out->nulls = out->rows - lio_bits_count(out->validity->data, 0, out->rows);
    if (out->nulls > 0)
        return 0;
    lio_mem_put(out->validity);
    out->validity = NULL;
    return 0;
}

/* -- bytes --------------------------------------------------------------- */

#define MOVE(bytes)                                                            \
    FOR_LEFT(filter, from, to)                                                 \
    {                                                                          \
        memcpy(out + to * (bytes), in + from * (bytes), (bytes));              \
    }

static void move_bytes(const struct filter *filter, const uint8_t *in,
                       uint8_t *out, size_t bytes)
{
    switch (bytes) {
    case 1:
        MOVE(1)
        break;
    case 2:
        MOVE(2)
        break;
    case 4:
        MOVE(4)
        break;
    case 8:
        MOVE(8)
        break;
    default:
        MOVE(bytes)
    }
}

static int filter_fixed(const struct filter *filter)
{
    uint32_t bits = filter->out->type->bits;
    const uint8_t *in = filter->slice->vector.values->data;
    uint64_t all;

    if (!lio_checked_mul(filter->out->rows, bits, &all))
        return LIO_ENOMEM;
    filter->out->values = bits == 1 ? lio_mem_zeroed(lio_bits_bytes(all))
                                    : lio_mem_new(lio_bits_bytes(all));
    if (!filter->out->values)
        return LIO_ENOMEM;
    if (bits == 1)
        move_bits(filter, in, filter->out->values->data);
    else
        move_bytes(filter, in, filter->out->values->data, bits / 8);
    return 0;
}

static int filter_dictionary(const struct filter *filter)
{
    struct lio_vector shared = lio_vector_share(&filter->slice->vector);
    int rc = filter_fixed(filter);

    filter->out->children = shared.children;
    shared.children = NULL;
    lio_vector_release(&shared);
    return rc;
}

/* -- strings ------------------------------------------------------------- */

/* Offsets; how many bytes there are. */
static uint64_t move_offsets(const struct filter *filter, uint8_t *out)
{
    const struct lio_vector *vector = &filter->slice->vector;
    uint32_t width = vector->type->bits / 8;
    uint64_t sum = 0;

    memset(out, 0, width);
    FOR_LEFT(filter, from, to)
    {
        sum += lio_vector_offset(vector, from + 1) -
               lio_vector_offset(vector, from);
        memcpy(out + (to + 1) * width, &sum, width);
    }
    return sum;
}

static int filter_strings(const struct filter *filter)
{
    const struct lio_vector *vector = &filter->slice->vector;
    struct lio_vector *out = filter->out;
    uint64_t bytes, done = 0;

    if (!lio_checked_mul(out->rows + 1, out->type->bits / 8, &bytes))
        return LIO_ENOMEM;
    out->values = lio_mem_new(bytes);
    if (!out->values)
        return LIO_ENOMEM;
    out->data = lio_mem_new(move_offsets(filter, out->values->data));
    if (!out->data)
        return LIO_ENOMEM;
    FOR_LEFT(filter, from, to)
    {
        uint64_t start = lio_vector_offset(vector, from);
        uint64_t n = lio_vector_offset(vector, from + 1) - start;

        memcpy(out->data->data + done, vector->data->data + start, (size_t)n);
        done += n;
    }
    return 0;
}

/* -- what is nested ------------------------------------------------------ */

static int join_runs(const struct filter *filter)
{
    struct lio_slice *runs = calloc((size_t)filter->out->rows, sizeof(*runs));
    uint32_t n = 0;
    int rc;

    if (!runs)
        return LIO_ENOMEM;
    FOR_LEFT(filter, from, to)
    {
        if (n > 0 && runs[n - 1].from + runs[n - 1].rows == from)
            runs[n - 1].rows++;
        else
            runs[n++] = (struct lio_slice){ .vector = filter->slice->vector,
                                            .from = from,
                                            .rows = 1 };
    }
    rc = lio_vector_join(runs, n, filter->out);
    free(runs);
    return rc;
}

/* -- all ----------------------------------------------------------------- */

static int filter_values(const struct filter *filter)
{
    switch (filter->out->type->kind) {
    case LIO_KIND_FIXED:
        return filter_fixed(filter);
    case LIO_KIND_VARIABLE:
        return filter_strings(filter);
    default:
        return filter_dictionary(filter);
    }
}

int lio_vector_filter(const struct lio_slice *slice,
                      const struct lio_gaps *gaps, uint64_t row,
                      struct lio_vector *ret_vector)
{
    enum lio_kind kind = slice->vector.type->kind;
    struct lio_vector out = { .type = slice->vector.type };
    const struct filter filter = { slice, gaps, row, &out };
    int rc;

    out.rows = count_left(&filter);
    if (kind != LIO_KIND_FIXED && kind != LIO_KIND_VARIABLE &&
        kind != LIO_KIND_DICTIONARY) {
        rc = join_runs(&filter);
    } else {
        rc = filter_validity(&filter);
        if (rc == 0)
            rc = filter_values(&filter);
    }
    if (rc < 0) {
        lio_vector_release(&out);
        return rc;
    }
    *ret_vector = out;
    return 0;
}
