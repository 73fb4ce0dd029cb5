/*
 * Leases: what the dead leave is removed, what the living have is not.
 */
#include "column/write/lease.h"
#include "support/commits.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

/* A process that has written two data files, and dies of it. */
static void die_writing(struct commits *commits, enum lio_commit_mode mode)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct lio_commit *commit = commits_open(commits, mode);

        (void)commits_add(commit, 1, NULL);
        (void)commits_add(commit, 1, NULL);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The path of the one lease that there is. */
static char *find_lease(const struct commits *commits)
{
    char *list = commits_list(commits->folder), *rest = list, *line;
    char *path = NULL;

    while ((line = strsep(&rest, "\n")))
        if (strstr(line, ".writing ")) {
            assert_null(path);
            path = strndup(line, (size_t)(strrchr(line, ' ') - line));
        }
    free(list);
    assert_non_null(path);
    return path;
}

/* A lease as if it had been made elsewhere. */
static void move_elsewhere(const struct commits *commits)
{
    char *path = find_lease(commits), *other = strdup(path);
    char *boot = strrchr(other, '.') - 1;

    *boot = *boot == '0' ? '1' : '0';
    assert_int_equal(rename(path, other), 0);
    free(other);
    free(path);
}

static void make_old(const struct commits *commits, time_t seconds)
{
    struct timespec times[2] = { { 0 } };
    char *path = find_lease(commits);

    times[0].tv_sec = times[1].tv_sec = time(NULL) - seconds;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    free(path);
}

static void the_dead_leave_nothing_beyond_the_next_open(void **state)
{
    struct commits *commits = *state;
    char *before, *after;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    before = commits_list(commits->folder);
    die_writing(commits, LIO_COMMIT_APPEND);
    die_writing(commits, LIO_COMMIT_APPEND);
    /* The second has cleaned up after the first. */
    assert_int_equal(commits_count(commits, "/data/"), 4);
    assert_int_equal(commits_count(commits, ".lanceio-"), 1);
    lio_commit_close(commits_open(commits, LIO_COMMIT_APPEND));
    after = commits_list(commits->folder);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void creation_that_was_killed_can_be_repeated(void **state)
{
    struct commits *commits = *state;

    die_writing(commits, LIO_COMMIT_CREATE);
    assert_int_equal(commits_run(commits, LIO_COMMIT_CREATE, 5), 1);
    assert_int_equal(commits_rows(commits, 1), 5);
    assert_int_equal(commits_count(commits, "/data/"), 2);
}

/* As a writer leaves one whose blobs are beside its data files. */
static void put_sidecar(const struct commits *commits, const char *name)
{
    char *lease = find_lease(commits), *directory, *path;
    const char *id = strstr(lease, ".lanceio-") + strlen(".lanceio-");
    FILE *file;

    assert_true(asprintf(&directory, "%s/data/%.36s-1", commits->table, id) >
                0);
    assert_true(mkdir(directory, 0700) == 0 || errno == EEXIST);
    assert_true(asprintf(&path, "%s/%s", directory, name) > 0);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    free(path);
    free(directory);
    free(lease);
}

static void blobs_of_the_dead_go_with_their_data_files(void **state)
{
    static const char blob[] = "10000000000000000000000000000000.blob";
    struct commits *commits = *state;

    die_writing(commits, LIO_COMMIT_CREATE);
    put_sidecar(commits, blob);
    assert_int_equal(commits_count(commits, blob), 1);
    assert_int_equal(commits_run(commits, LIO_COMMIT_CREATE, 5), 1);
    assert_int_equal(commits_count(commits, blob), 0);
    assert_int_equal(commits_count(commits, "/data/"), 2);
}

/* The writer's next turn comes when they are gone. */
static void what_is_no_blob_stays_beside_them(void **state)
{
    struct commits *commits = *state;

    die_writing(commits, LIO_COMMIT_CREATE);
    put_sidecar(commits, "notes");
    assert_int_equal(commits_run(commits, LIO_COMMIT_CREATE, 5), 1);
    assert_int_equal(commits_count(commits, "/notes"), 1);
    assert_int_equal(commits_count(commits, ".writing"), 1);
}

static void folders_of_a_killed_creation_go_with_it(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *commit;
    struct lio_error err;
    char *list;

    die_writing(commits, LIO_COMMIT_CREATE);
    assert_int_equal(lio_commit_open(NULL, commits->table, LIO_COMMIT_APPEND,
                                     NULL, &commit, &err),
                     LIO_ENOTFOUND);
    list = commits_list(commits->folder);
    assert_string_equal(list, "");
    free(list);
}

static void files_of_the_living_stay(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *commit = commits_open(commits, LIO_COMMIT_CREATE);
    uint64_t version;

    assert_int_equal(commits_add(commit, 1, NULL), 0);
    make_old(commits, 30 * 24 * 60 * 60);
    assert_int_equal(lio_lease_sweep(commits->table), 0);
    assert_int_equal(commits_count(commits, "/data/"), 2);
    assert_int_equal(lio_commit_finish(commit, &version, NULL), 0);
    lio_commit_close(commit);
}

static void who_is_elsewhere_is_dead_after_a_week_only(void **state)
{
    struct commits *commits = *state;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    die_writing(commits, LIO_COMMIT_APPEND);
    move_elsewhere(commits);
    assert_int_equal(lio_lease_sweep(commits->table), 0);
    make_old(commits, 6 * 24 * 60 * 60);
    assert_int_equal(lio_lease_sweep(commits->table), 0);
    assert_int_equal(commits_count(commits, "/data/"), 4);
    make_old(commits, 8 * 24 * 60 * 60);
    assert_int_equal(lio_lease_sweep(commits->table), 1);
    assert_int_equal(commits_count(commits, "/data/"), 2);
}

/* Killed behind the commit, before the lease ended: the lease of `version` is
 * put back. */
static void revive_lease(const struct commits *commits, uint64_t version)
{
    Lio__Pb__Manifest *manifest = commits_manifest(commits, version);
    const char *id = strchr(manifest->transaction_file, '-') + 1;
    FILE *in = fopen("/proc/sys/kernel/random/boot_id", "r"), *out;
    char boot[37] = "", *path;

    assert_non_null(in);
    assert_non_null(fgets(boot, sizeof(boot), in));
    (void)fclose(in);
    assert_true(asprintf(&path, "%s/.lanceio-%.36s.%s.writing", commits->table,
                         id, boot) > 0);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
    free(path);
    lio_manifest_free(manifest);
}

static void what_was_committed_stays(void **state)
{
    struct commits *commits = *state;
    char *before, *after;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    commits_run(commits, LIO_COMMIT_APPEND, 1);
    before = commits_list(commits->folder);
    revive_lease(commits, 1);
    revive_lease(commits, 2);
    assert_int_equal(lio_lease_sweep(commits->table), 2);
    after = commits_list(commits->folder);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* A version without rows has nothing but its transaction. */
static void transaction_of_an_empty_version_stays(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *commit = commits_open(commits, LIO_COMMIT_CREATE);
    uint64_t version;

    assert_int_equal(lio_commit_finish(commit, &version, NULL), 0);
    lio_commit_close(commit);
    revive_lease(commits, 1);
    assert_int_equal(lio_lease_sweep(commits->table), 1);
    assert_int_equal(commits_count(commits, ".txn"), 1);
}

static void nothing_is_removed_while_a_manifest_cannot_be_read(void **state)
{
    struct commits *commits = *state;
    char *path;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    die_writing(commits, LIO_COMMIT_APPEND);
    assert_true(asprintf(&path, "%s/_versions/18446744073709551612.manifest",
                         commits->table) > 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(lio_lease_sweep(commits->table), 0);
    assert_int_equal(commits_count(commits, "/data/"), 4);
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_int_equal(lio_lease_sweep(commits->table), 1);
}

/* Branches have manifests of their own, which may name files of this one. */
static void nothing_is_removed_where_there_are_branches(void **state)
{
    struct commits *commits = *state;
    char *path;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    die_writing(commits, LIO_COMMIT_APPEND);
    assert_true(asprintf(&path, "%s/tree", commits->table) > 0);
    assert_int_equal(mkdir(path, 0777), 0);
    free(path);
    assert_int_equal(lio_lease_sweep(commits->table), 0);
    assert_int_equal(commits_count(commits, "/data/"), 4);
}

static void files_of_others_stay(void **state)
{
    static const char *const names[] = { "data/x.lance", "_versions/.tmp",
                                         "_transactions/1-x.txn",
                                         ".lanceio-short.writing" };
    struct commits *commits = *state;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    die_writing(commits, LIO_COMMIT_APPEND);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path;
        FILE *out;

        assert_true(asprintf(&path, "%s/%s", commits->table, names[i]) > 0);
        out = fopen(path, "w");
        assert_non_null(out);
        (void)fclose(out);
        free(path);
    }
    assert_int_equal(lio_lease_sweep(commits->table), 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(commits_count(commits, names[i]), 1);
}

/* A child of fork that ends has written nothing. */
static void forked_child_does_not_end_the_commit(void **state)
{
    struct commits *commits = *state;
    struct lio_commit *commit = commits_open(commits, LIO_COMMIT_CREATE);
    uint64_t version;
    pid_t child;
    int status;

    assert_int_equal(commits_add(commit, 1, NULL), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lio_commit_close(commit);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(commits_count(commits, "/data/"), 2);
    assert_int_equal(lio_lease_sweep(commits->table), 0);
    assert_int_equal(lio_commit_finish(commit, &version, NULL), 0);
    lio_commit_close(commit);
    assert_int_equal(commits_rows(commits, 1), 1);
}

int main(void)
{
#define LEASE_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, commits_setup, commits_teardown)
    const struct CMUnitTest tests[] = {
        LEASE_TEST(the_dead_leave_nothing_beyond_the_next_open),
        LEASE_TEST(creation_that_was_killed_can_be_repeated),
        LEASE_TEST(blobs_of_the_dead_go_with_their_data_files),
        LEASE_TEST(what_is_no_blob_stays_beside_them),
        LEASE_TEST(folders_of_a_killed_creation_go_with_it),
        LEASE_TEST(files_of_the_living_stay),
        LEASE_TEST(who_is_elsewhere_is_dead_after_a_week_only),
        LEASE_TEST(what_was_committed_stays),
        LEASE_TEST(transaction_of_an_empty_version_stays),
        LEASE_TEST(nothing_is_removed_while_a_manifest_cannot_be_read),
        LEASE_TEST(nothing_is_removed_where_there_are_branches),
        LEASE_TEST(files_of_others_stay),
        LEASE_TEST(forked_child_does_not_end_the_commit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
