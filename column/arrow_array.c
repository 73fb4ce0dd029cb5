/*
 * Arrow arrays.
 *
 * A leaf array holds references to the memory of the vector it was cut from:
 * releasing it gives them back.  A struct array owns its children; a consumer
 * may have moved some of them out, which their NULL release says.
 */
#include "column/arrow_array.h"

#include "column/bits.h"
#include "column/vector.h"

#include <stdlib.h>

#define LEAF_BUFFERS 3

/* Behind a leaf: private_data. */
struct leaf {
    struct lio_vector vector;
    const void *buffers[LEAF_BUFFERS];
};

static void leaf_release(struct ArrowArray *array)
{
    struct leaf *leaf = array->private_data;

    lio_vector_release(&leaf->vector);
    free(leaf);
    array->release = NULL;
}

static void share(struct lio_vector *to, const struct lio_vector *from)
{
    *to = *from;
    (void)lio_mem_get(to->validity);
    (void)lio_mem_get(to->values);
    (void)lio_mem_get(to->data);
}

static uint64_t count_nulls(const struct lio_slice *slice)
{
    const struct lio_vector *vector = &slice->vector;

    if (vector->type->kind == LIO_KIND_NULL)
        return slice->rows;
    if (!vector->validity)
        return 0;
    if (slice->rows == vector->rows)
        return vector->nulls;
    return slice->rows -
           lio_bits_count(vector->validity->data, slice->from, slice->rows);
}

int lio_vector_export(const struct lio_slice *slice,
                      struct ArrowArray *ret_array)
{
    enum lio_kind kind = slice->vector.type->kind;
    struct leaf *leaf = calloc(1, sizeof(*leaf));

    if (!leaf)
        return LIO_ENOMEM;
    share(&leaf->vector, &slice->vector);
    if (leaf->vector.validity)
        leaf->buffers[0] = leaf->vector.validity->data;
    if (kind != LIO_KIND_NULL)
        leaf->buffers[1] = leaf->vector.values->data;
    if (kind == LIO_KIND_VARIABLE)
        leaf->buffers[2] = leaf->vector.data->data;
    *ret_array = (struct ArrowArray){
        .length = (int64_t)slice->rows,
        .null_count = (int64_t)count_nulls(slice),
        .offset = (int64_t)slice->from,
        .n_buffers = kind == LIO_KIND_NULL       ? 0
                     : kind == LIO_KIND_VARIABLE ? 3
                                                 : 2,
        .buffers = leaf->buffers,
        .release = leaf_release,
        .private_data = leaf,
    };
    return 0;
}

/* Behind a struct array: private_data. */
struct parent {
    const void *validity; /* the one buffer of a struct: always NULL here */
    struct ArrowArray *arrays;
    struct ArrowArray *children[];
};

void lio_arrow_array_release(struct ArrowArray *array)
{
    if (array->release)
        array->release(array);
}

static void parent_release(struct ArrowArray *array)
{
    struct parent *parent = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++)
        lio_arrow_array_release(array->children[i]);
    free(parent->arrays);
    free(parent);
    array->release = NULL;
}

int lio_arrow_struct(struct ArrowArray *columns, uint32_t n, uint64_t rows,
                     struct ArrowArray *ret_array)
{
    struct parent *parent =
        calloc(1, sizeof(*parent) + n * sizeof(parent->children[0]));
    struct ArrowArray *arrays = calloc(n > 0 ? n : 1, sizeof(*arrays));

    if (!parent || !arrays) {
        free(parent);
        free(arrays);
        return LIO_ENOMEM;
    }
    parent->arrays = arrays;
    for (uint32_t i = 0; i < n; i++) {
        arrays[i] = columns[i];
        columns[i].release = NULL;
        parent->children[i] = &arrays[i];
    }
    *ret_array = (struct ArrowArray){
        .length = (int64_t)rows,
        .n_buffers = 1,
        .buffers = &parent->validity,
        .n_children = n,
        .children = parent->children,
        .release = parent_release,
        .private_data = parent,
    };
    return 0;
}
