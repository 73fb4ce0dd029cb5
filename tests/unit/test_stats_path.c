/* Where the statistics database lies, and its directory. */
#include "core/stats_db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/temp_dir.h"

#define ROOM 256

static void expect_path(const char *setting, const char *expected)
{
    char path[ROOM];
    struct lio_error err;

    assert_int_equal(lio_stats_db_path(setting, path, sizeof(path), &err), 0);
    assert_string_equal(path, expected);
}

static void expect_refusal(const char *setting, size_t bytes, const char *says)
{
    char path[ROOM] = "untouched";
    struct lio_error err;

    assert_int_equal(lio_stats_db_path(setting, path, bytes, &err),
                     LIO_ECONFIG);
    assert_int_equal(err.code, LIO_ECONFIG);
    assert_non_null(strstr(err.msg, "[stats] database"));
    assert_non_null(strstr(err.msg, says));
    assert_string_equal(path, "untouched");
}

static int set_home(void **state)
{
    (void)state;
    return setenv("HOME", "/u/ann", 1) || unsetenv("XDG_STATE_HOME");
}

static void auto_lies_in_the_xdg_state_directory(void **state)
{
    (void)state;
    setenv("XDG_STATE_HOME", "/var/state", 1);
    expect_path("auto", "/var/state/lanceio/stats.db");
}

static void auto_lies_below_home_without_xdg(void **state)
{
    (void)state;
    expect_path("auto", "/u/ann/.local/state/lanceio/stats.db");
}

static void a_relative_xdg_directory_is_ignored(void **state)
{
    (void)state;
    setenv("XDG_STATE_HOME", "state", 1);
    expect_path("auto", "/u/ann/.local/state/lanceio/stats.db");
}

static void auto_without_a_home_says_what_to_set(void **state)
{
    (void)state;
    unsetenv("HOME");
    expect_refusal("auto", ROOM, "$HOME or $XDG_STATE_HOME");
}

static void a_tilde_means_home(void **state)
{
    (void)state;
    expect_path("~/io.db", "/u/ann/io.db");
    unsetenv("HOME");
    expect_refusal("~/io.db", ROOM, "$HOME");
}

static void any_other_setting_is_the_path(void **state)
{
    (void)state;
    expect_path("/tmp/x.db", "/tmp/x.db");
    expect_path("x.db", "x.db");
    expect_path("~x.db", "~x.db");
}

static void an_empty_setting_is_refused(void **state)
{
    (void)state;
    expect_refusal("", ROOM, "empty");
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
    char path[8];

    (void)state;
    expect_refusal("1234567", 7, "more than 6 bytes");
    assert_int_equal(lio_stats_db_path("1234567", path, 8, NULL), 0);
}

static void missing_directories_are_made_for_their_owner_only(void **state)
{
    char *dir = temp_dir_make(), *path = NULL, *made = NULL;
    struct stat info;

    (void)state;
    assert_non_null(dir);
    assert_true(asprintf(&path, "%s/a//b/stats.db", dir) > 0);
    assert_true(asprintf(&made, "%s/a/b", dir) > 0);
    assert_int_equal(lio_stats_db_make_directory(path, NULL), 0);
    assert_int_equal(stat(made, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(lio_stats_db_make_directory(path, NULL), 0);
    assert_int_equal(lio_stats_db_make_directory("stats.db", NULL), 0);
    assert_int_equal(lio_stats_db_make_directory("/stats.db", NULL), 0);
    free(path);
    free(made);
    temp_dir_remove(dir);
}

static void a_directory_below_a_file_is_an_error_with_its_path(void **state)
{
    char *dir = temp_dir_make(), *path = NULL, *file = NULL;
    struct lio_error err;
    FILE *out;

    (void)state;
    assert_non_null(dir);
    assert_true(asprintf(&file, "%s/file", dir) > 0);
    assert_true(asprintf(&path, "%s/a/stats.db", file) > 0);
    out = fopen(file, "w");
    assert_non_null(out);
    fclose(out);
    assert_int_equal(lio_stats_db_make_directory(path, &err), LIO_ENOTFOUND);
    assert_int_equal(err.os_errno, ENOTDIR);
    assert_non_null(strstr(err.msg, path));
    assert_int_equal(lio_stats_db_make_directory(path, NULL), LIO_ENOTFOUND);
    free(file);
    free(path);
    temp_dir_remove(dir);
}

int main(void)
{
#define WITH_HOME(test) cmocka_unit_test_setup(test, set_home)
    const struct CMUnitTest tests[] = {
        WITH_HOME(auto_lies_in_the_xdg_state_directory),
        WITH_HOME(auto_lies_below_home_without_xdg),
        WITH_HOME(a_relative_xdg_directory_is_ignored),
        WITH_HOME(auto_without_a_home_says_what_to_set),
        WITH_HOME(a_tilde_means_home),
        WITH_HOME(any_other_setting_is_the_path),
        WITH_HOME(an_empty_setting_is_refused),
        WITH_HOME(a_path_that_does_not_fit_is_refused),
        WITH_HOME(missing_directories_are_made_for_their_owner_only),
        WITH_HOME(a_directory_below_a_file_is_an_error_with_its_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
