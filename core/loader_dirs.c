/*
 * Where plugins are, and which there are, by the names of their files.
 */
#include "core/loader_parts.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* -- directories --------------------------------------------------------- */

/* `path` with what comes after its last '/' taken off, or NULL. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, (size_t)(slash - path)) : NULL;
}

/* The directory that this code was loaded from, or NULL if it cannot be told:
 * then the directory of the installation serves. */
static char *own_dir(void)
{
    static const char here = 0;
    char *path, *dir;
    Dl_info info;

    if (!dladdr(&here, &info) || !info.dli_fname)
        return NULL;
    path = realpath(info.dli_fname, NULL);
    if (!path)
        return NULL;
    dir = parent_of(path);
    free(path);
    return dir;
}

static bool lies_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    return !strncmp(path, dir, len) && path[len] == '/';
}

static char *join(const char *dir, const char *rest)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, rest) < 0 ? NULL : path;
}

bool lio_dir_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* `dir`/lanceio/plugins if that exists: where an installation that was moved
 * as a whole has them. */
static char *beside_library(const char *dir)
{
    char *path = join(dir, "lanceio/plugins");

    if (path && lio_dir_exists(path))
        return path;
    free(path);
    return NULL;
}

char *lio_loader_built_in_dir(void)
{
    char *build = realpath(LIO_BUILD_DIR, NULL);
    char *own = own_dir();
    char *dir = NULL;

    if (own && build && lies_below(own, build))
        dir = join(build, "plugins");
    else if (own)
        dir = beside_library(own);
    if (!dir)
        dir = strdup(LIO_INSTALL_PLUGIN_DIR);
    free(own);
    free(build);
    return dir;
}

/* -- names --------------------------------------------------------------- */

void lio_names_release(struct lio_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->names[i]);
    free(names->names);
}

static bool has_name(const struct lio_names *names, const char *name,
                     size_t len)
{
    for (size_t i = 0; i < names->n; i++)
        if (!strncmp(names->names[i], name, len) && !names->names[i][len])
            return true;
    return false;
}

static int add_name(struct lio_names *names, const char *name, size_t len)
{
    char **grown;

    grown = realloc(names->names, (names->n + 1) * sizeof(*grown));
    if (!grown)
        return LIO_ENOMEM;
    names->names = grown;
    grown[names->n] = strndup(name, len);
    if (!grown[names->n])
        return LIO_ENOMEM;
    names->n++;
    return 0;
}

/* The length of a file's name without ".so", or 0 if it does not end so. */
static size_t stem_length(const char *file_name)
{
    size_t len = strlen(file_name), suffix_len = strlen(LIO_PLUGIN_SUFFIX);

    if (len <= suffix_len ||
        strcmp(file_name + len - suffix_len, LIO_PLUGIN_SUFFIX))
        return 0;
    return len - suffix_len;
}

/* A directory that cannot be read holds no plugin that could be loaded. */
static int add_names_of(const char *path, struct lio_names *names)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return 0;
    while (rc == 0 && (entry = readdir(dir))) {
        size_t len = stem_length(entry->d_name);

        if (len > 0 && !has_name(names, entry->d_name, len))
            rc = add_name(names, entry->d_name, len);
    }
    (void)closedir(dir);
    return rc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int lio_loader_list_names(const struct lio_loader *loader,
                          struct lio_names *ret_names)
{
    int rc = 0;

    ret_names->names = NULL;
    ret_names->n = 0;
    for (uint32_t i = 0; rc == 0 && i < loader->ndirs; i++)
        rc = add_names_of(loader->dirs[i], ret_names);
    if (ret_names->n > 1)
        qsort(ret_names->names, ret_names->n, sizeof(char *), compare_names);
    return rc;
}

int lio_loader_names(const struct lio_loader *loader,
                     int (*each)(const char *name, void *user), void *user)
{
    struct lio_names names;
    int rc = lio_loader_list_names(loader, &names);

    for (size_t i = 0; rc == 0 && i < names.n; i++)
        rc = each(names.names[i], user);
    lio_names_release(&names);
    return rc;
}
