/*
 * The checker of release callbacks against callbacks that break one rule each.
 */
#include "support/arrow_release.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

/* A struct of two columns, the second with a dictionary. */
struct fixture {
    struct ArrowArray array, columns[2], dictionary;
    struct ArrowArray *children[2];
    struct ArrowSchema schema, fields[2], items;
    struct ArrowSchema *below[2];
};

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    schema->release = NULL;
}

/* Nothing below it, whatever there is. */
static void release_array_alone(struct ArrowArray *array)
{
    array->release = NULL;
}

static void release_schema_alone(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void keep_array(struct ArrowArray *array)
{
    (void)array;
}

static void keep_schema(struct ArrowSchema *schema)
{
    (void)schema;
}

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.array.release = f.dictionary.release = release_array;
    f.schema.release = f.items.release = release_schema;
    for (int i = 0; i < 2; i++) {
        f.columns[i].release = release_array;
        f.fields[i].release = release_schema;
        f.children[i] = &f.columns[i];
        f.below[i] = &f.fields[i];
    }
    f.array.n_children = f.schema.n_children = 2;
    f.array.children = f.children;
    f.schema.children = f.below;
    f.columns[1].dictionary = &f.dictionary;
    f.fields[1].dictionary = &f.items;
    *state = &f;
    return 0;
}

static void both_say(struct fixture *f, const char *words)
{
    char why[100] = "";
    int expected = *words ? -1 : 0;

    assert_int_equal(arrow_release_array(&f->array, why, sizeof(why)),
                     expected);
    assert_string_equal(why, words);
    *why = '\0';
    assert_int_equal(arrow_release_schema(&f->schema, why, sizeof(why)),
                     expected);
    assert_string_equal(why, words);
}

static void all_that_is_released_passes(void **state)
{
    struct fixture *f = *state;

    both_say(f, "");
    assert_null(f->dictionary.release);
    assert_null(f->items.release);
}

static void children_that_stay_are_found(void **state)
{
    struct fixture *f = *state;

    f->array.release = release_array_alone;
    f->schema.release = release_schema_alone;
    both_say(f, "1 of 4 structs were released");
}

static void a_dictionary_that_stays_is_found(void **state)
{
    struct fixture *f = *state;

    f->columns[1].release = release_array_alone;
    f->fields[1].release = release_schema_alone;
    both_say(f, "3 of 4 structs were released");
}

static void a_struct_that_is_not_marked_is_found(void **state)
{
    struct fixture *f = *state;

    f->columns[0].release = keep_array;
    f->fields[0].release = keep_schema;
    both_say(f, "1 of 4 structs are not marked released");
}

static void what_was_moved_out_is_left_alone(void **state)
{
    struct fixture *f = *state;

    f->columns[1].release = NULL;
    f->fields[1].release = NULL;
    both_say(f, "");
    assert_non_null(f->dictionary.release);
    assert_non_null(f->items.release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_that_is_released_passes, setup),
        cmocka_unit_test_setup(children_that_stay_are_found, setup),
        cmocka_unit_test_setup(a_dictionary_that_stays_is_found, setup),
        cmocka_unit_test_setup(a_struct_that_is_not_marked_is_found, setup),
        cmocka_unit_test_setup(what_was_moved_out_is_left_alone, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
