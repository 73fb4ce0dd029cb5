/*
 * What programs hand to a writer: schemas and arrays that are none are refused
 * with the column's name, and what nulls hide is not written.
 */
#include <lanceio/column.h>

#include "support/temp_dir.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void keep(struct ArrowArray *array)
{
    array->release = NULL;
}

/* One column: a list of int32, with room for what a test changes. */
struct table {
    struct ArrowSchema item, list, schema, *items[1], *lists[1];
    struct ArrowArray values, lists_array, batch, *value_children[1],
        *batch_children[1];
    const void *value_buffers[2], *list_buffers[2], *batch_buffers[1];
};

static const int32_t numbers[] = { 1, 2, 3, 4, 5, 6 };
static const int32_t offsets[] = { 0, 2, 4, 4, 6 };
static const uint8_t second_is_null[] = { 0x0d };

/* [1 2] null [] [5 6], where the null one hides 3 and 4. */
static void make_table(struct table *t)
{
    *t = (struct table){ 0 };
    t->item = (struct ArrowSchema){ .format = "i", .name = "item" };
    t->items[0] = &t->item;
    t->list = (struct ArrowSchema){ .format = "+l",
                                    .name = "l",
                                    .flags = ARROW_FLAG_NULLABLE,
                                    .n_children = 1,
                                    .children = t->items };
    t->lists[0] = &t->list;
    t->schema = (struct ArrowSchema){ .format = "+s",
                                      .n_children = 1,
                                      .children = t->lists };
    t->value_buffers[1] = numbers;
    t->values = (struct ArrowArray){ .length = 6,
                                     .n_buffers = 2,
                                     .buffers = t->value_buffers,
                                     .release = keep };
    t->value_children[0] = &t->values;
    t->list_buffers[0] = second_is_null;
    t->list_buffers[1] = offsets;
    t->lists_array = (struct ArrowArray){ .length = 4,
                                          .null_count = -1,
                                          .n_buffers = 2,
                                          .buffers = t->list_buffers,
                                          .n_children = 1,
                                          .children = t->value_children,
                                          .release = keep };
    t->batch_children[0] = &t->lists_array;
    t->batch = (struct ArrowArray){ .length = 4,
                                    .n_buffers = 1,
                                    .buffers = t->batch_buffers,
                                    .n_children = 1,
                                    .children = t->batch_children,
                                    .release = keep };
}

static int write_table(const struct table *t, const char *path,
                       const char *version, struct lio_error *err)
{
    const struct lio_write_options options = { .mode = LIO_WRITE_FILE,
                                               .format_version = version };
    struct ArrowArray batch = t->batch;
    struct lio_writer *writer = NULL;
    int rc = lio_writer_open(NULL, path, &t->schema, &options, &writer, err);

    if (rc == 0)
        rc = lio_writer_append(writer, &batch, err);
    if (rc == 0)
        rc = lio_writer_finish(writer, NULL, err);
    lio_writer_close(writer);
    return rc;
}

static void check_lists(const char *path)
{
    const struct lio_scan scan = { 0 };
    struct lio_dataset *dataset;
    struct ArrowArray rows;
    const struct ArrowArray *lists;
    const int32_t *ends, *values;
    struct lio_error err;

    if (lio_dataset_open(NULL, path, &dataset, &err) < 0 ||
        lio_scan_read(dataset, &scan, &rows, &err) < 0)
        fail_msg("%s", err.msg);
    lists = rows.children[0];
    ends = lists->buffers[1];
    values = lists->children[0]->buffers[1];
    assert_int_equal(lists->length, 4);
    assert_int_equal(lists->null_count, 1);
    assert_int_equal(*(const uint8_t *)lists->buffers[0] & 0x0f, 0x0d);
    assert_int_equal(lists->children[0]->length, 4);
    assert_memory_equal(ends, ((int32_t[]){ 0, 2, 2, 2, 4 }), 20);
    assert_memory_equal(values, ((int32_t[]){ 1, 2, 5, 6 }), 16);
    rows.release(&rows);
    lio_dataset_close(dataset);
}

/* Where a file may be written in a folder that was just made. */
static char *path_in(const char *folder)
{
    char *path;

    if (!folder || asprintf(&path, "%s/out.lance", folder) < 0)
        abort();
    return path;
}

static void what_null_lists_hide_is_not_written(void **state)
{
    static const char *const versions[] = { "2.0", "2.1", "2.2" };
    char *folder = temp_dir_make(), *path = path_in(folder);
    struct lio_error err;
    struct table t;

    (void)state;
    make_table(&t);
    for (size_t i = 0; i < 3; i++) {
        if (write_table(&t, path, versions[i], &err) < 0)
            fail_msg("%s", err.msg);
        check_lists(path);
    }
    free(path);
    temp_dir_remove(folder);
}

/* Fails with a code, and names file and column. */
static void refused(const struct table *t, int code, const char *words)
{
    char *folder = temp_dir_make(), *path = path_in(folder);
    struct lio_error err;

    assert_int_equal(write_table(t, path, NULL, &err), code);
    if (!strstr(err.msg, words) || !strstr(err.msg, "out.lance"))
        fail_msg("'%s' does not say '%s' of out.lance", err.msg, words);
    free(path);
    temp_dir_remove(folder);
}

static void arrays_that_do_not_go_with_the_schema_are_refused(void **state)
{
    static const int32_t falling[] = { 0, 2, 1, 4, 6 };
    static const int32_t too_far[] = { 0, 2, 4, 4, 7 };
    struct table t;

    (void)state;
    make_table(&t);
    t.list_buffers[1] = falling;
    refused(&t, LIO_EINVAL, "column 'l' has falling offsets");
    make_table(&t);
    t.list_buffers[1] = too_far;
    refused(&t, LIO_EINVAL, "column 'l' has a child of 6 rows of 7");
    make_table(&t);
    t.lists_array.length = 3;
    refused(&t, LIO_EINVAL, "has a child of 3 rows of 4");
    make_table(&t);
    t.lists_array.n_buffers = 3;
    refused(&t, LIO_EINVAL, "column 'l' has 3 buffers, not 2");
    make_table(&t);
    t.lists_array.n_children = 0;
    refused(&t, LIO_EINVAL, "column 'l' has 0 children, not 1");
    make_table(&t);
    t.value_buffers[1] = NULL;
    refused(&t, LIO_EINVAL, "has no values");
    make_table(&t);
    t.batch.n_children = 0;
    refused(&t, LIO_EINVAL, "no column 'l'");
    make_table(&t);
    t.batch.release = NULL;
    refused(&t, LIO_EINVAL, "released");
}

static void nulls_are_refused_where_the_schema_has_none(void **state)
{
    struct table t;

    (void)state;
    make_table(&t);
    t.list.flags = 0;
    refused(&t, LIO_EINVAL, "column 'l' is null in row 1");
    /* In a list that is there, not in one that is null. */
    make_table(&t);
    t.value_buffers[0] = (const uint8_t[]){ 0x33 };
    t.values.null_count = 2;
    t.value_children[0] = &t.values;
    {
        char *folder = temp_dir_make(), *path = path_in(folder);
        struct lio_error err;

        if (write_table(&t, path, NULL, &err) < 0)
            fail_msg("%s", err.msg);
        free(path);
        temp_dir_remove(folder);
    }
    t.value_buffers[0] = (const uint8_t[]){ 0x3d };
    refused(&t, LIO_EINVAL, "column 'l.item' is null in row 1");
}

static void schemas_that_cannot_be_stored_are_refused(void **state)
{
    struct ArrowSchema *twice[2];
    struct table t;

    (void)state;
    make_table(&t);
    t.schema.format = "i";
    refused(&t, LIO_EINVAL, "not a struct of columns");
    make_table(&t);
    t.schema.n_children = 0;
    refused(&t, LIO_EINVAL, "no columns");
    make_table(&t);
    t.list.format = "vu";
    t.list.n_children = 0;
    refused(&t, LIO_EUNSUPPORTED, "'vu' of column 'l'");
    make_table(&t);
    twice[0] = twice[1] = &t.list;
    t.schema.children = twice;
    t.schema.n_children = 2;
    refused(&t, LIO_EINVAL, "two columns are called 'l'");
    make_table(&t);
    t.item.format = "d:80,2";
    refused(&t, LIO_EUNSUPPORTED, "'d:80,2' of column 'item'");
    make_table(&t);
    t.item.format = "w:0";
    refused(&t, LIO_EINVAL, "'item'");
}

static void options_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        struct lio_write_options options;
        const char *words;
    } cases[] = {
        { { .mode = 9 }, "no write mode 9" },
        { { .mode = LIO_WRITE_FILE, .format_version = "2.3" },
          "no file version '2.3'" },
        { { .mode = LIO_WRITE_FILE, .compression = "brotli" },
          "no compression 'brotli'" },
        { { .mode = LIO_WRITE_FILE, .memory = 1000 }, "too little memory" },
        { { .mode = LIO_WRITE_FILE, .page_bytes = UINT64_MAX },
          "are too large" },
    };
    struct lio_writer *writer;
    struct lio_error err;
    struct table t;

    (void)state;
    make_table(&t);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(lio_writer_open(NULL, "out.lance", &t.schema,
                                         &cases[i].options, &writer, &err),
                         LIO_EINVAL);
        if (!strstr(err.msg, cases[i].words))
            fail_msg("'%s' does not say '%s'", err.msg, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_null_lists_hide_is_not_written),
        cmocka_unit_test(arrays_that_do_not_go_with_the_schema_are_refused),
        cmocka_unit_test(nulls_are_refused_where_the_schema_has_none),
        cmocka_unit_test(schemas_that_cannot_be_stored_are_refused),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
