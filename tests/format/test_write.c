/*
 * Writing data files: what is read from the fixtures and written again is what
 * they hold, in every version that can hold it, however it is written.
 */
#include "tests/format/reading.h"

#include "support/temp_dir.h"

#include <dirent.h>

struct table_case {
    const char *name;
    char fixture;         /* version that is read */
    const char *versions; /* that are written */
};

static const struct table_case cases[] = {
    { "floats_nullable", '2', "12" },
    { "ints_nullable", '2', "12" },
    { "strings_nullable", '2', "12" },
    { "temporal_nullable", '2', "12" },
};

static char *path_in(const char *folder, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder, name) >= 0);
    return path;
}

/* How many entries a folder has. */
static unsigned count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n - 2; /* "." and ".." */
}

/* -- writing ------------------------------------------------------------- */

static struct lio_writer *open_writer(struct lio_dataset *from,
                                      const struct lio_scan *scan,
                                      const char *path,
                                      const struct lio_write_options *options)
{
    struct lio_writer *writer = NULL;
    struct ArrowSchema schema;
    struct lio_error err;

    if (lio_scan_schema(from, scan, &schema, &err) < 0 ||
        lio_writer_open(reading_engine(), path, &schema, options, &writer,
                        &err) < 0)
        fail_msg("%s", err.msg);
    schema.release(&schema);
    return writer;
}

static void append_all(struct lio_writer *writer, struct lio_dataset *from,
                       const struct lio_scan *scan)
{
    struct ArrowArrayStream stream;
    struct lio_error err;

    if (lio_scan_stream(from, scan, &stream, &err) < 0)
        fail_msg("%s", err.msg);
    for (;;) {
        struct ArrowArray batch;

        if (stream.get_next(&stream, &batch) != 0)
            fail_msg("%s", stream.get_last_error(&stream));
        if (!batch.release)
            break;
        if (lio_writer_append(writer, &batch, &err) < 0)
            fail_msg("%s", err.msg);
        assert_null(batch.release);
    }
    stream.release(&stream);
}

/* Write all rows of a dataset to a data file. */
static void write_file(struct lio_dataset *from, const char *path,
                       const struct lio_write_options *options,
                       uint32_t batch_rows)
{
    const struct lio_scan scan = { .batch_rows = batch_rows };
    struct lio_writer *writer = open_writer(from, &scan, path, options);
    struct lio_write_summary summary;
    struct lio_dataset_info info;
    struct lio_error err;

    append_all(writer, from, &scan);
    if (lio_writer_finish(writer, &summary, &err) < 0)
        fail_msg("%s", err.msg);
    lio_dataset_info(from, &info);
    assert_int_equal(summary.rows, info.rows);
    lio_writer_close(writer);
}

static void compare_file(const char *path, const struct expected *expected)
{
    const struct lio_scan scan = { 0 };
    struct lio_dataset *dataset;
    struct lio_error err;

    if (lio_dataset_open(reading_engine(), path, &dataset, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(reading_compare_stream(dataset, &scan, expected, 0),
                     expected->nrows);
    lio_dataset_close(dataset);
}

static void write_case(const struct table_case *table, char version,
                       const char *folder, uint32_t batch_rows)
{
    struct lio_dataset *from =
        reading_open("types/%s/v2_%c.lance", table->name, table->fixture);
    char *rows = reading_path("types/%s/expected.ndjson", table->name);
    char *path = path_in(folder, "out.lance");
    const char format[] = { '2', '.', version, '\0' };
    const struct lio_write_options options = { .mode = LIO_WRITE_FILE,
                                               .format_version = format };
    struct expected expected;

    assert_int_equal(expected_load(rows, &expected), 0);
    write_file(from, path, &options, batch_rows);
    compare_file(path, &expected);
    expected_release(&expected);
    free(path);
    free(rows);
    lio_dataset_close(from);
}

static void write_all(const char *folder, uint32_t batch_rows)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (const char *version = cases[i].versions; *version; version++)
            write_case(&cases[i], *version, folder, batch_rows);
}

/* -- tests --------------------------------------------------------------- */

static void what_is_written_is_read_back(void **state)
{
    char *folder = temp_dir_make();

    (void)state;
    write_all(folder, 0);
    write_all(folder, 7);
    assert_int_equal(count_entries(folder), 1);
    temp_dir_remove(folder);
}

static void nothing_stays_behind_without_a_finish(void **state)
{
    char *folder = temp_dir_make(), *path = path_in(folder, "out.lance");
    const struct lio_write_options options = { .mode = LIO_WRITE_FILE };
    const struct lio_scan scan = { 0 };
    struct lio_dataset *from = reading_open("types/ints_nullable/v2_2.lance");
    struct lio_writer *writer = open_writer(from, &scan, path, &options);

    (void)state;
    append_all(writer, from, &scan);
    assert_int_equal(count_entries(folder), 1);
    lio_writer_close(writer);
    assert_int_equal(count_entries(folder), 0);
    lio_dataset_close(from);
    free(path);
    temp_dir_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(nothing_stays_behind_without_a_finish),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
