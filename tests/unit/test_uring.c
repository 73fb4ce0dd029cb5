/*
 * backend-uring where io_uring is not to be had, and what its parameters do.
 *
 * A seccomp filter binds the thread that installs it, so every refusal is
 * played in a thread of its own and the process stays as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lanceio/plugin.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/descriptor.h"

#define EXIT_SKIP 77
#define DEPTH     8u

enum { ASYNC_THRESHOLD, IOWQ_WORKERS, NPARAMS };

static const struct lio_backend_ops *ops;

static int open_with(uint64_t async_threshold, uint64_t iowq_workers,
                     void **ret_backend, struct lio_error *err)
{
    const union lio_value values[NPARAMS] = {
        [ASYNC_THRESHOLD].u = async_threshold,
        [IOWQ_WORKERS].u = iowq_workers,
    };
    const struct lio_backend_setup setup = {
        .params = values,
        .nlanes = 1,
        .queue_depth = DEPTH,
    };

    return ops->open(&setup, ret_backend, err);
}

/* -- filters -------------------------------------------------------------- */

/* What a thread is to be refused: a system call, with an errno; if
 * `when_submitting`, only where its second argument is not 0. */
struct denial {
    long call;
    int os_errno;
    bool when_submitting;
};

static int deny(const struct denial *denial)
{
    const uint32_t refuse =
        SECCOMP_RET_ERRNO | ((uint32_t)denial->os_errno & SECCOMP_RET_DATA);
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)denial->call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, denial->when_submitting ? 1 : 0, 0,
                 1),
        BPF_STMT(BPF_RET | BPF_K, refuse),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { LIO_COUNT(code), code };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

struct attempt {
    struct denial denial;
    bool played; /* the filter could be installed */
    int rc;
    struct lio_error err;
};

static void *open_denied(void *arg)
{
    struct attempt *attempt = arg;
    void *backend;

    attempt->played = deny(&attempt->denial) == 0;
    if (!attempt->played)
        return NULL;
    attempt->rc = open_with(0, 0, &backend, &attempt->err);
    if (attempt->rc == 0)
        ops->close(backend);
    return NULL;
}

static void run_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void assert_explained(const struct lio_error *err, int rc, int os_errno,
                             const char *const *words)
{
    assert_int_equal(rc, LIO_EUNSUPPORTED);
    assert_int_equal(err->code, LIO_EUNSUPPORTED);
    assert_int_equal(err->os_errno, os_errno);
    for (; *words; words++)
        if (!strstr(err->msg, *words))
            fail_msg("\"%s\" does not say \"%s\"", err->msg, *words);
}

static void assert_denied(long call, int os_errno, const char *const *words)
{
    struct attempt attempt = { .denial = { call, os_errno, false } };

    run_thread(open_denied, &attempt);
    if (!attempt.played)
        skip();
    assert_explained(&attempt.err, attempt.rc, os_errno, words);
}

#define SAYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* -- refusals ------------------------------------------------------------- */

static void a_sandbox_is_named_with_what_to_allow(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_setup, EPERM,
                  SAYS("io_uring_setup", "seccomp", "allow", "io_uring_enter"));
}

static void
a_missing_system_call_is_told_from_a_forbidden_one(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_setup, ENOSYS,
                  SAYS("io_uring_setup", "5.11", "CONFIG_IO_URING", "seccomp"));
}

static void a_security_module_is_named(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_setup, EACCES, SAYS("SELinux", "AppArmor"));
}

static void an_old_kernel_is_named(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_setup, EINVAL, SAYS("too old", "5.11"));
}

static void a_memory_limit_is_named_with_its_value(void **state LIO_UNUSED)
{
    struct rlimit limit;
    char value[32];

    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
    (void)snprintf(value, sizeof(value), "%" PRIu64, (uint64_t)limit.rlim_cur);
    assert_denied(SYS_io_uring_setup, ENOMEM,
                  SAYS("RLIMIT_MEMLOCK", value, "ulimit -l"));
}

static void a_system_out_of_descriptors_is_named(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_setup, ENFILE, SAYS("fs.file-max"));
}

static void any_other_error_is_passed_on(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_setup, EIO,
                  SAYS("io_uring_setup", strerror(EIO)));
}

static void rings_that_nobody_may_enter_are_found_out(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_enter, EPERM, SAYS("io_uring_enter", "seccomp"));
}

static void rings_that_may_not_be_asked_are_found_out(void **state LIO_UNUSED)
{
    assert_denied(SYS_io_uring_register, EPERM,
                  SAYS("io_uring_register", "seccomp"));
}

static void a_trial_that_cannot_be_made_is_no_success(void **state LIO_UNUSED)
{
    assert_denied(SYS_memfd_create, ENOSYS, SAYS("memfd_create"));
}

static void
used_up_descriptors_are_named_with_the_limit(void **state LIO_UNUSED)
{
    struct rlimit limit, none;
    struct lio_error err;
    void *backend;
    int rc;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    rc = open_with(0, 0, &backend, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_explained(&err, rc, EMFILE,
                     SAYS("RLIMIT_NOFILE", "all 0", "ulimit -n"));
}

/* The thread sees another file in place of the kernel's switch. */
static void *open_switched_off(void *arg)
{
    static const char the_switch[] = "/proc/sys/kernel/io_uring_disabled";
    struct attempt *attempt = arg;
    char path[] = "switch.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0)
        return NULL;
    if (write(fd, "2\n", 2) == 2 && unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount(path, the_switch, NULL, MS_BIND, NULL) == 0)
        (void)open_denied(attempt);
    (void)close(fd);
    (void)unlink(path);
    return NULL;
}

static void the_kernels_switch_is_named_with_its_value(void **state LIO_UNUSED)
{
    struct attempt attempt = { .denial = { SYS_io_uring_setup, EPERM, false } };

    run_thread(open_switched_off, &attempt);
    if (!attempt.played) /* takes the right to mount, and a kernel from 6.6 */
        skip();
    assert_explained(&attempt.err, attempt.rc, EPERM,
                     SAYS("kernel.io_uring_disabled is 2", "sysctl",
                          "kernel.io_uring_group"));
}

/* -- a kernel short of memory --------------------------------------------- */

/* A read of a pipe by its path, which ends when the test wants it. */
struct pipe_read {
    int writer;
    void *handle;
    unsigned char byte;
    struct lio_iovec iov;
    struct lio_op op, *list[1];
};

static void pipe_read_open(void *backend, struct pipe_read *pr, uint64_t id)
{
    struct lio_file_info info;
    struct lio_error err;
    char path[] = "pipe.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    if (ops->file_open(backend, path, LIO_OPEN_READ, &pr->handle, &info, &err) <
        0)
        fail_msg("%s", err.msg);
    pr->writer = put_pipe_behind(path);
    assert_true(pr->writer >= 0);
    assert_int_equal(unlink(path), 0);
    pr->iov = (struct lio_iovec){ &pr->byte, 1 };
    pr->op = (struct lio_op){ .id = id,
                              .handle = pr->handle,
                              .iov = &pr->iov,
                              .niov = 1,
                              .kind = LIO_OP_READ,
                              .length = 1 };
    pr->list[0] = &pr->op;
}

static void pipe_read_close(void *backend, struct pipe_read *pr)
{
    ops->file_close(backend, pr->handle);
    assert_int_equal(close(pr->writer), 0);
}

struct shortage {
    struct denial denial;
    bool played;
    void *queue;
    struct pipe_read first, second; /* in the kernel; staged */
    int flushed, waited, reaped, stuck;
    struct lio_completion out;
};

/* In this thread nothing can be submitted. */
static void *reap_in_shortage(void *arg)
{
    struct shortage *s = arg;

    s->played = deny(&s->denial) == 0;
    if (!s->played)
        return NULL;
    (void)ops->submit(s->queue, s->second.list, 1);
    s->flushed = ops->flush(s->queue);
    s->waited = ops->reap(s->queue, &s->out, 1, 1, 1000000);
    if (write(s->first.writer, "a", 1) != 1)
        return NULL;
    s->reaped = ops->reap(s->queue, &s->out, 1, 1, -1);
    s->stuck = ops->reap(s->queue, &s->out, 1, 1, -1);
    return NULL;
}

static void
what_is_under_way_is_reaped_when_no_more_can_be_sent(void **state LIO_UNUSED)
{
    struct shortage s = { .denial = { SYS_io_uring_enter, EAGAIN, true } };
    struct lio_error err;
    void *backend;

    assert_int_equal(open_with(0, 0, &backend, &err), 0);
    assert_int_equal(ops->queue_open(backend, DEPTH, &s.queue, &err), 0);
    pipe_read_open(backend, &s.first, 1);
    pipe_read_open(backend, &s.second, 2);
    assert_int_equal(ops->submit(s.queue, s.first.list, 1), 1);
    assert_int_equal(ops->flush(s.queue), 0);
    run_thread(reap_in_shortage, &s);
    if (s.played) {
        assert_int_equal(s.flushed, -EAGAIN);
        assert_int_equal(s.waited, 0); /* the time was up */
        assert_int_equal(s.reaped, 1);
        assert_true(s.out.id == 1 && s.out.result == 1);
        assert_int_equal(s.stuck, -EAGAIN); /* it would wait for ever */

        /* What was staged still is. */
        assert_int_equal(write(s.second.writer, "b", 1), 1);
        assert_int_equal(ops->reap(s.queue, &s.out, 1, 1, -1), 1);
        assert_true(s.out.id == 2 && s.out.result == 1);
    }
    pipe_read_close(backend, &s.first);
    pipe_read_close(backend, &s.second);
    ops->queue_close(s.queue);
    ops->close(backend);
    if (!s.played)
        skip();
}

/* -- parameters ----------------------------------------------------------- */

enum { LONG_BYTES = 20000 };

static unsigned char *make_data(char *path)
{
    unsigned char *data = malloc(LONG_BYTES);
    int fd = mkstemp(path);

    assert_non_null(data);
    assert_true(fd >= 0);
    for (uint32_t i = 0; i < LONG_BYTES; i++)
        data[i] = (unsigned char)(i * 31 + i / 256);
    assert_int_equal(write(fd, data, LONG_BYTES), LONG_BYTES);
    assert_int_equal(close(fd), 0);
    return data;
}

/* A full queue of reads above the threshold, each of the whole file. */
static void read_with(uint64_t workers, const char *path,
                      const unsigned char *data)
{
    unsigned char *copies = calloc(DEPTH, LONG_BYTES);
    struct lio_op reads[DEPTH], *list[DEPTH];
    struct lio_completion out[DEPTH];
    struct lio_iovec iov[DEPTH];
    void *backend, *queue, *handle;
    struct lio_file_info info;
    struct lio_error err;

    assert_non_null(copies);
    assert_int_equal(open_with(4096, workers, &backend, &err), 0);
    assert_int_equal(ops->queue_open(backend, DEPTH, &queue, &err), 0);
    assert_int_equal(
        ops->file_open(backend, path, LIO_OPEN_READ, &handle, &info, &err), 0);
    for (uint32_t i = 0; i < DEPTH; i++) {
        iov[i] = (struct lio_iovec){ copies + i * LONG_BYTES, LONG_BYTES };
        reads[i] = (struct lio_op){ .id = i,
                                    .handle = handle,
                                    .iov = &iov[i],
                                    .niov = 1,
                                    .kind = LIO_OP_READ,
                                    .length = LONG_BYTES };
        list[i] = &reads[i];
    }
    assert_int_equal(ops->submit(queue, list, DEPTH), DEPTH);
    assert_int_equal(ops->reap(queue, out, DEPTH, DEPTH, -1), DEPTH);
    for (uint32_t i = 0; i < DEPTH; i++) {
        assert_int_equal(out[i].result, LONG_BYTES);
        assert_memory_equal(copies + i * LONG_BYTES, data, LONG_BYTES);
    }
    ops->file_close(backend, handle);
    ops->queue_close(queue);
    ops->close(backend);
    free(copies);
}

static void
reads_by_kernel_threads_bring_the_same_bytes(void **state LIO_UNUSED)
{
    static const uint64_t workers[] = { 0, 1, 4 };
    char path[] = "data.XXXXXX";
    unsigned char *data = make_data(path);

    for (uint32_t i = 0; i < LIO_COUNT(workers); i++)
        read_with(workers[i], path, data);
    assert_int_equal(unlink(path), 0);
    free(data);
}

/* -- the program ---------------------------------------------------------- */

static int load(void)
{
    const char *folder = getenv("LIO_TEST_PLUGINS");
    const struct lio_plugin *plugin;
    lio_plugin_entry_fn entry;
    struct lio_error err;
    void *library, *backend;
    char *path;

    if (asprintf(&path, "%s/backend-uring.so", folder ? folder : ".") < 0)
        return 1;
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    free(path);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return EXIT_SKIP; /* not built where there is no liburing */
    }
    *(void **)&entry = dlsym(library, LIO_PLUGIN_ENTRY);
    plugin = entry();
    if (plugin->nparams != NPARAMS)
        return 1;
    ops = plugin->ops;
    if (open_with(0, 0, &backend, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        return EXIT_SKIP;
    }
    ops->close(backend);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sandbox_is_named_with_what_to_allow),
        cmocka_unit_test(a_missing_system_call_is_told_from_a_forbidden_one),
        cmocka_unit_test(a_security_module_is_named),
        cmocka_unit_test(an_old_kernel_is_named),
        cmocka_unit_test(a_memory_limit_is_named_with_its_value),
        cmocka_unit_test(a_system_out_of_descriptors_is_named),
        cmocka_unit_test(any_other_error_is_passed_on),
        cmocka_unit_test(rings_that_nobody_may_enter_are_found_out),
        cmocka_unit_test(rings_that_may_not_be_asked_are_found_out),
        cmocka_unit_test(a_trial_that_cannot_be_made_is_no_success),
        cmocka_unit_test(used_up_descriptors_are_named_with_the_limit),
        cmocka_unit_test(the_kernels_switch_is_named_with_its_value),
        cmocka_unit_test(what_is_under_way_is_reaped_when_no_more_can_be_sent),
        cmocka_unit_test(reads_by_kernel_threads_bring_the_same_bytes),
    };
    int rc = load();

    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
