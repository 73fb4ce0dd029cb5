/*
 * An engine whose statistics cannot be written: it reads on, and says so once.
 */
#include <lanceio/lanceio.h>

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/temp_dir.h"

struct fixture {
    char *dir, *database, *data;
    char *overrides[4];
    struct lio_engine *engine;
    sqlite3 *other; /* somebody else's connection */
    struct lio_error err;
};

static void release(struct fixture *f)
{
    lio_engine_close(f->engine);
    (void)sqlite3_close(f->other);
    temp_dir_remove(f->dir);
    free(f->database);
    free(f->data);
    for (int i = 0; i < 4; i++)
        free(f->overrides[i]);
    free(f);
}

static int make_data(const char *path)
{
    FILE *out = fopen(path, "w");

    return !out || fputs("some bytes", out) < 0 || fclose(out);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    *state = f;
    f->dir = temp_dir_make();
    return !f->dir || asprintf(&f->database, "%s/stats.db", f->dir) < 0 ||
           asprintf(&f->data, "%s/data", f->dir) < 0 ||
           asprintf(&f->overrides[0], "engine.plugin_dir=%s",
                    getenv("LIO_TEST_PLUGINS")) < 0 ||
           asprintf(&f->overrides[1], "stats.database=%s", f->database) < 0 ||
           asprintf(&f->overrides[2], "stats.interval=10ms") < 0 ||
           asprintf(&f->overrides[3], "backend.plugin=backend-pread") < 0 ||
           make_data(f->data);
}

static int teardown(void **state)
{
    release(*state);
    return 0;
}

static void open_engine(struct fixture *f)
{
    struct lio_config *config;

    if (lio_config_load("/dev/null", (const char *const *)f->overrides, 4,
                        &config, &f->err) < 0 ||
        lio_engine_open(config, &f->engine, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    lio_config_free(config);
}

static int finish_engine(struct fixture *f)
{
    struct lio_engine *engine = f->engine;

    f->engine = NULL;
    return lio_engine_finish(engine, &f->err);
}

/* The engine still reads. */
static void read_data(struct fixture *f)
{
    struct lio_file *file;
    char bytes[10];

    if (lio_file_open(f->engine, f->data, LIO_READ, &file, &f->err) < 0 ||
        lio_read(file, bytes, sizeof(bytes), 0, LIO_EXACT | LIO_NOCACHE, NULL,
                 &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_memory_equal(bytes, "some bytes", sizeof(bytes));
    lio_file_close(file);
}

static const char *warning(struct fixture *f)
{
    struct lio_engine_info info;

    lio_engine_info(f->engine, &info);
    return info.stats_warning;
}

static void connect_other(struct fixture *f)
{
    assert_int_equal(sqlite3_open(f->database, &f->other), SQLITE_OK);
    (void)sqlite3_busy_timeout(f->other, 10000);
}

/* From now on nobody else can write. */
static void lock(struct fixture *f)
{
    connect_other(f);
    assert_int_equal(
        sqlite3_exec(f->other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static int is_clean(struct fixture *f)
{
    sqlite3_stmt *query;
    int clean;

    (void)sqlite3_close(f->other);
    connect_other(f);
    assert_int_equal(sqlite3_prepare_v2(f->other, "SELECT clean FROM runs", -1,
                                        &query, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    clean = sqlite3_column_int(query, 0);
    (void)sqlite3_finalize(query);
    return clean;
}

static void a_run_that_is_written_ends_without_a_word(void **state)
{
    struct fixture *f = *state;

    open_engine(f);
    read_data(f);
    assert_string_equal(warning(f), "");
    assert_int_equal(finish_engine(f), 0);
    assert_int_equal(is_clean(f), 1);
}

static void a_database_that_cannot_be_opened_is_told_by_info_alone(void **state)
{
    struct fixture *f = *state;
    struct lio_engine_info info;

    assert_int_equal(make_data(f->database), 0);
    open_engine(f);
    read_data(f);
    lio_engine_info(f->engine, &info);
    assert_non_null(strstr(info.stats_warning, f->database));
    assert_int_equal(info.run_id, 0);
    assert_int_equal(finish_engine(f), 0);
}

static void a_failure_at_the_end_is_told_by_finish(void **state)
{
    struct fixture *f = *state;

    open_engine(f);
    assert_string_equal(warning(f), ""); /* it is open by now */
    lock(f);
    assert_int_equal(finish_engine(f), LIO_ETIMEDOUT);
    assert_int_equal(f->err.code, LIO_ETIMEDOUT);
    assert_non_null(strstr(f->err.msg, f->database));
    assert_int_equal(is_clean(f), 0);
}

static void a_failure_in_between_is_told_by_both(void **state)
{
    struct fixture *f = *state;

    open_engine(f);
    assert_string_equal(warning(f), "");
    lock(f);
    while (!*warning(f)) /* for as long as the wait for the lock is */
        read_data(f);
    assert_non_null(strstr(warning(f), "keeps it locked"));
    read_data(f);
    assert_int_equal(finish_engine(f), LIO_ETIMEDOUT);
    assert_int_equal(is_clean(f), 0);
}

static void closing_needs_nobody_who_listens(void **state)
{
    struct fixture *f = *state;

    open_engine(f);
    assert_string_equal(warning(f), "");
    lock(f);
    lio_engine_close(f->engine);
    f->engine = NULL;
    assert_int_equal(is_clean(f), 0);
    assert_int_equal(lio_engine_finish(NULL, &f->err), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_run_that_is_written_ends_without_a_word),
        TEST(a_database_that_cannot_be_opened_is_told_by_info_alone),
        TEST(a_failure_at_the_end_is_told_by_finish),
        TEST(a_failure_in_between_is_told_by_both),
        TEST(closing_needs_nobody_who_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
