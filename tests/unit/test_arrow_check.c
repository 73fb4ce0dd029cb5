/*
 * The checker of arrays against arrays that break one rule each.
 */
#include "support/arrow_check.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define ROWS 4

/* A list of strings, a map, or what a test makes of it: two levels. */
struct fixture {
    _Alignas(64) uint8_t validity[64];
    _Alignas(64) int32_t offsets[16];
    _Alignas(64) int64_t values[16];
    _Alignas(64) char text[64];
    const void *buffers[3];
    const void *item_buffers[3];
    struct ArrowSchema schema, item_schema, dictionary_schema;
    struct ArrowArray array, item, dictionary;
    struct ArrowSchema *schemas[1];
    struct ArrowArray *arrays[1];
};

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
}

/* int64, four rows, one of them null. */
static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    f.validity[0] = 0x0d;
    f.buffers[0] = f.validity;
    f.buffers[1] = f.values;
    f.schemas[0] = &f.item_schema;
    f.arrays[0] = &f.item;
    f.schema = (struct ArrowSchema){ .format = "l",
                                     .name = "x",
                                     .flags = ARROW_FLAG_NULLABLE,
                                     .children = f.schemas,
                                     .release = release_schema };
    f.array = (struct ArrowArray){ .length = ROWS,
                                   .null_count = 1,
                                   .n_buffers = 2,
                                   .buffers = f.buffers,
                                   .children = f.arrays,
                                   .release = release_array };
    f.item_schema = f.dictionary_schema = f.schema;
    f.item = f.dictionary = f.array;
    f.item.buffers = f.dictionary.buffers = f.item_buffers;
    f.item_buffers[1] = f.values;
    f.item.null_count = f.dictionary.null_count = 0;
    *state = &f;
    return 0;
}

/* Make it a list, whose items are what it was. */
static void make_list(struct fixture *f, const char *format)
{
    f->schema.format = format;
    f->schema.n_children = f->array.n_children = 1;
    f->buffers[1] = f->offsets;
    for (int i = 0; i <= ROWS; i++)
        f->offsets[i] = i;
    if (format[1] == 'w')
        f->array.n_buffers = 1;
}

static void passes(struct fixture *f)
{
    char why[100] = "";

    if (arrow_check(&f->schema, &f->array, why, sizeof(why)) < 0)
        fail_msg("%s", why);
}

static void fails(struct fixture *f, const char *words)
{
    char why[100] = "";

    assert_int_equal(arrow_check(&f->schema, &f->array, why, sizeof(why)), -1);
    if (!strstr(why, words))
        fail_msg("'%s' does not say '%s'", why, words);
}

static void counts_are_checked(void **state)
{
    struct fixture *f = *state;

    passes(f);
    f->array.null_count = 0;
    fails(f, "null count 0, but 1 nulls");
    f->array.null_count = 1;
    f->schema.flags = 0;
    fails(f, "nulls in a field that is not nullable");
    f->array.n_buffers = 3;
    fails(f, "3 buffers, not 2");
    f->array.n_buffers = 2;
    f->array.offset = INT64_MAX;
    fails(f, "offset");
    f->array.offset = 0;
    f->array.n_children = 1;
    fails(f, "children");
    f->array.n_children = 0;
    f->array.release = NULL;
    fails(f, "is released");
}

static void offset_moves_what_is_null(void **state)
{
    struct fixture *f = *state;

    f->array.offset = 1;
    f->array.length = 1;
    passes(f);
    f->array.offset = 2;
    fails(f, "null count 1, but 0 nulls");
}

static void buffers_are_checked(void **state)
{
    struct fixture *f = *state;

    f->buffers[1] = f->values + 1;
    fails(f, "buffer 1 is not aligned");
    f->buffers[1] = NULL;
    fails(f, "buffer 1 is missing");
}

static void formats_are_checked(void **state)
{
    static const char *const good[] = { "tdD",   "ttn",        "tDs", "tss:",
                                        "tsn:X", "d:10,2,256", "w:3", "e" };
    static const char *const bad[] = { "x",        "tdx", "tsx:", "ts",
                                       "w:",       "w:0", "w:3x", "d:10",
                                       "d:1,2,64", "tt",  "q" };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        f->schema.format = good[i];
        passes(f);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        f->schema.format = bad[i];
        fails(f, "an unknown format");
    }
}

static void metadata_is_checked(void **state)
{
    static const int32_t negative[] = { 1, -1 };
    struct fixture *f = *state;

    f->schema.metadata = "\1\0\0\0\1\0\0\0k\1\0\0\0v";
    passes(f);
    f->schema.metadata = (const char *)negative;
    fails(f, "negative length");
}

static void lists_are_checked(void **state)
{
    struct fixture *f = *state;

    make_list(f, "+l");
    passes(f);
    f->offsets[2] = 0;
    fails(f, "offset 2 falls");
    f->offsets[2] = 2;
    f->offsets[4] = 5;
    fails(f, "child 0 has 4 rows, and it 5");
    f->offsets[4] = 4;
    f->item.null_count = 1;
    fails(f, "null count 1");
}

static void fixed_size_lists_are_checked(void **state)
{
    struct fixture *f = *state;

    make_list(f, "+w:1");
    passes(f);
    f->schema.format = "+w:2";
    fails(f, "child 0 has 4 rows, and it 8");
    f->schema.format = "+w:0";
    fails(f, "a list of no fixed size");
}

static void maps_have_pairs(void **state)
{
    struct fixture *f = *state;

    make_list(f, "+m");
    fails(f, "its entries are no pairs");
}

static void dictionaries_are_checked(void **state)
{
    struct fixture *f = *state;

    f->schema.dictionary = &f->dictionary_schema;
    fails(f, "has a dictionary, or has none");
    f->array.dictionary = &f->dictionary;
    passes(f);
    f->values[0] = 4;
    fails(f, "index 4 of 4");
    f->values[0] = 0;
    f->values[1] = 4; /* of a null */
    passes(f);
    f->item_buffers[0] = f->validity;
    f->dictionary.null_count = 1;
    fails(f, "a value of its dictionary is null");
}

static void strings_are_utf8(void **state)
{
    struct fixture *f = *state;

    f->schema.format = "u";
    f->array.n_buffers = 3;
    f->buffers[1] = f->offsets;
    f->buffers[2] = f->text;
    f->offsets[4] = 2;
    memcpy(f->text, "\xc3\xa4", 2);
    passes(f);
    memcpy(f->text, "\xc0\xa4", 2);
    fails(f, "byte 0 is not UTF-8");
    f->schema.format = "z";
    passes(f);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_are_checked),           TEST(offset_moves_what_is_null),
        TEST(buffers_are_checked),          TEST(formats_are_checked),
        TEST(metadata_is_checked),          TEST(lists_are_checked),
        TEST(fixed_size_lists_are_checked), TEST(maps_have_pairs),
        TEST(dictionaries_are_checked),     TEST(strings_are_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
