/*
 * One data file.
 *
 * The step that counts is rename(2).  It is durable only when the directory is
 * synced, and if that fails nobody knows which of the two names survives: so
 * the file that was there is exchanged rather than replaced, and comes back.
 *
 * Names of unfinished files are drawn at random, and each is locked by its
 * writer (flock(2)), which ends with the process however that ends: a file
 * without a lock has no writer any more.
 */
#include "column/write/single.h"

#include "column/write/disk.h"
#include "column/write/failed.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX     ".writing"
#define HEX_DIGITS 16
#define TRIES      100 /* for a name that nobody has */

struct lio_single {
    char *path;   /* where it goes */
    char *folder; /* of both, "." if the path has none */
    char *unfinished;
    int fd; /* of the unfinished file, locked */
    bool in_place;
};

/* The part of a path behind its folder. */
static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* -- what others have left ----------------------------------------------- */

/* Whether `name` is of an unfinished file that will be `target`. */
static bool is_unfinished(const char *name, const char *target)
{
    size_t n = strlen(target);

    return name[0] == '.' && strncmp(name + 1, target, n) == 0 &&
           name[1 + n] == '.' &&
           strspn(name + n + 2, "0123456789abcdef") == HEX_DIGITS &&
           strcmp(name + n + 2 + HEX_DIGITS, SUFFIX) == 0;
}

static void remove_if_abandoned(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        (void)unlinkat(folder, name, 0);
    (void)close(fd);
}

/* To clean up is a service: what cannot be removed harms nobody. */
static void remove_abandoned(const struct lio_single *single)
{
    DIR *dir = opendir(single->folder);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)))
        if (is_unfinished(entry->d_name, name_in(single->path)))
            remove_if_abandoned(dirfd(dir), entry->d_name);
    (void)closedir(dir);
}

/* -- opening ------------------------------------------------------------- */

/* Makes and locks a file of this name.  Returns 0, LIO_EAGAIN if the name is
 * taken, or if somebody cleaned it away before it was locked. */
static int try_name(struct lio_single *single, struct lio_error *err)
{
    struct stat st;
    int fd =
        open(single->unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0 && errno == EEXIST)
        return LIO_EAGAIN;
    if (fd < 0)
        return lio_write_failed(single->path, "create", errno, err);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0 ||
        st.st_nlink == 0) {
        (void)close(fd);
        return LIO_EAGAIN;
    }
    single->fd = fd;
    return 0;
}

static int draw_name(struct lio_single *single)
{
    uint64_t random;

    free(single->unfinished);
    single->unfinished = NULL;
    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return LIO_EAGAIN;
    if (asprintf(&single->unfinished, "%s/.%s.%016" PRIx64 SUFFIX,
                 single->folder, name_in(single->path), random) < 0) {
        single->unfinished = NULL;
        return LIO_ENOMEM;
    }
    return 0;
}

static int make_file(struct lio_single *single, struct lio_error *err)
{
    int rc = LIO_EAGAIN;

    for (unsigned i = 0; i < TRIES && rc == LIO_EAGAIN; i++) {
        rc = draw_name(single);
        if (rc == LIO_ENOMEM)
            return lio_write_no_memory(single->path, err);
        if (rc == 0)
            rc = try_name(single, err);
    }
    if (rc == LIO_EAGAIN)
        rc = lio_error_set(err, LIO_EIO,
                           "%s: cannot create a file beside it: no name of "
                           "%d is free",
                           single->path, TRIES);
    return rc;
}

/* What is in place must be a file, if anything. */
static int check_target(const char *path, struct lio_error *err)
{
    struct stat st;

    if (*name_in(path) == '\0')
        return lio_error_set(err, LIO_EINVAL, "%s: is no name of a file", path);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return lio_error_set(err, LIO_EEXIST,
                             "%s: is there, and not a regular file", path);
    return 0;
}

static int set_paths(struct lio_single *single, const char *path)
{
    size_t nfolder = (size_t)(name_in(path) - path);

    if (nfolder > 1)
        nfolder--; /* the slash, but for that of the root */
    single->path = strdup(path);
    single->folder = nfolder > 0 ? strndup(path, nfolder) : strdup(".");
    return single->path && single->folder ? 0 : LIO_ENOMEM;
}

int lio_single_open(const char *path, struct lio_single **ret_single,
                    struct lio_error *err)
{
    struct lio_single *single = calloc(1, sizeof(*single));
    int rc;

    if (!single)
        return lio_write_no_memory(path, err);
    single->fd = -1;
    rc = check_target(path, err);
    if (rc == 0 && set_paths(single, path) < 0)
        rc = lio_write_no_memory(path, err);
    if (rc == 0) {
        remove_abandoned(single);
        rc = make_file(single, err);
    }
    if (rc < 0) {
        lio_single_close(single);
        return rc;
    }
    *ret_single = single;
    return 0;
}

const char *lio_single_path(const struct lio_single *single)
{
    return single->unfinished;
}

void lio_single_close(struct lio_single *single)
{
    if (!single)
        return;
    if (single->fd >= 0 && !single->in_place)
        (void)unlink(single->unfinished);
    if (single->fd >= 0)
        (void)close(single->fd);
    free(single->unfinished);
    free(single->folder);
    free(single->path);
    free(single);
}

/* -- putting it in place ------------------------------------------------- */

/* Whether there was something in place, which then has the other name.  Not all
 * file systems can exchange; there the old file is gone at once. */
static int put_in_place(const struct lio_single *single, bool *ret_exchanged)
{
    *ret_exchanged = renameat2(AT_FDCWD, single->unfinished, AT_FDCWD,
                               single->path, RENAME_EXCHANGE) == 0;
    if (*ret_exchanged)
        return 0;
    if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
        return errno;
    return rename(single->unfinished, single->path) < 0 ? errno : 0;
}

/* As it was.  What cannot be undone is only that the new file, which is whole,
 * may or may not be in place after a loss of power. */
static void take_back(const struct lio_single *single, bool exchanged)
{
    if (exchanged)
        (void)renameat2(AT_FDCWD, single->unfinished, AT_FDCWD, single->path,
                        RENAME_EXCHANGE);
    else
        (void)rename(single->path, single->unfinished);
}

int lio_single_finish(struct lio_single *single, struct lio_error *err)
{
    bool exchanged;
    int os_errno = put_in_place(single, &exchanged);

    if (os_errno)
        return lio_write_failed(single->path, "rename to", os_errno, err);
    os_errno = lio_disk_sync_names(single->folder);
    if (os_errno) {
        take_back(single, exchanged);
        return lio_write_failed(single->path, "sync dir", os_errno, err);
    }
    if (exchanged)
        (void)unlink(single->unfinished); /* the old file */
    single->in_place = true;
    return 0;
}
