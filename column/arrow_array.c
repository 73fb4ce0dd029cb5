/*
 * Arrow arrays.
 *
 * The array of a vector holds references to the memory of the vector it was
 * cut from: releasing it gives them back.  A slice is an `offset` into whole
 * buffers, and into whole children, so nothing is copied.  An array owns its
 * children; a consumer may have moved some of them out, which their NULL
 * release says.
 */
#include "column/arrow_array.h"

#include "column/bits.h"
#include "column/vector.h"

#include <stdlib.h>

#define BUFFERS_MAX 3

/* Behind an array: private_data. */
struct owner {
    struct lio_vector vector; /* all zero for the struct of a batch */
    const void *buffers[BUFFERS_MAX];
    struct ArrowArray dictionary;
    struct ArrowArray *arrays; /* of the children */
    struct ArrowArray *children[];
};

void lio_arrow_array_release(struct ArrowArray *array)
{
    if (array->release)
        array->release(array);
}

static void owner_release(struct ArrowArray *array)
{
    struct owner *owner = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++)
        lio_arrow_array_release(array->children[i]);
    if (array->dictionary)
        lio_arrow_array_release(array->dictionary);
    lio_vector_release(&owner->vector);
    free(owner->arrays);
    free(owner);
    array->release = NULL;
}

static struct owner *make_owner(uint32_t nchildren)
{
    struct owner *owner =
        calloc(1, sizeof(*owner) + nchildren * sizeof(owner->children[0]));

    if (!owner)
        return NULL;
    owner->arrays = calloc(nchildren + (size_t)1, sizeof(*owner->arrays));
    if (!owner->arrays) {
        free(owner);
        return NULL;
    }
    for (uint32_t i = 0; i < nchildren; i++)
        owner->children[i] = &owner->arrays[i];
    return owner;
}

/* -- of a vector --------------------------------------------------------- */

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

/* Returns how many buffers there are. */
static int64_t set_buffers(struct owner *owner)
{
    const struct lio_vector *vector = &owner->vector;

    if (vector->validity)
        owner->buffers[0] = vector->validity->data;
    switch (vector->type->kind) {
    case LIO_KIND_NULL:
        return 0;
    case LIO_KIND_STRUCT:
    case LIO_KIND_FIXED_LIST:
        return 1;
    case LIO_KIND_VARIABLE:
        owner->buffers[1] = vector->values->data;
        owner->buffers[2] = vector->data->data;
        return 3;
    default:
        owner->buffers[1] = vector->values->data;
        return 2;
    }
}

static int export_whole(const struct lio_vector *vector,
                        struct ArrowArray *ret_array)
{
    const struct lio_slice all = { *vector, 0, vector->rows };

    return lio_vector_export(&all, ret_array);
}

/* Children that were not read are left out. */
static int export_children(struct owner *owner, struct ArrowArray *array)
{
    const struct lio_vectors *children = owner->vector.children;
    int rc = 0;

    if (owner->vector.type->kind == LIO_KIND_DICTIONARY) {
        rc = export_whole(&children->all[0], &owner->dictionary);
        if (rc == 0)
            array->dictionary = &owner->dictionary;
        return rc;
    }
    array->children = owner->children;
    for (uint32_t i = 0; children && i < children->n && rc == 0; i++) {
        if (!children->all[i].type)
            continue;
        rc = export_whole(&children->all[i], &owner->arrays[array->n_children]);
        if (rc == 0)
            array->n_children++;
    }
    return rc;
}

int lio_vector_export(const struct lio_slice *slice,
                      struct ArrowArray *ret_array)
{
    const struct lio_vectors *children = slice->vector.children;
    struct owner *owner = make_owner(children ? children->n : 0);
    struct ArrowArray array = {
        .length = (int64_t)slice->rows,
        .null_count = (int64_t)count_nulls(slice),
        .offset = (int64_t)slice->from,
        .release = owner_release,
        .private_data = owner,
    };
    int rc;

    if (!owner)
        return LIO_ENOMEM;
    owner->vector = lio_vector_share(&slice->vector);
    array.n_buffers = set_buffers(owner);
    array.buffers = owner->buffers;
    rc = export_children(owner, &array);
    if (rc < 0) {
        owner_release(&array);
        return rc;
    }
    *ret_array = array;
    return 0;
}

/* -- of a batch ---------------------------------------------------------- */

int lio_arrow_struct(struct ArrowArray *columns, uint32_t n, uint64_t rows,
                     struct ArrowArray *ret_array)
{
    struct owner *owner = make_owner(n);

    if (!owner)
        return LIO_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        owner->arrays[i] = columns[i];
        columns[i].release = NULL;
    }
    *ret_array = (struct ArrowArray){
        .length = (int64_t)rows,
        .n_buffers = 1,
        .buffers = owner->buffers,
        .n_children = n,
        .children = owner->children,
        .release = owner_release,
        .private_data = owner,
    };
    return 0;
}
