/*
 * Opening files, telling what is none, and who refuses direct I/O and what it
 * asks for.
 *
 * What has bytes at offsets are regular files and block devices.  Whatever a
 * path leads to is opened without waiting (O_NONBLOCK) and looked at then: to
 * open a pipe is otherwise to wait for its other end, for ever perhaps, and to
 * look before is to look at what may be something else by now.
 *
 * Asking for O_DIRECT has four outcomes, told apart here so that nobody above
 * has to know file systems:
 *
 *     open() fails with EINVAL                  opened again without
 *     it is taken, and ignored (tmpfs)          taken back
 *     statx() says: not for this file           taken back
 *     it is taken, with or without alignment    used
 */
#include "posix_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* What to keep to where the kernel (before 6.1) or the file system does not
 * say: hardly a device has larger sectors. */
#define CAUTIOUS_ALIGN 4096u

#define NEW_FILE_MODE 0666

static int failure(struct lio_error *err, const char *what, int os_errno)
{
    (void)lio_error_set(err, lio_code_of_errno(os_errno), "%s: %s", what,
                        strerror(os_errno));
    err->os_errno = os_errno;
    return err->code;
}

/* -- direct I/O ----------------------------------------------------------- */

static bool lives_in_page_cache(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 &&
           (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

#ifdef STATX_DIOALIGN
static void ask_align(int fd, struct lio_posix_file *file)
{
    struct statx stx;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &stx) < 0 ||
        !(stx.stx_mask & STATX_DIOALIGN))
        return;
    file->offset_align = stx.stx_dio_offset_align; /* 0: not for this file */
    file->memory_align = stx.stx_dio_mem_align;
}
#else
static void ask_align(int fd LIO_UNUSED, struct lio_posix_file *file LIO_UNUSED)
{
}
#endif

/* The file was opened with O_DIRECT.  Find out whether that means anything. */
static void settle_direct(struct lio_posix_file *file)
{
    file->offset_align = file->memory_align = CAUTIOUS_ALIGN;
    ask_align(file->fd, file);
    file->direct = file->offset_align > 0 && file->memory_align > 0 &&
                   !lives_in_page_cache(file->fd);
    if (!file->direct)
        file->offset_align = file->memory_align = 1;
}

/* -- what it is ----------------------------------------------------------- */

/* What has no bytes at offsets, by its name; else NULL. */
static const char *misfit(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
    case S_IFBLK:
        return NULL;
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a pipe";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
        return "a character device";
    default: /* epoll and its like, through /proc/self/fd */
        return "an object of the kernel";
    }
}

static int check_kind(const char *path, mode_t mode, struct lio_error *err)
{
    const char *what = misfit(mode);

    if (!what)
        return 0;
    (void)lio_error_set(err, LIO_EUNSUPPORTED,
                        "%s: is %s, neither a regular file nor a block device",
                        path, what);
    err->os_errno = S_ISDIR(mode) ? EISDIR : ESPIPE;
    return err->code;
}

/* A block device has no size for stat(), but an end.  Returns 0 or -1 with
 * errno. */
static int measure(int fd, struct stat *ret_st)
{
    if (fstat(fd, ret_st) < 0)
        return -1;
    if (S_ISBLK(ret_st->st_mode))
        ret_st->st_size = lseek(fd, 0, SEEK_END);
    return ret_st->st_size < 0 ? -1 : 0;
}

static int64_t to_ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct lio_file_info describe(const struct lio_posix_file *file,
                                     const struct stat *st)
{
    return (struct lio_file_info){
        .size_bytes = (uint64_t)st->st_size,
        .dev = st->st_dev,
        .ino = st->st_ino,
        .mtime_ns = to_ns(st->st_mtim),
        .ctime_ns = to_ns(st->st_ctim),
        .offset_align = file->offset_align,
        .memory_align = file->memory_align,
        .direct = file->direct,
    };
}

/* -- opening -------------------------------------------------------------- */

static int open_flags(uint32_t flags)
{
    int access = O_RDONLY;

    if (flags & LIO_OPEN_WRITE)
        access = flags & LIO_OPEN_READ ? O_RDWR : O_WRONLY;
    return access | O_CLOEXEC | (flags & LIO_OPEN_CREATE ? O_CREAT : 0) |
           (flags & LIO_OPEN_TRUNCATE ? O_TRUNC : 0);
}

static int open_retrying(const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags, NEW_FILE_MODE);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static bool is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Others (Samba, the NFS server) may hold a lease on a regular file, which to
 * open it breaks: that is waited for, as the kernel bounds it. */
static int open_at_once(const char *path, int flags)
{
    int fd = open_retrying(path, flags | O_NONBLOCK);

    if (fd < 0 && errno == EWOULDBLOCK && is_regular(path))
        fd = open_retrying(path, flags);
    return fd;
}

/* Some of what is no file cannot be opened at all, or not to write to it: then
 * what it is says more than the errno. */
static int not_opened(const char *path, int os_errno, struct lio_error *err)
{
    struct stat st;
    int rc = 0;

    if ((os_errno == ENXIO || os_errno == EISDIR) && stat(path, &st) == 0)
        rc = check_kind(path, st.st_mode, err);
    return rc < 0 ? rc : failure(err, path, os_errno);
}

/* What let it be opened without waiting must not last: io_uring takes it for
 * the wish that no operation waits for the device. */
static int settle_flags(const struct lio_posix_file *file)
{
    return fcntl(file->fd, F_SETFL, file->direct ? O_DIRECT : 0);
}

static int open_file(const char *path, uint32_t flags,
                     struct lio_posix_file *file, struct lio_error *err)
{
    bool direct = flags & LIO_OPEN_DIRECT;

    file->fd = open_at_once(path, open_flags(flags) | (direct ? O_DIRECT : 0));
    if (file->fd < 0 && errno == EINVAL && direct) {
        direct = false;
        file->fd = open_at_once(path, open_flags(flags));
    }
    if (file->fd < 0)
        return not_opened(path, errno, err);
    file->direct = direct;
    return 0;
}

/* Make an open file what its users expect, and tell what it is. */
static int settle(const char *path, uint32_t flags, struct lio_posix_file *file,
                  struct lio_file_info *ret_info, struct lio_error *err)
{
    struct stat st;
    int rc;

    if (measure(file->fd, &st) < 0)
        return failure(err, path, errno);
    rc = check_kind(path, st.st_mode, err);
    if (rc < 0)
        return rc;
    if (file->direct)
        settle_direct(file);
    if (settle_flags(file) < 0)
        return failure(err, path, errno);
    if (flags & LIO_OPEN_RANDOM) /* advice, which may be refused */
        (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_RANDOM);
    *ret_info = describe(file, &st);
    return 0;
}

/* -- the callbacks -------------------------------------------------------- */

int lio_posix_file_stat(void *backend LIO_UNUSED, void *handle,
                        struct lio_file_info *ret_info, struct lio_error *err)
{
    const struct lio_posix_file *file = handle;
    struct stat st;

    if (measure(file->fd, &st) < 0)
        return failure(err, "an open file cannot be looked at", errno);
    *ret_info = describe(file, &st);
    return 0;
}

void lio_posix_file_close(void *backend LIO_UNUSED, void *handle)
{
    struct lio_posix_file *file = handle;

    /* Nothing is lost with an error here: what must be durable was synced. */
    (void)close(file->fd);
    free(file);
}

int lio_posix_file_open(void *backend, const char *path, uint32_t flags,
                        void **ret_handle, struct lio_file_info *ret_info,
                        struct lio_error *err)
{
    struct lio_posix_file *file = malloc(sizeof(*file));
    int rc;

    if (!file)
        return failure(err, path, ENOMEM);
    *file = (struct lio_posix_file){ .offset_align = 1, .memory_align = 1 };
    rc = open_file(path, flags, file, err);
    if (rc < 0) {
        free(file);
        return rc;
    }
    rc = settle(path, flags, file, ret_info, err);
    if (rc < 0) {
        lio_posix_file_close(backend, file);
        return rc;
    }
    *ret_handle = file;
    return 0;
}
