/*
 * Files and directories, with plain system calls but for the bytes, which go
 * through the engine if there is one: so its statistics have them, and its
 * filters reach them.
 */
#include "column/write/disk.h"

#include "column/write/failed.h"
#include "column/write/output.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory that a writer made and that is empty may be removed by that
 * writer at any time: who finds it missing makes it again. */
#define CREATE_TRIES 100

/* -- files --------------------------------------------------------------- */

static int make_dir_of(const char *path, int *ret_made, struct lio_error *err)
{
    const char *slash = strrchr(path, '/');
    char *dir = strndup(path, slash ? (size_t)(slash - path) : 0);
    int rc = 0;

    if (!dir)
        return lio_write_no_memory(path, err);
    if (mkdir(dir, 0777) == 0)
        *ret_made = 1;
    else if (errno != EEXIST)
        rc = lio_write_failed(dir, "mkdir", errno, err);
    free(dir);
    return rc;
}

int lio_disk_create(const char *path, int *ret_made_dir, struct lio_error *err)
{
    for (int tries = 0;; tries++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), rc;

        if (fd >= 0) {
            (void)close(fd); /* nothing was written */
            return 0;
        }
        if (errno != ENOENT || tries == CREATE_TRIES)
            return lio_write_failed(path, "create", errno, err);
        rc = make_dir_of(path, ret_made_dir, err);
        if (rc < 0)
            return rc;
    }
}

int lio_disk_write(struct lio_engine *engine, const char *path,
                   struct lio_bytes bytes, struct lio_error *err)
{
    struct lio_mem *mem = lio_mem_new(bytes.bytes);
    struct lio_output *output;
    int rc;

    if (!mem)
        return lio_write_no_memory(path, err);
    memcpy(mem->data, bytes.data, bytes.bytes);
    rc = lio_output_open(engine, path, false, &output, err);
    if (rc < 0) {
        lio_mem_put(mem);
        return rc;
    }
    lio_output_write(output, mem, bytes.bytes, 0);
    rc = lio_output_end(output, bytes.bytes, err);
    lio_output_close(output);
    return rc;
}

int lio_disk_sync_names(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), os_errno = 0;

    if (fd < 0)
        return errno;
    /* EINVAL: a file system without it, where there is nothing to sync. */
    if (fsync(fd) < 0 && errno != EINVAL)
        os_errno = errno;
    (void)close(fd);
    return os_errno;
}

int lio_disk_sync_dir(const char *path, struct lio_error *err)
{
    int os_errno = lio_disk_sync_names(path);

    return os_errno ? lio_write_failed(path, "sync dir", os_errno, err) : 0;
}

/* -- the step ------------------------------------------------------------ */

/* For file systems whose rename replaces.  Returns an errno. */
static int link_to(const char *path, const char *name)
{
    if (link(path, name) < 0)
        return errno;
    /* The second name goes, or is found by whoever clears up. */
    (void)unlink(path);
    return 0;
}

static bool has_inode(const char *name, const struct stat *file)
{
    struct stat st;

    return lstat(name, &st) == 0 && st.st_dev == file->st_dev &&
           st.st_ino == file->st_ino;
}

int lio_disk_publish(const char *path, const char *name, struct lio_error *err)
{
    struct stat file;
    int os_errno = 0;

    if (lstat(path, &file) < 0)
        return lio_write_failed(path, "rename", errno, err);
    if (renameat2(AT_FDCWD, path, AT_FDCWD, name, RENAME_NOREPLACE) < 0)
        os_errno = errno;
    if (os_errno == EINVAL || os_errno == ENOSYS)
        os_errno = link_to(path, name);
    /* Over a network the answer to a step that was taken can get lost, and the
     * next try finds the name taken: by this file. */
    if (os_errno == 0 || has_inode(name, &file))
        return 0;
    return lio_write_failed(name, "rename", os_errno, err);
}
