/*
 * Versions: which is the latest, where another one is, which there are.
 */
#include "column/versions.h"

#include "support/temp_dir.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static int setup(void **state)
{
    char *dir = temp_dir_make(), *versions;

    if (!dir || asprintf(&versions, "%s/_versions", dir) < 0)
        return -1;
    *state = dir;
    if (mkdir(versions, 0700) < 0)
        return -1;
    free(versions);
    return 0;
}

static int teardown(void **state)
{
    temp_dir_remove(*state);
    return 0;
}

static void add(const char *dir, const char *name)
{
    char *path;
    FILE *out;

    assert_true(asprintf(&path, "%s/_versions/%s", dir, name) >= 0);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static void latest_is(const char *dir, const char *name)
{
    struct lio_error err;
    char *path;

    if (lio_version_find(dir, 0, &path, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(strrchr(path, '/') + 1, name);
    free(path);
}

static void v1_names_count_upwards(void **state)
{
    add(*state, "2.manifest");
    add(*state, "10.manifest");
    add(*state, "9.manifest");
    latest_is(*state, "10.manifest");
}

static void v2_names_count_downwards(void **state)
{
    add(*state, "18446744073709551613.manifest");
    add(*state, "18446744073709551605.manifest");
    add(*state, "18446744073709551614.manifest");
    latest_is(*state, "18446744073709551605.manifest");
}

static void other_files_are_no_versions(void **state)
{
    add(*state, "d99.manifest");
    add(*state, "99.manifest.tmp");
    add(*state, "99");
    add(*state, ".manifest");
    add(*state, "latest_version_hint.json");
    add(*state, "99999999999999999999999.manifest");
    add(*state, "3.manifest");
    latest_is(*state, "3.manifest");
}

static void directory_without_versions_is_said(void **state)
{
    struct lio_error err;
    char *path = NULL, *nowhere;

    assert_int_equal(lio_version_find(*state, 0, &path, &err), LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, "holds no manifest"));
    assert_true(asprintf(&nowhere, "%s/nowhere", (char *)*state) >= 0);
    assert_int_equal(lio_version_find(nowhere, 0, &path, &err), LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, "not a Lance dataset"));
    assert_null(path);
    free(nowhere);
}

static void make_directory(const char *dir, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", dir, name) >= 0);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
}

/* Who names the directory of a database means one of its tables. */
static void tables_in_a_directory_are_named(void **state)
{
    struct lio_error err;
    char *path = NULL, *db;

    make_directory(*state, "db");
    make_directory(*state, "db/trips.lance");
    make_directory(*state, "db/flights.lance");
    make_directory(*state, "db/other");
    make_directory(*state, "db/.lance");
    assert_true(asprintf(&db, "%s/db", (char *)*state) >= 0);
    assert_int_equal(lio_version_find(db, 0, &path, &err), LIO_ENOTFOUND);
    assert_non_null(strstr(err.msg, "it has no _versions directory; it "
                                    "contains flights.lance, trips.lance"));
    assert_null(strstr(err.msg, "other"));
    assert_null(strstr(err.msg, " .lance"));
    assert_null(path);
    free(db);
}

static void any_version_is_found_by_its_number(void **state)
{
    struct lio_error err;
    char *path;

    add(*state, "18446744073709551613.manifest");
    add(*state, "18446744073709551605.manifest");
    if (lio_version_find(*state, 2, &path, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(strrchr(path, '/') + 1,
                        "18446744073709551613.manifest");
    free(path);
}

static void not_there(const char *dir, uint64_t version, const char *words)
{
    struct lio_error err;
    char *path = NULL;

    assert_int_equal(lio_version_find(dir, version, &path, &err),
                     LIO_ENOTFOUND);
    assert_null(path);
    if (!strstr(err.msg, words))
        fail_msg("'%s' does not say '%s'", err.msg, words);
}

static void versions_that_are_there_are_named(void **state)
{
    add(*state, "3.manifest");
    not_there(*state, 9, "there is no version 9; there is 3");
    add(*state, "1.manifest");
    add(*state, "2.manifest");
    add(*state, "7.manifest");
    add(*state, "10.manifest");
    add(*state, "11.manifest");
    not_there(*state, 9,
              "there is no version 9; there are 1 to 3, 7, 10 to 11");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(v1_names_count_upwards),
        TEST(v2_names_count_downwards),
        TEST(other_files_are_no_versions),
        TEST(directory_without_versions_is_said),
        TEST(tables_in_a_directory_are_named),
        TEST(any_version_is_found_by_its_number),
        TEST(versions_that_are_there_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
