/*
 * Joining slices with dictionaries.
 *
 * Every page has a dictionary of its own.  Those that are the same, which is
 * usual for few values, are one; the others are put one behind the other and
 * indices moved:
 *
 *     a b c | 0 2 1     +   c d | 1 1 0    =   a b c c d | 0 2 1 4 4 3
 *
 * Where that makes more values than indices can tell, each is kept but once:
 *
 *     a b c | 0 2 1     +   c d | 1 1 0    =   a b c d | 0 2 1 3 3 2
 */
#include "column/vector.h"

#include "column/bits.h"
#include "column/bytes.h"

#include "common/checked.h"

#include <stdlib.h>

static const struct lio_vector *dictionary_of(const struct lio_slice *slice)
{
    return &slice->vector.children->all[0];
}

static bool same_bytes(const struct lio_mem *a, const struct lio_mem *b,
                       uint64_t bytes)
{
    return a == b || memcmp(a->data, b->data, (size_t)bytes) == 0;
}

/* Dictionaries have no nulls: rows are null, not values. */
static bool same_values(const struct lio_vector *a, const struct lio_vector *b)
{
    uint64_t bits = a->type->bits, n = a->rows;

    if (a->rows != b->rows)
        return false;
    if (a->type->kind == LIO_KIND_FIXED)
        return same_bytes(a->values, b->values, lio_bits_bytes(n * bits));
    return same_bytes(a->values, b->values, (n + 1) * (bits / 8)) &&
           same_bytes(a->data, b->data, lio_vector_offset(a, n));
}

/* -- which dictionaries there are ---------------------------------------- */

struct join {
    const struct lio_slice *slices;
    uint32_t n;
    uint32_t *which;               /* of `all` each slice has */
    const struct lio_vector **all; /* the dictionaries, none twice */
    uint64_t *shifts;              /* values in those before each */
    uint32_t ndictionaries;
    uint64_t values; /* in all of them */
    uint64_t *map;   /* where each of these goes; NULL: where it is */
};

static uint32_t find_dictionary(const struct join *join,
                                const struct lio_vector *wanted)
{
    uint32_t i = 0;

    /* The same memory, as a rule. */
    while (i < join->ndictionaries && join->all[i]->values != wanted->values)
        i++;
    if (i < join->ndictionaries && join->all[i]->rows == wanted->rows)
        return i;
    for (i = 0; i < join->ndictionaries; i++)
        if (same_values(join->all[i], wanted))
            return i;
    return join->ndictionaries;
}

static int find_dictionaries(struct join *join)
{
    join->which = calloc(join->n, sizeof(*join->which));
    join->all = calloc(join->n, sizeof(struct lio_vector *));
    join->shifts = calloc(join->n, sizeof(*join->shifts));
    if (!join->which || !join->all || !join->shifts)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < join->n; i++) {
        const struct lio_vector *wanted = dictionary_of(&join->slices[i]);
        /* Slices of one page come in a row, as a rule. */
        uint32_t at = i > 0 && wanted == dictionary_of(&join->slices[i - 1])
                          ? join->which[i - 1]
                          : find_dictionary(join, wanted);

        join->which[i] = at;
        if (at < join->ndictionaries)
            continue;
        join->all[at] = wanted;
        join->shifts[at] = join->values;
        join->values += wanted->rows;
        join->ndictionaries++;
    }
    return 0;
}

static void join_release(struct join *join)
{
    free(join->which);
    free(join->all);
    free(join->shifts);
    free(join->map);
}

/* -- values, each but once ----------------------------------------------- */

struct value {
    const struct lio_vector *dictionary;
    uint64_t row;
    uint64_t number; /* through all dictionaries */
};

static struct lio_bytes bytes_of(const struct value *value)
{
    static const uint8_t truths[] = { 0, 1 };
    const struct lio_vector *in = value->dictionary;
    uint64_t width = in->type->bits / 8, start;

    if (in->type->bits == 1)
        return (struct lio_bytes){
            &truths[lio_bit_get(in->values->data, value->row)], 1
        };
    if (in->type->kind == LIO_KIND_FIXED)
        return (struct lio_bytes){ in->values->data + value->row * width,
                                   (size_t)width };
    start = lio_vector_offset(in, value->row);
    return (struct lio_bytes){ in->data->data + start,
                               (size_t)(lio_vector_offset(in, value->row + 1) -
                                        start) };
}

static int compare_bytes(const struct value *a, const struct value *b)
{
    struct lio_bytes x = bytes_of(a), y = bytes_of(b);

    if (x.bytes != y.bytes)
        return x.bytes < y.bytes ? -1 : 1;
    return x.bytes > 0 ? memcmp(x.data, y.data, x.bytes) : 0;
}

static int compare_values(const void *left, const void *right)
{
    const struct value *a = left, *b = right;
    int order = compare_bytes(a, b);

    if (order != 0)
        return order;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct value *a = left, *b = right;

    return a->number < b->number ? -1 : a->number > b->number;
}

/* Keep the first of each value, in the order in which they come; map[i] is
 * the number of the one that value i is the same as.  Returns how many. */
static uint64_t keep_first(struct value *values, uint64_t n, uint64_t *map)
{
    uint64_t kept = 0;

    qsort(values, (size_t)n, sizeof(*values), compare_values);
    for (uint64_t i = 0; i < n; i++) {
        bool first =
            i == 0 || compare_bytes(&values[i], &values[kept - 1]) != 0;

        map[values[i].number] =
            first ? values[i].number : values[kept - 1].number;
        if (first)
            values[kept++] = values[i];
    }
    qsort(values, (size_t)kept, sizeof(*values), compare_numbers);
    return kept;
}

/* Make map[] tell places among those that were kept. */
static void number_values(const struct value *kept, uint64_t nkept,
                          uint64_t *map, uint64_t n)
{
    uint64_t at = 0;

    for (uint64_t i = 0; i < n; i++) {
        bool first = at < nkept && kept[at].number == i;

        /* The first comes before all that are the same. */
        map[i] = first ? at++ : map[map[i]];
    }
}

static int join_kept(const struct value *kept, uint64_t n,
                     struct lio_vector *ret_values)
{
    struct lio_slice *slices = calloc((size_t)n, sizeof(*slices));
    int rc;

    if (!slices)
        return LIO_ENOMEM;
    for (uint64_t i = 0; i < n; i++)
        slices[i] = (struct lio_slice){ .vector = *kept[i].dictionary,
                                        .from = kept[i].row,
                                        .rows = 1 };
    rc = lio_vector_join(slices, (uint32_t)n, ret_values);
    free(slices);
    return rc;
}

static int join_distinct(struct join *join, uint64_t max,
                         struct lio_vector *ret_values)
{
    struct value *values;
    uint64_t n = 0;
    int rc = LIO_EINVAL;

    if (join->values > UINT32_MAX)
        return LIO_EINVAL;
    values = calloc((size_t)join->values + 1, sizeof(*values));
    join->map = calloc((size_t)join->values + 1, sizeof(*join->map));
    if (!values || !join->map) {
        free(values);
        return LIO_ENOMEM;
    }
    for (uint32_t i = 0; i < join->ndictionaries; i++)
        for (uint64_t row = 0; row < join->all[i]->rows; row++, n++)
            values[n] = (struct value){ join->all[i], row, n };
    n = keep_first(values, n, join->map);
    number_values(values, n, join->map, join->values);
    if (n <= max)
        rc = join_kept(values, n, ret_values);
    free(values);
    return rc;
}

/* -- values, as they are ------------------------------------------------- */

static int join_values(const struct join *join, struct lio_vector *ret_values)
{
    struct lio_slice *values;
    int rc;

    if (join->ndictionaries == 1) {
        *ret_values = lio_vector_share(join->all[0]);
        return 0;
    }
    values = calloc(join->ndictionaries, sizeof(*values));
    if (!values)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < join->ndictionaries; i++) {
        values[i].vector = *join->all[i];
        values[i].rows = values[i].vector.rows;
    }
    rc = lio_vector_join(values, join->ndictionaries, ret_values);
    free(values);
    return rc;
}

/* -- indices ------------------------------------------------------------- */

static uint64_t load_index(const uint8_t *from, uint32_t bits)
{
    uint64_t index = 0;

    memcpy(&index, from, bits / 8);
    return index;
}

static void move_indices(const struct join *join, uint32_t number, uint8_t *to)
{
    const struct lio_slice *slice = &join->slices[number];
    uint32_t bits = slice->vector.type->bits;
    const uint8_t *from = slice->vector.values->data + slice->from * (bits / 8);
    uint64_t shift = join->shifts[join->which[number]];

    if (shift == 0 && !join->map) {
        memcpy(to, from, (size_t)(slice->rows * (bits / 8)));
        return;
    }
    for (uint64_t i = 0; i < slice->rows; i++) {
        uint64_t index = load_index(from + i * (bits / 8), bits) + shift;

        /* What a null has for an index may be anything. */
        if (join->map)
            index = index < join->values ? join->map[index] : 0;
        memcpy(to + i * (bits / 8), &index, bits / 8);
    }
}

static int join_indices(const struct join *join, struct lio_vector *joined)
{
    uint64_t row = 0, width = joined->type->bits / 8, bytes;

    if (!lio_checked_mul(joined->rows, width, &bytes))
        return LIO_ENOMEM;
    joined->values = lio_mem_new(bytes);
    if (!joined->values)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < join->n; i++) {
        move_indices(join, i, joined->values->data + row * width);
        row += join->slices[i].rows;
    }
    return 0;
}

/* -- all ----------------------------------------------------------------- */

static int join_all(struct join *join, struct lio_vector *joined)
{
    uint64_t max = lio_type_index_max(joined->type);
    int rc = find_dictionaries(join);

    if (rc < 0)
        return rc;
    joined->children = lio_vectors_new(1);
    if (!joined->children)
        return LIO_ENOMEM;
    if (join->ndictionaries > 1 && join->values - 1 > max)
        rc = join_distinct(join, max == UINT64_MAX ? max : max + 1,
                           &joined->children->all[0]);
    else
        rc = join_values(join, &joined->children->all[0]);
    return rc < 0 ? rc : join_indices(join, joined);
}

int lio_vector_join_dictionaries(const struct lio_slice *slices,
                                 uint32_t nslices, struct lio_vector *joined)
{
    struct join join = { .slices = slices, .n = nslices };
    int rc = join_all(&join, joined);

    join_release(&join);
    return rc;
}
