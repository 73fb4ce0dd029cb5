/*
 * Blobs of version 2.2 that are written: in the data file, and beside it.
 *
 * The fixture's are of 0 to 449 bytes, in two fragments, and its columns say
 * that up to 20 bytes are inlined and more than 300 alone.
 */
#include "tests/format/reading.h"

#include "support/temp_dir.h"

#include <dirent.h>

#define OPS_MAX 200

static char *folder, *table;

static int setup(void **state)
{
    (void)state;
    folder = temp_dir_make();
    return folder && asprintf(&table, "%s/t.lance", folder) > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    temp_dir_remove(folder);
    free(table);
    return 0;
}

/* -- what there is ------------------------------------------------------- */

static unsigned nfiles, nalone;

static int count_file(const char *path, const struct stat *info, int what,
                      struct FTW *where)
{
    const char *suffix = strstr(path, ".blob");

    (void)info;
    (void)where;
    nfiles += what == FTW_F;
    /* That of id 1 is the first, and packed. */
    nalone += suffix && !strstr(path, "/10000000000000000000000000000000.blob");
    return 0;
}

/* All files below the folder; and the blobs among them that are alone. */
static unsigned count_files(void)
{
    nfiles = nalone = 0;
    assert_int_equal(nftw(folder, count_file, 16, FTW_PHYS), 0);
    return nfiles;
}

static unsigned count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

/* -- writing ------------------------------------------------------------- */

static int append_all(struct lio_writer *writer, struct ArrowArrayStream *rows,
                      struct lio_error *err)
{
    struct ArrowArray batch;
    int rc = 0;

    while (rc == 0) {
        assert_int_equal(rows->get_next(rows, &batch), 0);
        if (!batch.release)
            break;
        rc = lio_writer_append(writer, &batch, err);
    }
    return rc;
}

/* All rows of a fixture, seven at a time, so that there are some pages; with
 * `finish` to the end. */
static int write_case(struct lio_engine *engine, const char *name,
                      const struct lio_write_options *options, bool finish,
                      struct lio_error *err)
{
    const struct lio_scan scan = { .batch_rows = 7 };
    struct lio_dataset *from = reading_open("types/%s/v2_2.lance", name);
    struct lio_writer *writer = NULL;
    struct ArrowArrayStream rows;
    struct ArrowSchema schema;
    int rc;

    assert_int_equal(lio_scan_schema(from, &scan, &schema, err), 0);
    assert_int_equal(lio_scan_stream(from, &scan, &rows, err), 0);
    rc = lio_writer_open(engine, table, &schema, options, &writer, err);
    if (rc == 0)
        rc = append_all(writer, &rows, err);
    if (rc == 0 && finish)
        rc = lio_writer_finish(writer, NULL, err);
    lio_writer_close(writer);
    rows.release(&rows);
    schema.release(&schema);
    lio_dataset_close(from);
    return rc;
}

static void is_written(const char *name,
                       const struct lio_write_options *options)
{
    struct lio_error err;

    if (write_case(reading_engine(), name, options, true, &err) < 0)
        fail_msg("%s", err.msg);
}

static void has_rows_of(const char *name, size_t times)
{
    char *path = reading_path("types/%s/expected.ndjson", name);
    struct lio_dataset *dataset;
    struct expected expected;
    struct lio_error err;

    assert_int_equal(expected_load(path, &expected), 0);
    free(path);
    if (lio_dataset_open(reading_engine(), table, &dataset, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < times; i++) {
        const struct lio_scan scan = { .offset = i * expected.nrows,
                                       .limit = expected.nrows };

        assert_int_equal(reading_compare_stream(dataset, &scan, &expected, 0),
                         expected.nrows);
    }
    lio_dataset_close(dataset);
    expected_release(&expected);
}

/* -- tests --------------------------------------------------------------- */

static void blobs_are_where_their_size_says(void **state)
{
    static const struct lio_write_options create = { .memory = 0 };

    (void)state;
    is_written("blob_22", &create);
    has_rows_of("blob_22", 1);
    (void)count_files();
    assert_in_range(nalone, 5, 20);
}

/* Of its own: each page begins where the one before ends. */
static void pages_share_a_packed_file(void **state)
{
    static const struct lio_write_options options = { .page_bytes = 1000 };

    (void)state;
    is_written("blob_22", &options);
    has_rows_of("blob_22", 1);
}

static void blobs_in_lists_and_structs_are_written(void **state)
{
    static const struct lio_write_options options = { .page_bytes = 1000,
                                                      .rows_per_file = 15 };

    (void)state;
    is_written("blob_22_nested", &options);
    has_rows_of("blob_22_nested", 1);
}

static void blobs_are_appended(void **state)
{
    static const struct lio_write_options create = { .rows_per_file = 30 };
    static const struct lio_write_options append = { .mode = LIO_WRITE_APPEND };

    (void)state;
    is_written("blob_22", &create);
    is_written("blob_22", &append);
    has_rows_of("blob_22", 2);
}

/* Who moves it need not know of others. */
static void single_file_has_all_in_it(void **state)
{
    static const struct lio_write_options file = { .mode = LIO_WRITE_FILE };

    (void)state;
    is_written("blob_22", &file);
    has_rows_of("blob_22", 1);
    assert_int_equal(count_files(), 1);
}

static void nothing_stays_without_a_finish(void **state)
{
    static const struct lio_write_options options = { .page_bytes = 1000 };
    struct lio_error err;

    (void)state;
    assert_int_equal(
        write_case(reading_engine(), "blob_22", &options, false, &err), 0);
    assert_int_equal(count_files(), 0);
}

/* Every operation of this kind fails once.  Returns how many there are. */
static unsigned fail_each(const char *kind, const char *how, int code)
{
    static const struct lio_write_options options = { .page_bytes = 1000 };
    unsigned descriptors = count_descriptors();

    for (unsigned nth = 1; nth < OPS_MAX; nth++) {
        struct lio_error err = { 0 };
        struct lio_engine *engine;
        char *rule;
        int rc;

        assert_true(asprintf(&rule, "%s:nth=%u:errno=%s", kind, nth, how) > 0);
        engine = reading_open_faulty(rule);
        rc = write_case(engine, "blob_22", &options, true, &err);
        lio_engine_close(engine);
        if (rc == 0) {
            free(rule);
            return nth - 1;
        }
        if (rc != code || count_files() != 0)
            fail_msg("%s: %u files, '%s'", rule, count_files(), err.msg);
        assert_int_equal(count_descriptors(), descriptors);
        free(rule);
    }
    return OPS_MAX;
}

static void every_operation_can_fail(void **state)
{
    static const struct {
        const char *kind, *how;
        int code;
    } faults[] = { { "write", "ENOSPC", LIO_ENOSPC },
                   { "sync", "EIO", LIO_EIO },
                   { "open", "EACCES", LIO_EACCES } };

    /* Those of the device, which there is with an engine alone. */
    if (!reading_engine())
        skip();
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        assert_in_range(
            fail_each(faults[i].kind, faults[i].how, faults[i].code), 9,
            OPS_MAX - 1);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

int main(void)
{
#define BLOB_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        BLOB_TEST(blobs_are_where_their_size_says),
        BLOB_TEST(pages_share_a_packed_file),
        BLOB_TEST(blobs_in_lists_and_structs_are_written),
        BLOB_TEST(blobs_are_appended),
        BLOB_TEST(single_file_has_all_in_it),
        BLOB_TEST(nothing_stays_without_a_finish),
        BLOB_TEST(every_operation_can_fail),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
