/* A directory of a test's own, removed with all that is in it. */
#ifndef LIO_TESTS_TEMP_DIR_H
#define LIO_TESTS_TEMP_DIR_H

#ifndef _GNU_SOURCE
#error "tests are built with lio_options, which define _GNU_SOURCE"
#endif

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Make one; the path is the caller's to free() by temp_dir_remove(). */
static inline char *temp_dir_make(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;

    if (asprintf(&path, "%s/lanceio-test-XXXXXX", base ? base : "/tmp") < 0)
        return NULL;
    if (mkdtemp(path))
        return path;
    free(path);
    return NULL;
}

/* Some file systems do not tell readdir() what an entry is. */
static inline bool temp_dir_is_file(DIR *dir, const struct dirent *entry)
{
    struct stat info;

    return fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) ==
               0 &&
           S_ISREG(info.st_mode);
}

static inline int temp_dir_unlink(const char *path, const struct stat *info,
                                  int what, struct FTW *where)
{
    (void)info;
    (void)what;
    (void)where;
    return remove(path);
}

static inline void temp_dir_remove(char *path)
{
    if (path)
        (void)nftw(path, temp_dir_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

#endif
