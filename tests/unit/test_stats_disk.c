/*
 * The statistics database on a disk that is full or read-only.
 *
 * Root's permissions open every file, so these take file systems of their own:
 * small tmpfs in a private mount namespace.  Skipped where that is not allowed.
 */
#include "core/stats_db.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fake_run.h"
#include "support/temp_dir.h"

#define SKIPPED 77

struct fixture {
    char *dir; /* where the file system is mounted */
    char *path;
    char *ballast; /* a file that takes what room is left */
    struct lio_stats_db *db;
    struct lio_stats_snapshot now;
    struct lio_error err;
    int64_t run_id;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    *state = f;
    f->dir = temp_dir_make();
    if (!f->dir || asprintf(&f->path, "%s/stats.db", f->dir) < 0 ||
        asprintf(&f->ballast, "%s/ballast", f->dir) < 0)
        return -1;
    return mount("none", f->dir, "tmpfs", 0, "size=1m");
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_stats_db_abandon(f->db);
    (void)umount2(f->dir, MNT_DETACH);
    temp_dir_remove(f->dir);
    free(f->path);
    free(f->ballast);
    free(f);
    return 0;
}

/* Write until nothing fits, and leave `room` bytes. */
static void fill_disk(const struct fixture *f, off_t room)
{
    static const char block[4096];
    int fd = open(f->ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    off_t bytes = 0;

    assert_true(fd >= 0);
    while (write(fd, block, sizeof(block)) == sizeof(block))
        bytes += (off_t)sizeof(block);
    assert_int_equal(errno, ENOSPC);
    assert_true(bytes > room);
    assert_int_equal(ftruncate(fd, bytes - room), 0);
    close(fd);
}

static void open_run(struct fixture *f)
{
    if (lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

static void expect_error(struct fixture *f, int code, int expected)
{
    assert_int_equal(code, expected);
    assert_int_equal(f->err.code, expected);
    assert_non_null(strstr(f->err.msg, f->path));
}

/* All histogram buckets at once: more than fits into a few pages. */
static void make_many_figures(struct fixture *f)
{
    f->now.counters[LIO_COUNT_REQUESTS] = 1;
    for (uint32_t stage = 0; stage < LIO_NSTAGES; stage++)
        for (uint32_t i = 0; i < LIO_HIST_BUCKETS; i++)
            f->now.latency[stage][LIO_STAT_READ][i]++;
}

static void opening_on_a_full_disk_says_so(void **state)
{
    struct fixture *f = *state;

    fill_disk(f, 0);
    expect_error(
        f, lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err),
        LIO_ENOSPC);
    assert_non_null(strstr(f->err.msg, "full"));
}

/* Each amount of room stops another step: header, log, tables, rows. */
static void whatever_room_there_is_opening_works_or_says_full(void **state)
{
    struct fixture *f = *state;
    int code = LIO_ENOSPC;

    for (off_t room = 0; code == LIO_ENOSPC; room += 4096) {
        fill_disk(f, room);
        code =
            lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err);
        assert_int_equal(unlink(f->ballast), 0);
    }
    assert_int_equal(code, 0);
    assert_int_equal(f->run_id, 1);
}

static void
a_disk_that_fills_up_stops_the_figures_not_the_database(void **state)
{
    struct fixture *f = *state;
    sqlite3 *sql;
    sqlite3_stmt *statement;

    open_run(f);
    fill_disk(f, 0);
    make_many_figures(f);
    expect_error(f, lio_stats_db_write(f->db, &f->now, NULL, 0, &f->err),
                 LIO_ENOSPC);
    lio_stats_db_abandon(f->db);
    f->db = NULL;
    assert_int_equal(unlink(f->ballast), 0);

    assert_int_equal(sqlite3_open(f->path, &sql), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(sql,
                           "SELECT integrity_check = 'ok' AND (SELECT clean = 0"
                           " FROM runs) AND (SELECT COUNT(*) = 0 FROM latency)"
                           " FROM pragma_integrity_check",
                           -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 1);
    sqlite3_finalize(statement);
    sqlite3_close(sql);
}

static void a_disk_full_at_the_end_is_told_once(void **state)
{
    struct fixture *f = *state;
    struct lio_stats_db *db;

    open_run(f);
    db = f->db;
    f->db = NULL;
    fill_disk(f, 0);
    make_many_figures(f);
    expect_error(f, lio_stats_db_finish(db, &f->now, NULL, 0, NULL, 0, &f->err),
                 LIO_ENOSPC);
}

static void remount_read_only(const struct fixture *f)
{
    assert_int_equal(mount("none", f->dir, "tmpfs", MS_REMOUNT | MS_RDONLY, ""),
                     0);
}

static void a_read_only_file_system_is_refused(void **state)
{
    struct fixture *f = *state;

    remount_read_only(f);
    expect_error(
        f, lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err),
        LIO_EACCES);
    assert_int_equal(f->err.os_errno, EROFS);
}

static void an_existing_database_that_is_read_only_is_refused(void **state)
{
    struct fixture *f = *state;
    struct lio_stats_db *db;

    open_run(f);
    db = f->db;
    f->db = NULL;
    assert_int_equal(
        lio_stats_db_finish(db, &f->now, NULL, 0, NULL, 0, &f->err), 0);
    remount_read_only(f);
    expect_error(
        f, lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err),
        LIO_EACCES);
}

static void a_directory_on_a_read_only_file_system_is_refused(void **state)
{
    struct fixture *f = *state;

    free(f->path);
    assert_true(asprintf(&f->path, "%s/deep/stats.db", f->dir) > 0);
    remount_read_only(f);
    expect_error(
        f, lio_stats_db_open(f->path, &fake_run, &f->db, &f->run_id, &f->err),
        LIO_EACCES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(opening_on_a_full_disk_says_so),
        TEST(whatever_room_there_is_opening_works_or_says_full),
        TEST(a_disk_that_fills_up_stops_the_figures_not_the_database),
        TEST(a_disk_full_at_the_end_is_told_once),
        TEST(a_read_only_file_system_is_refused),
        TEST(an_existing_database_that_is_read_only_is_refused),
        TEST(a_directory_on_a_read_only_file_system_is_refused),
    };

    if (unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        perror("skipped: a private mount namespace is needed");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
