/* The descriptor behind an open file of which only the path is known. */
#ifndef LIO_TESTS_DESCRIPTOR_H
#define LIO_TESTS_DESCRIPTOR_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

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

#endif
