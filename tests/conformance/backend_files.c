/*
 * Files and instances: what opens, what does not and why, what is known of an
 * open file, and that instances and threads do not get into each other's way.
 */
#include "backend_fixture.h"
#include "conformance_backend.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NOBODY 65534

/* Open it and expect `os_errno`, with nothing written to the outputs. */
static void assert_refused(const struct fixture *f, const char *path,
                           uint32_t flags, int code, int os_errno)
{
    char mark;
    void *handle = &mark;
    struct lio_file_info info = { .size_bytes = 42 };
    struct lio_error err = { 0 };

    assert_int_equal(
        f->ops->file_open(f->backend, path, flags, &handle, &info, &err), code);
    assert_int_equal(err.code, code);
    assert_int_equal(err.os_errno, os_errno);
    assert_non_null(strstr(err.msg, path));
    assert_ptr_equal(handle, &mark);
    assert_int_equal(info.size_bytes, 42);
}

static void a_missing_file_is_not_found(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "missing");

    assert_refused(f, path, LIO_OPEN_READ, LIO_ENOTFOUND, ENOENT);
    assert_refused(f, path, LIO_OPEN_WRITE | LIO_OPEN_TRUNCATE, LIO_ENOTFOUND,
                   ENOENT);
    assert_refused(f, path, LIO_OPEN_READ | LIO_OPEN_DIRECT, LIO_ENOTFOUND,
                   ENOENT);
    free(path);
}

static void a_path_through_a_file_is_not_found(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "data/below");

    make_file(f, "data", 1);
    assert_refused(f, path, LIO_OPEN_READ, LIO_ENOTFOUND, ENOTDIR);
    free(path);
}

/* Root may read everything, so the test becomes nobody for file access. */
static void a_forbidden_file_is_refused(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "secret");
    int uid;

    make_file(f, "secret", 1);
    assert_int_equal(chmod(path, 0), 0);
    uid = setfsuid(NOBODY);
    assert_refused(f, path, LIO_OPEN_READ, LIO_EACCES, EACCES);
    (void)setfsuid((uid_t)uid);
    free(path);
}

static void a_directory_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, f->dir, LIO_OPEN_READ, LIO_EUNSUPPORTED, EISDIR);
    assert_refused(f, f->dir, LIO_OPEN_READ | LIO_OPEN_DIRECT, LIO_EUNSUPPORTED,
                   EISDIR);
    assert_refused(f, f->dir, LIO_OPEN_READ | LIO_OPEN_WRITE, LIO_EUNSUPPORTED,
                   EISDIR);
}

/* Nobody has its other end, and nobody will. */
static void a_pipe_is_refused_and_not_waited_for(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "pipe");

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(f, path, LIO_OPEN_READ, LIO_EUNSUPPORTED, ESPIPE);
    assert_refused(f, path, LIO_OPEN_WRITE, LIO_EUNSUPPORTED, ESPIPE);
    assert_refused(f, path, LIO_OPEN_READ | LIO_OPEN_WRITE | LIO_OPEN_DIRECT,
                   LIO_EUNSUPPORTED, ESPIPE);
    free(path);
}

static void exhausted_descriptors_are_told_by_errno(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "data");
    struct rlimit limit, none;
    struct opened file;

    make_file(f, "data", 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_refused(f, path, LIO_OPEN_READ, LIO_EIO, EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    file = open_file(f, "data", LIO_OPEN_READ); /* works again */
    close_file(f, &file);
    free(path);
}

/* -- flags ---------------------------------------------------------------- */

static void create_makes_a_file_and_keeps_one_that_exists(void **state)
{
    struct fixture *f = *state;
    struct opened file = open_file(f, "new", LIO_OPEN_WRITE | LIO_OPEN_CREATE);

    assert_int_equal(file.info.size_bytes, 0);
    close_file(f, &file);
    make_file(f, "new", 123);
    file = open_file(f, "new", LIO_OPEN_WRITE | LIO_OPEN_CREATE);
    assert_int_equal(file.info.size_bytes, 123);
    close_file(f, &file);
}

static void truncate_empties_a_file(void **state)
{
    struct fixture *f = *state;
    struct opened file;

    make_file(f, "data", 123);
    file = open_file(f, "data", LIO_OPEN_WRITE | LIO_OPEN_TRUNCATE);
    assert_int_equal(file.info.size_bytes, 0);
    close_file(f, &file);
}

static void buffered_files_need_no_alignment(void **state)
{
    struct fixture *f = *state;
    struct opened file;

    make_file(f, "data", 1);
    file = open_file(f, "data", LIO_OPEN_READ);
    assert_int_equal(file.info.direct, 0);
    assert_int_equal(file.info.offset_align, 1);
    assert_int_equal(file.info.memory_align, 1);
    close_file(f, &file);
}

/* A file system in memory has nothing but the page cache. */
static void direct_is_not_claimed_where_there_is_none(void **state)
{
    struct fixture *f = *state;
    char path[] = "/dev/shm/conformance.XXXXXX";
    struct lio_file_info info;
    struct lio_error err = { 0 };
    unsigned char byte = 0;
    struct lio_iovec iov = { &byte, 1 };
    struct opened file;
    struct statfs fs;
    struct lio_op op;
    int fd;

    if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC)
        skip();
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_int_equal(f->ops->file_open(f->backend, path,
                                       LIO_OPEN_READ | LIO_OPEN_DIRECT,
                                       &file.handle, &info, &err),
                     0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(info.direct, 0);
    assert_int_equal(info.offset_align, 1);
    assert_int_equal(info.memory_align, 1);
    op = read_op(&file, &iov, 1, 1);
    assert_int_equal(run_op(f, &op), 1);
    assert_int_equal(byte, 'b');
    close_file(f, &file);
}

/* As /proc, which answers EINVAL. */
static void direct_is_done_without_where_it_is_refused(void **state)
{
    struct fixture *f = *state;
    struct lio_file_info info;
    struct lio_error err = { 0 };
    void *handle;
    int fd = open("/proc/version", O_RDONLY | O_DIRECT | O_CLOEXEC);

    if (fd >= 0) {
        (void)close(fd);
        skip();
    }
    assert_int_equal(f->ops->file_open(f->backend, "/proc/version",
                                       LIO_OPEN_READ | LIO_OPEN_DIRECT, &handle,
                                       &info, &err),
                     0);
    assert_int_equal(info.direct, 0);
    assert_int_equal(info.offset_align, 1);
    assert_int_equal(info.memory_align, 1);
    f->ops->file_close(f->backend, handle);
}

/* -- identity and size ---------------------------------------------------- */

static struct lio_file_info look_again(const struct fixture *f,
                                       const struct opened *file)
{
    struct lio_error err = { 0 };
    struct lio_file_info info;

    if (f->ops->file_stat(f->backend, file->handle, &info, &err) < 0)
        fail_msg("%s", err.msg);
    return info;
}

static void two_names_of_a_file_have_one_identity(void **state)
{
    struct fixture *f = *state;
    char *first = path_of(f, "first"), *second = path_of(f, "second");
    struct opened a, b, other;

    make_file(f, "first", 10);
    make_file(f, "other", 10);
    assert_int_equal(link(first, second), 0);
    a = open_file(f, "first", LIO_OPEN_READ);
    b = open_file(f, "second", LIO_OPEN_READ);
    other = open_file(f, "other", LIO_OPEN_READ);
    assert_int_equal(a.info.dev, b.info.dev);
    assert_int_equal(a.info.ino, b.info.ino);
    assert_int_not_equal(a.info.ino, other.info.ino);
    close_file(f, &a);
    close_file(f, &b);
    close_file(f, &other);
    free(first);
    free(second);
}

static void an_open_file_is_described_as_stat_does(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "data");
    struct opened file;
    struct stat st;

    make_file(f, "data", 54321);
    assert_int_equal(stat(path, &st), 0);
    file = open_file(f, "data", LIO_OPEN_READ);
    assert_int_equal(file.info.size_bytes, 54321);
    assert_int_equal(file.info.dev, st.st_dev);
    assert_int_equal(file.info.ino, st.st_ino);
    assert_int_equal(file.info.mtime_ns,
                     st.st_mtim.tv_sec * INT64_C(1000000000) +
                         st.st_mtim.tv_nsec);
    assert_int_equal(file.info.ctime_ns,
                     st.st_ctim.tv_sec * INT64_C(1000000000) +
                         st.st_ctim.tv_nsec);
    close_file(f, &file);
    free(path);
}

static void a_second_look_sees_size_and_times_of_now(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "data");
    struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    struct lio_file_info info;
    struct opened file;

    make_file(f, "data", 100);
    file = open_file(f, "data", LIO_OPEN_READ);
    make_file(f, "data", 5000); /* the same inode */
    info = look_again(f, &file);
    assert_int_equal(info.size_bytes, 5000);
    assert_int_equal(info.ino, file.info.ino);
    assert_int_equal(truncate(path, 7), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    info = look_again(f, &file);
    assert_int_equal(info.size_bytes, 7);
    assert_int_equal(info.mtime_ns, 1000000000);
    close_file(f, &file);
    free(path);
}

static void a_file_replaced_by_rename_stays_the_old_one(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "data"), *newer = path_of(f, "newer");
    struct opened file;

    make_file(f, "data", 100);
    make_file(f, "newer", 200);
    file = open_file(f, "data", LIO_OPEN_READ);
    assert_int_equal(rename(newer, path), 0);
    assert_int_equal(look_again(f, &file).size_bytes, 100);
    assert_int_equal(look_again(f, &file).ino, file.info.ino);
    close_file(f, &file);
    free(path);
    free(newer);
}

/* -- descriptors ---------------------------------------------------------- */

/* Counts the open descriptors; with `inherited` only those that exec keeps. */
static uint32_t count_descriptors(bool inherited)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    uint32_t n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        int fd = atoi(entry->d_name);

        if (entry->d_name[0] == '.' || fd == dirfd(dir))
            continue;
        if (!inherited || !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
            n++;
    }
    (void)closedir(dir);
    return n;
}

static void no_descriptor_is_inherited_or_left_open(void **state)
{
    struct fixture *f = *state;
    uint32_t nopen = count_descriptors(false);
    uint32_t ninherited = count_descriptors(true);
    struct fixture second = { .dir = f->dir };
    struct lio_error err = { 0 };
    void *queue = NULL;
    struct opened file;

    make_file(f, "data", 1);
    open_instance(&second, 4);
    file = open_file(&second, "data", LIO_OPEN_READ | LIO_OPEN_DIRECT);
    if (!f->ops->run)
        assert_int_equal(f->ops->queue_open(second.backend, 4, &queue, &err),
                         0);
    assert_true(count_descriptors(false) > nopen);
    assert_int_equal(count_descriptors(true), ninherited);

    close_file(&second, &file);
    if (queue)
        f->ops->queue_close(queue);
    close_instance(&second);
    assert_int_equal(count_descriptors(false), nopen);
}

/* -- instances ------------------------------------------------------------ */

static void two_instances_do_not_know_each_other(void **state)
{
    struct fixture *f = *state;
    struct fixture second = { .dir = f->dir };
    unsigned char bytes[2];
    struct lio_iovec iov[] = { { &bytes[0], 1 }, { &bytes[1], 1 } };
    struct opened mine, its;
    struct lio_op op;

    make_file(f, "data", 100);
    open_instance(&second, 4);
    mine = open_file(f, "data", LIO_OPEN_READ);
    its = open_file(&second, "data", LIO_OPEN_READ);
    op = read_op(&its, &iov[0], 1, 10);
    assert_int_equal(run_op(&second, &op), 1);
    close_file(&second, &its);
    close_instance(&second);

    op = read_op(&mine, &iov[1], 1, 20);
    assert_int_equal(run_op(f, &op), 1);
    assert_pattern(&bytes[0], 1, 10);
    assert_pattern(&bytes[1], 1, 20);
    close_file(f, &mine);
}

/* -- threads -------------------------------------------------------------- */

#define NTHREADS     4u
#define SHARED_BYTES 100000u

struct user {
    const struct fixture *f;
    const char *path;
    bool wrong;
};

/* Open, look, read if that needs no queue, close. */
static void *use_files(void *arg)
{
    struct user *user = arg;
    const struct lio_backend_ops *ops = user->f->ops;
    void *backend = user->f->backend;
    unsigned char bytes[1000];
    struct lio_iovec iov = { bytes, sizeof(bytes) };
    struct lio_file_info info;
    struct lio_error err;
    struct opened file;

    for (uint32_t i = 0; i < 100; i++) {
        struct lio_op op;

        if (ops->file_open(backend, user->path, LIO_OPEN_READ, &file.handle,
                           &info, &err) < 0) {
            user->wrong = true;
            return NULL;
        }
        op = read_op(&file, &iov, 1, i);
        if (ops->file_stat(backend, file.handle, &info, &err) < 0 ||
            info.size_bytes != SHARED_BYTES)
            user->wrong = true;
        if (ops->run && (ops->run(backend, &op) != sizeof(bytes) ||
                         bytes[7] != byte_at(i + 7)))
            user->wrong = true;
        ops->file_close(backend, file.handle);
    }
    return NULL;
}

static void files_are_used_from_many_threads(void **state)
{
    struct fixture *f = *state;
    char *path = path_of(f, "data");
    struct user users[NTHREADS];
    pthread_t threads[NTHREADS];

    make_file(f, "data", SHARED_BYTES);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        users[i] = (struct user){ .f = f, .path = path };
        assert_int_equal(
            pthread_create(&threads[i], NULL, use_files, &users[i]), 0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (uint32_t i = 0; i < NTHREADS; i++)
        assert_false(users[i].wrong);
    free(path);
}

int test_backend_files(void)
{
#define X(test)                                                                \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        X(a_missing_file_is_not_found),
        X(a_path_through_a_file_is_not_found),
        X(a_forbidden_file_is_refused),
        X(a_directory_is_refused),
        X(a_pipe_is_refused_and_not_waited_for),
        X(exhausted_descriptors_are_told_by_errno),
        X(create_makes_a_file_and_keeps_one_that_exists),
        X(truncate_empties_a_file),
        X(buffered_files_need_no_alignment),
        X(direct_is_not_claimed_where_there_is_none),
        X(direct_is_done_without_where_it_is_refused),
        X(two_names_of_a_file_have_one_identity),
        X(an_open_file_is_described_as_stat_does),
        X(a_second_look_sees_size_and_times_of_now),
        X(a_file_replaced_by_rename_stays_the_old_one),
        X(no_descriptor_is_inherited_or_left_open),
        X(two_instances_do_not_know_each_other),
        X(files_are_used_from_many_threads),
    };
#undef X

    return cmocka_run_group_tests(tests, NULL, NULL);
}
