/*
 * Rows taken from a nested column of files of version 2.0.
 *
 *     list<struct<x>>, rows 3 7
 *         list      ends of rows 3 and 7: items 10 11 12, 40
 *         struct    the same
 *         x         rows 10 11 12 40
 *
 * The rows of a child follow from what its parent says: one round of reads for
 * each list on the way, and those of the leaf.
 */
#include "column/take_tree.h"

#include "column/bits.h"
#include "column/take_read.h"
#include "column/take_spans.h"

#include <inttypes.h>
#include <stdlib.h>

/* Rows of a field in a fragment. */
struct node {
    const struct lio_dataset *dataset;
    const struct lio_projection *projection;
    uint32_t fragment;
    uint32_t field;
    const uint64_t *rows;
    uint64_t n;
};

static const struct lio_field *field_of(const struct node *node)
{
    return &node->dataset->schema.fields[node->field];
}

static const struct lio_place *place_of(const struct node *node)
{
    return &node->dataset->fragments[node->fragment].places[node->field];
}

static int failed(const struct node *node, int code, struct lio_error *err)
{
    return lio_take_failed(node->dataset, node->field, code, node->n, err);
}

static int take_node(const struct node *node, struct lio_vector *ret_vector,
                     struct lio_error *err);

/* The wanted children of a node, of other rows. */
static int take_children(const struct node *node, const uint64_t *rows,
                         uint64_t n, struct lio_vector *vector,
                         struct lio_error *err)
{
    const struct lio_schema *schema = &node->dataset->schema;
    struct node child = *node;
    int rc = 0;

    child.rows = rows;
    child.n = n;
    vector->children = lio_vectors_new(field_of(node)->type.nchildren);
    if (!vector->children)
        return failed(node, LIO_ENOMEM, err);
    for (uint32_t i = node->field + 1; i < schema->nfields && rc == 0; i++) {
        if (schema->fields[i].parent != (int64_t)node->field ||
            !node->projection->wanted[i])
            continue;
        child.field = i;
        rc = take_node(&child, &vector->children->all[schema->fields[i].place],
                       err);
    }
    return rc;
}

/* -- nulls --------------------------------------------------------------- */

static bool is_nested(const struct node *node)
{
    const struct lio_field *field = field_of(node);

    return (field->type.kind == LIO_KIND_LIST ||
            field->type.kind == LIO_KIND_STRUCT) &&
           !field->packed;
}

/* Also no rows at all are nulls. */
static int make_nulls(const struct node *node, struct lio_vector *vector,
                      struct lio_error *err)
{
    struct lio_type bare = field_of(node)->type;
    bool list = bare.kind == LIO_KIND_LIST;
    int rc;

    if (is_nested(node))
        bare.nchildren = 0;
    rc = lio_vector_nulls(&bare, node->n, vector);
    if (rc < 0)
        return failed(node, rc, err);
    vector->type = &field_of(node)->type;
    return is_nested(node) ? take_children(node, node->rows, list ? 0 : node->n,
                                           vector, err)
                           : 0;
}

/* -- lists --------------------------------------------------------------- */

/* Offsets and validity of the lists. */
static int fill_lists(const struct node *node, const struct lio_span *spans,
                      struct lio_vector *vector)
{
    uint32_t width = vector->type->bits / 8;
    uint64_t sum = 0;

    vector->rows = node->n;
    vector->values = lio_mem_zeroed((node->n + 1) * width);
    vector->validity = lio_mem_zeroed(lio_bits_bytes(node->n));
    if (!vector->values || !vector->validity)
        return LIO_ENOMEM;
    for (uint64_t i = 0; i < node->n; i++) {
        sum += spans[i].n;
        if (width == 4 && sum > INT32_MAX)
            return LIO_EINVAL;
        vector->nulls += spans[i].null;
        lio_bit_set(vector->validity->data, i, !spans[i].null);
        memcpy(vector->values->data + (i + 1) * width, &sum, width);
    }
    if (vector->nulls > 0)
        return 0;
    lio_mem_put(vector->validity);
    vector->validity = NULL;
    return 0;
}

/* How many items there are; false if that is more than the reader decodes. */
static bool count_items(const struct node *node, const struct lio_span *spans,
                        uint64_t *ret_items)
{
    uint64_t max = node->dataset->page_decoded_max / sizeof(uint64_t), sum = 0;

    for (uint64_t i = 0; i < node->n; i++) {
        if (spans[i].n > max - sum)
            return false;
        sum += spans[i].n;
    }
    *ret_items = sum;
    return true;
}

static int take_items(const struct node *node, const struct lio_span *spans,
                      struct lio_vector *vector, struct lio_error *err)
{
    uint64_t *items, n, at = 0;
    int rc;

    if (!count_items(node, spans, &n))
        return failed(node, LIO_EINVAL, err);
    items = calloc((size_t)n + 1, sizeof(*items));
    if (!items)
        return failed(node, LIO_ENOMEM, err);
    for (uint64_t i = 0; i < node->n; i++)
        for (uint64_t k = 0; k < spans[i].n; k++)
            items[at++] = spans[i].start + k;
    rc = take_children(node, items, n, vector, err);
    free(items);
    return rc;
}

static int take_lists(const struct node *node, struct lio_vector *vector,
                      struct lio_error *err)
{
    struct lio_span *spans = calloc((size_t)node->n, sizeof(*spans));
    int rc;

    if (!spans)
        return failed(node, LIO_ENOMEM, err);
    rc = lio_take_spans(node->dataset, node->field, node->fragment, node->rows,
                        node->n, spans, err);
    if (rc == 0) {
        rc = fill_lists(node, spans, vector);
        if (rc < 0)
            (void)failed(node, rc, err);
    }
    if (rc == 0)
        rc = take_items(node, spans, vector, err);
    free(spans);
    return rc;
}

/* -- leaves -------------------------------------------------------------- */

static int read_leaf(const struct node *node, const uint64_t *rows,
                     struct lio_vector *vector, struct lio_error *err)
{
    struct lio_take_leaf leaf, *leaves = &leaf;
    int rc = lio_take_leaf_init(&leaf, node->dataset, node->field, rows,
                                node->n, err);

    if (rc == 0)
        rc = lio_take_read(node->dataset, &leaves, 1, err);
    if (rc == 0)
        rc = lio_take_leaf_rows(&leaf, 0, node->n, vector, err);
    lio_take_leaf_release(&leaf);
    return rc;
}

/* Places count through all fragments. */
static int take_leaf(const struct node *node, struct lio_vector *vector,
                     struct lio_error *err)
{
    uint64_t *rows = calloc((size_t)node->n, sizeof(*rows));
    int rc;

    if (!rows)
        return failed(node, LIO_ENOMEM, err);
    for (uint64_t i = 0; i < node->n; i++)
        rows[i] = place_of(node)->first_row + node->rows[i];
    rc = read_leaf(node, rows, vector, err);
    free(rows);
    return rc;
}

/* -- all ----------------------------------------------------------------- */

static int take_stored(const struct node *node, struct lio_vector *vector,
                       struct lio_error *err)
{
    const struct lio_field *field = field_of(node);

    if (!is_nested(node))
        return take_leaf(node, vector, err);
    if (field->type.kind == LIO_KIND_LIST)
        return take_lists(node, vector, err);
    vector->rows = node->n;
    return take_children(node, node->rows, node->n, vector, err);
}

static int take_node(const struct node *node, struct lio_vector *ret_vector,
                     struct lio_error *err)
{
    struct lio_vector vector = { .type = &field_of(node)->type };
    bool stored = place_of(node)->file != LIO_NO_FILE && node->n > 0;
    int rc = stored ? take_stored(node, &vector, err)
                    : make_nulls(node, &vector, err);

    if (rc < 0) {
        lio_vector_release(&vector);
        return rc;
    }
    *ret_vector = vector;
    return 0;
}

int lio_take_tree(const struct lio_dataset *dataset,
                  const struct lio_projection *projection, uint32_t field,
                  uint32_t fragment, const uint64_t *rows, uint64_t n,
                  struct lio_vector *ret_vector, struct lio_error *err)
{
    const struct node top = { .dataset = dataset,
                              .projection = projection,
                              .fragment = fragment,
                              .field = field,
                              .rows = rows,
                              .n = n };

    return take_node(&top, ret_vector, err);
}
