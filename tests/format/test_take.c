/*
 * Rows taken by their numbers: the right ones, in the order asked for, and no
 * more read for them than they need.
 */
#include "tests/format/reading.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define MAX_COLUMNS 16
#define NROWS       50

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

/* The columns that can be read, in `names`. */
static uint32_t readable(struct lio_dataset *dataset, const char **names)
{
    struct lio_dataset_info info;
    uint32_t n = 0;

    lio_dataset_info(dataset, &info);
    for (uint32_t i = 0; i < info.nfields; i++) {
        struct lio_field_info field;

        assert_int_equal(lio_dataset_field(dataset, i, &field), 0);
        if (field.parent < 0 && !field.unsupported && n < MAX_COLUMNS)
            names[n++] = field.name;
    }
    return n;
}

/* Take rows and compare them with those lines. */
static void take_and_compare(struct lio_dataset *dataset,
                             const struct expected *all, const uint64_t *rows,
                             size_t n)
{
    const char *names[MAX_COLUMNS];
    const struct lio_scan columns = { .columns = names,
                                      .ncolumns = readable(dataset, names) };
    struct expected wanted = { .rows = calloc(n + 1, sizeof(char *)),
                               .nrows = n };
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct lio_error err;

    for (size_t i = 0; i < n; i++)
        wanted.rows[i] = all->rows[rows[i]];
    assert_int_equal(lio_scan_schema(dataset, &columns, &schema, NULL), 0);
    if (lio_take_rows(dataset, rows, n, &columns, &array, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(array.length, n);
    reading_compare(&wanted, 0, &schema, &array);
    reading_release(&array);
    reading_release_schema(&schema);
    free(wanted.rows);
}

/* Rows from all over the table, each once, in an order of their own. */
static void compare_shuffled(struct lio_dataset *dataset,
                             const struct expected *all)
{
    uint64_t n = all->nrows < NROWS ? all->nrows : NROWS, state = 2;
    uint64_t rows[NROWS];

    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = draw(&state) % (i + 1);

        rows[i] = rows[at];
        rows[at] = i * (all->nrows / n);
    }
    take_and_compare(dataset, all, rows, n);
}

static void compare_table(const char *name, char version)
{
    struct lio_dataset *dataset =
        reading_open("types/%s/v2_%c.lance", name, version);
    char *path = reading_path("types/%s/expected.ndjson", name);
    struct expected all;
    uint64_t rows[NROWS], state = 1, first;

    assert_int_equal(expected_load(path, &all), 0);
    for (size_t i = 0; i < NROWS; i++)
        rows[i] = draw(&state) % all.nrows;
    rows[0] = rows[NROWS - 1] = all.nrows - 1;
    rows[1] = 0;
    take_and_compare(dataset, &all, rows, NROWS);
    /* Neighbours, and one row alone. */
    first = draw(&state) % all.nrows;
    for (size_t i = 0; i < NROWS; i++)
        rows[i] = (first + i) % all.nrows;
    take_and_compare(dataset, &all, rows, NROWS);
    take_and_compare(dataset, &all, rows, 1);
    compare_shuffled(dataset, &all);
    expected_release(&all);
    free(path);
    lio_dataset_close(dataset);
}

/* Pages of every layout, of 2.0 and later, in parts and whole. */
static void rows_come_in_the_order_asked_for(void **state)
{
    static const struct {
        const char *name;
        const char *versions;
    } tables[] = {
        { "add_drop_rename_columns", "012" },
        { "add_null_column", "12" },
        { "all_null", "012" },
        { "binary_nullable", "012" },
        { "blob", "01" },
        { "blob_22", "2" },
        { "blob_22_nested", "2" },
        { "blob_in_struct", "1" },
        { "blob_in_struct_long", "1" },
        { "blob_nested_20", "0" },
        { "bool_layouts", "012" },
        { "bools", "012" },
        { "comp_fsst", "012" },
        { "comp_lz4", "12" },
        { "comp_zstd", "012" },
        { "constants", "012" },
        { "decimals", "012" },
        { "deep", "12" },
        { "deep_20", "0" },
        { "deletes_bitmap", "2" },
        { "deletes_scattered", "012" },
        { "dictionary", "012" },
        { "dictionary_bool", "012" },
        { "dictionary_null_item", "0" },
        { "embeddings", "012" },
        { "embeddings_null_items", "12" },
        { "forced_fullzip", "12" },
        { "forced_miniblock", "12" },
        { "fsl_dict", "0" },
        { "fsl_struct", "2" },
        { "fsl_struct_20", "0" },
        { "fsl_struct_list", "2" },
        { "fsl_struct_long", "2" },
        { "ints_nullable", "012" },
        { "large_list_multi_chunk", "012" },
        { "list_dict", "012" },
        { "list_fsl_struct", "2" },
        { "list_struct", "12" },
        { "list_struct_empty", "0" },
        { "list_struct_no_null_structs", "012" },
        { "lists", "012" },
        { "lists_all_empty", "012" },
        { "long_strings", "012" },
        { "low_cardinality", "012" },
        { "map", "2" },
        { "map_list", "2" },
        { "medium_strings", "012" },
        { "multi_fragment_deletes", "012" },
        { "multi_page", "012" },
        { "null_items", "012" },
        { "packed_fsl_struct", "0" },
        { "packed_nested", "0" },
        { "packed_nested_22", "2" },
        { "packed_struct", "012" },
        { "packed_struct_var", "2" },
        { "strings_nullable", "012" },
        { "structs", "012" },
        { "structs_empty", "012" },
        { "structs_nullable", "12" },
        { "temporal_nullable", "012" },
        { "updates_merge_insert", "1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const char *version = tables[i].versions; *version; version++)
            compare_table(tables[i].name, *version);
}

static void no_rows_are_taken_as_none(void **state)
{
    struct lio_dataset *dataset = reading_open("flights_v21.lance");
    struct ArrowArray array;

    (void)state;
    assert_int_equal(lio_take_rows(dataset, NULL, 0, NULL, &array, NULL), 0);
    assert_int_equal(array.length, 0);
    assert_int_equal(array.n_children, 5);
    array.release(&array);
    lio_dataset_close(dataset);
}

static void rows_that_do_not_exist_are_refused(void **state)
{
    struct lio_dataset *dataset = reading_open("flights_v21.lance");
    const uint64_t rows[] = { 0, 100000 };
    struct ArrowArray array = { 0 };
    struct lio_error err;

    (void)state;
    assert_int_equal(lio_take_rows(dataset, rows, 2, NULL, &array, &err),
                     LIO_EINVAL);
    reading_says(&err, "there is no row 100000: it has 100000");
    assert_null(array.release);
    lio_dataset_close(dataset);
}

/* -- what is read -------------------------------------------------------- */

/* Bytes and requests of taking rows of a column. */
static struct lio_engine_stats cost(struct lio_dataset *dataset,
                                    const char *column, const uint64_t *rows,
                                    uint64_t n)
{
    const struct lio_scan columns = { .columns = &column, .ncolumns = 1 };
    struct lio_engine_stats before, after;
    struct ArrowArray array;

    lio_engine_stats(reading_engine(), &before);
    assert_int_equal(lio_take_rows(dataset, rows, n, &columns, &array, NULL),
                     0);
    array.release(&array);
    lio_engine_stats(reading_engine(), &after);
    after.bytes_read -= before.bytes_read;
    after.requests -= before.requests;
    return after;
}

static void plain_values_are_read_alone(void **state)
{
    const uint64_t rows[] = { 70000, 5, 6, 99999 };
    struct lio_engine_stats stats;
    struct lio_dataset *dataset;

    (void)state;
    if (!reading_engine())
        skip();
    dataset = reading_open("flights_v20.lance");
    stats = cost(dataset, "delay", rows, 4);
    assert_int_equal(stats.bytes_read, 4 * 4);
    assert_int_equal(stats.requests, 3); /* 5 and 6 are neighbours */
    lio_dataset_close(dataset);
}

/* What is between them is read, too. */
static void near_values_are_read_as_one(void **state)
{
    const uint64_t rows[] = { 9, 5, 70000, 7 };
    struct lio_engine_stats stats;
    struct lio_dataset *dataset;

    (void)state;
    if (!reading_engine())
        skip();
    dataset = reading_open("flights_v20.lance");
    stats = cost(dataset, "delay", rows, 4);
    assert_int_equal(stats.bytes_read, 5 * 4 + 4);
    assert_int_equal(stats.requests, 2);
    lio_dataset_close(dataset);
}

static void chunks_are_found_once_and_read_alone(void **state)
{
    const uint64_t rows[] = { 70000, 5, 6, 99999 };
    struct lio_engine_stats first, again;
    struct lio_dataset *dataset;

    (void)state;
    if (!reading_engine())
        skip();
    dataset = reading_open("flights_v21.lance");
    first = cost(dataset, "delay", rows, 4);
    again = cost(dataset, "delay", rows, 4);
    assert_int_equal(first.requests, 4); /* one tells where chunks are */
    assert_int_equal(again.requests, 3);
    assert_true(again.bytes_read < first.bytes_read);
    assert_true(again.bytes_read < 3 * 8192); /* of 400,000 */
    lio_dataset_close(dataset);
}

/* Of a page that has many more. */
static void rows_read_as_one_are_read_alone(void **state)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } files[] = { { "flights_v20.lance", 10 * 4 },
                  { "flights_v21.lance", 10 * 1024 } };
    const char *column = "delay";
    const struct lio_scan scan = {
        .columns = &column, .ncolumns = 1, .offset = 70000, .limit = 10
    };

    (void)state;
    if (!reading_engine())
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct lio_dataset *dataset = reading_open("%s", files[i].name);
        struct lio_engine_stats before, after;
        struct ArrowArray array;

        lio_engine_stats(reading_engine(), &before);
        assert_int_equal(lio_scan_read(dataset, &scan, &array, NULL), 0);
        lio_engine_stats(reading_engine(), &after);
        assert_int_equal(array.length, 10);
        assert_true(after.bytes_read - before.bytes_read <= files[i].bytes);
        array.release(&array);
        lio_dataset_close(dataset);
    }
}

/* What of a table a row needs: its strings, its items, nothing of others. */
static void values_of_any_length_are_read_alone(void **state)
{
    static const struct {
        const char *table;
        const char *column;
        uint64_t row;
        uint64_t requests;
        uint64_t bytes;
    } rows[] = {
        /* Where the string ends, and the one before it; the string. */
        { "medium_strings/v2_0", "m", 3, 2, 16 + 700 },
        /* The index, and the list's entries in the data. */
        { "forced_fullzip/v2_1", "l", 7, 2, 200 },
        /* A code of a byte, and, not far from it, all strings there are with
         * their ends. */
        { "low_cardinality/v2_0", "cat", 500, 1, 300 },
        /* Ends of lists, and the few items. */
        { "lists/v2_0", "li", 50, 4, 16 + 100 },
    };

    (void)state;
    if (!reading_engine())
        skip();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lio_dataset *dataset =
            reading_open("types/%s.lance", rows[i].table);
        struct lio_engine_stats stats =
            cost(dataset, rows[i].column, &rows[i].row, 1);

        if (stats.bytes_read == 0 || stats.bytes_read > rows[i].bytes ||
            stats.requests > rows[i].requests)
            fail_msg("%s: %" PRIu64 " bytes, %" PRIu64 " requests",
                     rows[i].table, stats.bytes_read, stats.requests);
        lio_dataset_close(dataset);
    }
}

/* A list may go on in the next chunk; those of others are not touched. */
static void chunks_of_a_list_are_read_alone(void **state)
{
    const uint64_t first = 0, last = 8;
    struct lio_engine_stats once, again, other;
    struct lio_dataset *dataset;

    (void)state;
    if (!reading_engine())
        skip();
    dataset = reading_open("types/large_list_multi_chunk/v2_1.lance");
    once = cost(dataset, "l", &last, 1);
    again = cost(dataset, "l", &last, 1);
    other = cost(dataset, "l", &first, 1);
    assert_int_equal(once.requests, 3); /* index, words, chunks */
    assert_int_equal(again.requests, 1);
    assert_true(again.bytes_read + other.bytes_read < 20000); /* of 25,854 */
    lio_dataset_close(dataset);
}

/* -- threads ------------------------------------------------------------- */

#define NTHREADS 4

static void *take_often(void *data)
{
    struct lio_dataset *dataset = data;
    uint64_t state = 3, rows[NROWS];
    intptr_t failed = 0;

    for (int round = 0; round < 5; round++) {
        struct ArrowArray array;

        for (size_t i = 0; i < NROWS; i++)
            rows[i] = draw(&state) % 100000;
        if (lio_take_rows(dataset, rows, NROWS, NULL, &array, NULL) < 0)
            failed++;
        else
            array.release(&array);
    }
    return (void *)failed;
}

static void threads_may_take_from_one_dataset(void **state)
{
    struct lio_dataset *dataset = reading_open("flights_v21.lance");
    pthread_t threads[NTHREADS];

    (void)state;
    for (int i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_often, dataset),
                         0);
    for (int i = 0; i < NTHREADS; i++) {
        void *failed;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    lio_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_in_the_order_asked_for),
        cmocka_unit_test(no_rows_are_taken_as_none),
        cmocka_unit_test(rows_that_do_not_exist_are_refused),
        cmocka_unit_test(plain_values_are_read_alone),
        cmocka_unit_test(near_values_are_read_as_one),
        cmocka_unit_test(chunks_are_found_once_and_read_alone),
        cmocka_unit_test(rows_read_as_one_are_read_alone),
        cmocka_unit_test(values_of_any_length_are_read_alone),
        cmocka_unit_test(chunks_of_a_list_are_read_alone),
        cmocka_unit_test(threads_may_take_from_one_dataset),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
