/*
 * Opening files, and telling who refuses direct I/O and what it asks for.
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

/* The file was opened with O_DIRECT.  Find out what that means, and drop it if
 * it means nothing.  Returns 0 or -1 with errno. */
static int settle_direct(struct lio_posix_file *file)
{
    int flags;

    file->offset_align = file->memory_align = CAUTIOUS_ALIGN;
    ask_align(file->fd, file);
    file->direct = file->offset_align > 0 && file->memory_align > 0 &&
                   !lives_in_page_cache(file->fd);
    if (file->direct)
        return 0;

    file->offset_align = file->memory_align = 1;
    flags = fcntl(file->fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(file->fd, F_SETFL, flags & ~O_DIRECT);
}

/* -- the callbacks -------------------------------------------------------- */

static int64_t to_ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int lio_posix_file_stat(void *backend LIO_UNUSED, void *handle,
                        struct lio_file_info *ret_info, struct lio_error *err)
{
    const struct lio_posix_file *file = handle;
    struct stat st;

    if (fstat(file->fd, &st) < 0)
        return failure(err, "an open file cannot be looked at", errno);
    *ret_info = (struct lio_file_info){
        .size_bytes = (uint64_t)st.st_size,
        .dev = st.st_dev,
        .ino = st.st_ino,
        .mtime_ns = to_ns(st.st_mtim),
        .ctime_ns = to_ns(st.st_ctim),
        .offset_align = file->offset_align,
        .memory_align = file->memory_align,
        .direct = file->direct,
    };
    return 0;
}

void lio_posix_file_close(void *backend LIO_UNUSED, void *handle)
{
    struct lio_posix_file *file = handle;

    /* Nothing is lost with an error here: what must be durable was synced. */
    (void)close(file->fd);
    free(file);
}

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

/* Returns 0 or -1 with errno, and then nothing is open. */
static int open_file(const char *path, uint32_t flags,
                     struct lio_posix_file *file)
{
    bool direct = flags & LIO_OPEN_DIRECT;
    struct stat st;

    file->fd = open_retrying(path, open_flags(flags) | (direct ? O_DIRECT : 0));
    if (file->fd < 0 && errno == EINVAL && direct) {
        direct = false;
        file->fd = open_retrying(path, open_flags(flags));
    }
    if (file->fd < 0)
        return -1;

    if (fstat(file->fd, &st) < 0)
        goto fail;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        goto fail;
    }
    if (direct && settle_direct(file) < 0)
        goto fail;
    if (flags & LIO_OPEN_RANDOM) /* a pipe refuses; so be it */
        (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_RANDOM);
    return 0;
fail:
    (void)close(file->fd); /* keeps errno unless it fails, which it cannot */
    return -1;
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
    if (open_file(path, flags, file) < 0) {
        rc = failure(err, path, errno);
        free(file);
        return rc;
    }
    rc = lio_posix_file_stat(backend, file, ret_info, err);
    if (rc < 0) {
        lio_posix_file_close(backend, file);
        return rc;
    }
    *ret_handle = file;
    return 0;
}
