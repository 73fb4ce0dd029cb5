/* Paths that lead to something else than a regular file: what is opened, what
 * is refused, and that nobody waits for it. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/descriptor.h"

#define DEVICE_BYTES (MIB + 512u)

/* -- what is refused ----------------------------------------------------- */

/* However it is to be opened. */
static void check_refused(struct fixture *f, const char *path, const char *what)
{
    static const uint32_t flags[] = {
        LIO_READ,
        LIO_WRITE,
        LIO_READ | LIO_WRITE,
        LIO_READ | LIO_DIRECT,
        LIO_READ | LIO_WRITE | LIO_CREATE | LIO_TRUNCATE,
    };
    struct lio_file *file = NULL;
    struct lio_error err;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        assert_int_equal(lio_file_open(f->engine, path, flags[i], &file, &err),
                         LIO_EUNSUPPORTED);
        assert_null(file);
        assert_int_equal(err.code, LIO_EUNSUPPORTED);
        assert_non_null(strstr(err.msg, path));
        assert_non_null(strstr(err.msg, what));
    }
}

static void a_directory_is_not_a_file(void **state)
{
    struct fixture *f = *state;

    check_refused(f, f->dir, "a directory");
}

static void a_pipe_is_refused_whoever_has_its_other_end(void **state)
{
    struct fixture *f = *state;
    int fd;

    assert_int_equal(mkfifo(fixture_path(f, 1), 0600), 0);
    check_refused(f, f->path, "a pipe");

    fd = open(f->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "bytes", 5), 5);
    check_refused(f, f->path, "a pipe");
    assert_int_equal(close(fd), 0);
}

static void a_socket_is_refused(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_true(strlen(fixture_path(f, 1)) < sizeof(name.sun_path));
    strcpy(name.sun_path, f->path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof(name)), 0);
    check_refused(f, f->path, "a socket");
    assert_int_equal(close(fd), 0);
}

static void a_character_device_is_refused(void **state)
{
    check_refused(*state, "/dev/zero", "a character device");
}

/* -- what is opened ------------------------------------------------------ */

static void operations_of_an_open_file_may_wait(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    int fd;

    fixture_make(f, 1, 10000);
    file = fixture_file(f, 1, LIO_READ);
    fd = descriptor_of(f->path);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    lio_file_close(file);
}

static int leased_fd; /* for the handler of a signal */

static void give_lease_back(int signal LIO_UNUSED)
{
    (void)fcntl(leased_fd, F_SETLEASE, F_UNLCK);
}

static void a_lease_of_others_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct sigaction back = { .sa_handler = give_lease_back }, before;
    struct lio_file *file;

    fixture_make(f, 1, 10000);
    leased_fd = open(f->path, O_RDWR | O_CLOEXEC);
    assert_true(leased_fd >= 0);
    assert_int_equal(sigaction(SIGIO, &back, &before), 0);
    if (fcntl(leased_fd, F_SETLEASE, F_WRLCK) < 0)
        skip(); /* the file system has none */
    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, 10000, 0);
    lio_file_close(file);
    assert_int_equal(sigaction(SIGIO, &before, NULL), 0);
    assert_int_equal(close(leased_fd), 0);
}

/* -- block devices ------------------------------------------------------- */

/* Put a loop device on a file.  Returns its descriptor, with which it goes, and
 * its path, the caller's to free; or -1 where that is not to be had. */
static int make_device(const char *file, char **ret_path)
{
    struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int backing = open(file, O_RDWR | O_CLOEXEC), fd;
    bool busy;

    assert_true(backing >= 0);
    config.fd = (uint32_t)backing;
    for (;;) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);

        assert_true(asprintf(ret_path, "/dev/loop%d", number) > 0);
        fd = open(*ret_path, O_RDWR | O_CLOEXEC);
        if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &config) == 0)
            break;
        busy = errno == EBUSY; /* another has taken it meanwhile */
        free(*ret_path);
        (void)close(fd);
        fd = -1;
        if (!busy)
            break;
    }
    (void)close(control);
    (void)close(backing);
    return fd;
}

static void use_device(struct fixture *f, const char *path, uint32_t flags)
{
    char buf[5000];
    struct lio_file *file;
    size_t n;

    if (lio_file_open(f->engine, path, LIO_READ | LIO_WRITE | flags, &file,
                      &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(lio_file_size(file), DEVICE_BYTES);
    check_read(file, 1, DEVICE_BYTES, 0);
    assert_int_equal(
        lio_read(file, buf, sizeof(buf), DEVICE_BYTES - 100, 0, &n, &f->err),
        0);
    assert_int_equal(n, 100);
    assert_int_equal(lio_read(file, buf, sizeof(buf), DEVICE_BYTES - 100,
                              LIO_EXACT, NULL, &f->err),
                     LIO_EEOF);

    lio_test_fill(buf, sizeof(buf), 2, 300000);
    if (lio_write(file, buf, sizeof(buf), 300000, &f->err) < 0 ||
        lio_sync(file, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    check_read(file, 2, sizeof(buf), 300000);
    check_read(file, 1, 1000, 299000);
    lio_test_fill(buf, sizeof(buf), 1, 300000); /* as it was */
    if (lio_write(file, buf, sizeof(buf), 300000, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(lio_file_size(file), DEVICE_BYTES);
    lio_file_close(file);
}

static void a_block_device_is_like_a_file_of_its_size(void **state)
{
    struct fixture *f = *state;
    char *path = NULL;
    int fd;

    fixture_make(f, 1, DEVICE_BYTES);
    fd = make_device(f->path, &path);
    if (fd < 0)
        skip(); /* only root has loop devices, and not in every container */
    use_device(f, path, 0);
    use_device(f, path, LIO_DIRECT);
    assert_int_equal(close(fd), 0);
    free(path);
}

#define TEST(test)                                                             \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_directory_is_not_a_file),
        TEST(a_pipe_is_refused_whoever_has_its_other_end),
        TEST(a_socket_is_refused),
        TEST(a_character_device_is_refused),
        TEST(operations_of_an_open_file_may_wait),
        TEST(a_lease_of_others_is_waited_for),
        TEST(a_block_device_is_like_a_file_of_its_size),
    };
    int rc = fixture_arguments(argc, argv);

    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
