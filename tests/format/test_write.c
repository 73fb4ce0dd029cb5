/*
 * Writing data files: what is read from the fixtures and written again is what
 * they hold, in every version that can hold it, however it is written.
 */
#include "tests/format/reading.h"

#include "support/sanitizer.h"
#include "support/temp_dir.h"

#include <dirent.h>
#include <sys/stat.h>

struct table_case {
    const char *name;
    char fixture;         /* version that is read */
    const char *versions; /* that are written */
};

static const struct table_case cases[] = {
    { "all_null", '2', "012" },
    { "all_null_struct", '2', "12" },
    { "binary_nullable", '2', "012" },
    { "blob", '1', "012" },
    { "blob_in_struct", '1', "12" },
    { "blob_nested_20", '0', "02" },
    { "blob_22", '2', "012" },
    { "blob_22_nested", '2', "12" },
    { "bool_layouts", '2', "012" },
    { "bools", '2', "012" },
    { "comp_zstd", '2', "012" },
    { "constants", '2', "012" },
    { "decimals", '2', "012" },
    { "deep", '2', "12" },
    { "deep_20", '0', "012" },
    { "deletes_bitmap", '2', "012" },
    { "dictionary", '2', "012" },
    { "dictionary_bool", '2', "012" },
    { "dictionary_null_item", '0', "012" },
    { "embeddings", '2', "012" },
    { "embeddings_null_items", '2', "012" },
    { "embeddings_other", '2', "012" },
    { "empty", '2', "012" },
    { "floats_nullable", '2', "012" },
    { "forced_fullzip", '2', "012" },
    { "fsl_fsl", '2', "012" },
    { "fsl_struct", '2', "2" },
    { "fsl_struct_list", '2', "2" },
    { "ints_nullable", '2', "012" },
    { "json", '2', "012" },
    { "large_list_multi_chunk", '2', "012" },
    { "list_dict", '2', "012" },
    { "list_struct_empty", '0', "0" },
    { "list_fsl_struct", '2', "2" },
    { "list_fsl_struct_list", '2', "2" },
    { "list_struct", '2', "12" },
    { "list_struct_no_null_structs", '2', "012" },
    { "lists", '2', "012" },
    { "lists_all_empty", '2', "012" },
    { "long_strings", '2', "012" },
    { "low_cardinality", '2', "012" },
    { "map", '2', "2" },
    { "map_list", '2', "2" },
    { "medium_strings", '2', "012" },
    { "multi_page", '2', "012" },
    { "narrow_ints", '2', "012" },
    { "one_row", '2', "012" },
    { "packed_nested", '0', "0" },
    { "packed_nested_22", '2', "2" },
    { "packed_struct", '2', "012" },
    { "packed_struct_var", '2', "2" },
    { "strings_nullable", '2', "012" },
    { "structs", '2', "012" },
    { "structs_empty", '2', "012" },
    { "structs_nullable", '2', "12" },
    { "temporal_nullable", '2', "012" },
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

static struct lio_writer *open_writer(struct lio_engine *engine,
                                      struct lio_dataset *from,
                                      const struct lio_scan *scan,
                                      const char *path,
                                      const struct lio_write_options *options)
{
    struct lio_writer *writer = NULL;
    struct ArrowSchema schema;
    struct lio_error err;

    if (lio_scan_schema(from, scan, &schema, &err) < 0 ||
        lio_writer_open(engine, path, &schema, options, &writer, &err) < 0)
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
static void write_file(struct lio_engine *engine, struct lio_dataset *from,
                       const char *path,
                       const struct lio_write_options *options,
                       uint32_t batch_rows)
{
    const struct lio_scan scan = { .batch_rows = batch_rows };
    struct lio_writer *writer = open_writer(engine, from, &scan, path, options);
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
    write_file(reading_engine(), from, path, &options, batch_rows);
    compare_file(path, &expected);
    expected_release(&expected);
    free(path);
    free(rows);
    lio_dataset_close(from);
}

static void write_all(const char *folder)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *version = cases[i].versions;

        /* Under a sanitizer once each is enough. */
        for (; *version && !LIO_TEST_SLOW; version++)
            write_case(&cases[i], *version, folder, 0);
        version = cases[i].versions;
        write_case(&cases[i], version[strlen(version) - 1], folder, 7);
    }
}

/* -- tests --------------------------------------------------------------- */

static void what_is_written_is_read_back(void **state)
{
    char *folder = temp_dir_make();

    (void)state;
    write_all(folder);
    assert_int_equal(count_entries(folder), 1);
    temp_dir_remove(folder);
}

static char *read_file(const char *path, size_t *ret_bytes)
{
    struct stat st;
    FILE *file = fopen(path, "r");
    char *bytes;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    bytes = malloc((size_t)st.st_size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)st.st_size, file), st.st_size);
    (void)fclose(file);
    *ret_bytes = (size_t)st.st_size;
    return bytes;
}

static void check_same(const char *left, const char *right)
{
    size_t nleft, nright;
    char *a = read_file(left, &nleft), *b = read_file(right, &nright);

    assert_int_equal(nleft, nright);
    assert_memory_equal(a, b, nleft);
    free(a);
    free(b);
}

static void threads_and_engine_change_no_byte(void **state)
{
    static const struct lio_write_options settings[] = {
        { .mode = LIO_WRITE_FILE, .page_bytes = 65536, .threads = 1 },
        { .mode = LIO_WRITE_FILE, .page_bytes = 65536, .threads = 8 },
    };
    char *folder = temp_dir_make(), *plain = path_in(folder, "plain.lance");
    char *other = path_in(folder, "other.lance");
    struct lio_dataset *from = reading_open("flights_v22.lance");

    (void)state;
    write_file(NULL, from, plain, &settings[0], 0);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        write_file(reading_engine(), from, other, &settings[i], 0);
        check_same(plain, other);
    }
    lio_dataset_close(from);
    free(other);
    free(plain);
    temp_dir_remove(folder);
}

static void nothing_stays_behind_without_a_finish(void **state)
{
    char *folder = temp_dir_make(), *path = path_in(folder, "out.lance");
    const struct lio_write_options options = { .mode = LIO_WRITE_FILE };
    const struct lio_scan scan = { 0 };
    struct lio_dataset *from = reading_open("types/ints_nullable/v2_2.lance");
    struct lio_writer *writer =
        open_writer(reading_engine(), from, &scan, path, &options);

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
        cmocka_unit_test(threads_and_engine_change_no_byte),
        cmocka_unit_test(nothing_stays_behind_without_a_finish),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
