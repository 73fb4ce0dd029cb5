/*
 * An errno of io_uring says little: EPERM may come from a sandbox or from a
 * switch of the kernel, ENOSYS from an old kernel or again from a sandbox.
 * What /proc and the limits tell is added here, so that whoever reads the
 * sentence knows what to change.
 */
#include "refusal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#define SANDBOX_CURE                                                           \
    "a seccomp filter (container, sandbox) is in the way; allow "              \
    "io_uring_setup, io_uring_enter and io_uring_register in its profile"

/* The kernel.io_uring_disabled switch: '0', '1', '2', or '0' if there is none
 * (before 6.6). */
static char disabled_switch(void)
{
    int fd = open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC);
    char value = '0';

    if (fd < 0)
        return value;
    if (read(fd, &value, 1) != 1)
        value = '0';
    (void)close(fd);
    return value;
}

static uint64_t soft_limit(int resource)
{
    struct rlimit limit;

    return getrlimit(resource, &limit) == 0 ? limit.rlim_cur : 0;
}

static void explain(struct lio_error *err, const char *call, int os_errno)
{
    switch (os_errno) {
    case EPERM:
        if (disabled_switch() != '0')
            lio_error_set(err, LIO_EUNSUPPORTED,
                          "%s is not permitted: kernel.io_uring_disabled is "
                          "%c; set it to 0 with sysctl, or to 1 and join the "
                          "group kernel.io_uring_group",
                          call, disabled_switch());
        else
            lio_error_set(err, LIO_EUNSUPPORTED,
                          "%s is not permitted: " SANDBOX_CURE, call);
        break;
    case EACCES:
        lio_error_set(err, LIO_EUNSUPPORTED,
                      "%s is denied by a security module (SELinux, AppArmor); "
                      "allow io_uring in its policy",
                      call);
        break;
    case EINVAL:
        lio_error_set(err, LIO_EUNSUPPORTED,
                      "%s: this kernel's io_uring is too old; it takes Linux "
                      "5.11 or later",
                      call);
        break;
    case ENOSYS:
        lio_error_set(err, LIO_EUNSUPPORTED,
                      "%s does not exist: the kernel is older than 5.11 or "
                      "built without CONFIG_IO_URING, or " SANDBOX_CURE,
                      call);
        break;
    case ENOMEM:
        lio_error_set(err, LIO_EUNSUPPORTED,
                      "%s: no memory for the rings; locked memory is limited "
                      "to %" PRIu64 " bytes (RLIMIT_MEMLOCK): raise it with "
                      "`ulimit -l`, or use a smaller queue depth",
                      call, soft_limit(RLIMIT_MEMLOCK));
        break;
    case EMFILE:
        lio_error_set(err, LIO_EUNSUPPORTED,
                      "%s: all %" PRIu64 " file descriptors of the process "
                      "are in use (RLIMIT_NOFILE); raise the limit with "
                      "`ulimit -n`",
                      call, soft_limit(RLIMIT_NOFILE));
        break;
    case ENFILE:
        lio_error_set(err, LIO_EUNSUPPORTED,
                      "%s: all file descriptors of the system are in use; "
                      "raise fs.file-max with sysctl",
                      call);
        break;
    default:
        lio_error_set(err, LIO_EUNSUPPORTED, "%s: %s", call,
                      strerror(os_errno));
    }
}

int lio_uring_refusal(struct lio_error *err, const char *call, int os_errno)
{
    explain(err, call, os_errno);
    err->os_errno = os_errno;
    return err->code;
}
