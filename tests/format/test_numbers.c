/*
 * Which rows these are, as columns: the ids that LanceDB gives them, and their
 * addresses.
 */
#include "tests/format/reading.h"

#include <stdlib.h>

static const char *const names[] = { "id", "_rowid" };

/* `name` has rows that were deleted, moved and compacted. */
static void compare(const char *name, uint32_t batch_rows)
{
    struct lio_dataset *dataset = reading_open("types/%s/v2_2.lance", name);
    char *path = reading_path("types/%s/expected.ndjson", name);
    const struct lio_scan scan = { .columns = names,
                                   .ncolumns = 2,
                                   .batch_rows = batch_rows };
    struct expected rows;

    assert_int_equal(expected_load(path, &rows), 0);
    assert_int_equal(reading_compare_stream(dataset, &scan, &rows, 0),
                     rows.nrows);
    expected_release(&rows);
    free(path);
    lio_dataset_close(dataset);
}

static void stable_ids_stay_when_rows_move(void **state)
{
    (void)state;
    compare("row_ids_stable", 0);
    compare("row_ids_stable", 61);
}

static void without_them_ids_are_addresses(void **state)
{
    (void)state;
    compare("row_ids", 0);
    compare("row_ids", 61);
}

static void taken_rows_have_the_same_ids(void **state)
{
    static const uint64_t wanted[] = { 3750, 3, 3750, 0, 2990, 2991, 3700 };
    enum { N = sizeof(wanted) / sizeof(wanted[0]) };
    const struct lio_scan scan = { .columns = names, .ncolumns = 2 };
    struct lio_dataset *dataset =
        reading_open("types/row_ids_stable/v2_2.lance");
    char *path = reading_path("types/row_ids_stable/expected.ndjson");
    char *lines[N];
    struct expected all, some = { .rows = lines, .nrows = N };
    struct ArrowSchema schema;
    struct ArrowArray array;

    (void)state;
    assert_int_equal(expected_load(path, &all), 0);
    for (size_t i = 0; i < N; i++)
        lines[i] = all.rows[wanted[i]];
    assert_int_equal(lio_scan_schema(dataset, &scan, &schema, NULL), 0);
    assert_int_equal(lio_take_rows(dataset, wanted, N, &scan, &array, NULL), 0);
    reading_compare(&some, 0, &schema, &array);
    array.release(&array);
    schema.release(&schema);
    expected_release(&all);
    free(path);
    lio_dataset_close(dataset);
}

static void address_tells_fragment_and_place(void **state)
{
    static const char *const address[] = { "_rowaddr" };
    static const uint64_t rows[] = { 0, 4, 7 };
    const struct lio_scan scan = { .columns = address, .ncolumns = 1 };
    struct lio_dataset *dataset =
        reading_open("types/row_ids_stable/v2_2.lance");
    struct lio_fragment_info fragment;
    struct ArrowArray array;
    const uint64_t *values;

    (void)state;
    assert_int_equal(lio_dataset_fragment(dataset, 0, &fragment), 0);
    assert_int_equal(lio_take_rows(dataset, rows, 3, &scan, &array, NULL), 0);
    assert_int_equal(array.n_children, 1);
    values = array.children[0]->buffers[1];
    /* Row 7, whose id is 7, was updated, and is no more where it was. */
    assert_int_equal(values[0], fragment.id << 32);
    assert_int_equal(values[1] >> 32, fragment.id);
    assert_true(values[2] > values[1] + 3);
    array.release(&array);
    lio_dataset_close(dataset);
}

/* Nobody asks for them by asking for everything. */
static void they_are_not_among_all_columns(void **state)
{
    struct lio_dataset *dataset = reading_open("types/row_ids/v2_2.lance");
    struct ArrowSchema schema;

    (void)state;
    assert_int_equal(
        lio_scan_schema(dataset, &(struct lio_scan){ 0 }, &schema, NULL), 0);
    assert_int_equal(schema.n_children, 1);
    schema.release(&schema);
    lio_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stable_ids_stay_when_rows_move),
        cmocka_unit_test(without_them_ids_are_addresses),
        cmocka_unit_test(taken_rows_have_the_same_ids),
        cmocka_unit_test(address_tells_fragment_and_place),
        cmocka_unit_test(they_are_not_among_all_columns),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
