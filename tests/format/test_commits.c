/*
 * Datasets written through the public interface: versions, writers side by
 * side, writing that fails, with an engine on each backend and without one.
 */
#include "tests/format/reading.h"

#include "support/sequence.h"
#include "support/temp_dir.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Rows [first, first + rows), or fail the test. */
static uint64_t write_rows(uint32_t mode, uint64_t first, uint64_t rows)
{
    const struct sequence_write write = { .engine = reading_engine(),
                                          .path = table,
                                          .options = { .mode = mode },
                                          .first = first,
                                          .rows = rows };
    struct lio_write_summary summary;
    struct lio_error err;

    if (sequence_write(&write, &summary, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(summary.rows, rows);
    return summary.version;
}

static void version_has(uint64_t version, int64_t first, int64_t rows)
{
    struct lio_error err = { 0 };
    int64_t found_first = -1,
            found = sequence_read(table, version, &found_first, &err);

    if (found < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(found, rows);
    assert_int_equal(found_first, first);
}

/* How many files there are below the table; -1: it is not there. */
static int count_files(void)
{
    static const char *const parts[] = { "", "/data", "/_versions",
                                         "/_transactions" };
    int n = -1;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct dirent *entry;
        char *path;
        DIR *dir;

        assert_true(asprintf(&path, "%s%s", table, parts[i]) > 0);
        dir = opendir(path);
        free(path);
        if (!dir)
            continue;
        n += i == 0;
        while ((entry = readdir(dir)))
            n += temp_dir_is_file(dir, entry);
        (void)closedir(dir);
    }
    return n;
}

static struct lio_writer *open_writer(uint32_t mode, const char *id, int code,
                                      const char *words)
{
    const struct lio_write_options options = { .mode = mode };
    struct lio_writer *writer = NULL;
    struct ArrowSchema schema;
    struct lio_error err = { 0 };

    assert_int_equal(sequence_schema(id, &schema, &err), 0);
    if (lio_writer_open(reading_engine(), table, &schema, &options, &writer,
                        &err) != code)
        fail_msg("%s", err.msg);
    if (code < 0)
        reading_says(&err, words);
    schema.release(&schema);
    return writer;
}

static int append_rows(struct lio_writer *writer, uint64_t first, uint64_t rows,
                       struct lio_error *err)
{
    struct ArrowArray batch;

    assert_int_equal(sequence_batch(first, rows, &batch), 0);
    return lio_writer_append(writer, &batch, err);
}

/* -- versions ------------------------------------------------------------ */

static void each_version_has_its_rows(void **state)
{
    (void)state;
    assert_int_equal(write_rows(LIO_WRITE_CREATE, 0, 1000), 1);
    assert_int_equal(write_rows(LIO_WRITE_APPEND, 1000, 500), 2);
    assert_int_equal(write_rows(LIO_WRITE_OVERWRITE, 70, 30), 3);
    assert_int_equal(write_rows(LIO_WRITE_APPEND, 100, 1), 4);
    version_has(1, 0, 1000);
    version_has(2, 0, 1500);
    version_has(3, 70, 30);
    version_has(0, 70, 31);
}

static void rows_are_dealt_out_to_files(void **state)
{
    struct sequence_write write = {
        .engine = reading_engine(),
        .path = table,
        .options = { .rows_per_file = 300 },
        .rows = 1000,
        .batch_rows = 77,
    };
    struct lio_write_summary summary;
    struct lio_dataset_info info;
    struct lio_dataset *dataset;
    struct lio_error err;

    (void)state;
    assert_int_equal(sequence_write(&write, &summary, &err), 0);
    assert_int_equal(summary.nfiles, 4);
    version_has(0, 0, 1000);
    assert_int_equal(lio_dataset_open(NULL, table, &dataset, &err), 0);
    lio_dataset_info(dataset, &info);
    assert_int_equal(info.nfragments, 4);
    assert_int_equal(info.bytes, summary.bytes);
    lio_dataset_close(dataset);
}

static void dataset_without_rows_has_its_schema(void **state)
{
    struct lio_dataset_info info;
    struct lio_dataset *dataset;
    struct lio_error err;

    (void)state;
    assert_int_equal(write_rows(LIO_WRITE_CREATE, 0, 0), 1);
    assert_int_equal(lio_dataset_open(NULL, table, &dataset, &err), 0);
    lio_dataset_info(dataset, &info);
    assert_int_equal(info.rows, 0);
    assert_int_equal(info.nfields, 2);
    lio_dataset_close(dataset);
    write_rows(LIO_WRITE_APPEND, 0, 3);
    version_has(0, 0, 3);
}

static void format_of_the_dataset_is_kept(void **state)
{
    struct sequence_write write = {
        .engine = reading_engine(),
        .path = table,
        .options = { .format_version = "2.1" },
        .rows = 10,
    };
    struct lio_dataset_info info;
    struct lio_dataset *dataset;
    struct lio_error err;

    (void)state;
    assert_int_equal(sequence_write(&write, NULL, &err), 0);
    write_rows(LIO_WRITE_APPEND, 10, 10);
    version_has(0, 0, 20);
    assert_int_equal(lio_dataset_open(NULL, table, &dataset, &err), 0);
    lio_dataset_info(dataset, &info);
    assert_string_equal(info.format_version, "2.1");
    lio_dataset_close(dataset);
    write.options.format_version = "2.2";
    write.options.mode = LIO_WRITE_APPEND;
    assert_int_equal(sequence_write(&write, NULL, &err), LIO_EINVAL);
    reading_says(&err, "its files are of version 2.1");
}

/* -- what does not come to be -------------------------------------------- */

static void what_is_refused_changes_nothing(void **state)
{
    int files;

    (void)state;
    assert_null(open_writer(LIO_WRITE_APPEND, "id", LIO_ENOTFOUND,
                            "there is no dataset to append to"));
    assert_int_equal(count_files(), -1);
    write_rows(LIO_WRITE_CREATE, 0, 10);
    files = count_files();
    assert_null(open_writer(LIO_WRITE_CREATE, "id", LIO_EEXIST,
                            "there is a dataset already"));
    assert_null(open_writer(LIO_WRITE_APPEND, "key", LIO_EINVAL,
                            "the dataset has no column 'key'"));
    assert_null(open_writer(17, "id", LIO_EINVAL, "there is no write mode 17"));
    assert_int_equal(count_files(), files);
}

static void writer_that_is_given_up_leaves_nothing(void **state)
{
    struct lio_writer *writer = open_writer(LIO_WRITE_CREATE, "id", 0, "");
    int files;

    (void)state;
    assert_int_equal(append_rows(writer, 0, 1000, NULL), 0);
    lio_writer_close(writer);
    assert_int_equal(count_files(), -1);
    write_rows(LIO_WRITE_CREATE, 0, 10);
    files = count_files();
    writer = open_writer(LIO_WRITE_OVERWRITE, "id", 0, "");
    assert_int_equal(append_rows(writer, 0, 1000, NULL), 0);
    lio_writer_close(writer);
    assert_int_equal(count_files(), files);
    version_has(0, 0, 10);
}

/* -- several writers ----------------------------------------------------- */

static void writers_side_by_side_both_land(void **state)
{
    struct lio_write_summary summary;
    struct lio_writer *a, *b;
    struct lio_error err;

    (void)state;
    write_rows(LIO_WRITE_CREATE, 0, 10);
    a = open_writer(LIO_WRITE_APPEND, "id", 0, "");
    b = open_writer(LIO_WRITE_APPEND, "id", 0, "");
    assert_int_equal(append_rows(a, 30, 10, &err), 0);
    assert_int_equal(append_rows(b, 10, 20, &err), 0);
    assert_int_equal(lio_writer_finish(b, &summary, &err), 0);
    assert_int_equal(summary.version, 2);
    assert_int_equal(lio_writer_finish(a, &summary, &err), 0);
    assert_int_equal(summary.version, 3);
    lio_writer_close(a);
    lio_writer_close(b);
    version_has(0, 0, 40);
}

static void who_comes_after_an_overwrite_can_begin_again(void **state)
{
    struct lio_writer *writer;
    struct lio_error err;

    (void)state;
    write_rows(LIO_WRITE_CREATE, 0, 10);
    writer = open_writer(LIO_WRITE_APPEND, "id", 0, "");
    assert_int_equal(append_rows(writer, 10, 5, &err), 0);
    write_rows(LIO_WRITE_OVERWRITE, 0, 20);
    assert_int_equal(lio_writer_finish(writer, NULL, &err), LIO_ECONFLICT);
    reading_says(&err, "begin again");
    lio_writer_close(writer);
    version_has(0, 0, 20);
    write_rows(LIO_WRITE_APPEND, 20, 5);
    version_has(0, 0, 25);
}

#define PROCESSES         4
#define COMMITS_A_PROCESS 8

/* Returns the exit code. */
static int append_often(void)
{
    struct sequence_write write = { .path = table,
                                    .options = { .mode = LIO_WRITE_APPEND },
                                    .rows = 3 };
    struct lio_error err;

    for (int i = 0; i < COMMITS_A_PROCESS; i++)
        if (sequence_write(&write, NULL, &err) < 0) {
            (void)fprintf(stderr, "%s\n", err.msg);
            return 1;
        }
    return 0;
}

static void processes_that_append_at_once_lose_nothing(void **state)
{
    const uint64_t commits = PROCESSES * COMMITS_A_PROCESS;
    struct lio_dataset_info info;
    struct lio_dataset *dataset;
    pid_t children[PROCESSES];
    struct lio_error err;

    (void)state;
    write_rows(LIO_WRITE_CREATE, 0, 10);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(append_often());
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(lio_dataset_open(NULL, table, &dataset, &err), 0);
    lio_dataset_info(dataset, &info);
    assert_int_equal(info.version, 1 + commits);
    assert_int_equal(info.rows, 10 + 3 * commits);
    lio_dataset_close(dataset);
    /* A manifest, a transaction and a data file each, and the hint. */
    assert_int_equal(count_files(), 3 * (1 + commits) + 1);
}

int main(void)
{
#define DATASET_TEST(name)                                                     \
    cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        DATASET_TEST(each_version_has_its_rows),
        DATASET_TEST(rows_are_dealt_out_to_files),
        DATASET_TEST(dataset_without_rows_has_its_schema),
        DATASET_TEST(format_of_the_dataset_is_kept),
        DATASET_TEST(what_is_refused_changes_nothing),
        DATASET_TEST(writer_that_is_given_up_leaves_nothing),
        DATASET_TEST(writers_side_by_side_both_land),
        DATASET_TEST(who_comes_after_an_overwrite_can_begin_again),
        DATASET_TEST(processes_that_append_at_once_lose_nothing),
    };

    return cmocka_run_group_tests(tests, reading_setup, reading_teardown);
}
