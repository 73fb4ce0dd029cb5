/*
 * 100,000 real rows, written by the reference writer in each file version:
 * every value must be the expected one, however it is read.
 */
#include "tests/format/reading.h"

#include "support/arrow_check.h"

#include <pthread.h>
#include <stdlib.h>

#define ROWS 100000

static const char *const versions[] = { "20", "21", "22" };

static struct expected rows;

static int setup(void **state)
{
    char *path = reading_path("flights.expected.ndjson.gz");
    int rc = expected_load(path, &rows);

    free(path);
    return rc < 0 || rows.nrows != ROWS ? -1 : reading_setup(state);
}

static int teardown(void **state)
{
    expected_release(&rows);
    return reading_teardown(state);
}

static void stream_yields_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lio_dataset *dataset =
            reading_open("flights_v%s.lance", versions[i]);

        assert_int_equal(reading_compare_stream(dataset, NULL, &rows, 0), ROWS);
        lio_dataset_close(dataset);
    }
}

static void one_read_yields_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lio_dataset *dataset =
            reading_open("flights_v%s.lance", versions[i]);
        struct ArrowSchema schema;
        struct ArrowArray array;

        assert_int_equal(lio_scan_schema(dataset, NULL, &schema, NULL), 0);
        assert_int_equal(lio_scan_read(dataset, NULL, &array, NULL), 0);
        assert_int_equal(array.length, ROWS);
        reading_compare(&rows, 0, &schema, &array);
        reading_release(&array);
        reading_release_schema(&schema);
        lio_dataset_close(dataset);
    }
}

/* So many of each page that they are read in pieces, by several threads. */
static void rows_taken_from_all_over_are_the_expected_ones(void **state)
{
    uint64_t *wanted = calloc(ROWS / 4, sizeof(*wanted));
    struct expected some = { .rows = calloc(ROWS / 4, sizeof(char *)),
                             .nrows = ROWS / 4 };

    (void)state;
    assert_non_null(wanted);
    assert_non_null(some.rows);
    for (size_t i = 0; i < some.nrows; i++) {
        wanted[i] = i * 179424673 % ROWS;
        some.rows[i] = rows.rows[wanted[i]];
    }
    for (size_t i = 0; i < 3; i++) {
        struct lio_dataset *dataset =
            reading_open("flights_v%s.lance", versions[i]);
        struct ArrowSchema schema;
        struct ArrowArray array;

        assert_int_equal(lio_scan_schema(dataset, NULL, &schema, NULL), 0);
        assert_int_equal(
            lio_take_rows(dataset, wanted, some.nrows, NULL, &array, NULL), 0);
        assert_int_equal(array.length, some.nrows);
        reading_compare(&some, 0, &schema, &array);
        reading_release(&array);
        reading_release_schema(&schema);
        lio_dataset_close(dataset);
    }
    free(some.rows);
    free(wanted);
}

/* The pages of a column, as a batch with one column. */
static void compare_page(const struct lio_page_info *page,
                         const struct ArrowSchema *schema,
                         struct ArrowArray *array)
{
    struct ArrowSchema field = *schema,
                       *fields[] = { schema->children[page->field] };
    struct ArrowArray *columns[] = { array };
    const void *validity = NULL;
    struct ArrowArray batch = { .length = array->length,
                                .n_buffers = 1,
                                .buffers = &validity,
                                .n_children = 1,
                                .children = columns,
                                .release = array->release };

    assert_int_equal(array->length, page->rows);
    field.n_children = 1;
    field.children = fields;
    reading_compare(&rows, page->first_row, &field, &batch);
}

static void pages_hold_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lio_dataset *dataset =
            reading_open("flights_v%s.lance", versions[i]);
        struct lio_dataset_info info;
        struct ArrowSchema schema;
        struct ArrowArray *arrays;
        uint32_t *numbers, n;

        lio_dataset_info(dataset, &info);
        assert_int_equal(info.npages, 5);
        /* Backwards, and the first of them once more. */
        n = info.npages + 1;
        numbers = calloc(n, sizeof(*numbers));
        arrays = calloc(n, sizeof(*arrays));
        for (uint32_t k = 0; k < n; k++)
            numbers[k] = (2 * info.npages - 1 - k) % info.npages;
        assert_int_equal(lio_scan_schema(dataset, NULL, &schema, NULL), 0);
        assert_int_equal(lio_read_pages(dataset, numbers, n, arrays, NULL), 0);
        for (uint32_t k = 0; k < n; k++) {
            struct lio_page_info page;

            assert_int_equal(lio_dataset_page(dataset, numbers[k], &page), 0);
            compare_page(&page, &schema, &arrays[k]);
            reading_release(&arrays[k]);
        }
        reading_release_schema(&schema);
        free(numbers);
        free(arrays);
        lio_dataset_close(dataset);
    }
}

static void offset_limit_and_batches_cut_anywhere(void **state)
{
    static const struct lio_scan cuts[] = {
        { .offset = 0, .limit = 1 },
        { .offset = 99999 },
        { .offset = 4711, .limit = 20000, .batch_rows = 777 },
        { .offset = 1023, .limit = 1026, .batch_rows = 1 },
        { .offset = 50000, .limit = 3, .batch_rows = 100 },
    };
    static const size_t expected[] = { 1, 1, 20000, 1026, 3 };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lio_dataset *dataset =
            reading_open("flights_v%s.lance", versions[i]);

        for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++)
            assert_int_equal(reading_compare_stream(dataset, &cuts[k], &rows,
                                                    cuts[k].offset),
                             expected[k]);
        lio_dataset_close(dataset);
    }
}

static void offset_past_the_end_yields_no_row(void **state)
{
    const struct lio_scan scan = { .offset = ROWS + 1 };
    struct lio_dataset *dataset = reading_open("flights_v22.lance");
    struct ArrowSchema schema;
    struct ArrowArray array;

    (void)state;
    assert_int_equal(reading_compare_stream(dataset, &scan, &rows, 0), 0);
    assert_int_equal(lio_scan_schema(dataset, &scan, &schema, NULL), 0);
    assert_int_equal(lio_scan_read(dataset, &scan, &array, NULL), 0);
    assert_int_equal(array.length, 0);
    reading_compare(&rows, 0, &schema, &array);
    array.release(&array);
    schema.release(&schema);
    lio_dataset_close(dataset);
}

static void columns_come_in_the_order_wanted(void **state)
{
    const char *names[] = { "origin", "date", "origin" };
    const struct lio_scan scan = { .columns = names,
                                   .ncolumns = 3,
                                   .limit = 5000 };
    struct lio_dataset *dataset = reading_open("flights_v21.lance");
    struct ArrowSchema schema;

    (void)state;
    assert_int_equal(lio_scan_schema(dataset, &scan, &schema, NULL), 0);
    assert_int_equal(schema.n_children, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(schema.children[i]->name, names[i]);
    assert_string_equal(schema.children[0]->format, "u");
    assert_string_equal(schema.children[1]->format, "tsu:");
    schema.release(&schema);
    assert_int_equal(reading_compare_stream(dataset, &scan, &rows, 0), 5000);
    lio_dataset_close(dataset);
}

static void unknown_column_names_those_that_exist(void **state)
{
    const char *names[] = { "delay", "destiny" };
    const struct lio_scan scan = { .columns = names, .ncolumns = 2 };
    struct lio_dataset *dataset = reading_open("flights_v21.lance");
    struct ArrowArray array = { 0 };
    struct lio_error err;

    (void)state;
    assert_int_equal(lio_scan_read(dataset, &scan, &array, &err), LIO_EINVAL);
    assert_null(array.release);
    reading_says(&err, "'destiny'");
    reading_says(&err, "date, delay, distance, origin, destination");
    lio_dataset_close(dataset);
}

static void single_file_holds_the_same_rows(void **state)
{
    const struct lio_scan scan = { .offset = ROWS - 3000 };
    struct lio_dataset *table, *file;
    struct lio_page_info page;
    struct lio_dataset_info info;
    struct lio_error err;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        table = reading_open("flights_v%s.lance", versions[i]);
        assert_int_equal(lio_dataset_page(table, 0, &page), 0);
        if (lio_dataset_open(reading_engine(), page.file, &file, &err) < 0)
            fail_msg("%s", err.msg);
        lio_dataset_info(file, &info);
        assert_int_equal(info.version, 0);
        assert_int_equal(info.rows, ROWS);
        assert_int_equal(
            reading_compare_stream(file, &scan, &rows, scan.offset), 3000);
        lio_dataset_close(file);
        lio_dataset_close(table);
    }
}

static void dataset_tells_what_it_is(void **state)
{
    static const char *const formats[] = { "2.0", "2.1", "2.2" };
    static const char *const dates[] = {
        "flat 64",
        "mini-block(rle(flat 64))",
        "mini-block(dictionary(rle(flat 32), out-of-line bit-packed 64 to 50))",
    };
    static const char *const origins[] = {
        "binary(flat 8)",
        "mini-block(dictionary(bit-packed 32, variable))",
        "mini-block(dictionary(bit-packed 32, lz4(variable)))",
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct lio_dataset *dataset =
            reading_open("flights_v%s.lance/", versions[i]);
        struct lio_dataset_info info;
        struct lio_field_info field;
        struct lio_fragment_info fragment;
        struct lio_page_info page;

        lio_dataset_info(dataset, &info);
        assert_string_equal(info.format_version, formats[i]);
        assert_int_equal(info.version, 1);
        assert_int_equal(info.rows, ROWS);
        assert_int_equal(info.nfragments, 1);
        assert_int_equal(info.nfields, 5);
        assert_int_equal(lio_dataset_field(dataset, 0, &field), 0);
        assert_string_equal(field.name, "date");
        assert_string_equal(field.logical_type, "timestamp:us:-");
        assert_null(field.unsupported);
        assert_int_equal(lio_dataset_field(dataset, 5, &field), LIO_EINVAL);
        assert_int_equal(lio_dataset_fragment(dataset, 0, &fragment), 0);
        assert_int_equal(fragment.physical_rows, ROWS);
        assert_int_equal(lio_dataset_fragment(dataset, 1, &fragment),
                         LIO_EINVAL);
        assert_int_equal(lio_dataset_page(dataset, 0, &page), 0);
        assert_string_equal(page.encoding, dates[i]);
        assert_int_equal(page.rows, ROWS);
        assert_int_equal(lio_dataset_page(dataset, 3, &page), 0);
        assert_string_equal(page.encoding, origins[i]);
        assert_int_equal(page.field, 3);
        assert_int_equal(lio_dataset_page(dataset, 5, &page), LIO_EINVAL);
        lio_dataset_close(dataset);
    }
}

static void missing_page_is_the_callers_error(void **state)
{
    struct lio_dataset *dataset = reading_open("flights_v20.lance");
    struct ArrowArray array = { 0 };
    struct lio_error err;

    (void)state;
    assert_int_equal(lio_read_page(dataset, 5, &array, &err), LIO_EINVAL);
    assert_null(array.release);
    reading_says(&err, "there is no page 5");
    lio_dataset_close(dataset);
}

/* A consumer may take children out of a batch and release it before them. */
static void moved_children_outlive_their_parent_and_dataset(void **state)
{
    const struct lio_scan scan = { .limit = 100 };
    struct lio_dataset *dataset = reading_open("flights_v22.lance");
    struct ArrowSchema schema;
    struct ArrowArray batch, origin;

    (void)state;
    assert_int_equal(lio_scan_schema(dataset, &scan, &schema, NULL), 0);
    assert_int_equal(lio_scan_read(dataset, &scan, &batch, NULL), 0);
    origin = *batch.children[3];
    batch.children[3]->release = NULL;
    batch.release(&batch);
    assert_null(batch.release);
    lio_dataset_close(dataset);
    for (int64_t i = 0; i < 100; i++)
        assert_true(expected_equals(rows.rows[i], "origin", schema.children[3],
                                    &origin, i));
    origin.release(&origin);
    assert_null(origin.release);
    schema.release(&schema);
}

/* A stream that is released half-way waits for what it has under way. */
static void stream_may_be_left_at_any_time(void **state)
{
    struct lio_dataset *dataset = reading_open("types/multi_page/v2_2.lance");
    const char *names[] = { "s" };
    const struct lio_scan scan = { .columns = names,
                                   .ncolumns = 1,
                                   .batch_rows = 10 };
    struct ArrowArrayStream stream;
    struct ArrowArray batch;

    (void)state;
    assert_int_equal(lio_scan_stream(dataset, &scan, &stream, NULL), 0);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    stream.release(&stream);
    assert_null(stream.release);
    assert_int_equal(batch.length, 10);
    batch.release(&batch);
    lio_dataset_close(dataset);
}

/* What a thread does: read all rows of the dataset, and count the sound. */
struct reader {
    pthread_t thread;
    struct lio_dataset *dataset;
    uint64_t offset;
    size_t rows;
};

static void *read_rest(void *user)
{
    struct reader *reader = user;
    const struct lio_scan scan = { .offset = reader->offset,
                                   .batch_rows = 3000 };
    struct ArrowArrayStream stream;
    struct ArrowArray batch;

    if (lio_scan_stream(reader->dataset, &scan, &stream, NULL) < 0)
        return NULL;
    while (stream.get_next(&stream, &batch) == 0 && batch.release) {
        const int32_t *delays = batch.children[1]->buffers[1];

        for (int64_t i = 0; i < batch.length; i++) {
            size_t row = (size_t)reader->offset + reader->rows + (size_t)i;
            const char *want = expected_member(rows.rows[row], "delay");

            if (atoi(want) != delays[batch.children[1]->offset + i])
                return NULL;
        }
        reader->rows += (size_t)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    return NULL;
}

static void threads_may_read_one_dataset_at_once(void **state)
{
    enum { THREADS = 4 };
    struct lio_dataset *dataset = reading_open("flights_v22.lance");
    struct reader readers[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){ .dataset = dataset,
                                      .offset = (uint64_t)i * 10000 };
        assert_int_equal(
            pthread_create(&readers[i].thread, NULL, read_rest, &readers[i]),
            0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].rows + readers[i].offset, ROWS);
    }
    lio_dataset_close(dataset);
}

/* Windows are then under way, being decoded, decoded, and not yet cut. */
static void stream_may_be_left_after_any_batch(void **state)
{
    (void)state;
    for (char version = '0'; version <= '2'; version++)
        for (int batches = 0; batches < 12; batches++) {
            struct lio_dataset *dataset =
                reading_open("flights_v2%c.lance", version);
            const struct lio_scan scan = { .batch_rows = 500,
                                           .memory = 1 << 20 };
            struct ArrowArrayStream stream;
            struct ArrowArray batch = { 0 };

            assert_int_equal(lio_scan_stream(dataset, &scan, &stream, NULL), 0);
            for (int i = 0; i < batches; i++) {
                if (batch.release)
                    batch.release(&batch);
                assert_int_equal(stream.get_next(&stream, &batch), 0);
            }
            stream.release(&stream);
            lio_dataset_close(dataset);
            /* Arrays outlive them all. */
            if (batch.release)
                batch.release(&batch);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_yields_every_row),
        cmocka_unit_test(one_read_yields_every_row),
        cmocka_unit_test(rows_taken_from_all_over_are_the_expected_ones),
        cmocka_unit_test(pages_hold_every_row),
        cmocka_unit_test(offset_limit_and_batches_cut_anywhere),
        cmocka_unit_test(offset_past_the_end_yields_no_row),
        cmocka_unit_test(columns_come_in_the_order_wanted),
        cmocka_unit_test(unknown_column_names_those_that_exist),
        cmocka_unit_test(single_file_holds_the_same_rows),
        cmocka_unit_test(dataset_tells_what_it_is),
        cmocka_unit_test(missing_page_is_the_callers_error),
        cmocka_unit_test(moved_children_outlive_their_parent_and_dataset),
        cmocka_unit_test(stream_may_be_left_at_any_time),
        cmocka_unit_test(stream_may_be_left_after_any_batch),
        cmocka_unit_test(threads_may_read_one_dataset_at_once),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
