/*
 * What the loader is made of; for the files core/loader*.c alone.
 *
 *     loader.c       opening plugin files, finding them by name, showing all
 *     loader_dirs.c  where they are, and the names of those there are
 */
#ifndef LIO_CORE_LOADER_PARTS_H
#define LIO_CORE_LOADER_PARTS_H

#include "core/loader.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define LIO_PLUGIN_DIRS   2u
#define LIO_PLUGIN_SUFFIX ".so"

struct lio_plugin_file; /* loader.c */

struct lio_loader {
    char *dirs[LIO_PLUGIN_DIRS]; /* searched in this order */
    uint32_t ndirs;
    pthread_mutex_t lock; /* guards files; held over dlopen() */
    struct lio_plugin_file *files;
};

/* Names of plugin files, sorted, each once. */
struct lio_names {
    char **names;
    size_t n;
};

/* Is there a directory of this path? */
bool lio_dir_exists(const char *path);

/* Where plugins are when the configuration does not say; NULL: no memory. */
char *lio_loader_built_in_dir(void);

/* Release `ret_names` in any case. */
int lio_loader_list_names(const struct lio_loader *loader,
                          struct lio_names *ret_names);

void lio_names_release(struct lio_names *names);

#endif
