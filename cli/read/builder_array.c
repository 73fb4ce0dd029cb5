/*
 * From builders to an Arrow array, which takes their buffers over:
 *
 *     kind                       buffers
 *     NULL                       none
 *     STRUCT, FIXED_LIST         validity
 *     STRING, BINARY             validity, offsets, bytes
 *     all others                 validity, values or offsets
 */
#include "cli/read/builder.h"
#include "cli/read/dictionary.h"

#include <stdlib.h>

/* Behind an array: private_data. */
struct owner {
    const void *buffers[3];
    struct ArrowArray dictionary;
    struct ArrowArray **children;
    struct ArrowArray *arrays;
};

static void owner_release(struct ArrowArray *array)
{
    struct owner *owner = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    for (size_t i = 0; i < 3; i++)
        free((void *)owner->buffers[i]);
    free(owner->children);
    free(owner->arrays);
    free(owner);
    array->release = NULL;
}

static int64_t count_buffers(enum cli_kind kind)
{
    switch (kind) {
    case CLI_NULL:
        return 0;
    case CLI_STRUCT:
    case CLI_FIXED_LIST:
        return 1;
    case CLI_STRING:
    case CLI_BINARY:
        return 3;
    default:
        return 2;
    }
}

static bool has_offsets(enum cli_kind kind)
{
    return kind == CLI_STRING || kind == CLI_BINARY || kind == CLI_LIST ||
           kind == CLI_MAP;
}

/* An array without values has buffers nevertheless, and one offset. */
static int complete_buffers(struct cli_builder *builder, int64_t nbuffers)
{
    static const int64_t zero = 0;
    int rc = 0;

    if (nbuffers > 1 && !builder->values.base)
        rc = cli_buffer_grow(&builder->values, sizeof(zero));
    if (rc == 0 && has_offsets(builder->type->kind) &&
        builder->values.used == 0)
        rc = cli_buffer_add(&builder->values, &zero, builder->type->width);
    if (rc == 0 && nbuffers > 2 && !builder->bytes.base)
        rc = cli_buffer_grow(&builder->bytes, 1);
    return rc;
}

/* An array without children, as yet without rows of the builder's. */
static int make_array(const struct cli_value *type,
                      struct ArrowArray *ret_array)
{
    size_t n = type->kind == CLI_DICTIONARY ? 0 : type->nchildren;
    struct owner *owner = calloc(1, sizeof(*owner));

    if (!owner)
        return LIO_ENOMEM;
    /* One more, so that none does not look like no memory. */
    owner->children = calloc(n + 1, sizeof(*owner->children));
    owner->arrays = calloc(n + 1, sizeof(*owner->arrays));
    if (!owner->children || !owner->arrays) {
        free(owner->children);
        free(owner->arrays);
        free(owner);
        return LIO_ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        owner->children[i] = &owner->arrays[i];
    *ret_array = (struct ArrowArray){
        .n_buffers = count_buffers(type->kind),
        .buffers = owner->buffers,
        .children = owner->children,
        .release = owner_release,
        .private_data = owner,
    };
    return 0;
}

static void move_rows(struct cli_builder *builder, struct ArrowArray *array)
{
    struct owner *owner = array->private_data;

    array->length = builder->rows;
    array->null_count =
        builder->type->kind == CLI_NULL ? builder->rows : builder->nulls;
    if (builder->nulls > 0 && array->n_buffers > 0)
        owner->buffers[0] = cli_buffer_take(&builder->validity);
    else
        cli_buffer_free(&builder->validity);
    if (array->n_buffers > 1)
        owner->buffers[1] = cli_buffer_take(&builder->values);
    if (array->n_buffers > 2)
        owner->buffers[2] = cli_buffer_take(&builder->bytes);
    builder->rows = 0;
    builder->nulls = 0;
    if (builder->dictionary)
        cli_dictionary_clear(builder->dictionary);
}

static int finish(struct cli_builder *builder, struct ArrowArray *ret_array);

static int finish_children(struct cli_builder *builder,
                           struct ArrowArray *array)
{
    struct owner *owner = array->private_data;
    int rc = 0;

    if (builder->type->kind == CLI_DICTIONARY) {
        rc = finish(builder->children, &owner->dictionary);
        array->dictionary = rc == 0 ? &owner->dictionary : NULL;
        return rc;
    }
    for (size_t i = 0; i < builder->type->nchildren && rc == 0; i++) {
        rc = finish(&builder->children[i], &owner->arrays[i]);
        array->n_children += rc == 0;
    }
    return rc;
}

static int finish(struct cli_builder *builder, struct ArrowArray *ret_array)
{
    struct ArrowArray array;
    int rc = make_array(builder->type, &array);

    if (rc < 0)
        return rc;
    rc = complete_buffers(builder, array.n_buffers);
    if (rc == 0)
        rc = finish_children(builder, &array);
    if (rc < 0) {
        owner_release(&array);
        return rc;
    }
    move_rows(builder, &array);
    *ret_array = array;
    return 0;
}

int cli_builder_finish(struct cli_builder *builder,
                       struct ArrowArray *ret_array, struct lio_error *err)
{
    int rc = finish(builder, ret_array);

    return rc < 0 ? cli_builder_no_memory(err) : 0;
}
