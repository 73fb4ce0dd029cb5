/*
 * Commits on a device that fails.  The system calls of a commit go through
 * here (the linker's --wrap), are counted, and one of them fails: each in turn,
 * until a run needs no more of them.
 *
 * Whatever fails, the dataset is as it was, no file is left, and the next
 * commit succeeds.  The one exception is the sync behind the rename: then the
 * version is there, and the error says so.
 */
#include "support/commits.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

/* -- system calls that fail ---------------------------------------------- */

static struct {
    bool armed;
    unsigned calls;     /* since it was armed */
    unsigned victim;    /* number of the call that fails, from 1 */
    int os_errno;       /* how */
    const char *failed; /* its name */
} device;

static bool fails(const char *name)
{
    if (!device.armed || ++device.calls != device.victim)
        return false;
    device.failed = name;
    errno = device.os_errno;
    return true;
}

#define WRAP(type, name, args, call, failure)                                  \
    type __real_##name args;                                                   \
    type __wrap_##name args;                                                   \
    type __wrap_##name args                                                    \
    {                                                                          \
        return fails(#name) ? failure : __real_##name call;                    \
    }

WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at),
     (fd, from, n, at), -1)
WRAP(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at),
     -1)
WRAP(int, renameat2,
     (int from, const char *path, int to, const char *name, unsigned flags),
     (from, path, to, name, flags), -1)
WRAP(int, rename, (const char *path, const char *name), (path, name), -1)
WRAP(int, flock, (int fd, int how), (fd, how), -1)
WRAP(int, lstat, (const char *path, struct stat *st), (path, st), -1)
WRAP(int, stat, (const char *path, struct stat *st), (path, st), -1)
WRAP(DIR *, opendir, (const char *path), (path), NULL)

/* Nothing here needs to survive a power failure: what syncs is the test. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd LIO_UNUSED)
{
    return fails("fsync") ? -1 : 0;
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd LIO_UNUSED)
{
    return fails("fdatasync") ? -1 : 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return fails("open") ? -1 : __real_open(path, flags, mode);
}

/* -- a run --------------------------------------------------------------- */

static int write_steps(struct lio_commit *commit, struct commits *commits,
                       struct lio_error *err)
{
    uint64_t version;
    int rc = lio_commit_fields(commit, commits->fields.messages,
                               &commits->fields.schema, err);

    if (rc == 0)
        rc = commits_add(commit, 10, err);
    if (rc == 0)
        rc = commits_add(commit, 20, err);
    return rc < 0 ? rc : lio_commit_finish(commit, &version, err);
}

/* Commit 30 rows while call `victim` fails. */
static int run(struct commits *commits, enum lio_commit_mode mode,
               unsigned victim, int os_errno, struct lio_error *err)
{
    struct lio_commit *commit = NULL;
    int rc;

    device.calls = 0;
    device.victim = victim;
    device.os_errno = os_errno;
    device.failed = NULL;
    device.armed = true;
    rc = lio_commit_open(NULL, commits->table, mode, NULL, &commit, err);
    if (rc == 0)
        rc = write_steps(commit, commits, err);
    lio_commit_close(commit);
    device.armed = false;
    return rc;
}

static void check_error(const struct commits *commits,
                        const struct lio_error *err, int rc, unsigned victim)
{
    if (err->code != rc || !strstr(err->msg, commits->folder))
        fail_msg("call %u, %s: code %d: '%s'", victim, device.failed, rc,
                 err->msg);
}

/* What a call that fails leaves; returns false if none did. */
static bool one_fault(struct commits *commits, enum lio_commit_mode mode,
                      unsigned victim, int os_errno)
{
    char *before = commits_list(commits->folder), *after;
    unsigned descriptors = commits_descriptors();
    struct lio_error err = { 0 };
    int rc = run(commits, mode, victim, os_errno, &err);

    after = commits_list(commits->folder);
    if (rc < 0)
        check_error(commits, &err, rc, victim);
    if (rc < 0 && strcmp(err.op, "committed") == 0)
        assert_int_equal(commits_count(commits, "18446744073709551613"),
                         mode != LIO_COMMIT_CREATE);
    else if (rc < 0 && strcmp(before, after) != 0)
        fail_msg("call %u, %s: before:\n%s\nafter:\n%s", victim, device.failed,
                 before, after);
    assert_int_equal(commits_count(commits, ".lanceio-"), 0);
    assert_int_equal(commits_descriptors(), descriptors);
    free(before);
    free(after);
    return device.failed != NULL;
}

/* Every call of a run fails once; returns how many there are. */
static unsigned all_faults(enum lio_commit_mode mode, int os_errno)
{
    unsigned victim = 0;
    bool failed = true;

    while (failed) {
        struct commits commits;

        commits_init(&commits);
        if (mode != LIO_COMMIT_CREATE)
            commits_run(&commits, LIO_COMMIT_CREATE, 1);
        failed = one_fault(&commits, mode, ++victim, os_errno);
        /* What failed once does not stand in the way. */
        if (commits_count(&commits, ".manifest") == 0)
            commits_run(&commits, LIO_COMMIT_CREATE, 1);
        commits_run(&commits, LIO_COMMIT_APPEND, 1);
        commits_release(&commits);
    }
    return victim - 1;
}

static void every_failing_call_leaves_what_was_there(void **state)
{
    static const struct {
        enum lio_commit_mode mode;
        int os_errno;
    } cases[] = {
        { LIO_COMMIT_CREATE, EIO },       { LIO_COMMIT_APPEND, EIO },
        { LIO_COMMIT_APPEND, ENOSPC },    { LIO_COMMIT_APPEND, EDQUOT },
        { LIO_COMMIT_OVERWRITE, ENOSPC },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned n = all_faults(cases[i].mode, cases[i].os_errno);

        /* Or the calls are not wrapped. */
        assert_in_range(n, 20, 200);
    }
}

/* -- calls of their own -------------------------------------------------- */

/* The number of the n-th call of this name in an append. */
static unsigned find_call(struct commits *commits, const char *name, unsigned n)
{
    unsigned victim = 0;
    struct lio_error err;

    do {
        (void)run(commits, LIO_COMMIT_APPEND, ++victim, EIO, &err);
        assert_non_null(device.failed);
        if (strcmp(device.failed, name) == 0)
            n--;
    } while (n > 0);
    return victim;
}

static void file_systems_whose_rename_replaces_are_linked_on(void **state)
{
    struct commits *commits = *state;
    struct lio_error err;
    unsigned victim;
    uint64_t rows;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    victim = find_call(commits, "renameat2", 1);
    rows = commits_rows(commits, 0);
    assert_int_equal(run(commits, LIO_COMMIT_APPEND, victim, EINVAL, &err), 0);
    assert_string_equal(device.failed, "renameat2");
    assert_int_equal(commits_rows(commits, 0), rows + 30);
    assert_int_equal(commits_count(commits, ".lanceio-"), 0);
}

static void uncertain_commit_says_so(void **state)
{
    struct commits *commits = *state;
    struct lio_error err;
    unsigned victim;
    uint64_t rows;

    commits_run(commits, LIO_COMMIT_CREATE, 1);
    /* Behind those of data and transactions. */
    victim = find_call(commits, "fsync", 3);
    rows = commits_rows(commits, 0);
    assert_int_equal(run(commits, LIO_COMMIT_APPEND, victim, EIO, &err),
                     LIO_EIO);
    assert_string_equal(err.op, "committed");
    assert_int_equal(err.os_errno, EIO);
    assert_non_null(strstr(err.msg, "is committed, but may not survive"));
    assert_int_equal(commits_rows(commits, 0), rows + 30);
    assert_int_equal(commits_count(commits, ".lanceio-"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failing_call_leaves_what_was_there),
        cmocka_unit_test_setup_teardown(
            file_systems_whose_rename_replaces_are_linked_on, commits_setup,
            commits_teardown),
        cmocka_unit_test_setup_teardown(uncertain_commit_says_so, commits_setup,
                                        commits_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
