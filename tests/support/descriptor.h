/* The descriptor behind an open file of which only the path is known. */
#ifndef LIO_TESTS_DESCRIPTOR_H
#define LIO_TESTS_DESCRIPTOR_H

#ifndef _GNU_SOURCE
#error "tests are built with lio_options, which define _GNU_SOURCE"
#endif

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor by which this process has the file `path` open, or -1. */
static inline int descriptor_of(const char *path)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    struct stat wanted, open;
    int fd = -1;

    if (dir && stat(path, &wanted) == 0)
        while (fd < 0 && (entry = readdir(dir)))
            if (entry->d_name[0] != '.' &&
                fstat(atoi(entry->d_name), &open) == 0 &&
                open.st_dev == wanted.st_dev && open.st_ino == wanted.st_ino)
                fd = atoi(entry->d_name);
    if (dir)
        (void)closedir(dir);
    return fd;
}

/*
 * The file `path`, which this process has open once, reads from a pipe from now
 * on: no backend opens one, and nothing else is read that takes as long as one
 * likes.  Returns the end to write to, or -1.
 */
static inline int put_pipe_behind(const char *path)
{
    int fd = descriptor_of(path), ends[2], rc;

    if (fd < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    rc = dup3(ends[0], fd, O_CLOEXEC);
    (void)close(ends[0]);
    if (rc == fd)
        return ends[1];
    (void)close(ends[1]);
    return -1;
}

#endif
