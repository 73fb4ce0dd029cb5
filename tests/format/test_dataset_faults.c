/*
 * Writing datasets on a device that fails: filter-fault lets one operation of
 * a run fail, each in turn, until a run has no more of that kind.
 *
 * Whatever fails: the error says where, the dataset has its old version, no
 * file and no descriptor is left, and the next writer succeeds.
 */
#include "tests/format/reading.h"

#include "support/sequence.h"
#include "support/temp_dir.h"

#include <dirent.h>

#define ROWS    2000
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

static unsigned count_entries(const char *path)
{
    DIR *dir = opendir(path);
    unsigned n = 0;

    if (!dir)
        return 0;
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

/* Entries of all its directories. */
static unsigned count_files(void)
{
    static const char *const parts[] = { "", "/data", "/_versions",
                                         "/_transactions" };
    unsigned n = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *path;

        assert_true(asprintf(&path, "%s%s", table, parts[i]) > 0);
        n += count_entries(path);
        free(path);
    }
    return n;
}

static int write_rows(struct lio_engine *engine, uint32_t mode, uint64_t first,
                      struct lio_error *err)
{
    const struct sequence_write write = {
        .engine = engine,
        .path = table,
        .options = { .mode = mode, .rows_per_file = ROWS / 2 },
        .first = first,
        .rows = ROWS,
        .batch_rows = 700,
    };

    return sequence_write(&write, NULL, err);
}

static void nothing_has_changed(int64_t rows, unsigned files, const char *rule)
{
    struct lio_error err;
    int64_t first;

    if (sequence_read(table, 0, &first, &err) != rows)
        fail_msg("%s: not %d rows", rule, (int)rows);
    if (count_files() != files)
        fail_msg("%s: %u files, not %u", rule, count_files(), files);
}

static void engine_is_at_rest(struct lio_engine *engine)
{
    struct lio_engine_stats stats;

    lio_engine_stats(engine, &stats);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.pinned_blocks, 0);
}

/* Append while the device fails by `rule`; returns the code. */
static int append_faulty(const char *rule, int64_t *rows)
{
    struct lio_engine *engine = reading_open_faulty(rule);
    unsigned files = count_files(), descriptors;
    struct lio_error err = { 0 };
    int rc = write_rows(engine, LIO_WRITE_APPEND, (uint64_t)*rows, &err);

    engine_is_at_rest(engine);
    lio_engine_close(engine);
    if (rc == 0) {
        *rows += ROWS;
        return 0;
    }
    if (err.code != rc || !strstr(err.msg, "t.lance"))
        fail_msg("%s: '%s'", rule, err.msg);
    nothing_has_changed(*rows, files, rule);
    descriptors = count_entries("/proc/self/fd");
    if (write_rows(NULL, LIO_WRITE_APPEND, (uint64_t)*rows, &err) < 0)
        fail_msg("%s: then: %s", rule, err.msg);
    *rows += ROWS;
    assert_int_equal(count_entries("/proc/self/fd"), descriptors);
    return rc;
}

/* Every operation of this kind fails once.  Returns how many there are. */
static unsigned fail_each(const char *kind, const char *how, int code)
{
    unsigned descriptors;
    int64_t rows = ROWS;
    struct lio_error err;

    assert_int_equal(write_rows(NULL, LIO_WRITE_CREATE, 0, &err), 0);
    descriptors = count_entries("/proc/self/fd");
    for (unsigned nth = 1; nth < OPS_MAX; nth++) {
        char *rule;
        int rc;

        assert_true(asprintf(&rule, "%s:nth=%u:errno=%s", kind, nth, how) > 0);
        rc = append_faulty(rule, &rows);
        free(rule);
        assert_int_equal(count_entries("/proc/self/fd"), descriptors);
        if (rc == 0)
            return nth - 1;
        assert_int_equal(rc, code);
    }
    return OPS_MAX;
}

/* Two data files, a transaction and a manifest: pages, tails, syncs. */
static void every_write_can_fail(void **state)
{
    (void)state;
    assert_in_range(fail_each("write", "ENOSPC", LIO_ENOSPC), 8, OPS_MAX - 1);
}

static void every_sync_can_fail(void **state)
{
    (void)state;
    assert_in_range(fail_each("sync", "EIO", LIO_EIO), 4, OPS_MAX - 1);
}

static void every_open_can_fail(void **state)
{
    (void)state;
    assert_in_range(fail_each("open", "EACCES", LIO_EACCES), 4, OPS_MAX - 1);
}

/* Not a failure: the rest is written, too. */
static void short_writes_are_completed(void **state)
{
    struct lio_engine *engine;
    struct lio_error err;
    int64_t first;

    (void)state;
    engine = reading_open_faulty("write:short=100");
    if (write_rows(engine, LIO_WRITE_CREATE, 0, &err) < 0)
        fail_msg("%s", err.msg);
    lio_engine_close(engine);
    assert_int_equal(sequence_read(table, 0, &first, &err), ROWS);
}

int main(void)
{
#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        FAULT_TEST(every_write_can_fail),
        FAULT_TEST(every_sync_can_fail),
        FAULT_TEST(every_open_can_fail),
        FAULT_TEST(short_writes_are_completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
